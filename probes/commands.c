#include "probes/commands.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/due.h"
#include "probes/kinds.h"
#include "probes/trouble.h"
#include "src/base/capture.h"
#include "src/base/mem.h"
#include "src/base/proc.h"
#include "src/base/text.h"
#include "src/base/thread.h"
#include "src/base/wake.h"
#include "src/base/when.h"

enum {
    READ_BYTES = 16 << 10,
    READS_IN_TURN = 16, /* one that floods shares the thread with the others */
    STOP_GRACE_MS = 400,
    ALIVE_GRACE_MS = 3000,
    PAUSE_MS = 1000, /* between two runs of one command at the least */
};

struct command {
    struct due due; /* first */
    const struct source_spec *spec;
    unsigned source;
    struct proc proc;
    struct capture *capture;
    bool runs;
    bool again; /* asked for while it ran */
    bool ran;
    int64_t ended_ms;
};

struct commands {
    pthread_t thread;
    _Atomic bool stop;
    _Atomic bool hurry;
    _Atomic int64_t promise_ms;
    struct wake wake;

    /* The thread's alone. */
    const struct clock *clock;
    struct probe_outlet outlet;
    struct due_heap due;
    struct command *commands;
    size_t n;
    struct command *running[COMMANDS_AT_ONCE];
    size_t n_running;
    char buffer[READ_BYTES];
};

/* ---- one run --------------------------------------------------------------------------------- */

/* Values of what the configuration lets through by name are secrets until somebody says otherwise. */
static char **secrets_of(const struct source_spec *spec, char *const *env) {
    size_t n = 0, at = 0;
    while (env[n])
        n++;
    char **secrets = mem_zero(n + 1, sizeof *secrets);
    for (size_t i = 0; i < n; i++) {
        const char *value = strchr(env[i], '=');
        for (char *const *name = spec->env; value && name && *name; name++) {
            size_t len = strlen(*name);
            if (strncmp(env[i], *name, len) == 0 && env[i] + len == value) {
                secrets[at++] = mem_copy_text(value + 1);
                break;
            }
        }
    }
    return secrets;
}

static struct capture *begin_capture(const struct source_spec *spec, char *const *env) {
    char **secrets = secrets_of(spec, env);
    struct capture *capture =
        capture_new(COMMANDS_OUTPUT_HEAD, COMMANDS_OUTPUT_TAIL, (const char *const *)secrets, -1);
    proc_env_free(secrets);
    return capture;
}

/* The last line that says anything, safe; "" when there is none. */
static void last_line(const struct capture *capture, char *dst, size_t cap) {
    char *text = capture_text(capture, COMMANDS_OUTPUT_TAIL);
    size_t end = strlen(text);
    while (end > 0 && strchr(" \n", text[end - 1]))
        end--;
    text[end] = '\0';
    const char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    line += strspn(line, " ");
    snprintf(dst, cap, "%.*s", (int)text_cut(line, strlen(line), cap - 1), line);
    free(text);
}

static bool is_answer(int exit_code) {
    return exit_code == COMMAND_PASS || exit_code == COMMAND_FAIL || exit_code == COMMAND_WAIT;
}

/* A run ended: what it says, or why that counts for nothing. */
static void read_end(const struct command *command, struct sample *sample) {
    const struct proc *proc = &command->proc;
    struct err err = ERR_INIT;
    char end[128], line[sizeof sample->status];
    if (capture_total(command->capture) > 0)
        sample->output = capture_text(command->capture, COMMANDS_OUTPUT_MAX);
    int64_t lasted_ms = proc->ended_ms - proc->began_ms;
    sample->latency_ms = lasted_ms < INT_MAX ? (int)lasted_ms : INT_MAX;
    last_line(command->capture, line, sizeof line);
    if (proc->how == PROC_EXITED)
        sample->exit_code = proc->code;
    if (proc->how == PROC_EXITED && !proc->timed_out && !proc->stopped && is_answer(proc->code)) {
        sample->reading = READING_OK;
        memcpy(sample->status, line, sizeof line);
        return;
    }
    proc_end_text(proc, end, sizeof end);
    err_set(&err, ERR_IO, command->spec->id,
            proc->timed_out ? "look at what it wrote, or lengthen timeout"
                            : "look at what it wrote; 0 is pass, 1 fail, 3 wait",
            "%s%s%s%s", end, line[0] ? " (" : "", line, line[0] ? ")" : "");
    trouble_tell(sample, &err);
}

static void deliver(struct commands *commands, struct command *command, struct sample *sample) {
    int64_t now_ms = clock_mono_ms(commands->clock);
    sample->wall_ms = clock_wall_ms(commands->clock);
    sample->mono_ms = now_ms;
    command->ran = true;
    command->ended_ms = now_ms;
    int64_t next_ms = command->proc.began_ms + command->spec->every_ms;
    if (next_ms < now_ms + PAUSE_MS || command->again)
        next_ms = now_ms + PAUSE_MS;
    command->again = false;
    due_put(&commands->due, &command->due, next_ms);
    if (!commands->outlet.send(commands->outlet.self, sample))
        sample_drop(sample);
}

static void begin(struct commands *commands, struct command *command) {
    const struct source_spec *spec = command->spec;
    struct err err = ERR_INIT;
    char **env = proc_env(spec->env);
    const struct proc_spec start = {
        .argv = spec->run, .env = env, .cwd = spec->dir, .timeout_ms = spec->timeout_ms};
    due_drop(&commands->due, &command->due);
    if (proc_start(&command->proc, &start, clock_mono_ms(commands->clock), &err) == ERR_OK) {
        command->capture = begin_capture(spec, env);
        command->runs = true;
        commands->running[commands->n_running++] = command;
    } else {
        struct sample *sample = sample_new(command->source);
        trouble_tell(sample, &err);
        deliver(commands, command, sample);
    }
    proc_env_free(env);
}

static void forget_run(struct command *command) {
    proc_fini(&command->proc);
    capture_free(command->capture);
    command->capture = NULL;
    command->runs = false;
}

/* Reads what there is, up to a share; true when the run is over. */
static bool turn(struct commands *commands, struct command *command) {
    size_t got;
    for (int i = 0; i < READS_IN_TURN; i++) {
        got = proc_read(&command->proc, commands->buffer, sizeof commands->buffer);
        if (got == 0)
            break;
        capture_add(command->capture, commands->buffer, got);
    }
    return proc_turn(&command->proc, clock_mono_ms(commands->clock));
}

static void end(struct commands *commands, struct command *command) {
    struct sample *sample = sample_new(command->source);
    capture_end(command->capture);
    read_end(command, sample);
    forget_run(command);
    deliver(commands, command, sample);
}

/* Was it asked for now? What runs is run once more, for it began before that. */
static void hear(struct commands *commands, int64_t now_ms) {
    if (!atomic_exchange(&commands->hurry, false))
        return;
    for (size_t i = 0; i < commands->n; i++) {
        struct command *command = &commands->commands[i];
        int64_t rested_ms = command->ran ? command->ended_ms + COMMANDS_REST_MS : now_ms;
        int64_t at_ms = rested_ms > now_ms ? rested_ms : now_ms;
        if (command->runs)
            command->again = true;
        else if (command->due.place == 0 || command->due.at_ms > at_ms)
            due_put(&commands->due, &command->due, at_ms);
    }
}

static void turn_all(struct commands *commands) {
    size_t kept = 0, n = commands->n_running;
    for (size_t i = 0; i < n; i++) {
        struct command *command = commands->running[i];
        if (!turn(commands, command)) {
            commands->running[kept++] = command;
            continue;
        }
        hear(commands, clock_mono_ms(commands->clock)); /* while it still counts as running */
        end(commands, command);
    }
    commands->n_running = kept;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void begin_due(struct commands *commands, int64_t now_ms) {
    struct due *first;
    while (commands->n_running < COMMANDS_AT_ONCE && (first = due_first(&commands->due)) &&
           first->at_ms <= now_ms)
        begin(commands, (struct command *)first);
}

static void wait(struct commands *commands) {
    struct pollfd fds[COMMANDS_AT_ONCE + 1] = {{.fd = commands->wake.read_fd, .events = POLLIN}};
    int64_t now = clock_mono_ms(commands->clock), sleep = INT_MAX;
    const struct due *first = due_first(&commands->due);
    if (first && commands->n_running < COMMANDS_AT_ONCE)
        sleep = first->at_ms - now;
    for (size_t i = 0; i < commands->n_running; i++) {
        const struct proc *proc = &commands->running[i]->proc;
        int64_t patience = proc_wait_ms(proc, now);
        fds[i + 1] = (struct pollfd){.fd = proc->fd, .events = POLLIN};
        sleep = patience < sleep ? patience : sleep;
    }
    sleep = sleep < 0 ? 0 : sleep > INT_MAX ? INT_MAX : sleep;
    atomic_store(&commands->promise_ms, now + sleep);
    if (poll(fds, (nfds_t)commands->n_running + 1, (int)sleep) > 0 && fds[0].revents)
        wake_drain(&commands->wake);
}

/* What runs is asked to end, and killed when it has not for STOP_GRACE_MS. */
static void end_all(struct commands *commands) {
    int64_t until_ms = clock_mono_ms(clock_system()) + STOP_GRACE_MS;
    for (size_t i = 0; i < commands->n_running; i++)
        proc_stop(&commands->running[i]->proc, clock_mono_ms(commands->clock));
    while (commands->n_running > 0 && clock_mono_ms(clock_system()) < until_ms) {
        size_t kept = 0;
        for (size_t i = 0; i < commands->n_running; i++) {
            struct command *command = commands->running[i];
            if (turn(commands, command))
                forget_run(command);
            else
                commands->running[kept++] = command;
        }
        commands->n_running = kept;
        if (kept > 0)
            poll(NULL, 0, 1);
    }
    while (commands->n_running > 0)
        forget_run(commands->running[--commands->n_running]);
}

static void *commands_run(void *self) {
    struct commands *commands = self;
    int64_t now = clock_mono_ms(commands->clock);
    for (size_t i = 0; i < commands->n; i++)
        due_put(&commands->due, &commands->commands[i].due, now);
    while (!atomic_load(&commands->stop)) {
        now = clock_mono_ms(commands->clock);
        atomic_store(&commands->promise_ms, now);
        hear(commands, now);
        begin_due(commands, now);
        wait(commands);
        turn_all(commands);
    }
    end_all(commands);
    return NULL;
}

/* ---- from outside ---------------------------------------------------------------------------- */

static void commands_free(struct commands *commands) {
    free(commands->commands);
    due_fini(&commands->due);
    wake_fini(&commands->wake);
    free(commands);
}

struct commands *commands_start(const struct policy *policy, const unsigned *sources, size_t n,
                                const struct clock *clock, struct probe_outlet outlet,
                                struct err *err) {
    struct commands *commands = mem_zero(1, sizeof *commands);
    commands->clock = clock;
    commands->outlet = outlet;
    commands->commands = mem_zero(n ? n : 1, sizeof *commands->commands);
    commands->n = n;
    for (size_t i = 0; i < n; i++)
        commands->commands[i] = (struct command){
            .spec = &policy->sources[sources[i]], .source = sources[i], .proc = {.fd = -1}};
    atomic_init(&commands->promise_ms, clock_mono_ms(clock));
    if (wake_init(&commands->wake, err) == ERR_OK &&
        thread_start(&commands->thread, THREAD_STACK_WORKER, "gonogo-commands", commands_run,
                     commands, err) == ERR_OK)
        return commands;
    commands_free(commands);
    return NULL;
}

void commands_poll_now(struct commands *commands) {
    atomic_store(&commands->hurry, true);
    wake_signal(&commands->wake);
}

bool commands_alive(const struct commands *commands, int64_t mono_ms) {
    return mono_ms <= atomic_load(&commands->promise_ms) + ALIVE_GRACE_MS;
}

void commands_ask_stop(struct commands *commands) {
    atomic_store(&commands->stop, true);
    wake_signal(&commands->wake);
}

void commands_stop(struct commands *commands) {
    if (!commands)
        return;
    commands_ask_stop(commands);
    pthread_join(commands->thread, NULL);
    commands_free(commands);
}

const struct probe_kind command_kind = {
    .name = "command",
    .help = "a command and how it ends",
    .takes_command = true,
    .for_gates = true,
};
