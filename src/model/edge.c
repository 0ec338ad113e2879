#include "src/model/edge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/model/pub_date.h"

enum { MADE_WITHIN_MS = 5000 }; /* dates have seconds, clocks differ by some, answers take one */

static void add_text(struct hash *hash, const char *text) {
    /* The NUL goes in too, and what is absent differs from what is empty. */
    if (text != NULL)
        hash_add(hash, text, strlen(text) + 1);
    else
        hash_add(hash, "\1", 2);
}

static void add_date(struct edge_reading *r, const char *text) {
    int64_t ms = 0;
    if (text == NULL || !pub_date_parse(text, &ms)) {
        r->dated = false;
        return;
    }
    if (ms < r->first_ms)
        r->first_ms = ms;
    if (ms > r->last_ms)
        r->last_ms = ms;
}

void edge_read_feed(struct edge_reading *reading, const struct feed_list *list) {
    const char *newest = feed_list_newest(list);
    struct hash *hash = hash_new();
    size_t n = feed_list_items(list);
    reading->is_feed = true;
    reading->dated = n > 0;
    reading->first_ms = INT64_MAX;
    reading->last_ms = INT64_MIN;
    snprintf(reading->newest, sizeof reading->newest, "%s", newest != NULL ? newest : "");
    for (size_t i = 0; i < n; i++) {
        for (enum feed_list_field f = 0; f < LIST_FIELDS; f++)
            if (f != LIST_PUB_DATE)
                add_text(hash, feed_list_text(list, i, f));
        add_date(reading, feed_list_text(list, i, LIST_PUB_DATE));
    }
    hash_hex(hash, reading->feed_sha256);
    hash_free(hash);
    if (!reading->dated)
        reading->first_ms = reading->last_ms = 0;
}

bool edge_dates_are_made(const struct edge_reading *reading, int64_t made_ms) {
    return reading->is_feed && reading->dated && reading->first_ms >= made_ms - MADE_WITHIN_MS &&
           reading->last_ms <= made_ms + MADE_WITHIN_MS;
}

char *edge_reading_write(const struct edge_reading *r) {
    json_t *out = json_object();
    json_object_set_new(out, "sha256", json_text(r->sha256));
    json_object_set_new(out, "bytes", json_integer(r->bytes));
    json_object_set_new(out, "age_s", r->age_s >= 0 ? json_integer(r->age_s) : json_null());
    json_object_set_new(out, "cache", r->cache[0] ? json_text(r->cache) : json_null());
    if (r->is_feed) {
        json_t *feed = json_object();
        json_object_set_new(feed, "sha256", json_text(r->feed_sha256));
        json_object_set_new(feed, "newest", r->newest[0] ? json_text(r->newest) : json_null());
        json_object_set_new(feed, "first_ms", r->dated ? json_integer(r->first_ms) : json_null());
        json_object_set_new(feed, "last_ms", r->dated ? json_integer(r->last_ms) : json_null());
        json_object_set_new(out, "feed", feed);
    } else {
        json_object_set_new(out, "feed", json_null());
    }
    char *text = json_dumps(out, JSON_COMPACT);
    json_decref(out);
    return text;
}

/* A text that fits; false when it is there and is none, or does not. Absent and null are "". */
static bool take_text(const json_t *from, const char *key, char *dst, size_t cap) {
    const json_t *value = json_object_get(from, key);
    const char *text = json_is_null(value) || value == NULL ? "" : json_string_value(value);
    if (text == NULL || strlen(text) >= cap)
        return false;
    memcpy(dst, text, strlen(text) + 1);
    return true;
}

static int64_t number(const json_t *from, const char *key) {
    const json_t *value = json_object_get(from, key);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : EDGE_UNKNOWN;
}

static bool take_feed(const json_t *feed, struct edge_reading *r) {
    if (json_is_null(feed))
        return true;
    r->is_feed = true;
    r->dated = json_is_integer(json_object_get(feed, "first_ms")) &&
               json_is_integer(json_object_get(feed, "last_ms"));
    r->first_ms = r->dated ? number(feed, "first_ms") : 0;
    r->last_ms = r->dated ? number(feed, "last_ms") : 0;
    return take_text(feed, "sha256", r->feed_sha256, sizeof r->feed_sha256) &&
           strlen(r->feed_sha256) == HASH_HEX_CAP - 1 &&
           take_text(feed, "newest", r->newest, sizeof r->newest);
}

bool edge_reading_read(const char *json, struct edge_reading *reading) {
    json_t *root = json != NULL ? json_loads(json, 0, NULL) : NULL;
    *reading =
        (struct edge_reading){.bytes = number(root, "bytes"), .age_s = number(root, "age_s")};
    bool good = take_text(root, "sha256", reading->sha256, sizeof reading->sha256) &&
                strlen(reading->sha256) == HASH_HEX_CAP - 1 && reading->bytes >= 0 &&
                take_text(root, "cache", reading->cache, sizeof reading->cache) &&
                json_object_get(root, "feed") != NULL &&
                take_feed(json_object_get(root, "feed"), reading);
    json_decref(root);
    return good;
}
