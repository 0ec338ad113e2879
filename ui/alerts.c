#include "ui/alerts.h"

#include <stdio.h>
#include <string.h>

#include "ui/pager.h"
#include "ui/words.h"

/* One line, two when it is long: the remedy stands at the end. */
static void alert(const struct view_ctx *ctx, struct area *body, enum sign sign, enum ink ink,
                  const char *text) {
    const struct canvas *c = ctx->canvas;
    int used = 1 + draw_text(c, body->y, body->x + 1, 2, ink, draw_sign(c, sign));
    struct area at = {body->y, body->x + used + 1, 2, body->cols - used - 2};
    struct pager page = {0};
    pager_add(&page, NULL, ink, text);
    pager_draw(&page, c, at);
    int rows = page.height < 2 ? page.height : 2;
    pager_fini(&page);
    body->y += rows;
    body->rows -= rows;
}

static bool soaks(const struct policy *policy) {
    for (size_t i = 0; i < policy->n_gates; i++)
        if (strcmp(policy->gates[i].kind, "soak") == 0)
            return true;
    return false;
}

/* The newest run, as long as somebody should know of it without looking for it. */
static void alert_run(const struct view_ctx *ctx, struct area *body) {
    const struct run_view *run = ctx->snap->n_runs > 0 ? ctx->snap->runs[0] : NULL;
    char line[2 * RUN_TEXT_CAP], text[2 * RUN_TEXT_CAP + 64];
    if (!run ||
        !(run->asks || run->drift[0] || run_is_active(run->state) || run_is_open(run->state)))
        return;
    words_run_line(ctx, run, line, sizeof line);
    snprintf(text, sizeof text, "%s: press 6%s", line,
             run->asks || run_is_open(run->state) ? ", then Enter" : "");
    alert(ctx, body, words_run_sign(run), words_run_ink(run), text);
}

void alerts_draw(const struct view_ctx *ctx, struct area *body) {
    const struct snapshot *s = ctx->snap;
    alert_run(ctx, body);
    if (s->ground[0])
        alert(ctx, body, SIGN_UNKNOWN, INK_UNKNOWN, s->ground);
    char names[256] = "";
    size_t len = 0;
    for (size_t e = 0; e < ctx->policy->n_environments && len < sizeof names; e++) {
        if (ctx->policy->environments[e].insecure) {
            int n = snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "",
                             ctx->policy->environments[e].name);
            len += n > 0 ? (size_t)n : 0;
        }
    }
    if (len > 0) {
        char text[400];
        snprintf(text, sizeof text,
                 "insecure: %s is asked without encryption; anybody between can"
                 " forge its answers",
                 names);
        alert(ctx, body, SIGN_ALERT, INK_ALERT, text);
    }
    if (s->store == STORE_LOST) {
        char text[512];
        snprintf(text, sizeof text, "nothing is remembered%s: %s",
                 soaks(ctx->policy) ? ", soak cannot pass" : "", s->store_note);
        alert(ctx, body, SIGN_ALERT, INK_ALERT, text);
    } else if (s->store == STORE_NONE && soaks(ctx->policy)) {
        alert(ctx, body, SIGN_ALERT, INK_ALERT,
              "no store is configured: nothing is remembered, soak cannot pass");
    }
}
