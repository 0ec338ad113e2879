/* Where this program's own file is. */
#ifndef GONOGO_BASE_PROGRAM_H
#define GONOGO_BASE_PROGRAM_H

/* Absolute; heap. NULL when the system does not tell. */
char *program_path(void);

#endif
