/* The logbook: takes the lines of the policy's logs and makes digests of them, by the same rules as
 * `gonogo slo` (slo.h). Pure; owned by the thread that follows the logs.
 *
 * The owner (probes/tail) finds, opens and reads; knows rotation, offsets and commands. The logbook
 * knows what lines mean. It looks for the words that matter itself, so whole blocks may be given: lines
 * with none of them cost a pass at memory speed.
 *
 * A `file` here is a place where lines come from: a path, or a command. It stays the same when the
 * file at the path is rotated away and another one takes its place: the process that writes goes on. */
#ifndef GONOGO_MODEL_LOGBOOK_H
#define GONOGO_MODEL_LOGBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/digest.h"
#include "src/model/policy.h"

enum {
    LOGBOOK_FILES_MAX = 4096, /* known at once; as many as a folder of clients' logs may hold */
    LOGBOOK_NO_FILE = -1,
};

/* A run of whole lines of one file, in order. The last may lack its end only when no more comes. */
struct logbook_lines {
    const char *bytes;
    size_t n;
    uint64_t first;     /* number of the first line, from 1 */
    int64_t arrived_ms; /* wall: for lines without a time; 0 = not known (history) */
    bool context;       /* read again after a restart: to be understood, not to be counted */
};

struct logbook;

/* Borrows the policy, which outlives it. */
struct logbook *logbook_new(const struct policy *policy);
void logbook_free(struct logbook *b); /* NULL is fine */

/* The handle of a path of a log (of a command: its name); the same again for the same. LOGBOOK_NO_FILE
 * when there are too many. */
int logbook_file(struct logbook *b, unsigned log, const char *path);
/* Another file stands at the path now, or it was cut off: what was found in it no longer counts for
 * logs-clean. Series, circuit and TAL go on. Line numbers are the caller's. */
void logbook_renewed(struct logbook *b, int file);
/* The path is gone; its handle is no longer valid. */
void logbook_gone(struct logbook *b, int file);

/* History before this moment (the first start's backfill) is understood, not counted; by the lines' own
 * time. INT64_MIN, as at the beginning: all counts. */
void logbook_since(struct logbook *b, unsigned log, int64_t since_ms);

void logbook_take(struct logbook *b, int file, const struct logbook_lines *lines);
/* Lines that were too long to be given. */
void logbook_skipped(struct logbook *b, int file, uint64_t lines, uint64_t bytes);
/* How the log is read; goes out with the next digests until it is said anew. `trouble` (raw, NULL =
 * none): what is wrong and what to do. */
void logbook_status(struct logbook *b, unsigned log, unsigned files, bool caught_up,
                    const char *trouble);

/* So much is pending that a digest should be made now (after each block while history is read). */
bool logbook_due(const struct logbook *b);
/* All since the digest before; one reference, the caller's. The caller adds its cursors, with
 * digest_add_cursor(), before anybody else sees it. Make one a second while lines come, and one at
 * least every LOGBOOK_SILENCE_MS: who hears nothing for longer no longer believes what was said. */
struct digest *logbook_digest(struct logbook *b, int64_t wall_ms);

enum {
    LOGBOOK_SILENCE_MS = 5000,
    LOGBOOK_PATIENCE_MS = 30000, /* without a digest the logs are unknown */
};

#endif
