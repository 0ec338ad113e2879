/* A record: one thing that people or the runner did, or that was refused to them. The ledger keeps
 * records for ever, everything that counts votes, ticks, waivers or runs folds them.
 *
 * Made by whoever acts, completed by the ledger (seq, at_ms when 0, user, prev, hash, signature), never
 * changed after that, shared by reference from then on. */
#ifndef GONOGO_MODEL_RECORD_H
#define GONOGO_MODEL_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/buf.h"
#include "src/base/ed25519.h"
#include "src/base/err.h"
#include "src/base/hash.h"
#include "src/model/version.h"

/* What the text members mean for a kind stands beside it; members that a kind does not name are empty. */
enum record_kind {
    RECORD_VOTE,     /* role, word "go", "no-go" or "abstain"; text: why */
    RECORD_TICK,     /* subject: the gate; item; word "done" or "undone"; text: the link, and why */
    RECORD_WAIVER,   /* subject: the gate; word "asked" or "withdrawn"; until_ms; text: why */
    RECORD_APPROVAL, /* subject: the gate, or the action and its run; word "yes" or "no"; text: why */
    RECORD_REFUSED, /* word: what was asked for ("vote", "tick", "waive", "run"); text: why not */
    RECORD_RUN,     /* run; subject: the action; word: the state that it went into */
    RECORD_STEP, /* run; subject: the action; step; word: the state; exit_code, digest of its output */
    RECORD_VERDICT, /* word "GO", "HOLD" or "NO-GO"; text: by which gate */
    RECORD_CONFIG,  /* digest: SHA-256 of the configuration file; text: its path */
    RECORD_NOTE,    /* text */
    RECORD_OTHER,   /* read only: of a newer gonogo; `word` is the name of its kind */
};
enum { RECORD_KINDS = RECORD_OTHER }; /* that can be written */

enum {
    RECORD_NAME_CAP = 96,   /* people, roles, OS users */
    RECORD_THING_CAP = 128, /* gates, actions */
    RECORD_RUN_CAP = 48,
    RECORD_WORD_CAP = 32,
    RECORD_TEXT_CAP =
        2048, /* a reason is a paragraph at most; what is longer is somewhere to link to */
    RECORD_STEP_NONE = -1,
    RECORD_EXIT_NONE = INT32_MIN,
    /* Every byte of the texts may become six in JSON, and the rest is small. */
    RECORD_JSON_CAP = 6 * (2 * VERSION_CAP + RECORD_TEXT_CAP + 1024) + 1024,
};

struct record {
    _Atomic unsigned refs;
    uint64_t seq;  /* from 1, without gaps */
    int64_t at_ms; /* wall */
    enum record_kind kind;
    int64_t until_ms; /* wall: it counts until then; 0 = for ever */
    int step;         /* from 0; RECORD_STEP_NONE */
    int exit_code;    /* RECORD_EXIT_NONE; of a signal: minus its number */

    /* Valid UTF-8, NUL-terminated, "" = none. May hold anything: text_safe() before showing. */
    char who[RECORD_NAME_CAP];  /* the name that is answered for: --as, or the OS user's */
    char user[RECORD_NAME_CAP]; /* the OS user and machine that it came from, "ada@builder" */
    char role[RECORD_NAME_CAP];
    char subject[RECORD_THING_CAP];
    char item[RECORD_THING_CAP]; /* of a checklist; the name of a step */
    char run[RECORD_RUN_CAP];
    char target[VERSION_CAP];
    char fingerprint[HASH_HEX_CAP]; /* of the candidate, fingerprint.h */
    char word[RECORD_WORD_CAP];
    char digest[HASH_HEX_CAP];
    char text[RECORD_TEXT_CAP];

    /* The ledger's: see chain.h. */
    char prev[HASH_HEX_CAP];
    char hash[HASH_HEX_CAP];
    bool is_signed;
    unsigned char key[ED25519_KEY]; /* whose, when signed */
    unsigned char signature[ED25519_SIGNATURE];
};

struct record *record_new(enum record_kind kind); /* one reference */
const struct record *record_keep(const struct record *r);
void record_drop(const struct record *r); /* NULL is fine */

/* "vote", "tick", "waiver", "approval", "refused", "run", "step", "verdict", "config", "note", "other" */
const char *record_kind_name(enum record_kind kind);

/* Copies `src` into a member; invalid UTF-8 becomes U+FFFD. False when it did not fit: then it is cut
 * between characters, and what people said must be refused instead. */
#define RECORD_PUT(member, src) record_put((member), sizeof(member), (src))
bool record_put(char *dst, size_t cap, const char *src);

/* The canonical JSON of an entry, appended to `out`: members in the order of their names, no blanks,
 * whole numbers, times as RFC 3339 with milliseconds, strings as json_add_text() writes them, members
 * that say nothing left out. The hash and the signature are taken over these bytes and so no part of
 * them; `key` is. */
void record_write(const struct record *r, struct buf *out);

/* Reads it back (hash and signature stay empty). A member that is not known is skipped, so that a newer
 * gonogo's entries can be shown; one that is known and has another type or does not fit is ERR_PARSE.
 * One reference, or NULL and `err`. */
struct record *record_read(const char *json, size_t n, const char *where, struct err *err);

#endif
