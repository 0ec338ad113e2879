/* The subcommands of `gonogo feed` that know what Sparkle's clients will do. argv[0] is the
 * subcommand's name; each returns the exit code. */
#ifndef GONOGO_CMD_FEED_LINT_H
#define GONOGO_CMD_FEED_LINT_H

int feed_lint(int argc, char **argv);     /* feed lint */
int feed_rules(int argc, char **argv);    /* feed rules */
int feed_offer(int argc, char **argv);    /* feed offer */
int feed_phase(int argc, char **argv);    /* feed phase */
int feed_diff_run(int argc, char **argv); /* feed diff */

#endif
