/* Who owns what when a read hangs: the thread marks every system call that can hang (IO_RUNS). A
 * stopper that has waited long enough tries to turn that mark into IO_LEFT. If it succeeds, the
 * thread owns all of struct files from then on, and when the call comes back it frees that and ends,
 * without a look at the policy, the clock or the outlet, which are gone by then. */
#include "probes/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/due.h"
#include "probes/probe.h"
#include "probes/trouble.h"
#include "src/base/mem.h"
#include "src/base/thread.h"
#include "src/base/wake.h"

enum {
    READ_BYTES = 16 << 10,
    STOP_PATIENCE_MS = 500, /* what is left of the second goes to the net workers */
    ALIVE_GRACE_MS = 3000,
    FIRST_SPREAD_MS = 100,
};

enum io { IO_IDLE, IO_RUNS, IO_LEFT };

struct file {
    struct due due; /* first */
    const struct source_spec *spec;
    const struct probe_kind *kind;
    char *path; /* our own copy: a call that hangs outlives the policy */
    unsigned source;
};

struct files {
    pthread_t thread;
    _Atomic bool stop;
    _Atomic bool hurry;
    _Atomic int io;
    _Atomic int64_t promise_ms;
    struct wake wake;
    struct wake done;

    /* The thread's alone. */
    const struct clock *clock;
    struct probe_outlet outlet;
    struct due_heap due;
    struct file *files;
    size_t n;
    char buffer[READ_BYTES];
};

static void files_free(struct files *files) {
    for (size_t i = 0; i < files->n; i++)
        free(files->files[i].path);
    free(files->files);
    due_fini(&files->due);
    wake_fini(&files->wake);
    wake_fini(&files->done);
    free(files);
}

/* ---- calls that may hang --------------------------------------------------------------------- */

static void io_begin(struct files *files) {
    atomic_store(&files->io, IO_RUNS);
}

/* False: we were left behind. */
static bool io_end(struct files *files) {
    int runs = IO_RUNS;
    return atomic_compare_exchange_strong(&files->io, &runs, IO_IDLE);
}

enum outcome { READ_DONE, READ_FAILED, READ_LEFT };

static enum outcome say_errno(const struct file *file, int code, struct err *err) {
    static const struct {
        int code;
        const char *todo;
    } table[] = {
        {ENOENT, "check the path"},
        {ENOTDIR, "check the path"},
        {EACCES, "allow gonogo to read it"},
        {ESTALE, "mount the share again"},
        {EIO, "look at the disk or the share"},
    };
    const char *todo = "look at the file";
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].code == code)
            todo = table[i].todo;
    err_set(err, code == ENOENT ? ERR_MISSING : ERR_IO, file->spec->id, todo, "cannot read %s (%s)",
            file->path, strerror(code));
    return READ_FAILED;
}

static enum outcome open_file(struct files *files, const struct file *file, int *fd,
                              struct err *err) {
    struct stat st;
    memset(&st, 0, sizeof(st));
    io_begin(files);
    *fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us */
    int code = *fd < 0 || fstat(*fd, &st) != 0 ? errno : 0;
    if (!io_end(files))
        return READ_LEFT;
    if (code)
        return say_errno(file, code, err);
    if (S_ISREG(st.st_mode) && st.st_size >= 0 && (uint64_t)st.st_size <= file->kind->body_cap)
        return READ_DONE;
    if (!S_ISREG(st.st_mode))
        err_set(err, ERR_IO, file->spec->id, "check the path", "%s is no file", file->path);
    else
        err_set(err, ERR_LIMIT, file->spec->id, "is this the right file?",
                "%s is larger than the %zu KiB that are read", file->path,
                file->kind->body_cap >> 10);
    return READ_FAILED;
}

static enum outcome read_all(struct files *files, const struct file *file, int fd, void *state,
                             struct err *err) {
    size_t total = 0;
    for (;;) {
        io_begin(files);
        ssize_t n = pread(fd, files->buffer, sizeof(files->buffer), (off_t)total);
        int code = n < 0 ? errno : 0;
        if (!io_end(files))
            return READ_LEFT;
        if (code == EINTR)
            continue;
        if (code)
            return say_errno(file, code, err);
        if (n == 0)
            return READ_DONE;
        total += (size_t)n;
        if (total > file->kind->body_cap) { /* it grew while it was read */
            err_set(err, ERR_LIMIT, file->spec->id, "is this the right file?",
                    "%s is larger than the %zu KiB that are read", file->path,
                    file->kind->body_cap >> 10);
            return READ_FAILED;
        }
        if (file->kind->body(state, files->buffer, (size_t)n, err) != ERR_OK)
            return READ_FAILED;
    }
}

/* ---- looks ----------------------------------------------------------------------------------- */

static const char *no_header(const struct answer *answer, const char *name) {
    (void)answer;
    (void)name;
    return NULL;
}

/* False: we were left behind. */
static bool look(struct files *files, struct file *file) {
    const struct answer answer = {.status = 200, .header = no_header};
    struct err err = ERR_INIT;
    int fd = -1;
    int64_t began_ms = clock_mono_ms(files->clock);
    void *state = file->kind->begin(file->spec);
    if (file->kind->head)
        file->kind->head(state, &answer);
    struct sample *sample = sample_new(file->source);
    enum outcome outcome = open_file(files, file, &fd, &err);
    if (outcome == READ_DONE)
        outcome = read_all(files, file, fd, state, &err);
    if (fd >= 0)
        close(fd); /* of a file that was only read: nothing to wait for */
    if (outcome != READ_LEFT) {
        sample->wall_ms = clock_wall_ms(files->clock);
        sample->mono_ms = clock_mono_ms(files->clock);
        if (outcome == READ_FAILED || file->kind->finish(state, &answer, sample, &err) != ERR_OK)
            trouble_tell(sample, &err);
    }
    file->kind->end(state);
    if (outcome == READ_LEFT || !files->outlet.send(files->outlet.self, sample))
        sample_drop(sample);
    if (outcome == READ_LEFT)
        return false;
    due_put(&files->due, &file->due, began_ms + file->spec->every_ms);
    return true;
}

static void wait(struct files *files) {
    struct pollfd fd = {.fd = files->wake.read_fd, .events = POLLIN};
    const struct due *first = due_first(&files->due);
    int64_t now = clock_mono_ms(files->clock);
    int64_t sleep = first ? first->at_ms - now : INT_MAX;
    sleep = sleep < 0 ? 0 : sleep > INT_MAX ? INT_MAX : sleep;
    atomic_store(&files->promise_ms, now + sleep);
    if (poll(&fd, 1, (int)sleep) > 0)
        wake_drain(&files->wake);
}

static void *files_run(void *self) {
    struct files *files = self;
    int64_t now = clock_mono_ms(files->clock);
    for (size_t i = 0; i < files->n; i++)
        due_put(&files->due, &files->files[i].due,
                now + due_jitter(files->files[i].spec->id, FIRST_SPREAD_MS));
    while (!atomic_load(&files->stop)) {
        now = clock_mono_ms(files->clock);
        atomic_store(&files->promise_ms, now);
        bool all = atomic_exchange(&files->hurry, false);
        for (size_t i = 0; all && i < files->n; i++)
            due_put(&files->due, &files->files[i].due, now);
        struct due *first = due_first(&files->due);
        if (!first || first->at_ms > now) {
            wait(files);
        } else if (!look(files, (struct file *)first)) {
            pthread_detach(pthread_self());
            files_free(files);
            return NULL;
        }
    }
    wake_signal(&files->done);
    return NULL;
}

struct files *files_start(const struct policy *policy, const unsigned *sources, size_t n,
                          const struct clock *clock, struct probe_outlet outlet, struct err *err) {
    struct files *files = mem_zero(1, sizeof(*files));
    files->clock = clock;
    files->outlet = outlet;
    files->files = mem_zero(n ? n : 1, sizeof(*files->files));
    files->n = n;
    for (size_t i = 0; i < n; i++) {
        const struct source_spec *spec = &policy->sources[sources[i]];
        files->files[i] = (struct file){.spec = spec,
                                        .kind = probe_kind_find(spec->kind),
                                        .path = mem_copy_text(spec->file),
                                        .source = sources[i]};
    }
    atomic_init(&files->promise_ms, clock_mono_ms(clock));
    files->done = (struct wake){-1, -1};
    if (wake_init(&files->wake, err) == ERR_OK && wake_init(&files->done, err) == ERR_OK &&
        thread_start(&files->thread, THREAD_STACK_WORKER, "gonogo-files", files_run, files, err) ==
            ERR_OK)
        return files;
    files_free(files);
    return NULL;
}

void files_poll_now(struct files *files) {
    atomic_store(&files->hurry, true);
    wake_signal(&files->wake);
}

bool files_alive(const struct files *files, int64_t mono_ms) {
    return mono_ms <= atomic_load(&files->promise_ms) + ALIVE_GRACE_MS;
}

void files_ask_stop(struct files *files) {
    atomic_store(&files->stop, true);
    wake_signal(&files->wake);
}

void files_stop(struct files *files) {
    if (!files)
        return;
    files_ask_stop(files);
    struct pollfd done = {.fd = files->done.read_fd, .events = POLLIN};
    int runs = IO_RUNS;
    if (poll(&done, 1, STOP_PATIENCE_MS) == 0 &&
        atomic_compare_exchange_strong(&files->io, &runs, IO_LEFT)) {
        /* From here on the thread may free `files` at any moment. */
        return;
    }
    pthread_join(files->thread, NULL);
    files_free(files);
}
