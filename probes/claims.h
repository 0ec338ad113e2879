/* What manifests and feeds claim of artifacts, for the artifact worker: other workers hand in the samples,
 * the worker takes the newest of each source when it has time. */
#ifndef GONOGO_PROBES_CLAIMS_H
#define GONOGO_PROBES_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/mailbox.h"
#include "src/base/wake.h"
#include "src/model/artifact_facts.h"
#include "src/model/policy.h"

/* A source that makes claims. */
struct claim {
    unsigned source;
    struct mailbox box;        /* the only part that others touch */
    const struct sample *said; /* the last good word; NULL = none */
    bool heard;                /* it said something, good or bad */
};

struct claims {
    const struct policy *policy; /* borrowed */
    struct claim *all;
    size_t n;
};

/* What a url must be proven for. */
struct wanted {
    char url[FEED_URL_CAP];
    char signatures[PROOF_SIGNATURES][FEED_SIGNATURE_CAP]; /* raw */
    size_t n_signatures;
};

/* Of these sources (indices into policy.sources); `wake` is told of news. */
void claims_init(struct claims *claims, const struct policy *policy, const unsigned *sources,
                 size_t n, struct wake *wake);
void claims_fini(struct claims *claims);

/* Any thread; never blocks; keeps its own reference. Those of other sources are nothing to it. */
void claims_hear(struct claims *claims, const struct sample *sample);

/* The rest is the worker's alone. Takes in what was heard; true when something else is claimed now, or a
 * source spoke for the first time. */
bool claims_update(struct claims *claims);
/* Has every source that `spec` names said something, good or bad? */
bool claims_complete(const struct claims *claims, const struct source_spec *spec);
/* What has to be proven for `spec`, by url. Returns how many. */
size_t claims_wanted(const struct claims *claims, const struct source_spec *spec,
                     struct wanted wanted[FACTS_URLS]);
bool wanted_same(const struct wanted *a, const struct wanted *b);

#endif
