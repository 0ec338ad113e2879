/* What an entry costs: appended with and without waiting for the disk, read back, verified, signed.
 * `bench_ledger [ENTRIES [FOLDER]]`: 100,000 in TMPDIR without arguments. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/engine/ledger.h"
#include "src/engine/reader.h"
#include "src/model/chain.h"

enum { ENTRIES = 100000, SYNCED = 500, SIGNED = 20000 };

static double now_us(void) {
    struct timespec at;
    /* lint: allow clock, microseconds are measured here. */
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void need(const struct err *err) {
    if (err->code == ERR_OK)
        return;
    err_print(stderr, err);
    exit(1);
}

/* Median, 99th percentile and the worst of so many appends. */
static void append_many(const char *path, enum ledger_how how, const struct ledger_spec *spec,
                        size_t n, const char *what) {
    struct err err = ERR_INIT;
    double *took = mem_zero(n, sizeof *took), begin = now_us();
    struct ledger *l = ledger_open(path, how, spec, clock_system(), &err);
    need(&err);
    for (size_t i = 0; i < n; i++) {
        struct record *r = record_new(RECORD_VOTE);
        RECORD_PUT(r->who, "support-lead");
        RECORD_PUT(r->role, "support");
        RECORD_PUT(r->word, "go");
        RECORD_PUT(r->target, "2.0.0.20");
        memset(r->fingerprint, 'a', HASH_HEX_CAP - 1);
        RECORD_PUT(r->text, "nobody has called since yesterday, the queue is empty");
        double from = now_us();
        ledger_append(l, r, &err);
        took[i] = now_us() - from;
        record_drop(r);
        need(&err);
    }
    double all_s = (now_us() - begin) / 1e6;
    ledger_close(l);
    qsort(took, n, sizeof *took, compare);
    printf(
        "append %-28s %7zu entries: median %8.1f us, p99 %8.1f us, most %8.1f us, %9.0f a second\n",
        what, n, took[n / 2], took[n * 99 / 100], took[n - 1], (double)n / all_s);
    free(took);
}

struct walk {
    struct chain *chain;
    size_t n;
};

static bool verify_one(void *self, const struct chain_entry *e) {
    struct walk *w = self;
    char fault[CHAIN_FAULT_CAP];
    w->n++;
    if (chain_add(w->chain, e, fault))
        return true;
    puts(fault);
    exit(1);
}

static bool count_one(void *self, const struct record *r) {
    (void)r;
    ++*(size_t *)self;
    return true;
}

static void verify(const char *path, const struct ledger_spec *spec, bool each, const char *what) {
    struct err err = ERR_INIT;
    char fault[CHAIN_FAULT_CAP];
    const unsigned char *keys = spec ? spec->trusted[0] : NULL;
    struct walk w = {.chain = chain_new(keys, spec ? 1 : 0, each)};
    struct ledger *l = ledger_open(path, LEDGER_READ, spec, clock_system(), &err);
    need(&err);
    double begin = now_us();
    ledger_rows(l, LEDGER_ROWS_ALL, verify_one, &w, &err);
    if (!chain_end(w.chain, fault))
        puts(fault);
    need(&err);
    double s = (now_us() - begin) / 1e6;
    printf("verify %-28s %7zu entries: %30s %26.0f a second\n", what, w.n, "", (double)w.n / s);
    chain_free(w.chain);
    ledger_close(l);
}

static void read_all(const char *path) {
    struct err err = ERR_INIT;
    size_t n = 0;
    struct ledger *l = ledger_open(path, LEDGER_READ, NULL, clock_system(), &err);
    need(&err);
    double begin = now_us();
    ledger_each(l, 1, count_one, &n, &err);
    need(&err);
    printf("read   %-28s %7zu entries: %30s %26.0f a second\n", "as records", n, "",
           (double)n / ((now_us() - begin) / 1e6));
    ledger_close(l);
}

/* What the screen waits for: the first page, one in the middle, and a filter over all of it. */
static void read_pages(const char *path, size_t n) {
    struct err err = ERR_INIT;
    struct policy policy = {.ledger.file = mem_copy_text(path)};
    struct wake wake;
    wake_init(&wake, &err);
    struct reader *reader = reader_start(&policy, clock_system(), &wake, &err);
    need(&err);
    const struct {
        const char *what;
        struct page_question q;
    } asked[] = {{"the first page", {"", 0, 0}},
                 {"a page in the middle", {"", 0, n / 2}},
                 {"a filter over all of it", {"nobody says this", 0, 0}}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        double begin = now_us();
        bool done = false;
        reader_ask(reader, &asked[i].q);
        while (!done) {
            struct pollfd fd = {.fd = wake.read_fd, .events = POLLIN};
            poll(&fd, 1, -1);
            wake_drain(&wake);
            const struct ledger_page *page = mailbox_take(reader_pages(reader));
            done = page && page->unread == 0;
            ledger_page_drop(page);
        }
        printf("reader %-28s %7zu entries: %30s %23.1f ms\n", asked[i].what, n, "",
               (now_us() - begin) / 1e3);
    }
    reader_stop(reader);
    wake_fini(&wake);
    free(policy.ledger.file);
}

int main(int argc, char **argv) {
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : ENTRIES;
    const char *temporary = getenv("TMPDIR");
    const char *base = argc > 2 ? argv[2] : temporary ? temporary : "/tmp";
    char *folder = mem_format("%s/gonogo-ledger.XXXXXX", base);
    struct err err = ERR_INIT;
    unsigned char key[ED25519_KEY], trusted[1][ED25519_KEY];
    if (n == 0 || !mkdtemp(folder))
        return 1;
    ed25519_generate(key, &err);
    need(&err);
    if (!ed25519_public(key, trusted[0]))
        return 1;
    struct ledger_spec spec = {.key = key, .trusted = trusted, .n_trusted = 1};
    char *plain = mem_format("%s/plain.db", folder), *signed_ = mem_format("%s/signed.db", folder),
         *synced = mem_format("%s/synced.db", folder);
    printf("in %s\n", base);
    append_many(plain, LEDGER_UNSYNCED, NULL, n, "without fsync");
    append_many(signed_, LEDGER_UNSYNCED, &spec, n < SIGNED ? n : SIGNED, "signed, without fsync");
    append_many(synced, LEDGER_APPEND, NULL, n < SYNCED ? n : SYNCED, "with fsync");
    verify(plain, NULL, false, "");
    verify(signed_, &spec, false, "signed, by the last one");
    verify(signed_, &spec, true, "signed, every signature");
    read_all(plain);
    read_pages(plain, n);
    static const char *const ends[] = {"", "-wal", "-shm"};
    char *const files[] = {plain, signed_, synced};
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            char *name = mem_format("%s%s", files[i], ends[k]);
            unlink(name);
            free(name);
        }
        free(files[i]);
    }
    rmdir(folder);
    free(folder);
    return 0;
}
