/* Patterns that people write (PCRE2, compiled by its JIT where there is one). Neither a pattern nor a
 * text from outside can make it run for long: PCRE2 counts its steps, and gives up. */
#ifndef GONOGO_BASE_PATTERN_H
#define GONOGO_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/base/slice.h"

enum {
    PATTERN_CAP = 1024, /* bytes of a pattern; people write a hundred */
    PATTERN_STEPS =
        100000, /* of matching one text: under a millisecond. Real lines take hundreds */
    PATTERN_MEMORY_KB = 1024, /* of backtracking */
};

struct pattern;

/* NULL and `err` (ERR_PARSE: what PCRE2 says, and where in the pattern). Bytes are matched, not
 * characters: lines need not be UTF-8. */
struct pattern *pattern_new(const char *text, const char *where, struct err *err);
void pattern_free(struct pattern *p); /* NULL is fine */
const char *pattern_text(const struct pattern *p);
/* Has it a group with this name? */
bool pattern_has(const struct pattern *p, const char *group);

/* What one thread needs to match; patterns themselves are never changed and may be shared. */
struct pattern_match;
struct pattern_match *pattern_match_new(void);
void pattern_match_free(struct pattern_match *m); /* NULL is fine */

enum pattern_result { PATTERN_NONE, PATTERN_FOUND, PATTERN_GAVE_UP };
/* `group` may be NULL; else what the group of that name caught goes to *caught ({NULL, 0} when it took
 * no part). */
enum pattern_result pattern_find(const struct pattern *p, struct pattern_match *m,
                                 struct slice text, const char *group, struct slice *caught);

#endif
