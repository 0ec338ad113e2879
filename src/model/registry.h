/* The registry of feature flags: the tables of FEATURE_FLAGS.md whose header has the columns `name` and
 * `kill_switch` (and type, owner, default, scope, description, in any order). */
#ifndef GONOGO_MODEL_REGISTRY_H
#define GONOGO_MODEL_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

enum {
    REGISTRY_FLAGS_MAX = 4096, /* a product has some dozens */
    REGISTRY_CELLS = 32,       /* of a row; ours has seven */
};

enum registry_column {
    REGISTRY_NAME,
    REGISTRY_TYPE,
    REGISTRY_OWNER,
    REGISTRY_DEFAULT,
    REGISTRY_SCOPE,
    REGISTRY_KILL_SWITCH,
    REGISTRY_DESCRIPTION,
    REGISTRY_COLUMNS,
};

struct registry_flag {
    char *cells[REGISTRY_COLUMNS]; /* trimmed, without code marks; "" where the table has none */
};

struct registry {
    struct registry_flag *flags;
    size_t n;
};

/* Reads every such table; what is none is passed over. */
void registry_read(const char *bytes, size_t n, struct registry *out);
void registry_fini(struct registry *registry);

/* The next kill switch that a flag's cell names ("disable_x, NEXY_KS_DISABLE_Y"), from *at on (start
 * with NULL); false behind the last. Words without an underscore ("none") are no names. */
bool registry_next_switch(const struct registry_flag *flag, const char **at, char *dst, size_t cap);

#endif
