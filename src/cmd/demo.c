/* gonogo demo: the lab, and the dashboard on it. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "src/base/clock.h"
#include "src/cmd/cmd.h"
#include "src/cmd/crew.h"
#include "src/cmd/stop.h"
#include "src/lab/lab.h"

enum { OPT_SCENARIO = 1, OPT_KEEP, OPT_HEADLESS };

static const struct option options[] = {
    {"scenario", required_argument, NULL, OPT_SCENARIO},
    {"keep", required_argument, NULL, OPT_KEEP},
    {"headless", no_argument, NULL, OPT_HEADLESS},
    {NULL, 0, NULL, 0},
};

static int read_options(int argc, char **argv, struct lab_options *lab, bool *headless) {
    opterr = 0;
    optind = 1;
    for (;;) {
        int option = getopt_long(argc, argv, ":", options, NULL);
        switch (option) {
        case -1:
            return optind < argc
                       ? cmd_usage("demo", "\"%s\" is one argument too many", argv[optind])
                       : EXIT_GO;
        case OPT_SCENARIO:
            lab->scenario = optarg;
            break;
        case OPT_KEEP:
            lab->keep = optarg;
            break;
        case OPT_HEADLESS:
            *headless = true;
            break;
        default:
            return cmd_bad_option("demo", argc, argv, option);
        }
    }
}

/* For scripts: where everything is, then nothing to see until a signal comes. The crew looks on all the
 * same, as it does behind the screen: it is what observes the soak and keeps the store. */
static int watch_headless(const struct lab *lab, const struct stop *stop) {
    struct err err = ERR_INIT;
    struct policy *policy = cmd_policy(lab_config_path(lab), NULL, &err);
    struct crew *crew = policy ? crew_start(policy, clock_system(), NULL, &err) : NULL;
    int code = crew ? EXIT_GO : cmd_fail(&err);
    if (crew) {
        printf("production %s\n", lab_production_url(lab));
        printf("staging %s\n", lab_staging_url(lab));
        printf("config %s\n", lab_config_path(lab));
        code = cmd_close_stdout(EXIT_GO);
    }
    if (crew && code == EXIT_GO)
        stop_wait(stop);
    crew_stop(crew);
    policy_free(policy);
    return code;
}

/* What runs on the lab until the user has seen enough. SIGINT, SIGTERM and SIGHUP are still held back
 * when the dashboard begins, and it lets them in once its own handlers stand: in between, one of them
 * would end the process and leave the lab's folder behind. */
static int demo_watch(const struct lab *lab, const struct stop *stop, bool headless) {
    char *arguments[] = {"dashboard", "-c", (char *)lab_config_path(lab), NULL};
    return headless ? watch_headless(lab, stop) : cmd_dashboard(3, arguments);
}

int cmd_demo(int argc, char **argv) {
    struct lab_options chosen = {0};
    struct err err = ERR_INIT;
    struct stop stop;
    bool headless = false;
    int code = read_options(argc, argv, &chosen, &headless);
    if (code)
        return code;
    stop_hold(&stop); /* from here on nothing skips lab_stop() */
    struct lab *lab = lab_start(&chosen, &err);
    if (lab) {
        code = demo_watch(lab, &stop, headless);
    } else {
        err_print(stderr, &err);
        code = err_exit_code(&err);
    }
    lab_stop(lab);
    stop_release(&stop);
    return code;
}
