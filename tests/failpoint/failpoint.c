/* Takes the place of src/base/failpoint.c in gonogo-failpoints. GONOGO_FAILPOINT=N kills the process at
 * the N-th place that it comes to (from 0), NAME:N at the N-th of this name. What it died at is said on
 * standard error. */
#include "src/base/failpoint.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long passed; /* lint: allow global, places count through the whole process */

void failpoint(const char *name) {
    const char *wanted = getenv("GONOGO_FAILPOINT"), *colon = wanted ? strrchr(wanted, ':') : NULL;
    size_t n = colon ? (size_t)(colon - wanted) : 0;
    if (!wanted || (colon && (strlen(name) != n || strncmp(wanted, name, n) != 0)))
        return;
    if (atomic_fetch_add(&passed, 1) != strtol(colon ? colon + 1 : wanted, NULL, 10))
        return;
    dprintf(STDERR_FILENO, "killed at %s\n", name);
    kill(getpid(), SIGKILL);
}
