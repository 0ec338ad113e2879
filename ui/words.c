#include "ui/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/feed_diff.h"
#include "src/model/roll.h"
#include "src/model/version.h"

static const struct {
    enum sign sign;
    enum ink ink;
} gate_table[] =
    {
        [GATE_PASS] = {SIGN_PASS, INK_PASS},
        [GATE_FAIL] = {SIGN_FAIL, INK_FAIL},
        [GATE_WAIT] = {SIGN_WAIT, INK_WAIT},
        [GATE_UNKNOWN] = {SIGN_UNKNOWN, INK_UNKNOWN},
},
  source_table[] = {
      [SOURCE_PENDING] = {SIGN_WAIT, INK_DIM},      [SOURCE_OK] = {SIGN_PASS, INK_PASS},
      [SOURCE_CLOSED] = {SIGN_CLOSED, INK_DIM},     [SOURCE_ERROR] = {SIGN_FAIL, INK_FAIL},
      [SOURCE_STALE] = {SIGN_UNKNOWN, INK_UNKNOWN},
};

enum sign words_gate_sign(const struct gate_view *gate) {
    return gate->waived ? SIGN_WAIVED : gate_table[gate->verdict].sign;
}

enum ink words_gate_ink(const struct gate_view *gate) {
    return gate->waived ? INK_ALERT : gate_table[gate->verdict].ink;
}

void words_gate_reason(const struct gate_view *gate, char *dst, size_t cap) {
    if (gate->waived)
        snprintf(dst, cap, "%s · %s", gate->waiver, gate->reason);
    else if (gate->waiver[0])
        snprintf(dst, cap, "%s · waiver %s", gate->reason, gate->waiver);
    else
        snprintf(dst, cap, "%s", gate->reason);
}

enum sign words_source_sign(enum source_state state) {
    return source_table[state].sign;
}

enum ink words_source_ink(enum source_state state) {
    return source_table[state].ink;
}

enum ink words_verdict_ink(enum verdict verdict) {
    static const enum ink inks[] = {
        [VERDICT_HOLD] = INK_WAIT, [VERDICT_GO] = INK_PASS, [VERDICT_NO_GO] = INK_FAIL};
    return inks[verdict];
}

static const struct {
    enum sign sign;
    enum ink ink;
} run_table[RUN_STATES] = {
    [RUN_NONE] = {SIGN_DOT, INK_DIM},         [RUN_PREPARED] = {SIGN_WAIT, INK_WAIT},
    [RUN_CONFIRMED] = {SIGN_WAIT, INK_WAIT},  [RUN_RUNNING] = {SIGN_WAIT, INK_WAIT},
    [RUN_VERIFYING] = {SIGN_WAIT, INK_WAIT},  [RUN_DONE] = {SIGN_PASS, INK_PASS},
    [RUN_FAILED] = {SIGN_FAIL, INK_FAIL},     [RUN_INTERRUPTED] = {SIGN_ALERT, INK_ALERT},
    [RUN_UNDOING] = {SIGN_WAIT, INK_WAIT},    [RUN_UNDONE] = {SIGN_CLOSED, INK_ALERT},
    [RUN_ABANDONED] = {SIGN_CLOSED, INK_DIM}, [RUN_REFUSED] = {SIGN_FAIL, INK_DIM},
};

enum sign words_run_sign(const struct run_view *run) {
    return run->asks || run->drift[0] ? SIGN_ALERT : run_table[run->state].sign;
}

enum ink words_run_ink(const struct run_view *run) {
    return run->asks || run->drift[0] ? INK_ALERT : run_table[run->state].ink;
}

void words_run_line(const struct view_ctx *ctx, const struct run_view *run, char *dst, size_t cap) {
    char took[32], tail[96] = "";
    int64_t ms = run_stopwatch_ms(run, ctx->snap->wall_ms);
    if (run_is_active(run->state) && run->step >= 0)
        snprintf(tail, sizeof tail, ", step %d of %zu%s", run->step + 1, run->n_steps,
                 run->asks ? ", asks" : "");
    else if (run_is_open(run->state) && run->step >= 0)
        snprintf(tail, sizeof tail, " at step %d of %zu", run->step + 1, run->n_steps);
    else if (ms >= 0) {
        duration_text(ms, took, sizeof took);
        snprintf(tail, sizeof tail, " in %s", took);
    }
    snprintf(dst, cap, "%s %s %s%s (%s)%s%s", run->name, run->target, run_state_name(run->state),
             tail, run->who, run->drift[0] ? ", since then: " : "", run->drift);
}

const char *words_uncounted(const struct gate_spec *spec) {
    return spec->when == WHEN_AFTER ? "later" : "over";
}

void words_sources(const struct view_ctx *ctx, int env, char *dst, size_t cap) {
    unsigned counts[SOURCE_STALE + 1] = {0};
    static const enum source_state order[] = {SOURCE_ERROR, SOURCE_STALE, SOURCE_PENDING, SOURCE_OK,
                                              SOURCE_CLOSED};
    for (size_t i = 0; i < ctx->snap->n_sources; i++)
        if (env < 0 || ctx->policy->sources[i].environment == (unsigned)env)
            counts[ctx->snap->sources[i].state]++;
    size_t len = 0;
    dst[0] = '\0';
    for (size_t i = 0; i < sizeof order / sizeof *order && len < cap; i++) {
        if (counts[order[i]]) {
            int n = snprintf(dst + len, cap - len, "%s%u %s", len ? " · " : "", counts[order[i]],
                             source_state_name(order[i]));
            len += n > 0 ? (size_t)n : 0;
        }
    }
}

void words_latency(int ms, char *dst, size_t cap) {
    if (ms < 0)
        dst[0] = '\0';
    else if (ms < 1000)
        snprintf(dst, cap, "%d ms", ms);
    else
        snprintf(dst, cap, "%d.%d s", ms / 1000, ms % 1000 / 100);
}

/* Times to the minute: what changes each second would be written each second. */
static void add_since(struct pager *page, const struct view_ctx *ctx, int64_t since_ms) {
    char at[32], age[16];
    if (since_ms <= 0)
        return;
    when_rfc3339(since_ms, at, sizeof at);
    draw_age_text(ctx->snap->wall_ms - since_ms, age, sizeof age);
    pager_addf(page, "since", INK_TEXT, "%s (%s)", at, age);
}

static const char *when_words(enum gate_when when) {
    static const char *const words[] = {[WHEN_ALWAYS] = "always",
                                        [WHEN_BEFORE] = "before the promote",
                                        [WHEN_AFTER] = "after the promote"};
    return words[when];
}

static const char *want_words(const struct view_ctx *ctx, enum gate_want want) {
    switch (want) {
    case WANT_TARGET:
        return ctx->snap->target[0] ? ctx->snap->target : "the target (not known yet)";
    case WANT_STABLE:
        return ctx->snap->stable[0] ? ctx->snap->stable : "the stable version (not known yet)";
    case WANT_SAME:
        break;
    }
    return "the same everywhere";
}

static void add_remote(struct pager *page, const char *label, enum ink ink, const char *raw) {
    char safe[2048];
    if (raw && *raw) {
        text_safe(safe, sizeof safe, raw, strlen(raw));
        pager_add(page, label, ink, safe);
    }
}

/* "✓ ok      staging/updates   2.0.0.19  ✗ wants 2.0.0.20" */
static void add_source_line(const struct view_ctx *ctx, const struct gate_spec *spec,
                            unsigned source, struct pager *page) {
    const struct source_view *seen = &ctx->snap->sources[source];
    const char *id = ctx->policy->sources[source].id;
    char version[VERSION_CAP * 4] = "", note[512] = "";
    enum ink ink = words_source_ink(seen->state);
    if (seen->last) {
        text_safe(version, sizeof version, seen->last->version, strlen(seen->last->version));
        text_safe(note, sizeof note, seen->last->error, strlen(seen->last->error));
    }
    const char *want = spec->want == WANT_TARGET   ? ctx->snap->target
                       : spec->want == WANT_STABLE ? ctx->snap->stable
                                                   : "";
    if (strcmp(spec->kind, "versions-agree") == 0 && *want && version[0] && !note[0] &&
        version_compare(version, want) != 0) {
        snprintf(note, sizeof note, "%s wants %s", draw_sign(ctx->canvas, SIGN_FAIL), want);
        ink = INK_FAIL;
    }
    int pad = 28 - text_width(id);
    pager_addf(page, NULL, ink, "%s %-7s %s%*s  %-10s  %s",
               draw_sign(ctx->canvas, words_source_sign(seen->state)),
               source_state_name(seen->state), id, pad > 0 ? pad : 0, "", version, note);
}

/* "✓ Ops  GO  ops-lead 14:03:27 all quiet" */
void words_roll(const struct view_ctx *ctx, size_t gate, struct pager *page) {
    static const struct {
        enum sign sign;
        enum ink ink;
    } looks[ROLL_WORDS] = {[ROLL_MISSING] = {SIGN_WAIT, INK_WAIT},
                           [ROLL_GO] = {SIGN_PASS, INK_PASS},
                           [ROLL_NO_GO] = {SIGN_FAIL, INK_FAIL},
                           [ROLL_ABSTAINS] = {SIGN_DASH, INK_DIM}};
    const struct gate_spec *spec = &ctx->policy->gates[gate];
    for (char *const *role = spec->people.roles; role && *role; role++) {
        const struct record *vote = votes_of_role(ctx->snap->votes, *role);
        char why[ROLL_WHY_CAP], time[16] = "", raw[RECORD_TEXT_CAP + 256], safe[1024];
        enum roll_word word = roll_word(spec, ctx->snap, vote, why);
        if (vote)
            when_clock(vote->at_ms, time, sizeof time);
        if (vote && word != ROLL_MISSING)
            snprintf(raw, sizeof raw, "%-12s %-8s %s %s %s", *role, roll_word_name(word), vote->who,
                     time, vote->text);
        else
            snprintf(raw, sizeof raw, "%-12s %-8s %s", *role, draw_sign(ctx->canvas, SIGN_DASH),
                     why[0] ? why : "has not spoken yet");
        text_safe(safe, sizeof safe, raw, strlen(raw));
        pager_addf(page, NULL, looks[word].ink, "%s %s", draw_sign(ctx->canvas, looks[word].sign),
                   safe);
    }
}

static void add_item(const struct view_ctx *ctx, const char *gate, const char *item,
                     struct pager *page) {
    const struct record *tick = votes_of_item(ctx->snap->votes, gate, item);
    bool done = tick && strcmp(tick->word, "done") == 0 &&
                version_compare(tick->target, ctx->snap->target) == 0;
    char raw[RECORD_TEXT_CAP + 256], safe[1024];
    snprintf(raw, sizeof raw, "%s%s%s%s %s", item, *item ? ": " : "",
             done ? "ticked by " : "not ticked yet", done ? tick->who : "", done ? tick->text : "");
    text_safe(safe, sizeof safe, raw, strlen(raw));
    pager_addf(page, NULL, done ? INK_PASS : INK_WAIT, "%s %s",
               draw_sign(ctx->canvas, done ? SIGN_PASS : SIGN_WAIT), safe);
}

void words_items(const struct view_ctx *ctx, size_t gate, struct pager *page) {
    const struct gate_spec *spec = &ctx->policy->gates[gate];
    if (!spec->people.items)
        add_item(ctx, spec->name, "", page);
    for (char *const *item = spec->people.items; item && *item; item++)
        add_item(ctx, spec->name, *item, page);
}

static void add_people(const struct view_ctx *ctx, size_t gate, struct pager *page) {
    const struct gate_spec *spec = &ctx->policy->gates[gate];
    bool votes = strcmp(spec->kind, "votes") == 0, list = strcmp(spec->kind, "checklist") == 0;
    if (!votes && !list)
        return;
    pager_add(page, NULL, INK_TEXT, "");
    pager_add(page, NULL, INK_TITLE, votes ? "Roll call (v votes)" : "Checklist (x ticks)");
    if (votes)
        words_roll(ctx, gate, page);
    else
        words_items(ctx, gate, page);
}

void words_gate_page(const struct view_ctx *ctx, size_t gate, struct pager *page) {
    const struct gate_spec *spec = &ctx->policy->gates[gate];
    const struct gate_view *view = &ctx->snap->gates[gate];
    char safe[1024], age[32];
    pager_clear(page);
    pager_addf(page, "verdict", words_gate_ink(view), "%s %s",
               draw_sign(ctx->canvas, words_gate_sign(view)), gate_view_name(view));
    pager_add(page, "reason", INK_STRONG, view->reason[0] ? view->reason : "not judged yet");
    if (view->waiver[0])
        pager_add(page, "waiver", words_gate_ink(view), view->waiver);
    add_since(page, ctx, view->since_ms);
    pager_addf(page, "counts", INK_TEXT, "%s%s", when_words(spec->when),
               view->counted ? "" : " (not now)");
    pager_add(page, "kind", INK_TEXT, spec->kind);
    if (view->permille >= 0)
        pager_addf(page, "filled", INK_TEXT, "%d %%", view->permille / 10);
    if (spec->for_ms > 0) {
        duration_text(spec->for_ms, age, sizeof age);
        pager_add(page, "must hold for", INK_TEXT, age);
    }
    if (spec->n_sources > 0 && !ctx->policy->sources[spec->sources[0]].of_gate) {
        text_safe(safe, sizeof safe, want_words(ctx, spec->want),
                  strlen(want_words(ctx, spec->want)));
        pager_add(page, "wants", INK_TEXT, safe);
        pager_add(page, NULL, INK_TEXT, "");
        pager_addf(page, NULL, INK_TITLE, "%zu source%s", spec->n_sources,
                   spec->n_sources == 1 ? "" : "s");
    }
    for (size_t i = 0; i < spec->n_sources; i++)
        add_source_line(ctx, spec, spec->sources[i], page);
    for (size_t i = 0; i < spec->n_of; i++)
        pager_addf(page, i ? "" : "of", INK_TEXT, "%s", ctx->policy->gates[spec->of[i]].name);
    add_people(ctx, gate, page);
}

static void add_sample(struct pager *page, const struct sample *s) {
    char text[64];
    add_remote(page, "version", INK_STRONG, s->version);
    if (strcmp(s->version, s->build) != 0)
        add_remote(page, "build", INK_ALERT, s->build);
    if (s->short_version[0] && strcmp(s->version, s->short_version) != 0)
        add_remote(page, "short version", INK_TEXT, s->short_version);
    add_remote(page, "says", INK_TEXT, s->status);
    if (s->items >= 0)
        pager_addf(page, "feed items", INK_TEXT, "%d", s->items);
    add_remote(page, "artifact", INK_TEXT, s->url);
    if (s->size >= 0)
        pager_addf(page, "size", INK_TEXT, "%lld bytes", (long long)s->size);
    add_remote(page, "sha256", INK_TEXT, s->sha256);
    add_remote(page, "value", INK_STRONG, s->value);
    if (s->absent != ABSENT_NOT)
        pager_add(page, "value", INK_STRONG, "none at its place");
    if (s->exit_code != SAMPLE_UNKNOWN)
        pager_addf(page, "exit status", INK_STRONG, "%d", s->exit_code);
    if (s->http > 0) {
        pager_addf(page, "HTTP", INK_TEXT, "%d%s", s->http,
                   s->not_modified ? " (not modified: the values are those of the answer before)"
                                   : "");
    }
    if (s->latency_ms >= 0) {
        words_latency(s->latency_ms, text, sizeof text);
        pager_add(page, "latency", INK_TEXT, text);
    }
    if (s->tls_days >= 0) {
        pager_addf(page, "certificate", s->tls_days < 14 ? INK_ALERT : INK_TEXT, "%d days left",
                   s->tls_days);
    }
    if (s->has_skew)
        pager_addf(page, "clock", INK_TEXT, "%+lld ms against ours", (long long)s->skew_ms);
    when_rfc3339(s->wall_ms, text, sizeof text);
    pager_add(page, "answered", INK_TEXT, text);
}

/* What a command wrote, line by line. */
static void add_output(struct pager *page, const char *output) {
    pager_add(page, NULL, INK_TEXT, "");
    pager_add(page, NULL, INK_TITLE, "output");
    while (*output) {
        size_t n = strcspn(output, "\n");
        pager_addf(page, NULL, INK_TEXT, "%.*s", (int)n, output);
        output += n + (output[n] == '\n');
    }
}

/* The words of a command, as they are handed over. */
static void add_command(struct pager *page, char *const *run) {
    char line[1024] = "";
    size_t len = 0;
    for (; *run && len < sizeof line; run++) {
        bool plain = **run && !strpbrk(*run, " \"'\t\n");
        int n = snprintf(line + len, sizeof line - len, plain ? "%s%s" : "%s\"%s\"", len ? " " : "",
                         *run);
        len += n > 0 ? (size_t)n : 0;
    }
    add_remote(page, "runs", INK_TEXT, line);
}

void words_source_page(const struct view_ctx *ctx, size_t source, struct pager *page) {
    const struct source_spec *spec = &ctx->policy->sources[source];
    const struct source_view *view = &ctx->snap->sources[source];
    const struct environment *env = &ctx->policy->environments[spec->environment];
    char every[32], timeout[32];
    pager_clear(page);
    pager_addf(page, "state", words_source_ink(view->state), "%s %s",
               draw_sign(ctx->canvas, words_source_sign(view->state)),
               source_state_name(view->state));
    if (view->raw != view->state) {
        pager_addf(page, "last answer", words_source_ink(view->raw), "%s (%u of %u in a row)",
                   source_state_name(view->raw), view->failures, spec->fail_after);
    }
    if (view->last)
        add_remote(page, "error", INK_FAIL, view->last->error);
    add_since(page, ctx, view->since_ms);
    if (view->last)
        add_sample(page, view->last);
    else
        pager_add(page, "answered", INK_DIM, "not yet");
    if (view->good && view->good != view->last) {
        char at[32];
        when_rfc3339(view->good->wall_ms, at, sizeof at);
        pager_addf(page, "last good", INK_TEXT, "%s", at);
    }
    pager_add(page, NULL, INK_TEXT, "");
    pager_addf(page, "environment", INK_TEXT, "%s%s%s", env->name,
               env->protected ? ", protected" : "",
               env->insecure ? ", without encryption (insecure: true)" : "");
    pager_add(page, "kind", INK_TEXT, spec->kind);
    if (spec->run)
        add_command(page, spec->run);
    add_remote(page, spec->url ? "asked at" : "read from", INK_TEXT,
               spec->url ? spec->url : spec->file);
    duration_text(spec->every_ms, every, sizeof every);
    duration_text(spec->timeout_ms, timeout, sizeof timeout);
    pager_addf(page, "asked every", INK_TEXT, "%s, at most %s for an answer", every, timeout);
    pager_addf(page, "down after", INK_TEXT, "%u failures in a row, back after %u answers",
               spec->fail_after, spec->recover_after);
    if (view->last && view->last->output)
        add_output(page, view->last->output);
}

void words_signed(struct pager *page, const struct canvas *c, enum sign sign, enum ink ink,
                  const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pager_addf(page, NULL, ink, "%s %s", draw_sign(c, sign), text);
    pager_hang(page, text_width(draw_sign(c, sign)) + 1);
}

/* ---- feeds ---- */

static enum ink ink_of_change(const char *line) {
    static const struct {
        enum feed_change_kind kind;
        enum ink ink;
    } inks[] = {{FEED_ADDED, INK_PASS}, {FEED_REMOVED, INK_FAIL}, {FEED_CHANGED, INK_ALERT}};
    for (size_t i = 0; i < sizeof inks / sizeof *inks; i++)
        if (strncmp(line, feed_change_name(inks[i].kind), strlen(feed_change_name(inks[i].kind))) ==
            0)
            return inks[i].ink;
    return INK_TEXT;
}

void words_feeds(const struct view_ctx *ctx, struct pager *page) {
    const struct feed_words *feeds = ctx->snap->feeds;
    if (!feeds) {
        pager_add(page, NULL, INK_DIM, "Feeds: not read yet.");
        return;
    }
    if (!feeds->known) {
        words_signed(page, ctx->canvas, SIGN_UNKNOWN, feeds->compared ? INK_UNKNOWN : INK_DIM,
                     "Feeds cannot be compared now: %s.", feeds->lines[0]);
        return;
    }
    if (feeds->n == 0) {
        pager_addf(page, NULL, INK_TEXT, "Feeds, %s: no item differs.", feeds->heading);
        return;
    }
    pager_addf(page, NULL, INK_STRONG, "Feeds, %s:", feeds->heading);
    for (size_t i = 0; i < feeds->n; i++) {
        char *line = mem_format("  %s", feeds->lines[i]);
        pager_add(page, NULL, ink_of_change(feeds->lines[i]), line);
        pager_hang(page, 4);
        free(line);
    }
    if (feeds->left_out > 0)
        pager_addf(page, NULL, INK_DIM, "  and %zu more lines: gonogo feed diff has all",
                   feeds->left_out);
}
