/* What a report gathers besides the snapshot: how the two feeds differ, and what the ledger says. */
#ifndef GONOGO_CMD_REPORT_PARTS_H
#define GONOGO_CMD_REPORT_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "src/base/buf.h"
#include "src/model/record.h"
#include "src/model/snapshot.h"

/* From the stable feed to the candidate's, as they were judged: a line for each change, safe. False when
 * they cannot be compared: then one line that says why. */
bool report_feed_words(const struct snapshot *s, struct buf *out);
/* The lines of a text as a JSON array; a new reference. */
json_t *report_lines(const char *text);

enum { REPORT_RECORDS_MAX = 500 }; /* the newest ones about this target */

struct report_ledger {
    const struct record *records[REPORT_RECORDS_MAX]; /* oldest first; owned references */
    size_t n;
    uint64_t left_out;        /* older ones */
    char target[VERSION_CAP]; /* whose records these are, and those about no version */
    char note[512];           /* safe: chain verified or not, how many were left out */
};

void report_ledger_read(struct report_ledger *ledger, const struct snapshot *s);
void report_ledger_fini(struct report_ledger *ledger);
json_t *report_ledger_json(const struct report_ledger *ledger); /* an array; a new reference */

#endif
