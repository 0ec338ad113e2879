/* Does a document fit the schema: known keys once each, nothing missing, each value of its type? The
 * first thing that does not fit is the error, with its place and the remedy. */
#ifndef GONOGO_CONFIG_SHAPE_H
#define GONOGO_CONFIG_SHAPE_H

#include "config/node.h"
#include "config/schema.h"
#include "src/base/err.h"

enum err_code shape_check(const struct node *root, struct err *err);
/* The options of one map that are for other kinds than `kind` ("closed_on" of a health probe). */
enum err_code shape_check_kind(const struct node *map, const struct section *section,
                               const char *kind, struct err *err);

/* `did you mean "…"?` or `write one of …` into `dst`: for a word that is none of the list's. */
void shape_suggest(const char *word, const char *const *list, char *dst, size_t cap);

#endif
