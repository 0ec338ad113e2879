/* gonogo vote: a role says GO, NO-GO or nothing about the candidate. */
#include <stdlib.h>

#include "src/cmd/cmd.h"
#include "src/cmd/say.h"

int cmd_vote(int argc, char **argv) {
    static const struct option options[] = {SAY_OPTIONS, {NULL, 0, NULL, 0}};
    struct say say;
    struct intent intent = {.kind = INTENT_VOTE};
    int answer, code = 0;
    say_init(&say, "vote");
    while (code == 0 && (answer = getopt_long(argc, argv, ":c:", options, NULL)) != -1)
        code = say_option(&say, argc, argv, answer);
    if (code != 0)
        return code;
    if (argc - optind != 2)
        return cmd_usage("vote", "say which role, and go, no-go or abstain");
    if (!RECORD_PUT(intent.role, argv[optind]) || !RECORD_PUT(intent.word, argv[optind + 1]))
        return cmd_usage("vote", "a role has at most %d bytes", RECORD_NAME_CAP - 1);
    struct policy *policy = say_policy(&say, &intent, &code);
    if (!policy)
        return code;
    code = say_it(&say, policy, &intent);
    policy_free(policy);
    return code;
}
