#include "src/engine/notifier.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mailbox.h"
#include "src/base/mem.h"
#include "src/base/proc.h"
#include "src/base/text.h"
#include "src/base/thread.h"
#include "src/base/wake.h"
#include "src/model/notice.h"

enum {
    COMMAND_MS = 30 * 1000, /* then it is ended */
    ATTEMPTS = 3,           /* of a webhook that does not take it */
    ATTEMPT_GAP_MS = 5000,  /* times 1, 2, … */
    LAST_WORDS_MS = 3000,   /* what is under way when the process ends has so long */
    LINE_CAP = 512,
};

struct notifier {
    struct notifier_ports ports;
    struct wake wake;
    struct mailbox box;
    _Atomic int64_t end_ms; /* mono: it is given up then; 0 = it goes on */
    pthread_t thread;
    struct notice_watch *watch; /* the thread's own */
};

static bool goes_on(void *self) {
    struct notifier *n = self;
    int64_t end_ms = atomic_load(&n->end_ms);
    return end_ms == 0 || clock_mono_ms(clock_system()) < end_ms;
}

static bool is_ending(struct notifier *n) {
    return atomic_load(&n->end_ms) != 0;
}

static void say_trouble(struct notifier *n, const struct notify_spec *to, const char *why) {
    char line[LINE_CAP], safe[LINE_CAP];
    snprintf(line, sizeof line, "notify %s: %s", to->name, why);
    text_safe(safe, sizeof safe, line, strlen(line));
    n->ports.trouble(n->ports.self, safe);
}

/* ---- webhooks ---- */

/* Slack takes these three as markup. */
static void add_escaped(struct buf *out, const char *text) {
    for (; *text; text++)
        buf_add_text(out, *text == '&'   ? "&amp;"
                          : *text == '<' ? "&lt;"
                          : *text == '>' ? "&gt;"
                                         : (const char[]){*text, '\0'});
}

static char *slack_json(const struct notice *notice) {
    struct buf text, json;
    buf_init(&text, 0);
    buf_init(&json, 0);
    buf_add_text(&text, "*");
    add_escaped(&text, notice->title);
    buf_add_text(&text, "*\n");
    add_escaped(&text, notice->text);
    buf_add_text(&json, "{\"text\":");
    json_add_text(&json, text.data);
    buf_add_text(&json, "}");
    buf_fini(&text);
    return buf_steal(&json);
}

/* Waits so long, or until the end. */
static void pause_for(struct notifier *n, int64_t ms) {
    int64_t until = clock_mono_ms(clock_system()) + ms;
    for (int64_t left = ms; left > 0 && !is_ending(n);
         left = until - clock_mono_ms(clock_system())) {
        struct pollfd fd = {.fd = n->wake.read_fd, .events = POLLIN};
        if (poll(&fd, 1, (int)left) > 0)
            wake_drain(&n->wake); /* a snapshot waits in its box all the same */
    }
}

static void post(struct notifier *n, const struct notify_spec *to, const struct notice *notice) {
    char *json = slack_json(notice);
    struct err err = ERR_INIT;
    for (int attempt = 1; attempt <= ATTEMPTS && goes_on(n); attempt++) {
        err_clear(&err);
        if (n->ports.post(n->ports.self, to, json, goes_on, n, &err) == ERR_OK)
            break;
        if (is_ending(n))
            break;
        if (attempt < ATTEMPTS)
            pause_for(n, ATTEMPT_GAP_MS * attempt);
    }
    if (err.code != ERR_OK)
        say_trouble(n, to, err.what); /* without `where`: the URL is a secret */
    free(json);
}

/* ---- commands ---- */

/* `word` with {title}, {text} and {kind} filled in; heap. */
static char *fill_in(const char *word, const struct notice *notice) {
    const struct {
        const char *name, *value;
    } places[] = {{"{title}", notice->title},
                  {"{text}", notice->text},
                  {"{kind}", notice_kind_name(notice->kind)}};
    struct buf out;
    buf_init(&out, 0);
    buf_add_text(&out, "");
    while (*word) {
        size_t i = 0, n = sizeof places / sizeof *places;
        while (i < n && strncmp(word, places[i].name, strlen(places[i].name)) != 0)
            i++;
        if (i < n) {
            buf_add_text(&out, places[i].value);
            word += strlen(places[i].name);
        } else {
            buf_add(&out, word++, 1);
        }
    }
    return buf_steal(&out);
}

/* What it says is thrown away; until it ends, or is ended. */
static void attend(struct notifier *n, struct proc *proc) {
    char bytes[4096];
    bool stopped = false;
    for (;;) {
        int64_t now_ms = clock_mono_ms(clock_system());
        while (proc_read(proc, bytes, sizeof bytes) > 0) {
        }
        if (proc_turn(proc, now_ms))
            return;
        if (!goes_on(n) && !stopped) {
            proc_stop(proc, now_ms);
            stopped = true;
        }
        int64_t wait_ms = proc_wait_ms(proc, now_ms);
        struct pollfd fds[] = {{.fd = proc->fd, .events = POLLIN},
                               {.fd = stopped ? -1 : n->wake.read_fd, .events = POLLIN}};
        poll(fds, 2, wait_ms < 1000 ? (int)wait_ms : 1000);
        if (fds[1].revents)
            wake_drain(&n->wake);
    }
}

static void run(struct notifier *n, const struct notify_spec *to, const struct notice *notice) {
    struct err err = ERR_INIT;
    struct proc proc;
    char how[128];
    size_t words = 0;
    while (to->command[words])
        words++;
    char **argv = mem_zero(words + 1, sizeof *argv), **env = proc_env(NULL);
    for (size_t i = 0; i < words; i++)
        argv[i] = fill_in(to->command[i], notice);
    const struct proc_spec spec = {
        .argv = argv, .env = env, .cwd = n->ports.policy->folder, .timeout_ms = COMMAND_MS};
    if (proc_start(&proc, &spec, clock_mono_ms(clock_system()), &err) == ERR_OK) {
        attend(n, &proc);
        proc_end_text(&proc, how, sizeof how);
        if ((proc.how != PROC_EXITED || proc.code != 0) && goes_on(n))
            say_trouble(n, to, how);
        proc_fini(&proc);
    } else {
        say_trouble(n, to, err.what);
    }
    for (size_t i = 0; i < words; i++)
        free(argv[i]);
    free(argv);
    proc_env_free(env);
}

/* ---- the thread ---- */

static void tell(struct notifier *n, const struct notice *notice) {
    const struct policy *policy = n->ports.policy;
    for (size_t i = 0; i < policy->n_notify && goes_on(n); i++)
        if ((policy->notify[i].on & notice->kind) && policy->notify[i].command)
            run(n, &policy->notify[i], notice);
    /* These may take their time: nobody waits for them. */
    for (size_t i = 0; i < policy->n_notify && goes_on(n); i++)
        if ((policy->notify[i].on & notice->kind) && policy->notify[i].webhook)
            post(n, &policy->notify[i], notice);
}

static void look(struct notifier *n, const struct snapshot *s, struct notice *notices) {
    size_t count = notice_watch_look(n->watch, s, notices);
    for (size_t i = 0; i < count && s->store != STORE_READING; i++)
        tell(n, &notices[i]);
}

static void *notifier_run(void *self) {
    struct notifier *n = self;
    struct notice *notices = mem_zero(NOTICES_MAX, sizeof *notices);
    for (;;) {
        bool last = is_ending(n); /* asked before the box: the last snapshot is looked at too */
        const struct snapshot *s = mailbox_take(&n->box);
        if (s) {
            look(n, s, notices);
            snapshot_drop(s);
        } else if (last) {
            break;
        } else {
            struct pollfd fd = {.fd = n->wake.read_fd, .events = POLLIN};
            poll(&fd, 1, -1);
            wake_drain(&n->wake);
        }
    }
    free(notices);
    return NULL;
}

static void drop_snapshot(void *ref) {
    snapshot_drop(ref);
}

static void notifier_free(struct notifier *n) {
    mailbox_fini(&n->box);
    wake_fini(&n->wake);
    notice_watch_free(n->watch);
    free(n);
}

struct notifier *notifier_start(const struct notifier_ports *ports, struct err *err) {
    struct notifier *n = mem_zero(1, sizeof *n);
    n->ports = *ports;
    if (wake_init(&n->wake, err) != ERR_OK) {
        free(n);
        return NULL;
    }
    mailbox_init(&n->box, drop_snapshot, &n->wake);
    n->watch = notice_watch_new(ports->policy);
    if (thread_start(&n->thread, THREAD_STACK_WORKER, "gonogo-notify", notifier_run, n, err) ==
        ERR_OK)
        return n;
    notifier_free(n);
    return NULL;
}

void notifier_see(struct notifier *n, const struct snapshot *s) {
    if (n)
        mailbox_put(&n->box, (void *)(uintptr_t)snapshot_keep(s));
}

void notifier_stop(struct notifier *n) {
    if (!n)
        return;
    atomic_store(&n->end_ms, clock_mono_ms(clock_system()) + LAST_WORDS_MS);
    wake_signal(&n->wake);
    pthread_join(n->thread, NULL);
    notifier_free(n);
}
