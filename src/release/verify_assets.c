/* The bytes that manifests and rollback points speak of: are they there, and are they those? */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/model/version.h"
#include "src/release/address.h"
#include "src/release/point.h"
#include "src/release/verify_job.h"

enum { EXTRAS_SHOWN_BYTES = 200 };

/* ---- the files of a channel --------------------------------------------------------------------- */

/* What the store says of a file that was looked for in its list; a deep look reads it. */
static enum err_code look(const struct verify *v, const struct asset_list *list, const char *tag,
                          const char *name, bool hash, struct asset *out, struct err *err) {
    const struct assets *assets = v->flow->assets;
    const struct asset *found = asset_list_find(list, name);
    if (hash)
        return assets_read(assets, tag, name, out, err);
    if (!found) /* it says why: nothing, or a link */
        return assets->ops->stat(assets->self, tag, name, out, err);
    *out = *found;
    return ERR_OK;
}

static void check_file(struct verify *v, const struct channel *c, const struct asset_list *list,
                       const char *tag, enum layout_file file) {
    const struct manifest *m = &c->doc.m;
    const char *of = v->layout->files[file];
    struct asset there;
    struct err err = ERR_INIT;
    char *name = mem_format("%s %s", c->names->channel, of);
    const bool hash = v->deep && file == LAYOUT_DMG;
    if (look(v, list, tag, of, hash, &there, &err) != ERR_OK)
        verify_say_err(v, name, &err);
    else if (there.size == 0)
        verify_say(v, VERIFY_FAIL, name, "%s/%s is empty", tag, of);
    else if (file != LAYOUT_DMG)
        verify_say(v, VERIFY_OK, name, "%lld bytes", (long long)there.size);
    else if (there.size != m->artifact.size)
        verify_say(v, VERIFY_FAIL, name, "%s/%s has %lld bytes, the manifest says %lld", tag, of,
                   (long long)there.size, (long long)m->artifact.size);
    else if (there.sha256[0] && strcasecmp(there.sha256, m->artifact.sha256) != 0)
        verify_say(v, VERIFY_FAIL, name, "%s/%s has the SHA-256 %s, the manifest says %s", tag, of,
                   there.sha256, m->artifact.sha256);
    else
        verify_say(v, VERIFY_OK, name, "%lld bytes, as the manifest says%s", (long long)there.size,
                   there.sha256[0] ? ", and its SHA-256" : "");
    free(name);
}

static bool is_ours(const struct verify *v, const char *name) {
    for (int f = 0; f < LAYOUT_FILES; f++)
        if (strcmp(v->layout->files[f], name) == 0)
            return true;
    return false;
}

static void add_extras(const struct verify *v, const struct asset_list *list, const char *tag,
                       struct buf *extras) {
    for (size_t i = 0; i < list->n && extras->len < EXTRAS_SHOWN_BYTES; i++)
        if (!is_ours(v, list->entries[i].name))
            buf_addf(extras, "%s%s/%s", extras->len ? ", " : "", tag, list->entries[i].name);
}

void verify_files(struct verify *v, const struct channel *c) {
    const struct assets *assets = v->flow->assets;
    char *name = mem_format("%s assets", c->names->channel), *before = NULL;
    struct asset_list list = {0};
    struct buf extras;
    struct err err = ERR_INIT;
    buf_init(&extras, 0);
    /* In this order each tag is listed once: image and notes share theirs. */
    static const enum layout_file order[LAYOUT_FILES] = {LAYOUT_DMG, LAYOUT_NOTES, LAYOUT_PKG};
    for (int f = 0; f < LAYOUT_FILES; f++) {
        char *tag = channel_tag(v->flow, c, order[f]);
        if (!before || strcmp(tag, before) != 0) {
            asset_list_fini(&list);
            if (assets->ops->list(assets->self, tag, &list, &err) != ERR_OK) {
                verify_say_err(v, name, &err);
                free(tag);
                goto out;
            }
            add_extras(v, &list, tag, &extras);
        }
        check_file(v, c, &list, tag, order[f]);
        free(before);
        before = tag;
    }
    if (extras.len)
        verify_say(v, VERIFY_SKIP, name, "no manifest speaks of %s", extras.data);
    else
        verify_say(v, VERIFY_OK, name, "nothing else lies beside them");
out:
    asset_list_fini(&list);
    buf_fini(&extras);
    free(before);
    free(name);
}

/* ---- versions with a tag to themselves ----------------------------------------------------------- */

enum err_code verify_versioned(struct verify *v, const struct manifest *m, const char *where,
                               size_t *hashed, struct err *err) {
    const struct manifest *now[] = {&v->stable.doc.m, &v->beta.doc.m};
    struct asset there;
    if (!address_is_versioned(m->artifact.url, m->version))
        return ERR_OK; /* a fixed tag holds another version by now, or was looked at above */
    for (size_t i = 0; i < 2; i++)
        if (now[i]->artifact.url && strcmp(now[i]->artifact.url, m->artifact.url) == 0)
            return ERR_OK;
    char *tag = address_version_tag(m->version);
    enum err_code code =
        assets_read(v->flow->assets, tag, v->layout->files[LAYOUT_DMG], &there, err);
    if (code == ERR_OK &&
        (there.size != m->artifact.size || strcasecmp(there.sha256, m->artifact.sha256) != 0))
        code = err_set(err, ERR_REFUSED, where, "mend the manifest, or bring the bytes back",
                       "%s/%s has other bytes: SHA-256 %s", tag, v->layout->files[LAYOUT_DMG],
                       there.sha256);
    *hashed += code == ERR_OK;
    free(tag);
    return code;
}

/* ---- rollback points ----------------------------------------------------------------------------- */

/* One file of a point that has its files with it. */
static enum err_code check_kept(const struct verify *v, const char *path, const char *sha256,
                                int64_t size, struct err *err) {
    struct asset there = {0};
    struct stat st;
    struct err trouble = ERR_INIT;
    int fd = tree_open_file(v->flow->tree, path, &st, &trouble);
    if (fd < 0 && trouble.code == ERR_MISSING && !sha256[0])
        return ERR_OK; /* it was not there when the point was made */
    if (fd < 0)
        return err_set(err, trouble.code, trouble.where, trouble.todo, "%s", trouble.what);
    enum err_code code = ERR_OK;
    there.size = (int64_t)st.st_size;
    if (v->deep && sha256[0])
        code = assets_hash_fd(fd, path, &there, err);
    close(fd);
    if (code == ERR_OK && size >= 0 && there.size != size)
        code = err_set(err, ERR_REFUSED, path, NULL, "has %lld bytes, its manifest says %lld",
                       (long long)there.size, (long long)size);
    if (code == ERR_OK && there.sha256[0] && strcasecmp(there.sha256, sha256) != 0)
        code = err_set(err, ERR_REFUSED, path, NULL, "has the SHA-256 %s, %s was recorded",
                       there.sha256, sha256);
    return code;
}

/* The bytes of one file of a point: with it, or under its version's own tag. */
static enum err_code check_bytes(const struct verify *v, enum tree_channel channel,
                                 const struct manifest *m, enum layout_file file,
                                 const char *sha256, struct err *err) {
    const char *name = v->layout->files[file];
    struct asset there = {0};
    enum err_code code = ERR_OK;
    if (!address_is_versioned(m->artifact.url, m->version)) {
        char *path = point_path(v->layout, channel, m->version, name);
        code = check_kept(v, path, sha256, file == LAYOUT_DMG ? m->artifact.size : -1, err);
        free(path);
    } else if (v->deep && sha256[0]) {
        char *tag = address_version_tag(m->version);
        code = assets_read(v->flow->assets, tag, name, &there, err);
        if (code == ERR_OK && strcasecmp(there.sha256, sha256) != 0)
            code =
                err_set(err, ERR_REFUSED, name, NULL,
                        "has the SHA-256 %s under %s, %s was recorded", there.sha256, tag, sha256);
        free(tag);
    }
    return code;
}

/* *without: it was made without its disk image, and says so. */
static enum err_code check_point(const struct verify *v, enum tree_channel channel,
                                 const char *version, const struct manifest *m, bool *without,
                                 struct err *err) {
    char sums[LAYOUT_FILES][HASH_HEX_CAP];
    if (strcmp(m->version, version) != 0)
        return err_set(err, ERR_PARSE, POINT_MANIFEST, NULL, "is the manifest of %s", m->version);
    enum err_code code = point_sums(v->flow, channel, version, sums, err);
    *without = !sums[LAYOUT_DMG][0] && (sums[LAYOUT_PKG][0] || sums[LAYOUT_NOTES][0]);
    for (int f = 0; code == ERR_OK && !*without && f < LAYOUT_FILES; f++)
        code = check_bytes(v, channel, m, (enum layout_file)f,
                           f == LAYOUT_DMG ? m->artifact.sha256 : sums[f], err);
    return code;
}

static void look_at_point(struct verify *v, enum tree_channel channel, const char *version) {
    struct doc doc;
    struct err err = ERR_INIT;
    bool without = false;
    char *name = mem_format("%s rollback", v->layout->channels[channel].channel);
    char *path = point_path(v->layout, channel, version, POINT_MANIFEST);
    enum err_code code = doc_read(v->flow->tree, path, &doc, &err);
    const bool is_point = code != ERR_MISSING; /* else a folder that is left of one */
    if (code == ERR_OK) {
        code = channel_check(v->flow, &doc.m, path, &err);
        if (code == ERR_OK)
            code = check_point(v, channel, version, &doc.m, &without, &err);
        doc_fini(&doc);
    }
    if (code != ERR_OK && is_point)
        verify_say_err(v, name, &err);
    else if (is_point && without)
        verify_say(v, VERIFY_SKIP, name,
                   "%s cannot be brought back: its %s was not there as it was "
                   "replaced",
                   version, v->layout->files[LAYOUT_DMG]);
    else if (is_point)
        verify_say(v, VERIFY_OK, name, "%s can be brought back%s", version,
                   v->deep ? ", its bytes are those that were kept" : "");
    free(path);
    free(name);
}

void verify_points(struct verify *v) {
    struct stat st;
    struct err ignored = ERR_INIT;
    int journal = tree_open_file(v->flow->tree, TREE_JOURNAL, &st, &ignored);
    if (journal >= 0) {
        /* What is kept in .gonogo is not read through the journal: half of a point may be there. */
        close(journal);
        verify_say(v, VERIFY_SKIP, "rollback points", "an interrupted change is finished first");
        return;
    }
    for (int c = 0; c < LAYOUT_CHANNELS; c++) {
        struct err err = ERR_INIT;
        size_t n = 0;
        char **list = point_list(v->flow, (enum tree_channel)c, &n, &err);
        if (!list)
            verify_say_err(v, "rollback points", &err);
        for (size_t i = 0; list && i < n; i++)
            look_at_point(v, (enum tree_channel)c, list[i]);
        tree_list_free(list);
    }
}
