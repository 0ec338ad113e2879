#include "src/model/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"

enum { DIGEST_CAP = sizeof((struct sample *)0)->sha256 };

static bool tells_target(const struct snapshot *s, const struct sample *sample) {
    return sample && sample->version[0] && version_compare(sample->version, s->target) == 0;
}

/* Each text ends with a NUL, so that two of them never read as one other. */
static void add_text(struct hash *h, const char *text) {
    hash_add(h, text, strlen(text) + 1);
}

static bool add_feed(struct hash *h, const struct snapshot *s) {
    int source = s->policy->target_source;
    char size[24];
    if (source == SOURCE_NONE)
        return true;
    const struct source_view *feed = &s->sources[source];
    if (feed->state != SOURCE_OK || !feed->good)
        return false;
    if (!tells_target(s, feed->good)) /* a target that was set, and the feed offers another one */
        return s->policy->target != NULL;
    snprintf(size, sizeof size, "%lld", (long long)feed->good->size);
    add_text(h, feed->good->url);
    add_text(h, size);
    add_text(h, feed->good->signature ? feed->good->signature : "");
    return true;
}

static bool is_telling_manifest(const struct policy *policy, size_t i) {
    const struct source_spec *spec = &policy->sources[i];
    return !spec->of_gate && strcmp(spec->kind, "manifest") == 0 &&
           policy->environments[spec->environment].role != ROLE_STABLE;
}

static int compare_digests(const void *a, const void *b) {
    return memcmp(a, b, DIGEST_CAP);
}

static bool add_manifests(struct hash *h, const struct snapshot *s) {
    char(*digests)[DIGEST_CAP] = mem_zero(s->n_sources + 1, sizeof *digests);
    size_t n = 0;
    bool known = true;
    for (size_t i = 0; i < s->n_sources && known; i++) {
        const struct source_view *view = &s->sources[i];
        if (!is_telling_manifest(s->policy, i))
            continue;
        known = view->state == SOURCE_OK && view->good;
        if (known && tells_target(s, view->good) && view->good->sha256[0])
            snprintf(digests[n++], DIGEST_CAP, "%s", view->good->sha256);
    }
    qsort(digests, n, sizeof *digests, compare_digests);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(digests[i], digests[i - 1]) != 0)
            add_text(h, digests[i]);
    free(digests);
    return known;
}

void fingerprint_of(const struct snapshot *s, char hex[HASH_HEX_CAP]) {
    hex[0] = '\0';
    if (!s->target[0])
        return;
    struct hash *h = hash_new();
    add_text(h, s->target);
    if (add_feed(h, s) && add_manifests(h, s))
        hash_hex(h, hex);
    hash_free(h);
}

bool fingerprint_pending(const struct snapshot *s) {
    int feed = s->policy->target_source;
    if (feed != SOURCE_NONE && s->sources[feed].state == SOURCE_PENDING)
        return true;
    for (size_t i = 0; i < s->n_sources; i++)
        if (is_telling_manifest(s->policy, i) && s->sources[i].state == SOURCE_PENDING)
            return true;
    return false;
}
