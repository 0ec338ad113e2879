/* gonogo pull: the current version out of a feed, the one before it back. */
#include "src/release/pull.h"

#include "src/cmd/cmd.h"
#include "src/cmd/flow_args.h"

static int run(struct flow_args *args, int argc, char **argv) {
    const char *channel = NULL;
    struct pull_request request = {0};
    const struct flow_arg own[] = {
        {"channel", &channel, NULL}, {"to", &request.to, NULL}, {NULL, NULL, NULL}};
    int code = flow_args_read(args, "pull", argc, argv, own);
    if (code != EXIT_GO)
        return code;
    if (args->words[0])
        return cmd_usage("pull", "\"%s\" is one argument too many", args->words[0]);
    if (!channel)
        return cmd_usage("pull", "out of which channel? --channel stable or beta");
    if (!layout_channel(&args->flow.layout, channel, &request.channel))
        return cmd_usage("pull", "there is no channel \"%s\"", channel);
    const struct flow_work work = {"pull", pull_look, &request, true};
    return flow_args_run(args, &work, false);
}

int cmd_pull(int argc, char **argv) {
    struct flow_args args;
    int code = run(&args, argc, argv);
    flow_args_fini(&args);
    return code;
}
