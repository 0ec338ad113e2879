#include "src/model/feed_list.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/model/feed.h"

/* Texts stand in one buffer, each with its NUL; places count from 1, 0 = absent. */
struct row {
    unsigned line;
    uint32_t at[LIST_FIELDS];
};

struct feed_list {
    _Atomic unsigned refs;
    struct feed_parser *parser; /* NULL = its items come from elsewhere */
    struct feed_newest newest;
    struct buf texts;
    struct row *rows;
    size_t n_rows, size;
};

#define TEXT(member) .text = offsetof(struct feed_item, member) + 1

/* The rest is made of several members. */
static const struct {
    const char *name;
    size_t text; /* where the item has it, plus one; 0 = see keep_others() */
} fields[LIST_FIELDS] = {
    [LIST_VERSION] = {"version", TEXT(version)},
    [LIST_SHORT_VERSION] = {"short_version", TEXT(short_version)},
    [LIST_TITLE] = {"title", TEXT(title)},
    [LIST_CHANNEL] = {"channel", TEXT(channel)},
    [LIST_OS] = {"os", TEXT(os)},
    [LIST_URL] = {"url", TEXT(url)},
    [LIST_LENGTH] = {"length", TEXT(length_text)},
    [LIST_TYPE] = {"type", TEXT(type)},
    [LIST_ED_SIGNATURE] = {"ed_signature", TEXT(ed_signature)},
    [LIST_DSA_SIGNATURE] = {"dsa_signature", TEXT(dsa_signature)},
    [LIST_DELTA_FROM] = {"delta_from", TEXT(delta_from)},
    [LIST_INSTALLATION_TYPE] = {"installation_type", TEXT(installation_type)},
    [LIST_PUB_DATE] = {"pub_date", TEXT(pub_date)},
    [LIST_PHASED] = {"phased_rollout_interval", TEXT(phased_text)},
    [LIST_CRITICAL] = {"critical", 0},
    [LIST_INFORMATIONAL] = {"informational", 0},
    [LIST_MINIMUM_SYSTEM] = {"minimum_system_version", TEXT(minimum_system_version)},
    [LIST_MAXIMUM_SYSTEM] = {"maximum_system_version", TEXT(maximum_system_version)},
    [LIST_MINIMUM_AUTOUPDATE] = {"minimum_autoupdate_version", TEXT(minimum_autoupdate_version)},
    [LIST_MINIMUM_UPDATE] = {"minimum_update_version", TEXT(minimum_update_version)},
    [LIST_IGNORE_SKIPPED] = {"ignore_skipped_upgrades_below_version", TEXT(ignore_skipped_below)},
    [LIST_HARDWARE] = {"hardware_requirements", TEXT(hardware)},
    [LIST_LINK] = {"link", TEXT(link)},
    [LIST_NOTES] = {"release_notes", 0},
    [LIST_FULL_NOTES] = {"full_release_notes", TEXT(full_notes_url)},
    [LIST_DELTAS] = {"deltas", 0},
};

const char *feed_list_field_name(enum feed_list_field field) {
    return fields[field].name;
}

/* ---- keeping ---- */

static const char *text_of(const struct feed_item *item, size_t at) {
    const char *text;
    memcpy(&text, (const char *)item + at - 1, sizeof text);
    return text;
}

/* A word behind the others of a part. */
static bool keep_word(struct feed_list *l, bool *first, const char *word) {
    if (word == NULL || *word == '\0')
        return true;
    bool kept = *first || buf_add_text(&l->texts, " ");
    *first = false;
    return kept && buf_add_text(&l->texts, word);
}

/* The text that began there is complete; an empty one is absent. */
static bool keep_end(struct feed_list *l, size_t begin, uint32_t *at) {
    if (l->texts.len == begin)
        return true;
    *at = (uint32_t)begin + 1;
    return buf_add(&l->texts, "", 1);
}

static bool keep_critical(struct feed_list *l, const struct feed_item *item, uint32_t *at) {
    size_t begin = l->texts.len;
    bool first = true;
    if (!item->critical)
        return true;
    return keep_word(l, &first, item->critical_version ? "below" : "for everybody") &&
           keep_word(l, &first, item->critical_version) && keep_end(l, begin, at);
}

static const char *part_word(enum feed_part_kind kind) {
    switch (kind) {
    case FEED_DELTA:
        return "from";
    case FEED_INFORMATIONAL_FOR:
        return "for";
    case FEED_INFORMATIONAL_BELOW:
        return "below";
    default:
        return NULL;
    }
}

/* All parts of one field: those of the kinds `low` to `high`. */
static bool keep_parts(struct feed_list *l, const struct feed_item *item, enum feed_part_kind low,
                       enum feed_part_kind high, uint32_t *at) {
    size_t begin = l->texts.len;
    for (size_t i = 0; i < item->n_parts; i++) {
        const struct feed_part *p = &item->parts[i];
        bool first = true;
        if (p->kind < low || p->kind > high)
            continue;
        if (l->texts.len > begin && !buf_add_text(&l->texts, ", "))
            return false;
        if (!keep_word(l, &first, part_word(p->kind)) || !keep_word(l, &first, p->detail) ||
            !keep_word(l, &first, p->text) || !keep_word(l, &first, p->length_text) ||
            !keep_word(l, &first, p->ed_signature))
            return false;
    }
    return keep_end(l, begin, at);
}

static bool keep_informational(struct feed_list *l, const struct feed_item *item, uint32_t *at) {
    bool kept = keep_parts(l, item, FEED_INFORMATIONAL_FOR, FEED_INFORMATIONAL_BELOW, at);
    if (!kept || *at != 0 || !item->informational)
        return kept;
    size_t begin = l->texts.len;
    return buf_add_text(&l->texts, "for everybody") && keep_end(l, begin, at);
}

static bool keep_item(struct feed_list *l, const struct feed_item *item, struct row *row) {
    bool kept = true;
    for (size_t f = 0; kept && f < LIST_FIELDS; f++) {
        const char *text = fields[f].text == 0 ? NULL : text_of(item, fields[f].text);
        if (text == NULL)
            continue;
        row->at[f] = (uint32_t)l->texts.len + 1;
        kept = buf_add(&l->texts, text, strlen(text) + 1);
    }
    return kept && keep_critical(l, item, &row->at[LIST_CRITICAL]) &&
           keep_informational(l, item, &row->at[LIST_INFORMATIONAL]) &&
           keep_parts(l, item, FEED_NOTES, FEED_NOTES, &row->at[LIST_NOTES]) &&
           keep_parts(l, item, FEED_DELTA, FEED_DELTA, &row->at[LIST_DELTAS]);
}

enum err_code feed_list_add(void *list, const struct feed_item *item, struct err *err) {
    struct feed_list *l = list;
    enum err_code code = feed_newest_fold(&l->newest, item, err);
    if (code != ERR_OK)
        return code;
    if (l->n_rows == l->size) {
        l->size = l->size == 0 ? 64 : 2 * l->size;
        l->rows = mem_resize(l->rows, l->size, sizeof *l->rows);
    }
    struct row *row = &l->rows[l->n_rows];
    *row = (struct row){.line = item->line};
    if (l->n_rows == FEED_LIST_ITEMS || !keep_item(l, item, row))
        return err_set(err, ERR_LIMIT, NULL, "keep fewer items in the feed",
                       "the feed is too large to be compared: %d items and %d MiB of text at most",
                       FEED_LIST_ITEMS, FEED_LIST_BYTES >> 20);
    l->n_rows++;
    return ERR_OK;
}

/* ---- the list ---- */

struct feed_list *feed_list_of_items(size_t bytes) {
    struct feed_list *l = mem_zero(1, sizeof *l);
    atomic_init(&l->refs, 1);
    buf_init(&l->texts, bytes);
    feed_newest_init(&l->newest, NULL);
    return l;
}

struct feed_list *feed_list_new(const char *where) {
    struct feed_list *l = feed_list_of_items(FEED_LIST_BYTES);
    l->parser = feed_parser_new(where, (struct feed_sink){feed_list_add, l});
    return l;
}

void feed_list_free(struct feed_list *list) {
    feed_list_drop(list);
}

static _Atomic unsigned *refs_of(const struct feed_list *list) {
    return &((struct feed_list *)(uintptr_t)list)->refs;
}

const struct feed_list *feed_list_keep(const struct feed_list *list) {
    atomic_fetch_add_explicit(refs_of(list), 1, memory_order_relaxed);
    return list;
}

void feed_list_drop(const struct feed_list *list) {
    if (list == NULL || atomic_fetch_sub_explicit(refs_of(list), 1, memory_order_acq_rel) != 1)
        return;
    struct feed_list *dead = (struct feed_list *)(uintptr_t)list;
    feed_parser_free(dead->parser);
    buf_fini(&dead->texts);
    free(dead->rows);
    free(dead);
}

enum err_code feed_list_push(struct feed_list *list, const char *bytes, size_t n, struct err *err) {
    return feed_parser_push(list->parser, bytes, n, err);
}

enum err_code feed_list_finish(struct feed_list *list, struct err *err) {
    return feed_parser_finish(list->parser, err);
}

size_t feed_list_items(const struct feed_list *list) {
    return list->n_rows;
}

unsigned feed_list_line(const struct feed_list *list, size_t item) {
    return list->rows[item].line;
}

const char *feed_list_text(const struct feed_list *list, size_t item, enum feed_list_field field) {
    uint32_t at = list->rows[item].at[field];
    return at == 0 ? NULL : list->texts.data + at - 1;
}

const char *feed_list_newest(const struct feed_list *list) {
    return list->newest.found ? list->newest.version : NULL;
}
