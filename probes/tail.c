#include "probes/tail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/tail_inside.h"
#include "src/base/mem.h"

enum {
    MANY_NAMES = 256, /* more are looked at once a second */
    END_TURNS = 500,  /* of a millisecond: commands that were asked to end */
};

bool tail_stopped(const struct tail *t) {
    return t->stop && atomic_load(t->stop);
}

struct tail *tail_new(const struct policy *policy, const struct digest_cursor *cursors, size_t n,
                      struct tail_outlet outlet, const _Atomic bool *stop) {
    static const char *const no_words[] = {NULL};
    struct tail *t = mem_zero(1, sizeof *t);
    t->policy = policy;
    t->outlet = outlet;
    t->stop = stop;
    t->block = mem_alloc(TAIL_LINE + 1 + TAIL_BLOCK);
    words_init(&t->counter, no_words);
    t->n_follows = policy->n_logs;
    t->follows = mem_zero(policy->n_logs ? policy->n_logs : 1, sizeof *t->follows);
    for (size_t i = 0; i < policy->n_logs; i++) {
        t->follows[i].spec = &policy->logs[i];
        t->follows[i].log = (unsigned)i;
    }
    t->recalled = mem_zero(n ? n : 1, sizeof *t->recalled);
    t->n_recalled = n;
    for (size_t i = 0; i < n; i++) {
        t->recalled[i] = cursors[i];
        t->recalled[i].path = mem_copy_text(cursors[i].path);
    }
    return t;
}

static void free_follow(struct tail *t, struct follow *f) {
    for (size_t i = 0; i < f->n_names; i++)
        free(f->names[i]);
    free(f->names);
    for (size_t i = 0; i < f->n_files; i++)
        tail_file_free(t, f->files[i]);
    free(f->files);
    for (size_t i = 0; i < f->n_places; i++) {
        free(f->places[i]->path);
        free(f->places[i]);
    }
    free(f->places);
    free(f->copies);
    tail_command_free(f->command);
}

/* All are asked at once, and have a moment. */
static void end_commands(struct tail *t) {
    bool runs = true;
    for (size_t i = 0; i < t->n_follows; i++)
        tail_command_stop(t->follows[i].command, t->mono_ms);
    for (int turn = 0; runs && turn < END_TURNS; turn++) {
        runs = false;
        for (size_t i = 0; i < t->n_follows; i++)
            runs = tail_command_ends(t->follows[i].command, t->mono_ms + turn) || runs;
        if (runs)
            poll(NULL, 0, 1);
    }
}

void tail_free(struct tail *t) {
    if (!t)
        return;
    end_commands(t);
    for (size_t i = 0; i < t->n_follows; i++)
        free_follow(t, &t->follows[i]);
    free(t->follows);
    for (size_t i = 0; i < t->n_recalled; i++)
        free(t->recalled[i].path);
    free(t->recalled);
    for (size_t i = 0; i < t->n_cursors; i++)
        free(t->cursors[i].path);
    free(t->cursors);
    free(t->block);
    free(t);
}

static void turn_files(struct tail *t, struct follow *f) {
    for (size_t i = 0; i < f->n_places; i++)
        f->places[i]->behind = false;
    tail_look(t, f);
    for (size_t i = 0; i < f->n_files && !tail_stopped(t); i++)
        tail_read(t, f, f->files[i]);
}

static void say_status(struct tail *t, struct follow *f) {
    char many[192];
    const char *trouble = f->trouble;
    unsigned files = 0;
    bool caught_up = f->began;
    if (f->spec->kind == LOG_COMMAND)
        files = tail_command_runs(f->command);
    for (size_t i = 0; i < f->n_files; i++) {
        files += f->files[i]->seen;
        caught_up = caught_up && (f->files[i]->caught_up || f->files[i]->lost);
    }
    for (size_t i = 0; i < f->n_places && !trouble[0]; i++)
        trouble = f->places[i]->trouble;
    if (!trouble[0] && f->passed_over > 0) {
        snprintf(many, sizeof many,
                 "%u files more than the %d that are followed: name fewer, or move old ones away",
                 f->passed_over, TAIL_FILES_MAX);
        trouble = many;
    }
    t->outlet.status(t->outlet.self, f->log, files, caught_up, trouble[0] ? trouble : NULL);
}

static int64_t wait_of(const struct tail *t) {
    int64_t wait_ms = TAIL_POLL_MS;
    size_t names = 0;
    if (t->more)
        return 0;
    for (size_t i = 0; i < t->n_follows; i++)
        names += t->follows[i].n_names;
    if (names > MANY_NAMES)
        wait_ms = TAIL_SLOW_MS;
    for (size_t i = 0; i < t->n_follows; i++) {
        int64_t one = tail_command_wait_ms(t->follows[i].command, t->mono_ms);
        wait_ms = t->follows[i].command && one < wait_ms ? one : wait_ms;
    }
    return wait_ms;
}

int64_t tail_turn(struct tail *t, int64_t wall_ms, int64_t mono_ms) {
    t->wall_ms = wall_ms;
    t->mono_ms = mono_ms;
    t->more = false;
    for (size_t i = 0; i < t->n_follows && !tail_stopped(t); i++) {
        struct follow *f = &t->follows[i];
        if (f->spec->kind == LOG_COMMAND)
            tail_command_turn(t, f);
        else
            turn_files(t, f);
        if (!tail_stopped(t))
            say_status(t, f);
    }
    if (!tail_stopped(t))
        tail_tell_cursors(t);
    return wait_of(t);
}

size_t tail_pollfds(const struct tail *t, struct pollfd *fds, size_t cap) {
    size_t n = 0;
    for (size_t i = 0; i < t->n_follows; i++)
        for (int which = 0; which < 2; which++) {
            int fd = tail_command_fd(t->follows[i].command, which);
            if (fd >= 0 && n < cap)
                fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
    return n;
}
