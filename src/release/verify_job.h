/* Between the files that judge a tree: verify.c (what it says), verify_assets.c (the bytes). Nobody else
 * includes this. */
#ifndef GONOGO_RELEASE_VERIFY_JOB_H
#define GONOGO_RELEASE_VERIFY_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/release/channel.h"
#include "src/release/verify.h"

struct verify {
    const struct flow *flow;
    const struct layout *layout;
    bool deep;
    struct verify_report *report;
    struct channel stable, beta;
};

void verify_say(struct verify *v, enum verify_verdict verdict, const char *name, const char *format,
                ...) __attribute__((format(printf, 4, 5)));
void verify_say_err(struct verify *v, const char *name, const struct err *err);

/* The three files of a channel whose manifest is sound, and what else lies beside them. */
void verify_files(struct verify *v, const struct channel *c);

/* The bytes of a versioned manifest, when its version has a tag to itself; counts them in *hashed. */
enum err_code verify_versioned(struct verify *v, const struct manifest *m, const char *where,
                               size_t *hashed, struct err *err);

/* The rollback points of both channels. */
void verify_points(struct verify *v);

#endif
