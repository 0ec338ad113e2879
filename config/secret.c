#include "config/secret.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/mem.h"

/* A header whose name says that its value opens something. */
static bool is_telling(const char *name) {
    static const char *const words[] = {"authorization", "cookie",   "token",
                                        "secret",        "password", "key"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasestr(name, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static enum err_code check_value(const struct node *n, const char *value, struct err *err) {
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): node_fail() never returns ERR_OK */
    for (const char *at = value; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return node_fail(n, err, "keep it to one line of text",
                             "the value has line breaks or control characters");
        }
    }
    return ERR_OK;
}

static enum err_code from_environment(const struct node *n, const char *name, char **value,
                                      struct err *err) {
    char shown[NODE_SHOWN_CAP];
    node_shown(name, shown);
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (len == 0 || name[len] != '\0' || isdigit((unsigned char)name[0])) {
        return node_fail(n, err, "write it like env:NEXY_TOKEN",
                         "%s is no name of an environment variable", shown);
    }
    const char *found = getenv(name);
    if (found == NULL || found[0] == '\0') {
        return node_fail(n, err, "export it before gonogo starts, or use file:PATH",
                         "the environment variable %s is %s", shown,
                         found == NULL ? "not set" : "empty");
    }
    *value = mem_copy_text(found);
    return ERR_OK;
}

/* Reads the opened file into `*value`, without the line break at its end. */
static enum err_code read_secret(const struct node *n, int fd, const char *shown, char **value,
                                 struct err *err) {
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return node_fail(n, err, "name a regular file", "%s is no regular file", shown);
    }
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return node_fail(n, err, "chmod 600 it, and change the secret if others could read it",
                         "%s is open to others than its owner", shown);
    }
    char *text = mem_alloc(SECRET_FILE_CAP + 2);
    size_t len = 0;
    ssize_t got = 0;
    while (len <= SECRET_FILE_CAP && ((got = read(fd, text + len, SECRET_FILE_CAP + 1 - len)) > 0 ||
                                      (got < 0 && errno == EINTR))) {
        len += got > 0 ? (size_t)got : 0;
    }
    enum err_code code = ERR_OK;
    if (got < 0) {
        code =
            node_fail(n, err, "look at the file", "%s cannot be read: %s", shown, strerror(errno));
    } else if (len > SECRET_FILE_CAP) {
        code = node_fail(n, err, "name the file that holds only the secret",
                         "%s is larger than 64 KiB", shown);
    }
    while (code == ERR_OK && len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }
    if (code == ERR_OK && len == 0) {
        code = node_fail(n, err, "write the secret into it", "%s is empty", shown);
    } else if (code == ERR_OK && memchr(text, '\0', len) != NULL) {
        code = node_fail(n, err, "keep it to one line of text", "%s holds a NUL character", shown);
    }
    if (code == ERR_OK) {
        *value = mem_copy_bytes(text, len);
    }
    mem_wipe(text, SECRET_FILE_CAP + 2);
    free(text);
    return code;
}

static enum err_code from_file(const struct node *n, const char *folder, const char *name,
                               char **value, struct err *err) {
    char shown[NODE_SHOWN_CAP];
    node_shown(name, shown);
    if (name[0] == '\0') {
        return node_fail(n, err, "write it like file:PATH", "file: names no file");
    }
    char *path = name[0] == '/' ? mem_copy_text(name) : mem_format("%s/%s", folder, name);
    /* O_NONBLOCK: a FIFO must not stop the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    free(path);
    if (fd < 0) {
        return node_fail(n, err, "write the secret there, and chmod 600 it",
                         "%s cannot be opened: %s", shown, strerror(errno));
    }
    enum err_code code = read_secret(n, fd, shown, value, err);
    (void)close(fd);
    return code;
}

enum err_code secret_header(const struct node *n, const char *folder, struct header_spec *out,
                            struct err *err) {
    char *value = NULL;
    enum err_code code = ERR_OK;
    bool secret = true;
    if (strncmp(n->text, "env:", 4) == 0) {
        code = from_environment(n, n->text + 4, &value, err);
    } else if (strncmp(n->text, "file:", 5) == 0) {
        code = from_file(n, folder, n->text + 5, &value, err);
    } else if (is_telling(n->key)) {
        /* The value is not shown: it may be the secret itself. */
        code =
            node_fail(n, err, "write env:NAME or file:PATH, and change the secret if it was shared",
                      "a secret stands in the configuration");
    } else {
        secret = false;
        value = mem_copy_text(n->text);
    }
    if (code == ERR_OK && value != NULL) {
        code = check_value(n, value, err);
    }
    if (code != ERR_OK) {
        if (value != NULL) {
            mem_wipe(value, strlen(value));
        }
        free(value);
        return code;
    }
    *out = (struct header_spec){.name = mem_copy_text(n->key), .value = value, .secret = secret};
    return ERR_OK;
}

enum err_code secret_text(const struct node *n, const char *folder, char **value, struct err *err) {
    if (strncmp(n->text, "env:", 4) == 0) {
        return from_environment(n, n->text + 4, value, err);
    }
    if (strncmp(n->text, "file:", 5) == 0) {
        return from_file(n, folder, n->text + 5, value, err);
    }
    /* The value is not shown: it may be the secret itself. */
    return node_fail(n, err, "write file:PATH or env:NAME, and change the secret if it was shared",
                     "a secret stands in the configuration");
}
