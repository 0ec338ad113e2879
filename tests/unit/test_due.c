#include "probes/due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { N = 500 };

static void test_what_is_due_first_comes_first(void **state) {
    (void)state;
    static struct due dues[N];
    struct due_heap heap;
    unsigned seed = 7;
    due_init(&heap);
    for (int i = 0; i < N; i++) {
        seed = seed * 1103515245u + 12345u;
        due_put(&heap, &dues[i], (int64_t)(seed >> 8) % 1000);
    }
    for (int i = 0; i < N; i += 3) /* moved, both ways */
        due_put(&heap, &dues[i], i % 2 ? dues[i].at_ms + 500 : dues[i].at_ms - 500);
    for (int i = 1; i < N; i += 3)
        due_drop(&heap, &dues[i]);
    due_drop(&heap, &dues[1]); /* twice is fine */
    int64_t last = INT64_MIN;
    size_t n = 0;
    for (struct due *first; (first = due_first(&heap)); n++) {
        assert_true(first->at_ms >= last);
        last = first->at_ms;
        due_drop(&heap, first);
        assert_int_equal(first->place, 0);
    }
    assert_int_equal(n, N - (N + 1) / 3);
    due_fini(&heap);
}

static void test_jitter_is_the_same_and_spread(void **state) {
    (void)state;
    unsigned tenths[10] = {0};
    char id[32];
    for (int i = 0; i < 10000; i++) {
        snprintf(id, sizeof(id), "production/host %d", i);
        int64_t at = due_jitter(id, 5000);
        assert_int_equal(at, due_jitter(id, 5000));
        assert_in_range(at, 0, 4999);
        tenths[at / 500]++;
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(tenths[i], 800, 1200);
    assert_int_equal(due_jitter("x", 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_due_first_comes_first),
        cmocka_unit_test(test_jitter_is_the_same_and_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
