/* gonogo, gonogo dashboard: the screen. */
#include <getopt.h>
#include <signal.h>

#include "src/base/clock.h"
#include "src/base/wake.h"
#include "src/cmd/cmd.h"
#include "src/cmd/crew.h"
#include "src/cmd/screen.h"

int cmd_dashboard(int argc, char **argv) {
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"target", required_argument, NULL, 't'},
        {"as", required_argument, NULL, 'a'},
        {"read-only", no_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    const char *config = NULL, *target = NULL;
    struct screen_look look = {0};
    int answer;
    opterr = 0;
    optind = 1;
    while ((answer = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
        switch (answer) {
        case 'c':
            config = optarg;
            break;
        case 't':
            target = optarg;
            break;
        case 'a':
            look.as = optarg;
            break;
        case 'r':
            look.read_only = true;
            break;
        default:
            return cmd_bad_option("dashboard", argc, argv, answer);
        }
    }
    if (optind < argc)
        return cmd_usage("dashboard", "\"%.64s\" is too much", argv[optind]);

    struct err err = ERR_INIT;
    struct policy *policy = cmd_policy(config, target, &err);
    if (!policy)
        return cmd_fail(&err);
    int code = screen_run(policy, &look);
    policy_free(policy);
    return code;
}
