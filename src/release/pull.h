/* The current version out of a feed: the rollback point before it (point.h) takes its place again. */
#ifndef GONOGO_RELEASE_PULL_H
#define GONOGO_RELEASE_PULL_H

#include "src/base/err.h"
#include "src/release/flow.h"

struct pull_request {
    enum tree_channel channel;
    const char
        *to; /* the version to bring back; NULL = the newest that is older than the current */
};

/* The flow_work; `asked` is a struct pull_request. */
enum err_code pull_look(const struct flow *flow, void *asked, struct plan *plan, struct err *err);

#endif
