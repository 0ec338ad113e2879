#include "src/model/placeholder.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/url.h"

enum { URL_MOST = 2048, DIGEST_LEN = 64 };

static const struct {
    const char *name, *help;
    bool local; /* of this machine: never remembered with a run */
} rows[PLACEHOLDERS] = {
    [PLACE_TARGET] = {"target", "the version that the board is about", false},
    [PLACE_STABLE] = {"stable", "the version that the stable feed offers now", false},
    [PLACE_PREVIOUS] = {"previous", "the stable version before the target", false},
    [PLACE_PRODUCT] = {"product", "the product's name", true},
    [PLACE_ENVIRONMENT] = {"environment", "the environment that the action acts on", true},
    [PLACE_ENVIRONMENT_URL] = {"environment.url", "its url", true},
    [PLACE_STABLE_URL] = {"stable.url", "where stable serves its artifact now", false},
    [PLACE_ARTIFACT_URL] = {"artifact.url", "where the target's artifact is, as its manifest says",
                            false},
    [PLACE_ARTIFACT_SIZE] = {"artifact.size", "its size in bytes", false},
    [PLACE_ARTIFACT_SHA256] = {"artifact.sha256", "its SHA-256, in hex", false},
    [PLACE_FOLDER] = {"folder", "the folder of the configuration", true},
    [PLACE_CONFIG] = {"config", "the configuration's own path", true},
    [PLACE_GONOGO] = {"gonogo", "this gonogo's own path", true},
};

const char *placeholder_name(size_t i) {
    return i < PLACEHOLDERS ? rows[i].name : NULL;
}

const char *placeholder_help(size_t i) {
    return i < PLACEHOLDERS ? rows[i].help : NULL;
}

/* The length of the name behind the brace at `text`, when it is a placeholder; else 0. */
static size_t name_length(const char *text) {
    size_t n = text[1] >= 'a' && text[1] <= 'z'
                   ? strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789._")
                   : 0;
    return n > 0 && text[1 + n] == '}' ? n : 0;
}

/* PLACEHOLDERS when there is none of that name. */
static size_t find(const char *name, size_t n) {
    size_t i = 0;
    while (i < PLACEHOLDERS && (strlen(rows[i].name) != n || memcmp(rows[i].name, name, n) != 0))
        i++;
    return i;
}

bool placeholder_unknown(const char *text, char *dst, size_t cap) {
    for (; *text; text++) {
        if (text[0] != '{')
            continue;
        if (text[1] == '{') {
            text++;
            continue;
        }
        size_t n = name_length(text);
        if (n == 0 || find(text + 1, n) < PLACEHOLDERS)
            continue;
        snprintf(dst, cap, "%.*s", (int)n, text + 1);
        return true;
    }
    return false;
}

/* --- values --- */

static bool is_version(const char *text) {
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+_-";
    size_t n = strlen(text);
    return n > 0 && n < VERSION_CAP && text[0] >= '0' && text[0] <= '9' && strspn(text, plain) == n;
}

static bool is_url(const char *text) {
    enum url_safety safety = url_safety(text);
    if (safety != URL_HTTPS && safety != URL_HTTP_LOOPBACK)
        return false;
    size_t n = 0;
    for (; text[n]; n++)
        if ((unsigned char)text[n] <= ' ' || (unsigned char)text[n] >= 0x7f)
            return false;
    return n <= URL_MOST;
}

static bool is_size(const char *text) {
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 18 && !text[n] && text[0] != '0';
}

static bool is_digest(const char *text) {
    return strlen(text) == DIGEST_LEN && strspn(text, "0123456789abcdef") == DIGEST_LEN;
}

static bool fits(enum placeholder which, const char *text) {
    switch (which) {
    case PLACE_TARGET:
    case PLACE_STABLE:
    case PLACE_PREVIOUS:
        return is_version(text);
    case PLACE_STABLE_URL:
    case PLACE_ARTIFACT_URL:
        return is_url(text);
    case PLACE_ARTIFACT_SIZE:
        return is_size(text);
    case PLACE_ARTIFACT_SHA256:
        return is_digest(text);
    default:
        return text[0] != '\0'; /* from the configuration or this machine */
    }
}

static void miss(struct place_values *v, enum placeholder which, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void miss(struct place_values *v, enum placeholder which, const char *format, ...) {
    char line[768];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    free(v->text[which]);
    v->text[which] = NULL;
    text_safe(v->why[which], sizeof v->why[which], line, strlen(line));
}

static void set(struct place_values *v, enum placeholder which, const char *text,
                const char *otherwise) {
    if (!text || !text[0])
        miss(v, which, "%s", otherwise);
    else if (!fits(which, text))
        miss(v, which, "\"%.80s\" is nothing that a command may be given", text);
    else {
        free(v->text[which]);
        v->text[which] = mem_copy_text(text);
    }
}

static void set_local(struct place_values *v, const struct policy *policy, int environment) {
    const struct environment *e = environment >= 0 ? &policy->environments[environment] : NULL;
    set(v, PLACE_PRODUCT, policy->product, "the product has no name");
    set(v, PLACE_ENVIRONMENT, e ? e->name : NULL, "the action names no environment");
    set(v, PLACE_ENVIRONMENT_URL, e ? e->url : NULL, "the action's environment has no url");
    set(v, PLACE_FOLDER, policy->folder, "the configuration has no folder");
    set(v, PLACE_CONFIG, policy->path, "the configuration has no path");
    set(v, PLACE_GONOGO, policy->program, "gonogo does not know its own path");
}

/* What a source says now; NULL when it cannot be relied on at this moment. */
static const struct sample *reliable(const struct snapshot *s, size_t source, const char *version) {
    const struct source_view *view = &s->sources[source];
    if (view->state != SOURCE_OK || !view->good || !version[0] ||
        version_compare(view->good->version, version) != 0)
        return NULL;
    return view->good;
}

static bool is_manifest(const struct snapshot *s, size_t source) {
    return strcmp(s->policy->sources[source].kind, "manifest") == 0;
}

/* The manifests that name the target have to agree on its bytes; without one the candidate's feed is
 * asked, which knows no digest. */
static void set_artifact(struct place_values *v, const struct snapshot *s) {
    static const char none[] = "no manifest names the target";
    const struct sample *found = NULL;
    size_t by = 0;
    char size[24] = "";
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct sample *one = is_manifest(s, i) ? reliable(s, i, s->target) : NULL;
        if (one && found && (one->size != found->size || strcmp(one->sha256, found->sha256) != 0)) {
            for (enum placeholder which = PLACE_ARTIFACT_URL; which <= PLACE_ARTIFACT_SHA256;
                 which++)
                miss(v, which, "%s and %s disagree on the bytes of %s", s->policy->sources[by].id,
                     s->policy->sources[i].id, s->target);
            return;
        }
        if (one && !found) {
            found = one;
            by = i;
        }
    }
    if (!found && s->policy->target_source != SOURCE_NONE)
        found = reliable(s, (size_t)s->policy->target_source, s->target);
    if (found && found->size > 0)
        snprintf(size, sizeof size, "%" PRId64, found->size);
    set(v, PLACE_ARTIFACT_URL, found ? found->url : NULL, none);
    set(v, PLACE_ARTIFACT_SIZE, size, none);
    set(v, PLACE_ARTIFACT_SHA256, found ? found->sha256 : NULL, none);
}

static void set_previous(struct place_values *v, const struct snapshot *s) {
    bool changed = s->baseline[0] && s->stable[0] && version_compare(s->baseline, s->stable) != 0;
    set(v, PLACE_PREVIOUS, changed ? s->baseline : NULL,
        "no stable version before the present one is known");
}

void place_values_init(struct place_values *v, const struct snapshot *s, int environment) {
    int stable = s->policy->stable_source;
    const struct sample *feed =
        stable != SOURCE_NONE ? reliable(s, (size_t)stable, s->stable) : NULL;
    *v = (struct place_values){0};
    set_local(v, s->policy, environment);
    set(v, PLACE_TARGET, s->target, "the target is not known");
    set(v, PLACE_STABLE, s->stable, "the stable version is not known");
    set_previous(v, s);
    set(v, PLACE_STABLE_URL, feed ? feed->url : NULL, "the stable feed does not say it now");
    set_artifact(v, s);
}

void place_values_write(const struct place_values *v, struct buf *out) {
    const char *comma = "";
    for (size_t i = 0; i < PLACEHOLDERS; i++) {
        if (rows[i].local || !v->text[i])
            continue;
        buf_addf(out, "%s\"%s\":", comma, rows[i].name);
        json_add_text(out, v->text[i]);
        comma = ",";
    }
}

bool place_values_read(struct place_values *v, const struct policy *policy, int environment,
                       const char *json) {
    json_t *root = json_read(json, strlen(json), "run", NULL);
    *v = (struct place_values){0};
    set_local(v, policy, environment);
    for (size_t i = 0; i < PLACEHOLDERS && root; i++)
        if (!rows[i].local)
            set(v, (enum placeholder)i, json_string_value(json_object_get(root, rows[i].name)),
                "it was not known when the run began");
    bool read = json_is_object(root);
    json_decref(root);
    return read;
}

void place_values_fini(struct place_values *v) {
    for (size_t i = 0; i < PLACEHOLDERS; i++)
        free(v->text[i]);
    *v = (struct place_values){0};
}

char *placeholder_fill(const struct place_values *v, const char *text, char *dst, size_t cap) {
    struct buf out;
    buf_init(&out, 0);
    while (*text) {
        size_t n = text[0] == '{' && text[1] != '{' ? name_length(text) : 0;
        size_t which = n > 0 ? find(text + 1, n) : PLACEHOLDERS;
        if (which < PLACEHOLDERS && !v->text[which]) {
            snprintf(dst, cap, "{%s}: %s", rows[which].name, v->why[which]);
            buf_fini(&out);
            return NULL;
        }
        if (which < PLACEHOLDERS) {
            buf_add_text(&out, v->text[which]);
            text += n + 2;
        } else {
            buf_add(&out, text, 1);
            text += text[0] == '{' && text[1] == '{' ? 2 : 1;
        }
    }
    return buf_steal(&out);
}
