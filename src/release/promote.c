#include "src/release/promote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/mem.h"
#include "src/model/version.h"
#include "src/release/address.h"
#include "src/release/channel.h"
#include "src/release/point.h"

struct promote {
    const struct flow *flow;
    struct plan *plan;
    struct err *err;
    struct channel from, to;
    char *tags[LAYOUT_FILES]; /* of the source */
    struct asset files[LAYOUT_FILES];
    char *url, *notes_url; /* of the target */
};

static const char *target_tag(const struct promote *p, int file) {
    return p->to.names->tags[layout_tag_of((enum layout_file)file)];
}

static enum err_code look_at_source(struct promote *p) {
    const struct flow *flow = p->flow;
    const struct manifest *m = &p->from.doc.m;
    const char *where = p->from.names->manifest;
    if (!p->from.there)
        return err_set(p->err, ERR_MISSING, where, "publish to beta first",
                       "there is no such file");
    enum err_code code = channel_check(flow, m, where, p->err);
    if (code == ERR_OK && !version_plausible(m->version))
        code = err_set(p->err, ERR_REFUSED, where, "mend the manifest", "\"%.64s\" is no version",
                       m->version);
    for (int f = 0; code == ERR_OK && f < LAYOUT_FILES; f++) {
        const char *name = flow->layout->files[f];
        p->tags[f] = channel_tag(flow, &p->from, (enum layout_file)f);
        code = flow->assets->ops->stat(flow->assets->self, p->tags[f], name, &p->files[f], p->err);
        /* What the manifest says of the disk image is what has to be copied; of the other two nobody
         * says anything, so that they are read. */
        if (code == ERR_OK && f != LAYOUT_DMG)
            code = assets_hash(flow->assets, p->tags[f], name, &p->files[f], p->err);
    }
    if (code == ERR_OK && p->files[LAYOUT_DMG].size != m->artifact.size)
        code = err_set(p->err, ERR_REFUSED, where, "publish it to beta again",
                       "says %lld bytes, but %s/%s has %lld", (long long)m->artifact.size,
                       p->tags[LAYOUT_DMG], flow->layout->files[LAYOUT_DMG],
                       (long long)p->files[LAYOUT_DMG].size);
    if (code == ERR_OK)
        snprintf(p->files[LAYOUT_DMG].sha256, sizeof p->files[LAYOUT_DMG].sha256, "%s",
                 m->artifact.sha256);
    return code;
}

static enum err_code choose_addresses(struct promote *p) {
    const struct layout *l = p->flow->layout;
    const struct manifest *from = &p->from.doc.m, *to = &p->to.doc.m;
    struct err ignored = ERR_INIT;
    p->url = address_make(l, target_tag(p, LAYOUT_DMG), l->files[LAYOUT_DMG], to->artifact.url,
                          from->artifact.url, p->err);
    if (!p->url)
        return p->err->code;
    if (from->notes_url || to->notes_url)
        p->notes_url = address_make(l, target_tag(p, LAYOUT_NOTES), l->files[LAYOUT_NOTES],
                                    to->notes_url, from->notes_url, &ignored);
    return ERR_OK;
}

/* Does the target's store hold the same three files, by size and SHA-256? */
static enum err_code same_files(const struct promote *p, bool *same) {
    const struct assets *assets = p->flow->assets;
    *same = true;
    for (int f = 0; *same && f < LAYOUT_FILES; f++) {
        const char *name = p->flow->layout->files[f];
        struct asset there;
        struct err trouble = ERR_INIT;
        enum err_code code =
            assets->ops->stat(assets->self, target_tag(p, f), name, &there, &trouble);
        const bool sized = code == ERR_OK && there.size == p->files[f].size;
        if (sized) /* else it need not be read */
            code = assets_hash(assets, target_tag(p, f), name, &there, &trouble);
        *same = sized && code == ERR_OK && strcasecmp(there.sha256, p->files[f].sha256) == 0;
        if (code != ERR_OK && code != ERR_MISSING)
            return err_set(p->err, code, trouble.where, trouble.todo, "%s", trouble.what);
    }
    return ERR_OK;
}

/* Has the target's manifest this artifact, under its own address? */
static bool same_artifact(const struct promote *p) {
    const struct manifest *from = &p->from.doc.m, *to = &p->to.doc.m;
    return p->to.there && strcmp(from->version, to->version) == 0 &&
           strcmp(from->build, to->build) == 0 && from->artifact.size == to->artifact.size &&
           to->artifact.sha256 && strcasecmp(from->artifact.sha256, to->artifact.sha256) == 0 &&
           to->artifact.url && strcmp(to->artifact.url, p->url) == 0;
}

static enum err_code refuse_older(const struct promote *p) {
    const struct manifest *from = &p->from.doc.m, *to = &p->to.doc.m;
    if (!p->to.there || version_compare(to->build, from->build) <= 0)
        return ERR_OK;
    return err_set(p->err, ERR_REFUSED, p->to.names->manifest,
                   "to take it out of the feed: gonogo pull --channel stable",
                   "has %s, which is newer than %s: Sparkle never downgrades", to->version,
                   from->version);
}

static void copy_files(const struct promote *p) {
    for (int f = 0; f < LAYOUT_FILES; f++) {
        const char *name = p->flow->layout->files[f];
        plan_copy(p->plan, plan_store(p->tags[f], name), plan_store(target_tag(p, f), name),
                  p->files[f].size, p->files[f].sha256);
    }
}

/* The same artifact, and yet something is missing: its files, or its pair. */
static enum err_code repair(const struct promote *p, bool files) {
    if (!files)
        copy_files(p);
    return channel_write(p->flow, &p->to, p->to.doc.m.version, p->to.doc.bytes, p->plan, p->err);
}

static enum err_code replace(const struct promote *p) {
    const struct manifest *from = &p->from.doc.m, *to = &p->to.doc.m;
    enum err_code code = refuse_older(p);
    if (code == ERR_OK && p->to.there)
        code = point_keep(p->flow, p->to.id, &p->to.doc, NULL, p->plan, p->err);
    if (code != ERR_OK)
        return code;
    if (p->to.there && strcmp(from->version, to->version) == 0 &&
        manifest_differs(from, to) != NULL && strcmp(manifest_differs(from, to), "artifact.url"))
        plan_note(p->plan,
                  "Stable had other bytes under the same version: clients that have them are not "
                  "offered these.");
    copy_files(p);
    json_t *json = json_deep_copy(p->from.doc.json);
    channel_stamp(p->flow, json, p->url, p->notes_url);
    char *text = doc_text(json);
    code = channel_write(p->flow, &p->to, from->version, text, p->plan, p->err);
    free(text);
    json_decref(json);
    return code;
}

static enum err_code look(struct promote *p) {
    bool files = false;
    enum err_code code = channel_read(p->flow, p->from.id, &p->from, p->err);
    if (code == ERR_OK)
        code = channel_read(p->flow, p->to.id, &p->to, p->err);
    if (code == ERR_OK)
        code = look_at_source(p);
    if (code == ERR_OK)
        code = choose_addresses(p);
    if (code == ERR_OK)
        code = same_files(p, &files);
    if (code != ERR_OK)
        return code;
    const char *version = p->from.doc.m.version;
    const bool artifact = same_artifact(p);
    p->plan->version = mem_copy_text(version);
    code = artifact ? repair(p, files) : replace(p);
    if (code != ERR_OK)
        return code;
    if (p->plan->n_steps == 0) {
        p->plan->skip = mem_format("PROMOTE SKIPPED: %s has %s already, the same size and sha256, "
                                   "at %s",
                                   p->to.names->channel, version, p->url);
    } else {
        p->plan->done = mem_format("promoted %s from %s to %s, at %s", version,
                                   p->from.names->channel, p->to.names->channel, p->url);
        plan_note(p->plan, "Then: gonogo set-version %s, so that every service says it.", version);
    }
    return ERR_OK;
}

enum err_code promote_look(const struct flow *flow, void *asked, struct plan *plan,
                           struct err *err) {
    const struct promote_request *request = asked;
    struct promote p = {
        .flow = flow,
        .plan = plan,
        .err = err,
        .from.id = request->from,
        .to.id = request->to,
    };
    if (request->from != TREE_BETA || request->to != TREE_STABLE)
        return err_set(err, ERR_REFUSED, "promote", "promote --from beta --to stable",
                       "the one way to stable is from beta");
    enum err_code code = look(&p);
    for (int f = 0; f < LAYOUT_FILES; f++)
        free(p.tags[f]);
    free(p.url);
    free(p.notes_url);
    channel_fini(&p.from);
    channel_fini(&p.to);
    return code;
}
