#include "ui/header.h"

#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/phase.h"

enum { SILENT_MS = 2500 /* the engine speaks once a second */ };

/* How many sources stand on a good answer of theirs, and how many had no chance to answer yet. */
static size_t answering(const struct snapshot *s, size_t *pending) {
    size_t n = 0;
    *pending = 0;
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct source_view *v = &s->sources[i];
        n += (v->state == SOURCE_OK || v->state == SOURCE_CLOSED) && v->raw == v->state;
        *pending += v->raw == SOURCE_PENDING;
    }
    return n;
}

static void live_text(const struct canvas *c, const struct header *h, char *dst, size_t cap,
                      enum ink *ink) {
    int64_t silent = h->mono_ms - h->newest->mono_ms;
    unsigned alive = 0, all = 0;
    size_t pending, all_sources = h->newest->n_sources;
    size_t answer = answering(h->newest, &pending);
    if (h->ports->probes_alive)
        h->ports->probes_alive(h->ports->self, &alive, &all);
    *ink = INK_ALERT;
    if (h->paused) {
        snprintf(dst, cap, "%s paused", draw_sign(c, SIGN_PAUSED));
    } else if (silent >= SILENT_MS) {
        snprintf(dst, cap, "%s engine silent for %lld s", draw_sign(c, SIGN_ALERT),
                 (long long)(silent / 1000));
    } else if (alive < all) {
        snprintf(dst, cap, "%s %u of %u pollers dead: restart", draw_sign(c, SIGN_ALERT),
                 all - alive, all);
    } else {
        bool trouble = answer + pending < all_sources;
        *ink = trouble ? INK_ALERT : pending ? INK_DIM : INK_PASS;
        snprintf(dst, cap, "%s live %zu/%zu sources",
                 draw_sign(c, trouble ? SIGN_ALERT : SIGN_LIVE), answer, all_sources);
    }
}

/* "RC · 25 %", "GA"; before the promote, and where no feed tells, only on which side of it we are. */
static void stage_text(const struct snapshot *s, char *dst, size_t cap) {
    const struct phase_now now = phase_of(s);
    if (now.phase == PHASE_RC)
        snprintf(dst, cap, "RC · %d %%", now.percent);
    else if (now.phase == PHASE_GA)
        snprintf(dst, cap, "GA");
    else
        snprintf(dst, cap, "%s the promote", stage_name(s->stage));
}

void header_draw(const struct canvas *c, const struct header *h) {
    const struct snapshot *s = h->shown;
    char versions[2 * VERSION_CAP * 4], target[VERSION_CAP * 4], clock[16], live[64];
    enum ink ink;
    int x = 1;
    x += draw_text(c, 0, x, c->cols, INK_DIM, "gonogo") + 2;
    x += draw_text(c, 0, x, 24, INK_STRONG, h->ports->policy->product) + 2;
    text_safe(target, sizeof target, s->target[0] ? s->target : "?",
              strlen(s->target) + !*s->target);
    snprintf(versions, sizeof versions, "%s %s stable", target, draw_sign(c, SIGN_ARROW));

    live_text(c, h, live, sizeof live, &ink);
    int live_cols = text_width(live);
    int right = c->cols - 1 - live_cols;
    draw_text(c, 0, right, live_cols, ink, live);
    when_clock(h->second * 1000, clock, sizeof clock);
    draw_textf(c, 0, right - 11, 9, INK_TEXT, "%sZ", clock);
    x += draw_text(c, 0, x, right - 12 - x, INK_TITLE, versions) + 3;

    char stage[64] = "";
    if (s->number > 0)
        stage_text(s, stage, sizeof stage);
    if (h->ports->read_only) {
        size_t len = strlen(stage);
        snprintf(stage + len, sizeof stage - len, "%sread-only", len ? "  " : "");
        if (text_width(stage) >=
            right - 13 - x) /* what it is about is less than what it cannot do */
            snprintf(stage, sizeof stage, "read-only");
    }
    if (right - 13 - x > text_width(stage))
        draw_text(c, 0, x, right - 13 - x, INK_DIM, stage);
}
