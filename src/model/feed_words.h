/* What the stable feed and the candidate's feed differ in, in words (feed_diff.h), as they were read
 * last. Immutable and shared by reference: snapshots carry it, the plan and the screen Runs show it. */
#ifndef GONOGO_MODEL_FEED_WORDS_H
#define GONOGO_MODEL_FEED_WORDS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "src/model/feed_list.h"

struct snapshot;

enum {
    FEED_WORDS_LINES = 500, /* nobody reads on; gonogo feed diff has all */
    /* Of the texts of one feed that is kept for it: some 5,000 items. */
    FEED_WORDS_BYTES = 4 << 20,
};

struct feed_words {
    _Atomic unsigned refs;
    bool known;        /* both feeds were read, and can be used now */
    bool compared;     /* false: there are no two feeds to compare at all */
    size_t n;          /* lines; known and 0 = the feeds say the same */
    size_t left_out;   /* lines that are not here */
    char **lines;      /* safe; not known: one line says why */
    char heading[320]; /* safe: "from production/stable feed to staging/beta feed" */
    const struct feed_list *before, *after; /* owned; NULL = not known */
};

/* What holds at the moment of `s`: `last` again (another reference) when nothing changed since. `last`
 * may be NULL. One reference. */
const struct feed_words *feed_words_of(const struct snapshot *s, const struct feed_words *last);
const struct feed_words *feed_words_keep(const struct feed_words *w); /* NULL is fine */
void feed_words_drop(const struct feed_words *w);                     /* NULL is fine */
/* Do they say something else? Either may be NULL. */
bool feed_words_differ(const struct feed_words *a, const struct feed_words *b);

#endif
