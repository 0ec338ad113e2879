/* The only place that knows what time it is. Whoever needs time is given a clock, so that a
 * day of soak is tested in a millisecond. */
#ifndef GONOGO_BASE_CLOCK_H
#define GONOGO_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(void *self); /* ms since 1970-01-01T00:00:00Z; may jump */
    int64_t (*mono_ms)(void *self); /* ms since some moment; never goes back */
    void *self;
};

/* The machine's clocks. */
const struct clock *clock_system(void);

static inline int64_t clock_wall_ms(const struct clock *c) {
    return c->wall_ms(c->self);
}
static inline int64_t clock_mono_ms(const struct clock *c) {
    return c->mono_ms(c->self);
}

/* A clock that a test moves by hand (atomic: threads may read while a test moves it). */
struct clock_fake {
    struct clock clock;
    _Atomic int64_t wall_ms;
    _Atomic int64_t mono_ms;
};

void clock_fake_init(struct clock_fake *fake, int64_t wall_ms);
void clock_fake_advance(struct clock_fake *fake, int64_t by_ms); /* both clocks */
void clock_fake_jump(struct clock_fake *fake, int64_t by_ms);    /* the wall clock only */

#endif
