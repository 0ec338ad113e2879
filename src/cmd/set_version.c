/* gonogo set-version: one version in every file that the services take it from. */
#include "src/release/set_version.h"

#include "src/cmd/cmd.h"
#include "src/cmd/flow_args.h"

static int run(struct flow_args *args, int argc, char **argv) {
    bool check = false;
    const struct flow_arg own[] = {{"check", NULL, &check}, {NULL, NULL, NULL}};
    int code = flow_args_read(args, "set-version", argc, argv, own);
    if (code != EXIT_GO)
        return code;
    if (!args->words[0])
        return cmd_usage("set-version", "which version?");
    if (args->words[1])
        return cmd_usage("set-version", "\"%s\" is one argument too many", args->words[1]);
    char *version = (char *)args->words[0]; /* argv's own; only read */
    const struct flow_work work = {"set-version", set_version_look, version, false};
    return flow_args_run(args, &work, check);
}

int cmd_set_version(int argc, char **argv) {
    struct flow_args args;
    int code = run(&args, argc, argv);
    flow_args_fini(&args);
    return code;
}
