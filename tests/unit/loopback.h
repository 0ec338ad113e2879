/* For tests: a folder of one's own, and raw HTTP to 127.0.0.1, so that a test says every byte. */
#ifndef GONOGO_TESTS_LOOPBACK_H
#define GONOGO_TESTS_LOOPBACK_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "src/base/buf.h"
#include "src/base/mem.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* macOS */
#endif

struct reply {
    int status; /* 0 = the connection ended without one */
    char *head; /* status line and headers */
    char *body;
    size_t length;
};

static inline void reply_fini(struct reply *r) {
    free(r->head);
    free(r->body);
    *r = (struct reply){0};
}

static inline bool reply_has(const struct reply *r, const char *header) {
    return strcasestr(r->head, header) != NULL;
}

/* The value of a header into dst; "" when there is none. */
static inline void reply_header(const struct reply *r, const char *name, char *dst, size_t cap) {
    char key[64];
    snprintf(key, sizeof key, "\r\n%s: ", name);
    const char *at = strcasestr(r->head, key);
    dst[0] = '\0';
    if (at) {
        at += strlen(key);
        snprintf(dst, cap, "%.*s", (int)strcspn(at, "\r"), at);
    }
}

static inline int loopback_connect(const char *url) {
    struct sockaddr_in to = {.sin_family = AF_INET};
    const char *colon = strrchr(url, ':');
    to.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Sends these bytes and reads until the far side closes. */
static inline struct reply loopback_send(const char *url, const char *bytes, size_t n) {
    struct reply r = {0};
    struct buf all;
    buf_init(&all, 0);
    buf_add_text(&all, "");
    int fd = loopback_connect(url);
    if (fd >= 0 && send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n) {
        char chunk[65536];
        ssize_t got;
        while ((got = recv(fd, chunk, sizeof chunk, 0)) > 0)
            buf_add(&all, chunk, (size_t)got);
    }
    if (fd >= 0)
        close(fd);
    char *gap = all.data ? memmem(all.data, all.len, "\r\n\r\n", 4) : NULL;
    if (gap) {
        size_t head = (size_t)(gap - all.data) + 2;
        r.head = mem_copy_bytes(all.data, head);
        r.length = all.len - head - 2;
        r.body = mem_copy_bytes(gap + 4, r.length);
        sscanf(r.head, "HTTP/1.1 %d", &r.status);
    } else {
        r.head = mem_copy_text("");
        r.body = mem_copy_text("");
    }
    buf_fini(&all);
    return r;
}

/* One request; `headers` are lines that end in \r\n, or "". */
static inline struct reply loopback_ask(const char *url, const char *method, const char *path,
                                        const char *headers) {
    char *text = mem_format("%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n",
                            method, path, headers);
    struct reply r = loopback_send(url, text, strlen(text));
    free(text);
    return r;
}

static inline struct reply loopback_get(const char *url, const char *path) {
    return loopback_ask(url, "GET", path, "");
}

/* --- a folder -------------------------------------------------------------------------------- */

static inline char *scratch_new(void) {
    const char *tmp = getenv("TMPDIR");
    char *path = mem_format("%s/gonogo-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(path))
        abort(); /* no test can go on without */
    return path;
}

static inline int scratch_drop_one(const char *path, const struct stat *st, int kind,
                                   struct FTW *ftw) {
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void scratch_free(char *path) {
    if (path)
        nftw(path, scratch_drop_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

/* Writes root/name, making its folders. */
static inline void scratch_write(const char *root, const char *name, const void *bytes, size_t n) {
    char *path = mem_format("%s/%s", root, name);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(bytes, 1, n, f);
        fclose(f);
    }
    free(path);
}

static inline void scratch_write_text(const char *root, const char *name, const char *text) {
    scratch_write(root, name, text, strlen(text));
}

#endif
