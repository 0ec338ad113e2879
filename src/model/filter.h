/* The filter of a list: words apart by blanks, each of which must be found somewhere in what a row says,
 * in any case. */
#ifndef GONOGO_MODEL_FILTER_H
#define GONOGO_MODEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

enum { FILTER_CAP = 128 };

bool filter_passes(const char *filter, const char *const *texts, size_t n);

#endif
