#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/resolve.h"
#include "config/schema.h"
#include "config/shape.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/gate.h"

enum { KINDS_CAP = 64 }; /* gate kinds that can be suggested */

struct by_id {
    const char *id;
    unsigned index;
};

/* What finding sources by name needs, made once for all gates. */
struct finder {
    const struct resolve *r;
    struct by_id *sorted;
    bool *in, *out; /* per source: a pattern took it in, or out */
};

static int compare_ids(const void *a, const void *b) {
    return strcmp(((const struct by_id *)a)->id, ((const struct by_id *)b)->id);
}

static void finder_init(struct finder *f, const struct resolve *r) {
    size_t n = r->policy->n_sources;
    *f = (struct finder){.r = r,
                         .sorted = mem_zero(n, sizeof *f->sorted),
                         .in = mem_zero(n, sizeof *f->in),
                         .out = mem_zero(n, sizeof *f->out)};
    for (size_t i = 0; i < n; i++) {
        f->sorted[i] = (struct by_id){r->policy->sources[i].id, (unsigned)i};
    }
    qsort(f->sorted, n, sizeof *f->sorted, compare_ids);
}

static void finder_fini(struct finder *f) {
    free(f->sorted);
    free(f->in);
    free(f->out);
}

/* Marks what a pattern matches; returns whether there was anything. */
static bool mark(const struct finder *f, const char *pattern, bool *marks) {
    const struct policy *p = f->r->policy;
    bool any = false;
    if (strchr(pattern, '*') == NULL) {
        struct by_id key = {.id = pattern};
        const struct by_id *found = bsearch(&key, f->sorted, p->n_sources, sizeof key, compare_ids);
        if (found != NULL) {
            marks[found->index] = true;
        }
        return found != NULL;
    }
    for (size_t i = 0; i < p->n_sources; i++) {
        if (policy_match(pattern, p->sources[i].id)) {
            marks[i] = any = true;
        }
    }
    return any;
}

static enum err_code fail_pattern(const struct finder *f, const struct node *n, const char *pattern,
                                  struct err *err) {
    char shown[NODE_SHOWN_CAP], todo[256];
    const char **ids = resolve_ids(f->r);
    node_shown(pattern, shown);
    shape_suggest(pattern, ids, todo, sizeof todo);
    free(ids);
    return node_fail(n, err, todo, "%s names no source", shown);
}

static enum err_code resolve_sources(const struct finder *f, const struct node *gate,
                                     const struct raw_gate *raw, struct gate_spec *g,
                                     struct err *err) {
    size_t n_sources = f->r->policy->n_sources, n = 0;
    const struct node *list = node_get(gate, "sources"), *item = list->first;
    bool takes_in = false;
    memset(f->in, 0, n_sources * sizeof *f->in);
    memset(f->out, 0, n_sources * sizeof *f->out);
    for (size_t i = 0; i < raw->sources_count; i++, item = item->next) {
        const char *pattern = raw->sources[i];
        bool out = pattern[0] == '!';
        takes_in = takes_in || !out;
        if (!mark(f, pattern + out, out ? f->out : f->in)) {
            return fail_pattern(f, item, pattern + out, err);
        }
    }
    if (!takes_in) {
        return node_fail(list, err, "begin with what it takes in: [\"*\", …]",
                         "the list only takes sources out");
    }
    for (size_t i = 0; i < n_sources; i++) {
        n += f->in[i] && !f->out[i];
    }
    if (n == 0) {
        return node_fail(list, err, "take fewer out", "no source is left");
    }
    g->sources = mem_zero(n, sizeof *g->sources);
    for (size_t i = 0; i < n_sources; i++) {
        if (f->in[i] && !f->out[i]) {
            g->sources[g->n_sources++] = (unsigned)i;
        }
    }
    return ERR_OK;
}

static const struct gate_kind *find_kind(const struct node *gate, const char *word,
                                         struct err *err) {
    const char *names[KINDS_CAP + 1];
    char shown[NODE_SHOWN_CAP], todo[256];
    size_t n = 0;
    const struct gate_kind *kind = gate_kind_find(word);
    if (kind != NULL) {
        return kind;
    }
    for (; n < KINDS_CAP && (kind = gate_kind_at(n)) != NULL; n++) {
        names[n] = kind->name;
    }
    names[n] = NULL;
    node_shown(word, shown);
    shape_suggest(word, names, todo, sizeof todo);
    (void)node_fail(node_get(gate, "kind"), err, todo, "there is no kind of gate %s", shown);
    return NULL;
}

static bool names_gate(const struct gate_spec *g, unsigned index) {
    for (size_t i = 0; i < g->n_of; i++) {
        if (g->of[i] == index) {
            return true;
        }
    }
    return false;
}

static enum err_code add_of(const struct policy *p, struct gate_spec *g, const struct node *item,
                            const char *name, struct err *err) {
    char shown[NODE_SHOWN_CAP], todo[256];
    node_shown(name, shown);
    for (size_t i = 0; i < p->n_gates; i++) {
        if (strcmp(p->gates[i].name, name) != 0) {
            continue;
        }
        if (&p->gates[i] == g) {
            return node_fail(item, err, "name the gates that it watches", "%s is this gate itself",
                             shown);
        }
        if (!names_gate(g, (unsigned)i)) {
            g->of[g->n_of++] = (unsigned)i;
        }
        return ERR_OK;
    }
    const char **names = mem_zero(p->n_gates + 1, sizeof *names);
    for (size_t i = 0; i < p->n_gates; i++) {
        names[i] = p->gates[i].name;
    }
    shape_suggest(name, names, todo, sizeof todo);
    free(names);
    return node_fail(item, err, todo, "%s names no gate", shown);
}

/* What a soak watches: as named, or by default what says that the candidate is there and agrees. */
static enum err_code resolve_of(const struct policy *p, const struct node *gate,
                                const struct raw_gate *raw, struct gate_spec *g, struct err *err) {
    const struct node *list = node_get(gate, "of");
    g->of = mem_zero(list != NULL ? raw->of_count : p->n_gates, sizeof *g->of);
    if (list != NULL) {
        const struct node *item = list->first;
        for (size_t i = 0; i < raw->of_count; i++, item = item->next) {
            if (add_of(p, g, item, raw->of[i], err) != ERR_OK) {
                return err->code;
            }
        }
        return ERR_OK;
    }
    for (size_t i = 0; i < p->n_gates; i++) {
        const struct gate_spec *other = &p->gates[i];
        if (other->when != WHEN_AFTER && (strcmp(other->kind, "versions-agree") == 0 ||
                                          strcmp(other->kind, "feed-at-target") == 0)) {
            g->of[g->n_of++] = (unsigned)i;
        }
    }
    return ERR_OK;
}

static enum err_code resolve_gate(struct resolve *r, const struct finder *f,
                                  const struct node *gate, const struct raw_gate *raw,
                                  struct gate_spec *g, struct err *err) {
    const struct section *section = schema_option(schema_root(), "gates")->section;
    const struct gate_kind *kind = find_kind(gate, raw->kind, err);
    if (kind == NULL || shape_check_kind(gate, section, raw->kind, err) != ERR_OK) {
        return err->code;
    }
    if (kind->probe != NULL && !kind->needs_sources && node_get(gate, "sources") != NULL) {
        return node_fail(node_get(gate, "sources"), err, "take it out",
                         "a gate of kind %s looks by itself", kind->name);
    }
    if (node_get(gate, "sources") != NULL) {
        if (resolve_sources(f, gate, raw, g, err) != ERR_OK) {
            return err->code;
        }
    } else if (kind->needs_sources) {
        return node_fail(gate, err, "add sources: [\"staging/*\"]", "sources is missing");
    }
    g->within_ms = resolve_ms(raw->within, 0);
    g->phase = (enum release_phase)raw->phase;
    g->at_least_ms = resolve_ms(raw->at_least, 0);
    g->at_most_ms = resolve_ms(raw->at_most, 0);
    if (resolve_stages(gate, g, err) != ERR_OK) {
        return err->code;
    }
    g->action = mem_copy_text(raw->action);
    if (strcmp(raw->kind, "rehearsed") == 0) {
        g->within_ms = resolve_ms(raw->within, resolve_ms(SCHEMA_REHEARSED, 0));
    }
    if (strcmp(raw->kind, "tools") == 0) {
        g->max_skew_ms = resolve_ms(raw->max_skew, resolve_ms(SCHEMA_MAX_SKEW, 0));
    }
    if (strcmp(raw->kind, "window") == 0 && resolve_calendar(gate, raw, g, err) != ERR_OK) {
        return err->code;
    }
    if (strcmp(raw->kind, "soak") == 0) {
        g->for_ms = resolve_ms(raw->for_, resolve_ms(SCHEMA_SOAK_FOR, 0));
        g->max_gap_ms = resolve_ms(raw->max_gap, resolve_ms(SCHEMA_SOAK_MAX_GAP, 0));
        if (resolve_of(r->policy, gate, raw, g, err) != ERR_OK) {
            return err->code;
        }
    }
    resolve_gate_people(r, gate, raw, g);
    if (resolve_gate_levels(r, gate, raw, g, err) != ERR_OK) {
        return err->code;
    }
    return ERR_OK;
}

/* The kind's own word about the complete gate, with the gate's place. */
static enum err_code check_gate(const struct policy *p, const struct node *gate,
                                const struct gate_spec *g, struct err *err) {
    const struct gate_kind *kind = gate_kind_find(g->kind);
    char where[sizeof err->where];
    struct err own = ERR_INIT;
    node_where(gate, where, sizeof where);
    if (kind->check != NULL && kind->check(g, p, where, &own) != ERR_OK) {
        return node_fail(gate, err, own.todo, "%s", own.what);
    }
    return ERR_OK;
}

enum err_code resolve_gates(struct resolve *r, struct err *err) {
    struct policy *p = r->policy;
    size_t n = r->raw->gates_count;
    const struct node *first = node_get(r->root, "gates")->first, *node = first;
    struct finder f;
    finder_init(&f, r);
    p->gates = mem_zero(n, sizeof *p->gates);
    for (size_t i = 0; i < n; i++) { /* all names first: a soak may name a later gate */
        const struct raw_gate *raw = &r->raw->gates[i];
        p->gates[p->n_gates++] =
            (struct gate_spec){.name = mem_copy_text(raw->name),
                               .kind = mem_copy_text(raw->kind),
                               .when = (enum gate_when)raw->when,
                               .want = (enum gate_want)raw->want,
                               .on_unknown = (enum gate_on_unknown)raw->on_unknown};
    }
    for (size_t i = 0; i < n && err->code == ERR_OK; i++, node = node->next) {
        (void)resolve_gate(r, &f, node, &r->raw->gates[i], &p->gates[i], err);
    }
    node = first; /* when every pattern has found its sources: these are none of theirs */
    for (size_t i = 0; i < n && err->code == ERR_OK; i++, node = node->next) {
        if (gate_kind_find(p->gates[i].kind)->probe != NULL) {
            (void)resolve_outside(r, node, &r->raw->gates[i], &p->gates[i], err);
        }
    }
    finder_fini(&f);
    return err->code;
}

enum err_code resolve_checks(struct resolve *r, struct err *err) {
    const struct policy *p = r->policy;
    const struct node *node = node_get(r->root, "gates")->first;
    for (size_t i = 0; i < p->n_gates && err->code == ERR_OK; i++, node = node->next) {
        (void)check_gate(p, node, &p->gates[i], err);
    }
    return err->code;
}
