/* The runner acts: it carries a plan out, one step after the other, on a thread of its own.
 *
 * Protocol. Every change of a run's state is a record in the ledger before it takes effect: first the
 * commit, then the process is started, then the engine hears of it. What cannot be recorded does not
 * happen. While it runs it holds the lease (lease.h), so that there is one run per product. Whoever is
 * killed on the way leaves its records and a dead lease; the next runner writes down "interrupted", and
 * a person resumes, takes back or abandons it.
 *
 * Before it begins what needs GO, resumes or takes back, the whole ledger is verified: what stands in it
 * decides. What nothing holds up (requires: any) is begun at once and recorded on a ledger that does
 * not verify, too; it is verified while the steps run, and what is wrong with it is said and written down.
 *
 * A run step counts when its process ended with 0; whether the world shows it, the expect steps tell,
 * which read it again. */
#ifndef GONOGO_ENGINE_RUNNER_H
#define GONOGO_ENGINE_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/model/plan.h"
#include "src/model/record.h"
#include "src/model/run.h"
#include "src/model/snapshot.h"

struct runner;

enum order_kind {
    ORDER_RUN,     /* `plan`, as the person has seen it */
    ORDER_RESUME,  /* the newest run, which is failed or interrupted */
    ORDER_UNDO,    /* the same */
    ORDER_ABANDON, /* the same */
    ORDER_STOP,    /* the run that is under way here */
    ORDER_ANSWER,  /* to the step that asks: `word` "yes", all else is no */
};

struct order {
    enum order_kind kind;
    struct run_plan *plan; /* ORDER_RUN; owned */
    uint64_t seen;         /* ORDER_RUN: run_plan.seen of what was shown */
    char who[RECORD_NAME_CAP];
    char user[RECORD_NAME_CAP]; /* the OS user that asks; without the machine */
    char role[RECORD_NAME_CAP];
    char word[VERSION_CAP];
    char reason[RECORD_TEXT_CAP];
};
struct order *order_new(enum order_kind kind);
void order_free(struct order *order); /* NULL is fine */

/* One request of an http step; carried out by whoever knows HTTP. */
struct request {
    const struct step_spec *spec;          /* method, headers, expected status, time limit */
    const struct environment *environment; /* whose TLS holds on its own host; or NULL */
    const char *url, *body;                /* filled in */
    /* Asked at least once a second; false = give up. */
    bool (*go_on)(void *self);
    void *self;
    /* What was answered, for the output: may be called often. */
    void (*say)(void *self, const char *bytes, size_t n);
};

struct runner_ports {
    const struct policy *policy;
    const struct clock *clock;
    const char *ledger; /* path; its folder also keeps what the steps said */
    bool unsynced;      /* does not wait for the disk: for benchmarks alone */

    /* All of these are called on the runner's thread and never block. The engine's: */
    void (*record)(void *self, const struct record *r); /* takes its own reference */
    void (*output)(void *self, const char *run, const struct run_text *text); /* the same */
    /* An order was taken: it began or reopened this run, whose records were told before. */
    void (*accept)(void *self, const char *run);
    /* An order that was not carried out: why, safe; `again`: the plan has to be shown again. */
    void (*refuse)(void *self, const char *why, bool again);
    void *engine;
    /* The ledger does not verify; `why` is safe. NULL = nobody. */
    void (*broken)(void *self, const char *why);
    /* And the probes'. */
    void (*poll_now)(void *self);
    void *probes;

    /* Blocks: ERR_OK when the answer was the expected one, and *status. NULL = no http steps. */
    enum err_code (*request)(void *self, const struct request *request, int *status,
                             struct err *err);
    void *request_self;

    /* For tests: what has just been done, by name; before anything else happens. NULL = nothing. */
    void (*at)(void *self, const char *point);
    void *at_self;
};

/* What can be sent to before the thread runs, and after it has ended. Borrows nothing yet. */
struct runner *runner_new(void);
/* Opens the ledger and starts the thread; `ports` is copied. */
enum err_code runner_start(struct runner *runner, const struct runner_ports *ports,
                           struct err *err);

/* Takes the order; never blocks. False when it is not wanted any more. */
bool runner_order(struct runner *runner, struct order *order);
/* Does it want to see the world just now? */
bool runner_watches(const struct runner *runner);
/* The world, for those who watch; takes its own reference; never blocks. */
void runner_see(struct runner *runner, const struct snapshot *s);

/* Ends what runs (it is then interrupted) and joins. Others may go on sending until runner_free(). */
void runner_stop(struct runner *runner);
void runner_free(struct runner *runner); /* NULL is fine */

#endif
