#include "src/release/channel.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/when.h"
#include "src/release/address.h"

enum err_code channel_read(const struct flow *flow, enum tree_channel id, struct channel *out,
                           struct err *err) {
    struct err trouble = ERR_INIT;
    *out = (struct channel){.id = id, .names = &flow->layout->channels[id]};
    enum err_code code = doc_read(flow->tree, out->names->manifest, &out->doc, &trouble);
    out->there = code == ERR_OK;
    if (code == ERR_OK || code == ERR_MISSING)
        return ERR_OK;
    return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

void channel_fini(struct channel *channel) {
    doc_fini(&channel->doc);
}

enum err_code channel_check(const struct flow *flow, const struct manifest *m, const char *where,
                            struct err *err) {
    const struct manifest_rules rules = {.loopback_http = flow->options->allow_http_loopback};
    return manifest_check(m, &rules, where, err);
}

char *channel_tag(const struct flow *flow, const struct channel *channel, enum layout_file file) {
    const struct manifest *m = &channel->doc.m;
    (void)flow;
    if (channel->there && m->artifact.url && address_is_versioned(m->artifact.url, m->version))
        return address_version_tag(m->version);
    return mem_copy_text(channel->names->tags[layout_tag_of(file)]);
}

static bool holds(const struct flow *flow, const char *path, const char *text) {
    struct doc there;
    struct err ignored = ERR_INIT;
    if (doc_read(flow->tree, path, &there, &ignored) != ERR_OK)
        return false;
    const bool same = there.n == strlen(text) && memcmp(there.bytes, text, there.n) == 0;
    doc_fini(&there);
    return same;
}

enum err_code channel_write(const struct flow *flow, const struct channel *channel,
                            const char *version, const char *text, struct plan *plan,
                            struct err *err) {
    char *why = mem_format("version %s", version);
    enum err_code code = ERR_OK;
    if (channel->id == TREE_STABLE) {
        char *pair = doc_pair_path(flow->layout->manifests, version, err);
        if (!pair)
            code = err ? err->code : ERR_REFUSED;
        else if (!holds(flow, pair, text))
            plan_write(plan, pair, text, strlen(text), why);
        free(pair);
    }
    if (code == ERR_OK && !holds(flow, channel->names->manifest, text))
        plan_write(plan, channel->names->manifest, text, strlen(text), why);
    free(why);
    return code;
}

void channel_stamp(const struct flow *flow, json_t *json, const char *url, const char *notes_url) {
    char when[40];
    when_rfc3339(clock_wall_ms(flow->options->clock), when, sizeof when);
    /* As the services write it: microseconds, and the zone as an offset. */
    char *date = mem_format("%.*s000+00:00", (int)strcspn(when, "Z"), when);
    json_object_set_new(json_object_get(json, "artifact"), "url", json_text(url));
    if (notes_url)
        json_object_set_new(json, "notes_url", json_text(notes_url));
    json_object_set_new(json, "release_date", json_text(date));
    free(date);
}
