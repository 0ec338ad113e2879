/* A sample: what one look at one source saw. Made by a probe, never changed once it was sent, shared
 * by reference from then on (world, snapshots, store). */
#ifndef GONOGO_MODEL_SAMPLE_H
#define GONOGO_MODEL_SAMPLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/model/exposure.h"
#include "src/model/version.h"

enum reading {
    READING_OK,     /* it answered, and the answer makes sense */
    READING_CLOSED, /* it is shut on purpose (domain: a beta feed that answers 404) */
    READING_ERROR,  /* anything else; `error` says what and what to do */
};

enum { SAMPLE_UNKNOWN = -1 };

/* What a command says by its exit status; anything else is no answer. */
enum { COMMAND_PASS = 0, COMMAND_FAIL = 1, COMMAND_WAIT = 3 };

/* Where the way to a value ended. */
enum absence {
    ABSENT_NOT,    /* it is there */
    ABSENT_MEMBER, /* the object that should hold it is there and does not */
    ABSENT_ITEM,   /* a list on the way ends before it */
};

struct feed_list;

struct sample {
    _Atomic unsigned refs;
    unsigned source; /* index into policy.sources */
    int64_t wall_ms; /* when the answer was complete */
    int64_t mono_ms;
    enum reading reading;
    int http;       /* status, 0 = none */
    int latency_ms; /* from the first byte sent to the last received; SAMPLE_UNKNOWN = none */
    int tls_days;   /* until the certificate ends; SAMPLE_UNKNOWN = no TLS */
    bool has_skew;
    int64_t skew_ms;   /* the far clock (HTTP Date) minus ours; ±1 s is noise */
    bool unfinished;   /* it is still looking, and will say more by itself */
    bool not_modified; /* 304: the values are those of the answer before */

    /* Raw bytes from outside, NUL-terminated, "" = none: text_safe() before showing. */
    char version[VERSION_CAP]; /* health: latest_version; feed: newest item's build; … */
    char build[VERSION_CAP];   /* health: latest_build; feed: newest item's sparkle:version */
    char status[64];           /* health: the status word; command: its last line */
    char error[384];           /* safe text "what: what to do"; "" when the reading is no error */

    /* feed */
    int items; /* SAMPLE_UNKNOWN = not a feed */
    char short_version[VERSION_CAP];

    const struct feed_list
        *feed; /* all its items, of a feed that is compared; owned; NULL = not kept */

    /* feed (newest item) and manifest: the artifact */
    char url[512];
    int64_t size;                   /* bytes, SAMPLE_UNKNOWN = not said */
    char sha256[65];                /* manifest only */
    char *signature;                /* base64 as written; owned, NULL = none */
    struct exposure_item published; /* feed only: date, interval and criticality */

    /* What gates look at by themselves. Owned heap strings of raw bytes, NULL = none. */
    int exit_code; /* of a command; SAMPLE_UNKNOWN = none */
    char *output;  /* of a command: the beginning and the end of what it wrote, safe lines */
    char *value;   /* a value found in a JSON answer, as JSON text */
    enum absence absent;
};

struct sample *
sample_new(unsigned source); /* one reference; READING_ERROR until a probe knows better */
/* Another reference to the same. */
const struct sample *sample_keep(const struct sample *s);
void sample_drop(const struct sample *s); /* NULL is fine */

#endif
