#include "src/base/clock.h"

#include <stdatomic.h>
#include <time.h>

/* Time asleep counts: a laptop that wakes must find its sources stale. */
#ifdef CLOCK_BOOTTIME
#define MONO_CLOCK CLOCK_BOOTTIME
#else
#define MONO_CLOCK CLOCK_MONOTONIC /* on macOS it runs on through sleep */
#endif

static int64_t read_ms(clockid_t id) {
    struct timespec now = {0};
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void *self) {
    (void)self;
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_mono_ms(void *self) {
    (void)self;
    return read_ms(MONO_CLOCK);
}

const struct clock *clock_system(void) {
    static const struct clock machine = {.wall_ms = system_wall_ms, .mono_ms = system_mono_ms};
    return &machine;
}

static int64_t fake_wall_ms(void *self) {
    struct clock_fake *fake = self;
    return atomic_load(&fake->wall_ms);
}

static int64_t fake_mono_ms(void *self) {
    struct clock_fake *fake = self;
    return atomic_load(&fake->mono_ms);
}

void clock_fake_init(struct clock_fake *fake, int64_t wall_ms) {
    fake->clock = (struct clock){fake_wall_ms, fake_mono_ms, fake};
    atomic_init(&fake->wall_ms, wall_ms);
    atomic_init(&fake->mono_ms, 0);
}

void clock_fake_advance(struct clock_fake *fake, int64_t by_ms) {
    atomic_fetch_add(&fake->wall_ms, by_ms);
    atomic_fetch_add(&fake->mono_ms, by_ms);
}

void clock_fake_jump(struct clock_fake *fake, int64_t by_ms) {
    atomic_fetch_add(&fake->wall_ms, by_ms);
}
