/* Rollout: where the release is, for how long, whom it has reached, what guards it, and the rollback's
 * stopwatch. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/phase.h"
#include "src/model/rollout.h"
#include "ui/pager.h"
#include "ui/view.h"
#include "ui/words.h"

enum { LABEL_COLS = 18, BAR_COLS = 42 };

struct rollout_view {
    struct pager page; /* guards and gates, which scroll */
};

static void *rollout_init(const struct policy *policy) {
    (void)policy;
    return mem_zero(1, sizeof(struct rollout_view));
}

static void rollout_fini(void *state) {
    struct rollout_view *v = state;
    pager_fini(&v->page);
    free(v);
}

static int row(const struct canvas *c, struct area in, int y, const char *label, enum ink ink,
               const char *text) {
    draw_text(c, y, in.x, LABEL_COLS - 1, INK_DIM, label);
    draw_text(c, y, in.x + LABEL_COLS, in.cols - LABEL_COLS, ink, text);
    return y + 1;
}

/* "dev → beta → RC → GA", the one that it is in stands out. */
static int draw_phases(const struct canvas *c, struct area in, int y, enum release_phase phase) {
    static const struct {
        enum release_phase phase;
        const char *name;
    } all[] = {{PHASE_DEV, "dev"}, {PHASE_BETA, "beta"}, {PHASE_RC, "RC"}, {PHASE_GA, "GA"}};
    int x = in.x + LABEL_COLS;
    draw_text(c, y, in.x, LABEL_COLS - 1, INK_DIM, "phase");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool is = all[i].phase == phase;
        if (i > 0)
            x += draw_textf(c, y, x, 6, INK_FRAME, " %s ", draw_sign(c, SIGN_ARROW));
        x += draw_textf(c, y, x, 12, is ? INK_KEY : INK_DIM, is ? "[%s]" : "%s", all[i].name);
    }
    if (phase == PHASE_UNKNOWN)
        draw_text(c, y, x + 2, 20, INK_UNKNOWN, "not known");
    return y + 1;
}

static int draw_stage(const struct view_ctx *ctx, struct area in, int y,
                      const struct phase_now *now) {
    char text[160], lasted[32], since[32];
    if (now->why[0])
        return row(ctx->canvas, in, y, "not known", INK_UNKNOWN, now->why);
    duration_text(ctx->snap->wall_ms - now->since_ms, lasted, sizeof lasted);
    when_rfc3339(now->since_ms, since, sizeof since);
    snprintf(text, sizeof text, "%s, since %.16sZ", lasted, since);
    y = row(ctx->canvas, in, y, "in this phase for", INK_TEXT, now->since_ms ? text : "not known");
    struct rollout r;
    bool clock = rollout_of(ctx->snap, ctx->policy->stable_source, &r) && r.now.phased;
    if (now->percent >= 0 && !clock) { /* the clock of the groups says it too */
        snprintf(text, sizeof text, "%d %% of the clients may take it", now->percent);
        y = row(ctx->canvas, in, y, "let in", INK_STRONG, text);
    }
    return y;
}

/* "[#][#][#][ ][ ][ ][ ]": the seven groups of a phased rollout. */
static void draw_groups(const struct canvas *c, int y, int x, int open) {
    for (int g = 0; g < EXPOSURE_GROUPS; g++) {
        bool in = g < open;
        x += draw_textf(c, y, x, 4, in ? INK_PASS : INK_FRAME, in ? "[%d]" : "[ ]", g + 1);
    }
}

/* "in 9 h 12 m, 2026-02-26 23:15Z" */
static void say_when(const struct view_ctx *ctx, int64_t at_ms, char *dst, size_t cap) {
    char in[32], at[32];
    duration_text(at_ms - ctx->snap->wall_ms, in, sizeof in);
    when_rfc3339(at_ms, at, sizeof at);
    snprintf(dst, cap, "in %s, %.10s %.5sZ", in, at, at + 11);
}

/* The exposure clock of an item that is phased. */
static int draw_clock(const struct view_ctx *ctx, struct area in, int y, const struct rollout *r) {
    const struct canvas *c = ctx->canvas;
    char text[160], at[64], every[32];
    draw_text(c, y, in.x, LABEL_COLS - 1, INK_DIM, "groups");
    draw_groups(c, y, in.x + LABEL_COLS, r->now.groups_open);
    snprintf(text, sizeof text,
             r->now.paused ? "paused: its date is still to come" : "%d of %d may take it: %d %%",
             r->now.groups_open, EXPOSURE_GROUPS, (int)(r->now.share_eligible * 100 + 0.5));
    draw_text(c, y++, in.x + LABEL_COLS + 3 * EXPOSURE_GROUPS + 2,
              in.cols - LABEL_COLS - 3 * EXPOSURE_GROUPS - 2, r->now.paused ? INK_ALERT : INK_TEXT,
              text);
    if (r->now.has_next) {
        say_when(ctx, r->now.next_ms, at, sizeof at);
        y = row(c, in, y, r->now.paused ? "the first one" : "the next one", INK_TEXT, at);
    }
    if (r->now.has_next && r->now.complete_ms > r->now.next_ms) {
        say_when(ctx, r->now.complete_ms, at, sizeof at);
        y = row(c, in, y, "the last one", INK_TEXT, at);
    }
    int64_t check_ms = ctx->policy->check_interval_ms;
    duration_text(check_ms > 0 ? check_ms : EXPOSURE_CHECK_S * INT64_C(1000), every, sizeof every);
    snprintf(text, sizeof text, "about %d %% of the automatic updaters, which look every %s",
             (int)(r->now.share_reached * 100 + 0.5), every);
    y = row(c, in, y, "reached", INK_TEXT, text);
    draw_bar(c, y, in.x + LABEL_COLS, BAR_COLS, (int)(r->now.share_reached * 1000), INK_PASS);
    draw_text(c, y, in.x + LABEL_COLS + BAR_COLS + 2, in.cols - LABEL_COLS - BAR_COLS - 2, INK_DIM,
              "by hand: at once");
    return y + 1;
}

static int draw_exposure(const struct view_ctx *ctx, struct area in, int y) {
    const struct canvas *c = ctx->canvas;
    struct rollout r;
    char text[VERSION_CAP * 4 + 64], version[VERSION_CAP * 4];
    if (!rollout_of(ctx->snap, ctx->policy->stable_source, &r))
        return row(c, in, y, "stable feed", INK_UNKNOWN, "offers nothing that is known now");
    text_safe(version, sizeof version, r.version, strlen(r.version));
    snprintf(text, sizeof text, "%s%s", version, r.item.critical ? ", critical: nobody waits" : "");
    y = row(c, in, y, "stable offers", INK_STRONG, text);
    if (!r.now.phased)
        return row(c, in, y, "groups", INK_TEXT, "not phased: everybody may take it at once");
    return draw_clock(ctx, in, y, &r);
}

/* What was proven of the artifact's bytes, or how far the download is; and whether the edge serves what
 * the origin has. Both also where they do not count at this stage. */
static int draw_delivery(const struct view_ctx *ctx, struct area in, int y) {
    const struct canvas *c = ctx->canvas;
    for (size_t i = 0; i < ctx->snap->n_gates; i++) {
        const struct gate_spec *spec = &ctx->policy->gates[i];
        const struct gate_view *gate = &ctx->snap->gates[i];
        char reason[2 * REASON_CAP];
        if (strcmp(spec->kind, "artifact") != 0 && strcmp(spec->kind, "edge") != 0)
            continue;
        words_gate_reason(gate, reason, sizeof reason);
        draw_text(c, y, in.x, LABEL_COLS - 1, INK_DIM, spec->kind);
        int used = draw_text(c, y, in.x + LABEL_COLS, 2, words_gate_ink(gate),
                             draw_sign(c, words_gate_sign(gate)));
        draw_text(c, y++, in.x + LABEL_COLS + used + 1, in.cols - LABEL_COLS - used - 1, INK_TEXT,
                  reason);
        if (gate->verdict == GATE_WAIT && gate->permille >= 0)
            draw_bar(c, y++, in.x + LABEL_COLS, BAR_COLS, gate->permille, INK_WAIT);
    }
    return y;
}

/* The newest run that went back: it is compared with its goal. */
static int draw_stopwatch(const struct view_ctx *ctx, struct area in, int y) {
    const struct snapshot *s = ctx->snap;
    char text[3 * RUN_TEXT_CAP], goal[32], line[2 * RUN_TEXT_CAP];
    for (size_t i = 0; i < s->n_runs; i++) {
        const struct run_view *run = s->runs[i];
        int64_t ms = run_stopwatch_ms(run, s->wall_ms);
        if (run->goal_ms <= 0 || ms < 0)
            continue;
        bool late = ms > run->goal_ms;
        duration_text(run->goal_ms, goal, sizeof goal);
        words_run_line(ctx, run, line, sizeof line);
        snprintf(text, sizeof text, "%s, goal %s%s", line, goal, late ? ": too long" : "");
        y = row(ctx->canvas, in, y, "stopwatch", late ? INK_FAIL : INK_TEXT, text);
        draw_bar(ctx->canvas, y, in.x + LABEL_COLS, BAR_COLS, (int)(ms * 1000 / run->goal_ms),
                 late ? INK_FAIL : INK_PASS);
        return y + 1;
    }
    return row(ctx->canvas, in, y, "stopwatch", INK_DIM, "nothing was rolled back yet");
}

static void add_guards(struct pager *page, const struct view_ctx *ctx) {
    const struct snapshot *s = ctx->snap;
    for (size_t i = 0; i < s->n_ramps; i++) {
        const struct ramp_view *guard = &s->ramps[i];
        enum gate_verdict verdict = guard->verdict == SLO_FAIL      ? GATE_FAIL
                                    : guard->verdict == SLO_UNKNOWN ? GATE_UNKNOWN
                                                                    : GATE_PASS;
        struct gate_view as = {.verdict = verdict};
        words_signed(page, ctx->canvas, words_gate_sign(&as),
                     guard->warned && verdict == GATE_PASS ? INK_ALERT : words_gate_ink(&as), "%s",
                     guard->reason);
    }
}

/* What stands guard after the promote: the guardrails one by one, then every gate that counts now. How
 * many of these gates hold, into `note`. */
static void fill_page(struct pager *page, const struct view_ctx *ctx, char *note, size_t cap) {
    size_t n = 0, hold = 0;
    const struct snapshot *s = ctx->snap;
    pager_clear(page);
    add_guards(page, ctx);
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_view *gate = &s->gates[i];
        char reason[2 * REASON_CAP];
        if (!gate->counted || ctx->policy->gates[i].when == WHEN_BEFORE)
            continue;
        words_gate_reason(gate, reason, sizeof reason);
        words_signed(page, ctx->canvas, words_gate_sign(gate), words_gate_ink(gate), "%s: %s",
                     ctx->policy->gates[i].name, reason);
        n++;
        hold += gate->verdict == GATE_PASS || gate->waived;
    }
    snprintf(note, cap, "%zu of %zu gates hold", hold, n);
    if (page->n == 0)
        pager_add(page, NULL, INK_DIM,
                  "no gate counts after the promote: write when: after, or always");
}

static void rollout_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct rollout_view *v = state;
    const struct canvas *c = ctx->canvas;
    struct phase_now now = phase_of(ctx->snap);
    struct area in = draw_sheet(c, body, "Rollout", verdict_name(ctx->snap->verdict), false);
    int y = in.y;
    y = row(c, in, y, "question", INK_STRONG, ctx->snap->question);
    y = draw_phases(c, in, y, now.phase);
    y = draw_stage(ctx, in, y, &now);
    y = draw_exposure(ctx, in, y);
    y = draw_delivery(ctx, in, y);
    y = draw_stopwatch(ctx, in, y);
    struct area guards = {y, body.x, body.y + body.rows - y, body.cols};
    char note[48];
    fill_page(&v->page, ctx, note, sizeof note);
    struct area list = draw_sheet(c, guards, "What guards it", note, false);
    list.rows--; /* the pager's own note stands below */
    pager_draw(&v->page, c, list);
}

static bool rollout_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct rollout_view *v = state;
    (void)ctx;
    return pager_move(&v->page, request);
}

static void rollout_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct rollout_view *v = state;
    (void)ctx;
    if (p.kind == POINTER_UP || p.kind == POINTER_DOWN)
        pager_scroll(&v->page, p.kind == POINTER_UP ? -3 : 3);
}

const struct view_ops view_rollout = {
    .name = "rollout",
    .flag = IN_ROLLOUT,
    .opens = REQ_ROLLOUT,
    .init = rollout_init,
    .fini = rollout_fini,
    .draw = rollout_draw,
    .handle = rollout_handle,
    .point = rollout_point,
};
