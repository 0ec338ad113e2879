#include "probes/claims.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/url.h"

static void drop_sample(void *sample) {
    sample_drop(sample);
}

void claims_init(struct claims *claims, const struct policy *policy, const unsigned *sources,
                 size_t n, struct wake *wake) {
    *claims = (struct claims){.policy = policy, .n = n};
    claims->all = mem_zero(n + 1, sizeof *claims->all);
    for (size_t i = 0; i < n; i++) {
        claims->all[i].source = sources[i];
        mailbox_init(&claims->all[i].box, drop_sample, wake);
    }
}

void claims_fini(struct claims *claims) {
    for (size_t i = 0; i < claims->n; i++) {
        mailbox_fini(&claims->all[i].box);
        sample_drop(claims->all[i].said);
    }
    free(claims->all);
}

void claims_hear(struct claims *claims, const struct sample *sample) {
    for (size_t i = 0; i < claims->n; i++)
        if (claims->all[i].source == sample->source)
            mailbox_put(&claims->all[i].box, (void *)(uintptr_t)sample_keep(sample));
}

static bool same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

bool claims_update(struct claims *claims) {
    bool changed = false;
    for (size_t i = 0; i < claims->n; i++) {
        struct claim *claim = &claims->all[i];
        const struct sample *news = mailbox_take(&claim->box);
        if (!news)
            continue;
        changed = changed || !claim->heard;
        claim->heard = true;
        if (news->reading != READING_OK) {
            sample_drop(news);
            continue;
        }
        changed = changed || !claim->said || strcmp(claim->said->url, news->url) != 0 ||
                  !same_text(claim->said->signature, news->signature);
        sample_drop(claim->said);
        claim->said = news;
    }
    return changed;
}

static const struct claim *claim_of(const struct claims *claims, unsigned source) {
    for (size_t i = 0; i < claims->n; i++)
        if (claims->all[i].source == source)
            return &claims->all[i];
    return NULL;
}

static void add_signature(struct wanted *w, const char *signature) {
    if (!signature || !*signature || w->n_signatures == PROOF_SIGNATURES)
        return;
    for (size_t i = 0; i < w->n_signatures; i++)
        if (strcmp(w->signatures[i], signature) == 0)
            return;
    snprintf(w->signatures[w->n_signatures++], FEED_SIGNATURE_CAP, "%s", signature);
}

size_t claims_wanted(const struct claims *claims, const struct source_spec *spec,
                     struct wanted wanted[FACTS_URLS]) {
    size_t n = 0;
    for (size_t i = 0; i < spec->n_claims; i++) {
        const struct claim *claim = claim_of(claims, spec->claims[i]);
        char url[FEED_URL_CAP];
        if (!claim || !claim->said)
            continue;
        facts_claimed_url(&claims->policy->sources[claim->source], claim->said, url);
        if (!url[0] || url_names_feed(url) || url_safety(url) == URL_NONE)
            continue; /* the gate says so */
        size_t k = 0;
        while (k < n && strcmp(wanted[k].url, url) != 0)
            k++;
        if (k == FACTS_URLS)
            continue;
        if (k == n) {
            wanted[n] = (struct wanted){0};
            memcpy(wanted[n++].url, url, strlen(url) + 1);
        }
        if (spec->public_key[0])
            add_signature(&wanted[k], claim->said->signature);
    }
    return n;
}

bool claims_complete(const struct claims *claims, const struct source_spec *spec) {
    for (size_t i = 0; i < spec->n_claims; i++) {
        const struct claim *claim = claim_of(claims, spec->claims[i]);
        if (claim && !claim->heard)
            return false;
    }
    return true;
}

bool wanted_same(const struct wanted *a, const struct wanted *b) {
    bool same = strcmp(a->url, b->url) == 0 && a->n_signatures == b->n_signatures;
    for (size_t i = 0; same && i < a->n_signatures; i++)
        same = strcmp(a->signatures[i], b->signatures[i]) == 0;
    return same;
}
