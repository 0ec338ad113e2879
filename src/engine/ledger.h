/* The ledger: records that are never changed, in a SQLite file of their own beside the store
 * (gonogo.db → gonogo-ledger.db). Every process may append; an append returns only when the entry is on
 * disk (WAL, synchronous=FULL), so what must not happen without a record is done after it.
 *
 * One struct ledger per thread. A file is looked at before anything is written to it: what is no ledger,
 * damaged, another program's or a newer gonogo's is left as it is. */
#ifndef GONOGO_ENGINE_LEDGER_H
#define GONOGO_ENGINE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/model/chain.h"
#include "src/model/policy.h"
#include "src/model/record.h"

struct ledger;
struct sqlite3;

enum ledger_how {
    LEDGER_READ,     /* it must be there: else ERR_MISSING */
    LEDGER_APPEND,   /* made (0600, with its folders) when it is not there */
    LEDGER_UNSYNCED, /* the same without waiting for the disk: for benchmarks alone */
};

enum {
    LEDGER_SCHEMA = 1,
    LEDGER_APPLICATION = 0x474f4e4c, /* "GONL", in the header of the file */
    LEDGER_WAIT_MS = 5000,           /* for other processes' appends, a few ms each */
};

/* ERR_BUSY when others hold the file for longer than LEDGER_WAIT_MS, ERR_IO for all that is wrong with
 * the file or its disk. `spec` (borrowed) has the keys; NULL = none. NULL and `err`. */
struct ledger *ledger_open(const char *path, enum ledger_how how, const struct ledger_spec *spec,
                           const struct clock *clock, struct err *err);
void ledger_close(struct ledger *l); /* NULL is fine */

/* Completes the draft (seq, prev, user, hash, signature; at_ms when it is 0) and writes it. ERR_OK: it is
 * on disk. Otherwise nothing was recorded, and nothing may be done: ERR_BUSY, ERR_IO, ERR_REFUSED when
 * the file under this name is no more the one that was opened, or entries were cut off its end. Within ledger_begin() it is on disk after
 * the commit. */
enum err_code ledger_append(struct ledger *l, struct record *draft, struct err *err);

/* What must be written down even behind an entry that was tampered with: from then on an append takes
 * the last entry as it stands. To verify names the same fault as before, and none behind it. */
void ledger_insist(struct ledger *l, bool insist);

/* Several appends, or an append and a change to a table that hangs on it (a lease), all or nothing.
 * Nobody else appends meanwhile: be quick. */
enum err_code ledger_begin(struct ledger *l, struct err *err);
enum err_code ledger_commit(struct ledger *l, struct err *err);
void ledger_rollback(struct ledger *l); /* fine when nothing was begun */

/* Calls `each` for every entry from number `from` (≥ 1) on, in order, until it returns false; it may keep
 * the record. Each entry's hash and its link to the one before it are checked: ERR_REFUSED names the
 * first that was tampered with, and nothing behind it is told; or says that the file is no more the one
 * that was opened. */
enum err_code ledger_each(struct ledger *l, uint64_t from,
                          bool (*each)(void *self, const struct record *r), void *self,
                          struct err *err);

/* Every row as it is kept from number `from` on (LEDGER_ROWS_ALL: also those that no entry can have), in
 * their order, with nothing checked, until it returns false: for who checks them (chain.h). A row that is
 * no entry at all comes with an empty body. */
#define LEDGER_ROWS_ALL INT64_MIN
enum err_code ledger_rows(struct ledger *l, int64_t from,
                          bool (*row)(void *self, const struct chain_entry *e), void *self,
                          struct err *err);
/* The highest number that the file remembers ever to have held. Ask before what it is compared with is
 * read: others append meanwhile. */
int64_t ledger_highest(struct ledger *l);

/* The number of the last entry, 0 when there is none; -1 and `err` on trouble. */
int64_t ledger_last(struct ledger *l, struct err *err);
/* Did another process (or handle) change the file since the last call? True the first time, and when it
 * cannot be told. */
bool ledger_changed(struct ledger *l);

/* Is it whole, from the first entry to the last? Looked at piece by piece, so that nobody waits for long;
 * what is appended meanwhile is looked at too. Only the whole walk finds what was changed in the middle:
 * a head that was remembered would vouch for nothing but what stands behind it. */
struct ledger_audit;
enum audit_state { AUDIT_MORE, AUDIT_WHOLE, AUDIT_BROKEN };
/* `l` outlives it. `seq` and `head` (copied): the last entry that this process has read, and its hash;
 * 0 = none. */
struct ledger_audit *ledger_audit_new(struct ledger *l, uint64_t seq, const char *head);
void ledger_audit_free(struct ledger_audit *audit); /* NULL is fine */
/* Looks at `most` entries more. AUDIT_BROKEN: `err` names the first that was tampered with, or says why it
 * cannot be read. */
enum audit_state ledger_audit_turn(struct ledger_audit *audit, size_t most, struct err *err);

const char *ledger_path(const struct ledger *l);
/* The public keys that are trusted, one behind the other; NULL = none are named. */
const unsigned char *ledger_trusted(const struct ledger *l, size_t *n);

/* For tables beside the chain in the same file (leases): same thread, same rules. */
struct sqlite3 *ledger_db(struct ledger *l);

#endif
