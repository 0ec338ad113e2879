#include "config/resolve.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/schema.h"
#include "config/shape.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"

void resolve_note(struct resolve *r, const struct node *n, const char *format, ...) {
    char where[256], path[NODE_PATH_CAP], text[256], line[768];
    va_list args;
    if (r->notes == NULL) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    node_where(n, where, sizeof where);
    node_path(n, path);
    (void)snprintf(line, sizeof line, "%s: %s%s%s", where, path, path[0] != '\0' ? ": " : "", text);
    char *safe = text_safe_copy(line, strlen(line));
    (void)(buf_add_text(r->notes, safe) && buf_add_text(r->notes, "\n"));
    free(safe);
}

char *resolve_file(const struct resolve *r, const char *name) {
    if (name[0] == '/') {
        return mem_copy_text(name);
    }
    while (strncmp(name, "./", 2) == 0) {
        name += 2;
    }
    return mem_format("%s/%s", strcmp(r->folder, "/") == 0 ? "" : r->folder, name);
}

int64_t resolve_ms(const char *text, int64_t otherwise) {
    int64_t ms;
    return text != NULL && duration_parse(text, &ms) ? ms : otherwise;
}

const char **resolve_ids(const struct resolve *r) {
    const struct policy *p = r->policy;
    const char **ids = mem_zero(p->n_sources + 1, sizeof *ids);
    for (size_t i = 0, n = 0; i < p->n_sources; i++) {
        if (!p->sources[i].of_gate) {
            ids[n++] = p->sources[i].id;
        }
    }
    return ids;
}

/* The source that a key names, or the first feed of the first environment of that role. */
static enum err_code resolve_feed(const struct resolve *r, const char *key, const char *written,
                                  enum env_role role, int *out, struct err *err) {
    const struct policy *p = r->policy;
    const struct node *n = node_get(r->root, key);
    char shown[NODE_SHOWN_CAP], todo[256];
    if (written == NULL) {
        *out = SOURCE_NONE;
        for (size_t i = 0; i < p->n_sources && *out == SOURCE_NONE; i++) {
            const struct source_spec *s = &p->sources[i];
            if (p->environments[s->environment].role == role && strcmp(s->kind, "feed") == 0) {
                *out = (int)i;
            }
        }
        return ERR_OK;
    }
    node_shown(written, shown);
    *out = policy_find_source(p, written);
    if (*out == SOURCE_NONE) {
        const char **ids = resolve_ids(r);
        shape_suggest(written, ids, todo, sizeof todo);
        free(ids);
        return node_fail(n, err, todo, "%s names no source", shown);
    }
    if (strcmp(p->sources[*out].kind, "feed") != 0) {
        return node_fail(n, err, "name a source of kind feed", "%s is of kind %s, not a feed",
                         shown, p->sources[*out].kind);
    }
    return ERR_OK;
}

/* "Nexy Desktop" → "nexy-desktop"; a name without ASCII letters gets a hash, so that two products
 * never share a store. */
static char *slug(const char *product) {
    char *out = mem_zero(strlen(product) + 1, 1);
    size_t len = 0;
    uint32_t hash = 2166136261U; /* FNV-1a */
    bool lossy = false;
    for (const char *at = product; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        hash = (hash ^ c) * 16777619U;
        lossy = lossy || c >= 0x80;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            out[len++] = (char)c;
        } else if (c >= 'A' && c <= 'Z') {
            out[len++] = (char)(c - 'A' + 'a');
        } else if (len > 0 && out[len - 1] != '-') {
            out[len++] = '-';
        }
    }
    while (len > 0 && out[len - 1] == '-') {
        len--;
    }
    out[len] = '\0';
    char *name = lossy || len == 0 ? mem_format("%s%s%08x", out, len > 0 ? "-" : "", (unsigned)hash)
                                   : mem_copy_text(out);
    free(out);
    return name;
}

static enum err_code default_store(struct resolve *r, const struct node *n, struct err *err) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool by_xdg =
        state != NULL && state[0] == '/'; /* the specification: relative ones are ignored */
    if (!by_xdg && (home == NULL || home[0] != '/')) {
        return node_fail(n, err, "write store: sqlite:PATH, or store: none",
                         "neither XDG_STATE_HOME nor HOME says where the store belongs");
    }
    char *name = slug(r->policy->product);
    r->policy->store_path = by_xdg ? mem_format("%s/gonogo/%s.db", state, name)
                                   : mem_format("%s/.local/state/gonogo/%s.db", home, name);
    free(name);
    return ERR_OK;
}

static enum err_code resolve_store(struct resolve *r, struct err *err) {
    const struct node *n = node_get(r->root, "store");
    const char *store = r->raw->store;
    char shown[NODE_SHOWN_CAP];
    if (store == NULL || strcmp(store, "sqlite") == 0) {
        return default_store(r, n != NULL ? n : r->root, err);
    }
    if (strcmp(store, "none") == 0) {
        resolve_note(r, n, "nothing is remembered: soak cannot pass");
        return ERR_OK;
    }
    if (strncmp(store, "sqlite:", 7) == 0 && store[7] != '\0' && store[strlen(store) - 1] != '/') {
        r->policy->store_path = resolve_file(r, store + 7);
        return ERR_OK;
    }
    if (strncasecmp(store, "postgres", 8) == 0) {
        /* Not shown: it may hold a password. */
        return node_fail(n, err, "write sqlite, sqlite:PATH or none",
                         "this version keeps its store in SQLite, not in PostgreSQL");
    }
    node_shown(store, shown);
    return node_fail(n, err, "write sqlite, sqlite:PATH or none", "%s is no store", shown);
}

static void note_sections(struct resolve *r) {
    for (const struct node *n = r->root->first; n != NULL; n = n->next) {
        const struct option *o = schema_option(schema_root(), n->key);
        if (o->later != NULL && r->notes != NULL) {
            resolve_note(r, n, "accepted, %s by this version", o->later);
        }
    }
}

enum err_code resolve_root(struct resolve *r, struct err *err) {
    struct policy *p = r->policy;
    const struct raw_config *raw = r->raw;
    bool automatic = raw->target == NULL || strcmp(raw->target, "auto") == 0;
    p->product = mem_copy_text(raw->product);
    p->check_interval_ms = resolve_ms(raw->check_interval, resolve_ms(SCHEMA_CHECK_INTERVAL, 0));
    p->target = automatic ? NULL : mem_copy_text(raw->target);
    if (resolve_feed(r, "target_from", raw->target_from, ROLE_CANDIDATE, &p->target_source, err) !=
            ERR_OK ||
        resolve_feed(r, "stable_from", raw->stable_from, ROLE_STABLE, &p->stable_source, err) !=
            ERR_OK ||
        resolve_store(r, err) != ERR_OK) {
        return err->code;
    }
    if (p->target_source != SOURCE_NONE && p->stable_source != SOURCE_NONE) {
        p->sources[p->target_source].compared = p->sources[p->stable_source].compared = true;
    }
    if (automatic && p->target_source == SOURCE_NONE) {
        resolve_note(r, r->root,
                     "no candidate's feed gives the target: write target: \"2.0.0.20\", or give "
                     "--target");
    }
    if (p->stable_source == SOURCE_NONE) {
        resolve_note(r, r->root,
                     "no stable feed: there is no before and after, and the verdict is HOLD");
    }
    note_sections(r);
    return ERR_OK;
}
