/* The gate rehearsed: the newest run of an action, and how long ago it was done. */
#include "tests/unit/reading_fixture.h"

#include "src/model/run.h"

#define HOUR INT64_C(3600000)

struct scene {
    struct reading_fixture f;
    struct run_view runs[3];
};

static void init(struct scene *s) {
    static char action[] = "rehearse";
    memset(s, 0, sizeof *s);
    reading_init(&s->f, "rehearsed");
    s->f.gate.n_sources = 0;
    s->f.gate.action = action;
    s->f.gate.within_ms = 24 * HOUR;
}

/* The next older run. */
static struct run_view *add(struct scene *s, const char *name, enum run_state state,
                            int64_t hours_ago) {
    struct run_view *run = &s->runs[s->f.s->n_runs];
    atomic_init(&run->refs, 1000); /* the snapshot gives back what it did not take */
    run->state = state;
    run->confirmed_ms = READING_NOW - hours_ago * HOUR - 60000;
    run->ended_ms = READING_NOW - hours_ago * HOUR;
    snprintf(run->name, sizeof run->name, "%s", name);
    snprintf(run->who, sizeof run->who, "ada");
    s->f.s->runs[s->f.s->n_runs++] = run;
    return run;
}

static void a_run_that_was_done_lately_passes(void **state) {
    (void)state;
    struct scene s;
    init(&s);
    reading_judge(&s.f, GATE_WAIT, "rehearse was never done, want within 1 d");
    add(&s, "promote", RUN_DONE, 1);
    reading_judge(&s.f, GATE_WAIT, "rehearse was never done, want within 1 d");
    struct run_view *run = add(&s, "rehearse", RUN_DONE, 3);
    reading_judge(&s.f, GATE_PASS, "rehearse was done 3 h ago by ada, within 1 d");
    run->ended_ms = READING_NOW - 24 * HOUR;
    reading_judge(&s.f, GATE_PASS, "rehearse was done 1 d ago by ada, within 1 d");
    run->ended_ms--;
    reading_judge(&s.f, GATE_WAIT, "rehearse was done 1 d ago by ada, want within 1 d");
    run->ended_ms = READING_NOW + 1; /* a clock was moved */
    reading_judge(&s.f, GATE_UNKNOWN, "rehearse was done at a time that is not known");
    run->ended_ms = 0;
    reading_judge(&s.f, GATE_UNKNOWN, "rehearse was done at a time that is not known");
    reading_fini(&s.f);
}

static void the_newest_run_counts(void **state) {
    (void)state;
    static const struct {
        enum run_state state;
        enum gate_verdict verdict;
        const char *reason;
    } rows[] = {
        {RUN_PREPARED, GATE_WAIT, "rehearse is prepared"},
        {RUN_RUNNING, GATE_WAIT, "rehearse is running"},
        {RUN_VERIFYING, GATE_WAIT, "rehearse is verifying"},
        {RUN_UNDOING, GATE_WAIT, "rehearse is undoing"},
        {RUN_FAILED, GATE_FAIL, "the last run of rehearse is failed: step 2 of 3"},
        {RUN_INTERRUPTED, GATE_FAIL, "the last run of rehearse is interrupted: step 2 of 3"},
        {RUN_UNDONE, GATE_FAIL, "the last run of rehearse is undone: step 2 of 3"},
        {RUN_ABANDONED, GATE_FAIL, "the last run of rehearse is abandoned: step 2 of 3"},
        {RUN_REFUSED, GATE_PASS, "rehearse was done 3 h ago by ada, within 1 d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene s;
        init(&s);
        struct run_view *run = add(&s, "rehearse", rows[i].state, 1);
        snprintf(run->why, sizeof run->why, "step 2 of 3");
        add(&s, "rehearse", RUN_DONE, 3);
        reading_judge(&s.f, rows[i].verdict, rows[i].reason);
        reading_fini(&s.f);
    }
    struct scene s; /* a plan that was looked at and put away is no failure */
    init(&s);
    add(&s, "rehearse", RUN_ABANDONED, 1)->confirmed_ms = 0;
    add(&s, "rehearse", RUN_DONE, 3);
    reading_judge(&s.f, GATE_PASS, "rehearse was done 3 h ago by ada, within 1 d");
    s.f.gate.action = NULL;
    reading_judge(&s.f, GATE_UNKNOWN, "names no action");
    reading_fini(&s.f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_was_done_lately_passes),
        cmocka_unit_test(the_newest_run_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
