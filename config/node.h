/* A YAML document as a tree in which everything knows its place: line, column and path.
 *
 * Only what a configuration needs is read: one document, UTF-8, no anchors, aliases or tags, no
 * duplicate meaning. What is refused here never reaches libcyaml. */
#ifndef GONOGO_CONFIG_NODE_H
#define GONOGO_CONFIG_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"

enum {
    NODE_FILE_CAP = 1 << 20, /* 1 MiB: ten thousand probes take half of it */
    NODE_DEPTH_CAP = 16,     /* the schema nests seven deep */
    NODE_PATH_CAP = 160,     /* bytes of "environments[1].probes[0].every" */
    NODE_SHOWN_CAP = 96,     /* bytes of a value in a message */
};

enum node_type { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node_doc;

struct node {
    enum node_type type;
    unsigned line, column; /* from 1; of its key in a map, else of itself */
    bool quoted;           /* a text in quotes, or a block */
    const struct node_doc *doc;
    struct node *parent;
    const char *key;  /* in a map; NULL elsewhere */
    size_t index;     /* among its siblings */
    const char *text; /* NODE_TEXT: no NUL inside */
    struct node *first, *last, *next;
    size_t count; /* of children */
};

/* NULL and `err` (ERR_CONFIG). `file` is for messages. */
struct node_doc *node_read(const char *bytes, size_t n, const char *file, struct err *err);
void node_free(struct node_doc *doc); /* NULL is fine */
const struct node *node_root(const struct node_doc *doc);

/* The value of a key of a map; NULL when it is not there, or `map` is NULL or no map. */
const struct node *node_get(const struct node *map, const char *key);
/* The i-th child; NULL behind the last. Linear. */
const struct node *node_at(const struct node *n, size_t i);
/* Nothing was written behind the key, or a plain `~` or `null`. */
bool node_empty(const struct node *n);

/* "environments[1].probes[0].every"; "" for the root. A path that is too long loses its front. */
void node_path(const struct node *n, char dst[NODE_PATH_CAP]);
/* "file:14:7". A file name that is too long loses its front. */
void node_where(const struct node *n, char *dst, size_t cap);
/* A text as messages show it: `"5 parsecs"`, safe and cut. */
void node_shown(const char *text, char dst[NODE_SHOWN_CAP]);

/* err_set() (ERR_CONFIG) at the place of `n`; what becomes `PATH: what`. */
enum err_code node_fail(const struct node *n, struct err *err, const char *todo, const char *what,
                        ...) __attribute__((format(printf, 4, 5)));

#endif
