#include "src/release/pull.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/model/version.h"
#include "src/release/address.h"
#include "src/release/channel.h"
#include "src/release/point.h"

struct pull {
    const struct flow *flow;
    const struct pull_request *request;
    struct plan *plan;
    struct err *err;
    struct channel now;
    char *version;                         /* of the point */
    struct doc point;                      /* its manifest */
    char sums[LAYOUT_FILES][HASH_HEX_CAP]; /* of its files; "" = not recorded */
};

static bool has_manifest(const struct pull *p, const char *version) {
    struct stat st;
    struct err ignored = ERR_INIT;
    char *path = point_path(p->flow->layout, p->now.id, version, POINT_MANIFEST);
    int fd = tree_open_file(p->flow->tree, path, &st, &ignored);
    free(path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool is_wanted(const struct pull *p, const char *version) {
    if (!has_manifest(p, version))
        return false;
    if (p->request->to)
        return strcmp(version, p->request->to) == 0;
    return version_compare(version, p->now.doc.m.version) < 0;
}

static enum err_code choose_point(struct pull *p) {
    size_t n = 0;
    struct buf known;
    char **list = point_list(p->flow, p->now.id, &n, p->err);
    if (!list)
        return p->err->code;
    buf_init(&known, 0);
    for (size_t i = 0; i < n; i++) {
        if (!p->version && is_wanted(p, list[i]))
            p->version = mem_copy_text(list[i]);
        if (has_manifest(p, list[i]) && known.len < 120)
            buf_addf(&known, "%s%s", known.len ? ", " : "", list[i]);
    }
    tree_list_free(list);
    enum err_code code = ERR_OK;
    if (!p->version) {
        char *todo = known.len ? mem_format("there are points of %s: --to VERSION", known.data)
                               : mem_format("a promote or publish by gonogo makes one");
        code = p->request->to
                   ? err_set(p->err, ERR_REFUSED, "--to", todo,
                             "there is no rollback point of %.64s in %s", p->request->to,
                             p->now.names->channel)
                   : err_set(p->err, ERR_REFUSED, p->now.names->channel, todo,
                             "there is no rollback point older than %s", p->now.doc.m.version);
        free(todo);
    }
    buf_fini(&known);
    return code;
}

static enum err_code read_point(struct pull *p) {
    char *path = point_path(p->flow->layout, p->now.id, p->version, POINT_MANIFEST);
    enum err_code code = doc_read(p->flow->tree, path, &p->point, p->err);
    if (code == ERR_OK)
        code = channel_check(p->flow, &p->point.m, path, p->err);
    if (code == ERR_OK && strcmp(p->point.m.version, p->version) != 0)
        code = err_set(p->err, ERR_REFUSED, path, "choose another point: --to VERSION",
                       "is the manifest of %s", p->point.m.version);
    free(path);
    if (code == ERR_OK)
        code = point_sums(p->flow, p->now.id, p->version, p->sums, p->err);
    if (code == ERR_OK) /* the manifest is the authority of its own artifact */
        snprintf(p->sums[LAYOUT_DMG], sizeof p->sums[LAYOUT_DMG], "%s", p->point.m.artifact.sha256);
    return code;
}

/* A version with a tag to itself was never replaced: its bytes must still be there. */
static enum err_code expect_in_store(const struct pull *p, const char *tag) {
    const struct flow *flow = p->flow;
    enum err_code code = ERR_OK;
    for (int f = 0; code == ERR_OK && f < LAYOUT_FILES; f++) {
        const char *name = flow->layout->files[f];
        struct asset there;
        if (!p->sums[f][0])
            continue;
        code = assets_hash(flow->assets, tag, name, &there, p->err);
        if (code == ERR_OK && strcasecmp(there.sha256, p->sums[f]) != 0)
            code = err_set(p->err, ERR_REFUSED, tag, "choose another point: --to VERSION",
                           "%s has the SHA-256 %s there, its rollback point says %s", name,
                           there.sha256, p->sums[f]);
    }
    return code;
}

static enum err_code restore_files(struct pull *p) {
    const struct layout *l = p->flow->layout;
    if (address_is_versioned(p->point.m.artifact.url, p->version)) {
        char *tag = address_version_tag(p->version);
        enum err_code code = expect_in_store(p, tag);
        free(tag);
        return code;
    }
    for (int f = 0; f < LAYOUT_FILES; f++) {
        struct stat st;
        struct err trouble = ERR_INIT;
        char *path = point_path(l, p->now.id, p->version, l->files[f]);
        int fd = tree_open_file(p->flow->tree, path, &st, &trouble);
        if (fd >= 0) {
            const char *tag = p->now.names->tags[layout_tag_of((enum layout_file)f)];
            close(fd);
            plan_copy(p->plan, plan_tree(path), plan_store(tag, l->files[f]),
                      f == LAYOUT_DMG ? p->point.m.artifact.size : (int64_t)st.st_size, p->sums[f]);
            if (!p->sums[f][0])
                plan_note(p->plan,
                          "The rollback point records no SHA-256 of %s: it is taken as it is.",
                          l->files[f]);
        } else if (trouble.code == ERR_MISSING && f != LAYOUT_DMG) {
            plan_note(p->plan, "The rollback point has no %s: the one that is there stays.",
                      l->files[f]);
        } else {
            free(path);
            return err_set(p->err, trouble.code, trouble.where,
                           "choose another point: --to VERSION", "%s", trouble.what);
        }
        free(path);
    }
    return ERR_OK;
}

static void say_what_it_means(const struct pull *p) {
    const char *out = p->now.doc.m.version, *in = p->version;
    if (version_compare(in, out) < 0) {
        plan_note(p->plan,
                  "Sparkle never downgrades: whoever has updated to %s keeps it, and what is wrong "
                  "with it is not repaired there. That takes a version higher than %s.",
                  out, out);
        plan_note(p->plan, "What must stop at once in %s: gonogo killswitch set NAME.", out);
    }
    if (p->now.id == TREE_STABLE)
        plan_note(p->plan, "Then: gonogo set-version %s, so that every service says it.", in);
}

static enum err_code look(struct pull *p) {
    enum err_code code = channel_read(p->flow, p->request->channel, &p->now, p->err);
    if (code == ERR_OK && !p->now.there)
        code = err_set(p->err, ERR_MISSING, p->now.names->manifest, "is --root the release tree?",
                       "there is no such file: nothing to pull");
    if (code == ERR_OK && p->request->to &&
        (!version_plausible(p->request->to) || !tree_name_ok(p->request->to)))
        code = err_set(p->err, ERR_REFUSED, "--to", "write it as released, for example 2.0.0.19",
                       "\"%.64s\" is no version", p->request->to);
    if (code == ERR_OK && p->request->to && strcmp(p->request->to, p->now.doc.m.version) == 0) {
        p->plan->version = mem_copy_text(p->request->to);
        p->plan->skip =
            mem_format("PULL SKIPPED: %s is at %s already", p->now.names->channel, p->request->to);
        return ERR_OK;
    }
    if (code == ERR_OK)
        code = choose_point(p);
    if (code == ERR_OK)
        code = read_point(p);
    if (code == ERR_OK)
        code = point_keep(p->flow, p->now.id, &p->now.doc, p->version, p->plan, p->err);
    if (code == ERR_OK)
        code = restore_files(p);
    if (code == ERR_OK)
        code = channel_write(p->flow, &p->now, p->version, p->point.bytes, p->plan, p->err);
    if (code != ERR_OK)
        return code;
    p->plan->version = mem_copy_text(p->version);
    p->plan->done = mem_format("%s is out of %s, %s is back", p->now.doc.m.version,
                               p->now.names->channel, p->version);
    say_what_it_means(p);
    return ERR_OK;
}

enum err_code pull_look(const struct flow *flow, void *asked, struct plan *plan, struct err *err) {
    const struct pull_request *request = asked;
    struct pull p = {.flow = flow, .request = request, .plan = plan, .err = err};
    enum err_code code = look(&p);
    free(p.version);
    doc_fini(&p.point);
    channel_fini(&p.now);
    return code;
}
