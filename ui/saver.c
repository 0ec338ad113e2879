#include "ui/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/thread.h"
#include "src/base/wake.h"
#include "src/base/when.h"

enum {
    FOLDER_CAP = 1024,
    NAME_CAP = 128,
    SAME_NAME_MAX = 99, /* saves in one second */
    LEAVE_MS = 1000,
};

/* One save: the thread's until `written`, then the saver's. When the saver is gone first, the thread
 * frees it. */
struct job {
    struct shot *shot;
    char folders[2][FOLDER_CAP]; /* "" = there is none */
    char name[NAME_CAP];         /* without the ending */
    char message[FOLDER_CAP + NAME_CAP + 128];
    struct wake wake;
    atomic_int hands; /* 2: the thread and the saver; who makes it 0 frees */
    atomic_bool written;
};

struct saver {
    char fallback[FOLDER_CAP];
    struct job *job;
    pthread_t thread;
};

static void job_let_go(struct job *job) {
    if (atomic_fetch_sub(&job->hands, 1) != 1)
        return;
    shot_free(job->shot);
    wake_fini(&job->wake);
    free(job);
}

/* ---- the thread ---- */

static bool write_all(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno != EINTR)
            return false;
        bytes += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

/* A new file, whole, or none. */
static bool write_new(const char *path, const struct buf *content) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, content->data, content->len);
    int error = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (!ok) {
        unlink(path);
        errno = error;
    }
    return ok;
}

static void path_of(const char *folder, const char *name, int copy, enum shot_form form, char *dst,
                    size_t cap) {
    char number[16] = "";
    if (copy > 1)
        snprintf(number, sizeof number, "-%d", copy);
    snprintf(dst, cap, "%s/%s%s.%s", folder, name, number, shot_ending(form));
}

/* All forms under one name, or none of them. */
static bool write_forms(const char *folder, const char *name, int copy,
                        const struct buf contents[SHOT_FORMS]) {
    char path[FOLDER_CAP + NAME_CAP + 32];
    for (enum shot_form form = 0; form < SHOT_FORMS; form++) {
        path_of(folder, name, copy, form, path, sizeof path);
        if (write_new(path, &contents[form]))
            continue;
        int error = errno;
        while (form-- > 0) {
            path_of(folder, name, copy, form, path, sizeof path);
            unlink(path);
        }
        errno = error;
        return false;
    }
    return true;
}

static bool save_in(struct job *job, const char *folder, const struct buf contents[SHOT_FORMS]) {
    int copy = 1;
    while (!write_forms(folder, job->name, copy, contents))
        if (errno != EEXIST || ++copy > SAME_NAME_MAX)
            return false;
    char number[16] = "", text[sizeof job->message];
    if (copy > 1)
        snprintf(number, sizeof number, "-%d", copy);
    snprintf(text, sizeof text, "saved %s%s.txt, .ansi and .svg in %s", job->name, number, folder);
    text_safe(job->message, sizeof job->message, text, strlen(text));
    return true;
}

static void *job_run(void *self) {
    struct job *job = self;
    struct buf contents[SHOT_FORMS];
    for (enum shot_form form = 0; form < SHOT_FORMS; form++) {
        buf_init(&contents[form], 0);
        shot_write(job->shot, form, &contents[form]);
    }
    bool saved = false;
    for (size_t i = 0; i < 2 && !saved; i++)
        saved = job->folders[i][0] && save_in(job, job->folders[i], contents);
    if (!saved)
        snprintf(job->message, sizeof job->message,
                 "not saved: %s: start gonogo in a folder that you may write", strerror(errno));
    for (enum shot_form form = 0; form < SHOT_FORMS; form++)
        buf_fini(&contents[form]);
    atomic_store(&job->written, true);
    wake_signal(&job->wake);
    job_let_go(job);
    return NULL;
}

/* ---- the saver ---- */

struct saver *saver_new(const char *fallback) {
    struct saver *s = mem_zero(1, sizeof *s);
    const char *end = fallback ? strrchr(fallback, '/') : NULL;
    if (end && (size_t)(end - fallback) < sizeof s->fallback)
        snprintf(s->fallback, sizeof s->fallback, "%.*s", (int)(end - fallback), fallback);
    return s;
}

static void forget(struct saver *s) {
    job_let_go(s->job);
    s->job = NULL;
}

void saver_free(struct saver *s) {
    if (!s)
        return;
    if (s->job) {
        struct pollfd ready = {.fd = s->job->wake.read_fd, .events = POLLIN};
        if (poll(&ready, 1, LEAVE_MS) == 1)
            pthread_join(s->thread, NULL);
        else
            pthread_detach(s->thread);
        forget(s);
    }
    free(s);
}

bool saver_save(struct saver *s, struct shot *shot, const char *view, int64_t wall_ms) {
    char time[32];
    size_t len = 0;
    if (s->job) {
        shot_free(shot);
        return false;
    }
    struct job *job = mem_zero(1, sizeof *job);
    job->shot = shot;
    atomic_init(&job->hands, 2);
    when_rfc3339(wall_ms, time, sizeof time);
    for (const char *p = time; *p && *p != '.'; p++) /* 20260226T140327Z: no colons in names */
        if (*p != '-' && *p != ':')
            time[len++] = *p;
    snprintf(job->name, sizeof job->name, "gonogo-%s-%.*sZ", view, (int)len, time);
    if (!getcwd(job->folders[0], sizeof job->folders[0]))
        job->folders[0][0] = '\0';
    snprintf(job->folders[1], sizeof job->folders[1], "%s", s->fallback);
    struct err err = ERR_INIT;
    if (wake_init(&job->wake, &err) == ERR_OK &&
        thread_start(&s->thread, THREAD_STACK_WORKER, "gonogo-saver", job_run, job, &err) ==
            ERR_OK) {
        s->job = job;
        return true;
    }
    atomic_store(&job->hands, 1);
    job_let_go(job);
    return false;
}

int saver_fd(const struct saver *s) {
    return s->job ? s->job->wake.read_fd : -1;
}

bool saver_done(struct saver *s, char *dst, size_t cap) {
    if (!s->job || !atomic_load(&s->job->written))
        return false;
    pthread_join(s->thread, NULL);
    snprintf(dst, cap, "%s", s->job->message);
    forget(s);
    return true;
}
