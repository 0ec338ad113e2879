#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/engine/outputs.h"
#include "src/engine/runner_parts.h"

enum {
    HEAD_BYTES = 1 << 20,   /* of what a step says: the beginning, where it says what it does, */
    TAIL_BYTES = 256 << 10, /* and the end, where it says what went wrong */
    SHOWN_BYTES = 64 << 10, /* that a screen scrolls through */
    PRUNE_MS = 3600 * 1000, /* and behind every run */
    TELL_MS = 100,          /* at most ten pictures a second of a flood */
};

/* -1 when it cannot be made: then the output is only shown. */
static int open_file(const struct runner *r, int step, bool undo) {
    char *folder = outputs_folder(r->ports.ledger);
    char *own = mem_format("%s/%s", folder, r->id);
    char *path = outputs_path(r->ports.ledger, r->id, step, undo);
    int fd = -1;
    if ((mkdir(folder, 0700) == 0 || errno == EEXIST) && (mkdir(own, 0700) == 0 || errno == EEXIST))
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(path);
    free(own);
    free(folder);
    return fd;
}

/* Is NAME=… one of the variables that the step lists? Those it has are secrets of its own. */
static bool is_listed(const char *entry, char *const *names) {
    size_t n = strcspn(entry, "=");
    for (; names && *names; names++) {
        size_t len = strlen(*names);
        bool any = len > 0 && (*names)[len - 1] == '*';
        if (any ? n >= len - 1 && strncmp(entry, *names, len - 1) == 0
                : n == len && strncmp(entry, *names, n) == 0)
            return true;
    }
    return false;
}

void output_begin(struct runner *r, int step, bool undo) {
    char *const *names = r->plan->steps[step].spec->env;
    const char **known = plan_secrets(r->ports.policy);
    char **env = proc_env(names);
    size_t n = 0, at = 0, k = 0;
    while (known[n])
        n++;
    while (env[k])
        k++;
    const char **secrets = mem_zero(n + k + 1, sizeof *secrets);
    for (size_t i = 0; i < n; i++)
        secrets[at++] = known[i];
    for (size_t i = 0; i < k; i++)
        if (is_listed(env[i], names))
            secrets[at++] = strchr(env[i], '=') + 1;
    r->file = open_file(r, step, undo);
    r->capture = capture_new(HEAD_BYTES, TAIL_BYTES, secrets, r->file);
    r->told = 0;
    r->tell_ms = 0;
    proc_env_free(env);
    free(secrets);
    free(known);
}

void output_add(struct runner *r, const char *bytes, size_t n) {
    capture_add(r->capture, bytes, n);
}

void output_tell(struct runner *r, bool now) {
    int64_t now_ms = runner_mono(r);
    if (!r->capture || capture_total(r->capture) == r->told || (!now && now_ms < r->tell_ms))
        return;
    r->told = capture_total(r->capture);
    r->tell_ms = now_ms + TELL_MS;
    char *safe = capture_text(r->capture, SHOWN_BYTES);
    struct run_text *text = run_text_new(r->step, r->told, safe, strlen(safe));
    r->ports.output(r->ports.engine, r->id, text);
    run_text_drop(text);
    free(safe);
}

void output_end(struct runner *r, char hex[HASH_HEX_CAP]) {
    hex[0] = '\0';
    if (!r->capture)
        return;
    capture_end(r->capture);
    output_tell(r, true);
    if (capture_total(r->capture) > 0)
        capture_digest(r->capture, hex);
    capture_free(r->capture);
    r->capture = NULL;
    if (r->file >= 0)
        close(r->file);
    r->file = -1;
}

/* Those of runs that wait for a decision are wanted for it. */
static bool stays(void *self, const char *run) {
    const struct runner *r = self;
    const struct run_view *view;
    for (size_t i = 0; (view = run_book_at(r->book, i)) != NULL; i++)
        if (strcmp(view->id, run) == 0)
            return run_is_active(view->state) || run_is_open(view->state);
    return false;
}

void output_prune(struct runner *r) {
    if (runner_mono(r) < r->prune_ms)
        return;
    r->prune_ms = runner_mono(r) + PRUNE_MS;
    outputs_prune(r->ports.ledger, &r->ports.policy->outputs, clock_wall_ms(r->ports.clock), stays,
                  r);
}
