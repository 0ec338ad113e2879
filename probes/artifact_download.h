/* The download of one artifact for artifacts.c: it may break off and go on, it is proven while it comes, and
 * it is never kept. */
#ifndef GONOGO_PROBES_ARTIFACT_DOWNLOAD_H
#define GONOGO_PROBES_ARTIFACT_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/claims.h"
#include "probes/fetch.h"
#include "src/base/err.h"
#include "src/base/proof.h"
#include "src/base/wake.h"
#include "src/model/policy.h"

/* All zero but `total` is none yet. */
struct download {
    struct wanted wanted;
    struct fetch_answer validators; /* of the answer that its bytes are from */
    struct proof *proof;            /* NULL = there is none */
    int places
        [PROOF_SIGNATURES]; /* of each signature in the proof; -1 = it is none that could hold */
    int64_t bytes, total;   /* so far, in all; -1 = not known */
};

/* For whom, and who is asked meanwhile. Borrowed. */
struct downloader {
    const struct policy *policy;
    const struct source_spec *spec;
    struct wake *wake;
    bool (*go_on)(void *self);                          /* every FETCH_TURN_MS at the least */
    bool (*more)(void *self, const struct download *d); /* bytes came */
    void *self;
};

void download_begin(struct download *d, const struct source_spec *spec,
                    const struct wanted *wanted);
void download_forget(struct download *d);

/* What the server says of it without the bytes; ERR_NET unless it is there. */
enum err_code download_head(const struct downloader *by, const char *url,
                            struct fetch_answer *answer, struct err *err);
/* The whole of what was begun, however often the line breaks, as long as it gets on. ERR_CLOSED when it is
 * not wanted any more: it can be gone on with. */
enum err_code download_all(struct download *d, const struct downloader *by, struct err *err);

#endif
