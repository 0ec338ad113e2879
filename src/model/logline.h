/* One line of a client or server log, read into what it says (domain: logs and SLOs).
 *
 * Pure and without memory of its own: every slice points into the caller's line, and the cost is
 * linear in the line's length. Any bytes may come. Times are handed out as they were written:
 * a client writes local time, and only the caller knows which zone that was. */
#ifndef GONOGO_MODEL_LOGLINE_H
#define GONOGO_MODEL_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/slice.h"

enum {
    LOGLINE_CAP =
        64 * 1024,     /* bytes of a line that are read; the longest real ctx is under 8 KiB */
    LOGLINE_NONE = -1, /* a count that the line does not give; measures are NAN then */
};

enum logline_frame {
    LOGLINE_BARE,    /* the message alone */
    LOGLINE_LOGGER,  /* 2026-01-11 11:19:45,389 - logger - LEVEL - message */
    LOGLINE_COMPACT, /* 2026-01-11 11:19:45.389 Df Nexy[812:1a2b] [subsystem:category] message */
    LOGLINE_LOGFMT,  /* ts=… level=… key=value … */
};

enum logline_kind {
    LOGLINE_OTHER, /* nothing that anybody judges */
    LOGLINE_CC_READY,
    LOGLINE_SERIES,
    LOGLINE_ATTEMPT_START,
    LOGLINE_ATTEMPT_OK,
    LOGLINE_ATTEMPT_ERROR,
    LOGLINE_BACKOFF,
    LOGLINE_CIRCUIT_OPEN,
    LOGLINE_CIRCUIT_CLOSE,
    LOGLINE_TAL_HOLD,
    LOGLINE_TAL_RELEASED,
    LOGLINE_RESTART_FLAG,
    LOGLINE_TRAY_READY,
    LOGLINE_AUX,           /* a status item's auxiliary view; a cascade of these is a defect */
    LOGLINE_TAL_TERMINATE, /* _kLSApplicationWouldBeTerminatedByTALKey */
    LOGLINE_METRIC,        /* name=number; more pairs may follow, see logline_pair() */
    LOGLINE_SERVER,        /* a decision of the server */
    LOGLINE_KINDS,
};

struct logline {
    enum logline_kind kind;
    enum logline_frame frame; /* the innermost */
    /* The kind is known, but a part that it must have is missing, cut off or unreadable. A judge
     * counts such a line and believes nothing in it. */
    bool damaged;

    struct slice time; /* as written; NULL in a bare line */
    struct slice logger;
    struct slice level;   /* INFO, ERROR; compact lines: Df, E, … */
    struct slice message; /* behind all prefixes, without the line's end */

    int64_t number; /* attempt; index of an Aux view; value of the TAL key */
    int64_t series_errors;
    int64_t pid;
    struct slice series; /* hex digits and dashes */
    struct slice reason; /* reason=, and code= of a failed attempt */
    double ts_s;         /* ts=, seen_ts= of a tray message */
    double duration_ms;  /* also tray.ready, and the server's dur_ms */
    double backoff_ms;
    double after_ms;
    double age_ms;
    double jitter_percent;

    struct slice metric;
    double value;

    struct slice scope;  /* server */
    struct slice method; /* the last part of a full path */
    struct slice decision;
    struct slice ctx; /* JSON, braces included */
    struct slice msg; /* quoted values: without the quotes, escapes as written */
};

/* `line` may end with LF or CRLF. Never fails: what is not known is LOGLINE_OTHER. */
void logline_parse(const char *line, size_t n, struct logline *out);

/* Moves over the next key=value of a client's message; words without '=' are skipped. False at the
 * end. Starts with a copy of `message`. */
bool logline_pair(struct slice *rest, struct slice *key, struct slice *value);

/* A time as lines have it, in ms since 1970. One that names no zone is of `zone` (NULL: UTC) and, in the
 * hour that comes twice, not before `after_ms` when it can be (zone.h). False when it is none. */
struct zone;
bool logline_time(struct slice time, const struct zone *zone, int64_t after_ms, int64_t *ms);

/* "tray-attempt-ok"; for reports. */
const char *logline_kind_name(enum logline_kind kind);

#endif
