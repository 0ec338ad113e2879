#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/base/wake.h"

static int readable(const struct wake *w, int timeout_ms) {
    struct pollfd p = {.fd = w->read_fd, .events = POLLIN};
    return poll(&p, 1, timeout_ms);
}

static void signals_coalesce_and_never_block(void **state) {
    (void)state;
    struct wake w;
    assert_int_equal(wake_init(&w, NULL), ERR_OK);
    assert_int_equal(readable(&w, 0), 0);
    for (int i = 0; i < 200000; i++)
        wake_signal(&w);
    assert_int_equal(readable(&w, 0), 1);
    wake_drain(&w);
    assert_int_equal(readable(&w, 0), 0);
    wake_drain(&w); /* nothing to drain is fine */
    wake_signal(&w);
    assert_int_equal(readable(&w, 0), 1);
    wake_fini(&w);
    wake_fini(&w);
}

static void errno_is_kept(void **state) {
    (void)state;
    struct wake w;
    assert_int_equal(wake_init(&w, NULL), ERR_OK);
    errno = 77;
    wake_drain(&w);
    wake_signal(&w);
    assert_int_equal(errno, 77);
    wake_fini(&w);
}

static void a_child_process_does_not_inherit_it(void **state) {
    (void)state;
    struct wake w;
    assert_int_equal(wake_init(&w, NULL), ERR_OK);
    assert_true(fcntl(w.read_fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(w.write_fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(w.read_fd, F_GETFL) & O_NONBLOCK);
    wake_fini(&w);
}

static void no_descriptor_left_is_an_error_with_a_remedy(void **state) {
    (void)state;
    struct rlimit old, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = old;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct wake w;
    struct err e = ERR_INIT;
    enum err_code code = wake_init(&w, &e);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(code, ERR_IO);
    assert_true(e.todo[0] != '\0');
    wake_fini(&w);
}

static void *signal_it(void *arg) {
    wake_signal(arg);
    return NULL;
}

static void another_thread_wakes_a_poll(void **state) {
    (void)state;
    struct wake w;
    pthread_t thread;
    assert_int_equal(wake_init(&w, NULL), ERR_OK);
    assert_int_equal(pthread_create(&thread, NULL, signal_it, &w), 0);
    assert_int_equal(readable(&w, 10000), 1);
    pthread_join(thread, NULL);
    wake_fini(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_coalesce_and_never_block),
        cmocka_unit_test(errno_is_kept),
        cmocka_unit_test(a_child_process_does_not_inherit_it),
        cmocka_unit_test(no_descriptor_left_is_an_error_with_a_remedy),
        cmocka_unit_test(another_thread_wakes_a_poll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
