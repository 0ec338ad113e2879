/* The command line of the commands that work on a release tree: the options that all of them take, and
 * a command's own; and what they print. */
#ifndef GONOGO_CMD_FLOW_ARGS_H
#define GONOGO_CMD_FLOW_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/model/policy.h"
#include "src/release/flow.h"
#include "src/release/github_http.h"

enum { FLOW_WORDS_MAX = 2, FLOW_OWN_MAX = 8 };

/* An option of a command's own: with a value (`text`), or a flag. */
struct flow_arg {
    const char *name; /* without the dashes */
    const char **text;
    bool *flag;
};

struct flow_args {
    struct flow_options flow;
    char *manifests;              /* the folder; heap */
    struct policy *policy;        /* of -c FILE; its names are the flow's; NULL = the usual names */
    struct github_options github; /* the flow's, when the configuration says so */
    bool json;
    const char *words[FLOW_WORDS_MAX]; /* what is no option; NULL where there is none */
};

/* 0, or the exit code (the mistake was printed). `own` ends with a NULL name. flow_args_fini() in any
 * case. */
int flow_args_read(struct flow_args *args, const char *command, int argc, char **argv,
                   const struct flow_arg *own);

void flow_args_fini(struct flow_args *args);

/* Is the token at hand that the configuration names for the repository? 0, or the exit code. */
int flow_args_token(const struct flow_args *args);

/* Does the work and prints steps, notes and outcome, as text or as JSON; the exit code. With `check`
 * nothing is done, and steps that would have to be are exit code 1. */
int flow_args_run(const struct flow_args *args, const struct flow_work *work, bool check);

#endif
