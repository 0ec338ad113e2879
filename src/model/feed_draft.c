#include "src/model/feed_draft.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"

enum { FIRST_SIZE = 4096 }; /* most items fit */

void draft_init(struct draft *d) {
    *d = (struct draft){.open = FIELD_NONE, .size = FIRST_SIZE};
    d->data = mem_alloc(d->size);
}

void draft_fini(struct draft *d) {
    free(d->data);
    *d = (struct draft){0};
}

void draft_clear(struct draft *d) {
    d->len = 0;
    d->open = FIELD_NONE;
    memset(d->at, 0, sizeof d->at);
    memset(d->line, 0, sizeof d->line);
    d->item = (struct feed_item){0};
}

bool draft_grow(struct draft *d, size_t n) {
    if (n > FEED_ITEM_CAP - d->len)
        return false;
    size_t size = d->size * 2;
    while (size < d->len + n)
        size *= 2;
    d->data = mem_resize(d->data, size, 1);
    d->size = size;
    return true;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool draft_close(struct draft *d, bool trim) {
    enum draft_field field = d->open;
    d->open = FIELD_NONE;
    while (trim && d->start < d->len && is_blank(d->data[d->start]))
        d->start++;
    while (trim && d->len > d->start && is_blank(d->data[d->len - 1]))
        d->len--;
    if (!draft_add(d, "", 1))
        return false;
    d->at[field] = (uint32_t)d->start + 1; /* FEED_ITEM_CAP at most */
    return true;
}

struct draft_part *draft_part(struct draft *d, enum feed_part_kind kind, unsigned line) {
    if (d->item.n_parts == FEED_PARTS_CAP) {
        d->item.parts_lost++;
        return NULL;
    }
    struct draft_part *part = &d->parts[d->item.n_parts++];
    *part = (struct draft_part){.kind = kind, .line = line};
    return part;
}

bool draft_part_close(struct draft *d, enum draft_part_text text, bool trim) {
    if (!draft_close(d, trim))
        return false;
    struct draft_part *part = &d->parts[d->item.n_parts - 1];
    part->at[text] = d->at[FIELD_PART];
    if (part->kind == FEED_NOTES && text == PART_TEXT && !draft_has(d, FIELD_NOTES))
        d->at[FIELD_NOTES] = part->at[text];
    return true;
}

static const char *first_of(const struct draft *d, enum draft_field a, enum draft_field b) {
    return draft_text(d, draft_has(d, a) ? a : b);
}

int64_t feed_length(const char *text) {
    int64_t value = 0;
    if (text == NULL || *text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        int digit = *text - '0';
        if (digit < 0 || digit > 9 || value > (INT64_MAX - digit) / 10)
            return -1;
        value = value * 10 + digit;
    }
    return value;
}

/* Sparkle reads the number that the text begins with; no number is 0. */
static int64_t parse_interval(const char *text) {
    if (text == NULL)
        return -1;
    text += strspn(text, " \t\r\n");
    if (*text == '+')
        text++;
    int64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value > (INT64_MAX - 9) / 10 ? INT64_MAX : value * 10 + (*text - '0');
    return value;
}

static const char *part_text(const struct draft *d, size_t at) {
    return at == 0 ? NULL : d->data + at - 1;
}

static void hand_out_parts(struct draft *d) {
    for (size_t i = 0; i < d->item.n_parts; i++) {
        const struct draft_part *p = &d->parts[i];
        d->handed_out[i] = (struct feed_part){
            .kind = p->kind,
            .line = p->line,
            .text = p->name != NULL ? p->name : part_text(d, p->at[PART_TEXT]),
            .detail = part_text(d, p->at[PART_DETAIL]),
            .length_text = part_text(d, p->at[PART_LENGTH]),
            .ed_signature = part_text(d, p->at[PART_ED_SIGNATURE]),
        };
    }
    d->item.parts = d->handed_out;
}

const struct feed_item *draft_item(struct draft *d) {
    struct feed_item *i = &d->item;
    i->title = draft_text(d, FIELD_TITLE);
    i->version = first_of(d, FIELD_ENCLOSURE_VERSION, FIELD_VERSION);
    i->short_version = first_of(d, FIELD_ENCLOSURE_SHORT_VERSION, FIELD_SHORT_VERSION);
    i->channel = draft_text(d, FIELD_CHANNEL);
    i->os = draft_text(d, FIELD_OS);
    i->url = draft_text(d, FIELD_URL);
    i->length_text = draft_text(d, FIELD_LENGTH);
    i->length = feed_length(i->length_text);
    i->type = draft_text(d, FIELD_TYPE);
    i->ed_signature = draft_text(d, FIELD_ED_SIGNATURE);
    i->dsa_signature = draft_text(d, FIELD_DSA_SIGNATURE);
    i->delta_from = draft_text(d, FIELD_DELTA_FROM);
    i->installation_type = draft_text(d, FIELD_INSTALLATION_TYPE);
    i->pub_date = draft_text(d, FIELD_PUB_DATE);
    i->phased_text = draft_text(d, FIELD_PHASED);
    i->phased_interval_s = parse_interval(i->phased_text);
    i->critical_version = draft_text(d, FIELD_CRITICAL_VERSION);
    i->minimum_system_version = first_of(d, FIELD_MINIMUM_SYSTEM, FIELD_ENCLOSURE_MINIMUM_SYSTEM);
    i->maximum_system_version = draft_text(d, FIELD_MAXIMUM_SYSTEM);
    i->minimum_autoupdate_version = draft_text(d, FIELD_MINIMUM_AUTOUPDATE);
    i->ignore_skipped_below = draft_text(d, FIELD_IGNORE_SKIPPED);
    i->link = draft_text(d, FIELD_LINK);
    i->notes_url = draft_text(d, FIELD_NOTES);
    i->full_notes_url = draft_text(d, FIELD_FULL_NOTES);
    i->minimum_update_version = draft_text(d, FIELD_MINIMUM_UPDATE);
    i->hardware = draft_text(d, FIELD_HARDWARE);
    i->minimum_system_misplaced =
        !draft_has(d, FIELD_MINIMUM_SYSTEM) && draft_has(d, FIELD_ENCLOSURE_MINIMUM_SYSTEM);
    i->lines = (struct feed_lines){
        .version =
            draft_has(d, FIELD_ENCLOSURE_VERSION) ? d->line[FIELD_URL] : d->line[FIELD_VERSION],
        .channel = d->line[FIELD_CHANNEL],
        .pub_date = d->line[FIELD_PUB_DATE],
        .phased = d->line[FIELD_PHASED],
        .enclosure = d->line[FIELD_URL],
        .link = d->line[FIELD_LINK],
    };
    hand_out_parts(d);
    return i;
}
