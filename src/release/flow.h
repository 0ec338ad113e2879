/* How every command changes a release tree: under the tree's lock, after an interrupted change was
 * finished or undone, it looks, makes a plan, and does it whole. A dry run looks and plans only, and
 * writes nothing, not even a lock. */
#ifndef GONOGO_RELEASE_FLOW_H
#define GONOGO_RELEASE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/release/assets.h"
#include "src/release/layout.h"
#include "src/release/plan.h"

enum { FLOW_LOCK_TIMEOUT_MS = 10 * 1000 };

struct flow_options {
    const char *root;
    struct layout layout;
    const struct github_options *github; /* the asset store; NULL = the tree's folder assets/ */
    bool dry_run;
    bool allow_http_loopback; /* artifact URLs may be http:// on loopback (lab and tests) */
    int64_t lock_timeout_ms;
    const struct clock *clock;
    const struct change_hook *hook; /* NULL outside tests */
};

/* Defaults, and the machine's clock. */
void flow_init(struct flow_options *options, const char *root);

struct flow {
    const struct flow_options *options;
    const struct layout *layout;
    const struct tree *tree;
    const struct assets *assets;
};

struct flow_work {
    const char *name; /* of the command: what the lock says to others */
    /* Reads, and fills the plan (or says in plan->skip that there is nothing to do). */
    enum err_code (*look)(const struct flow *flow, void *request, struct plan *plan,
                          struct err *err);
    void *request;
    bool assets; /* it works with the asset store: what is unfinished there comes first */
};

/* `plan` is filled also when it fails, as far as it came; the caller frees it. ERR_BUSY when somebody
 * else holds the tree. */
enum err_code flow_run(const struct flow_options *options, const struct flow_work *work,
                       struct plan *plan, struct err *err);

/* For commands that only read. NULL and `err`; flow_close() it. */
struct flow *flow_open(const struct flow_options *options, struct err *err);
void flow_close(struct flow *flow); /* NULL is fine */

#endif
