#include "src/base/program.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "src/base/mem.h"

char *program_path(void) {
    char path[PATH_MAX];
#ifdef __APPLE__
    uint32_t size = sizeof path;
    return _NSGetExecutablePath(path, &size) == 0 ? realpath(path, NULL) : NULL;
#else
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    return n > 0 && path[0] == '/' ? mem_copy_bytes(path, (size_t)n) : NULL;
#endif
}
