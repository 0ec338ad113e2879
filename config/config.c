#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/node.h"
#include "config/notify.h"
#include "config/raw.h"
#include "config/resolve.h"
#include "config/shape.h"
#include "src/base/buf.h"
#include "src/base/hash.h"
#include "src/base/mem.h"

char *config_find(const char *given, struct err *err) {
    const char *named = given != NULL ? given : getenv("GONOGO_CONFIG");
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (named != NULL && named[0] != '\0') {
        return mem_copy_text(named);
    }
    char *places[] = {
        mem_copy_text("gonogo.yaml"),
        xdg != NULL && xdg[0] == '/'     ? mem_format("%s/gonogo/gonogo.yaml", xdg)
        : home != NULL && home[0] == '/' ? mem_format("%s/.config/gonogo/gonogo.yaml", home)
                                         : NULL,
        mem_copy_text("/etc/gonogo/gonogo.yaml"),
    };
    char *found = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (found == NULL && places[i] != NULL && access(places[i], F_OK) == 0) {
            found = places[i];
        } else {
            free(places[i]);
        }
    }
    if (found == NULL) {
        (void)err_set(err, ERR_CONFIG, "gonogo.yaml",
                      "write one (gonogo config options tells how), or name it with -c FILE",
                      "there is no configuration");
    }
    return found;
}

/* The folder of `path`, absolute; heap. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (path[0] == '/') {
        return mem_copy_bytes(path, len);
    }
    char *here = getcwd(NULL, 0); /* sized by the library: glibc, BSD and macOS */
    char *folder = len == 0 ? mem_copy_text(here != NULL ? here : ".")
                            : mem_format("%s/%.*s", here != NULL ? here : ".", (int)len, path);
    free(here);
    return folder;
}

static enum err_code build(struct resolve *r, const char *bytes, size_t n, const char *path,
                           struct err *err) {
    struct node_doc *doc = node_read(bytes, n, path, err);
    struct raw *raw = NULL;
    if (doc == NULL) {
        goto out;
    }
    r->root = node_root(doc);
    if (shape_check(r->root, err) != ERR_OK) {
        goto out;
    }
    raw = raw_load(bytes, n, path, err);
    if (raw == NULL) {
        goto out;
    }
    r->raw = raw_config(raw);
    if (resolve_environments(r, err) == ERR_OK && resolve_logs(r, err) == ERR_OK &&
        resolve_people(r, err) == ERR_OK && resolve_notify(r, err) == ERR_OK &&
        resolve_gates(r, err) == ERR_OK && resolve_whole_logs(r, err) == ERR_OK &&
        resolve_release(r, err) == ERR_OK && resolve_actions(r, err) == ERR_OK) {
        if (resolve_root(r, err) == ERR_OK && resolve_checks(r, err) == ERR_OK) {
            resolve_ledger(r);
        }
    }
out:
    raw_free(raw);
    node_free(doc);
    return err->code;
}

static struct policy *parse(const char *bytes, size_t n, const char *path,
                            const struct config_kinds *kinds, struct buf *notes, struct err *err) {
    struct err own = ERR_INIT; /* the steps ask it whether to go on */
    char *folder = folder_of(path);
    struct policy *policy = mem_zero(1, sizeof *policy);
    struct resolve r = {.kinds = kinds, .folder = folder, .policy = policy, .notes = notes};
    policy->path = mem_copy_text(path);
    policy->folder = mem_copy_text(folder);
    hash_of(bytes, n, policy->digest);
    if (build(&r, bytes, n, path, &own) != ERR_OK) {
        (void)err_set(err, own.code, own.where, own.todo, "%s", own.what);
        policy_free(policy);
        policy = NULL;
    }
    free(folder);
    return policy;
}

struct policy *config_parse(const char *bytes, size_t n, const char *path,
                            const struct config_kinds *kinds, struct err *err) {
    return parse(bytes, n, path, kinds, NULL, err);
}

/* Reads to the end or to one byte behind the cap, which the parser then refuses. */
static char *read_file(const char *path, size_t *n, struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)err_errno(err, errno == ENOENT ? ERR_CONFIG : ERR_IO, path,
                        "look at the name and the permissions",
                        "the configuration cannot be opened");
        return NULL;
    }
    char *bytes = mem_alloc(NODE_FILE_CAP + 2);
    ssize_t got = 0;
    *n = 0;
    while (*n <= NODE_FILE_CAP && ((got = read(fd, bytes + *n, NODE_FILE_CAP + 1 - *n)) > 0 ||
                                   (got < 0 && errno == EINTR))) {
        *n += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        (void)err_errno(err, errno == EISDIR ? ERR_CONFIG : ERR_IO, path, "name a YAML file",
                        "the configuration cannot be read");
        free(bytes);
        bytes = NULL;
    }
    (void)close(fd);
    return bytes;
}

struct policy *config_check(const char *path, const struct config_kinds *kinds, struct buf *notes,
                            struct err *err) {
    size_t n;
    char *bytes = read_file(path, &n, err);
    if (bytes == NULL) {
        return NULL;
    }
    struct policy *policy = parse(bytes, n, path, kinds, notes, err);
    free(bytes);
    return policy;
}

struct policy *config_load(const char *path, const struct config_kinds *kinds, struct err *err) {
    return config_check(path, kinds, NULL, err);
}
