#include "src/cmd/crew.h"

#include <libxml/parser.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "probes/logs.h"
#include "probes/probes.h"
#include "src/base/mem.h"
#include "src/cmd/request.h"
#include "src/cmd/webhook.h"
#include "src/engine/engine.h"
#include "src/engine/notifier.h"
#include "src/engine/runner.h"
#include "src/engine/store.h"

/* How often sources that are not settled are asked again: an answer is wanted now, not after three of
 * their own intervals. */
enum { ASK_MS = 500 };

struct crew {
    struct mailbox snapshots;
    struct store *store;
    struct engine *engine;
    struct runner *runner; /* NULL = nothing is to be started */
    struct err idle;
    /* The engine's thread asks the probes to poll; they come after it and go before it. So it
     * counts itself in before it looks, and they go only after nobody is in. */
    _Atomic(struct probes *) probes;
    _Atomic(struct logs *) logs;         /* NULL = there are none */
    _Atomic(struct notifier *) notifier; /* the same; NULL = nobody is told */
    _Atomic unsigned asking;
};

static void drop_snapshot(void *ref) {
    snapshot_drop(ref);
}

static void poll_now(void *self) {
    struct crew *crew = self;
    atomic_fetch_add(&crew->asking, 1);
    struct probes *probes = atomic_load(&crew->probes);
    if (probes)
        probes_poll_now(probes);
    atomic_fetch_sub(&crew->asking, 1);
}

static bool begin_logs(void *self, const struct digest *recalled) {
    struct crew *crew = self;
    atomic_fetch_add(&crew->asking, 1);
    struct logs *logs = atomic_load(&crew->logs);
    if (logs)
        logs_begin(logs, recalled);
    atomic_fetch_sub(&crew->asking, 1);
    return logs != NULL;
}

static enum err_code start_logs(struct crew *crew, const struct policy *policy,
                                const struct clock *clock, struct err *err) {
    if (policy->n_logs == 0)
        return ERR_OK;
    const struct logs_outlet outlet = {.send = engine_send_digest, .self = crew->engine};
    atomic_store(&crew->logs, logs_start(policy, clock, outlet, err));
    return atomic_load(&crew->logs) ? ERR_OK : err->code;
}

static void see(void *self, const struct snapshot *s) {
    struct crew *crew = self;
    atomic_fetch_add(&crew->asking, 1);
    notifier_see(atomic_load(&crew->notifier), s);
    atomic_fetch_sub(&crew->asking, 1);
}

static enum err_code start_notifier(struct crew *crew, const struct policy *policy,
                                    const struct clock *clock, struct err *err) {
    const struct notifier_ports ports = {
        .policy = policy,
        .clock = clock,
        .post = webhook_post,
        .trouble = engine_send_note,
        .self = crew->engine,
    };
    if (policy->n_notify > 0)
        atomic_store(&crew->notifier, notifier_start(&ports, err));
    return err->code;
}

static void start_runner(struct crew *crew, const struct policy *policy,
                         const struct clock *clock) {
    const struct runner_ports ports = {
        .policy = policy,
        .clock = clock,
        .ledger = policy->ledger.file,
        .record = engine_send_record,
        .output = engine_send_output,
        .accept = engine_send_accept,
        .refuse = engine_send_refusal,
        .broken = engine_send_broken,
        .engine = crew->engine,
        .poll_now = poll_now,
        .probes = crew,
        .request = request_send,
    };
    if (policy->ledger.file)
        runner_start(crew->runner, &ports, &crew->idle);
    else
        err_set(&crew->idle, ERR_REFUSED, "store",
                "configure a store: what is not recorded is not done", "nothing is remembered");
}

static enum err_code start_all(struct crew *crew, const struct policy *policy,
                               const struct clock *clock, struct err *err) {
    if (policy->store_path) {
        crew->store = store_start(policy, clock, err);
        if (!crew->store)
            return err->code;
    }
    const struct engine_ports ports = {
        .clock = clock,
        .snapshots = &crew->snapshots,
        .store = crew->store,
        .poll_now = poll_now,
        .poll_self = crew,
        .begin_logs = policy->n_logs ? begin_logs : NULL,
        .logs_self = crew,
        .see = policy->n_notify > 0 ? see : NULL,
        .see_self = crew,
        .runner = crew->runner,
    };
    crew->engine = engine_start(policy, &ports, err);
    if (!crew->engine)
        return err->code;
    if (crew->runner)
        start_runner(crew, policy, clock);
    const struct probe_outlet outlet = {.send = engine_send_sample, .self = crew->engine};
    atomic_store(&crew->probes, probes_start(policy, clock, outlet, err));
    if (!atomic_load(&crew->probes) || start_logs(crew, policy, clock, err) != ERR_OK)
        return err->code;
    return start_notifier(crew, policy, clock, err);
}

static struct crew *start(const struct policy *policy, const struct clock *clock, struct wake *wake,
                          bool acting, struct err *err) {
    struct crew *crew = mem_zero(1, sizeof *crew);
    crew->runner = acting ? runner_new() : NULL;
    mailbox_init(&crew->snapshots, drop_snapshot, wake);
    xmlInitParser(); /* feeds are read by several threads: it has to be done before they are */

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum err_code code = start_all(crew, policy, clock, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (code != ERR_OK) {
        crew_stop(crew);
        return NULL;
    }
    return crew;
}

struct crew *crew_start(const struct policy *policy, const struct clock *clock, struct wake *wake,
                        struct err *err) {
    return start(policy, clock, wake, false, err);
}

struct crew *crew_start_acting(const struct policy *policy, const struct clock *clock,
                               struct wake *wake, struct err *err) {
    return start(policy, clock, wake, true, err);
}

const struct err *crew_idle(const struct crew *crew) {
    return crew->idle.code != ERR_OK ? &crew->idle : NULL;
}

struct mailbox *crew_snapshots(struct crew *crew) {
    return &crew->snapshots;
}

const struct snapshot *crew_await(struct crew *crew, const struct wake *wake, int64_t wait_ms,
                                  bool (*enough)(const struct snapshot *s)) {
    const struct clock *clock = clock_system();
    const int64_t end = clock_mono_ms(clock) + wait_ms;
    int64_t ask = clock_mono_ms(clock) + ASK_MS;
    const struct snapshot *newest = NULL;
    for (;;) {
        struct snapshot *next = mailbox_take(crew_snapshots(crew));
        if (next) {
            snapshot_drop(newest);
            newest = next;
        }
        const int64_t now = clock_mono_ms(clock);
        if (newest && (enough(newest) || now >= end))
            return newest;
        if (now >= ask) {
            crew_send(crew, (struct intent){.kind = INTENT_POLL});
            ask = now + ASK_MS;
        }
        int64_t until = ask < end || now >= end ? ask : end;
        struct pollfd fd = {.fd = wake->read_fd, .events = POLLIN};
        poll(&fd, 1, (int)(until > now ? until - now : 1));
        wake_drain(wake);
    }
}

bool crew_settled(const struct snapshot *s) {
    return s->settled && s->store != STORE_OPENING && s->votes->state != LEDGER_OPENING &&
           (!s->log || !log_view_pending(s->log));
}

bool crew_send(void *self, struct intent intent) {
    struct crew *crew = self;
    return engine_send_intent(crew->engine, intent);
}

void crew_alive(void *self, unsigned *alive, unsigned *all) {
    struct crew *crew = self;
    probes_alive(atomic_load(&crew->probes), alive, all);
    struct logs *logs = atomic_load(&crew->logs);
    *all += logs != NULL;
    *alive += logs && logs_alive(logs, clock_mono_ms(clock_system()));
}

void crew_stop(struct crew *crew) {
    if (!crew)
        return;
    if (crew->runner)
        runner_stop(crew->runner); /* while the world can still be read */
    struct probes *probes = atomic_exchange(&crew->probes, NULL);
    struct logs *logs = atomic_exchange(&crew->logs, NULL);
    struct notifier *notifier = atomic_exchange(&crew->notifier, NULL);
    while (atomic_load(&crew->asking) > 0)
        sched_yield(); /* for microseconds: asking never blocks */
    notifier_stop(notifier);
    probes_stop(probes);
    logs_stop(logs);
    engine_stop(crew->engine);
    runner_free(crew->runner);
    store_stop(crew->store);
    mailbox_fini(&crew->snapshots);
    free(crew);
}
