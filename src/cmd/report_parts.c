#include "src/cmd/report_parts.h"

#include <stdio.h>
#include <string.h>

#include "src/base/clock.h"
#include "src/base/json.h"
#include "src/base/text.h"
#include "src/engine/ledger.h"
#include "src/model/feed_words.h"

/* ---- feeds ---- */

bool report_feed_words(const struct snapshot *s, struct buf *out) {
    const struct feed_words *feeds = s->feeds;
    if (!feeds->known) {
        buf_addf(out, "The feeds cannot be compared: %s", feeds->lines[0]);
        return false;
    }
    buf_addf(out, "%s:\n", feeds->heading);
    for (size_t i = 0; i < feeds->n; i++)
        buf_addf(out, "%s\n", feeds->lines[i]);
    if (feeds->left_out > 0)
        buf_addf(out, "and %zu more lines: see gonogo feed diff\n", feeds->left_out);
    if (feeds->n == 0)
        buf_add_text(out, "no item was added, removed or changed\n");
    return true;
}

json_t *report_lines(const char *text) {
    json_t *out = json_array();
    while (*text) {
        size_t n = strcspn(text, "\n");
        json_array_append_new(out, json_stringn(text, n));
        text += n + (text[n] == '\n');
    }
    return out;
}

/* ---- the ledger ---- */

static bool is_about(const struct report_ledger *ledger, const struct record *r) {
    return r->target[0] == '\0' || ledger->target[0] == '\0' ||
           strcmp(r->target, ledger->target) == 0;
}

static bool keep(void *self, const struct record *r) {
    struct report_ledger *ledger = self;
    if (!is_about(ledger, r))
        return true;
    if (ledger->n == REPORT_RECORDS_MAX) {
        record_drop(ledger->records[0]);
        memmove(ledger->records, ledger->records + 1,
                (REPORT_RECORDS_MAX - 1) * sizeof *ledger->records);
        ledger->n--;
        ledger->left_out++;
    }
    ledger->records[ledger->n++] = record_keep(r);
    return true;
}

static void note_chain(struct report_ledger *ledger, int64_t last) {
    char left_out[96] = "";
    if (ledger->left_out > 0)
        snprintf(left_out, sizeof left_out, " The first %llu about this version are left out here.",
                 (unsigned long long)ledger->left_out);
    snprintf(ledger->note, sizeof ledger->note,
             "The chain holds up to its last entry, number %lld.%s", (long long)last, left_out);
}

void report_ledger_read(struct report_ledger *ledger, const struct snapshot *s) {
    struct err err = ERR_INIT;
    const char *path = s->policy->ledger.file;
    *ledger = (struct report_ledger){0};
    snprintf(ledger->target, sizeof ledger->target, "%s", s->target);
    struct ledger *file =
        path ? ledger_open(path, LEDGER_READ, &s->policy->ledger, clock_system(), &err) : NULL;
    if (file && ledger_each(file, 1, keep, ledger, &err) == ERR_OK)
        note_chain(ledger, ledger_last(file, &err));
    if (!path)
        snprintf(ledger->note, sizeof ledger->note, "No ledger is kept: there is no store.");
    else if (err.code == ERR_MISSING)
        snprintf(ledger->note, sizeof ledger->note, "Nothing was recorded yet.");
    else if (err.code != ERR_OK)
        err_text(&err, ledger->note, sizeof ledger->note);
    ledger_close(file);
}

void report_ledger_fini(struct report_ledger *ledger) {
    for (size_t i = 0; i < ledger->n; i++)
        record_drop(ledger->records[i]);
    ledger->n = 0;
}

json_t *report_ledger_json(const struct report_ledger *ledger) {
    json_t *entries = json_array();
    for (size_t i = 0; i < ledger->n; i++) {
        struct buf text;
        buf_init(&text, 0);
        record_write(ledger->records[i], &text);
        json_t *entry = json_loadb(text.data, text.len, 0, NULL);
        if (entry)
            json_object_set_new(entry, "hash", json_text(ledger->records[i]->hash));
        json_array_append_new(entries, entry ? entry : json_null());
        buf_fini(&text);
    }
    return entries;
}
