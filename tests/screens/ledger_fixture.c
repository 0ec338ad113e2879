#include "tests/screens/ledger_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/engine/ledger.h"

/* Four months of releases: a vote here and there among what machines write. */
static struct record *entry(int i, int64_t wall_ms) {
    static const char *const versions[] = {"2.0.0.17", "2.0.0.18", "2.0.0.19", "2.0.0.20"};
    struct record *r = record_new(i % 50 == 49   ? RECORD_VOTE
                                  : i % 250 == 7 ? RECORD_REFUSED
                                                 : RECORD_VERDICT);
    r->at_ms = wall_ms - (LEDGER_FIXTURE_ENTRIES - i) * INT64_C(3600000);
    RECORD_PUT(r->target, versions[i * 4 / LEDGER_FIXTURE_ENTRIES]);
    if (r->kind == RECORD_VERDICT) {
        RECORD_PUT(r->word, i % 2 ? "GO" : "HOLD");
        RECORD_PUT(r->text, i % 2 ? "" : "soak: 19 h 12 m of 24 h");
        return r;
    }
    RECORD_PUT(r->who, i % 100 == 99 ? "support-lead" : "ops-lead");
    RECORD_PUT(r->role, i % 100 == 99 ? "support" : "ops");
    RECORD_PUT(r->word, r->kind == RECORD_VOTE ? "go" : "vote");
    RECORD_PUT(r->text, r->kind == RECORD_VOTE ? "a quiet night" : "the candidate has changed");
    return r;
}

static bool tell(void *self, const struct record *r) {
    world_records(self, &r, 1, false);
    return true;
}

static enum err_code fill(struct ledger_fixture *f, struct world *w, int64_t wall_ms,
                          struct err *err) {
    struct ledger *l = ledger_open(f->path, LEDGER_UNSYNCED, NULL, clock_system(), err);
    if (!l || ledger_begin(l, err) != ERR_OK)
        return err->code;
    for (int i = 0; i < LEDGER_FIXTURE_ENTRIES && err->code == ERR_OK; i++) {
        struct record *r = entry(i, wall_ms);
        ledger_append(l, r, err);
        record_drop(r);
    }
    if (err->code == ERR_OK && ledger_commit(l, err) == ERR_OK)
        ledger_each(l, 1, tell, w, err);
    ledger_close(l);
    return err->code;
}

bool ledger_fixture_start(struct ledger_fixture *f, struct world *w, int64_t wall_ms,
                          struct wake *wake) {
    struct err err = ERR_INIT;
    const char *base = getenv("TMPDIR");
    *f = (struct ledger_fixture){.policy.ledger.file = f->path};
    snprintf(f->folder, sizeof f->folder, "%.40s/ledger-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(f->folder))
        return false;
    snprintf(f->path, sizeof f->path, "%s/l.db", f->folder);
    if (fill(f, w, wall_ms, &err) == ERR_OK)
        f->reader = reader_start(&f->policy, clock_system(), wake, &err);
    if (!f->reader)
        err_print(stderr, &err);
    return f->reader != NULL;
}

void ledger_fixture_stop(struct ledger_fixture *f) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    reader_stop(f->reader);
    for (size_t i = 0; f->folder[0] && i < sizeof ends / sizeof *ends; i++) {
        char name[sizeof f->path + 8];
        snprintf(name, sizeof name, "%s%s", f->path, ends[i]);
        unlink(name);
    }
    if (f->folder[0])
        rmdir(f->folder);
}
