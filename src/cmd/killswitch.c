/* gonogo killswitch: what is off, and turning it off or on again. */
#include "src/release/killswitch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/text.h"
#include "src/cmd/cmd.h"
#include "src/cmd/flow_args.h"
#include "src/release/env.h"

static const char *const place_names[] = {
    [KILLSWITCH_YAML] = "yaml",
    [KILLSWITCH_ENV_FILE] = "env_file",
    [KILLSWITCH_ENVIRONMENT] = "environment",
};

static void print_json(const struct killswitch_list *list) {
    json_t *json = json_object(), *items = json_array();
    for (size_t i = 0; i < list->n; i++) {
        const struct killswitch *k = &list->items[i];
        json_t *item = json_pack("{s:o, s:o, s:o, s:o}", "name", json_text(k->name), "env_name",
                                 json_text(k->env_name), "flag", json_text(k->flag), "owner",
                                 json_text(k->owner));
        for (int p = 0; p < KILLSWITCH_PLACES; p++)
            json_object_set_new(item, place_names[p], json_text(k->values[p]));
        json_object_set_new(item, "disagrees", json_text(k->disagrees));
        json_array_append_new(items, item);
    }
    json_object_set_new(json, "switches", items);
    json_print(json, stdout);
    json_decref(json);
}

/* A cell: remote text made safe, and blanks up to its column's end. */
static void print_cell(const char *text, int columns) {
    char safe[KILLSWITCH_NAME_CAP];
    text_safe(safe, sizeof safe, text, strlen(text));
    const int left = columns - text_width(safe);
    printf("%s%*s", safe, left > 0 ? left + 2 : 2, "");
}

static void print_table(const struct killswitch_list *list) {
    int columns[2] = {4, 8};
    for (size_t i = 0; i < list->n; i++) {
        const char *texts[2] = {list->items[i].name, list->items[i].flag};
        for (int c = 0; c < 2; c++)
            if (texts[c] && text_width(texts[c]) > columns[c])
                columns[c] = text_width(texts[c]);
    }
    print_cell("NAME", columns[0]);
    print_cell("REGISTRY", columns[1]);
    print_cell("YAML", 5);
    print_cell("ENV FILE", 8);
    print_cell("ENVIRONMENT", 11);
    puts("DISAGREES");
    for (size_t i = 0; i < list->n; i++) {
        const struct killswitch *k = &list->items[i];
        print_cell(k->name, columns[0]);
        print_cell(k->flag ? k->flag : "-", columns[1]);
        for (int p = 0; p < KILLSWITCH_PLACES; p++)
            print_cell(k->values[p] ? k->values[p] : "-", (const int[]){5, 8, 11}[p]);
        puts(k->disagrees ? k->disagrees : "-");
    }
}

static int run_list(const struct flow_args *args) {
    struct killswitch_list list;
    struct err err = ERR_INIT;
    if (killswitch_list(&args->flow, getenv, &list, &err) != ERR_OK)
        return cmd_fail(&err);
    if (args->json)
        print_json(&list);
    else
        print_table(&list);
    killswitch_list_fini(&list);
    return cmd_close_stdout(EXIT_GO);
}

/* -1 for what is neither. */
static int read_truth(const char *text) {
    return strcmp(text, "true") == 0 ? 1 : strcmp(text, "false") == 0 ? 0 : -1;
}

static int run_set(const struct flow_args *args, const char *verb, const char *to) {
    const bool clear = strcmp(verb, "clear") == 0;
    struct killswitch_request request = {.name = args->words[1], .to = !clear};
    if (!request.name)
        return cmd_usage("killswitch", "which one? %s NAME", verb);
    if (to && (clear || read_truth(to) < 0))
        return cmd_usage("killswitch", clear ? "clear takes no --to" : "--to is true or false");
    /* The one switch that opens something when it is true: nobody opens it by leaving a word out. */
    if (!clear && !to && strcmp(request.name, ENV_BETA_ENABLED) == 0)
        return cmd_usage("killswitch",
                         "%s opens the beta feed with --to true, and shuts it with "
                         "--to false: say which",
                         ENV_BETA_ENABLED);
    if (to)
        request.to = read_truth(to) == 1;
    const struct flow_work work = {"killswitch", killswitch_look, &request, false};
    return flow_args_run(args, &work, false);
}

static int run(struct flow_args *args, int argc, char **argv) {
    const char *to = NULL;
    const struct flow_arg own[] = {{"to", &to, NULL}, {NULL, NULL, NULL}};
    int code = flow_args_read(args, "killswitch", argc, argv, own);
    if (code != EXIT_GO)
        return code;
    const char *verb = args->words[0];
    if (!verb)
        return cmd_usage("killswitch", "list, set or clear?");
    if (strcmp(verb, "list") == 0)
        return args->words[1] || to ? cmd_usage("killswitch", "list takes no name")
                                    : run_list(args);
    if (strcmp(verb, "set") == 0 || strcmp(verb, "clear") == 0)
        return run_set(args, verb, to);
    return cmd_usage("killswitch", "\"%s\" is not list, set or clear", verb);
}

int cmd_killswitch(int argc, char **argv) {
    struct flow_args args;
    int code = run(&args, argc, argv);
    flow_args_fini(&args);
    return code;
}
