#include "tests/screens/shim.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void set_ttou(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGTTOU, &action, NULL);
}

int shim_run(char **argv) {
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        set_ttou(SIG_IGN);
        tcsetpgrp(STDIN_FILENO, getpid());
        set_ttou(SIG_DFL);
        execvp(argv[0], argv);
        _exit(127);
    }
    setpgid(pid, pid);
    set_ttou(SIG_IGN);
    for (int stops = 1;; stops++) {
        int status;
        if (waitpid(pid, &status, WUNTRACED) < 0)
            return 1;
        if (!WIFSTOPPED(status))
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        tcsetpgrp(STDIN_FILENO, getpgrp());
        printf("\r\nSTOPPED %d\r\n", stops);
        fflush(stdout);
        char byte[16];
        if (read(STDIN_FILENO, byte, sizeof byte) <= 0)
            return 1;
        tcsetpgrp(STDIN_FILENO, pid);
        kill(-pid, SIGCONT);
    }
}
