#include "src/cmd/ledger_verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"
#include "src/cmd/cmd.h"
#include "src/model/chain.h"

enum {
    FAULTS_SHOWN = 100,              /* more of them say nothing more */
    LINE_CAP = RECORD_JSON_CAP + 512 /* an entry, its hash and its signature */
};

struct walk {
    const struct verify *asked;
    struct chain *chain;
    uint64_t entries, faults, head_at;
};

static void walk_init(struct walk *w, const struct verify *v) {
    *w = (struct walk){
        .asked = v,
        .chain = chain_new(v->n_keys > 0 ? v->keys[0] : NULL, v->n_keys, v->every_signature)};
}

static void say_fault(struct walk *w, const char *fault) {
    char safe[2 * CHAIN_FAULT_CAP];
    text_safe(safe, sizeof safe, fault, strlen(fault));
    if (w->faults++ < FAULTS_SHOWN)
        puts(safe);
    else if (w->faults == FAULTS_SHOWN + 1)
        puts("and more");
}

static bool walk_on(void *self, const struct chain_entry *e) {
    struct walk *w = self;
    char fault[CHAIN_FAULT_CAP];
    w->entries++;
    if (!chain_add(w->chain, e, fault))
        say_fault(w, fault);
    if (w->asked->head && strcmp(chain_head(w->chain), w->asked->head) == 0)
        w->head_at = chain_length(w->chain);
    return true;
}

static void sum_up(const struct walk *w) {
    unsigned long long entries = w->entries, is_signed = chain_signed(w->chain);
    if (w->faults > 0) {
        printf("%llu entr%s, %llu fault%s\n", entries, entries == 1 ? "y" : "ies",
               (unsigned long long)w->faults, w->faults == 1 ? "" : "s");
        return;
    }
    printf("%llu entr%s, the chain holds\nhead %s\n", entries, entries == 1 ? "y" : "ies",
           chain_head(w->chain));
    if (is_signed > 0)
        printf("%llu signed%s\n", is_signed,
               w->asked->n_keys > 0 ? "" : ", by keys that were not compared (--public-key KEY)");
    if (w->head_at > 0)
        printf("the noted head is that of entry %llu\n", (unsigned long long)w->head_at);
}

/* What stands behind the last entry can only be known from elsewhere. */
static int walk_end(struct walk *w, uint64_t highest) {
    char fault[CHAIN_FAULT_CAP];
    if (!chain_end(w->chain, fault))
        say_fault(w, fault);
    if (!chain_reaches(w->chain, highest, fault))
        say_fault(w, fault);
    if (w->asked->head && w->head_at == 0)
        say_fault(w, "the noted head is not in it: its end was cut off, or it was made anew");
    sum_up(w);
    int code = w->faults > 0 ? EXIT_NO_GO : EXIT_GO;
    chain_free(w->chain);
    return cmd_close_stdout(code);
}

int verify_ledger(const struct verify *v, struct ledger *l) {
    struct err err = ERR_INIT;
    struct walk w;
    walk_init(&w, v);
    uint64_t highest = (uint64_t)ledger_highest(l);
    if (ledger_rows(l, LEDGER_ROWS_ALL, walk_on, &w, &err) == ERR_OK)
        return walk_end(&w, highest);
    chain_free(w.chain);
    return cmd_fail(&err);
}

/* The last line of an export: {"entries":N,"head":"HEX"}. Nothing may stand behind it. */
static bool is_end(const struct walk *w, const char *line) {
    char want[128];
    snprintf(want, sizeof want, "{\"entries\":%llu,\"head\":\"%s\"}",
             (unsigned long long)w->entries, chain_head(w->chain));
    return strcmp(line, want) == 0;
}

static void read_line(struct walk *w, const char *line, size_t n, bool *ended) {
    unsigned char signature[ED25519_SIGNATURE];
    struct chain_entry e;
    char fault[CHAIN_FAULT_CAP];
    if (*ended) {
        say_fault(w, "something stands behind the end");
    } else if (strlen(line) == n && is_end(w, line)) {
        *ended = true;
    } else if (chain_read(line, n, &e, signature)) {
        walk_on(w, &e);
    } else {
        snprintf(fault, sizeof fault, "the line behind entry %llu is no entry: it was changed",
                 (unsigned long long)chain_length(w->chain));
        say_fault(w, fault);
    }
}

static enum err_code read_lines(struct walk *w, FILE *f, const char *path, struct err *err) {
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    bool ended = false;
    errno = 0;
    while ((n = getline(&line, &size, f)) > 0 && n <= LINE_CAP) {
        bool whole = line[n - 1] == '\n';
        if (whole)
            line[--n] = '\0';
        read_line(w, line, (size_t)n, &ended);
        if (!whole)
            say_fault(w, "the last line does not end: something was cut off");
    }
    free(line);
    if (n > LINE_CAP)
        return err_set(err, ERR_LIMIT, path, "name a file that gonogo ledger export wrote",
                       "a line is longer than an entry can be");
    if (ferror(f))
        return err_errno(err, ERR_IO, path, NULL, "cannot be read");
    if (!ended)
        say_fault(w, "the end is missing: the last lines were cut off");
    return ERR_OK;
}

int verify_lines(const struct verify *v, const char *path) {
    struct err err = ERR_INIT;
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "re");
    struct walk w;
    if (!f) {
        err_errno(&err, ERR_IO, path, "look at the name and the permissions", "cannot be opened");
        return cmd_fail(&err);
    }
    walk_init(&w, v);
    enum err_code code = read_lines(&w, f, standard ? "stdin" : path, &err);
    if (!standard)
        fclose(f);
    if (code == ERR_OK)
        return walk_end(&w, 0);
    chain_free(w.chain);
    return cmd_fail(&err);
}
