/* One gate that looks by itself, its source, and what that source last saw: for tests of gates that need
 * nothing else of the world. */
#ifndef GONOGO_TESTS_READING_FIXTURE_H
#define GONOGO_TESTS_READING_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/gate.h"

#define READING_NOW INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

struct reading_fixture {
    struct environment environment;
    struct source_spec source;
    struct gate_spec gate;
    unsigned index;
    struct policy policy;
    struct snapshot *s;
    struct gate_view view;
};

static inline void reading_init(struct reading_fixture *f, const char *kind) {
    static char place[] = "gate", id[] = "gate/it", name[] = "it", kinds[64], path[] = "a.yaml";
    memset(f, 0, sizeof *f);
    snprintf(kinds, sizeof kinds, "%s", kind);
    f->environment = (struct environment){.name = place, .of_gates = true};
    f->source = (struct source_spec){.id = id,
                                     .name = name,
                                     .kind = kinds,
                                     .every_ms = 60000,
                                     .timeout_ms = 4000,
                                     .fail_after = 1,
                                     .recover_after = 1,
                                     .of_gate = true};
    f->gate = (struct gate_spec){.name = name, .kind = kinds, .sources = &f->index, .n_sources = 1};
    f->policy = (struct policy){.path = path,
                                .target_source = SOURCE_NONE,
                                .stable_source = SOURCE_NONE,
                                .environments = &f->environment,
                                .n_environments = 1,
                                .sources = &f->source,
                                .n_sources = 1,
                                .gates = &f->gate,
                                .n_gates = 1};
    f->s = snapshot_new(&f->policy);
    f->s->wall_ms = READING_NOW;
    f->s->mono_ms = 1000000;
}

static inline void reading_fini(struct reading_fixture *f) {
    snapshot_drop(f->s);
}

/* The source saw this; takes the sample over. */
static inline void reading_saw(struct reading_fixture *f, struct sample *sample) {
    static const enum source_state states[] = {
        [READING_OK] = SOURCE_OK, [READING_CLOSED] = SOURCE_CLOSED, [READING_ERROR] = SOURCE_ERROR};
    struct source_view *view = &f->s->sources[0];
    sample->wall_ms = f->s->wall_ms;
    sample->mono_ms = f->s->mono_ms;
    view->state = view->raw = states[sample->reading];
    sample_drop(view->last);
    view->last = sample;
    if (sample->reading != READING_ERROR) {
        sample_drop(view->good);
        view->good = sample_keep(sample);
    }
}

static inline void reading_failed(struct reading_fixture *f, const char *error) {
    struct sample *sample = sample_new(0);
    snprintf(sample->error, sizeof sample->error, "%s", error);
    reading_saw(f, sample);
}

static inline void reading_judge(struct reading_fixture *f, enum gate_verdict want,
                                 const char *reason) {
    gate_judge(f->s, 0, &f->view);
    assert_string_equal(f->view.reason, reason);
    assert_int_equal(f->view.verdict, want);
}

/* Whatever could not be seen is unknown, in the source's own words. */
static inline void reading_fails_closed(struct reading_fixture *f) {
    struct source_view *view = &f->s->sources[0];
    view->state = view->raw = SOURCE_PENDING;
    reading_judge(f, GATE_UNKNOWN, "has not been looked at yet");
    view->state = SOURCE_STALE;
    reading_judge(f, GATE_UNKNOWN, "no good look for 0 ms");
    view->state = SOURCE_CLOSED;
    reading_judge(f, GATE_UNKNOWN, "has not been looked at yet");
    view->state = SOURCE_ERROR;
    view->raw = SOURCE_OK;
    reading_judge(f, GATE_UNKNOWN, "failed and is coming back");
    reading_failed(f, "connection refused: is it up?");
    reading_judge(f, GATE_UNKNOWN, "connection refused: is it up?");
    f->gate.on_unknown = UNKNOWN_FAILS;
    reading_judge(f, GATE_FAIL, "connection refused: is it up? (unknown counts as failure)");
    f->gate.on_unknown = UNKNOWN_HOLDS;
    f->gate.n_sources = 0;
    reading_judge(f, GATE_UNKNOWN, "has nothing to look at");
    f->gate.n_sources = 1;
}

#endif
