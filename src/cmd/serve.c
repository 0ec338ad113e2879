/* gonogo serve: the update service on a release tree, until it is told to stop. */
#include <getopt.h>
#include <stdio.h>

#include "src/cmd/cmd.h"
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

static int read_options(int argc, char **argv, struct service_options *service) {
    opterr = 0;
    optind = 1;
    for (;;) {
        int option = getopt_long(argc, argv, ":", options, NULL);
        switch (option) {
        case -1:
            if (optind < argc)
                return cmd_usage("serve", "\"%s\" is one argument too many", argv[optind]);
            if (!service->root)
                return cmd_usage("serve", "--root DIR is missing");
            return EXIT_GO;
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

int cmd_serve(int argc, char **argv) {
    struct service_options chosen = {.listen = "127.0.0.1:8081"};
    struct err err = ERR_INIT;
    struct stop stop;
    int code = read_options(argc, argv, &chosen);
    if (code)
        return code;
    stop_hold(&stop);
    struct service *service = service_start(&chosen, &err);
    if (!service) {
        err_print(stderr, &err);
        code = err_exit_code(&err);
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
