/* A place where a test may end the program by SIGKILL, to see what is found there by the next one. In the
 * program that is installed nothing happens here. gonogo-failpoints, which `make e2e` builds of the same
 * objects, has another failpoint() (tests/failpoint/). */
#ifndef GONOGO_BASE_FAILPOINT_H
#define GONOGO_BASE_FAILPOINT_H

void failpoint(const char *name);

#endif
