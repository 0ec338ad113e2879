#include "src/base/user.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

enum { ROOM = 4096 }; /* what a directory service knows of a user */

void user_name(char *dst, size_t cap) {
    struct passwd entry, *found = NULL;
    char room[ROOM];
    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found)
        snprintf(dst, cap, "%s", found->pw_name);
    else
        snprintf(dst, cap, "%lu", (unsigned long)geteuid());
}

void user_at_host(char *dst, size_t cap) {
    char name[256], host[256] = "";
    user_name(name, sizeof name);
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    snprintf(dst, cap, "%s@%s", name, host);
}
