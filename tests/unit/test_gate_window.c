/* The gate window: its words, and that the clock alone moves it. */
#include "tests/unit/reading_fixture.h"

#include <stdlib.h>

#include "src/base/when.h"
#include "src/base/zone.h"
#include "src/model/calendar.h"

struct scene {
    struct reading_fixture f;
    struct calendar calendar;
    struct calendar_span allow, deny;
};

static void init(struct scene *s, const char *allow, const char *deny) {
    const char *fault;
    memset(s, 0, sizeof *s);
    reading_init(&s->f, "window");
    s->f.gate.n_sources = 0;
    s->f.gate.calendar = &s->calendar;
    s->calendar = (struct calendar){.allow = &s->allow, .deny = &s->deny};
    if (allow) {
        assert_true(calendar_parse(allow, &s->allow, &fault));
        s->calendar.n_allow = 1;
    }
    if (deny) {
        assert_true(calendar_parse(deny, &s->deny, &fault));
        s->calendar.n_deny = 1;
    }
}

static void says(struct scene *s, const char *now, enum gate_verdict verdict, const char *reason) {
    assert_true(when_parse_rfc3339(now, &s->f.s->wall_ms));
    reading_judge(&s->f, verdict, reason);
}

static void hours_pass_and_wait(void **state) {
    (void)state;
    struct scene s;
    init(&s, "Mon-Thu 09:00-16:00", "12-20..01-05");
    says(&s, "2026-11-16T10:50:00Z", GATE_PASS, "open: Mon-Thu 09:00-16:00, for 5 h 10 m more");
    says(&s, "2026-11-16T05:48:00Z", GATE_WAIT, "opens in 3 h 12 m: Mon-Thu 09:00-16:00 (UTC)");
    says(&s, "2026-11-20T05:48:00Z", GATE_WAIT, "opens in 3 d 3 h: Mon-Thu 09:00-16:00 (UTC)");
    says(&s, "2026-12-21T10:50:00Z", GATE_FAIL, "frozen: 12-20..01-05 (UTC), for 15 d 13 h more");
    struct err err = ERR_INIT;
    s.calendar.zone = zone_load("-05:00", &err);
    says(&s, "2026-11-16T10:48:00Z", GATE_WAIT, "opens in 3 h 12 m: Mon-Thu 09:00-16:00 (-05:00)");
    zone_free(s.calendar.zone);
    reading_fini(&s.f);
}

static void a_freeze_alone_passes_outside(void **state) {
    (void)state;
    struct scene s;
    init(&s, NULL, "2026-12-20..2027-01-05");
    says(&s, "2026-12-18T00:00:00Z", GATE_PASS, "no freeze, for 2 d more");
    says(&s, "2027-01-06T00:00:00Z", GATE_PASS, "no freeze");
    reading_fini(&s.f);
    init(&s, "2026-11-16 09:00-16:00", NULL);
    says(&s, "2026-11-16T16:00:00Z", GATE_FAIL, "shut, and no window is to come");
    reading_fini(&s.f);
    init(&s, NULL, NULL);
    says(&s, "2026-11-16T16:00:00Z", GATE_UNKNOWN, "names no hours and no freeze");
    s.f.gate.calendar = NULL;
    says(&s, "2026-11-16T16:00:00Z", GATE_UNKNOWN, "names no hours and no freeze");
    reading_fini(&s.f);
}

/* It remembers nothing: a clock that is set back or forth finds what it shows. */
static void a_clock_that_jumps_finds_what_it_shows(void **state) {
    (void)state;
    struct scene s;
    init(&s, "Mon-Thu 09:00-16:00", "12-20..01-05");
    for (int i = 0; i < 2; i++) {
        says(&s, "2026-11-16T10:50:00Z", GATE_PASS, "open: Mon-Thu 09:00-16:00, for 5 h 10 m more");
        says(&s, "2026-12-21T10:50:00Z", GATE_FAIL,
             "frozen: 12-20..01-05 (UTC), for 15 d 13 h more");
        says(&s, "1970-01-01T00:00:00Z", GATE_FAIL, "frozen: 12-20..01-05 (UTC), for 5 d more");
    }
    reading_fini(&s.f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_pass_and_wait),
        cmocka_unit_test(a_freeze_alone_passes_outside),
        cmocka_unit_test(a_clock_that_jumps_finds_what_it_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
