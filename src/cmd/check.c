/* gonogo check: one judgement, for scripts and for people without a screen. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/clock.h"
#include "src/base/text.h"
#include "src/base/wake.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/crew.h"
#include "src/cmd/snapshot_json.h"
#include "src/model/snapshot.h"

static void print_json(const struct snapshot *s) {
    json_t *out = snapshot_json(s);
    json_dumpf(out, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(out);
}

static void print_safe(const char *text) {
    char *safe = text_safe_copy(text, strlen(text));
    fputs(safe, stdout);
    free(safe);
}

static void print_text(const struct snapshot *s) {
    print_safe(s->policy->product);
    printf(": %s\n%s", s->question, verdict_name(s->verdict));
    printf("  %u passing · %u failing · %u waiting · %u unknown", s->passing, s->failing,
           s->waiting, s->unknown);
    if (s->waived > 0)
        printf(" · %u waived", s->waived);
    puts("\n");
    for (size_t i = 0; i < s->n_gates; i++) {
        if (!s->gates[i].counted)
            continue;
        printf("%-7s  ", gate_view_name(&s->gates[i]));
        print_safe(s->policy->gates[i].name);
        printf(": %s\n", s->gates[i].reason);
        if (s->gates[i].waiver[0])
            printf("         %s%s\n", s->gates[i].waived ? "⚑ waived " : "a waiver was ",
                   s->gates[i].waiver);
    }
    bool headed = false;
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct source_view *source = &s->sources[i];
        const char *error = source->last ? source->last->error : "";
        if (source->raw != SOURCE_ERROR && source->state != SOURCE_PENDING &&
            source->state != SOURCE_STALE)
            continue;
        if (!headed)
            putchar('\n');
        headed = true;
        printf("%-7s  ", source_state_name(source->state));
        print_safe(s->policy->sources[i].id);
        printf(": %s\n", error[0] ? error : "has not answered yet");
    }
    if (s->store == STORE_LOST)
        printf("\nstore: %s\n", s->store_note);
}

static int judge(const struct policy *policy, bool json, int64_t wait_ms) {
    static const int codes[] = {
        [VERDICT_GO] = EXIT_GO, [VERDICT_NO_GO] = EXIT_NO_GO, [VERDICT_HOLD] = EXIT_HOLD};
    struct err err = ERR_INIT;
    struct wake wake;
    if (wake_init(&wake, &err) != ERR_OK)
        return cmd_fail(&err);
    int code;
    struct crew *crew = crew_start(policy, clock_system(), &wake, &err);
    if (crew) {
        const struct snapshot *s = crew_await(crew, &wake, wait_ms, crew_settled);
        if (json)
            print_json(s);
        else
            print_text(s);
        code = cmd_close_stdout(codes[s->verdict]);
        snapshot_drop(s);
    } else {
        code = cmd_fail(&err);
    }
    crew_stop(crew);
    wake_fini(&wake);
    return code;
}

int cmd_check(int argc, char **argv) {
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"target", required_argument, NULL, 't'},
        {"json", no_argument, NULL, 'j'},
        {"wait", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    const char *config = NULL, *target = NULL;
    bool json = false;
    int64_t wait_ms = CREW_WAIT_MS;
    int answer;
    opterr = 0;
    optind = 1;
    while ((answer = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
        switch (answer) {
        case 'c':
            config = optarg;
            break;
        case 't':
            target = optarg;
            break;
        case 'j':
            json = true;
            break;
        case 'w':
            if (!duration_parse(optarg, &wait_ms))
                return cmd_usage("check", "--wait: \"%.64s\" is no duration: write 500ms, 5s or 2m",
                                 optarg);
            break;
        default:
            return cmd_bad_option("check", argc, argv, answer);
        }
    }
    if (optind < argc)
        return cmd_usage("check", "\"%.64s\" is too much", argv[optind]);

    struct err err = ERR_INIT;
    struct policy *policy = cmd_policy(config, target, &err);
    if (!policy)
        return cmd_fail(&err);
    int code = judge(policy, json, wait_ms);
    policy_free(policy);
    return code;
}
