#include "tests/unit/config_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/mem.h"

static bool kind_at(size_t i, const char **name, const char **help, bool *takes_url,
                    bool *takes_file) {
    static const struct {
        const char *name;
        bool url, file;
    } rows[] = {
        {"health", true, false},  {"feed", true, true},          {"http", true, false},
        {"manifest", true, true}, {"file-version", false, true},
    };
    if (i >= sizeof rows / sizeof *rows) {
        return false;
    }
    *name = rows[i].name;
    *help = "a kind";
    *takes_url = rows[i].url;
    *takes_file = rows[i].file;
    return true;
}

const struct config_kinds help_kinds = {.probe_at = kind_at};

char *help_read(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *bytes = mem_alloc(64 << 10);
    *n = fread(bytes, 1, (64 << 10) - 1, f);
    (void)fclose(f);
    return bytes;
}

void help_write(const char *path, const char *bytes, size_t n, mode_t mode) {
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

struct policy *help_good(const char *text) {
    struct err err = ERR_INIT;
    struct policy *p = config_parse(text, strlen(text), "etc/gonogo.yaml", &help_kinds, &err);
    if (p == NULL) {
        char said[1024];
        err_text(&err, said, sizeof said);
        fail_msg("%s", said);
    }
    return p;
}

void help_bad(const char *text, const char *expected) {
    struct err err = ERR_INIT;
    char said[1024], wanted[1024];
    struct policy *p = config_parse(text, strlen(text), "etc/gonogo.yaml", &help_kinds, &err);
    assert_null(p);
    assert_int_equal(err.code, ERR_CONFIG);
    err_text(&err, said, sizeof said);
    (void)snprintf(wanted, sizeof wanted, "etc/gonogo.yaml:%s", expected);
    assert_string_equal(said, wanted);
}

char *help_printed(const struct policy *p) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    config_print(out, p);
    (void)fclose(out);
    return text;
}

const struct source_spec *help_source(const struct policy *p, const char *id) {
    int i = policy_find_source(p, id);
    assert_true(i >= 0);
    return &p->sources[i];
}

const struct gate_spec *help_gate(const struct policy *p, const char *name) {
    for (size_t i = 0; i < p->n_gates; i++) {
        if (strcmp(p->gates[i].name, name) == 0) {
            return &p->gates[i];
        }
    }
    fail_msg("no gate %s", name);
    return NULL;
}

char *help_folder(void) {
    const char *tmp = getenv("TMPDIR");
    char *path = mem_format("%s/gonogo-config.XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}
