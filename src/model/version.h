/* Sparkle's standard version comparison (SUStandardVersionComparator, Sparkle 2), all of it. */
#ifndef GONOGO_MODEL_VERSION_H
#define GONOGO_MODEL_VERSION_H

#include <stdbool.h>

enum { VERSION_CAP = 128 }; /* bytes with the NUL: the longest version gonogo carries */

/* < 0, 0 or > 0 as `a` is older than, the same as, or newer than `b`. Never fails: any text is a
 * version. "1.0" and "1.0.0" are the same; "1.0b1" is older than "1.0". */
int version_compare(const char *a, const char *b);

/* Does it look like a version that people release ("2.0.0.20", "1.0b1", …): starts with a digit,
 * shorter than VERSION_CAP, no blanks or control characters? For input by hand and for files. */
bool version_plausible(const char *text);

#endif
