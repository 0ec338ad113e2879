/* Any bytes: every slice of a parsed line lies inside the line, its numbers are in their bounds, and what
 * stands behind the size changes nothing. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/model/accessline.h"
#include "tests/fuzz/must.h"

static void must_lie_inside(struct slice s, const char *line, size_t n) {
    MUST(s.at >= line && s.n <= n && (size_t)(s.at - line) <= n - s.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct access_line a, b;
    const char *line = (const char *)data;
    if (!access_line_parse(line, size, &a))
        return 0;
    must_lie_inside(a.address, line, size);
    must_lie_inside(a.user, line, size);
    must_lie_inside(a.request, line, size);
    MUST(a.status >= 100 && a.status <= 599 && a.bytes >= -1);
    MUST(a.address.n > 0 && !memchr(a.address.at, ' ', a.address.n));
    char *longer = malloc(size + 4);
    MUST(longer);
    memcpy(longer, line, size);
    while (size > 0 && (longer[size - 1] == '\n' || longer[size - 1] == '\r'))
        size--;
    memcpy(longer + size, " x\r\n", 4);
    MUST(access_line_parse(longer, size + 4, &b) && b.time_ms == a.time_ms &&
         b.status == a.status && b.bytes == a.bytes);
    free(longer);
    return 0;
}
