#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "src/base/clock.h"

static void the_system_clocks_tell_time(void **state) {
    (void)state;
    const struct clock *c = clock_system();
    int64_t wall = clock_wall_ms(c);
    assert_true(wall >= (int64_t)time(NULL) * 1000 - 2000);
    assert_true(wall <= (int64_t)time(NULL) * 1000 + 2000);
    int64_t before = clock_mono_ms(c);
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_mono_ms(c);
        assert_true(now >= before);
        before = now;
    }
}

static void a_fake_clock_moves_by_hand_only(void **state) {
    (void)state;
    struct clock_fake fake;
    clock_fake_init(&fake, 1000);
    int64_t mono = clock_mono_ms(&fake.clock);
    assert_int_equal(clock_wall_ms(&fake.clock), 1000);
    clock_fake_advance(&fake, 86400000);
    assert_int_equal(clock_wall_ms(&fake.clock), 86401000);
    assert_int_equal(clock_mono_ms(&fake.clock) - mono, 86400000);
}

static void a_jump_moves_the_wall_clock_alone(void **state) {
    (void)state;
    struct clock_fake fake;
    clock_fake_init(&fake, 5000);
    int64_t mono = clock_mono_ms(&fake.clock);
    clock_fake_jump(&fake, -3000);
    assert_int_equal(clock_wall_ms(&fake.clock), 2000);
    assert_int_equal(clock_mono_ms(&fake.clock), mono);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_system_clocks_tell_time),
        cmocka_unit_test(a_fake_clock_moves_by_hand_only),
        cmocka_unit_test(a_jump_moves_the_wall_clock_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
