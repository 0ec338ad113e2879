/* gonogo, gonogo dashboard: the screen. */
#include <signal.h>

#include "src/cmd/cmd.h"
#include "src/cmd/judging.h"
#include "src/cmd/screen.h"

int cmd_dashboard(int argc, char **argv) {
    static const struct option options[] = {JUDGING_OPTIONS,
                                            {"as", required_argument, NULL, 'a'},
                                            {"read-only", no_argument, NULL, 'r'},
                                            {NULL, 0, NULL, 0}};
    struct judging judging;
    struct screen_look look = {0};
    int answer, code = EXIT_GO;
    judging_init(&judging, "dashboard");
    while ((answer = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
        if (answer == 'a')
            look.as = optarg;
        else if (answer == 'r')
            look.read_only = true;
        else if (judging_option(&judging, argc, argv, answer) != 0)
            return EXIT_USAGE;
    }
    struct policy *policy = judging_policy(&judging, argc, argv, &code);
    if (!policy)
        return code;
    code = screen_run(policy, &look);
    policy_free(policy);
    return code;
}
