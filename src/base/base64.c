#include "src/base/base64.h"

#include <stdbool.h>
#include <string.h>

/* The six bits of a character, or 64. */
static unsigned value_of(char c) {
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

int64_t base64_decode(const char *text, unsigned char *dst, size_t cap) {
    size_t len = strlen(text), out = 0;
    if (len % 4 != 0)
        return BASE64_BAD;
    size_t padding = len == 0 || text[len - 1] != '=' ? 0 : text[len - 2] == '=' ? 2 : 1;
    for (size_t i = 0; i < len; i += 4) {
        size_t pads = i + 4 == len ? padding : 0;
        uint32_t bits = 0;
        for (size_t k = 0; k < 4; k++) {
            unsigned value = k >= 4 - pads ? 0 : value_of(text[i + k]);
            if (value > 63)
                return BASE64_BAD;
            bits = bits << 6 | value;
        }
        for (size_t k = 0; k < 3 - pads; k++, out++)
            if (out < cap)
                dst[out] = (unsigned char)(bits >> (16 - 8 * k));
    }
    return (int64_t)out;
}
