/* The row of a gate on the board: sign, word, name, reason, a bar for what fills up by itself, since when. */
#ifndef GONOGO_UI_GATE_ROWS_H
#define GONOGO_UI_GATE_ROWS_H

#include "ui/pager.h"
#include "ui/view.h"

/* Columns of each; 0 = not shown. */
struct gate_columns {
    int sign, word, name, reason, bar, since;
};

struct gate_columns gate_rows_columns(const struct view_ctx *ctx, int width);
/* Columns that this gate's reason has. */
int gate_rows_reason(const struct gate_columns *k, const struct gate_view *view);
/* Gate `i`. `why`, when its row cuts the reason, is the whole of it: over `why_rows` more rows. */
void gate_rows_draw(const struct view_ctx *ctx, struct area a, int y, size_t i,
                    const struct gate_columns *k, struct pager *why, int why_rows);

#endif
