/* Any bytes as a feed that is edited: what is found lies in it, what is written can be found again, and the
 * same texts written make the same bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/feed_edit.h"
#include "tests/fuzz/must.h"

static void must_lie_in(const struct feed_span *span, size_t n) {
    MUST(span->at <= n && span->len <= n - span->at);
}

/* What is shown of it is no longer than promised, and can be made safe. */
static void show(const char *bytes, size_t n, size_t at) {
    struct buf line;
    buf_init(&line, 0);
    feed_edit_line(bytes, n, at, &line);
    MUST(line.len <= 4 * FEED_EDIT_LINE + 16);
    free(text_safe_copy(line.data, line.len));
    buf_fini(&line);
}

static void edit(const char *bytes, size_t n, size_t index, const char *date,
                 const char *interval) {
    struct feed_place place, after, again;
    struct buf out;
    if (feed_edit_find(bytes, n, index, &place, NULL) != ERR_OK)
        return;
    must_lie_in(&place.pub_date, n);
    must_lie_in(&place.interval, n);
    buf_init(&out, 0);
    feed_edit_write(bytes, n, &place, date, interval, &out, &after);
    must_lie_in(&after.pub_date, out.len);
    must_lie_in(&after.interval, out.len);
    if (date == NULL && interval == NULL) {
        MUST(out.len == n && (n == 0 || memcmp(out.data, bytes, n) == 0));
        MUST(memcmp(&place, &after, sizeof place) == 0);
    }
    MUST(feed_edit_find(out.data, out.len, index, &again, NULL) == ERR_OK);
    MUST(memcmp(&again, &after, sizeof again) == 0);
    show(out.data, out.len, after.pub_date.at);
    show(out.data, out.len, after.interval.at);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *exact = mem_copy_bytes(data, size);
    size_t index = size > 0 ? data[size - 1] % 4 : 0;
    edit(exact, size, index, "Thu, 26 Feb 2026 19:57:35 +0000", "3600");
    edit(exact, size, index, "Thu, 26 Feb 2026 19:57:35 +0000", NULL);
    edit(exact, size, index, NULL, NULL);
    free(exact);
    return 0;
}
