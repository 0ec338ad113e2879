/* gonogo run --output: what the steps of a run said. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/cmd/cmd.h"
#include "src/cmd/run_list.h"
#include "src/engine/ledger.h"
#include "src/engine/outputs.h"
#include "src/model/run.h"

enum { SLOTS = 2 * RUN_STEPS_MAX }; /* each step, and its undo */

struct finding {
    const char *run;
    bool known;
    const struct record *said[SLOTS]; /* the last record of each that has a digest; owned */
};

static bool is_undo(const struct record *r) {
    return strcmp(r->word, "undone") == 0 || strcmp(r->word, "undo-failed") == 0;
}

/* A file holds what was said last: so does the last record. */
static bool find(void *self, const struct record *r) {
    struct finding *f = self;
    if (strcmp(r->run, f->run) != 0)
        return true;
    f->known = true;
    if (r->kind != RECORD_STEP || r->digest[0] == '\0' || r->step < 0 || r->step >= RUN_STEPS_MAX)
        return true;
    const struct record **slot = &f->said[2 * r->step + is_undo(r)];
    record_drop(*slot);
    *slot = record_keep(r);
    return true;
}

static void print_lines(const struct buf *bytes) {
    const char *at = bytes->data, *end = at ? at + bytes->len : at;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        char *line = text_safe_copy(at, (size_t)((stop ? stop : end) - at));
        printf("  %s\n", line);
        free(line);
        at = stop ? stop + 1 : end;
    }
}

static void print_one(const struct policy *policy, const struct record *r, json_t *all) {
    char *path = outputs_path(policy->ledger.file, r->run, r->step, is_undo(r));
    char word[4 * RECORD_WORD_CAP];
    struct buf bytes;
    buf_init(&bytes, 0);
    enum output_kept kept = outputs_read(path, r->digest, &bytes);
    text_safe(word, sizeof word, r->word, strlen(r->word));
    if (all) {
        char *safe = text_safe_copy(bytes.data ? bytes.data : "", bytes.len);
        json_array_append_new(all, json_pack("{s:i, s:o, s:s, s:s, s:s, s:o}", "step", r->step + 1,
                                             "state", json_text(word), "sha256", r->digest, "kept",
                                             output_kept_name(kept), "file", path, "text",
                                             kept == OUTPUT_GONE ? json_null() : json_text(safe)));
        free(safe);
    } else {
        printf("step %d %s\n%s%s\n  sha256 %s\n  %s\n", r->step + 1, word,
               kept == OUTPUT_GONE ? "" : "  ", kept == OUTPUT_GONE ? "" : path, r->digest,
               output_kept_text(kept));
        print_lines(&bytes);
    }
    buf_fini(&bytes);
    free(path);
}

static void print_all(const struct policy *policy, const struct finding *f, bool json) {
    json_t *all = json ? json_array() : NULL;
    size_t n = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        if (!f->said[i])
            continue;
        print_one(policy, f->said[i], all);
        n++;
    }
    if (all) {
        json_t *out = json_pack("{s:o, s:o}", "run", json_text(f->run), "outputs", all);
        json_dumpf(out, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(out);
    } else if (n == 0) {
        puts("none of its steps has said anything");
    }
}

int run_output(const struct policy *policy, const char *run, bool json) {
    struct err err = ERR_INIT;
    struct finding f = {.run = run};
    struct ledger *l = policy->ledger.file ? ledger_open(policy->ledger.file, LEDGER_READ,
                                                         &policy->ledger, clock_system(), &err)
                                           : NULL;
    if (l)
        ledger_each(l, 1, find, &f, &err);
    ledger_close(l);
    if (err.code == ERR_OK && !f.known)
        err_set(&err, ERR_MISSING, "run", "see gonogo run --list", "there is no run \"%.48s\"",
                run);
    if (err.code == ERR_OK)
        print_all(policy, &f, json);
    for (size_t i = 0; i < SLOTS; i++)
        record_drop(f.said[i]);
    return err.code == ERR_OK ? cmd_close_stdout(EXIT_GO) : cmd_fail(&err);
}
