/* Subcommands: one file each, one row in cmd.c. */
#ifndef GONOGO_CMD_CMD_H
#define GONOGO_CMD_CMD_H

#include <stddef.h>

/* Exit codes that scripts depend on. */
enum exit_code { EXIT_GO = 0, EXIT_NO_GO = 1, EXIT_USAGE = 2, EXIT_HOLD = 3, EXIT_MACHINE = 4 };

struct cmd {
    const char *name;
    const char *args; /* for the usage line: "[--json] FILE|URL|-" */
    const char *help; /* one line */
    const char *more; /* the options, a line each, for `gonogo NAME --help`; may be NULL */
    /* argv[0] is the command's name. Returns the exit code. --help was handled before. */
    int (*run)(int argc, char **argv);
};

const struct cmd *cmd_find(const char *name);
const struct cmd *cmd_at(size_t i); /* NULL behind the last */

/* `gonogo NAME: WHAT: see 'gonogo NAME --help'` on stderr; returns EXIT_USAGE. */
int cmd_usage(const char *name, const char *what, ...) __attribute__((format(printf, 2, 3)));

int cmd_check(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_dashboard(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_feed(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif
