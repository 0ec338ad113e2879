/* Logs that a command writes (`journalctl -f`, `ssh HOST tail -F …`): started by its argument list,
 * started again when it ends, each time after a longer pause. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/tail_inside.h"
#include "src/base/mem.h"
#include "src/base/proc.h"

enum {
    PAUSE_FIRST_MS = 1000,
    PAUSE_MAX_MS = 60000,
    STEADY_MS = 60000, /* one that ran so long has earned a short pause again */
    GRACE_MS = 300,    /* at the end; a reader of logs has nothing to lose */
    ERRORS_MAX = 120,  /* of its last line of errors */
};

struct tail_command {
    struct place place;
    struct tail_file file; /* what lines are counted in */
    struct proc proc;
    bool runs;
    int64_t start_ms; /* mono: the next start */
    int64_t pause_ms;
    char *block;
    size_t have;
    char words[ERRORS_MAX + 1]; /* the last line of its errors, raw; may go on */
    size_t n_words;
    bool words_end;
};

static struct tail_command *make(struct tail *t, const struct follow *f) {
    struct tail_command *c = mem_zero(1, sizeof *c);
    c->place.log = f->log;
    c->place.handle = t->outlet.file(t->outlet.self, f->log, f->spec->name);
    c->file.place = &c->place;
    c->file.fd = -1;
    c->file.number = 0;
    c->block = mem_alloc(TAIL_LINE + 1 + TAIL_BLOCK);
    c->pause_ms = PAUSE_FIRST_MS;
    return c;
}

void tail_command_free(struct tail_command *c) {
    if (!c)
        return;
    if (c->runs)
        proc_fini(&c->proc);
    free(c->block);
    free(c);
}

static void start(struct tail *t, struct follow *f, struct tail_command *c) {
    struct err err = ERR_INIT;
    char **env = proc_env(NULL);
    const struct proc_spec spec = {
        .argv = f->spec->run, .env = env, .grace_ms = GRACE_MS, .split = true};
    c->runs = proc_start(&c->proc, &spec, t->mono_ms, &err) == ERR_OK;
    proc_env_free(env);
    c->n_words = 0;
    c->words_end = false;
    if (c->runs)
        return;
    snprintf(f->trouble, sizeof f->trouble, "%.50s %.60s: %.70s", f->spec->run[0], err.what,
             err.todo);
    c->start_ms = t->mono_ms + c->pause_ms;
    c->pause_ms = 2 * c->pause_ms < PAUSE_MAX_MS ? 2 * c->pause_ms : PAUSE_MAX_MS;
}

/* Keeps the last line. */
static void hear_errors(struct tail_command *c) {
    char bytes[1024];
    size_t n;
    while ((n = proc_read_errors(&c->proc, bytes, sizeof bytes)) > 0)
        for (size_t i = 0; i < n; i++) {
            if (bytes[i] == '\n') {
                c->words_end = true;
                continue;
            }
            if (c->words_end)
                c->n_words = 0;
            c->words_end = false;
            if (c->n_words < ERRORS_MAX)
                c->words[c->n_words++] = bytes[i];
        }
    c->words[c->n_words] = '\0';
}

static void hear_lines(struct tail *t, struct tail_command *c) {
    int64_t budget = TURN_BYTES;
    size_t n = 0;
    while (budget > 0 && (n = proc_read(&c->proc, c->block + c->have, TAIL_BLOCK)) > 0) {
        c->have = tail_take(t, &c->file, c->block, c->have + n);
        budget -= (int64_t)n;
        if (t->outlet.due(t->outlet.self))
            tail_tell_cursors(t);
    }
    if (n > 0)
        t->more = true;
}

static void end(struct tail *t, struct follow *f, struct tail_command *c) {
    char how[96];
    if (c->have > 0 && c->file.skim == 0)
        tail_give(t, &c->file, c->block, c->block + c->have);
    c->have = 0;
    c->file.skim = 0;
    c->runs = false;
    proc_end_text(&c->proc, how, sizeof how);
    bool steady = c->proc.ended_ms - c->proc.began_ms >= STEADY_MS;
    proc_fini(&c->proc);
    if (steady)
        c->pause_ms = PAUSE_FIRST_MS;
    snprintf(f->trouble, sizeof f->trouble, "%.40s ended (%.50s)%s%.60s: it is started again",
             f->spec->run[0], how, c->n_words ? ": " : "", c->words);
    c->start_ms = t->mono_ms + c->pause_ms;
    c->pause_ms = 2 * c->pause_ms < PAUSE_MAX_MS ? 2 * c->pause_ms : PAUSE_MAX_MS;
}

void tail_command_turn(struct tail *t, struct follow *f) {
    if (!f->command)
        f->command = make(t, f);
    struct tail_command *c = f->command;
    f->began = true;
    if (!c->runs && t->mono_ms >= c->start_ms)
        start(t, f, c);
    if (!c->runs)
        return;
    hear_lines(t, c);
    hear_errors(c);
    if (t->mono_ms - c->proc.began_ms >=
        TAIL_SLOW_MS) /* it runs: what ended the last one is over */
        f->trouble[0] = '\0';
    if (proc_turn(&c->proc, t->mono_ms))
        end(t, f, c);
}

bool tail_command_runs(const struct tail_command *c) {
    return c && c->runs;
}

int tail_command_fd(const struct tail_command *c, int which) {
    return !c || !c->runs ? -1 : which == 0 ? c->proc.fd : c->proc.err_fd;
}

int64_t tail_command_wait_ms(const struct tail_command *c, int64_t mono_ms) {
    if (!c || c->runs)
        return TAIL_POLL_MS;
    return c->start_ms > mono_ms ? c->start_ms - mono_ms : 0;
}

void tail_command_stop(struct tail_command *c, int64_t mono_ms) {
    if (c && c->runs)
        proc_stop(&c->proc, mono_ms);
}

bool tail_command_ends(struct tail_command *c, int64_t mono_ms) {
    if (!c || !c->runs)
        return false;
    proc_read(&c->proc, c->block, TAIL_BLOCK); /* nobody hears it any more */
    proc_read_errors(&c->proc, c->block, TAIL_BLOCK);
    return !proc_turn(&c->proc, mono_ms);
}
