/* What is kept of a child's output, and that no secret is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/buf.h"
#include "src/base/capture.h"
#include "src/base/mask.h"

static void sink(void *self, const char *bytes, size_t n) {
    buf_add(self, bytes, n);
}

/* Masked in pieces of `piece` bytes. */
static char *masked(const char *const *secrets, const char *text, size_t piece) {
    struct mask *m = mask_new(secrets);
    struct buf out;
    buf_init(&out, 0);
    size_t n = strlen(text);
    for (size_t at = 0; at < n; at += piece)
        mask_add(m, text + at, n - at < piece ? n - at : piece, sink, &out);
    mask_end(m, sink, &out);
    mask_free(m);
    return buf_steal(&out);
}

static void secrets_are_masked_wherever_a_read_cuts(void **state) {
    (void)state;
    static const char *const secrets[] = {"hunter2-token", "hunter2", "aaab", "xyz", NULL};
    static const char text[] = "hunter2 and hunter2-token, hunter2-tok hunter hunter2-token"
                               " aaaaab aaaa xyz hunter2hunter2-tokenhunter";
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        char *out = masked(secrets, text, piece);
        assert_string_equal(out, "*** and ***, ***-tok hunter *** aa*** aaaa xyz ******hunter");
        free(out);
    }
}

static void without_secrets_nothing_is_touched(void **state) {
    (void)state;
    char *out = masked(NULL, "as it was ***", 5);
    assert_string_equal(out, "as it was ***");
    free(out);
    struct mask *m = mask_new((const char *[]){"", "abc", NULL}); /* too short to be masked */
    out = mask_text(m, "abc abcd");
    assert_string_equal(out, "abc abcd");
    free(out);
    mask_free(m);
}

static void beginning_and_end_are_kept(void **state) {
    (void)state;
    struct capture *c = capture_new(8, 8, NULL, -1);
    size_t n;
    capture_add(c, "01234567", 8);
    char *bytes = capture_bytes(c, &n);
    assert_string_equal(bytes, "01234567");
    free(bytes);
    capture_add(c, "89", 2);
    bytes = capture_bytes(c, &n);
    assert_string_equal(bytes, "0123456789");
    free(bytes);
    for (int i = 0; i < 100; i++)
        capture_add(c, "abcdefghijk", 11);
    capture_end(c);
    bytes = capture_bytes(c, &n);
    assert_string_equal(bytes, "01234567\n… 1094 bytes are left out here …\ndefghijk");
    assert_int_equal(capture_total(c), 10 + 1100);
    free(bytes);
    capture_free(c);
}

static void the_digest_is_of_all_of_it(void **state) {
    (void)state;
    char hex[HASH_HEX_CAP], want[HASH_HEX_CAP];
    struct capture *c = capture_new(4, 4, (const char *[]){"password", NULL}, -1);
    capture_add(c, "a pass", 6);
    capture_add(c, "word in the middle", 18);
    capture_end(c);
    capture_digest(c, hex);
    hash_of("a *** in the middle", 19, want);
    assert_string_equal(hex, want);
    capture_free(c);
}

static void the_text_is_safe_and_begins_with_a_line(void **state) {
    (void)state;
    struct capture *c = capture_new(1024, 16, NULL, -1);
    static const char raw[] = "first line\nsecond \x1b[31mred\r\nthird\xff";
    capture_add(c, raw, sizeof raw - 1);
    char *text = capture_text(c, SIZE_MAX);
    assert_string_equal(text, "first line\nsecond \xE2\x90\x9B[31mred\nthird\\xFF");
    free(text);
    text = capture_text(c, 12);
    assert_string_equal(text, "third\\xFF");
    free(text);
    capture_free(c);
}

static void the_file_holds_head_and_tail(void **state) {
    (void)state;
    char path[4096], read_back[128] = "";
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/gonogo-capture-XXXXXX", folder ? folder : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct capture *c = capture_new(4, 4, NULL, fd);
    capture_add(c, "0123456789abcdef", 16);
    assert_int_equal(lseek(fd, 0, SEEK_END), 4); /* as it comes */
    capture_end(c);
    assert_true(pread(fd, read_back, sizeof read_back - 1, 0) > 0);
    assert_string_equal(read_back, "0123\n… 8 bytes are left out here …\ncdef");
    capture_free(c);
    close(fd);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_masked_wherever_a_read_cuts),
        cmocka_unit_test(without_secrets_nothing_is_touched),
        cmocka_unit_test(beginning_and_end_are_kept),
        cmocka_unit_test(the_digest_is_of_all_of_it),
        cmocka_unit_test(the_text_is_safe_and_begins_with_a_line),
        cmocka_unit_test(the_file_holds_head_and_tail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
