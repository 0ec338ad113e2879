/* Any bytes: what text_safe() lets out is valid UTF-8 without a control or hidden character, whole,
 * within the cap, and stays as it is when it is made safe again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"
#include "tests/fuzz/must.h"

static void must_be_safe(const char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        uint32_t code;
        bool valid;
        i += text_decode(text + i, n - i, &code, &valid);
        MUST(valid && (text_plain(code) || text_char_width(code) == 0));
        MUST(code >= 0x20 && !(code >= 0x7F && code < 0xA0));
        MUST(!(code >= 0x200B && code <= 0x200F) && !(code >= 0x2028 && code <= 0x202E));
        MUST(!(code >= 0x2060 && code <= 0x206F) && code != 0xFEFF &&
             !(code >= 0xE0000 && code <= 0xE0FFF));
    }
}

static void must_fit(const char *safe, size_t cap, int columns, bool ascii) {
    char *dst = malloc(cap ? cap : 1);
    int used = text_fit(dst, cap, safe, columns, ascii);
    if (cap > 0) {
        MUST(strlen(dst) < cap && used <= columns && text_width(dst) == used);
        must_be_safe(dst, strlen(dst));
    }
    free(dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    size_t cap = data[0];
    int columns = data[1];
    const char *src = (const char *)data + 2;
    size -= 2;

    char *whole = text_safe_copy(src, size);
    size_t full = strlen(whole);
    MUST(full <= 4 * size);
    must_be_safe(whole, full);
    char *again = text_safe_copy(whole, full);
    MUST(strcmp(whole, again) == 0);

    char *part = malloc(cap ? cap : 1);
    size_t n = text_safe(part, cap, src, size);
    if (cap > 0) {
        MUST(n < cap && part[n] == '\0' && memcmp(part, whole, n) == 0);
        must_be_safe(part, n);
        MUST(text_cut(whole, full, n) == n);
    }
    must_fit(whole, cap, columns, false);
    must_fit(whole, cap, columns, true);
    MUST(text_distance(whole, again) == 0);
    text_to_ascii(again);
    for (const char *p = again; *p; p++)
        MUST(*p >= 0x20 && *p < 0x7F);
    free(part);
    free(again);
    free(whole);
    return 0;
}
