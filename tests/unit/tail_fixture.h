/* Logs in a folder of the test's own, the real follower, and an outlet that counts every line. A line is
 * "NUMBER text": which numbers came, how often, and in which order they may. */
#ifndef GONOGO_TESTS_TAIL_FIXTURE_H
#define GONOGO_TESTS_TAIL_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/tail.h"
#include "src/base/buf.h"

enum { TAIL_NUMBERS = 1 << 20, TAIL_PLACES = 256 };

struct tail_rig {
    char folder[64];
    struct log_spec log;
    struct policy policy;
    struct tail *tail;
    char *paths[4];
    char *run[4];
    _Atomic bool stop;
    int64_t mono_ms; /* moved by hand */
    int64_t wall_ms; /* ahead of it */

    uint8_t *seen;   /* by number */
    struct buf text; /* all counted lines, when `keep` */
    bool keep;
    uint64_t lines, context_lines, skipped, turns;
    uint64_t last_number; /* of the last line: what was said of it */
    unsigned renewed, gone;
    char places[TAIL_PLACES][128];
    unsigned n_places;
    unsigned files;
    bool caught_up;
    char trouble[192];
    struct digest_cursor cursors[TAIL_PLACES];
    size_t n_cursors;
};

/* Follows `path` in a new folder: a name, a pattern, or "" for the folder itself. */
void tail_rig_init(struct tail_rig *r, const char *path);
void tail_rig_fini(struct tail_rig *r);
void tail_rig_start(struct tail_rig *r); /* with the cursors of the run before, if there was one */
void tail_rig_end(struct tail_rig *r);
void tail_rig_turn(struct tail_rig *r); /* turns until there is no more, one poll later */
void tail_rig_pass(struct tail_rig *r, int64_t ms);              /* time, in turns */
const char *tail_rig_path(struct tail_rig *r, const char *name); /* good for four calls */

void tail_rig_write(struct tail_rig *r, const char *name,
                    const char *text); /* behind what is there */
void tail_rig_rename(struct tail_rig *r, const char *from, const char *to);
void tail_rig_copy(struct tail_rig *r, const char *from, const char *to);
void tail_rig_cut(struct tail_rig *r, const char *name); /* to nothing */
void tail_rig_remove(struct tail_rig *r, const char *name);

#endif
