/* A channel's state as publish, promote and pull see it: its manifest, and the tags its files are under. */
#ifndef GONOGO_RELEASE_CHANNEL_H
#define GONOGO_RELEASE_CHANNEL_H

#include <stdbool.h>

#include "src/base/err.h"
#include "src/release/doc.h"
#include "src/release/flow.h"
#include "src/release/plan.h"

struct channel {
    enum tree_channel id;
    const struct tree_names *names;
    bool there;     /* it has a manifest */
    struct doc doc; /* empty when it has none */
};

/* A manifest that is not there is fine; one that cannot be read is an error. */
enum err_code channel_read(const struct flow *flow, enum tree_channel id, struct channel *out,
                           struct err *err);
void channel_fini(struct channel *channel);

/* The rules of domain §2 over a manifest that is read at `where`. */
enum err_code channel_check(const struct flow *flow, const struct manifest *m, const char *where,
                            struct err *err);

/* The tag that holds a file of the version that the channel has now: its own, or the version's; heap. */
char *channel_tag(const struct flow *flow, const struct channel *channel, enum layout_file file);

/* Adds the writes of a manifest: the pair of a stable one first, the channel's own last, each only
 * where it is not so already. */
enum err_code channel_write(const struct flow *flow, const struct channel *channel,
                            const char *version, const char *text, struct plan *plan,
                            struct err *err);

/* Puts a release date of now, and an address, into a manifest's JSON. */
void channel_stamp(const struct flow *flow, json_t *json, const char *url, const char *notes_url);

#endif
