/* artifact: what manifests and feeds say of the artifact is true of the bytes that its url serves: size,
 * sha256 and signature (domain §2). What was not proven passes nowhere. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "src/base/text.h"
#include "src/model/artifact_facts.h"
#include "src/model/gates/gates.h"
#include "src/model/url.h"

/* The gate's own source stands behind those that make claims. */
static size_t own_source(const struct gate_spec *spec) {
    return spec->n_sources - 1;
}

static bool makes_claims(const struct source_spec *source) {
    return strcmp(source->kind, "manifest") == 0 || strcmp(source->kind, "feed") == 0;
}

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    for (size_t i = 0; i + 1 < spec->n_sources; i++) {
        const struct source_spec *source = &policy->sources[spec->sources[i]];
        if (!makes_claims(source))
            return err_set(err, ERR_CONFIG, where, "name manifest and feed sources only",
                           "%s is of kind %s, which says nothing of an artifact", source->id,
                           source->kind);
    }
    return spec->n_sources >= 2 ? ERR_OK
                                : err_set(err, ERR_CONFIG, where, "add sources: [\"*/manifest\"]",
                                          "nobody says which artifact");
}

struct question {
    const struct gate_spec *spec;
    const struct snapshot *s;
    const struct source_spec *own; /* the key is its */
    struct artifact_facts facts;
    struct gate_tally tally;
    char unproven[FEED_URL_CAP]; /* of which something is not known; "" = none */
    const struct artifact_fact *proven;
    size_t signatures; /* that hold */
};

/* What the claim says about bytes that are known. */
static void compare(struct question *q, const char *id, const struct sample *claim, bool manifest,
                    const struct artifact_fact *fact) {
    const char *signature = claim->signature != NULL ? claim->signature : "";
    /* An AppCast says nothing with length="0"; a manifest must say it all. */
    bool sized = claim->size > 0 || (manifest && claim->size == 0);
    if (fact->length >= 0 && fact->length != fact->bytes)
        gate_tally_fail(&q->tally, "%s: the server says %lld bytes and sends %lld", id,
                        (long long)fact->length, (long long)fact->bytes);
    if (sized && claim->size != fact->bytes)
        gate_tally_fail(&q->tally, "%s says %lld bytes, its url serves %lld", id,
                        (long long)claim->size, (long long)fact->bytes);
    else if (!sized && manifest)
        gate_tally_fail(&q->tally, "%s does not say the size", id);
    if (manifest && !claim->sha256[0])
        gate_tally_fail(&q->tally, "%s does not say the sha256", id);
    else if (claim->sha256[0] && strcasecmp(claim->sha256, fact->sha256) != 0)
        gate_tally_fail(&q->tally, "%s says sha256 %.8s…, its url serves %.8s…", id, claim->sha256,
                        fact->sha256);
    if (!q->own->public_key[0])
        return;
    if (!signature[0]) {
        if (!manifest)
            gate_tally_fail(&q->tally, "%s has no signature", id);
        return;
    }
    int holds = facts_signature(fact, q->own->public_key, signature);
    if (holds == 0)
        gate_tally_fail(&q->tally, "%s: the signature does not hold over what its url serves", id);
    else if (holds < 0)
        snprintf(q->unproven, sizeof q->unproven, "%s", fact->url);
    else
        q->signatures++;
}

static void judge_claim(struct question *q, size_t source) {
    if (!gate_tally_source(&q->tally, q->s, source))
        return;
    const struct source_spec *spec = &q->s->policy->sources[source];
    const struct sample *claim = q->s->sources[source].good;
    bool manifest = strcmp(spec->kind, "manifest") == 0;
    char url[FEED_URL_CAP];
    facts_claimed_url(spec, claim, url);
    enum url_safety safety = url_safety(url);
    if (!claim->url[0]) {
        gate_tally_fail(&q->tally, "%s names no artifact", spec->id);
        return;
    }
    if (safety != URL_HTTPS && safety != URL_HTTP_LOOPBACK) {
        gate_tally_fail(&q->tally, "%s: the url is not https", spec->id);
        return;
    }
    if (url_names_feed(url)) {
        gate_tally_fail(&q->tally, "%s: the url is a feed's", spec->id);
        return;
    }
    const struct artifact_fact *fact = facts_find(&q->facts, url);
    if (fact == NULL) {
        snprintf(q->unproven, sizeof q->unproven, "%s", url);
        return;
    }
    q->proven = fact;
    compare(q, spec->id, claim, manifest, fact);
}

/* 275 899 820 */
static void group_digits(int64_t n, char dst[32]) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            dst[at++] = ' ';
        dst[at++] = digits[i];
    }
    dst[at] = '\0';
}

static void say_progress(const struct question *q, struct gate_view *out) {
    const struct artifact_facts *f = &q->facts;
    char bytes[32], total[32];
    if (!f->now_url[0]) {
        gate_say(out, GATE_WAIT, "the bytes of %.120s are not proven yet", q->unproven);
        return;
    }
    group_digits(f->now_bytes, bytes);
    group_digits(f->now_total, total);
    gate_say(out, GATE_WAIT, "proving %s%s%s B of %.100s", bytes, f->now_total > 0 ? " of " : "",
             f->now_total > 0 ? total : "", f->now_url);
    if (f->now_total > 0 && f->now_bytes <= f->now_total)
        out->permille = (int)((double)f->now_bytes * 1000 / (double)f->now_total);
}

static void say_proven(const struct question *q, struct gate_view *out) {
    char bytes[32], signatures[64];
    size_t claims = own_source(q->spec);
    group_digits(q->proven->bytes, bytes);
    if (q->signatures > 0)
        snprintf(signatures, sizeof signatures, "signature%s hold%s", q->signatures > 1 ? "s" : "",
                 q->signatures > 1 ? "" : "s");
    else
        snprintf(signatures, sizeof signatures, "signatures not checked: no public_key");
    gate_say(out, GATE_PASS, "%s B, sha256 %.8s…, %s (%zu source%s)", bytes, q->proven->sha256,
             signatures, claims, claims == 1 ? "" : "s");
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    if (spec->n_sources < 2) {
        gate_say(out, GATE_UNKNOWN, "has nothing to look at");
        return;
    }
    const struct sample *seen = gate_reading_at(spec, own_source(spec), s, out);
    struct question q = {.spec = spec, .s = s};
    q.own = &s->policy->sources[spec->sources[own_source(spec)]];
    if (seen && !facts_read(seen->value, &q.facts)) {
        gate_say(out, GATE_UNKNOWN, "what was proven could not be read");
        seen = NULL;
    }
    for (size_t i = 0; i < own_source(spec); i++)
        judge_claim(&q, spec->sources[i]);
    /* A claim that is wrong in itself fails, whatever is known of the bytes. */
    if ((q.tally.failures > 0 || seen) && !gate_tally_clean(&q.tally, out))
        return;
    if (!seen)
        return;
    if (q.unproven[0])
        say_progress(&q, out);
    else if (q.proven != NULL && q.own->public_key[0] && q.signatures == 0)
        gate_say(out, GATE_FAIL, "there is a public_key, and nobody gives a signature");
    else if (q.proven != NULL)
        say_proven(&q, out);
    else
        gate_say(out, GATE_UNKNOWN, "nothing was proven");
}

const struct gate_kind gate_artifact = {
    .name = "artifact",
    .help = "manifests and feeds tell the truth about the bytes: size, sha256, signature",
    .needs_sources = true,
    .probe = "artifact",
    .check = check,
    .judge = judge,
};
