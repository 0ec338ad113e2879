/* Service levels in words and marks, the same on the board, on SLOs and in details. */
#ifndef GONOGO_UI_LEVELS_H
#define GONOGO_UI_LEVELS_H

#include <stddef.h>

#include "src/model/past.h"
#include "ui/chart.h"
#include "ui/pager.h"
#include "ui/view.h"

enum sign levels_sign(const struct slo_view *view);
enum ink levels_ink(const struct slo_view *view);
/* "pass", "fail", "unknown"; "warn" when it passes and warns; "none yet" when it need not have data. */
const char *levels_word(const struct slo_view *view);
/* "412 ms ≤ 600": the value beside what it must keep. */
void levels_value(const struct view_ctx *ctx, size_t slo, char *dst, size_t cap);
/* "budget 83 % left, burn 0.4× in 1h, 0.6× in 6h"; "" when it has none. */
void levels_burn(const struct slo_view *view, char *dst, size_t cap);
enum ink levels_burn_ink(const struct slo_view *view);

/* Its past curve is named in `name` of LEVELS_PAST_CAP bytes, which must outlive it; or NULL. */
enum { LEVELS_PAST_CAP = PAST_TEXT_CAP };
struct chart levels_chart(const struct view_ctx *ctx, size_t slo, char *name);
/* Everything that is known of one. */
void levels_page(const struct view_ctx *ctx, size_t slo, struct pager *page);

/* The board's box of them: a row each, the worst first when not all fit. */
void levels_draw(const struct view_ctx *ctx, struct area a);

#endif
