#include "src/model/feed_diff.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"

enum {
    QUOTE = 96, /* bytes of a text that a line quotes: 88 are a signature's */
    ALIKE = 64, /* items of one version that are looked through for the same url: there are two or
                   three, and a feed with thousands must not take a day */
};

const char *feed_change_name(enum feed_change_kind kind) {
    static const char *const names[] = {
        [FEED_ADDED] = "added", [FEED_REMOVED] = "removed", [FEED_CHANGED] = "changed"};
    return names[kind];
}

/* ---- which item is which ---- */

/* The items of the old feed by what tells them apart. */
struct entry {
    const struct feed_list *list;
    size_t item;
};

static const char *text_at(const struct entry *e, enum feed_list_field field) {
    return e == NULL ? NULL : feed_list_text(e->list, e->item, field);
}

static int compare_texts(const char *a, const char *b) {
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int compare_keys(const struct entry *a, const struct entry *b) {
    const char *version_a = text_at(a, LIST_VERSION);
    const char *version_b = text_at(b, LIST_VERSION);
    int order = compare_texts(version_a, version_b);
    if (order == 0)
        order = compare_texts(text_at(a, LIST_OS), text_at(b, LIST_OS));
    if (order == 0 && (version_a == NULL || *version_a == '\0'))
        order = compare_texts(text_at(a, LIST_URL), text_at(b, LIST_URL));
    return order;
}

static int compare_entries(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    int order = compare_keys(x, y);
    return order != 0 ? order : x->item < y->item ? -1 : x->item > y->item;
}

struct index {
    struct entry *entries;
    bool *used;   /* by place in `entries` */
    size_t *skip; /* by the first place of those alike: so many of them are used, from there on */
    size_t n;
};

static void index_make(struct index *index, const struct feed_list *list) {
    index->n = feed_list_items(list);
    index->entries = mem_zero(index->n + 1, sizeof *index->entries);
    index->used = mem_zero(index->n + 1, sizeof *index->used);
    index->skip = mem_zero(index->n + 1, sizeof *index->skip);
    for (size_t i = 0; i < index->n; i++)
        index->entries[i] = (struct entry){list, i};
    qsort(index->entries, index->n, sizeof *index->entries, compare_entries);
}

static void index_free(struct index *index) {
    free(index->entries);
    free(index->used);
    free(index->skip);
}

/* The old item that is this new one, taken out of the index; NULL = it is new. */
static const struct entry *index_take(struct index *index, const struct entry *wanted) {
    size_t low = 0, high = index->n, found = index->n, seen = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(&index->entries[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const char *url = text_at(wanted, LIST_URL);
    while (low + index->skip[low] < index->n && index->used[low + index->skip[low]])
        index->skip[low]++;
    for (size_t i = low + index->skip[low];
         i < index->n && seen < ALIKE && compare_keys(&index->entries[i], wanted) == 0; i++) {
        const struct entry *e = &index->entries[i];
        seen++;
        if (index->used[i])
            continue;
        bool same_url = compare_texts(text_at(e, LIST_URL), url) == 0;
        if (found == index->n || same_url)
            found = i;
        if (same_url)
            break;
    }
    if (found == index->n)
        return NULL;
    index->used[found] = true;
    return &index->entries[found];
}

/* ---- what changed ---- */

/* Either may be NULL, not both. */
static enum err_code tell(struct feed_change_sink sink, const struct entry *before,
                          const struct entry *after, struct err *err) {
    struct feed_field_change fields[LIST_FIELDS];
    struct feed_change change = {
        .kind = before == NULL  ? FEED_ADDED
                : after == NULL ? FEED_REMOVED
                                : FEED_CHANGED,
        .version = text_at(after != NULL ? after : before, LIST_VERSION),
        .old_line = before == NULL ? 0 : feed_list_line(before->list, before->item),
        .new_line = after == NULL ? 0 : feed_list_line(after->list, after->item),
        .fields = fields,
    };
    for (enum feed_list_field f = 0; f < LIST_FIELDS; f++) {
        const char *old_text = text_at(before, f), *new_text = text_at(after, f);
        bool same =
            (old_text == NULL) == (new_text == NULL) && compare_texts(old_text, new_text) == 0;
        if (!same)
            fields[change.n_fields++] = (struct feed_field_change){f, old_text, new_text};
    }
    if (change.kind == FEED_CHANGED && change.n_fields == 0)
        return ERR_OK;
    return sink.change(sink.self, &change, err);
}

enum err_code feed_diff(const struct feed_list *before, const struct feed_list *after,
                        struct feed_change_sink sink, struct err *err) {
    struct index index;
    enum err_code code = ERR_OK;
    index_make(&index, before);
    for (size_t i = 0; code == ERR_OK && i < feed_list_items(after); i++) {
        struct entry here = {after, i};
        code = tell(sink, index_take(&index, &here), &here, err);
    }
    /* In the order of the old feed, which is not that of the index. */
    bool *gone = mem_zero(index.n + 1, sizeof *gone);
    for (size_t i = 0; i < index.n; i++)
        gone[index.entries[i].item] = !index.used[i];
    for (size_t i = 0; code == ERR_OK && i < index.n; i++) {
        struct entry there = {before, i};
        if (gone[i])
            code = tell(sink, &there, NULL, err);
    }
    free(gone);
    index_free(&index);
    return code;
}

/* ---- words ---- */

static void add_quote(struct buf *out, const char *text) {
    char safe[4 * QUOTE + 1];
    size_t n = strlen(text);
    bool cut = n > QUOTE;
    text_safe(safe, sizeof safe, text, cut ? text_cut(text, n, QUOTE) : n);
    buf_addf(out, "%s%s", safe, cut ? "…" : "");
}

static void add_field_name(struct buf *out, enum feed_list_field field) {
    for (const char *c = feed_list_field_name(field); *c != '\0'; c++)
        buf_add(out, *c == '_' ? " " : c, 1);
}

/* What a field's absence means, where it means something. */
static const char *absent(enum feed_list_field field) {
    switch (field) {
    case LIST_CHANNEL:
        return "none (everybody)";
    case LIST_PHASED:
        return "none (everybody at once)";
    case LIST_ED_SIGNATURE:
        return "none (unsigned)";
    default:
        return "none";
    }
}

static void add_value(struct buf *out, enum feed_list_field field, const char *text) {
    if (text == NULL)
        buf_add_text(out, absent(field));
    else if (*text == '\0')
        buf_add_text(out, "\"\"");
    else
        add_quote(out, text);
}

static void add_head(const struct feed_change *c, struct buf *out) {
    unsigned line = c->new_line;
    buf_addf(out, "%s ", feed_change_name(c->kind));
    if (c->version == NULL || *c->version == '\0')
        buf_add_text(out, "an item without a version");
    else
        add_quote(out, c->version);
    if (line > 0)
        buf_addf(out, " (line %u)", line);
}

/* What people want to know of an item that came. */
static void add_summary(const struct feed_change *c, struct buf *out) {
    static const enum feed_list_field told[] = {LIST_CHANNEL,  LIST_OS,     LIST_LENGTH,
                                                LIST_PUB_DATE, LIST_PHASED, LIST_CRITICAL};
    const char *between = ": ";
    bool has_signature = false;
    for (size_t k = 0; k < sizeof told / sizeof told[0]; k++)
        for (size_t i = 0; i < c->n_fields; i++) {
            const struct feed_field_change *f = &c->fields[i];
            has_signature =
                has_signature || (f->field == LIST_ED_SIGNATURE && f->after && *f->after);
            if (f->field != told[k])
                continue;
            buf_add_text(out, between);
            add_field_name(out, f->field);
            buf_add_text(out, " ");
            add_value(out, f->field, f->after);
            between = ", ";
        }
    buf_addf(out, "%s%s", between, has_signature ? "signed" : "not signed");
}

void feed_change_words(const struct feed_change *change, struct buf *out) {
    if (change->kind != FEED_CHANGED) {
        add_head(change, out);
        if (change->kind == FEED_ADDED)
            add_summary(change, out);
        buf_add_text(out, "\n");
        return;
    }
    for (size_t i = 0; i < change->n_fields; i++) {
        const struct feed_field_change *f = &change->fields[i];
        add_head(change, out);
        buf_add_text(out, ": ");
        add_field_name(out, f->field);
        buf_add_text(out, ": ");
        add_value(out, f->field, f->before);
        buf_add_text(out, " -> ");
        add_value(out, f->field, f->after);
        buf_add_text(out, "\n");
    }
}
