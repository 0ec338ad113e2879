#include "ui/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/buf.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/snapshot.h"
#include "ui/blank.h"
#include "ui/signals.h"
#include "ui/words.h"

enum { LINE_CAP = 1024, WAITING_CAP = 64 << 10 };

struct plain {
    const struct ui_ports *ports;
    const struct snapshot *shown;
    struct buf waiting; /* for a terminal that does not take it now */
    bool ascii;
    int64_t began_ms; /* wall */
};

static void say(struct plain *p, char *line) {
    if (p->ascii)
        text_to_ascii(line);
    buf_addf(&p->waiting, "%s\n", line); /* beyond the cap a stuck terminal loses lines, not we */
}

static bool flush(struct plain *p) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    while (p->waiting.len > 0 && poll(&out, 1, 0) == 1) {
        if (out.revents & (POLLERR | POLLHUP | POLLNVAL))
            return false;
        /* A line at a time: what poll() promised has room for that. */
        const char *end = memchr(p->waiting.data, '\n', p->waiting.len);
        size_t n = end ? (size_t)(end - p->waiting.data) + 1 : p->waiting.len;
        ssize_t done = write(STDOUT_FILENO, p->waiting.data, n);
        if (done < 0)
            return errno == EINTR || errno == EAGAIN;
        memmove(p->waiting.data, p->waiting.data + done, p->waiting.len - (size_t)done);
        p->waiting.len -= (size_t)done;
    }
    return true;
}

static bool same(const struct snapshot *a, const struct snapshot *b) {
    return a->verdict == b->verdict && strcmp(a->question, b->question) == 0 &&
           a->passing == b->passing && a->failing == b->failing && a->waiting == b->waiting &&
           a->unknown == b->unknown && a->waived == b->waived;
}

/* A run that was over before we looked is history, not news. */
static bool is_run_news(const struct plain *p, const struct run_view *now,
                        const struct run_view *old) {
    if (old && strcmp(old->id, now->id) == 0)
        return now->state != old->state || now->step != old->step || now->asks != old->asks ||
               strcmp(now->drift, old->drift) != 0;
    return run_is_active(now->state) || run_is_open(now->state) || now->ended_ms >= p->began_ms;
}

static void show_run(struct plain *p, const struct snapshot *s, const char *time) {
    const struct snapshot *old = p->shown;
    char line[LINE_CAP], words[LINE_CAP - 32];
    if (!old || s->n_runs == 0 ||
        !is_run_news(p, s->runs[0], old->n_runs > 0 ? old->runs[0] : NULL))
        return;
    const struct run_view *run = s->runs[0];
    const struct view_ctx ctx = {.policy = s->policy, .snap = s};
    words_run_line(&ctx, run, words, sizeof words);
    bool why = run->why[0] && !run->drift[0] && !run_is_active(run->state);
    snprintf(line, sizeof line, "%sZ   run      %s%s%.*s", time, words, why ? ": " : "",
             why ? RUN_TEXT_CAP : 0, run->why);
    say(p, line);
}

static void show_ledger(struct plain *p, const struct snapshot *s, const char *time) {
    enum ledger_state now = s->votes->state;
    char line[LINE_CAP];
    if (!p->shown || now == p->shown->votes->state ||
        (now != LEDGER_LOST && now != LEDGER_TAMPERED))
        return;
    snprintf(line, sizeof line, "%sZ   ledger   %s: %s", time, ledger_state_name(now),
             s->votes->note);
    say(p, line);
}

/* Takes over the reference. */
static void show(struct plain *p, const struct snapshot *s) {
    const struct snapshot *old = p->shown;
    char line[LINE_CAP], time[16];
    when_clock(s->wall_ms, time, sizeof time);
    if (!old || !same(old, s)) {
        snprintf(line, sizeof line, "%sZ %s  %s  %u passing, %u failing, %u waiting, %u unknown",
                 time, verdict_name(s->verdict), s->question, s->passing, s->failing, s->waiting,
                 s->unknown);
        say(p, line);
    }
    for (size_t i = 0; old && i < s->n_gates; i++) {
        const struct gate_view *now = &s->gates[i];
        if (now->counted && (now->verdict != old->gates[i].verdict ||
                             now->waived != old->gates[i].waived || old->number == 0)) {
            char reason[2 * REASON_CAP];
            words_gate_reason(now, reason, sizeof reason);
            snprintf(line, sizeof line, "%sZ   %-7s  %s: %s", time, gate_view_name(now),
                     s->policy->gates[i].name, reason);
            say(p, line);
        }
    }
    show_run(p, s, time);
    show_ledger(p, s, time);
    snapshot_drop(old);
    p->shown = s;
}

/* A line that starts with q, or the end of the input, ends it. */
static bool wants_to_quit(void) {
    char line[256];
    ssize_t n = read(STDIN_FILENO, line, sizeof line);
    return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN) || (n > 0 && line[0] == 'q');
}

enum err_code plain_run(const struct ui_ports *ports, int *signal, struct err *err) {
    struct plain p = {.ports = ports,
                      .ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
                      .began_ms = clock_wall_ms(ports->clock)};
    *signal = 0;
    buf_init(&p.waiting, WAITING_CAP);
    if (signals_catch(err) != ERR_OK)
        return err->code;
    const char *type = getenv("TERM");
    if (type && *type && strcmp(type, "dumb") != 0) {
        char line[LINE_CAP], safe[64];
        text_safe(safe, sizeof safe, type, strlen(type));
        snprintf(line, sizeof line,
                 "TERM=%s cannot be painted here, so there is a line for each change: a known type"
                 " (TERM=xterm-256color) gives the board",
                 safe);
        say(&p, line);
    }
    show(&p, blank_new(ports->policy, clock_wall_ms(ports->clock), clock_mono_ms(ports->clock)));
    for (bool done = false; !done;) {
        done = !flush(&p);
        struct pollfd fds[] = {
            {.fd = isatty(STDIN_FILENO) ? STDIN_FILENO : -1, .events = POLLIN},
            {.fd = ports->wake->read_fd, .events = POLLIN},
            {.fd = signals_fd(), .events = POLLIN},
            {.fd = p.waiting.len ? STDOUT_FILENO : -1, .events = POLLOUT},
        };
        poll(fds, 4, -1);
        struct signals s = signals_take();
        if (s.suspend)
            signals_stop_here();
        if (s.end) {
            *signal = s.end;
            done = true;
        }
        wake_drain(ports->wake);
        const struct snapshot *next = mailbox_take(ports->snapshots);
        if (next)
            show(&p, next);
        if (fds[0].revents && wants_to_quit())
            done = true;
    }
    flush(&p);
    signals_restore();
    snapshot_drop(p.shown);
    buf_fini(&p.waiting);
    return ERR_OK;
}
