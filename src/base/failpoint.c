#include "src/base/failpoint.h"

void failpoint(const char *name) {
    (void)name;
}
