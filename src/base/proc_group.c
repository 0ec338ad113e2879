#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/proc.h"

#ifdef __linux__
/* Is the process of this folder of /proc in the group, and more than a record of its end that nobody has
 * fetched yet? Its name stands in brackets and may hold anything. */
static bool lives_in(const char *pid, pid_t group) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return false; /* it has ended meanwhile */
    size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = '\0';
    char *at = strrchr(line, ')'); /* then: state, parent, group */
    if (!at || strlen(at) < 4 || at[2] == 'Z' || at[2] == 'X')
        return false;
    strtol(at + 3, &at, 10);
    return strtol(at, NULL, 10) == group;
}
#endif

bool proc_group_lives(pid_t group) {
    if (kill(-group, 0) != 0)
        return errno == EPERM;
#ifdef __linux__
    DIR *processes = opendir("/proc");
    if (!processes)
        return true;
    bool lives = false;
    for (struct dirent *e; !lives && (e = readdir(processes));)
        lives = isdigit((unsigned char)e->d_name[0]) && lives_in(e->d_name, group);
    closedir(processes);
    return lives;
#else
    return true;
#endif
}
