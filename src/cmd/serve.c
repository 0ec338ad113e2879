/* gonogo serve: the update service on a release tree, until it is told to stop. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/cmd/cmd.h"
#include "src/cmd/names.h"
#include "src/cmd/stop.h"
#include "src/release/service.h"

enum { OPT_ROOT = 1, OPT_LISTEN, OPT_HEALTH_LISTEN, OPT_ENV_FILE, OPT_CANDIDATE, OPT_HTTP };

static const struct option options[] = {
    {"root", required_argument, NULL, OPT_ROOT},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"health-listen", required_argument, NULL, OPT_HEALTH_LISTEN},
    {"env-file", required_argument, NULL, OPT_ENV_FILE},
    {"candidate", no_argument, NULL, OPT_CANDIDATE},
    {"allow-http-loopback", no_argument, NULL, OPT_HTTP},
    {NULL, 0, NULL, 0},
};

/* The service's options, and what they borrow from. */
struct serve {
    struct service_options service;
    struct layout layout;
    struct policy *policy; /* of -c FILE; NULL = the usual names */
    char *manifests;       /* heap */
};

static int take_config(struct serve *s, const char *file) {
    struct err err = ERR_INIT;
    if (s->policy)
        return cmd_usage("serve", "-c FILE once is enough");
    s->policy = cmd_policy(file, NULL, &err);
    if (!s->policy)
        return cmd_fail(&err);
    s->manifests = names_take(&s->layout, &s->policy->release);
    return EXIT_GO;
}

static int read_options(int argc, char **argv, struct serve *s) {
    struct service_options *service = &s->service;
    opterr = 0;
    optind = 1;
    for (;;) {
        int option = getopt_long(argc, argv, ":c:", options, NULL);
        switch (option) {
        case -1:
            if (optind < argc)
                return cmd_usage("serve", "\"%s\" is one argument too many", argv[optind]);
            if (!service->root)
                return cmd_usage("serve", "--root DIR is missing");
            return EXIT_GO;
        case 'c': {
            int code = take_config(s, optarg);
            if (code != EXIT_GO)
                return code;
            break;
        }
        case OPT_ROOT:
            service->root = optarg;
            break;
        case OPT_LISTEN:
            service->listen = optarg;
            break;
        case OPT_HEALTH_LISTEN:
            service->health_listen = optarg;
            break;
        case OPT_ENV_FILE:
            service->env_file = optarg;
            break;
        case OPT_CANDIDATE:
            service->candidate = true;
            break;
        case OPT_HTTP:
            service->allow_http_loopback = true;
            break;
        default:
            return cmd_bad_option("serve", argc, argv, option);
        }
    }
}

/* A tree that is broken now may be repaired in a minute, and until then health has to say what is
 * wrong: so the service runs either way. */
static void warn_of_tree(const struct service *service) {
    struct err err = ERR_INIT;
    if (service_check(service, &err) == ERR_OK)
        return;
    err_print(stderr, &err);
    fputs("gonogo: serve: runs, and answers \"unhealthy\" until this is repaired\n", stderr);
}

static int serve(const struct service_options *chosen) {
    struct err err = ERR_INIT;
    struct stop stop;
    int code = EXIT_GO;
    stop_hold(&stop);
    struct service *service = service_start(chosen, &err);
    if (!service) {
        code = cmd_fail(&err);
        goto out;
    }
    warn_of_tree(service);
    printf("updates %s\n", service_url(service));
    printf("health %s\n", service_health_url(service));
    if (fflush(stdout) != 0) {
        fputs("gonogo: serve: cannot write the addresses to standard output\n", stderr);
        code = EXIT_MACHINE;
        goto out;
    }
    stop_wait(&stop);
out:
    service_stop(service);
    stop_release(&stop);
    return code;
}

int cmd_serve(int argc, char **argv) {
    struct serve s = {.service = {.listen = "127.0.0.1:8081"}};
    layout_init(&s.layout);
    s.service.layout = &s.layout;
    int code = read_options(argc, argv, &s);
    if (code == EXIT_GO)
        code = serve(&s.service);
    policy_free(s.policy);
    free(s.manifests);
    return code;
}
