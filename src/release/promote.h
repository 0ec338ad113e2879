/* Beta to stable, never a rebuild: the same bytes under the stable tags, then the pair, then
 * manifest.json. What stable had becomes its rollback point. */
#ifndef GONOGO_RELEASE_PROMOTE_H
#define GONOGO_RELEASE_PROMOTE_H

#include "src/base/err.h"
#include "src/release/flow.h"

struct promote_request {
    enum tree_channel from, to;
};

/* The flow_work; `asked` is a struct promote_request. Skipped when the target has the version, the size
 * and the sha256 of the source under its own address, and its store the bytes. */
enum err_code promote_look(const struct flow *flow, void *asked, struct plan *plan,
                           struct err *err);

#endif
