#include "src/release/publish.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/model/version.h"
#include "src/release/address.h"
#include "src/release/channel.h"
#include "src/release/facts.h"
#include "src/release/point.h"

struct publish {
    const struct flow *flow;
    const struct publish_request *request;
    struct plan *plan;
    struct err *err;
    struct channel beta, stable;
    char version[VERSION_CAP];
    char *inbox[LAYOUT_FILES]; /* paths */
    char *tags[LAYOUT_FILES];
    struct asset files[LAYOUT_FILES]; /* of the inbox */
    bool same[LAYOUT_FILES];          /* the store has it already */
    bool replaces;                    /* the store has something else there */
    char *url, *notes_url;
};

static enum err_code look_at_inbox(struct publish *p) {
    for (int f = 0; f < LAYOUT_FILES; f++) {
        const char *name = p->flow->layout->files[f];
        struct err trouble = ERR_INIT;
        struct stat st;
        p->inbox[f] = mem_format("%s/%s", p->beta.names->inbox, name);
        int fd = tree_open_file(p->flow->tree, p->inbox[f], &st, &trouble);
        if (fd < 0 && trouble.code == ERR_MISSING)
            return err_set(p->err, ERR_REFUSED, p->inbox[f],
                           f == LAYOUT_NOTES ? "write the release notes" : "put it there",
                           "is missing: an inbox has all three files");
        if (fd < 0)
            return err_set(p->err, trouble.code, trouble.where, trouble.todo, "%s", trouble.what);
        enum err_code code = assets_hash_fd(fd, p->inbox[f], &p->files[f], p->err);
        close(fd);
        if (code != ERR_OK)
            return code;
        if (p->files[f].size == 0)
            return err_set(p->err, ERR_REFUSED, p->inbox[f], "put the whole file there",
                           "is empty");
    }
    return ERR_OK;
}

static bool beta_has_these_bytes(const struct publish *p) {
    const struct manifest *m = &p->beta.doc.m;
    return p->beta.there && m->artifact.sha256 &&
           strcasecmp(m->artifact.sha256, p->files[LAYOUT_DMG].sha256) == 0;
}

static enum err_code choose_version(struct publish *p) {
    const char *version = p->request->version;
    if (!version && beta_has_these_bytes(p))
        version = p->beta.doc.m.version; /* a version is a name for bytes */
    if (version)
        snprintf(p->version, sizeof p->version, "%s", version);
    else
        facts_version_file(p->flow->tree, p->flow->layout->version, p->version, sizeof p->version);
    if (version_plausible(p->version) && tree_name_ok(p->version))
        return ERR_OK;
    return err_set(p->err, ERR_REFUSED, version ? "--version" : p->flow->layout->version,
                   "write it as released, for example --version 2.0.0.20",
                   "\"%.64s\" is no version", p->version);
}

static void choose_tags(struct publish *p) {
    for (int f = 0; f < LAYOUT_FILES; f++)
        p->tags[f] = p->request->style == PUBLISH_VERSION
                         ? address_version_tag(p->version)
                         : mem_copy_text(p->beta.names->tags[layout_tag_of((enum layout_file)f)]);
}

static enum err_code look_at_store(struct publish *p) {
    const struct assets *assets = p->flow->assets;
    for (int f = 0; f < LAYOUT_FILES; f++) {
        const char *name = p->flow->layout->files[f];
        struct asset there;
        struct err trouble = ERR_INIT;
        enum err_code code = assets->ops->stat(assets->self, p->tags[f], name, &there, &trouble);
        if (code == ERR_MISSING)
            continue;
        const bool sized = code == ERR_OK && there.size == p->files[f].size;
        if (sized)
            code = assets_hash(assets, p->tags[f], name, &there, &trouble);
        if (code != ERR_OK)
            return err_set(p->err, code, trouble.where, trouble.todo, "%s", trouble.what);
        p->same[f] = sized && strcmp(there.sha256, p->files[f].sha256) == 0;
        p->replaces |= !p->same[f];
        if (!p->same[f] && p->request->style == PUBLISH_VERSION) {
            char *where = assets->ops->where(assets->self, p->tags[f], name);
            code = err_set(p->err, ERR_REFUSED, where,
                           "give these bytes a version of their own: --version",
                           "BLOCKED: is published already with other bytes, and a version's tag is "
                           "never overwritten");
            free(where);
            return code;
        }
    }
    return ERR_OK;
}

static enum err_code choose_addresses(struct publish *p) {
    const struct layout *l = p->flow->layout;
    const struct manifest *mine = &p->beta.doc.m, *other = &p->stable.doc.m;
    struct err ignored = ERR_INIT;
    p->url = address_make(l, p->tags[LAYOUT_DMG], l->files[LAYOUT_DMG], mine->artifact.url,
                          other->artifact.url, p->err);
    if (!p->url)
        return p->err->code;
    p->notes_url = address_make(l, p->tags[LAYOUT_NOTES], l->files[LAYOUT_NOTES], mine->notes_url,
                                other->notes_url, &ignored);
    return ERR_OK;
}

static bool same_manifest(const struct publish *p) {
    const struct manifest *m = &p->beta.doc.m;
    const char *signature = p->request->signature;
    return beta_has_these_bytes(p) && strcmp(m->version, p->version) == 0 &&
           strcmp(m->build, p->version) == 0 && m->artifact.size == p->files[LAYOUT_DMG].size &&
           m->artifact.url && strcmp(m->artifact.url, p->url) == 0 &&
           (!signature || (m->artifact.ed25519 && strcmp(m->artifact.ed25519, signature) == 0));
}

/* What does not change with a version is taken from the last one, members we do not know included. */
static char *describe(const struct publish *p) {
    const struct channel *last = p->beta.there ? &p->beta : &p->stable;
    json_t *json = last->there ? json_deep_copy(last->doc.json) : json_object();
    json_object_set_new(json, "version", json_text(p->version));
    json_object_set_new(json, "build", json_text(p->version));
    json_t *artifact = json_object_get(json, "artifact");
    if (!json_is_object(artifact)) {
        artifact = json_object();
        json_object_set_new(json, "artifact", artifact);
    }
    static const char *const defaults[][2] = {
        {"type", "dmg"}, {"arch", "universal2"}, {"min_os", "11.0"}};
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (!json_object_get(artifact, defaults[i][0]))
            json_object_set_new(artifact, defaults[i][0], json_string(defaults[i][1]));
    json_object_set_new(artifact, "size", json_integer(p->files[LAYOUT_DMG].size));
    json_object_set_new(artifact, "sha256", json_string(p->files[LAYOUT_DMG].sha256));
    const char *signature = p->request->signature;
    if (signature || !beta_has_these_bytes(p)) /* of other bytes it would be a lie */
        json_object_set_new(artifact, "ed25519", json_text(signature ? signature : ""));
    if (!beta_has_these_bytes(p))
        json_object_set_new(json, "critical", json_false());
    if (!json_object_get(json, "auto_install"))
        json_object_set_new(json, "auto_install", json_true());
    channel_stamp(p->flow, json, p->url, p->notes_url);
    char *text = doc_text(json);
    json_decref(json);
    return text;
}

static enum err_code plan_it(struct publish *p) {
    enum err_code code = ERR_OK;
    const bool manifest = same_manifest(p);
    if (p->beta.there && (p->replaces || !manifest))
        code = point_keep(p->flow, p->beta.id, &p->beta.doc, NULL, p->plan, p->err);
    for (int f = 0; code == ERR_OK && f < LAYOUT_FILES; f++) {
        if (p->same[f])
            continue;
        struct plan_step *step = plan_copy(p->plan, plan_tree(p->inbox[f]),
                                           plan_store(p->tags[f], p->flow->layout->files[f]),
                                           p->files[f].size, p->files[f].sha256);
        step->replace = p->request->style == PUBLISH_FIXED;
    }
    if (code == ERR_OK && !manifest) {
        char *text = describe(p);
        struct manifest m;
        code = manifest_read(text, strlen(text), p->beta.names->manifest, &m, p->err);
        if (code == ERR_OK) {
            code = channel_check(p->flow, &m, p->beta.names->manifest, p->err);
            manifest_fini(&m);
        }
        if (code == ERR_OK)
            code = channel_write(p->flow, &p->beta, p->version, text, p->plan, p->err);
        free(text);
    }
    return code;
}

static void say_what_to_know(const struct publish *p) {
    const struct manifest *beta = &p->beta.doc.m, *stable = &p->stable.doc.m;
    if (p->beta.there && strcmp(beta->version, p->version) == 0 && !beta_has_these_bytes(p))
        plan_note(p->plan,
                  "Beta had other bytes as %s: clients that have them are not offered "
                  "these.",
                  p->version);
    if (p->stable.there && version_compare(p->version, stable->build) <= 0)
        plan_note(p->plan, "%s is not newer than the stable %s: nobody will be offered it.",
                  p->version, stable->version);
    plan_note(p->plan, "Stable is as it was. After the test on staging: gonogo promote --from beta "
                       "--to stable.");
}

static enum err_code look(struct publish *p) {
    enum err_code code = channel_read(p->flow, TREE_BETA, &p->beta, p->err);
    if (code == ERR_OK)
        code = channel_read(p->flow, TREE_STABLE, &p->stable, p->err);
    if (code == ERR_OK)
        code = look_at_inbox(p);
    if (code == ERR_OK)
        code = choose_version(p);
    if (code != ERR_OK)
        return code;
    choose_tags(p);
    p->plan->version = mem_copy_text(p->version);
    code = look_at_store(p);
    if (code == ERR_OK)
        code = choose_addresses(p);
    if (code == ERR_OK)
        code = plan_it(p);
    if (code != ERR_OK)
        return code;
    if (p->plan->n_steps == 0) {
        p->plan->skip = mem_format("%s is already published, skip: the same size and sha256, at %s",
                                   p->version, p->url);
        return ERR_OK;
    }
    p->plan->done = mem_format("published %s to beta, at %s", p->version, p->url);
    say_what_to_know(p);
    return ERR_OK;
}

enum err_code publish_look(const struct flow *flow, void *asked, struct plan *plan,
                           struct err *err) {
    const struct publish_request *request = asked;
    struct publish p = {.flow = flow, .request = request, .plan = plan, .err = err};
    if (request->channel == TREE_STABLE)
        return err_set(err, ERR_REFUSED, "publish",
                       "publish --channel beta, test it on staging, then promote --from beta --to "
                       "stable",
                       "publishing to stable is forbidden: nothing reaches everybody untested");
    enum err_code code = look(&p);
    for (int f = 0; f < LAYOUT_FILES; f++) {
        free(p.inbox[f]);
        free(p.tags[f]);
    }
    free(p.url);
    free(p.notes_url);
    channel_fini(&p.beta);
    channel_fini(&p.stable);
    return code;
}
