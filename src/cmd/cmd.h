/* Subcommands: one file each, one row in cmd.c. Help, usage lines and completions come from the row. */
#ifndef GONOGO_CMD_CMD_H
#define GONOGO_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/model/policy.h"

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
/* The command that `name` was most likely meant to be, or NULL. */
const struct cmd *cmd_nearest(const char *name);

/* `gonogo: NAME: what is wrong: see 'gonogo NAME --help'` on stderr; returns EXIT_USAGE. */
int cmd_usage(const char *name, const char *what, ...) __attribute__((format(printf, 2, 3)));
/* The same for an option that getopt_long() refused (with opterr 0). */
int cmd_bad_option(const char *name, int argc, char **argv, int answer);
/* Prints the error; returns its exit code. */
int cmd_fail(const struct err *err);
/* Flushes stdout; `code`, or EXIT_MACHINE and a line on stderr when not everything could be written.
 * A reader that went away (`| head`) is no error worth a line. */
int cmd_close_stdout(int code);

/* What every command that judges a configuration is told: -c FILE and --target VERSION. Finds and
 * loads the file; either may be NULL. NULL and `err` when it cannot be used. */
struct policy *cmd_policy(const char *config, const char *target, struct err *err);

int cmd_check(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_dashboard(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_feed(int argc, char **argv);
int cmd_ledger(int argc, char **argv);
int cmd_killswitch(int argc, char **argv);
int cmd_promote(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_pull(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_set_version(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_tick(int argc, char **argv);
int cmd_vote(int argc, char **argv);
int cmd_waive(int argc, char **argv);
int cmd_slo(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif
