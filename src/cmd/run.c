/* gonogo run: an action of the configuration, without the screen. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/user.h"
#include "src/base/wake.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/crew.h"
#include "src/cmd/report_parts.h"
#include "src/cmd/run_list.h"
#include "src/cmd/run_show.h"
#include "src/engine/ledger.h"
#include "src/model/people.h"

enum {
    WAIT_MS = 30000,
    WAKE_MS = 200,
    ANSWER_CAP = 64,
    OPT_CONFIG = 'c',
    OPT_TARGET = 256,
    OPT_CONFIRM,
    OPT_AS,
    OPT_REASON,
    OPT_WAIT,
    OPT_DRY,
    OPT_JSON,
    OPT_LIST,
    OPT_OUTPUT,
    OPT_APPROVE,
    OPT_RESUME,
    OPT_UNDO,
    OPT_ABANDON
};

struct run_args {
    const char *action, *config, *target, *confirm, *as, *reason;
    const char *output; /* the run whose output is shown */
    int64_t wait_ms;
    bool dry, json, list, approve;
    enum intent_kind kind;
};

struct job {
    const struct run_args *args;
    const struct policy *policy;
    struct crew *crew;
    struct wake wake;
    const struct snapshot *s;
    size_t action;
    struct intent intent;
    uint64_t refusals;            /* before we asked */
    const struct run_view *shown; /* owned reference */
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int number) {
    (void)number;
    stop_asked = 1;
}

/* --- reading the world --- */

/* Enough to plan what nothing holds up? */
static bool is_known(const struct snapshot *s) {
    return s->votes->state != LEDGER_OPENING && (s->settled || s->target[0]);
}

static bool any_will_do(const struct snapshot *s) {
    (void)s;
    return true;
}

static bool look(struct job *job) {
    const struct snapshot *next = mailbox_take(crew_snapshots(job->crew));
    if (next) {
        snapshot_drop(job->s);
        job->s = next;
    }
    return next != NULL;
}

/* The plan of this moment. What nothing holds up is planned as soon as it can be. */
static struct run_plan *make_plan(struct job *job) {
    const struct action_spec *action = &job->policy->actions[job->action];
    int64_t wait_ms = job->args->wait_ms;
    struct run_plan *plan;
    if (action->requires == REQUIRES_ANY) {
        job->s = crew_await(job->crew, &job->wake, wait_ms, any_will_do);
        plan = plan_make(job->s, job->action);
        if (!plan->fault[0])
            return plan;
        plan_free(plan);
        snapshot_drop(job->s);
        job->s = crew_await(job->crew, &job->wake, wait_ms, is_known);
        plan = plan_make(job->s, job->action);
        if (!plan->fault[0])
            return plan;
        plan_free(plan);
        snapshot_drop(job->s);
    }
    job->s = crew_await(job->crew, &job->wake, wait_ms, crew_settled);
    return plan_make(job->s, job->action);
}

static int held_code(const struct snapshot *s) {
    return s->verdict == VERDICT_HOLD ? EXIT_HOLD : EXIT_NO_GO;
}

static void print_json(json_t *out) {
    json_print(out, stdout);
    json_decref(out);
}

/* What requires GO brings the candidate out: its plan tells also what that does to the feed. */
static int dry_run(struct job *job) {
    struct run_plan *plan = make_plan(job);
    struct buf feeds;
    buf_init(&feeds, 0);
    buf_add_text(&feeds, "");
    if (job->policy->actions[job->action].requires == REQUIRES_GO)
        report_feed_words(job->s, &feeds);
    if (job->args->json)
        print_json(show_plan_json(plan, feeds.data));
    else
        show_plan(plan, feeds.data);
    buf_fini(&feeds);
    int code = plan->fault[0] ? EXIT_NO_GO : plan->held[0] ? held_code(job->s) : EXIT_GO;
    plan_free(plan);
    return code;
}

/* --- following it --- */

static const struct run_view *our_run(const struct job *job) {
    for (size_t i = 0; job->s && job->s->accepted[0] && i < job->s->n_runs; i++)
        if (strcmp(job->s->runs[i]->id, job->s->accepted) == 0)
            return job->s->runs[i];
    return NULL;
}

static void answer(struct job *job) {
    char line[ANSWER_CAP] = "no";
    struct intent intent = job->intent;
    const struct run_view *view = job->shown;
    intent.kind = INTENT_ANSWER;
    if (isatty(STDIN_FILENO) && view->action >= 0) {
        const struct step_spec *step = &job->policy->actions[view->action].steps[view->step];
        fprintf(stderr, "%s (yes or no) ", step->question);
        if (!fgets(line, sizeof line, stdin))
            snprintf(line, sizeof line, "no");
    } else {
        fprintf(stderr, "gonogo: run: a step asks, and nobody is here to answer: no\n");
    }
    line[strcspn(line, "\r\n")] = '\0';
    snprintf(intent.typed, sizeof intent.typed, "%s", line);
    crew_send(job->crew, intent);
}

static void show(struct job *job, const struct run_view *view) {
    if (view == job->shown)
        return;
    bool asks = view->asks && !(job->shown && job->shown->asks);
    if (!job->args->json)
        show_progress(job->policy, job->shown, view);
    run_view_drop(job->shown);
    job->shown = run_view_keep(view);
    if (asks)
        answer(job);
}

static void wait_a_little(const struct job *job) {
    struct pollfd fd = {.fd = job->wake.read_fd, .events = POLLIN};
    if (poll(&fd, 1, WAKE_MS) > 0)
        wake_drain(&job->wake);
}

/* A kill switch and a rollback do their work on a broken ledger too; nobody is to miss that it is. */
static void say_broken(const struct snapshot *s) {
    if (s->votes->state == LEDGER_TAMPERED)
        fprintf(stderr, "gonogo: %s: %s: see gonogo ledger verify\n", s->policy->ledger.file,
                s->votes->note);
}

/* Until it is over or was refused. */
static int follow(struct job *job) {
    static const int codes[RUN_STATES] = {
        [RUN_FAILED] = EXIT_NO_GO, [RUN_INTERRUPTED] = EXIT_NO_GO, [RUN_REFUSED] = EXIT_NO_GO};
    bool told = false;
    for (;;) {
        look(job);
        const struct run_view *view = our_run(job);
        if (view)
            show(job, view);
        if (view && !run_is_active(view->state)) {
            if (job->args->json)
                print_json(show_run_json(job->policy, view, job->s->wall_ms));
            else
                show_end(view, job->s->wall_ms);
            say_broken(job->s);
            return view->state == RUN_REFUSED && job->s->verdict == VERDICT_HOLD
                       ? EXIT_HOLD
                       : codes[view->state];
        }
        bool refused = job->s && job->s->refusals != job->refusals;
        bool lost = refused && strncmp(job->s->refused, RUN_LOST, strlen(RUN_LOST)) == 0;
        if (refused && (lost || !view || !run_is_active(view->state))) {
            fprintf(stderr, "gonogo: run: %s\n", job->s->refused);
            return job->s->verdict == VERDICT_HOLD && strncmp(job->s->refused, "HOLD", 4) == 0
                       ? EXIT_HOLD
                       : EXIT_NO_GO;
        }
        if (stop_asked && !told) {
            struct intent intent = job->intent;
            intent.kind = INTENT_STOP;
            told = crew_send(job->crew, intent);
        }
        wait_a_little(job);
    }
}

/* --- asking for it --- */

static int ask(struct job *job, const struct run_plan *plan) {
    job->refusals = job->s->refusals;
    job->intent.kind = job->args->kind;
    job->intent.snapshot = job->s->number;
    job->intent.action = job->action;
    job->intent.seen = plan ? plan->seen : 0;
    snprintf(job->intent.typed, sizeof job->intent.typed, "%s",
             job->args->confirm ? job->args->confirm : "");
    if (!crew_send(job->crew, job->intent)) {
        struct err err = ERR_INIT;
        err_set(&err, ERR_BUSY, "run", "try again", "the engine is too far behind");
        return cmd_fail(&err);
    }
    return follow(job);
}

/* Is there one, and is it no more (or never was) under way? */
static bool runs_known(const struct snapshot *s) {
    return s->votes->state != LEDGER_OPENING &&
           (s->n_runs == 0 || !run_is_active(s->runs[0]->state));
}

static int reopen(struct job *job) {
    job->s = crew_await(job->crew, &job->wake, job->args->wait_ms, runs_known);
    const struct run_view *view = job->s->n_runs > 0 ? job->s->runs[0] : NULL;
    if (!view || strcmp(view->name, job->args->action) != 0 || !run_is_open(view->state)) {
        fprintf(stderr, "gonogo: run: no run of %s waits for a decision: see 'gonogo run --list'\n",
                job->args->action);
        return EXIT_NO_GO;
    }
    return ask(job, NULL);
}

static int start(struct job *job) {
    struct run_plan *plan = make_plan(job);
    if (plan->word[0] && !job->args->confirm && !plan->fault[0]) {
        cmd_usage("run", "it is confirmed with --confirm %s: see the plan with --dry-run",
                  plan->word);
        plan_free(plan);
        return EXIT_USAGE;
    }
    if (!job->args->json)
        show_plan(plan, "");
    int code = ask(job, plan);
    plan_free(plan);
    return code;
}

/* For an action that wants more than one person: bound to the candidate as it is now. */
static int approve(struct job *job) {
    struct err err = ERR_INIT;
    const struct intent *intent = &job->intent;
    if (people_check(job->policy, intent->who, intent->user, &err) != ERR_OK)
        return cmd_fail(&err);
    if (!job->policy->ledger.file) {
        err_set(&err, ERR_REFUSED, "store", "configure a store", "nothing can be recorded");
        return cmd_fail(&err);
    }
    struct run_plan *plan = make_plan(job);
    struct record *r = record_new(RECORD_APPROVAL);
    const char *target = plan->values.text[PLACE_TARGET];
    RECORD_PUT(r->who, intent->who);
    RECORD_PUT(r->subject, job->policy->actions[job->action].name);
    RECORD_PUT(r->target, target ? target : "");
    RECORD_PUT(r->fingerprint, plan->fingerprint);
    RECORD_PUT(r->word, "yes");
    RECORD_PUT(r->text, intent->text);
    struct ledger *ledger = ledger_open(job->policy->ledger.file, LEDGER_APPEND,
                                        &job->policy->ledger, clock_system(), &err);
    if (ledger && ledger_append(ledger, r, &err) == ERR_OK)
        printf("%s approves %s of %s\n", intent->who, job->args->action,
               target ? target : "an unknown version");
    ledger_close(ledger);
    record_drop(r);
    plan_free(plan);
    return err.code == ERR_OK ? EXIT_GO : cmd_fail(&err);
}

static int work(struct job *job) {
    struct err err = ERR_INIT;
    if (wake_init(&job->wake, &err) != ERR_OK)
        return cmd_fail(&err);
    const bool looks = job->args->dry || job->args->approve;
    job->crew = looks ? crew_start(job->policy, clock_system(), &job->wake, &err)
                      : crew_start_acting(job->policy, clock_system(), &job->wake, &err);
    int code;
    if (!job->crew)
        code = cmd_fail(&err);
    else if (!looks && crew_idle(job->crew))
        code = cmd_fail(crew_idle(job->crew));
    else
        code = job->args->approve              ? approve(job)
               : job->args->dry                ? dry_run(job)
               : job->args->kind == INTENT_RUN ? start(job)
                                               : reopen(job);
    crew_stop(job->crew);
    snapshot_drop(job->s);
    run_view_drop(job->shown);
    wake_fini(&job->wake);
    return cmd_close_stdout(code);
}

/* --- the command line --- */

static int take_option(struct run_args *args, int argc, char **argv, int option) {
    switch (option) {
    case OPT_CONFIG:
        args->config = optarg;
        return 0;
    case OPT_TARGET:
        args->target = optarg;
        return 0;
    case OPT_CONFIRM:
        args->confirm = optarg;
        return 0;
    case OPT_AS:
        args->as = optarg;
        return 0;
    case OPT_REASON:
        args->reason = optarg;
        return 0;
    case OPT_WAIT:
        return duration_parse(optarg, &args->wait_ms)
                   ? 0
                   : cmd_usage("run", "--wait: \"%.64s\" is no duration: write 500ms, 5s or 2m",
                               optarg);
    case OPT_DRY:
        args->dry = true;
        return 0;
    case OPT_JSON:
        args->json = true;
        return 0;
    case OPT_APPROVE:
        args->approve = true;
        return 0;
    case OPT_OUTPUT:
        args->output = optarg;
        return 0;
    case OPT_LIST:
        args->list = true;
        return 0;
    case OPT_RESUME:
    case OPT_UNDO:
    case OPT_ABANDON:
        if (args->kind != INTENT_RUN)
            return cmd_usage("run", "--resume, --undo and --abandon: one of them");
        args->kind = option == OPT_RESUME ? INTENT_RESUME
                     : option == OPT_UNDO ? INTENT_UNDO
                                          : INTENT_ABANDON;
        return 0;
    default:
        return cmd_bad_option("run", argc, argv, option);
    }
}

static int read_args(struct run_args *args, int argc, char **argv) {
    static const struct option options[] = {
        {"config", required_argument, NULL, OPT_CONFIG},
        {"target", required_argument, NULL, OPT_TARGET},
        {"confirm", required_argument, NULL, OPT_CONFIRM},
        {"as", required_argument, NULL, OPT_AS},
        {"reason", required_argument, NULL, OPT_REASON},
        {"wait", required_argument, NULL, OPT_WAIT},
        {"dry-run", no_argument, NULL, OPT_DRY},
        {"json", no_argument, NULL, OPT_JSON},
        {"list", no_argument, NULL, OPT_LIST},
        {"output", required_argument, NULL, OPT_OUTPUT},
        {"approve", no_argument, NULL, OPT_APPROVE},
        {"resume", no_argument, NULL, OPT_RESUME},
        {"undo", no_argument, NULL, OPT_UNDO},
        {"abandon", no_argument, NULL, OPT_ABANDON},
        {NULL, 0, NULL, 0},
    };
    *args = (struct run_args){.wait_ms = WAIT_MS, .kind = INTENT_RUN};
    opterr = 0;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, ":c:", options, NULL)) != -1;) {
        int code = take_option(args, argc, argv, option);
        if (code)
            return code;
    }
    if (optind < argc)
        args->action = argv[optind++];
    if (optind < argc)
        return cmd_usage("run", "\"%.64s\" is too much", argv[optind]);
    if (!args->action && !args->list && !args->output)
        return cmd_usage("run", "which action? --list shows what was run");
    if (args->dry && args->kind != INTENT_RUN)
        return cmd_usage("run", "--dry-run shows the plan of an action, not of a run that waits");
    return 0;
}

static int find_action(const struct run_args *args, const struct policy *policy, size_t *action) {
    const char *word = args->action ? args->action : "";
    int found = policy_find_action(policy, word);
    if (found >= 0) {
        *action = (size_t)found;
        return 0;
    }
    const char **names = mem_zero(policy->n_actions + 1, sizeof *names);
    for (size_t i = 0; i < policy->n_actions; i++)
        names[i] = policy->actions[i].name;
    const char *nearest = text_nearest(word, names);
    char safe[RECORD_THING_CAP];
    text_safe(safe, sizeof safe, word, strlen(word));
    if (nearest)
        cmd_usage("run", "there is no action \"%s\": did you mean \"%s\"?", safe, nearest);
    else
        cmd_usage("run", "there is no action \"%s\" in %s", safe, policy->path);
    free(names);
    return EXIT_USAGE;
}

static int name_who(const struct run_args *args, const struct policy *policy,
                    struct intent *intent) {
    user_name(intent->user, sizeof intent->user);
    const char *who = args->as ? args->as : people_default(policy, intent->user);
    const char *reason = args->reason ? args->reason : "";
    if (!RECORD_PUT(intent->who, who))
        return cmd_usage("run", "--as: a name has at most %d bytes", RECORD_NAME_CAP - 1);
    if (!RECORD_PUT(intent->text, reason))
        return cmd_usage("run", "--reason: give at most %d bytes, and a link to the rest",
                         RECORD_TEXT_CAP - 1);
    return 0;
}

int cmd_run(int argc, char **argv) {
    struct run_args args;
    struct err err = ERR_INIT;
    int code = read_args(&args, argc, argv);
    if (code)
        return code;
    struct policy *policy = cmd_policy(args.config, args.target, &err);
    if (!policy)
        return cmd_fail(&err);
    struct job job = {.args = &args, .policy = policy};
    if (args.list)
        code = run_list(policy, args.json);
    else if (args.output)
        code = run_output(policy, args.output, args.json);
    else if ((code = find_action(&args, policy, &job.action)) == 0 &&
             (code = name_who(&args, policy, &job.intent)) == 0) {
        const struct sigaction stop = {.sa_handler = on_signal};
        sigaction(SIGINT, &stop, NULL);
        sigaction(SIGTERM, &stop, NULL);
        sigaction(SIGHUP, &stop, NULL);
        code = work(&job);
    }
    policy_free(policy);
    return code;
}
