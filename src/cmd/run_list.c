#include "src/cmd/run_list.h"

#include <poll.h>
#include <stdio.h>

#include "src/cmd/cmd.h"
#include "src/cmd/run_show.h"
#include "src/engine/lease.h"
#include "src/engine/ledger.h"

enum { LOOK_MS = 200 };

struct listing {
    struct ledger *ledger;
    const char *path;
    struct run_book *book;
    uint64_t last;     /* the newest entry that was read */
    struct err faulty; /* the first that was tampered with */
};

static bool fold(void *self, const struct record *r) {
    struct listing *l = self;
    run_book_fold(l->book, r);
    l->last = r->seq;
    return true;
}

/* Another machine's holder is told by its beat, which has to be watched. */
static void watch_beat(struct listing *l, struct lease_sight *sight) {
    struct lease_sight now = *sight;
    const struct clock *clock = clock_system();
    int64_t until_ms = clock_mono_ms(clock) + LEASE_DEAD_MS;
    fprintf(stderr, "gonogo: run: watching whether %s still lives, for %d s at most\n",
            sight->holder, LEASE_DEAD_MS / 1000);
    while (lease_same(&now, sight) && clock_mono_ms(clock) < until_ms) {
        poll(NULL, 0, LOOK_MS);
        lease_look(l->ledger, l->path, &now);
    }
    if (lease_same(&now, sight))
        sight->life = LEASE_DEAD;
}

static bool fold_row(void *self, const struct chain_entry *e) {
    struct listing *l = self;
    struct err ignored = ERR_INIT;
    struct record *r = record_read(e->body, e->n, l->path, &ignored);
    if (r)
        fold(l, r);
    record_drop(r);
    return true;
}

/* What stands behind an entry that was tampered with is shown too, and then what is wrong: a rollback may
 * be there. */
static enum err_code read_on(struct listing *l, struct err *err) {
    struct err broken = ERR_INIT;
    if (ledger_each(l->ledger, l->last + 1, fold, l, &broken) == ERR_OK)
        return ERR_OK;
    if (broken.code == ERR_REFUSED && l->faulty.code == ERR_OK)
        l->faulty = broken;
    else if (broken.code != ERR_REFUSED)
        return err_set(err, broken.code, broken.where, broken.todo, "%s", broken.what);
    return ledger_rows(l->ledger, (int64_t)l->last + 1, fold_row, l, err);
}

/* The records, and who is at the newest run. A look at the lease before and after the reading, the same
 * both times, belongs to what was read between them. */
static enum err_code read_all(struct listing *l, struct err *err) {
    struct lease_sight before, after;
    do {
        lease_look(l->ledger, l->path, &before);
        if (read_on(l, err) != ERR_OK)
            return err->code;
        lease_look(l->ledger, l->path, &after);
    } while (!lease_same(&before, &after));
    const struct run_view *newest = run_book_at(l->book, 0);
    if (!newest || !run_is_active(newest->state))
        return ERR_OK;
    if (after.life == LEASE_FOREIGN)
        watch_beat(l, &after);
    if (after.life == LEASE_DEAD || after.life == LEASE_FREE)
        run_book_gone(l->book, newest->id, after.holder[0] ? after.holder : "who was at it");
    else if (after.life == LEASE_HIDDEN)
        fprintf(stderr, "gonogo: run: whether %s lives cannot be told: %s.lease may not be read\n",
                after.holder, l->path);
    return ERR_OK;
}

static void print(const struct policy *policy, const struct listing *l, bool json) {
    const struct run_view *view;
    int64_t now_ms = clock_wall_ms(clock_system());
    json_t *all = json_array();
    for (size_t i = 0; (view = run_book_at(l->book, i)) != NULL; i++) {
        if (json)
            json_array_append_new(all, show_run_json(policy, view, now_ms));
        else
            show_run_line(view, now_ms);
        if (!json && i == 0)
            show_decision(policy, view);
    }
    if (json) {
        json_t *out = json_pack("{s:O}", "runs", all);
        json_dumpf(out, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(out);
    }
    json_decref(all);
}

int run_list(const struct policy *policy, bool json) {
    struct err err = ERR_INIT;
    struct listing l = {.path = policy->ledger.file, .book = run_book_new(policy)};
    if (l.path)
        l.ledger = ledger_open(l.path, LEDGER_READ, &policy->ledger, clock_system(), &err);
    if (l.ledger)
        read_all(&l, &err);
    print(policy, &l, json);
    ledger_close(l.ledger);
    run_book_free(l.book);
    if (err.code == ERR_OK && l.faulty.code != ERR_OK)
        err = l.faulty;
    if (err.code != ERR_OK && err.code != ERR_MISSING) {
        fflush(stdout);
        return cmd_fail(&err);
    }
    return cmd_close_stdout(EXIT_GO);
}
