/* One run per product at a time, across processes: a row in the ledger's file, and a lock beside it.
 *
 * On one machine the lock (flock on LEDGER.lease) tells who lives: the system lets go of it when its
 * holder dies, however it dies. A holder on another machine, which shares the file, is told by its beat:
 * one that stands still for LEASE_DEAD_MS, by our own clock, is dead. */
#ifndef GONOGO_ENGINE_LEASE_H
#define GONOGO_ENGINE_LEASE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/base/err.h"
#include "src/engine/ledger.h"

enum {
    LEASE_BEAT_MS = 2000,
    LEASE_DEAD_MS = 15000,
    LEASE_HOLDER_CAP = 160,
};

struct lease;

/* What can be seen of the lease without taking part in it. */
enum lease_life {
    LEASE_FREE,    /* nobody has it */
    LEASE_LIVES,   /* its holder lives */
    LEASE_DEAD,    /* its holder died and left it */
    LEASE_FOREIGN, /* another machine's: it lives when `beat` moves within LEASE_DEAD_MS */
    LEASE_HIDDEN,  /* the lock may not be looked at: it cannot be told */
};
struct lease_sight {
    enum lease_life life;
    int64_t beat;
    char run[RECORD_RUN_CAP];
    char holder[LEASE_HOLDER_CAP]; /* safe; "" when it is free */
};

/* Whose it was, when its holder died and left it. */
struct lease_past {
    bool dead;
    char run[RECORD_RUN_CAP];
    char holder[LEASE_HOLDER_CAP]; /* safe: "process 812 on builder" */
};

/* `l` and `path` (of the ledger) outlive it. Makes the table when it is not there. NULL and `err`. */
struct lease *lease_new(struct ledger *l, const char *path, struct err *err);
void lease_free(struct lease *lease); /* lets go of the lock, not of the row; NULL is fine */

/* Within ledger_begin(): takes it for `run`. ERR_BUSY names the holder. After a rollback call
 * lease_drop(). */
enum err_code lease_take(struct lease *lease, const char *run, int64_t now_ms,
                         struct lease_past *past, struct err *err);
/* Within ledger_begin(): frees it of a dead holder's run, and remembers what the holder left running.
 * ERR_BUSY when somebody lives after all. Call lease_drop() after the commit. */
enum err_code lease_clear(struct lease *lease, int64_t now_ms, struct err *err);
/* Within ledger_begin(): gives it back. The lock goes with lease_drop(), after the commit. */
enum err_code lease_give(struct lease *lease, struct err *err);
void lease_drop(struct lease *lease);

/* Tells other machines that we live. */
enum err_code lease_beat(struct lease *lease, struct err *err);
/* Remembers the process group of the running step, for whoever comes after us. 0 = none. */
enum err_code lease_group(struct lease *lease, pid_t group, struct err *err);
/* The group that a dead holder on this machine left, when it still runs; else 0, also of one that lives. */
pid_t lease_orphans(const struct lease *lease);

/* Is it held by somebody else who lives? `holder` (LEASE_HOLDER_CAP) is who. To be asked about every
 * second: that is how a foreign beat is watched. Takes nothing. */
bool lease_held(struct lease *lease, int64_t now_ms, char *holder);

/* For who only reads, on any handle of the ledger: writes nothing, and disturbs no holder. What it says
 * is as of this moment: when records are read between two looks that are the same (lease_same()), they
 * belong to it. */
void lease_look(struct ledger *l, const char *path, struct lease_sight *sight);
bool lease_same(const struct lease_sight *a, const struct lease_sight *b);

#endif
