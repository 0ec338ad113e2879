/* gonogo waive: somebody overrides a gate by name, somebody else approves. */
#include "src/base/clock.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/say.h"

enum { OPTION_UNTIL = 256, OPTION_FOR, OPTION_APPROVE, OPTION_WITHDRAW };

static int take(struct intent *intent, int argc, char **argv, int answer, struct say *say) {
    int64_t ms = 0;
    switch (answer) {
    case OPTION_UNTIL:
        return when_parse_rfc3339(optarg, &intent->until_ms)
                   ? 0
                   : cmd_usage("waive", "--until: \"%.64s\" is no time: write 2026-02-26T20:00:00Z",
                               optarg);
    case OPTION_FOR:
        if (!duration_parse(optarg, &ms))
            return cmd_usage("waive", "--for: \"%.64s\" is no duration: write 30m, 2h or 1d",
                             optarg);
        intent->until_ms = clock_wall_ms(clock_system()) + ms;
        return 0;
    case OPTION_APPROVE:
        intent->kind = INTENT_APPROVE;
        RECORD_PUT(intent->word, "yes");
        return 0;
    case OPTION_WITHDRAW:
        RECORD_PUT(intent->word, "withdrawn");
        return 0;
    default:
        return say_option(say, argc, argv, answer);
    }
}

int cmd_waive(int argc, char **argv) {
    static const struct option options[] = {SAY_OPTIONS,
                                            {"until", required_argument, NULL, OPTION_UNTIL},
                                            {"for", required_argument, NULL, OPTION_FOR},
                                            {"approve", no_argument, NULL, OPTION_APPROVE},
                                            {"withdraw", no_argument, NULL, OPTION_WITHDRAW},
                                            {NULL, 0, NULL, 0}};
    struct say say;
    struct intent intent = {.kind = INTENT_WAIVE, .word = "asked"};
    int answer, code = 0;
    say_init(&say, "waive");
    while (code == 0 && (answer = getopt_long(argc, argv, ":c:", options, NULL)) != -1)
        code = take(&intent, argc, argv, answer, &say);
    if (code != 0)
        return code;
    if (argc - optind != 1)
        return cmd_usage("waive", "say which gate");
    struct policy *policy = say_policy(&say, &intent, &code);
    if (!policy)
        return code;
    int gate = say_gate(&say, policy, argv[optind]);
    intent.gate = gate < 0 ? 0 : (size_t)gate;
    code = gate < 0 ? EXIT_USAGE : say_it(&say, policy, &intent);
    policy_free(policy);
    return code;
}
