#include "src/cmd/flow_args.h"

#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/names.h"

enum {
    OPT_ROOT = 1,
    OPT_JSON,
    OPT_DRY_RUN,
    OPT_LOCK_TIMEOUT,
    OPT_HTTP,
    OPT_ENV_FILE,
    OPT_OWN = 256
}; /* not 'c', ':' or '?' */

static const struct option common[] = {
    {"root", required_argument, NULL, OPT_ROOT},
    {"json", no_argument, NULL, OPT_JSON},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"lock-timeout", required_argument, NULL, OPT_LOCK_TIMEOUT},
    {"allow-http-loopback", no_argument, NULL, OPT_HTTP},
    {"env-file", required_argument, NULL, OPT_ENV_FILE},
};

enum { N_COMMON = sizeof common / sizeof *common };

static int take_common(struct flow_args *args, const char *command, int option) {
    switch (option) {
    case OPT_ROOT:
        args->flow.root = optarg;
        break;
    case OPT_JSON:
        args->json = true;
        break;
    case OPT_DRY_RUN:
        args->flow.dry_run = true;
        break;
    case OPT_LOCK_TIMEOUT:
        if (!duration_parse(optarg, &args->flow.lock_timeout_ms))
            return cmd_usage(command, "\"%s\" is no duration (500ms, 10s, 2m)", optarg);
        break;
    case OPT_HTTP:
        args->flow.allow_http_loopback = true;
        break;
    case OPT_ENV_FILE:
        args->flow.layout.env = optarg;
        break;
    }
    return EXIT_GO;
}

/* A wait that nobody explains looks like a hang. */
static void wait_and_say(void *self, int64_t ms, const char *why) {
    char text[24], safe[256];
    (void)self;
    duration_text(ms, text, sizeof text);
    text_safe(safe, sizeof safe, why, strlen(why));
    fprintf(stderr, "gonogo: release.repository: %s: waiting %s, then trying again\n", safe, text);
    const int64_t end = clock_mono_ms(clock_system()) + ms;
    for (int64_t left = ms; left > 0; left = end - clock_mono_ms(clock_system()))
        poll(NULL, 0, left < INT_MAX ? (int)left : INT_MAX);
}

/* The names that the configuration gives; options on the command line come after and win. */
static int take_config(struct flow_args *args, const char *file) {
    struct err err = ERR_INIT;
    policy_free(args->policy);
    args->policy = cmd_policy(file, NULL, &err);
    if (!args->policy)
        return cmd_fail(&err);
    free(args->manifests);
    const struct release_spec *r = &args->policy->release;
    args->manifests = names_take(&args->flow.layout, r);
    args->flow.github = NULL;
    if (!r->github)
        return EXIT_GO;
    args->github = (struct github_options){
        .api = r->api ? r->api : GITHUB_API,
        .repository = r->repository,
        .token = r->token,
        .ca_file = r->ca_file,
        .clock = args->flow.clock,
        .wait = wait_and_say,
    };
    args->flow.github = &args->github;
    return EXIT_GO;
}

void flow_args_fini(struct flow_args *args) {
    policy_free(args->policy);
    free(args->manifests);
    args->policy = NULL;
    args->manifests = NULL;
}

static int take_words(struct flow_args *args, const char *command, int argc, char **argv) {
    for (size_t i = 0; optind < argc; optind++, i++) {
        if (i == FLOW_WORDS_MAX)
            return cmd_usage(command, "\"%s\" is one argument too many", argv[optind]);
        args->words[i] = argv[optind];
    }
    return args->flow.root ? EXIT_GO : cmd_usage(command, "--root DIR is missing");
}

static int take_option(struct flow_args *args, const char *command, int option,
                       const struct flow_arg *own) {
    if (option < OPT_OWN)
        return take_common(args, command, option);
    if (own[option - OPT_OWN].text)
        *own[option - OPT_OWN].text = optarg;
    else
        *own[option - OPT_OWN].flag = true;
    return EXIT_GO;
}

int flow_args_read(struct flow_args *args, const char *command, int argc, char **argv,
                   const struct flow_arg *own) {
    struct option options[N_COMMON + FLOW_OWN_MAX + 1] = {{0}};
    size_t n = 0;
    *args = (struct flow_args){0};
    flow_init(&args->flow, NULL);
    for (; n < N_COMMON; n++)
        options[n] = common[n];
    for (size_t i = 0; own && own[i].name && i < FLOW_OWN_MAX; i++)
        options[n++] = (struct option){own[i].name, own[i].text ? required_argument : no_argument,
                                       NULL, OPT_OWN + (int)i};
    opterr = 0;
    int code = EXIT_GO;
    /* Twice: what the configuration says gives way to every option, wherever it stands. */
    for (int pass = 0; pass < 2; pass++) {
        optind = 1;
        for (int option; (option = getopt_long(argc, argv, ":c:", options, NULL)) != -1;) {
            if (option == ':' || option == '?')
                return cmd_bad_option(command, argc, argv, option);
            if (option == 'c')
                code = pass == 0 ? take_config(args, optarg) : EXIT_GO;
            else if (pass == 1)
                code = take_option(args, command, option, own);
            if (code != EXIT_GO)
                return code;
        }
    }
    return take_words(args, command, argc, argv);
}

/* ---- what is printed --------------------------------------------------------------------------- */

static const char *outcome(const struct flow_args *args, const struct plan *plan,
                           enum err_code code) {
    if (code == ERR_BUSY)
        return "locked";
    if (code == ERR_REFUSED)
        return "refused";
    if (code != ERR_OK)
        return "failed";
    if (plan->skip)
        return "skipped";
    return args->flow.dry_run ? "planned" : "done";
}

static void say_line(const char *before, const char *text) {
    char *safe = text_safe_copy(text, strlen(text));
    printf("%s%s\n", before, safe);
    free(safe);
}

static void say_text(const struct flow_args *args, const struct plan *plan, enum err_code code) {
    for (size_t i = 0; code == ERR_OK && !plan->skip && i < plan->n_steps; i++)
        say_line("", plan->steps[i].text);
    for (size_t i = 0; i < plan->n_notes; i++)
        say_line("note: ", plan->notes[i]);
    if (code != ERR_OK)
        return;
    if (plan->skip)
        say_line("", plan->skip);
    else if (args->flow.dry_run)
        say_line("", "dry run: nothing was changed");
    else if (plan->done)
        say_line("", plan->done);
}

static void say_json(const struct flow_args *args, const char *command, const struct plan *plan,
                     enum err_code code, const struct err *err) {
    json_t *json = json_object(), *steps = json_array(), *notes = json_array();
    json_object_set_new(json, "command", json_string(command));
    json_object_set_new(json, "outcome", json_string(outcome(args, plan, code)));
    json_object_set_new(json, "dry_run", json_boolean(args->flow.dry_run));
    json_object_set_new(json, "version", json_text(plan->version));
    for (size_t i = 0; !plan->skip && i < plan->n_steps; i++)
        json_array_append(steps, plan->steps[i].json);
    for (size_t i = 0; i < plan->n_notes; i++)
        json_array_append_new(notes, json_text(plan->notes[i]));
    json_object_set_new(json, "steps", steps);
    json_object_set_new(json, "notes", notes);
    const char *message = plan->skip ? plan->skip : args->flow.dry_run ? NULL : plan->done;
    json_object_set_new(json, "message", json_text(code == ERR_OK ? message : NULL));
    json_object_set_new(json, "error",
                        code == ERR_OK
                            ? json_null()
                            : json_pack("{s:o, s:o, s:o}", "where", json_text(err->where), "what",
                                        json_text(err->what), "todo", json_text(err->todo)));
    json_print(json, stdout);
    json_decref(json);
}

int flow_args_token(const struct flow_args *args) {
    const struct err *trouble = args->flow.github ? &args->policy->release.token_trouble : NULL;
    return trouble && trouble->code != ERR_OK ? cmd_fail(trouble) : EXIT_GO;
}

int flow_args_run(const struct flow_args *args, const struct flow_work *work, bool check) {
    const int ready = work->assets ? flow_args_token(args) : EXIT_GO;
    if (ready != EXIT_GO)
        return ready;
    struct flow_args asked = *args;
    struct plan plan;
    struct err err = ERR_INIT;
    plan_init(&plan);
    asked.flow.dry_run |= check;
    enum err_code code = flow_run(&asked.flow, work, &plan, &err);
    if (asked.json)
        say_json(&asked, work->name, &plan, code, &err);
    else
        say_text(&asked, &plan, code);
    int answer = EXIT_GO;
    if (code != ERR_OK)
        answer = cmd_fail(&err);
    else if (check && !plan.skip)
        answer = EXIT_NO_GO;
    plan_fini(&plan);
    return answer == EXIT_MACHINE ? answer : cmd_close_stdout(answer);
}
