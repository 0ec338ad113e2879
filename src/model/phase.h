/* The phase that the release is in (domain: the release, step by step), as the feeds tell it:
 *
 *   dev    the candidate's feed does not offer the target
 *   beta   it does, and the stable feed does not; since the date of the item there
 *   rc     the stable feed offers it to some of the seven groups of its phased rollout; since its date
 *   ga     the stable feed offers it to everybody; since the last group came in, or its date
 *
 * Nobody writes it down, so that it cannot be forgotten, and it survives every restart. */
#ifndef GONOGO_MODEL_PHASE_H
#define GONOGO_MODEL_PHASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"

struct snapshot;

enum release_phase { PHASE_UNKNOWN, PHASE_DEV, PHASE_BETA, PHASE_RC, PHASE_GA };

enum { PHASE_WHY_CAP = 224, PHASE_STAGE = 40 };

struct phase_now {
    enum release_phase phase;
    int64_t
        since_ms; /* wall; 0 = not known: no date, one still to come, or a rollout that is paused */
    int percent;  /* of the clients that may take it, when rc or ga; else -1 */
    char why[PHASE_WHY_CAP]; /* safe: why the phase, or its beginning, is not known; "" = it is */
};

struct phase_now phase_of(const struct snapshot *s);

/* One stage of a ramp: so many percent of the clients may take it, for so long. */
struct phase_stage {
    int share;              /* 1 to 100 % */
    int64_t at_least_ms;    /* 0 = no time */
    int64_t at_most_ms;     /* 0 = any time */
    char text[PHASE_STAGE]; /* as it was written */
};

/* "25% 2h..4h", "50% 12h", "100%". False, and what is wrong with it, when it is none. */
bool phase_stage_parse(const char *text, struct phase_stage *out, const char **fault);

/* In the order of the ramp? */
enum err_code phase_check_stages(const struct phase_stage *stages, size_t n, const char *where,
                                 struct err *err);

/* When a share of all clients (1 to 100 %) was first let in; 0 = not yet, or not known. Only in rc and ga. */
int64_t phase_share_ms(const struct snapshot *s, int percent);

/* "unknown", "dev", "beta", "rc", "ga" */
const char *phase_name(enum release_phase phase);

#endif
