/* The asset store that is the releases of a GitHub repository.
 *
 * A release has no transactions, and an asset cannot be replaced, only deleted and uploaded. So that a
 * kill at any moment leaves the old file or the new one: each file is uploaded beside its place, as
 * `gonogo-new-NAME`, and verified there. `.gonogo/uploads` names what is on its way before it begins;
 * `.gonogo/uploaded`, which the tree's own change writes as one of its files, says that it is decided.
 * Behind the commit each new file takes its place: the old one is deleted, the new one renamed, two
 * requests with nothing in between. A kill there is finished by the next command; what is not decided is
 * deleted by it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/release/address.h"
#include "src/release/assets.h"
#include "src/release/github_api.h"

#define NEW_PREFIX "gonogo-new-"
#define DOWNLOAD   CHANGE_FOLDER "/download"

enum {
    TAGS_MAX = 8, /* that one command looks at: four fixed ones, and a version's */
    /* When somebody else puts a file of that name there meanwhile, or a list is behind the uploads. */
    SETTLE_TRIES = 4,
    UPLOADS_BYTES_MAX = TREE_JOURNAL_BYTES_MAX,
};

/* What is uploaded beside its place. */
struct todo {
    char *tag, *name;
    struct asset asset;
};

struct store {
    const struct tree *tree;
    const struct layout *layout;
    const struct change_hook *hook;
    struct github *github;
    struct github_release seen[TAGS_MAX]; /* as they were when last looked at */
    size_t n_seen;
    struct todo todo[CHANGE_FILES_MAX];
    size_t n_todo;
};

/* ---- what is there -------------------------------------------------------------------------------- */

static void forget_seen(struct store *s) {
    for (size_t i = 0; i < s->n_seen; i++)
        github_release_fini(&s->seen[i]);
    s->n_seen = 0;
}

static bool is_channels_tag(const struct store *s, const char *tag) {
    for (size_t c = 0; c < LAYOUT_CHANNELS; c++)
        for (size_t i = 0; i < 2; i++)
            if (strcmp(s->layout->channels[c].tags[i], tag) == 0)
                return true;
    return false;
}

/* A channel's release belongs to the repository: without it this is the wrong one, or not set up. */
static enum err_code missing_channel(const struct store *s, const char *tag, struct err *err) {
    char todo[256];
    snprintf(todo, sizeof todo,
             "correct release.repository, or make it: gh release create %s -R %s", tag,
             github_options(s->github)->repository);
    return err_set(err, ERR_REFUSED, github_options(s->github)->repository, todo,
                   "there is no release %s, which a channel has its files in", tag);
}

/* Borrowed until the next change. ERR_MISSING for a version's own tag. */
static enum err_code look(struct store *s, const char *tag, const struct github_release **out,
                          struct err *err) {
    struct err trouble = ERR_INIT;
    if (!tree_name_ok(tag))
        return err_set(err, ERR_REFUSED, "release", NULL, "is no name of a tag");
    for (size_t i = 0; i < s->n_seen; i++) {
        *out = &s->seen[i];
        if (strcmp(s->seen[i].tag, tag) == 0)
            return ERR_OK;
    }
    if (s->n_seen == TAGS_MAX)
        forget_seen(s);
    enum err_code code = github_release_get(s->github, tag, &s->seen[s->n_seen], &trouble);
    *out = &s->seen[s->n_seen];
    if (code == ERR_OK)
        s->n_seen++;
    else if (code == ERR_MISSING && is_channels_tag(s, tag))
        return missing_channel(s, tag, err);
    return code == ERR_OK ? ERR_OK
                          : err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

static char *github_where(const void *self, const char *tag, const char *name) {
    const struct store *s = self;
    return mem_format("github:%s/%s/%s", github_options(s->github)->repository, tag, name);
}

/* An asset whose upload was broken off cannot be downloaded: it is not there. */
static enum err_code find(struct store *s, const char *tag, const char *name,
                          const struct github_asset **out, struct err *err) {
    const struct github_release *release = NULL;
    enum err_code code = look(s, tag, &release, err);
    if (code != ERR_OK)
        return code;
    *out = github_asset_find(release, name);
    if (*out && (*out)->whole)
        return ERR_OK;
    char *where = github_where(s, tag, name);
    code = err_set(err, ERR_MISSING, where, NULL, "there is no such asset");
    free(where);
    return code;
}

static enum err_code github_list(void *self, const char *tag, struct asset_list *out,
                                 struct err *err) {
    const struct github_release *release = NULL;
    struct err trouble = ERR_INIT;
    *out = (struct asset_list){0};
    enum err_code code = look(self, tag, &release, &trouble);
    if (code == ERR_MISSING)
        return ERR_OK;
    if (code != ERR_OK)
        return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
    out->entries = mem_zero(release->n + 1, sizeof *out->entries);
    for (size_t i = 0; i < release->n; i++)
        if (release->assets[i].whole)
            out->entries[out->n++] = (struct asset_entry){
                .name = mem_copy_text(release->assets[i].name), .asset = release->assets[i].asset};
    asset_list_sort(out);
    return ERR_OK;
}

static enum err_code github_stat(void *self, const char *tag, const char *name, struct asset *out,
                                 struct err *err) {
    const struct github_asset *asset = NULL;
    *out = (struct asset){0};
    enum err_code code = find(self, tag, name, &asset, err);
    if (code == ERR_OK)
        *out = asset->asset;
    return code;
}

/* ---- bytes ---------------------------------------------------------------------------------------- */

static enum err_code github_hash(void *self, const char *tag, const char *name, struct asset *out,
                                 struct err *err) {
    struct store *s = self;
    const struct github_asset *asset = NULL;
    *out = (struct asset){0};
    enum err_code code = find(s, tag, name, &asset, err);
    return code == ERR_OK ? github_download(s->github, asset, NULL, out, err) : code;
}

static bool hooked(const struct store *s, const char *call) {
    int fault = s->hook ? s->hook->before(s->hook->self, call, DOWNLOAD) : 0;
    if (fault)
        errno = fault;
    return fault != 0;
}

/* A download on its way to a file without a name. */
struct nameless {
    const struct store *store;
    int fd;
};

static enum err_code write_bytes(void *self, const void *bytes, size_t n, struct err *err) {
    const struct nameless *to = self;
    for (size_t done = 0; done < n;) {
        ssize_t put =
            hooked(to->store, "write") ? -1 : write(to->fd, (const char *)bytes + done, n - done);
        if (put < 0 && errno != EINTR)
            return err_errno(err, ERR_IO, DOWNLOAD, "make room or rights, then try again",
                             "cannot be written");
        done += put > 0 ? (size_t)put : 0;
    }
    return ERR_OK;
}

/* A file without a name, on the tree's own disk. A kill before it has lost its name leaves it behind:
 * recover() takes it away. */
static int open_nameless(const struct store *s, struct err *err) {
    int dir = tree_open_folder(s->tree, CHANGE_FOLDER, true, err);
    if (dir < 0)
        return -1;
    int fd =
        hooked(s, "create")
            ? -1
            : openat(dir, "download", O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || hooked(s, "unlink") || unlinkat(dir, "download", 0) != 0) {
        err_errno(err, ERR_IO, DOWNLOAD, "make room or rights, then try again",
                  "cannot be written");
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    close(dir);
    return fd;
}

static int github_fetch(void *self, const char *tag, const char *name, struct err *err) {
    struct store *s = self;
    const struct github_asset *asset = NULL;
    struct asset got;
    if (find(s, tag, name, &asset, err) != ERR_OK)
        return -1;
    struct nameless to = {.store = s, .fd = open_nameless(s, err)};
    const struct github_sink sink = {.take = write_bytes, .self = &to};
    if (to.fd < 0 || github_download(s->github, asset, &sink, &got, err) == ERR_OK)
        return to.fd;
    close(to.fd);
    return -1;
}

static enum err_code take_piece(void *self, const void *bytes, size_t n, struct err *err) {
    return change_write(self, bytes, n, err);
}

static enum err_code github_keep(void *self, struct change *change, const char *tag,
                                 const char *name, const char *to, struct err *err) {
    struct store *s = self;
    const struct github_asset *asset = NULL;
    struct asset got;
    const struct github_sink sink = {.take = take_piece, .self = change};
    enum err_code code = find(s, tag, name, &asset, err);
    if (code == ERR_OK)
        code = change_create(change, to, err);
    if (code == ERR_OK)
        code = github_download(s->github, asset, &sink, &got, err);
    return code == ERR_OK ? change_close(change, err) : code;
}

/* ---- a change: beside its place ------------------------------------------------------------------ */

/* A little change of its own: one of our files gets this content, or (NULL) two of them go. */
static enum err_code change_own(const struct store *s, const char *path, const char *text,
                                struct err *err) {
    struct err trouble = ERR_INIT;
    struct change *change = change_begin(s->tree, s->hook, &trouble);
    enum err_code code = change ? ERR_OK : trouble.code;
    if (code == ERR_OK && text) {
        code = change_put(change, path, text, strlen(text), &trouble);
    } else if (code == ERR_OK) {
        code = change_remove(change, ASSETS_DECIDED, &trouble);
        if (code == ERR_OK)
            code = change_remove(change, ASSETS_PREPARED, &trouble);
    }
    if (code == ERR_OK)
        code = change_commit(change, &trouble);
    change_end(change);
    return code == ERR_OK ? ERR_OK
                          : err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

static enum err_code github_prepare(void *self, const struct asset_place *places, size_t n,
                                    struct err *err) {
    struct store *s = self;
    struct buf text;
    if (n == 0)
        return ERR_OK;
    buf_init(&text, UPLOADS_BYTES_MAX);
    for (size_t i = 0; i < n; i++)
        if (!tree_name_ok(places[i].tag) || !tree_name_ok(places[i].name) ||
            !buf_addf(&text, "%s/%s\n", places[i].tag, places[i].name))
            err_set(err, ERR_REFUSED, places[i].name, NULL, "is no name of an asset");
    enum err_code code =
        err && err->code != ERR_OK ? err->code : change_own(s, ASSETS_PREPARED, text.data, err);
    buf_fini(&text);
    return code;
}

/* The release to upload to: a version's own is made, a channel's has to be there. */
static enum err_code look_or_make(struct store *s, const char *tag,
                                  const struct github_release **out, struct err *err) {
    struct err trouble = ERR_INIT;
    enum err_code code = look(s, tag, out, &trouble);
    if (code == ERR_MISSING) {
        struct github_release made;
        err_clear(&trouble);
        code = github_release_make(s->github, tag, &made, &trouble);
        if (code == ERR_OK) {
            github_release_fini(&made);
            code = look(s, tag, out, &trouble);
        }
    }
    return code == ERR_OK ? ERR_OK
                          : err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

static enum err_code upload_beside(struct store *s, const struct github_release *release,
                                   const char *name, int from, const struct asset *want,
                                   struct err *err) {
    char *beside = mem_format(NEW_PREFIX "%s", name);
    const struct github_asset *left = github_asset_find(release, beside);
    enum err_code code =
        left ? github_delete(s->github, left->id, beside, err) : ERR_OK; /* nobody knows of it */
    if (code == ERR_OK)
        code = github_upload(s->github, release, beside, from, want, err);
    free(beside);
    return code;
}

static enum err_code github_put(void *self, struct change *change, const char *tag,
                                const char *name, int from, const struct asset *want, bool replace,
                                struct err *err) {
    struct store *s = self;
    const struct github_release *release = NULL;
    struct asset got;
    bool same = false;
    (void)change; /* decide() tells it */
    if (s->n_todo == CHANGE_FILES_MAX)
        return err_set(err, ERR_LIMIT, name, NULL, "more than %d files in one change",
                       CHANGE_FILES_MAX);
    char *where = github_where(s, tag, name);
    enum err_code code = assets_hash_fd(from, where, &got, err);
    if (code == ERR_OK)
        code = assets_judge(where, &got, want, err);
    if (code == ERR_OK)
        code = look_or_make(s, tag, &release, err);
    const struct github_asset *there = release ? github_asset_find(release, name) : NULL;
    if (code == ERR_OK && there && there->whole && !replace)
        code = err_set(err, ERR_REFUSED, where, "choose another version",
                       "is published already, and never replaced");
    if (code == ERR_OK && there)
        code = github_is(s->github, there, &got, &same, err);
    if (code == ERR_OK && !same) {
        code = upload_beside(s, release, name, from, &got, err);
        forget_seen(s);
        if (code == ERR_OK)
            s->todo[s->n_todo++] =
                (struct todo){.tag = mem_copy_text(tag), .name = mem_copy_text(name), .asset = got};
    }
    free(where);
    return code;
}

static void drop_todo(struct store *s) {
    for (size_t i = 0; i < s->n_todo; i++) {
        free(s->todo[i].tag);
        free(s->todo[i].name);
    }
    s->n_todo = 0;
}

static enum err_code github_decide(void *self, struct change *change, struct err *err) {
    struct store *s = self;
    struct buf text;
    if (s->n_todo == 0)
        return ERR_OK;
    buf_init(&text, UPLOADS_BYTES_MAX);
    for (size_t i = 0; i < s->n_todo; i++)
        buf_addf(&text, "%s %lld %s/%s\n", s->todo[i].asset.sha256,
                 (long long)s->todo[i].asset.size, s->todo[i].tag, s->todo[i].name);
    drop_todo(s);
    enum err_code code = change_put(change, ASSETS_DECIDED, text.data, text.len, err);
    buf_fini(&text);
    return code;
}

/* ---- into its place, or away ---------------------------------------------------------------------- */

static enum err_code lost(const struct store *s, const char *tag, const char *name,
                          struct err *err) {
    char *where = github_where(s, tag, name);
    enum err_code code = err_set(err, ERR_MISSING, where,
                                 "upload the file by hand, or remove " ASSETS_DECIDED
                                 " and publish or promote again",
                                 "what was uploaded for it is not there any more");
    free(where);
    return code;
}

/* One look, and what it asks for; ERR_BUSY or ERR_MISSING when another look may find it otherwise. */
static enum err_code settle_once(struct store *s, const char *tag, const char *name,
                                 const char *beside, const struct asset *want, struct err *err) {
    const struct github_release *release = NULL;
    bool is_new = false, is_there = false;
    forget_seen(s);
    enum err_code code = look(s, tag, &release, err);
    if (code != ERR_OK)
        return code == ERR_MISSING ? ERR_REFUSED : code; /* the release itself */
    const struct github_asset *new = github_asset_find(release, beside);
    const struct github_asset *old = github_asset_find(release, name);
    if (new)
        code = github_is(s->github, new, want, &is_new, err);
    if (code == ERR_OK && old && !is_new)
        code = github_is(s->github, old, want, &is_there, err);
    if (code == ERR_OK && !is_new && !is_there)
        code = lost(s, tag, name, err);
    if (code == ERR_OK && is_new && old)
        code = github_delete(s->github, old->id, name, err);
    if (code == ERR_OK && is_new)
        code = github_rename(s->github, new->id, name, err);
    return code;
}

/* May have been done before, in part or whole. */
static enum err_code settle(struct store *s, const char *tag, const char *name,
                            const struct asset *want, struct err *err) {
    char *beside = mem_format(NEW_PREFIX "%s", name);
    struct err trouble = ERR_INIT;
    enum err_code code = ERR_BUSY;
    for (int n = 1; (code == ERR_BUSY || code == ERR_MISSING) && n <= SETTLE_TRIES; n++) {
        if (n > 1)
            github_back_off(s->github, n - 1, trouble.what);
        err_clear(&trouble);
        code = settle_once(s, tag, name, beside, want, &trouble);
    }
    forget_seen(s);
    free(beside);
    if (code == ERR_BUSY || code == ERR_MISSING)
        code = ERR_REFUSED;
    return code == ERR_OK ? ERR_OK
                          : err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

static enum err_code take_back(struct store *s, const char *tag, const char *name,
                               struct err *err) {
    char *beside = mem_format(NEW_PREFIX "%s", name);
    const struct github_release *release = NULL;
    struct err trouble = ERR_INIT;
    forget_seen(s);
    enum err_code code = look(s, tag, &release, &trouble);
    const struct github_asset *left = code == ERR_OK ? github_asset_find(release, beside) : NULL;
    if (left)
        code = github_delete(s->github, left->id, beside, &trouble);
    forget_seen(s);
    free(beside);
    if (code == ERR_OK || code == ERR_MISSING)
        return ERR_OK;
    return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

/* One line of either list. "SHA256 SIZE TAG/NAME" where `want` is not NULL, else "TAG/NAME". */
static bool read_line(char *line, struct asset *want, char **tag, char **name) {
    if (want) {
        char *end;
        if (strspn(line, "0123456789abcdef") != HASH_HEX_CAP - 1 || line[HASH_HEX_CAP - 1] != ' ')
            return false;
        memcpy(want->sha256, line, HASH_HEX_CAP - 1);
        want->sha256[HASH_HEX_CAP - 1] = '\0';
        want->size = strtoll(line + HASH_HEX_CAP, &end, 10);
        if (*end != ' ' || want->size < 0)
            return false;
        line = end + 1;
    }
    char *slash = strchr(line, '/');
    if (!slash)
        return false;
    *slash = '\0';
    *tag = line;
    *name = slash + 1;
    return tree_name_ok(*tag) && tree_name_ok(*name);
}

/* Does what a list says; ERR_MISSING when there is none. */
static enum err_code do_list(struct store *s, const char *path, bool decided, struct err *err) {
    struct buf text;
    struct err trouble = ERR_INIT;
    buf_init(&text, UPLOADS_BYTES_MAX);
    enum err_code code = tree_read(s->tree, path, UPLOADS_BYTES_MAX, &text, &trouble);
    for (char *line = text.data, *end; code == ERR_OK && line && (end = strchr(line, '\n'));
         line = end + 1) {
        char *tag, *name;
        struct asset want;
        *end = '\0';
        if (!read_line(line, decided ? &want : NULL, &tag, &name))
            code = err_set(&trouble, ERR_PARSE, path, "look at it, then remove it",
                           "holds a line that no gonogo wrote");
        else
            code =
                decided ? settle(s, tag, name, &want, &trouble) : take_back(s, tag, name, &trouble);
    }
    buf_fini(&text);
    if (code == ERR_OK || code == ERR_MISSING)
        return code;
    if (decided && code == ERR_REFUSED) /* which says itself what to do */
        return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
    return err_set(err, code, trouble.where,
                   decided ? "mend that: the next gonogo command on this tree and this repository "
                             "finishes the change"
                           : trouble.todo,
                   decided ? "%s; the change is decided but not done" : "%s", trouble.what);
}

static bool waits(const struct store *s, const char *path) {
    struct stat st;
    struct err ignored = ERR_INIT;
    int fd = tree_open_file(s->tree, path, &st, &ignored);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void drop_download(const struct store *s) {
    struct err ignored = ERR_INIT;
    int dir = tree_open_folder(s->tree, CHANGE_FOLDER, false, &ignored);
    if (dir < 0)
        return;
    if (unlinkat(dir, "download", 0) != 0)
        errno = 0; /* it is hardly ever there */
    close(dir);
}

static enum err_code github_recover(void *self, enum change_recovery *what, struct err *err) {
    struct store *s = self;
    *what = CHANGE_WAS_CLEAN;
    drop_todo(s);
    if (waits(s, TREE_JOURNAL)) /* it may hold the decision */
        return ERR_OK;
    drop_download(s);
    enum err_code code = do_list(s, ASSETS_DECIDED, true, err);
    if (code == ERR_OK) {
        *what = CHANGE_FINISHED;
    } else if (code == ERR_MISSING) {
        code = do_list(s, ASSETS_PREPARED, false, err);
        if (code == ERR_OK)
            *what = CHANGE_UNDONE;
    }
    if (code == ERR_OK)
        return change_own(s, NULL, NULL, err);
    return code == ERR_MISSING ? ERR_OK : code;
}

/* ---- life ------------------------------------------------------------------------------------------ */

static void store_free(void *self) {
    struct store *s = self;
    drop_todo(s);
    forget_seen(s);
    github_free(s->github);
    free(s);
}

static const struct assets_ops github_ops = {
    .list = github_list,
    .stat = github_stat,
    .fetch = github_fetch,
    .hash = github_hash,
    .put = github_put,
    .keep = github_keep,
    .prepare = github_prepare,
    .decide = github_decide,
    .recover = github_recover,
    .where = github_where,
    .free = store_free,
};

struct assets assets_github(const struct tree *tree, const struct layout *layout,
                            const struct github_options *options, const struct change_hook *hook,
                            struct err *err) {
    struct github *github = github_new(options, hook, err);
    if (!github)
        return (struct assets){0};
    struct store *s = mem_zero(1, sizeof *s);
    s->tree = tree;
    s->layout = layout;
    s->hook = hook;
    s->github = github;
    return (struct assets){.ops = &github_ops, .self = s};
}
