/* gonogo promote: beta to stable, the same bytes. */
#include "src/release/promote.h"

#include "src/cmd/cmd.h"
#include "src/cmd/flow_args.h"

static int run(struct flow_args *args, int argc, char **argv) {
    const char *from = NULL, *to = NULL, *source = NULL, *target = NULL, *url = NULL;
    struct promote_request request;
    /* --source and --target are what the scripts before it were told. */
    const struct flow_arg own[] = {{"from", &from, NULL},     {"to", &to, NULL},
                                   {"source", &source, NULL}, {"target", &target, NULL},
                                   {"url", &url, NULL},       {NULL, NULL, NULL}};
    int code = flow_args_read(args, "promote", argc, argv, own);
    if (code != EXIT_GO)
        return code;
    from = from ? from : source ? source : "beta";
    to = to ? to : target ? target : "stable";
    if (url)
        args->flow.layout.url = url;
    if (args->words[0])
        return cmd_usage("promote", "\"%s\" is one argument too many", args->words[0]);
    if (!layout_channel(&args->flow.layout, from, &request.from))
        return cmd_usage("promote", "there is no channel \"%s\"", from);
    if (!layout_channel(&args->flow.layout, to, &request.to))
        return cmd_usage("promote", "there is no channel \"%s\"", to);
    const struct flow_work work = {"promote", promote_look, &request, true};
    return flow_args_run(args, &work, false);
}

int cmd_promote(int argc, char **argv) {
    struct flow_args args;
    int code = run(&args, argc, argv);
    flow_args_fini(&args);
    return code;
}
