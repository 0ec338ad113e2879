#include "src/release/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/yaml.h"
#include "src/model/version.h"
#include "src/release/address.h"
#include "src/release/channel.h"
#include "src/release/env.h"
#include "src/release/facts.h"
#include "src/release/verify_job.h"

enum {
    BAD_MANIFESTS_SHOWN = 20, /* of versioned ones; the rest is counted */
    KEY_BYTES_MIN = 16,       /* no service hands out a shorter key */
    KEY_BYTES_MAX = 4096,
};

#define KEY_NAME "GEMINI_API_KEY"

static void add_line(struct verify *v, enum verify_verdict verdict, const char *name,
                     const char *what) {
    struct verify_report *r = v->report;
    r->checks = mem_resize(r->checks, r->n + 1, sizeof *r->checks);
    r->checks[r->n++] = (struct verify_check){
        .verdict = verdict, .name = mem_copy_text(name), .what = mem_copy_text(what)};
    r->failed += verdict == VERIFY_FAIL;
}

void verify_say(struct verify *v, enum verify_verdict verdict, const char *name, const char *format,
                ...) {
    char what[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    add_line(v, verdict, name, what);
}

void verify_say_err(struct verify *v, const char *name, const struct err *err) {
    char text[1024];
    err_text(err, text, sizeof text);
    add_line(v, VERIFY_FAIL, name, text);
}

/* ---- a channel --------------------------------------------------------------------------------- */

static void check_address(struct verify *v, const struct channel *c, const char *name) {
    const struct manifest *m = &c->doc.m;
    const char *tag = c->names->tags[0];
    struct err ignored = ERR_INIT;
    char *own =
        address_make(v->layout, tag, v->layout->files[LAYOUT_DMG], m->artifact.url, NULL, &ignored);
    if (own && strcmp(own, m->artifact.url) == 0)
        verify_say(v, VERIFY_OK, name, "%s", m->artifact.url);
    else if (address_is_versioned(m->artifact.url, m->version))
        verify_say(v, VERIFY_OK, name, "%s (the version's own tag)", m->artifact.url);
    else
        verify_say(v, VERIFY_FAIL, name, "%s is not this channel's: it has to end in /%s/%s",
                   m->artifact.url, tag, v->layout->files[LAYOUT_DMG]);
    free(own);
}

static void check_channel(struct verify *v, struct channel *c) {
    const struct manifest *m = &c->doc.m;
    struct err err = ERR_INIT;
    char *name = mem_format("%s manifest", c->names->channel);
    char *address = mem_format("%s address", c->names->channel);
    enum err_code code = channel_read(v->flow, c->id, c, &err);
    if (code == ERR_OK && c->there)
        code = channel_check(v->flow, m, c->names->manifest, &err);
    if (code != ERR_OK) {
        verify_say_err(v, name, &err);
    } else if (!c->there) {
        verify_say(v, c->id == TREE_STABLE ? VERIFY_FAIL : VERIFY_SKIP, name, "%s is not there",
                   c->names->manifest);
    } else if (strcmp(m->version, m->build) != 0 || !version_plausible(m->version)) {
        verify_say(v, VERIFY_FAIL, name, "version %s and build %s have to be one version",
                   m->version, m->build);
    } else {
        verify_say(v, VERIFY_OK, name, "%s, %lld bytes", m->version, (long long)m->artifact.size);
        check_address(v, c, address);
        verify_files(v, c);
    }
    free(name);
    free(address);
}

/* ---- manifests beside each other ---------------------------------------------------------------- */

static void check_pair(struct verify *v) {
    const char *name = "stable pair";
    struct doc pair;
    struct err err = ERR_INIT;
    if (!v->stable.there) {
        verify_say(v, VERIFY_SKIP, name, "there is no stable manifest");
        return;
    }
    char *path = doc_pair_path(v->layout->manifests, v->stable.doc.m.version, &err);
    if (!path || doc_read(v->flow->tree, path, &pair, &err) != ERR_OK) {
        verify_say_err(v, name, &err);
    } else {
        const char *differs = manifest_differs(&v->stable.doc.m, &pair.m);
        if (differs)
            verify_say(v, VERIFY_FAIL, name, "%s and %s differ in %s", v->stable.names->manifest,
                       path, differs);
        else
            verify_say(v, VERIFY_OK, name, "%s agrees", path);
        doc_fini(&pair);
    }
    free(path);
}

/* NULL when "manifest_2.0.0.18.json" is sound; else fills `err`. */
static bool versioned_is_sound(struct verify *v, const char *file, const char *version,
                               size_t *hashed, struct err *err) {
    struct doc doc;
    char *path = mem_format("%s/%s", v->layout->manifests, file);
    enum err_code code = doc_read(v->flow->tree, path, &doc, err);
    if (code == ERR_OK) {
        code = channel_check(v->flow, &doc.m, path, err);
        if (code == ERR_OK && strcmp(doc.m.version, version) != 0)
            code = err_set(err, ERR_PARSE, path, "mend the manifest", "is the manifest of %s",
                           doc.m.version);
        if (code == ERR_OK && v->deep)
            code = verify_versioned(v, &doc.m, path, hashed, err);
        doc_fini(&doc);
    }
    free(path);
    return code == ERR_OK;
}

static void check_versioned(struct verify *v) {
    static const char head[] = "manifest_", tail[] = ".json";
    const char *name = "versioned manifests";
    struct err err = ERR_INIT;
    size_t n = 0, read = 0, bad = 0, hashed = 0;
    char **list = tree_list(v->flow->tree, v->layout->manifests, &n, &err);
    if (!list) {
        verify_say_err(v, name, &err);
        return;
    }
    const char *slash = strrchr(v->beta.names->manifest, '/');
    const char *beta = slash ? slash + 1 : v->beta.names->manifest;
    for (size_t i = 0; i < n; i++) {
        const size_t length = strlen(list[i]);
        if (length <= sizeof head + sizeof tail - 2 ||
            memcmp(list[i], head, sizeof head - 1) != 0 ||
            strcmp(list[i] + length - (sizeof tail - 1), tail) != 0 || strcmp(list[i], beta) == 0)
            continue;
        char *version = mem_copy_bytes(list[i] + sizeof head - 1,
                                       length - (sizeof head - 1) - (sizeof tail - 1));
        struct err trouble = ERR_INIT;
        read++;
        if (!versioned_is_sound(v, list[i], version, &hashed, &trouble) &&
            ++bad <= BAD_MANIFESTS_SHOWN)
            verify_say_err(v, name, &trouble);
        free(version);
    }
    tree_list_free(list);
    if (bad > BAD_MANIFESTS_SHOWN)
        verify_say(v, VERIFY_FAIL, name, "and %zu more", bad - BAD_MANIFESTS_SHOWN);
    else if (bad == 0)
        verify_say(v, VERIFY_OK, name, "%zu, each the manifest of its version%s", read,
                   hashed ? ", with the bytes that its version's tag holds" : "");
}

static void check_legacy_copy(struct verify *v) {
    const char *name = "legacy copy";
    struct doc copy;
    struct err err = ERR_INIT;
    enum err_code code = doc_read(v->flow->tree, v->layout->legacy_manifest, &copy, &err);
    if (code == ERR_MISSING) {
        verify_say(v, VERIFY_OK, name, "there is none");
        return;
    }
    if (code != ERR_OK) {
        verify_say_err(v, name, &err);
        return;
    }
    const bool same = v->stable.there && copy.n == v->stable.doc.n &&
                      memcmp(copy.bytes, v->stable.doc.bytes, copy.n) == 0;
    doc_fini(&copy);
    if (same)
        verify_say(v, VERIFY_OK, name, "%s is identical", v->layout->legacy_manifest);
    else
        verify_say(v, VERIFY_FAIL, name, "%s is not identical with %s: copy it there, or remove it",
                   v->layout->legacy_manifest, v->stable.names->manifest);
}

/* ---- versions ---------------------------------------------------------------------------------- */

static void compare_version(struct verify *v, const char *name, const char *version) {
    if (!v->stable.there)
        verify_say(v, VERIFY_SKIP, name, "there is no stable manifest to agree with");
    else if (strcmp(version, v->stable.doc.m.version) == 0)
        verify_say(v, VERIFY_OK, name, "%s", version);
    else
        verify_say(v, VERIFY_FAIL, name, "\"%s\", but %s says %s: gonogo set-version %s", version,
                   v->stable.names->manifest, v->stable.doc.m.version, v->stable.doc.m.version);
}

static void check_versions(struct verify *v) {
    struct buf text;
    struct err err = ERR_INIT;
    buf_init(&text, TREE_LINE_BYTES_MAX);
    if (tree_read(v->flow->tree, v->layout->version, TREE_LINE_BYTES_MAX, &text, &err) != ERR_OK) {
        verify_say_err(v, "VERSION", &err);
    } else {
        char *line =
            mem_copy_bytes(text.data ? text.data : "", text.data ? strcspn(text.data, "\r\n") : 0);
        compare_version(v, "VERSION", line);
        free(line);
    }
    buf_fini(&text);

    static const struct {
        const char *path;
        bool optional;
    } settings[] = {{"update.default_version", false},
                    {"update.default_build", false},
                    {"release_target.version", true}};
    err_clear(&err);
    buf_init(&text, TREE_CONFIG_BYTES_MAX);
    enum err_code code =
        tree_read(v->flow->tree, v->layout->config, TREE_CONFIG_BYTES_MAX, &text, &err);
    if (code != ERR_OK)
        verify_say_err(v, "settings", &err);
    for (size_t i = 0; code == ERR_OK && i < sizeof settings / sizeof *settings; i++) {
        struct yaml_scalar scalar = {0};
        struct err trouble = ERR_INIT;
        const enum err_code found =
            yaml_find(text.data ? text.data : "", text.len, settings[i].path, v->layout->config,
                      &scalar, &trouble);
        if (found == ERR_MISSING && settings[i].optional)
            continue;
        if (found != ERR_OK)
            verify_say_err(v, settings[i].path, &trouble);
        else if (scalar.not_text)
            verify_say(v, VERIFY_FAIL, settings[i].path, "%s is a number there: write it in quotes",
                       scalar.value);
        else
            compare_version(v, settings[i].path, scalar.value);
        yaml_scalar_fini(&scalar);
    }
    buf_fini(&text);
}

/* ---- the rest ---------------------------------------------------------------------------------- */

/* Words that stand where a key should. Short ones only at the beginning: a key is random letters, and
 * may hold them by chance. */
static bool is_placeholder(const char *key) {
    static const char *const anywhere[] = {"change", "placeholder", "example", "replace", "insert",
                                           "dummy",  "<",           "${",      "{{",      "..."};
    static const char *const first[] = {"your", "todo", "xxxx", "none", "null", "fake", "secret"};
    const size_t n = strlen(key);
    for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++)
        if (strcasestr(key, anywhere[i]))
            return true;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (strncasecmp(key, first[i], strlen(first[i])) == 0)
            return true;
    return n < KEY_BYTES_MIN || strspn(key, (char[]){key[0], '\0'}) == n;
}

static void check_key(struct verify *v) {
    struct buf text;
    struct err err = ERR_INIT;
    char *key = mem_zero(1, KEY_BYTES_MAX);
    buf_init(&text, TREE_ENV_BYTES_MAX);
    if (tree_read(v->flow->tree, v->layout->env, TREE_ENV_BYTES_MAX, &text, &err) != ERR_OK)
        verify_say_err(v, KEY_NAME, &err);
    else if (!text.data || !env_get(text.data, text.len, KEY_NAME, key, KEY_BYTES_MAX) || !key[0])
        verify_say(v, VERIFY_FAIL, KEY_NAME, "%s does not set it", v->layout->env);
    else if (is_placeholder(key))
        verify_say(v, VERIFY_FAIL, KEY_NAME, "what %s sets looks like a placeholder",
                   v->layout->env);
    else
        verify_say(v, VERIFY_OK, KEY_NAME, "is set");
    mem_wipe(key, KEY_BYTES_MAX);
    if (text.data)
        mem_wipe(text.data, text.len);
    buf_fini(&text);
    free(key);
}

static void check_inbox(struct verify *v, const struct channel *c) {
    char *name = mem_format("%s inbox", c->names->channel);
    struct buf missing;
    struct err err = ERR_INIT;
    size_t there = 0;
    buf_init(&missing, 0);
    for (int f = 0; f < LAYOUT_FILES; f++) {
        struct stat st;
        struct err trouble = ERR_INIT;
        char *path = mem_format("%s/%s", c->names->inbox, v->layout->files[f]);
        int fd = tree_open_file(v->flow->tree, path, &st, &trouble);
        if (fd >= 0 && st.st_size > 0)
            there++;
        else if (fd >= 0 || trouble.code == ERR_MISSING)
            buf_addf(&missing, "%s%s %s", missing.len ? ", " : "", v->layout->files[f],
                     fd >= 0 ? "is empty" : "is missing");
        else
            err_set(&err, trouble.code, trouble.where, trouble.todo, "%s", trouble.what);
        if (fd >= 0)
            close(fd);
        free(path);
    }
    if (err.code != ERR_OK)
        verify_say_err(v, name, &err);
    else if (there == LAYOUT_FILES)
        verify_say(v, VERIFY_OK, name, "complete");
    else if (there == 0 && !strstr(missing.data, "empty"))
        verify_say(v, VERIFY_SKIP, name, "holds nothing");
    else
        verify_say(v, VERIFY_FAIL, name, "%s", missing.data);
    buf_fini(&missing);
    free(name);
}

/* The first name of the deny-list that a file mentions; what cannot be read mentions nothing (another
 * check says so). */
static const char *mentions(const struct verify *v, const char *path) {
    struct buf text;
    struct err ignored = ERR_INIT;
    const char *found = NULL;
    buf_init(&text, TREE_CONFIG_BYTES_MAX);
    if (tree_read(v->flow->tree, path, TREE_CONFIG_BYTES_MAX, &text, &ignored) == ERR_OK)
        for (const char *const *name = v->layout->legacy; text.data && *name && !found; name++)
            if (memmem(text.data, text.len, *name, strlen(*name)))
                found = *name;
    if (text.data)
        mem_wipe(text.data, text.len);
    buf_fini(&text);
    return found;
}

static void check_legacy_names(struct verify *v) {
    const char *name = "legacy names";
    if (!v->layout->legacy || !v->layout->legacy[0]) {
        verify_say(v, VERIFY_SKIP, name, "no list of them is given (--deny)");
        return;
    }
    const char *const files[] = {v->layout->config,       v->layout->env,
                                 v->layout->flags,        v->stable.names->manifest,
                                 v->beta.names->manifest, v->layout->legacy_manifest};
    bool found = false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *which = mentions(v, files[i]);
        if (which)
            verify_say(v, VERIFY_FAIL, name, "%s mentions %s", files[i], which);
        found |= which != NULL;
    }
    if (!found)
        verify_say(v, VERIFY_OK, name, "none is mentioned");
}

static void check_interrupted(struct verify *v) {
    static const char *const files[] = {TREE_JOURNAL, CHANGE_FOLDER "/draft", ASSETS_DECIDED,
                                        ASSETS_PREPARED};
    bool found = false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct stat st;
        struct err ignored = ERR_INIT;
        int fd = tree_open_file(v->flow->tree, files[i], &st, &ignored);
        if (fd < 0)
            continue;
        close(fd);
        found = true;
    }
    /* No fault of the tree: readers see the old state or the new one. */
    verify_say(v, found ? VERIFY_SKIP : VERIFY_OK, "interrupted change",
               found ? "one waits: the next command finishes or undoes it" : "there is none");
}

enum err_code verify_run(const struct flow_options *options, bool deep, struct verify_report *out,
                         struct err *err) {
    *out = (struct verify_report){0};
    struct flow *flow = flow_open(options, err);
    if (!flow)
        return err ? err->code : ERR_IO;
    const struct layout *l = &options->layout;
    struct verify v = {
        .flow = flow,
        .layout = l,
        .deep = deep,
        .report = out,
        .stable = {.id = TREE_STABLE, .names = &l->channels[TREE_STABLE]},
        .beta = {.id = TREE_BETA, .names = &l->channels[TREE_BETA]},
    };
    check_channel(&v, &v.stable);
    check_pair(&v);
    check_channel(&v, &v.beta);
    check_versioned(&v);
    verify_points(&v);
    check_versions(&v);
    check_legacy_copy(&v);
    check_legacy_names(&v);
    check_key(&v);
    check_inbox(&v, &v.beta);
    check_inbox(&v, &v.stable);
    check_interrupted(&v);
    channel_fini(&v.stable);
    channel_fini(&v.beta);
    flow_close(flow);
    return ERR_OK;
}

void verify_fini(struct verify_report *report) {
    for (size_t i = 0; i < report->n; i++) {
        free(report->checks[i].name);
        free(report->checks[i].what);
    }
    free(report->checks);
    *report = (struct verify_report){0};
}
