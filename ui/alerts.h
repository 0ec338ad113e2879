/* What must be said before all else, above the board: a run that waits or is under way, a question without
 * ground, answers that anybody could forge, nothing that is remembered. */
#ifndef GONOGO_UI_ALERTS_H
#define GONOGO_UI_ALERTS_H

#include "ui/view.h"

/* Draws them at the top of `body`, a line or two each, and takes their rows away from it. */
void alerts_draw(const struct view_ctx *ctx, struct area *body);

#endif
