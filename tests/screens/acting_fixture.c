#include "tests/screens/acting_fixture.h"

#include <stdio.h>
#include <string.h>

#include "src/model/plan.h"
#include "src/model/run.h"
#include "src/model/speak.h"

static const char yaml_of_people[] =
    "  - {name: roll call, kind: votes, roles: [ops, support], veto: [ops], expires: 12h,"
    " when: before}\n"
    "  - {name: docs updated, kind: checklist, link: true, when: before, approvals: 0}\n"
    "  - {name: smoke, kind: checklist, items: [push-to-talk, tray, restart], when: before}\n"
    "actions:\n"
    "  - name: promote\n    key: p\n    confirm: version\n    requires: go\n    steps:\n"
    "      - {name: copy the assets, run: [publish, promote, --version, '{target}'],"
    " undo: [publish, pull, --version, '{stable}']}\n"
    "      - {name: look at the tray, ask: Does the tray icon come up?}\n"
    "      - {name: the world agrees, expect: [production agrees], within: 10m}\n"
    "  - name: kill switch\n    key: k\n    requires: any\n    steps:\n"
    "      - {name: beta off, run: [killswitch, set, UPDATE_BETA_ENABLED]}\n"
    "  - name: roll back\n    key: r\n    requires: any\n    goal: 30m\n    steps:\n"
    "      - {name: the version before, run: [publish, pull, --to, '{previous}']}\n"
    "      - {name: the world agrees, expect: [production agrees]}\n"
    "people:\n"
    "  - {name: ops-lead, roles: [ops], user: ada}\n"
    "  - {name: support-lead, roles: [support]}\n";

void acting_fixture_policy(struct buf *yaml, bool approval) {
    static const char before[] = "    confirm: version\n";
    const char *at = strstr(yaml_of_people, before) + strlen(before);
    buf_add(yaml, yaml_of_people, (size_t)(at - yaml_of_people));
    if (approval)
        buf_add_text(yaml, "    approvals: 1\n");
    buf_add_text(yaml, at);
}

static int64_t wall(void *self) {
    return ((struct acting_clock *)self)->wall_ms;
}

static int64_t mono(void *self) {
    const struct acting_clock *c = self;
    return c->mono_ms + clock_mono_ms(clock_system()) - c->began_ms;
}

void acting_clock_init(struct acting_clock *c, int64_t wall_ms, int64_t mono_ms) {
    *c = (struct acting_clock){.clock = {wall, mono, c}, .wall_ms = wall_ms, .mono_ms = mono_ms};
    c->began_ms = clock_mono_ms(clock_system());
}

static void write_down(struct world *w, const struct snapshot *s, struct record *r,
                       int64_t ago_ms) {
    /* lint: allow global, because the ledger of a fixture is the only one of its process */
    static uint64_t seq;
    r->seq = ++seq;
    r->at_ms = s->wall_ms - ago_ms;
    RECORD_PUT(r->user, "ada@console");
    snprintf(r->hash, sizeof r->hash, "%064llx", (unsigned long long)r->seq);
    world_records(w, (const struct record *const *)&r, 1, true);
    record_drop(r);
}

static void write_run(struct world *w, const struct snapshot *s, const char *id, const char *action,
                      const char *word, const char *text, int64_t ago_ms) {
    struct record *r = record_new(RECORD_RUN);
    RECORD_PUT(r->who, "ops-lead");
    RECORD_PUT(r->run, id);
    RECORD_PUT(r->subject, action);
    RECORD_PUT(r->target, s->target);
    RECORD_PUT(r->word, word);
    RECORD_PUT(r->text, text);
    write_down(w, s, r, ago_ms);
}

static void write_step(struct world *w, const struct snapshot *s, const char *id, int step,
                       const char *word, int exit_code, int64_t ago_ms) {
    struct record *r = record_new(RECORD_STEP);
    RECORD_PUT(r->who, "ops-lead");
    RECORD_PUT(r->run, id);
    RECORD_PUT(r->word, word);
    RECORD_PUT(r->subject, strstr(id, "-77") ? "roll back" : "promote");
    r->step = step;
    r->exit_code = exit_code;
    write_down(w, s, r, ago_ms);
}

void acting_fixture_runs(struct world *w, const struct snapshot *s, const char *newest) {
    static const char first[] = "20260226-101500-000-77", second[] = "20260226-140100-000-78";
    write_run(w, s, first, "roll back", "prepared", "{}", 3 * 3600000);
    write_run(w, s, first, "roll back", "confirmed", "", 3 * 3600000);
    write_run(w, s, first, "roll back", "running", "", 3 * 3600000);
    for (int step = 0; step < 2; step++) {
        write_step(w, s, first, step, "started", RECORD_EXIT_NONE, 3 * 3600000 - 1000);
        write_step(w, s, first, step, "ok", 0, 3 * 3600000 - 240000);
    }
    write_run(w, s, first, "roll back", "verifying", "", 3 * 3600000 - 240000);
    write_run(w, s, first, "roll back", "done", "verified", 3 * 3600000 - 252000);
    write_run(w, s, second, "promote", "prepared", "{}", 100000);
    write_run(w, s, second, "promote", "confirmed", "all lights are green", 99000);
    write_run(w, s, second, "promote", "running", "", 99000);
    write_step(w, s, second, 0, "started", RECORD_EXIT_NONE, 98000);
    char said[8192] = "";
    size_t len = 0;
    for (int i = 1; i <= 60; i++)
        len += (size_t)snprintf(said + len, sizeof said - len, "copied part %d of 60%s\n", i,
                                i == 60 ? " \xe2\x90\x9b[31m<- an escape, made visible" : "");
    struct run_text *text = run_text_new(0, len, said, len);
    world_output(w, second, text);
    run_text_drop(text);
    if (strcmp(newest, "running") == 0)
        return;
    write_step(w, s, second, 0, "ok", 0, 40000);
    write_step(w, s, second, 1, "started", RECORD_EXIT_NONE, 39000);
    if (strcmp(newest, "asks") == 0)
        write_step(w, s, second, 1, "asked", RECORD_EXIT_NONE, 39000);
    else
        write_run(w, s, second, "promote", "interrupted", "process 812 on builder is gone", 30000);
}

/* What the runner would do with it: only that it began. */
static void begin_run(struct world *w, const struct snapshot *s, const struct intent *intent) {
    struct run_plan *plan = plan_make(s, intent->action);
    char why[PLAN_LINE_CAP];
    if (plan->seen != intent->seen || plan->held[0]) {
        world_refused(w, "the world has moved since the plan was shown", true);
    } else if (plan_refuses(plan, intent->typed, intent->text, why, sizeof why)) {
        world_refused(w, why, false);
    } else {
        const char *name = s->policy->actions[intent->action].name;
        world_accepted(w, "20260226-140327-500-79");
        write_run(w, s, "20260226-140327-500-79", name, "prepared", "{}", 0);
        write_run(w, s, "20260226-140327-500-79", name, "confirmed", intent->text, 0);
        write_run(w, s, "20260226-140327-500-79", name, "running", "", 0);
    }
    plan_free(plan);
}

/* What people decide about the newest run. */
static void decide(struct world *w, const struct snapshot *s, const struct intent *intent) {
    const struct run_view *run = s->runs[0];
    if (intent->kind == INTENT_ABANDON)
        write_run(w, s, run->id, run->name, "abandoned", intent->text, 0);
    else if (intent->kind == INTENT_STOP)
        write_run(w, s, run->id, run->name, "interrupted", "stopped by ops-lead", 0);
    else if (intent->kind == INTENT_ANSWER)
        write_step(w, s, run->id, run->step, strcmp(intent->typed, "yes") == 0 ? "ok" : "failed",
                   RECORD_EXIT_NONE, 0);
}

void acting_fixture_hear(struct world *w, const struct snapshot *s, const struct intent *intent) {
    if (intent->kind == INTENT_RUN) {
        begin_run(w, s, intent);
        return;
    }
    if (!speak_is(intent->kind)) {
        decide(w, s, intent);
        return;
    }
    struct err err = ERR_INIT;
    struct record *r = speak_draft(s, intent, &err);
    write_down(w, s, r ? r : speak_refusal(s, intent, &err), 0);
}

void acting_fixture_approve(struct world *w, const struct snapshot *s) {
    struct intent agree = {.kind = INTENT_AGREE};
    memcpy(agree.fingerprint, s->fingerprint, sizeof agree.fingerprint);
    RECORD_PUT(agree.who, "support-lead");
    RECORD_PUT(agree.word, "yes");
    acting_fixture_hear(w, s, &agree);
}

void acting_fixture_past(struct world *w, const struct snapshot *s) {
    struct intent vote = {.kind = INTENT_VOTE};
    memcpy(vote.fingerprint, s->fingerprint, sizeof vote.fingerprint);
    RECORD_PUT(vote.who, "support-lead");
    RECORD_PUT(vote.role, "support");
    RECORD_PUT(vote.word, "go");
    RECORD_PUT(vote.text, "four quiet days on staging");
    struct err err = ERR_INIT;
    struct record *r = speak_draft(s, &vote, &err);
    if (r)
        write_down(w, s, r, 40 * 60000);
    else
        err_print(stderr, &err);
}
