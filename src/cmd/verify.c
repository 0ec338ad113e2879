/* gonogo verify: every rule over a release tree, a line each. */
#include "src/release/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/cmd/cmd.h"
#include "src/cmd/flow_args.h"

enum { DENY_MAX = 64 };

static const char *const verdicts[] = {
    [VERIFY_OK] = "ok", [VERIFY_FAIL] = "FAIL", [VERIFY_SKIP] = "skip"};

static void print_text(const struct verify_report *report) {
    for (size_t i = 0; i < report->n; i++) {
        const struct verify_check *c = &report->checks[i];
        char *what = text_safe_copy(c->what, strlen(c->what));
        printf("%-4s  %s: %s\n", verdicts[c->verdict], c->name, what);
        free(what);
    }
}

static void print_json(const struct verify_report *report) {
    json_t *json = json_object(), *checks = json_array();
    for (size_t i = 0; i < report->n; i++)
        json_array_append_new(checks, json_pack("{s:s, s:o, s:o}", "verdict",
                                                verdicts[report->checks[i].verdict], "name",
                                                json_text(report->checks[i].name), "what",
                                                json_text(report->checks[i].what)));
    json_object_set_new(json, "command", json_string("verify"));
    json_object_set_new(json, "failed", json_integer((json_int_t)report->failed));
    json_object_set_new(json, "checks", checks);
    json_print(json, stdout);
    json_decref(json);
}

/* "old-host,OldGroup" into a list that points into `copy`. */
static bool read_deny(char *copy, const char *list[DENY_MAX + 1]) {
    size_t n = 0;
    for (char *at = copy; at;) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma = '\0';
        if (*at && n == DENY_MAX)
            return false;
        if (*at)
            list[n++] = at;
        at = comma ? comma + 1 : NULL;
    }
    list[n] = NULL;
    return true;
}

static int run(struct flow_args *args, int argc, char **argv) {
    bool deep = false;
    const char *deny = NULL, *denied[DENY_MAX + 1] = {NULL};
    struct verify_report report;
    struct err err = ERR_INIT;
    const struct flow_arg own[] = {
        {"deep", NULL, &deep}, {"deny", &deny, NULL}, {NULL, NULL, NULL}};
    int code = flow_args_read(args, "verify", argc, argv, own);
    if (code != EXIT_GO)
        return code;
    code = flow_args_token(args);
    if (code != EXIT_GO)
        return code;
    if (args->words[0])
        return cmd_usage("verify", "\"%s\" is one argument too many", args->words[0]);
    char *copy = mem_copy_text(deny ? deny : "");
    if (!read_deny(copy, denied)) {
        code = cmd_usage("verify", "--deny takes %d names at most", DENY_MAX);
    } else {
        if (deny)
            args->flow.layout.legacy = denied;
        if (verify_run(&args->flow, deep, &report, &err) != ERR_OK) {
            code = cmd_fail(&err);
        } else {
            if (args->json)
                print_json(&report);
            else
                print_text(&report);
            code = cmd_close_stdout(report.failed ? EXIT_NO_GO : EXIT_GO);
            verify_fini(&report);
        }
    }
    args->flow.layout.legacy = NULL; /* `denied` ends here */
    free(copy);
    return code;
}

int cmd_verify(int argc, char **argv) {
    struct flow_args args;
    int code = run(&args, argc, argv);
    flow_args_fini(&args);
    return code;
}
