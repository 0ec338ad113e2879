#include "probes/artifact_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"

bool artifact_memory_read(const char *path, struct artifact_facts *facts) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    char *text = mem_alloc(FACTS_JSON_CAP + 1);
    size_t n = 0;
    ssize_t got = 1;
    while (n < FACTS_JSON_CAP && (got = read(fd, text + n, FACTS_JSON_CAP - n)) > 0)
        n += (size_t)got;
    close(fd);
    text[n] = '\0';
    bool good = got == 0 && facts_read(text, facts);
    free(text);
    if (good)
        facts->now_url[0] = '\0';
    return good;
}

static bool write_all(int fd, const char *text, size_t n) {
    while (n > 0) {
        ssize_t wrote = write(fd, text, n);
        if (wrote < 0 && errno != EINTR)
            return false;
        text += wrote > 0 ? wrote : 0;
        n -= wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(fd) == 0;
}

void artifact_memory_write(const char *path, const struct artifact_facts *facts) {
    char *text = facts_write(facts), *beside = mem_format("%s.%ld", path, (long)getpid());
    int fd = text != NULL ? open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    bool good = fd >= 0 && write_all(fd, text, strlen(text));
    if (fd >= 0 && close(fd) != 0)
        good = false;
    if (fd >= 0 && (!good || rename(beside, path) != 0))
        unlink(beside);
    free(beside);
    free(text);
}
