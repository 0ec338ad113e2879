/* One client of the lab: a desktop app whose tray starts, works, and restarts, and the log that it
 * writes (domain: logs and SLOs). No clock and no file: it is told how late it is, and says its lines. */
#ifndef GONOGO_LAB_LAB_CLIENT_H
#define GONOGO_LAB_LAB_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/buf.h"
#include "src/lab/lab_random.h"

enum lab_phase {
    LAB_LAUNCH,
    LAB_SERIES,
    LAB_RESULT,
    LAB_RETRY,
    LAB_CIRCUIT,
    LAB_WORK,
    LAB_RESTART,
};

struct lab_client {
    struct lab_random random;
    enum lab_phase phase;
    int64_t next_ms; /* wall: when it does something again */
    bool bad;        /* slow and failing, from now on */

    unsigned number, session, pid;
    unsigned attempt;   /* of this series */
    unsigned errors;    /* in a row */
    unsigned to_fail;   /* attempts of this series that will still fail */
    int duration_ms;    /* of the running attempt */
    int64_t hold_ms;    /* wall: TAL was taken; 0 = it was given back */
    int64_t session_ms; /* wall: this session began */
    char series[9];
};

/* `number` from 1; starts at wall_ms. */
void lab_client_init(struct lab_client *c, unsigned number, int64_t wall_ms);

/* Adds the lines of everything that happens up to wall_ms. */
void lab_client_run(struct lab_client *c, int64_t wall_ms, struct buf *out);

#endif
