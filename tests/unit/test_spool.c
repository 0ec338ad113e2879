/* What waits in a spool comes back as it went in, from memory and from the file, in any cut. */
#include "src/cmd/spool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINES = 200000, LINE = 16, LINE_CAP = 24 }; /* three times what stays in memory */

static void line_at(size_t i, char dst[LINE_CAP]) {
    snprintf(dst, LINE_CAP, "%015zu\n", i);
}

static void copy_is_right(struct spool *s, size_t from, size_t to) {
    FILE *f = tmpfile();
    struct out out;
    out_init(&out, fileno(f), "file");
    assert_int_equal(spool_copy(s, from, to, &out, NULL), ERR_OK);
    assert_int_equal(out_flush(&out, NULL), ERR_OK);
    out_fini(&out);
    rewind(f);
    size_t n = 0;
    for (int c; (c = fgetc(f)) != EOF; n++) {
        char line[LINE_CAP];
        line_at((from + n) / LINE, line);
        if (c != line[(from + n) % LINE])
            fail_msg("byte %zu differs", from + n);
    }
    assert_int_equal(n, to - from);
    fclose(f);
}

static void what_went_in_comes_out(void **state) {
    (void)state;
    struct spool s;
    spool_init(&s);
    for (size_t i = 0; i < LINES; i++) {
        char line[LINE_CAP];
        line_at(i, line);
        buf_add(&s.text, line, LINE);
        assert_int_equal(spool_pass(&s, NULL), ERR_OK);
        assert_true(s.text.len < SPOOL_MEMORY);
    }
    size_t end = spool_size(&s);
    assert_int_equal(end, (size_t)LINES * LINE);
    assert_non_null(s.file);
    copy_is_right(&s, 0, end);
    copy_is_right(&s, 100, 100);
    copy_is_right(&s, 5, 1000000);
    copy_is_right(&s, s.filed - 7, s.filed + 9);
    copy_is_right(&s, s.filed, end);
    spool_fini(&s);
}

static void a_little_needs_no_file(void **state) {
    (void)state;
    struct spool s;
    spool_init(&s);
    assert_int_equal(spool_size(&s), 0);
    copy_is_right(&s, 0, 0);
    char line[LINE_CAP];
    line_at(0, line);
    buf_add(&s.text, line, LINE);
    assert_int_equal(spool_pass(&s, NULL), ERR_OK);
    assert_null(s.file);
    copy_is_right(&s, 3, LINE);
    spool_fini(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_went_in_comes_out),
        cmocka_unit_test(a_little_needs_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
