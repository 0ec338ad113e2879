#include "src/model/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"

const char *const notice_kind_names[] = {"verdict", "run", "burn", "ledger", NULL};

const char *notice_kind_name(enum notice_kind kind) {
    unsigned i = 0;
    while (notice_kind_names[i + 1] && kind != (enum notice_kind)(1u << i))
        i++;
    return notice_kind_names[i];
}

unsigned notice_kind_bit(const char *name) {
    for (unsigned i = 0; notice_kind_names[i]; i++)
        if (strcmp(notice_kind_names[i], name) == 0)
            return 1u << i;
    return 0;
}

/* One thing whose state is told: a number that stands for it, and when it became so. */
struct topic {
    int now, told;
    int64_t since_ms; /* mono: it is `now` */
    int64_t told_ms;  /* mono; 0 = never */
};

struct notice_watch {
    const struct policy *policy;
    bool begun; /* there is something to measure changes from */
    struct topic verdict, ledger;
    struct topic *burns; /* one for each service level */
    /* The newest run, as it was told last. */
    char run[RECORD_RUN_CAP];
    enum run_state run_told;
};

struct notice_watch *notice_watch_new(const struct policy *policy) {
    struct notice_watch *w = mem_zero(1, sizeof *w);
    w->policy = policy;
    w->burns = mem_zero(policy->n_slos + 1, sizeof *w->burns);
    return w;
}

void notice_watch_free(struct notice_watch *w) {
    if (!w)
        return;
    free(w->burns);
    free(w);
}

/* Moves the topic on; true when it is to be told now, and then *before is what was told last. */
static bool is_news(struct topic *t, int now, int64_t mono_ms, int *before) {
    if (now != t->now) {
        t->now = now;
        t->since_ms = mono_ms;
    }
    bool early = mono_ms - t->since_ms < NOTICE_SETTLE_MS ||
                 (t->told_ms > 0 && mono_ms - t->told_ms < NOTICE_GAP_MS);
    if (now == t->told || early)
        return false;
    *before = t->told;
    t->told = now;
    t->told_ms = mono_ms;
    return true;
}

static void begin_topic(struct topic *t, int now, int64_t mono_ms) {
    *t = (struct topic){.now = now, .told = now, .since_ms = mono_ms};
}

/* The gates that speak against GO, a line each. */
static void add_gates(const struct snapshot *s, struct notice *n) {
    size_t len = strlen(n->text);
    for (size_t i = 0; i < s->n_gates && len < sizeof n->text; i++) {
        const struct gate_view *gate = &s->gates[i];
        if (!gate->counted || gate->waived || gate->verdict == GATE_PASS)
            continue;
        int more =
            snprintf(n->text + len, sizeof n->text - len, "%s: %s: %s\n",
                     gate_verdict_name(gate->verdict), s->policy->gates[i].name, gate->reason);
        len += more > 0 ? (size_t)more : 0;
    }
    if (s->ground[0] && len < sizeof n->text)
        snprintf(n->text + len, sizeof n->text - len, "%s\n", s->ground);
}

static void tell_verdict(const struct snapshot *s, enum verdict before, struct notice *n) {
    *n = (struct notice){
        .kind = NOTICE_VERDICT, .bad = s->verdict == VERDICT_NO_GO, .wall_ms = s->wall_ms};
    snprintf(n->title, sizeof n->title, "%.64s %.64s: %s → %s", s->policy->product,
             s->target[0] ? s->target : "?", verdict_name(before), verdict_name(s->verdict));
    snprintf(n->text, sizeof n->text, "%s\n", s->question);
    add_gates(s, n);
}

static void tell_burn(const struct snapshot *s, size_t slo, struct notice *n) {
    static const char *const words[] = {[BURN_UNKNOWN] = "is not known any more",
                                        [BURN_NONE] = "burns no more",
                                        [BURN_TICKET] = "burns: look at it today",
                                        [BURN_PAGE] = "burns fast: look at it now"};
    const struct burn_view *burn = &s->slos[slo].burn;
    *n = (struct notice){
        .kind = NOTICE_BURN, .bad = burn->level >= BURN_TICKET, .wall_ms = s->wall_ms};
    snprintf(n->title, sizeof n->title, "%.64s: the error budget of %.96s %s", s->policy->product,
             s->policy->slos[slo].name, words[burn->level]);
    snprintf(n->text, sizeof n->text, "%s\n%s\n", burn->reason, s->slos[slo].reason);
}

/* One that is only just being read, or that there is none, is nobody's trouble. */
static enum ledger_state ledger_of(const struct snapshot *s) {
    enum ledger_state state = s->votes->state;
    return state == LEDGER_LOST || state == LEDGER_TAMPERED ? state : LEDGER_WELL;
}

static void tell_ledger(const struct snapshot *s, struct notice *n) {
    static const char *const words[] = {[LEDGER_WELL] = "is well again",
                                        [LEDGER_LOST] = "cannot be used: nothing counts that "
                                                        "people say, and nothing is started",
                                        [LEDGER_TAMPERED] = "was tampered with: nothing in it "
                                                            "counts until somebody looked"};
    enum ledger_state state = ledger_of(s);
    *n = (struct notice){.kind = NOTICE_LEDGER, .bad = state != LEDGER_WELL, .wall_ms = s->wall_ms};
    snprintf(n->title, sizeof n->title, "%.64s: the ledger %s", s->policy->product, words[state]);
    if (state != LEDGER_WELL)
        snprintf(n->text, sizeof n->text, "%s\n", s->votes->note);
}

static void tell_run(const struct snapshot *s, const struct run_view *run, struct notice *n) {
    *n = (struct notice){.kind = NOTICE_RUN,
                         .bad = run->state == RUN_FAILED || run->state == RUN_INTERRUPTED,
                         .wall_ms = s->wall_ms};
    snprintf(n->title, sizeof n->title, "%.64s %.64s: %.64s %s", s->policy->product, run->target,
             run->name, run_is_active(run->state) ? "started" : run_state_name(run->state));
    snprintf(n->text, sizeof n->text, "by %s%s%s%s%s\n", run->who, run->reason[0] ? ": " : "",
             run->reason, run->why[0] ? "\n" : "", run->why);
}

/* A run is told when it starts and how it ends, each at once, and once. Between two looks it may have gone
 * through several states: then only the last. */
static bool look_at_run(struct notice_watch *w, const struct snapshot *s, struct notice *n) {
    const struct run_view *run = s->n_runs > 0 ? s->runs[0] : NULL;
    if (!run)
        return false;
    if (strcmp(w->run, run->id) != 0) {
        snprintf(w->run, sizeof w->run, "%s", run->id);
        w->run_told = RUN_PREPARED;
    }
    enum run_state stands = run->state;
    if (run_is_active(stands) && stands != RUN_PREPARED) /* it goes on: started, or told already */
        stands = w->run_told == RUN_PREPARED ? RUN_CONFIRMED : w->run_told;
    if (stands == w->run_told || stands == RUN_PREPARED)
        return false;
    w->run_told = stands;
    tell_run(s, run, n);
    return true;
}

static void begin(struct notice_watch *w, const struct snapshot *s) {
    w->begun = true;
    begin_topic(&w->verdict, (int)s->verdict, s->mono_ms);
    begin_topic(&w->ledger, (int)ledger_of(s), s->mono_ms);
    for (size_t i = 0; i < s->n_slos; i++)
        begin_topic(&w->burns[i], (int)s->slos[i].burn.level, s->mono_ms);
    if (s->n_runs > 0) {
        snprintf(w->run, sizeof w->run, "%s", s->runs[0]->id);
        w->run_told = s->runs[0]->state;
    }
}

size_t notice_watch_look(struct notice_watch *w, const struct snapshot *s, struct notice *out) {
    size_t n = 0;
    int before;
    if (!w->begun) {
        if (s->settled && s->votes->state != LEDGER_OPENING)
            begin(w, s);
        return 0;
    }
    if (look_at_run(w, s, &out[n]))
        n++;
    if (is_news(&w->verdict, (int)s->verdict, s->mono_ms, &before))
        tell_verdict(s, (enum verdict)before, &out[n++]);
    if (is_news(&w->ledger, (int)ledger_of(s), s->mono_ms, &before))
        tell_ledger(s, &out[n++]);
    for (size_t i = 0; i < s->n_slos && n < NOTICES_MAX; i++)
        if (w->policy->slos[i].burn &&
            is_news(&w->burns[i], (int)s->slos[i].burn.level, s->mono_ms, &before) &&
            (s->slos[i].burn.level != BURN_UNKNOWN || before >= BURN_TICKET) &&
            (s->slos[i].burn.level != BURN_NONE || before >= BURN_TICKET))
            tell_burn(s, i, &out[n++]);
    return n;
}
