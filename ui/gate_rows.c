#include "ui/gate_rows.h"

#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "ui/words.h"

enum { NAME_MAX = 24 };

struct gate_columns gate_rows_columns(const struct view_ctx *ctx, int width) {
    struct gate_columns k = {.sign = ctx->canvas->ascii ? 3 : 2, .word = 9};
    bool bars = false;
    for (size_t i = 0; i < ctx->snap->n_gates; i++) {
        int w = text_width(ctx->policy->gates[i].name) + 2;
        k.name = w > k.name ? w : k.name;
        bars = bars || ctx->snap->gates[i].permille >= 0;
    }
    k.name = k.name < NAME_MAX ? k.name : NAME_MAX;
    k.since = width >= 150 ? 22 : width >= 100 ? 10 : 0;
    k.bar = bars && width >= 100 ? (width >= 150 ? 32 : 20) : 0;
    k.reason = width - k.sign - k.word - k.name - k.since - k.bar;
    return k;
}

static bool has_bar(const struct gate_columns *k, const struct gate_view *view) {
    return k->bar && view->permille >= 0 && view->verdict != GATE_PASS && view->counted;
}

int gate_rows_reason(const struct gate_columns *k, const struct gate_view *view) {
    return k->reason - 1 + (has_bar(k, view) ? 0 : k->bar);
}

static void draw_since(const struct view_ctx *ctx, int y, int x, int columns, int64_t since_ms) {
    char age[16], at[16], text[48];
    if (since_ms <= 0 || columns <= 0)
        return;
    draw_age_text(ctx->snap->wall_ms - since_ms, age, sizeof age);
    if (columns < 20) {
        snprintf(text, sizeof text, "for %s", age);
        draw_right(ctx->canvas, y, x, columns, INK_DIM, strcmp(age, "now") == 0 ? age : text);
        return;
    }
    when_clock(since_ms, at, sizeof at);
    snprintf(text, sizeof text, "since %s %6s", at, age);
    draw_right(ctx->canvas, y, x, columns, INK_DIM, text);
}

void gate_rows_draw(const struct view_ctx *ctx, struct area a, int y, size_t i,
                    const struct gate_columns *k, struct pager *why, int why_rows) {
    const struct canvas *c = ctx->canvas;
    const struct gate_spec *spec = &ctx->policy->gates[i];
    const struct gate_view *view = &ctx->snap->gates[i];
    enum ink ink = view->counted ? words_gate_ink(view) : INK_DIM;
    int x = a.x;
    for (int row = 0; c->selected && row <= why_rows && (row == 0 || why); row++)
        draw_blank(c, y + row, a.x, a.cols);
    draw_text(c, y, x, k->sign, ink,
              draw_sign(c, view->counted ? words_gate_sign(view) : SIGN_DOT));
    x += k->sign;
    draw_text(c, y, x, k->word - 1, ink,
              view->counted ? gate_view_name(view) : words_uncounted(spec));
    x += k->word;
    draw_text(c, y, x, k->name - 1, view->counted ? INK_STRONG : INK_DIM, spec->name);
    x += k->name;
    int columns = gate_rows_reason(k, view);
    char reason[2 * REASON_CAP];
    words_gate_reason(view, reason, sizeof reason);
    if (why)
        pager_draw(why, c, (struct area){y, x, 1 + why_rows, columns});
    else
        draw_text(c, y, x, columns, view->counted ? INK_TEXT : INK_DIM, reason);
    x += k->reason;
    if (has_bar(k, view))
        draw_bar(c, y, x, k->bar - 2, view->permille, ink);
    draw_since(ctx, y, x + k->bar, k->since, view->since_ms);
}
