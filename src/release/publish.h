/* The inbox to beta: the three files under beta's tags, then manifest_beta.json. Stable is never
 * published to: promote.h is its only way. */
#ifndef GONOGO_RELEASE_PUBLISH_H
#define GONOGO_RELEASE_PUBLISH_H

#include "src/base/err.h"
#include "src/release/flow.h"

enum publish_style {
    PUBLISH_FIXED,   /* UpdateBeta/AppBeta, replaced; what was there becomes the rollback point */
    PUBLISH_VERSION, /* vX.Y.Z.W for all three, never replaced */
};

struct publish_request {
    enum tree_channel channel;
    enum publish_style style;
    const char *version; /* NULL = that of the same bytes, else what VERSION says */
    const char
        *signature; /* base64 of the Ed25519 signature of the disk image; NULL = not signed */
};

/* The flow_work; `asked` is a struct publish_request. Skipped when the same bytes are published already
 * as this version; ERR_REFUSED when a version's own tag has other bytes. */
enum err_code publish_look(const struct flow *flow, void *asked, struct plan *plan,
                           struct err *err);

#endif
