/* What a command is about to do to a release tree: a list of steps, made by reading alone. A dry run
 * shows it, everything else does it, all of it or nothing (change.h). */
#ifndef GONOGO_RELEASE_PLAN_H
#define GONOGO_RELEASE_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/base/hash.h"
#include "src/release/change.h"

struct assets;

enum plan_kind {
    PLAN_KEEP,   /* `from` also lives on as `to`: a rollback point */
    PLAN_COPY,   /* the bytes of `from` to `to`, hashed on the way */
    PLAN_WRITE,  /* `to` will hold these bytes */
    PLAN_REMOVE, /* `to` will be gone */
};

/* A file in the tree (tag NULL), or in the asset store. */
struct plan_file {
    char *tag;
    char *path; /* in the tree, or the name under the tag */
};

struct plan_step {
    enum plan_kind kind;
    struct plan_file from, to;
    char *bytes; /* PLAN_WRITE; NULL otherwise */
    size_t n_bytes;
    int64_t size;              /* PLAN_COPY and PLAN_KEEP: what `from` has */
    char sha256[HASH_HEX_CAP]; /* PLAN_COPY: what it must have; "" = any */
    bool replace;              /* PLAN_COPY into the store: may there be something already? */
    char *why;                 /* what people read behind the step; or NULL */
    char *text;                /* one line for people; by plan_describe() */
    json_t *json; /* {"do":"copy","from":…,"to":…,"size":…,"sha256":…}; the same */
};

struct plan {
    struct plan_step *steps;
    size_t n_steps;
    char **notes; /* what people have to know, in whole sentences */
    size_t n_notes;
    char *version; /* that it is about; or NULL */
    char *done;    /* "promoted 2.0.0.20 from beta to stable", once it is */
    char *skip;    /* not NULL: there is nothing to do, and this says why */
};

void plan_init(struct plan *plan);
void plan_fini(struct plan *plan);

struct plan_file plan_tree(const char *path);
struct plan_file plan_store(const char *tag, const char *name);

/* The texts of a plan_file are taken, `bytes` and `why` are copied; the step is borrowed and good until
 * the next one is added. */
struct plan_step *plan_keep(struct plan *plan, struct plan_file from, struct plan_file to,
                            int64_t size);
struct plan_step *plan_copy(struct plan *plan, struct plan_file from, struct plan_file to,
                            int64_t size, const char *sha256);
struct plan_step *plan_write(struct plan *plan, const char *path, const void *bytes, size_t n,
                             const char *why);
void plan_remove(struct plan *plan, const char *path);
void plan_note(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fills the steps' text and json. */
void plan_describe(struct plan *plan, const struct assets *assets);

/* Does it. ERR_REFUSED when the bytes that were copied are not those that had to be. */
enum err_code plan_run(const struct plan *plan, const struct tree *tree,
                       const struct assets *assets, const struct change_hook *hook,
                       struct err *err);

#endif
