/* A digest: what the logs said since the one before. Made by the logbook on the tail's thread, never
 * changed once it was sent, shared by reference from then on (engine, store).
 *
 * All in it belongs together: the lines up to its cursors are counted in this digest or in one before
 * it. Whoever keeps both writes them in one transaction; then a restart neither loses nor counts twice.
 *
 * Deltas only ever add up, in any order: those of one metric, cohort, version and minute may come in
 * several digests, and those of several minutes may be kept as one (at its first minute). A digest that
 * is made from what was kept, with `recalled` set, is folded like any other. */
#ifndef GONOGO_MODEL_DIGEST_H
#define GONOGO_MODEL_DIGEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/metric.h"
#include "src/model/policy.h"
#include "src/model/version.h"

enum {
    DIGEST_EVENTS_MAX = 64,     /* the newest; a screen shows no more at once */
    DIGEST_VIOLATIONS_MAX = 64, /* the others are counted */
    DIGEST_FINDINGS_MAX = 64,   /* files that are not clean */
    DIGEST_VERSIONS_MAX = 32, /* told by lines, a month of releases; others count for no version */
    DIGEST_TEXT_CAP = 320,    /* bytes of a line that are kept, safe */
    DIGEST_FILE_CAP = 160,    /* bytes of a file's name, its end, safe */
    DIGEST_HEAD_MAX = 256,    /* bytes that tell a file from another with its inode */
};

struct digest_bucket {
    uint16_t bucket; /* of histogram.h */
    uint32_t count;
};

/* One metric in one minute. */
struct digest_delta {
    unsigned metric; /* index into policy.metrics */
    enum cohort cohort;
    unsigned version; /* index into digest.versions; 0 = none was told */
    int64_t minute;   /* UTC, since 1970, of the lines' own time */
    /* Rates: part ÷ whole. Counts: part; whole is how many lines were read. Measures: part is the
     * sum, whole the number of samples, and: */
    double part, whole;
    double min, max;
    size_t bucket, n_buckets; /* in digest.buckets, ascending */
};

/* A line that breaks a rule. */
struct digest_violation {
    int64_t wall_ms; /* its own time, or when it came */
    enum metric_rule rule;
    unsigned log;
    uint64_t line;
    char file[DIGEST_FILE_CAP];
    char text[DIGEST_TEXT_CAP]; /* safe */
};

/* A line that says something. */
struct digest_event {
    int64_t wall_ms;
    unsigned log;
    uint64_t line;
    const char *kind; /* "tray-attempt-ok", "server", …; static */
    bool bad;         /* an error, a violation, a failed attempt */
    char file[DIGEST_FILE_CAP];
    char text[DIGEST_TEXT_CAP]; /* safe */
};

/* A file that a logs-clean gate finds unclean, as it is now: not a delta. */
struct digest_finding {
    unsigned gate, log;
    uint64_t matches; /* lines */
    uint64_t line;    /* the first */
    char file[DIGEST_FILE_CAP];
    char text[DIGEST_TEXT_CAP]; /* of the first; safe */
};

/* One log source. */
struct digest_log {
    /* since the digest before */
    uint64_t lines, bytes; /* counted ones: no context */
    uint64_t damaged;      /* of a known kind, but cut off or unreadable: not believed */
    uint64_t skipped;      /* too long */
    uint64_t untimed;      /* had a value and no time that could be known: not counted */
    uint64_t ahead;        /* their time was ahead of the clock: taken as now; is the zone right? */
    uint64_t violations;   /* all, kept or not */
    /* as it is now */
    unsigned files;    /* followed; commands: 1 while it runs */
    bool caught_up;    /* what was there at the start has been read */
    int64_t last_ms;   /* the newest time in its lines; 0 = none */
    char trouble[192]; /* safe: why it cannot be read, and what to do; "" = it can */
};

/* How far a file was read. */
struct digest_cursor {
    unsigned log;
    char *path; /* as it was opened; raw */
    uint64_t dev, inode;
    int64_t offset; /* bytes: where the first line begins that was not taken */
    uint64_t line;  /* how many lines lie before */
    /* A file with the same inode is another one when its first bytes are others. */
    uint32_t head_bytes; /* ≤ DIGEST_HEAD_MAX */
    uint64_t head_hash;
    bool gone; /* the file is no more: forget it */
};

struct digest {
    _Atomic unsigned refs;
    int64_t wall_ms; /* when it was made */
    bool recalled;   /* from the store: it says nothing about now */

    struct digest_delta *deltas;
    size_t n_deltas, deltas_room;
    struct digest_bucket *buckets;
    size_t n_buckets, buckets_room;
    char versions[DIGEST_VERSIONS_MAX + 1][VERSION_CAP]; /* raw; [0] is "" */
    size_t n_versions;                                   /* [0] included: at least 1 */

    struct digest_violation *violations; /* oldest first */
    size_t n_violations;
    struct digest_event *events; /* oldest first */
    size_t n_events;
    struct digest_finding *findings;
    size_t n_findings;
    uint64_t more_findings; /* files that have no room */

    struct digest_log *logs; /* as in policy.logs */
    size_t n_logs;
    struct digest_cursor *cursors;
    size_t n_cursors;
};

/* Empty; one reference, the maker's to fill before anybody else sees it. */
struct digest *digest_new(const struct policy *policy, int64_t wall_ms);
const struct digest *digest_keep(const struct digest *d);
void digest_drop(const struct digest *d); /* NULL is fine */

/* For makers. The delta's buckets are copied; they are ascending and have no zeros. */
void digest_add(struct digest *d, const struct digest_delta *delta,
                const struct digest_bucket *buckets, size_t n_buckets);
/* Index for a version's name; 0 for "" and when there are too many. */
unsigned digest_version(struct digest *d, const char *version);
/* Copies the path. */
void digest_add_cursor(struct digest *d, const struct digest_cursor *cursor);

#endif
