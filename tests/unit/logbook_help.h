/* A policy with logs, a logbook on it, and what its digests add up to. */
#ifndef GONOGO_TESTS_UNIT_LOGBOOK_HELP_H
#define GONOGO_TESTS_UNIT_LOGBOOK_HELP_H

#include "src/model/logbook.h"

#define LOG_HEAD                                                                             \
    "product: A\nenvironments:\n  - {name: prod, role: none, url: 'https://p.example.net', " \
    "probes: [{name: health, kind: health, path: /health}]}\n"                               \
    "gates:\n  - {name: agree, kind: versions-agree, sources: ['*'], want: same}\n"

struct book {
    struct policy *policy;
    struct logbook *logbook;
    const struct digest *digest; /* the last */
    uint64_t line;               /* given so far, of all files */
};

/* `yaml`: what comes behind LOG_HEAD. */
void book_open(struct book *b, const char *yaml);
void book_close(struct book *b);

/* Text of a file of a log, arrived at this moment; numbers go on from the last line of any file. */
void book_say(struct book *b, unsigned log, const char *path, int64_t arrived_ms, const char *text);
void book_context(struct book *b, unsigned log, const char *path, const char *text);
/* Makes the next digest. */
const struct digest *book_digest(struct book *b, int64_t wall_ms);

/* "2026-02-26T12:00:00Z" in ms. */
int64_t book_time(const char *rfc3339);

/* The sum of a metric's deltas in the last digest: of all minutes, or of one ("…T12:00:00Z"). */
struct book_sum {
    double part, whole;
    size_t deltas;
};
struct book_sum book_sum(const struct book *b, const char *metric);
struct book_sum book_minute(const struct book *b, const char *metric, const char *minute);

#endif
