#include "src/engine/runner.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/thread.h"
#include "src/base/when.h"
#include "src/engine/runner_parts.h"
#include "src/model/expect.h"
#include "src/model/people.h"

enum {
    PRUNE_FIRST_MS = 10000, /* not while somebody may be in a hurry */
    INBOX_MAX = 16,         /* orders: nobody presses a key so fast */
    FOLLOW_MS = 1000,
};

struct order *order_new(enum order_kind kind) {
    struct order *order = mem_zero(1, sizeof *order);
    order->kind = kind;
    return order;
}

void order_free(struct order *order) {
    if (!order)
        return;
    plan_free(order->plan);
    free(order);
}

const struct action_spec *runner_action(const struct runner *r) {
    return &r->ports.policy->actions[r->plan->action];
}

static const char *name_of(const struct runner *r, const struct order *order) {
    const struct run_view *newest = run_book_at(r->book, 0);
    if (order->plan)
        return r->ports.policy->actions[order->plan->action].name;
    return newest ? newest->name : "";
}

/* --- beginning --- */

/* Sortable by time, and never the same twice: one run at a time, and who makes it. */
static void make_id(struct runner *r) {
    int64_t wall_ms = clock_wall_ms(r->ports.clock);
    char at[32];
    when_rfc3339(wall_ms, at, sizeof at);
    snprintf(r->id, sizeof r->id, "%.4s%.2s%.2s-%.2s%.2s%.2s-%03d-%d", at, at + 5, at + 8, at + 11,
             at + 14, at + 17, (int)(wall_ms % 1000), (int)getpid() % 100000);
}

void runner_take_over(struct runner *r, const struct order *order) {
    snprintf(r->who, sizeof r->who, "%s", order->who);
    snprintf(r->role, sizeof r->role, "%s", order->role);
    snprintf(r->reason, sizeof r->reason, "%s", order->reason);
    r->stopping = false;
    r->step = 0;
}

void run_never_began(struct runner *r, const struct err *err) {
    struct order *order = order_new(ORDER_RUN); /* who asked, for the ledger */
    snprintf(order->who, sizeof order->who, "%s", r->who);
    snprintf(order->role, sizeof order->role, "%s", r->role);
    order->plan = r->plan;
    r->plan = NULL;
    r->work = WORK_NONE;
    log_refuse(r, order, name_of(r, order), false, "%s: %s", err->where, err->what);
    order_free(order);
}

static bool may_begin(struct runner *r, const struct order *order) {
    const struct action_spec *action = &r->ports.policy->actions[order->plan->action];
    const struct run_view *newest = run_book_at(r->book, 0);
    bool go = action->requires == REQUIRES_GO;
    char why[RUN_TEXT_CAP];
    if (go && r->partial && !audit_verifies(r)) {
        log_refuse(r, order, action->name, false, "%s", r->broken);
        return false;
    }
    if (plan_refuses(order->plan, order->word, order->reason, why, sizeof why)) {
        log_refuse(r, order, action->name, false, "%s", why);
        return false;
    }
    if (order->plan->seen != order->seen) {
        log_refuse(r, order, action->name, true,
                   "the world has moved since the plan was shown: look at it again");
        return false;
    }
    if (order->plan->held[0]) {
        log_refuse(r, order, action->name, false, "%s", order->plan->held);
        return false;
    }
    unsigned approvals = action->approvals ? log_approvals(r, order->plan, order->who) : 0;
    if (approvals < action->approvals) {
        log_refuse(r, order, action->name, false,
                   "it needs the approval of %u other%s and has %u: gonogo run %s --approve",
                   action->approvals, action->approvals == 1 ? "" : "s", approvals, action->name);
        return false;
    }
    if (go && newest && run_is_open(newest->state)) {
        log_refuse(r, order, action->name, false,
                   "%s is %s at step %d: resume it, take it back or abandon it first", newest->name,
                   run_state_name(newest->state), newest->step + 1);
        return false;
    }
    pid_t orphans = lease_orphans(r->lease);
    if (go && orphans) {
        log_refuse(r, order, action->name, false,
                   "what the run before has started still runs (process group %d): end it first",
                   (int)orphans);
        return false;
    }
    return true;
}

/* What stands in the ledger before anything is done. */
static void log_prepared(struct runner *r, const struct run_view *newest) {
    struct buf values;
    char text[RECORD_RUN_CAP + 32];
    if (newest && run_is_open(newest->state)) {
        snprintf(text, sizeof text, "%s comes first", r->id);
        log_other(r, newest, RUN_ABANDONED, text);
    }
    buf_init(&values, RECORD_TEXT_CAP - 1);
    plan_save(r->plan, &values);
    struct record *prepared = log_run(r, RUN_PREPARED, values.data ? values.data : "{}");
    RECORD_PUT(prepared->digest, r->plan->digest);
    buf_fini(&values);
}

static void begin(struct runner *r, struct order *order) {
    struct err err = ERR_INIT;
    char id[RECORD_RUN_CAP];
    if (!may_begin(r, order))
        return;
    r->plan = order->plan;
    order->plan = NULL;
    runner_take_over(r, order);
    make_id(r);
    log_prepared(r, run_book_at(r->book, 0));
    if (runner_action(r)->requires == REQUIRES_ANY) {
        /* Nothing holds it up: one commit, and its first process runs. */
        log_run(r, RUN_CONFIRMED, r->reason);
        r->lease_wanted = true;
        r->work = WORK_STEP;
        snprintf(id, sizeof id, "%s", r->id);
        audit_begin(r); /* looked at while the steps run */
        step_next(r);
        const struct run_view *newest = run_book_at(r->book, 0);
        if (newest && strcmp(newest->id, id) == 0)
            r->ports.accept(r->ports.engine, id);
        return;
    }
    if (log_commit(r, LEASE_TAKEN, "prepared", &err) != ERR_OK) {
        run_never_began(r, &err);
        return;
    }
    r->ports.accept(r->ports.engine, r->id);
    r->work = WORK_JUDGING;
    audit_begin(r);
    r->since_ms = runner_mono(r);
    r->deadline_ms = r->since_ms + expect_patience_ms(r->ports.policy);
    atomic_store(&r->watches, true);
    r->ports.poll_now(r->ports.probes);
}

/* --- judging afresh --- */

/* The newest run that is not the one under way. */
static const char *run_before(const struct runner *r) {
    const struct run_view *view = run_book_at(r->book, 0);
    if (view && strcmp(view->id, r->id) == 0)
        view = run_book_at(r->book, 1);
    return view ? view->id : "";
}

/* Why it may not begin after all; "" = it may. */
static void judge(const struct runner *r, bool well, const char *unread, char *why, size_t cap,
                  bool *again) {
    struct run_plan *now = plan_make(r->s, r->plan->action);
    *again = false;
    why[0] = '\0';
    if (!well)
        snprintf(why, cap, "%s", unread);
    else if (now->fault[0])
        snprintf(why, cap, "%s", now->fault);
    else if (strcmp(run_before(r), r->plan->after) != 0)
        snprintf(why, cap, "another run has begun since the plan was shown: look at it again");
    else if (now->held[0])
        snprintf(why, cap, "%s", now->held);
    else if (now->seen != r->plan->seen)
        snprintf(why, cap, "the world has moved since the plan was shown: look at it again");
    *again = well && why[0];
    plan_free(now);
}

static void judge_turn(struct runner *r) {
    char unread[RUN_TEXT_CAP] = "the world could not be read", why[RUN_TEXT_CAP];
    bool all = false, again = false;
    if (!audit_over(r))
        return;
    bool well = r->s && expect_fresh(r->s, r->since_ms, &all, unread, sizeof unread);
    if (!all && !r->broken[0] && runner_mono(r) < r->deadline_ms)
        return;
    atomic_store(&r->watches, false);
    if (r->broken[0])
        snprintf(why, sizeof why, "%s", r->broken);
    else if (r->s)
        judge(r, well, unread, why, sizeof why, &again);
    else
        snprintf(why, sizeof why, "%s", unread);
    if (why[0]) {
        run_end(r, RUN_REFUSED, why);
        r->ports.refuse(r->ports.engine, why, again);
        return;
    }
    log_run(r, RUN_CONFIRMED, r->reason);
    r->work = WORK_STEP;
    step_next(r);
}

/* --- orders --- */

/* While something is under way here. Takes the order when it waits. */
static struct order *take_busy(struct runner *r, struct order *order) {
    const struct step_view *step = NULL;
    const struct run_view *view = run_book_at(r->book, 0);
    if (view && r->step >= 0 && (size_t)r->step < view->n_steps)
        step = &view->steps[r->step];
    if (order->kind == ORDER_STOP) {
        step_stop(r);
    } else if (order->kind == ORDER_ANSWER && view && view->asks && step) {
        step_answer(r, order->who, strcmp(order->word, "yes") == 0);
    } else if (order->kind == ORDER_RUN && !r->next && runner_action(r)->requires == REQUIRES_GO &&
               r->ports.policy->actions[order->plan->action].requires == REQUIRES_ANY) {
        r->next = order;
        step_stop(r);
        return NULL;
    } else {
        log_refuse(r, order, name_of(r, order), false, "%s is under way, step %d",
                   runner_action(r)->name, r->step + 1);
    }
    return order;
}

static void take_order(struct runner *r, struct order *order) {
    struct err ignored = ERR_INIT, why = ERR_INIT; /* the commit will say the first */
    if (people_check(r->ports.policy, order->who, order->user, &why) != ERR_OK) {
        log_refuse(r, order, name_of(r, order), false, "%s", why.what);
        order_free(order);
        return;
    }
    if (r->work != WORK_NONE) {
        order_free(take_busy(r, order));
        return;
    }
    (void)log_follow(r, &ignored);
    switch (order->kind) {
    case ORDER_RUN:
        begin(r, order);
        break;
    case ORDER_RESUME:
        decide_resume(r, order);
        break;
    case ORDER_UNDO:
        decide_undo(r, order);
        break;
    case ORDER_ABANDON:
        decide_abandon(r, order);
        break;
    case ORDER_STOP:
    case ORDER_ANSWER:
        log_refuse(r, order, name_of(r, order), false, "nothing is under way here");
        break;
    }
    order_free(order);
}

bool runner_listen(struct runner *r) {
    void *orders[INBOX_MAX];
    size_t n = queue_take(r->inbox, orders, INBOX_MAX, 0);
    for (size_t i = 0; i < n; i++)
        take_order(r, orders[i]);
    return !queue_closed(r->inbox);
}

/* --- the thread --- */

/* A run that nobody is at any more: its ledger says so from now on. */
static void clear_dead(struct runner *r) {
    const struct run_view *newest = run_book_at(r->book, 0);
    char holder[LEASE_HOLDER_CAP], text[LEASE_HOLDER_CAP + 64];
    struct err ignored = ERR_INIT; /* then the next time */
    if (!newest || !run_is_active(newest->state) || r->partial ||
        lease_held(r->lease, runner_mono(r), holder))
        return;
    if (!audit_verifies(r)) { /* who knows whether it did not come to its end? */
        r->partial = true;
        return;
    }
    snprintf(text, sizeof text, "%s is gone; its lease was taken over", holder);
    r->who[0] = '\0';
    snprintf(r->who, sizeof r->who, "gonogo");
    log_other(r, newest, run_state_left(newest->state), text);
    (void)log_commit(r, LEASE_CLEARED, "cleared", &ignored);
}

void runner_beat(struct runner *r) {
    int64_t now_ms = runner_mono(r);
    struct err ignored = ERR_INIT; /* then the next time */
    if (r->work == WORK_NONE || now_ms < r->beat_ms)
        return;
    r->beat_ms = now_ms + LEASE_BEAT_MS;
    (void)lease_beat(r->lease, &ignored);
}

static void keep_up(struct runner *r) {
    int64_t now_ms = runner_mono(r);
    struct err ignored = ERR_INIT;
    runner_beat(r);
    if (now_ms < r->follow_ms)
        return;
    r->follow_ms = now_ms + FOLLOW_MS;
    (void)log_follow(r, &ignored);
    if (r->work == WORK_NONE)
        clear_dead(r);
}

static void look(struct runner *r) {
    const struct snapshot *s = mailbox_take(&r->world);
    if (!s)
        return;
    snapshot_drop(r->s);
    r->s = s;
}

static void wait_for_news(struct runner *r) {
    struct pollfd ready[] = {{.fd = r->wake.read_fd, .events = POLLIN},
                             {.fd = r->proc_on ? r->proc.fd : -1, .events = POLLIN}};
    if (poll(ready, 2, r->audit ? 0 : (int)step_wait_ms(r)) > 0 && ready[0].revents)
        wake_drain(&r->wake);
}

static void turn(struct runner *r) {
    look(r);
    if (r->work == WORK_JUDGING) {
        judge_turn(r);
    } else if (r->work != WORK_NONE) {
        step_turn(r);
        audit_over(r);
    }
    if (r->work == WORK_NONE && r->next) {
        struct order *next = r->next;
        r->next = NULL;
        take_order(r, next);
    }
    if (r->work == WORK_NONE)
        output_prune(r);
    keep_up(r);
}

static void *runner_run(void *self) {
    struct runner *r = self;
    r->prune_ms = runner_mono(r) + PRUNE_FIRST_MS;
    clear_dead(r);
    while (runner_listen(r)) {
        turn(r);
        wait_for_news(r);
    }
    order_free(r->next);
    r->next = NULL;
    if (r->work != WORK_NONE && !r->stopping)
        step_stop(r);
    while (r->work != WORK_NONE) { /* until what runs has ended, or had to */
        wait_for_news(r);
        turn(r);
    }
    output_prune(r);
    return NULL;
}

/* --- the callers' side --- */

static void drop_order(void *item) {
    order_free(item);
}

static void drop_world(void *ref) {
    snapshot_drop(ref);
}

struct runner *runner_new(void) {
    struct runner *r = mem_zero(1, sizeof *r);
    struct err err = ERR_INIT;
    r->file = -1;
    r->proc.fd = -1;
    if (wake_init(&r->wake, &err) != ERR_OK)
        r->wake = (struct wake){-1, -1}; /* runner_start() says so */
    r->inbox = queue_new(INBOX_MAX, drop_order, &r->wake);
    mailbox_init(&r->world, drop_world, &r->wake);
    return r;
}

enum err_code runner_start(struct runner *r, const struct runner_ports *ports, struct err *err) {
    r->ports = *ports;
    r->book = run_book_new(ports->policy);
    if (r->wake.read_fd < 0)
        return wake_init(&r->wake, err);
    if (log_open(r, err) != ERR_OK)
        return err->code;
    if (thread_start(&r->thread, THREAD_STACK_WORKER, "gonogo-runner", runner_run, r, err) !=
        ERR_OK)
        return err->code;
    r->started = true;
    return ERR_OK;
}

bool runner_order(struct runner *r, struct order *order) {
    if (atomic_load(&r->started) && queue_try_push(r->inbox, order) == QUEUE_OK)
        return true;
    order_free(order);
    return false;
}

bool runner_watches(const struct runner *r) {
    return atomic_load(&r->watches);
}

void runner_see(struct runner *r, const struct snapshot *s) {
    mailbox_put(&r->world, (void *)(uintptr_t)snapshot_keep(s));
}

void runner_stop(struct runner *r) {
    queue_close(r->inbox);
    if (atomic_exchange(&r->started, false))
        pthread_join(r->thread, NULL);
}

void runner_free(struct runner *r) {
    if (!r)
        return;
    runner_stop(r);
    snapshot_drop(r->s);
    plan_free(r->plan);
    audit_stop(r);
    run_book_free(r->book);
    lease_free(r->lease);
    ledger_close(r->ledger);
    queue_free(r->inbox);
    mailbox_fini(&r->world);
    wake_fini(&r->wake);
    free(r);
}
