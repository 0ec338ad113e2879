/* The rules over the order of the items. Memory is fixed, whatever the feed's length: items compete in
 * a few dozen tracks (os, channel, maximum system), each of which keeps three versions; a version that
 * comes twice is found by hash among the first hundred thousand. Behind these caps nothing is reported
 * that is not so; something may go unreported. */
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/lint_parts.h"

static const uint64_t fnv_start = 0xcbf29ce484222325u;

static uint64_t mix(uint64_t hash, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text) {
    /* The NUL goes in too: "a" "b" is not "ab" "". */
    return text == NULL ? mix(hash, "\1", 1) : mix(hash, text, strlen(text) + 1);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Versions that are the same to Sparkle mostly have the same hash, different ones never but by chance:
 * zeros before a number and ".0" behind the leading numbers are left out, and all from a hyphen on. */
static uint64_t mix_version(uint64_t hash, const char *v) {
    size_t run = 0, keep = 0; /* the leading numbers and periods, and what counts of them */
    for (; is_digit(v[run]) || v[run] == '.'; run++)
        if (v[run] != '.' && (v[run] != '0' || (run > 0 && is_digit(v[run - 1]))))
            keep = run + 1;
    for (size_t i = 0; i < keep; i++) {
        bool leads = v[i] == '0' && (i == 0 || v[i - 1] == '.');
        while (leads && v[i] == '0' && is_digit(v[i + 1]))
            i++;
        hash = mix(hash, v + i, 1);
    }
    size_t end = run;
    while (v[end] != '\0' && (v[end] != '-' || end == 0))
        end++;
    return mix(hash, v + run, end - run);
}

static uint64_t track_key(const struct feed_item *item) {
    const char *os = feed_item_is_for_macos(item) ? NULL : item->os;
    const char *channel =
        item->channel != NULL && feed_is_channel_name(item->channel) ? item->channel : NULL;
    return mix_text(mix_text(mix_text(fnv_start, os), channel), item->maximum_system_version);
}

/* ---- twice the same ---- */

static size_t slot_of(uint64_t hash) {
    return (size_t)(hash ^ hash >> 32) & (LINT_SEEN - 1);
}

static void check_twice(struct lint *l, const struct feed_item *item) {
    struct lint_order *o = &l->order;
    size_t at = slot_of(o->hash);
    for (; o->seen[at].hash != 0; at = (at + 1) & (LINT_SEEN - 1)) {
        if (o->seen[at].hash == o->hash) {
            lint_report(l, lint_rule_find("version-duplicate"), item, item->lines.version,
                        "line %u has an item of the same version", o->seen[at].line);
            return;
        }
    }
    if (o->n_seen == LINT_SEEN_MOST)
        return;
    o->n_seen++;
    o->seen[at] = (struct lint_seen){o->hash, item->line};
}

/* ---- tracks ---- */

static struct lint_track *track_of(struct lint_order *o, uint64_t key) {
    for (size_t i = 0; i < o->n_tracks; i++)
        if (o->tracks[i].key == key)
            return &o->tracks[i];
    if (o->n_tracks == LINT_TRACKS)
        return NULL;
    struct lint_track *track = &o->tracks[o->n_tracks++];
    *track = (struct lint_track){.key = key, .highest_ms = INT64_MIN, .latest_ms = INT64_MIN};
    return track;
}

static void keep(char dst[VERSION_CAP], const char *version) {
    memcpy(dst, version, strlen(version) + 1);
}

static void follow(struct lint *l, struct lint_track *t, const struct feed_item *item) {
    bool first = t->previous_line == 0;
    if (!first && version_compare(item->version, t->previous) > 0) {
        char above[LINT_QUOTE_CAP];
        lint_report(l, lint_rule_find("version-order"), item, item->lines.version,
                    "it is newer than %s above it (line %u)", lint_quote(above, t->previous),
                    t->previous_line);
    }
    keep(t->previous, item->version);
    t->previous_line = item->line;
    if (first || version_compare(item->version, t->highest) > 0) {
        keep(t->highest, item->version);
        t->highest_line = item->line;
        t->highest_ms = l->dated ? l->pub_date_ms : INT64_MIN;
    }
    if (l->dated && l->pub_date_ms > t->latest_ms) {
        keep(t->latest, item->version);
        t->latest_line = item->line;
        t->latest_ms = l->pub_date_ms;
    }
}

/* ---- something to fall back to ---- */

static void weigh(struct lint_order *o, const struct feed_item *item) {
    if (!feed_item_is_candidate(item, NULL))
        return;
    int order = o->has_top ? version_compare(item->version, o->top) : 1;
    if (o->has_top && order != 0)
        o->has_fallback = true;
    if (order <= 0)
        return;
    o->has_top = true;
    o->top_line = item->line;
    o->top_held_back = item->phased_interval_s > 0 && !item->critical;
    keep(o->top, item->version);
}

/* A long feed's table of versions is in no cache: the item's place in it is fetched while the rules look
 * at the item. */
void lint_order_begin(struct lint *lint, const struct feed_item *item) {
    struct lint_order *o = &lint->order;
    const char *version = item->version;
    o->counts = version != NULL && *version != '\0' && strlen(version) < VERSION_CAP &&
                item->delta_from == NULL;
    if (!o->counts)
        return;
    if (o->seen == NULL)
        o->seen = mem_zero(LINT_SEEN, sizeof *o->seen);
    o->track_key = track_key(item);
    o->hash = mix_version(mix_text(o->track_key, item->minimum_system_version), version) | 1;
    __builtin_prefetch(&o->seen[slot_of(o->hash)]);
}

void lint_order_item(struct lint *lint, const struct feed_item *item) {
    struct lint_order *o = &lint->order;
    if (!o->counts)
        return;
    struct lint_track *track = track_of(o, o->track_key);
    if (track != NULL)
        follow(lint, track, item);
    check_twice(lint, item);
    weigh(o, item);
}

void lint_order_finish(struct lint *lint) {
    const struct lint_order *o = &lint->order;
    if (lint->ended)
        return;
    for (size_t i = 0; i < o->n_tracks; i++) {
        const struct lint_track *t = &o->tracks[i];
        if (t->latest_ms == INT64_MIN || t->highest_ms == INT64_MIN ||
            version_compare(t->latest, t->highest) >= 0)
            continue;
        /* Published later, or at the same moment and written above it. */
        bool later = t->latest_ms > t->highest_ms;
        if (later || t->latest_line < t->highest_line) {
            char higher[LINT_QUOTE_CAP];
            lint_report_version(lint, lint_rule_find("version-lower"), t->latest, t->latest_line,
                                "it %s, but %s (line %u) is higher",
                                later ? "was published last" : "stands above one of the same date",
                                lint_quote(higher, t->highest), t->highest_line);
        }
    }
    if (o->has_top && o->top_held_back && !o->has_fallback)
        lint_report_version(lint, lint_rule_find("no-fallback"), o->top, o->top_line,
                            "the newest item is phased and there is no older one");
}

void lint_order_fini(struct lint_order *order) {
    free(order->seen);
}
