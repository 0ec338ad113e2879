#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/release/answer_job.h"
#include "src/release/http.h"

static const char *file_type(const char *name) {
    static const struct {
        const char *tail, *type;
    } types[] = {
        {".dmg", "application/x-apple-diskimage"},
        {".pkg", "application/vnd.apple.installer+xml"},
        {".md", "text/markdown; charset=utf-8"},
        {".zip", "application/zip"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(dot, types[i].tail) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* If-Range asks for the part only of the very bytes that the reader began with. */
static bool range_counts(const struct answer_request *r, const struct answer *a) {
    return r->range && !r->head &&
           (!r->if_range || strcmp(r->if_range, a->etag) == 0 ||
            strcmp(r->if_range, a->last_modified) == 0);
}

static bool has_it(const struct answer_request *r, const struct answer *a) {
    if (r->if_none_match)
        return http_tag_listed(r->if_none_match, a->etag);
    return r->if_modified_since && strcmp(r->if_modified_since, a->last_modified) == 0;
}

static int64_t modified_ns(const struct stat *st) {
#ifdef __APPLE__
    return (int64_t)st->st_mtimespec.tv_sec * 1000000000 + st->st_mtimespec.tv_nsec;
#else
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
#endif
}

/* Takes the descriptor. */
static void say_file(const struct answer_job *job, int fd, const struct stat *st,
                     const char *name) {
    struct answer *a = job->answer;
    const struct answer_request *r = job->request;
    uint64_t size = (uint64_t)st->st_size;
    a->status = 200;
    a->type = file_type(name);
    a->cache = CACHE_FEED;
    a->ranges = true;
    snprintf(a->etag, sizeof a->etag, "\"%llx-%llx-%llx\"", (unsigned long long)st->st_ino,
             (unsigned long long)size, (unsigned long long)modified_ns(st));
    http_date((int64_t)st->st_mtime * 1000, "GMT", a->last_modified, sizeof a->last_modified);
    a->length = size;
    if (has_it(r, a)) {
        close(fd);
        answer_not_modified(a);
        return;
    }
    if (range_counts(r, a)) {
        uint64_t first = 0, length = size;
        switch (http_range_read(r->range, size, &first, &length)) {
        case HTTP_WHOLE:
            break;
        case HTTP_PART:
            a->status = 206;
            snprintf(a->content_range, sizeof a->content_range, "bytes %llu-%llu/%llu",
                     (unsigned long long)first, (unsigned long long)(first + length - 1),
                     (unsigned long long)size);
            a->offset = first;
            a->length = length;
            break;
        case HTTP_UNSATISFIABLE:
            close(fd);
            answer_refuse(a, 416, "the range lies behind the end of the file");
            snprintf(a->content_range, sizeof a->content_range, "bytes */%llu",
                     (unsigned long long)size);
            return;
        }
    }
    a->fd = fd;
}

void answer_download(const struct answer_job *job) {
    const struct tree_names *names = answer_names(job);
    for (size_t i = 0; tree_name_ok(job->rest) && i < 2; i++) {
        struct err err = ERR_INIT;
        struct stat st;
        char *path = tree_asset_path(names->tags[i], job->rest);
        int fd = tree_open_file(job->tree, path, &st, &err);
        free(path);
        if (fd >= 0) {
            say_file(job, fd, &st, job->rest);
            return;
        }
    }
    answer_refuse(job->answer, 404, "there is no such file");
}
