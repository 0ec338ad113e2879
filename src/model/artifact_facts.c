#include "src/model/artifact_facts.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/model/url.h"

struct artifact_fact *facts_find(struct artifact_facts *facts, const char *url) {
    for (size_t i = 0; i < facts->n; i++)
        if (strcmp(facts->facts[i].url, url) == 0)
            return &facts->facts[i];
    return NULL;
}

void facts_put(struct artifact_facts *facts, const struct artifact_fact *fact) {
    struct artifact_fact *place = facts_find(facts, fact->url);
    if (place == NULL && facts->n < FACTS_URLS)
        place = &facts->facts[facts->n++];
    for (size_t i = 0; place == NULL && i < facts->n; i++) {
        bool oldest = true;
        for (size_t k = 0; k < facts->n; k++)
            oldest = oldest && facts->facts[i].proven_ms <= facts->facts[k].proven_ms;
        place = oldest ? &facts->facts[i] : NULL;
    }
    if (place != NULL)
        *place = *fact;
}

void facts_drop(struct artifact_facts *facts, const char *url) {
    struct artifact_fact *fact = facts_find(facts, url);
    if (fact != NULL)
        *fact = facts->facts[--facts->n];
}

int facts_signature(const struct artifact_fact *fact, const char *key, const char *signature) {
    if (strcmp(fact->key, key) != 0)
        return -1;
    for (size_t i = 0; i < fact->n_signatures; i++)
        if (strcmp(fact->signatures[i].text, signature) == 0)
            return fact->signatures[i].holds ? 1 : 0;
    return -1;
}

void facts_claimed_url(const struct source_spec *source, const struct sample *claim,
                       char url[FEED_URL_CAP]) {
    bool relative = claim->url[0] && !url_has_scheme(claim->url) && source->url != NULL;
    char *whole = relative ? url_resolve(source->url, claim->url) : NULL;
    const char *from = relative ? whole : claim->url;
    size_t n = from != NULL ? strlen(from) : FEED_URL_CAP;
    url[0] = '\0';
    if (n < FEED_URL_CAP)
        memcpy(url, from, n + 1);
    free(whole);
}

/* ---- JSON ---- */

static json_t *text_or_null(const char *text) {
    return text[0] ? json_text(text) : json_null();
}

static json_t *fact_json(const struct artifact_fact *f) {
    json_t *out = json_object(), *signatures = json_array();
    json_object_set_new(out, "url", json_text(f->url));
    json_object_set_new(out, "etag", text_or_null(f->etag));
    json_object_set_new(out, "last_modified", text_or_null(f->modified));
    json_object_set_new(out, "length", f->length >= 0 ? json_integer(f->length) : json_null());
    json_object_set_new(out, "bytes", json_integer(f->bytes));
    json_object_set_new(out, "sha256", json_text(f->sha256));
    json_object_set_new(out, "key", text_or_null(f->key));
    for (size_t i = 0; i < f->n_signatures; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "signature", json_text(f->signatures[i].text));
        json_object_set_new(one, "holds", json_boolean(f->signatures[i].holds));
        json_array_append_new(signatures, one);
    }
    json_object_set_new(out, "signatures", signatures);
    json_object_set_new(out, "proven_ms", json_integer(f->proven_ms));
    return out;
}

char *facts_write(const struct artifact_facts *facts) {
    json_t *out = json_object(), *list = json_array();
    for (size_t i = 0; i < facts->n; i++)
        json_array_append_new(list, fact_json(&facts->facts[i]));
    json_object_set_new(out, "artifacts", list);
    if (facts->now_url[0]) {
        json_t *now = json_object();
        json_object_set_new(now, "url", json_text(facts->now_url));
        json_object_set_new(now, "bytes", json_integer(facts->now_bytes));
        json_object_set_new(now, "of",
                            facts->now_total >= 0 ? json_integer(facts->now_total) : json_null());
        json_object_set_new(out, "downloading", now);
    } else {
        json_object_set_new(out, "downloading", json_null());
    }
    char *text = json_dumps(out, JSON_COMPACT);
    json_decref(out);
    return text;
}

/* Absent and null are "". */
static bool take_text(const json_t *from, const char *key, char *dst, size_t cap) {
    const json_t *value = json_object_get(from, key);
    const char *text = value == NULL || json_is_null(value) ? "" : json_string_value(value);
    if (text == NULL || strlen(text) >= cap)
        return false;
    memcpy(dst, text, strlen(text) + 1);
    return true;
}

/* Absent and null are -1. */
static bool take_number(const json_t *from, const char *key, int64_t *number) {
    const json_t *value = json_object_get(from, key);
    *number = json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
    return value == NULL || json_is_null(value) || (json_is_integer(value) && *number >= 0);
}

static bool take_signatures(const json_t *list, struct artifact_fact *f) {
    size_t i;
    json_t *one;
    if (!json_is_array(list) || json_array_size(list) > PROOF_SIGNATURES)
        return false;
    json_array_foreach(list, i, one) {
        struct fact_signature *s = &f->signatures[i];
        const json_t *holds = json_object_get(one, "holds");
        if (!take_text(one, "signature", s->text, sizeof s->text) || !s->text[0] ||
            !json_is_boolean(holds))
            return false;
        s->holds = json_is_true(holds);
    }
    f->n_signatures = json_array_size(list);
    return true;
}

static bool take_fact(const json_t *from, struct artifact_fact *f) {
    *f = (struct artifact_fact){0};
    return take_text(from, "url", f->url, sizeof f->url) && f->url[0] &&
           take_text(from, "etag", f->etag, sizeof f->etag) &&
           take_text(from, "last_modified", f->modified, sizeof f->modified) &&
           take_number(from, "length", &f->length) && take_number(from, "bytes", &f->bytes) &&
           f->bytes >= 0 && take_text(from, "sha256", f->sha256, sizeof f->sha256) &&
           strlen(f->sha256) == HASH_HEX_CAP - 1 && take_text(from, "key", f->key, sizeof f->key) &&
           take_signatures(json_object_get(from, "signatures"), f) &&
           take_number(from, "proven_ms", &f->proven_ms) && f->proven_ms >= 0;
}

bool facts_read(const char *json, struct artifact_facts *facts) {
    struct err ignored = ERR_INIT;
    json_t *root = NULL, *one;
    size_t i, n = json != NULL ? strlen(json) : 0;
    *facts = (struct artifact_facts){.now_total = -1};
    if (n > 0 && n <= FACTS_JSON_CAP)
        root = json_read(json, n, "facts", &ignored);
    const json_t *list = json_object_get(root, "artifacts");
    const json_t *now = json_object_get(root, "downloading");
    bool good = json_is_array(list);
    json_array_foreach(list, i, one) {
        struct artifact_fact fact;
        if (take_fact(one, &fact))
            facts_put(facts, &fact);
    }
    if (json_is_object(now) && (!take_text(now, "url", facts->now_url, sizeof facts->now_url) ||
                                !take_number(now, "bytes", &facts->now_bytes) ||
                                facts->now_bytes < 0 || !take_number(now, "of", &facts->now_total)))
        facts->now_url[0] = '\0';
    json_decref(root);
    return good;
}
