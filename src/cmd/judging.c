#include "src/cmd/judging.h"

#include "src/base/clock.h"
#include "src/base/wake.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/crew.h"

void judging_init(struct judging *j, const char *name) {
    *j = (struct judging){.name = name, .wait_ms = CREW_WAIT_MS};
    opterr = 0;
    optind = 1;
}

int judging_option(struct judging *j, int argc, char **argv, int answer) {
    switch (answer) {
    case 'c':
        j->config = optarg;
        return 0;
    case 't':
        j->target = optarg;
        return 0;
    case 'w':
        if (duration_parse(optarg, &j->wait_ms))
            return 0;
        return cmd_usage(j->name, "--wait: \"%.64s\" is no duration: write 500ms, 5s or 2m",
                         optarg);
    default:
        return cmd_bad_option(j->name, argc, argv, answer);
    }
}

struct policy *judging_policy(const struct judging *j, int argc, char **argv, int *code) {
    struct err err = ERR_INIT;
    if (optind < argc) {
        *code = cmd_usage(j->name, "\"%.64s\" is too much", argv[optind]);
        return NULL;
    }
    struct policy *policy = cmd_policy(j->config, j->target, &err);
    if (!policy)
        *code = cmd_fail(&err);
    return policy;
}

const struct snapshot *judging_look(const struct judging *j, const struct policy *policy,
                                    struct err *err) {
    struct wake wake;
    if (wake_init(&wake, err) != ERR_OK)
        return NULL;
    struct crew *crew = crew_start(policy, clock_system(), &wake, err);
    const struct snapshot *s = crew ? crew_await(crew, &wake, j->wait_ms, crew_settled) : NULL;
    crew_stop(crew);
    wake_fini(&wake);
    return s;
}
