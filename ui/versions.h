/* The Versions table of the board: a row for each probe name, a column for each environment, and what
 * the gates want. */
#ifndef GONOGO_UI_VERSIONS_H
#define GONOGO_UI_VERSIONS_H

#include "ui/view.h"

struct versions;

struct versions *versions_new(const struct policy *policy);
void versions_free(struct versions *v); /* NULL is fine */
size_t versions_rows(const struct versions *v);
/* Into `inside`, the head line included. */
void versions_draw(const struct versions *v, const struct view_ctx *ctx, struct area inside);

#endif
