#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/release/copy.h"
#include "tests/unit/loopback.h"

static char *root;

static int make_root(void **state) {
    (void)state;
    root = scratch_new();
    return 0;
}

static int drop_root(void **state) {
    (void)state;
    scratch_free(root);
    return 0;
}

static int open_in_root(const char *name, int flags) {
    char *path = mem_format("%s/%s", root, name);
    int fd = open(path, flags | O_CLOEXEC, 0644);
    free(path);
    assert_true(fd >= 0);
    return fd;
}

static int file_of(size_t n, char sha256[HASH_HEX_CAP]) {
    unsigned char *bytes = mem_alloc(n + 1);
    uint32_t x = 77;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(x >> 24);
    }
    hash_of(bytes, n, sha256);
    scratch_write(root, "from", bytes, n);
    free(bytes);
    return open_in_root("from", O_RDONLY);
}

static void a_copy_has_the_bytes_and_their_digest(void **state) {
    (void)state;
    static const size_t sizes[] = {0,
                                   1,
                                   COPY_PIECE_BYTES - 1,
                                   COPY_PIECE_BYTES,
                                   COPY_PIECE_BYTES + 1,
                                   8 * 1024 * 1024,
                                   8 * 1024 * 1024 + 1,
                                   21 * 1024 * 1024 + 5};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char sha256[HASH_HEX_CAP];
        struct copy_facts facts, again;
        struct err err = ERR_INIT;
        int from = file_of(sizes[i], sha256);
        int to = open_in_root("to", O_RDWR | O_CREAT | O_TRUNC);
        assert_int_equal(copy_hashed(from, to, NULL, "to", &facts, &err), ERR_OK);
        assert_int_equal(facts.size, sizes[i]);
        assert_string_equal(facts.sha256, sha256);
        assert_int_equal(copy_hash(to, "to", &again, &err), ERR_OK);
        assert_int_equal(again.size, sizes[i]);
        assert_string_equal(again.sha256, sha256);
        struct stat st;
        assert_int_equal(fstat(to, &st), 0);
        assert_int_equal(st.st_size, sizes[i]);
        close(from);
        close(to);
    }
}

struct fuse {
    int left;
};

static int burn(void *self, const char *call, const char *path) {
    struct fuse *fuse = self;
    assert_string_equal(call, "write");
    assert_string_equal(path, "to");
    return fuse->left-- > 0 ? 0 : ENOSPC;
}

static void a_full_disk_half_way_is_an_error(void **state) {
    (void)state;
    static const int after[] = {0, 1, 12};
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        char sha256[HASH_HEX_CAP];
        struct fuse fuse = {.left = after[i]};
        const struct change_hook hook = {.before = burn, .self = &fuse};
        struct err err = ERR_INIT;
        int from = file_of(20 * 1024 * 1024, sha256);
        int to = open_in_root("to", O_RDWR | O_CREAT | O_TRUNC);
        assert_int_equal(copy_hashed(from, to, &hook, "to", NULL, &err), ERR_IO);
        assert_non_null(strstr(err.what, strerror(ENOSPC)));
        close(from);
        close(to);
    }
}

static void what_cannot_be_read_back_is_an_error(void **state) {
    (void)state;
    static const size_t sizes[] = {1000, 9 * 1024 * 1024};
    for (size_t i = 0; i < 2; i++) {
        char sha256[HASH_HEX_CAP];
        struct copy_facts facts;
        struct err err = ERR_INIT;
        int from = file_of(sizes[i], sha256);
        int to = open_in_root("to", O_WRONLY | O_CREAT | O_TRUNC);
        assert_int_equal(copy_hashed(from, to, NULL, "to", &facts, &err), ERR_IO);
        close(from);
        close(to);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_has_the_bytes_and_their_digest),
        cmocka_unit_test(a_full_disk_half_way_is_an_error),
        cmocka_unit_test(what_cannot_be_read_back_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_root, drop_root);
}
