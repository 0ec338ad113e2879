/* gonogo check: one judgement, for scripts and for people without a screen. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/text.h"
#include "src/cmd/cmd.h"
#include "src/cmd/judging.h"
#include "src/cmd/snapshot_json.h"
#include "src/model/snapshot.h"

static void print_json(const struct snapshot *s) {
    json_t *out = snapshot_json(s);
    json_print(out, stdout);
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

static int judge(const struct judging *judging, const struct policy *policy, bool json) {
    static const int codes[] = {
        [VERDICT_GO] = EXIT_GO, [VERDICT_NO_GO] = EXIT_NO_GO, [VERDICT_HOLD] = EXIT_HOLD};
    struct err err = ERR_INIT;
    const struct snapshot *s = judging_look(judging, policy, &err);
    if (!s)
        return cmd_fail(&err);
    if (json)
        print_json(s);
    else
        print_text(s);
    int code = cmd_close_stdout(codes[s->verdict]);
    snapshot_drop(s);
    return code;
}

int cmd_check(int argc, char **argv) {
    static const struct option options[] = {
        JUDGING_OPTIONS, JUDGING_WAIT, {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
    struct judging judging;
    bool json = false;
    int answer, code = EXIT_GO;
    judging_init(&judging, "check");
    while ((answer = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
        if (answer == 'j')
            json = true;
        else if (judging_option(&judging, argc, argv, answer) != 0)
            return EXIT_USAGE;
    }
    struct policy *policy = judging_policy(&judging, argc, argv, &code);
    if (!policy)
        return code;
    code = judge(&judging, policy, json);
    policy_free(policy);
    return code;
}
