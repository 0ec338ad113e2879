/* The date of a feed item, exactly as Sparkle reads it: `E, dd MMM yyyy HH:mm:ss Z` in English,
 * whatever the locale ("Thu, 26 Feb 2026 19:57:35 +0000"). */
#ifndef GONOGO_MODEL_PUB_DATE_H
#define GONOGO_MODEL_PUB_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PUB_DATE_CAP = 40 }; /* bytes with the NUL that pub_date_text() needs */

/* To ms since 1970; false when Sparkle would not take it (and so would forget about phasing). The
 * zone is +hhmm, -hhmm, GMT, UTC, UT or Z. The name of the day has to be one, not the right one. */
bool pub_date_parse(const char *text, int64_t *wall_ms);

/* In UTC; what is below a second is dropped. */
void pub_date_text(int64_t wall_ms, char dst[PUB_DATE_CAP]);

#endif
