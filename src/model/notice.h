/* Notices: what people want to hear without looking. A watch looks at one snapshot after the other and
 * says what has changed since it last said something: the verdict, a run, an error budget that burns, a
 * ledger that is not to be believed.
 *
 * What comes and goes within NOTICE_SETTLE_MS is not told, and of one thing at most every NOTICE_GAP_MS:
 * then how it stands, when that is not what was told last. The first settled snapshot tells nothing: it
 * is what changes are measured from. Pure. */
#ifndef GONOGO_MODEL_NOTICE_H
#define GONOGO_MODEL_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/snapshot.h"

enum notice_kind {
    NOTICE_VERDICT = 1,
    NOTICE_RUN = 2,
    NOTICE_BURN = 4,
    NOTICE_LEDGER = 8, /* it was tampered with, or cannot be used; and that it is well again */
    NOTICE_ALL = 15
};

enum {
    NOTICE_SETTLE_MS = 10 * 1000,
    NOTICE_GAP_MS = 60 * 1000,
    NOTICES_MAX = 32, /* of one look; what is left comes with the next */
    NOTICE_TITLE_CAP = 256,
    NOTICE_TEXT_CAP = 1024,
};

struct notice {
    enum notice_kind kind;
    bool bad; /* somebody should do something */
    int64_t wall_ms;
    char title[NOTICE_TITLE_CAP]; /* one safe line: "Nexy 2.0.0.20: GO → NO-GO" */
    char text[NOTICE_TEXT_CAP];   /* safe; several lines */
};

struct notice_watch;
struct notice_watch *notice_watch_new(const struct policy *policy); /* borrows it */
void notice_watch_free(struct notice_watch *w);                     /* NULL is fine */
/* Fills at most NOTICES_MAX and returns how many. Times are the snapshot's. */
size_t notice_watch_look(struct notice_watch *w, const struct snapshot *s, struct notice *out);

/* "verdict", "run", "burn", "ledger"; NULL-terminated list. */
extern const char *const notice_kind_names[];
const char *notice_kind_name(enum notice_kind kind);
unsigned notice_kind_bit(const char *name); /* 0 when there is no such kind */

#endif
