/* gonogo tick: a person ticks a checklist off, for this version. */
#include <string.h>

#include "src/cmd/cmd.h"
#include "src/cmd/say.h"

enum { OPTION_LINK = 256, OPTION_ITEM, OPTION_UNDO };

/* The link first, then why. False when it does not fit. */
static bool put_text(struct intent *intent, const char *link, const char *reason) {
    char text[2 * RECORD_TEXT_CAP];
    int n = snprintf(text, sizeof text, "%s%s%s", link ? link : "", link && reason ? " " : "",
                     reason ? reason : "");
    return n >= 0 && (size_t)n < sizeof text && RECORD_PUT(intent->text, text);
}

int cmd_tick(int argc, char **argv) {
    static const struct option options[] = {SAY_OPTIONS,
                                            {"link", required_argument, NULL, OPTION_LINK},
                                            {"item", required_argument, NULL, OPTION_ITEM},
                                            {"undo", no_argument, NULL, OPTION_UNDO},
                                            {NULL, 0, NULL, 0}};
    struct say say;
    struct intent intent = {.kind = INTENT_TICK, .word = "done"};
    const char *link = NULL, *item = "";
    int answer, code = 0;
    say_init(&say, "tick");
    while (code == 0 && (answer = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
        if (answer == OPTION_LINK)
            link = optarg;
        else if (answer == OPTION_ITEM)
            item = optarg;
        else if (answer == OPTION_UNDO)
            RECORD_PUT(intent.word, "undone");
        else
            code = say_option(&say, argc, argv, answer);
    }
    if (code != 0)
        return code;
    if (argc - optind != 1)
        return cmd_usage("tick", "say which gate");
    if (!RECORD_PUT(intent.item, item))
        return cmd_usage("tick", "an item has at most %d bytes", RECORD_THING_CAP - 1);
    struct policy *policy = say_policy(&say, &intent, &code);
    if (!policy)
        return code;
    int gate = say_gate(&say, policy, argv[optind]);
    intent.gate = gate < 0 ? 0 : (size_t)gate;
    if (gate < 0)
        code = EXIT_USAGE;
    else if (!put_text(&intent, link, say.reason))
        code = cmd_usage("tick", "--link and --reason: give at most %d bytes", RECORD_TEXT_CAP - 1);
    else
        code = say_it(&say, policy, &intent);
    policy_free(policy);
    return code;
}
