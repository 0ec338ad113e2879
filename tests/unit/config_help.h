/* What the tests of the configuration share. Each of these fails the running test when it cannot do
 * its work. */
#ifndef GONOGO_TESTS_CONFIG_HELP_H
#define GONOGO_TESTS_CONFIG_HELP_H

#include <stddef.h>
#include <sys/types.h>

#include "config/config.h"

#define ENVIRONMENT "environments:\n  - {name: a, role: stable, url: https://a.example.net}\n"
#define FRESH       "gates:\n  - {name: f, kind: fresh}\n"
#define GATE        "gates:\n  - {name: agree, kind: versions-agree, sources: [\"*\"], want: same}\n"

/* The five kinds of probes, without probes/. */
extern const struct config_kinds help_kinds;

/* A small file's bytes and a NUL; heap. */
char *help_read(const char *path, size_t *n);
void help_write(const char *path, const char *bytes, size_t n, mode_t mode);
/* A fresh empty folder; heap. */
char *help_folder(void);

/* Parses what must be good, as etc/gonogo.yaml. */
struct policy *help_good(const char *text);
/* Parses what must be refused, with exactly these words behind "etc/gonogo.yaml:". */
void help_bad(const char *text, const char *expected);
/* What config_print() says; heap. */
char *help_printed(const struct policy *p);

const struct source_spec *help_source(const struct policy *p, const char *id);
const struct gate_spec *help_gate(const struct policy *p, const char *name);

#endif
