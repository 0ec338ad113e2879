#include "ui/rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/mem.h"
#include "src/model/version.h"

struct key {
    int64_t group; /* the environment when grouped, else 0 */
    int64_t number;
    const char *text;
    unsigned index;
    bool version; /* the text is one */
    bool turned;
};

void rows_init(struct rows *r, const struct policy *policy) {
    memset(r, 0, sizeof *r);
    r->policy = policy;
    size_t most = policy->n_sources + policy->n_environments + 1;
    r->rows = mem_zero(most, sizeof *r->rows);
    r->keys = mem_zero(most, sizeof(struct key));
    r->shut = mem_zero(policy->n_environments + 1, sizeof *r->shut);
    r->wish = true;
}

void rows_fini(struct rows *r) {
    free(r->rows);
    free(r->keys);
    free(r->shut);
}

void rows_wish(struct rows *r) {
    r->wish = true;
}

/* What matters first stands first. */
static int severity(enum source_state state) {
    static const int order[] = {
        [SOURCE_ERROR] = 0, [SOURCE_STALE] = 1,  [SOURCE_PENDING] = 2,
        [SOURCE_OK] = 3,    [SOURCE_CLOSED] = 4,
    };
    return order[state];
}

static struct key key_of(const struct rows *r, const struct snapshot *s, unsigned i) {
    const struct source_spec *spec = &r->policy->sources[i];
    const struct source_view *view = &s->sources[i];
    struct key k = {.index = i, .turned = r->turned, .text = "", .number = INT64_MAX};
    k.group = r->grouped ? spec->environment : 0;
    switch (r->sort) {
    case SORT_NONE:
        k.number = i;
        break;
    case SORT_STATE:
        k.number = severity(view->state);
        break;
    case SORT_ENVIRONMENT:
        k.number = spec->environment;
        break;
    case SORT_NAME:
        k.text = spec->name;
        break;
    case SORT_KIND:
        k.text = spec->kind;
        break;
    case SORT_VERSION:
        k.text = view->last ? view->last->version : "";
        k.version = true;
        break;
    case SORT_HTTP:
        k.number = view->last ? view->last->http : -1;
        break;
    case SORT_LATENCY:
        k.number = view->last ? view->last->latency_ms : -1;
        break;
    case SORT_AGE:
        k.number = view->good ? s->mono_ms - view->good->mono_ms : INT64_MAX;
        break;
    case SORT_TLS:
        k.number = view->last && view->last->tls_days >= 0 ? view->last->tls_days : INT32_MAX;
        break;
    }
    return k;
}

static int compare(const void *left, const void *right) {
    const struct key *a = left, *b = right;
    int order = (a->group > b->group) - (a->group < b->group);
    if (order)
        return order;
    order = (a->number > b->number) - (a->number < b->number);
    if (!order)
        order = a->version ? version_compare(a->text, b->text) : strcasecmp(a->text, b->text);
    if (order)
        return a->turned ? -order : order;
    return (a->index > b->index) - (a->index < b->index);
}

static bool passes(const struct rows *r, const struct snapshot *s, unsigned i) {
    const struct source_spec *spec = &r->policy->sources[i];
    const struct source_view *view = &s->sources[i];
    const char *const texts[] = {spec->id, spec->kind, source_state_name(view->state),
                                 view->last ? view->last->version : "",
                                 view->last ? view->last->error : ""};
    return filter_passes(r->filter, texts, sizeof texts / sizeof *texts);
}

bool rows_make(struct rows *r, const struct snapshot *s) {
    if (!r->wish && r->made_for == s->number)
        return false;
    struct key *keys = r->keys;
    size_t n = 0;
    for (unsigned i = 0; i < s->n_sources; i++)
        if (!r->filter[0] || passes(r, s, i))
            keys[n++] = key_of(r, s, i);
    if (r->sort != SORT_NONE || r->turned || r->grouped)
        qsort(keys, n, sizeof *keys, compare);
    r->n = 0;
    r->n_sources = n;
    int64_t group = -1;
    for (size_t i = 0; i < n; i++) {
        if (r->grouped && keys[i].group != group) {
            group = keys[i].group;
            r->rows[r->n++] = (struct row){(unsigned)group, true};
        }
        if (!r->grouped || !r->shut[group] || r->filter[0])
            r->rows[r->n++] = (struct row){keys[i].index, false};
    }
    r->made_for = s->number;
    r->wish = false;
    return true;
}

size_t rows_find(const struct rows *r, struct row row) {
    for (size_t i = 0; i < r->n; i++)
        if (r->rows[i].index == row.index && r->rows[i].head == row.head)
            return i;
    return 0;
}
