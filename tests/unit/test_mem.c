#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/mem.h"

static void nothing_is_still_a_place(void **state) {
    (void)state;
    void *a = mem_alloc(0), *b = mem_zero(0, 8), *c = mem_resize(NULL, 0, 8);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    free(a);
    free(b);
    free(c);
}

static void copies_are_terminated(void **state) {
    (void)state;
    assert_null(mem_copy_text(NULL));
    char *text = mem_copy_text("Привет");
    assert_string_equal(text, "Привет");
    char *bytes = mem_copy_bytes("a\0b", 3);
    assert_memory_equal(bytes, "a\0b", 4);
    char *made = mem_format("%s=%d", "n", 7);
    assert_string_equal(made, "n=7");
    free(text);
    free(bytes);
    free(made);
}

static void a_wiped_secret_is_gone(void **state) {
    (void)state;
    char secret[8] = "hunter2";
    mem_wipe(secret, sizeof secret);
    assert_memory_equal(secret, (char[8]){0}, 8);
    mem_wipe(NULL, 9);
}

static void say_bye(void) {
    ssize_t done = write(STDOUT_FILENO, "bye", 3);
    (void)done;
}

/* Runs `use_up` in a child and returns its exit code; what it wrote goes to `out`. */
static int in_a_child(void (*use_up)(void), char *out, size_t cap) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        mem_on_exhausted(say_bye);
        use_up();
        _exit(0);
    }
    close(fds[1]);
    size_t n = 0;
    for (ssize_t got; n + 1 < cap && (got = read(fds[0], out + n, cap - 1 - n)) > 0;)
        n += (size_t)got;
    out[n] = '\0';
    close(fds[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void multiply_over(void) {
    free(mem_resize(NULL, SIZE_MAX / 2, 16));
}

static void the_end_runs_the_handler_and_exits_4(void **state) {
    (void)state;
    char out[256];
    assert_int_equal(in_a_child(multiply_over, out, sizeof out), 4);
    assert_memory_equal(out, "bye", 3);
    assert_non_null(strstr(out, "gonogo: memory: "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_still_a_place),
        cmocka_unit_test(copies_are_terminated),
        cmocka_unit_test(a_wiped_secret_is_gone),
        cmocka_unit_test(the_end_runs_the_handler_and_exits_4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
