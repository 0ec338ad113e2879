/* The thread's protocol: drafts come in through one bounded queue. After each of them, and at every turn,
 * what is new in the ledger is read and told, its own entries like those of others: so the engine sees
 * one order of things, the file's. A file that is not there yet is an empty ledger; it is made by the
 * first entry. */
#include "src/engine/clerk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/base/text.h"
#include "src/base/thread.h"
#include "src/engine/ledger.h"
#include "src/model/run.h"
#include "src/model/speak.h"

enum {
    INBOX_MAX = 64,  /* people do not speak faster than a disk writes */
    TURN_MS = 500,   /* what others wrote is seen within a second */
    RETRY_MS = 2000, /* after trouble */
    /* The whole chain is walked again when others have written, for a hand in its middle looks like them. */
    AUDIT_PIECE = 20000,  /* entries in one turn */
    AUDIT_GAP_MS = 10000, /* between two walks at least, */
    AUDIT_SHARE = 50,     /* and so many times as long as one took */
};

struct clerk {
    const struct policy *policy;
    const struct clock *clock;
    void (*deliver)(void *self, struct clerk_news *news);
    void *self;
    struct queue *inbox;
    pthread_t thread;

    /* The thread's own. */
    struct ledger *ledger;
    bool writes; /* the ledger is open for it */
    enum ledger_state state;
    char note[320];
    uint64_t last;            /* the newest entry that was told */
    char head[HASH_HEX_CAP];  /* its hash */
    bool read_once;           /* to its end */
    bool unread;              /* it was opened and not read yet */
    int64_t turn_ms;          /* the next turn, by the system's clock */
    struct clerk_news *batch; /* being filled */
    struct err broken;        /* an entry that does not follow what was told */
    char active
        [RECORD_RUN_CAP]; /* the newest run that somebody is at, as its records say; "" = none */
    struct ledger_audit *audit; /* under way; NULL = not */
    bool audit_due;             /* others have written since the last one began */
    int64_t audit_ms;           /* by the system's clock: the next one may begin */
    int64_t audit_took_ms;      /* this one, so far */
    struct err faulty;          /* what the last one found */
    bool gone;                  /* and nobody is: that was told */
};

static void drop_draft(void *item) {
    record_drop(item);
}

void clerk_news_free(struct clerk_news *news) {
    if (!news)
        return;
    for (size_t i = 0; i < news->n; i++)
        record_drop(news->records[i]);
    free(news);
}

static int64_t real_ms(void) {
    return clock_mono_ms(clock_system());
}

/* News */

static struct clerk_news *new_batch(const struct clerk *clerk) {
    struct clerk_news *news = mem_zero(1, sizeof *news);
    news->fresh = clerk->read_once;
    return news;
}

/* What is in the batch goes out with the state as it is now. */
static void tell(struct clerk *clerk) {
    struct clerk_news *news = clerk->batch;
    clerk->batch = NULL;
    if (!news)
        news = new_batch(clerk);
    news->state = clerk->state;
    memcpy(news->note, clerk->note, sizeof news->note);
    clerk->deliver(clerk->self, news);
}

static void hear_run(struct clerk *clerk, const struct record *r) {
    if (run_is_active(run_state_find(r->word)))
        snprintf(clerk->active, sizeof clerk->active, "%s", r->run);
    else if (strcmp(clerk->active, r->run) == 0)
        clerk->active[0] = '\0';
    clerk->gone = false;
}

static bool hear(void *self, const struct record *r) {
    struct clerk *clerk = self;
    if (clerk->last > 0 && strcmp(r->prev, clerk->head) != 0) {
        err_set(&clerk->broken, ERR_REFUSED, clerk->policy->ledger.file, "see gonogo ledger verify",
                "entry %llu was changed after it was read", (unsigned long long)clerk->last);
        return false;
    }
    if (!clerk->batch)
        clerk->batch = new_batch(clerk);
    if (r->kind == RECORD_RUN)
        hear_run(clerk, r);
    clerk->batch->records[clerk->batch->n++] = record_keep(r);
    clerk->last = r->seq;
    memcpy(clerk->head, r->hash, sizeof clerk->head);
    if (clerk->batch->n == CLERK_BATCH)
        tell(clerk);
    return true;
}

static void set_state(struct clerk *clerk, enum ledger_state state, const struct err *why) {
    char note[sizeof clerk->note] = "";
    if (why)
        err_text(why, note, sizeof note);
    bool news = state != clerk->state || strcmp(note, clerk->note) != 0;
    clerk->state = state;
    memcpy(clerk->note, note, sizeof note);
    if (news || clerk->batch)
        tell(clerk);
}

static void close_ledger(struct clerk *clerk) {
    ledger_audit_free(clerk->audit);
    clerk->audit = NULL;
    ledger_close(clerk->ledger);
    clerk->ledger = NULL;
    clerk->writes = false;
}

static void lose(struct clerk *clerk, const struct err *why) {
    close_ledger(clerk);
    set_state(clerk, why->code == ERR_REFUSED ? LEDGER_TAMPERED : LEDGER_LOST, why);
}

/* Reading */

static bool open_to_read(struct clerk *clerk) {
    struct err err = ERR_INIT;
    const struct policy *policy = clerk->policy;
    clerk->ledger =
        ledger_open(policy->ledger.file, LEDGER_READ, &policy->ledger, clerk->clock, &err);
    if (clerk->ledger) {
        ledger_changed(clerk->ledger); /* others' are what comes from now on */
        clerk->unread = true;
        return true;
    }
    if (err.code != ERR_MISSING || clerk->last > 0) {
        lose(clerk, &err);
        return false;
    }
    clerk->read_once = true; /* nothing was ever written: that is known to its end */
    set_state(clerk, LEDGER_WELL, NULL);
    return false;
}

/* All that is new was read: is what was read before still what it was? */
static void settle(struct clerk *clerk) {
    bool sound = clerk->faulty.code == ERR_OK;
    set_state(clerk, sound ? LEDGER_WELL : LEDGER_TAMPERED, sound ? NULL : &clerk->faulty);
}

/* Does somebody live who is at the run? Told to those who have no runner to write it down; with one, the
 * record comes within a second, and says the same. */
static void tell_gone(struct clerk *clerk, const struct lease_sight *before) {
    struct lease_sight now;
    if (!clerk->active[0] || clerk->gone || clerk->state != LEDGER_WELL || !clerk->ledger)
        return;
    lease_look(clerk->ledger, clerk->policy->ledger.file, &now);
    if (!lease_same(before, &now) || now.life != LEASE_DEAD || strcmp(now.run, clerk->active) != 0)
        return;
    clerk->gone = true;
    clerk->batch = new_batch(clerk);
    memcpy(clerk->batch->gone, now.run, sizeof now.run);
    memcpy(clerk->batch->holder, now.holder, sizeof now.holder);
    tell(clerk);
}

/* Tells what is new. `mine`: there is something, for this thread wrote it. */
static void read_news(struct clerk *clerk, bool mine) {
    struct err err = ERR_INIT;
    bool others = ledger_changed(clerk->ledger);
    bool sound = clerk->state == LEDGER_WELL || clerk->faulty.code != ERR_OK;
    clerk->audit_due |= others && clerk->read_once;
    if (!mine && !others && sound && !clerk->unread)
        return;
    clerk->broken = (struct err)ERR_INIT;
    if (ledger_each(clerk->ledger, clerk->last + 1, hear, clerk, &err) != ERR_OK ||
        clerk->broken.code != ERR_OK) {
        lose(clerk, err.code != ERR_OK ? &err : &clerk->broken);
        return;
    }
    settle(clerk);
    clerk->read_once = true;
    clerk->unread = false;
}

static void audit_piece(struct clerk *clerk) {
    struct err err = ERR_INIT;
    int64_t began_ms = real_ms();
    if (!clerk->audit && (!clerk->audit_due || began_ms < clerk->audit_ms || !clerk->ledger))
        return;
    if (!clerk->audit) {
        clerk->audit = ledger_audit_new(clerk->ledger, clerk->last, clerk->head);
        clerk->audit_due = false;
        clerk->audit_took_ms = 0;
    }
    enum audit_state state = ledger_audit_turn(clerk->audit, AUDIT_PIECE, &err);
    clerk->audit_took_ms += real_ms() - began_ms;
    if (state == AUDIT_MORE)
        return;
    int64_t gap_ms = AUDIT_SHARE * clerk->audit_took_ms;
    clerk->audit_ms = real_ms() + (gap_ms > AUDIT_GAP_MS ? gap_ms : AUDIT_GAP_MS);
    ledger_audit_free(clerk->audit);
    clerk->audit = NULL;
    if (state == AUDIT_BROKEN && err.code != ERR_REFUSED) {
        clerk->audit_due = true; /* busy, or trouble that reading will meet too */
        return;
    }
    clerk->faulty = err; /* or that it is whole again */
    if (clerk->state == LEDGER_WELL || clerk->state == LEDGER_TAMPERED)
        settle(clerk);
}

static void turn(struct clerk *clerk, bool mine) {
    struct lease_sight before;
    if (!clerk->ledger && !open_to_read(clerk))
        return;
    lease_look(clerk->ledger, clerk->policy->ledger.file, &before);
    read_news(clerk, mine);
    tell_gone(clerk, &before);
    audit_piece(clerk);
}

/* Writing */

static bool open_to_write(struct clerk *clerk, struct err *err) {
    const struct policy *policy = clerk->policy;
    if (clerk->writes)
        return true;
    close_ledger(clerk);
    clerk->ledger =
        ledger_open(policy->ledger.file, LEDGER_APPEND, &policy->ledger, clerk->clock, err);
    clerk->writes = clerk->ledger != NULL;
    if (clerk->writes)
        ledger_changed(clerk->ledger); /* what is there is read behind the draft */
    return clerk->writes;
}

static void fail(struct clerk *clerk, const struct record *draft, const struct err *why) {
    char line[EVENT_CAP], reason[sizeof clerk->note], all[sizeof line + sizeof reason + 32];
    speak_line(draft, line, sizeof line);
    err_text(why, reason, sizeof reason);
    snprintf(all, sizeof all, "not recorded, and so not done: %s: %s", line, reason);
    if (clerk->batch)
        tell(clerk);
    clerk->batch = new_batch(clerk);
    text_safe(clerk->batch->failed, sizeof clerk->batch->failed, all, strlen(all));
    if (why->code == ERR_BUSY)
        tell(clerk); /* others write: the next one may have more luck */
    else
        lose(clerk, why);
}

/* A ledger that was tampered with, or that the clerk could not read, is not added to. */
static void write_draft(struct clerk *clerk, struct record *draft) {
    struct err err = ERR_INIT;
    if (clerk->state == LEDGER_TAMPERED)
        err_set(&err, ERR_REFUSED, clerk->policy->ledger.file, "see gonogo ledger verify",
                "the ledger was tampered with");
    else if (open_to_write(clerk, &err))
        ledger_append(clerk->ledger, draft, &err);
    if (err.code != ERR_OK)
        fail(clerk, draft, &err);
}

static void *clerk_run(void *self) {
    struct clerk *clerk = self;
    void *items[INBOX_MAX];
    turn(clerk, false);
    while (!queue_closed(clerk->inbox)) {
        int64_t left_ms = clerk->turn_ms - real_ms();
        size_t n = queue_take(clerk->inbox, items, INBOX_MAX, left_ms > 0 ? left_ms : 0);
        for (size_t i = 0; i < n; i++) {
            write_draft(clerk, items[i]);
            record_drop(items[i]);
        }
        if (n == 0 && real_ms() < clerk->turn_ms)
            continue;
        turn(clerk, n > 0);
        clerk->turn_ms = real_ms() + (clerk->state == LEDGER_WELL ? TURN_MS : RETRY_MS);
    }
    close_ledger(clerk);
    return NULL;
}

/* The callers' side */

struct clerk *clerk_start(const struct policy *policy, const struct clock *clock,
                          void (*deliver)(void *self, struct clerk_news *news), void *self,
                          struct err *err) {
    struct clerk *clerk = mem_zero(1, sizeof *clerk);
    *clerk = (struct clerk){.policy = policy,
                            .clock = clock,
                            .deliver = deliver,
                            .self = self,
                            .state = LEDGER_OPENING,
                            .inbox = queue_new(INBOX_MAX, drop_draft, NULL)};
    if (thread_start(&clerk->thread, THREAD_STACK_WORKER, "gonogo-clerk", clerk_run, clerk, err) ==
        ERR_OK)
        return clerk;
    queue_free(clerk->inbox);
    free(clerk);
    return NULL;
}

bool clerk_write(struct clerk *clerk, struct record *draft) {
    if (queue_try_push(clerk->inbox, draft) == QUEUE_OK)
        return true;
    record_drop(draft);
    return false;
}

void clerk_stop(struct clerk *clerk) {
    if (!clerk)
        return;
    queue_close(clerk->inbox);
    pthread_join(clerk->thread, NULL);
    clerk_news_free(clerk->batch);
    queue_free(clerk->inbox);
    free(clerk);
}
