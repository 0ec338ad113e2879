/* A shell's job control in ten lines, for programs that are suspended and brought back. */
#ifndef GONOGO_TESTS_SHIM_H
#define GONOGO_TESTS_SHIM_H

/* Runs `argv` as the job in the foreground of this terminal. When it stops, "STOPPED n" is printed
 * (n counts up from 1), and any byte brings it forward again. Returns what it ended with. */
int shim_run(char **argv);

#endif
