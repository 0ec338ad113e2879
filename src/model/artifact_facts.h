/* What was proven of the bytes behind URLs: written by the probe that downloads them, judged by the gate
 * artifact, shown by `check --json`, and remembered from run to run. */
#ifndef GONOGO_MODEL_ARTIFACT_FACTS_H
#define GONOGO_MODEL_ARTIFACT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/proof.h"
#include "src/model/feed.h"
#include "src/model/policy.h"
#include "src/model/sample.h"

enum {
    FACTS_URLS = 8,            /* artifacts of one gate: manifests and feeds name one or two */
    FACTS_ETAG_CAP = 256,      /* bytes; a longer validator is none */
    FACTS_JSON_CAP = 64 << 10, /* bytes of all of them */
};

struct fact_signature {
    char text[FEED_SIGNATURE_CAP]; /* base64 as written; raw */
    bool holds;
};

/* One URL. Texts are raw. */
struct artifact_fact {
    char url[FEED_URL_CAP];
    /* What the server says of the bytes, so that nobody downloads the same again; "" = nothing. Only a
     * strong ETag is one. */
    char etag[FACTS_ETAG_CAP], modified[FACTS_ETAG_CAP];
    int64_t length; /* Content-Length; -1 = not said */
    /* What came. */
    int64_t bytes;
    char sha256[HASH_HEX_CAP];
    char key[PUBLIC_KEY_CAP]; /* the public key of the signatures; "" = none were checked */
    struct fact_signature signatures[PROOF_SIGNATURES];
    size_t n_signatures;
    int64_t proven_ms; /* wall */
};

struct artifact_facts {
    struct artifact_fact facts[FACTS_URLS];
    size_t n;
    /* A download under way; url "" = none. */
    char now_url[FEED_URL_CAP];
    int64_t now_bytes, now_total; /* total: -1 = not said */
};

/* NULL = nothing is known of it. */
struct artifact_fact *facts_find(struct artifact_facts *facts, const char *url);
/* Takes the place of what was known of this URL, or of the oldest when there is no room. */
void facts_put(struct artifact_facts *facts, const struct artifact_fact *fact);
void facts_drop(struct artifact_facts *facts, const char *url);

/* -1 = it was not checked, 0 = it does not hold, 1 = it holds. */
int facts_signature(const struct artifact_fact *fact, const char *key, const char *signature);

/* Where the artifact is that a source names: absolute, "" when there is nothing to make of it. Relative
 * ones are relative to the feed, as Sparkle has it. */
void facts_claimed_url(const struct source_spec *source, const struct sample *claim,
                       char url[FEED_URL_CAP]);

/* As JSON, on the heap; and back: false, and none, when it is none of these. What is not as it was
 * written is left out, as if it had never been proven. */
char *facts_write(const struct artifact_facts *facts);
bool facts_read(const char *json, struct artifact_facts *facts);

#endif
