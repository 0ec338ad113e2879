/* gonogo config check|options|show */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "src/base/buf.h"
#include "src/base/text.h"
#include "src/cmd/cmd.h"
#include "src/cmd/kinds.h"

/* What was asked for cannot be written: a full disk, a closed pipe. */
static int flushed(void) {
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return EXIT_GO;
    }
    struct err err = ERR_INIT;
    (void)err_errno(&err, ERR_IO, "stdout", "look at the disk or the pipe", "cannot be written");
    err_print(stderr, &err);
    return EXIT_MACHINE;
}

static int fail(const struct err *err) {
    err_print(stderr, err);
    return err_exit_code(err);
}

/* Without the one that gates' own sources live in. */
static size_t written_environments(const struct policy *policy) {
    size_t n = 0;
    for (size_t i = 0; i < policy->n_environments; i++)
        n += policy->environments[i].of_gates ? 0 : 1;
    return n;
}

static int check(const char *given) {
    struct err err = ERR_INIT;
    struct buf notes;
    buf_init(&notes, 0);
    int code;
    struct policy *policy = NULL;
    char *path = config_find(given, &err);
    if (path != NULL) {
        policy = config_check(path, cmd_kinds(), &notes, &err);
    }
    if (policy == NULL) {
        code = fail(&err);
    } else {
        char shown[256];
        (void)text_safe(shown, sizeof shown, path, strlen(path));
        (void)fputs(notes.data != NULL ? notes.data : "", stdout);
        size_t environments = written_environments(policy);
        (void)printf("%s: good: %zu environment%s, %zu source%s, %zu gate%s\n", shown, environments,
                     environments == 1 ? "" : "s", policy->n_sources,
                     policy->n_sources == 1 ? "" : "s", policy->n_gates,
                     policy->n_gates == 1 ? "" : "s");
        code = flushed();
    }
    policy_free(policy);
    buf_fini(&notes);
    free(path);
    return code;
}

static int options(const char *given) {
    (void)given;
    config_print_options(stdout, cmd_kinds());
    return flushed();
}

static int show(const char *given) {
    struct err err = ERR_INIT;
    int code;
    char *path = config_find(given, &err);
    struct policy *policy = path != NULL ? config_load(path, cmd_kinds(), &err) : NULL;
    if (policy == NULL) {
        code = fail(&err);
    } else {
        config_print(stdout, policy);
        code = flushed();
    }
    policy_free(policy);
    free(path);
    return code;
}

static const struct {
    const char *name;
    bool takes_file;
    int (*run)(const char *given);
} verbs[] = {
    {"check", true, check},
    {"options", false, options},
    {"show", true, show},
};

int cmd_config(int argc, char **argv) {
    const char *verb = NULL, *file = NULL;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        bool named = strcmp(arg, "-c") == 0;
        if (named && ++i == argc) {
            return cmd_usage("config", "-c wants a file");
        }
        if (!named && arg[0] == '-' && arg[1] != '\0') {
            return cmd_usage("config", "there is no option %s", arg);
        }
        if (!named && verb == NULL) {
            verb = arg;
        } else if (file == NULL) {
            file = named ? argv[i] : arg;
        } else {
            return cmd_usage("config", "one file at a time");
        }
    }
    if (verb == NULL) {
        return cmd_usage("config", "say check, options or show");
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, verb) == 0) {
            return file != NULL && !verbs[i].takes_file
                       ? cmd_usage("config", "%s takes no file", verb)
                       : verbs[i].run(file);
        }
    }
    return cmd_usage("config", "there is no \"%s\": say check, options or show", verb);
}
