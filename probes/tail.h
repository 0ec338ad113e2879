/* Follows the policy's logs: files, folders and globs, and commands. Finds what is there by looking
 * (stat), not by being told, so that it also works on a share; knows every kind of rotation; hands on
 * runs of whole lines. What lines mean is the business of who is behind the outlet.
 *
 * A *place* is a path at which files appear, and what the outlet knows as a file (logbook.h). Which
 * content stands there is told by device, inode and some of its bytes: what was renamed is read to its
 * end before what came after it, a copy of what was read is not read again, and what was cut off is
 * looked for in the copy that was made of it.
 *
 * No thread of its own and no clock: the owner calls tail_turn() (probes/logs.h does). */
#ifndef GONOGO_PROBES_TAIL_H
#define GONOGO_PROBES_TAIL_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/digest.h"
#include "src/model/logbook.h"
#include "src/model/policy.h"

enum {
    TAIL_LINE = 1 << 20, /* bytes of a line without its end; longer ones are skipped and counted */
    TAIL_BLOCK = 256 << 10, /* read at one time: stays in the cache between reading and parsing */
    TAIL_POLL_MS = 200,
    TAIL_SLOW_MS = 1000,   /* with many files, and for globs and folders */
    TAIL_LEAVE_MS = 30000, /* so long a file that was renamed or deleted is still watched */
    TAIL_FILES_MAX = 4096, /* known at once, of one log; the newest */
    TAIL_OPEN_MAX = 256,   /* of them open; one that has been silent for longest is shut */
    TAIL_CONTEXT =
        64 << 10, /* before the place where reading begins: to be understood, not counted */
};

/* The functions of logbook.h, and what comes at the end of a turn, or within one when due() says that
 * much is pending: all lines up to these cursors have been given. Only cursors that changed. */
struct tail_outlet {
    int (*file)(void *self, unsigned log, const char *path);
    void (*renewed)(void *self, int file);
    void (*gone)(void *self, int file);
    void (*take)(void *self, int file, const struct logbook_lines *lines);
    void (*skipped)(void *self, int file, uint64_t lines, uint64_t bytes);
    void (*status)(void *self, unsigned log, unsigned files, bool caught_up, const char *trouble);
    bool (*due)(void *self);
    void (*cursors)(void *self, const struct digest_cursor *cursors, size_t n);
    void *self;
};

struct tail;

/* `cursors` are those of the run before; copied. A log that has none begins at the end, or with its
 * history (log_spec.backfill_ms). When `stop` becomes true (any thread) a turn ends without another
 * word to the outlet; so that one which hung in a call to a share that is gone touches nothing when
 * it comes back. */
struct tail *tail_new(const struct policy *policy, const struct digest_cursor *cursors, size_t n,
                      struct tail_outlet outlet, const _Atomic bool *stop);
/* Ends commands; at most a second. NULL is fine. */
void tail_free(struct tail *tail);

/* Looks, and reads what there is, a bounded amount of it. Returns in how many ms to call again (0: there
 * is more). */
int64_t tail_turn(struct tail *tail, int64_t wall_ms, int64_t mono_ms);
/* Outputs of commands to poll for besides: at most `cap`. */
size_t tail_pollfds(const struct tail *tail, struct pollfd *fds, size_t cap);

#endif
