/* gonogo: picks the command and hands over. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "src/base/err.h"
#include "src/cmd/cmd.h"

static void print_help(FILE *out) {
    fputs("gonogo: may this version go to everyone, now?\n\n"
          "usage: gonogo [-c FILE] [--target VERSION] [--read-only]\n"
          "       gonogo COMMAND …\n\n",
          out);
    for (size_t i = 0; cmd_at(i); i++)
        fprintf(out, "  %-10s %s\n", cmd_at(i)->name, cmd_at(i)->help);
    fputs("\n`gonogo COMMAND --help` says more; `gonogo --version` says which gonogo this is.\n"
          "Exit codes: 0 GO or done, 1 NO-GO or refused, 2 usage or configuration, 3 HOLD,\n"
          "4 the machine's fault.\n",
          out);
}

static void print_command_help(const struct cmd *cmd) {
    printf("gonogo %s: %s\n\nusage: gonogo %s %s\n", cmd->name, cmd->help, cmd->name, cmd->args);
    if (cmd->more)
        printf("\n%s", cmd->more);
}

static int asks_for_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return 1;
    return 0;
}

static int unknown_command(const char *name) {
    const struct cmd *meant = cmd_nearest(name);
    struct err err = ERR_INIT;
    char todo[128];
    snprintf(todo, sizeof todo, meant ? "did you mean '%s'?" : "see 'gonogo --help'",
             meant ? meant->name : "");
    err_set(&err, ERR_USAGE, "command line", todo, "there is no command \"%s\"", name);
    err_print(stderr, &err);
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    setlocale(LC_CTYPE, ""); /* the signs; numbers stay as JSON has them */
    /* A reader that goes away is told by write(), not by a signal. */
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
#ifdef __GLIBC__
    /* A heap of its own for each thread would cost more memory than the threads use. */
    mallopt(M_ARENA_MAX, 2);
#endif

    const char *first = argc > 1 ? argv[1] : "";
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
        print_help(stdout);
        return cmd_close_stdout(EXIT_GO);
    }
    if (strcmp(first, "--version") == 0) {
        puts("gonogo " GONOGO_VERSION);
        return cmd_close_stdout(EXIT_GO);
    }
    if (first[0] == '-' || argc < 2) { /* options without a command are the dashboard's */
        if (asks_for_help(argc, argv)) {
            print_help(stdout);
            return cmd_close_stdout(EXIT_GO);
        }
        return cmd_dashboard(argc, argv);
    }
    const struct cmd *cmd = cmd_find(first);
    if (!cmd)
        return unknown_command(first);
    if (asks_for_help(argc - 1, argv + 1)) {
        print_command_help(cmd);
        return cmd_close_stdout(EXIT_GO);
    }
    return cmd->run(argc - 1, argv + 1);
}
