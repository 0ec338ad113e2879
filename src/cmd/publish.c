/* gonogo publish: the inbox to beta. */
#include "src/release/publish.h"

#include <string.h>

#include "src/cmd/cmd.h"
#include "src/cmd/flow_args.h"

static int run(struct flow_args *args, int argc, char **argv) {
    const char *channel = NULL, *style = "fixed", *url = NULL;
    struct publish_request request = {.style = PUBLISH_FIXED};
    const struct flow_arg own[] = {
        {"channel", &channel, NULL}, {"version", &request.version, NULL},
        {"tag-style", &style, NULL}, {"signature", &request.signature, NULL},
        {"url", &url, NULL},         {NULL, NULL, NULL}};
    int code = flow_args_read(args, "publish", argc, argv, own);
    if (code != EXIT_GO)
        return code;
    if (url)
        args->flow.layout.url = url;
    if (args->words[0])
        return cmd_usage("publish", "\"%s\" is one argument too many", args->words[0]);
    if (!channel)
        return cmd_usage("publish", "to which channel? --channel beta");
    if (!layout_channel(&args->flow.layout, channel, &request.channel))
        return cmd_usage("publish", "there is no channel \"%s\"", channel);
    if (strcmp(style, "version") == 0)
        request.style = PUBLISH_VERSION;
    else if (strcmp(style, "fixed") != 0)
        return cmd_usage("publish", "--tag-style is fixed or version");
    const struct flow_work work = {"publish", publish_look, &request, true};
    return flow_args_run(args, &work, false);
}

int cmd_publish(int argc, char **argv) {
    struct flow_args args;
    int code = run(&args, argc, argv);
    flow_args_fini(&args);
    return code;
}
