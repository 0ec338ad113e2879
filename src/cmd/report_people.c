#include "src/cmd/report_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/roll.h"
#include "src/model/waiver.h"

enum { TIME_CAP = 32 };

/* What somebody said, ready to be shown. */
struct said {
    const char *gate, *about; /* safe: the role, or the item */
    char word[RECORD_WORD_CAP], who[4 * RECORD_NAME_CAP], at[TIME_CAP], why[4 * RECORD_TEXT_CAP];
    bool counts;
};

static void put(char *dst, size_t cap, const char *raw) {
    text_safe(dst, cap, raw, strlen(raw));
}

static void fill(struct said *out, const struct record *r) {
    out->who[0] = out->at[0] = out->why[0] = '\0';
    if (!r)
        return;
    put(out->who, sizeof out->who, r->who);
    put(out->why, sizeof out->why, r->text);
    when_rfc3339(r->at_ms, out->at, sizeof out->at);
}

static void of_role(const struct snapshot *s, size_t gate, const char *role, struct said *out) {
    char why[ROLL_WHY_CAP];
    const struct record *vote = votes_of_role(s->votes, role);
    enum roll_word word = roll_word(&s->policy->gates[gate], s, vote, why);
    *out = (struct said){.gate = s->policy->gates[gate].name, .about = role};
    fill(out, vote);
    out->counts = word != ROLL_MISSING;
    snprintf(out->word, sizeof out->word, "%s", roll_word_name(word));
    if (why[0])
        put(out->why, sizeof out->why, why);
}

static void of_item(const struct snapshot *s, size_t gate, const char *item, struct said *out) {
    const char *name = s->policy->gates[gate].name;
    const struct record *tick = votes_of_item(s->votes, name, item);
    *out = (struct said){.gate = name, .about = item};
    fill(out, tick);
    out->counts =
        tick && strcmp(tick->word, "done") == 0 && version_compare(tick->target, s->target) == 0;
    snprintf(out->word, sizeof out->word, "%s", out->counts ? "ticked" : "—");
}

/* Each thing that this gate asks of people, in the order of the configuration. */
static void each_said(const struct snapshot *s, size_t gate,
                      void (*each)(void *self, const struct said *said), void *self) {
    const struct gate_spec *spec = &s->policy->gates[gate];
    bool votes = strcmp(spec->kind, "votes") == 0;
    struct said said;
    if (!votes && !spec->people.items) {
        of_item(s, gate, "", &said);
        each(self, &said);
        return;
    }
    for (char *const *word = votes ? spec->people.roles : spec->people.items; word && *word;
         word++) {
        if (votes)
            of_role(s, gate, *word, &said);
        else
            of_item(s, gate, *word, &said);
        each(self, &said);
    }
}

static void add_row(void *self, const struct said *said) {
    paper_row(self, (const char *const[]){said->gate, said->about, said->word, said->who, said->at,
                                          said->why});
}

static void add_said(struct paper *d, const struct snapshot *s, const char *kind, const char *title,
                     const char *const titles[]) {
    bool headed = false;
    for (size_t i = 0; i < s->n_gates; i++) {
        if (strcmp(s->policy->gates[i].kind, kind) != 0)
            continue;
        if (!headed) {
            paper_heading(d, title);
            paper_table(d, titles);
        }
        headed = true;
        each_said(s, i, add_row, d);
    }
    if (headed)
        paper_table_end(d);
}

static void add_waivers(struct paper *d, const struct snapshot *s) {
    static const char *const titles[] = {"gate", "state", "waiver", NULL};
    bool headed = false;
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_view *gate = &s->gates[i];
        if (!gate->waiver[0])
            continue;
        if (!headed) {
            paper_heading(d, "Waivers");
            paper_table(d, titles);
        }
        headed = true;
        paper_row(d, (const char *const[]){s->policy->gates[i].name,
                                           gate->waived ? "⚑ waived" : "waits", gate->waiver});
    }
    if (headed)
        paper_table_end(d);
}

void report_people(struct paper *d, const struct snapshot *s) {
    static const char *const votes[] = {"gate", "role", "says", "by", "at", "why", NULL};
    static const char *const ticks[] = {"gate", "item", "state", "by", "at", "proof", NULL};
    add_said(d, s, "votes", "Roll call", votes);
    add_said(d, s, "checklist", "Checklists", ticks);
    add_waivers(d, s);
}

/* ---- JSON ---- */

static json_t *text_or_null(const char *text) {
    return *text ? json_text(text) : json_null();
}

struct listing {
    json_t *all;
    bool votes;
};

static void add_json(void *self, const struct said *said) {
    struct listing *l = self;
    json_array_append_new(l->all,
                          json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "gate",
                                    json_text(said->gate), l->votes ? "role" : "item",
                                    text_or_null(said->about), "says", json_text(said->word),
                                    "counts", said->counts, "who", text_or_null(said->who), "at",
                                    text_or_null(said->at), "why", text_or_null(said->why)));
}

static json_t *said_json(const struct snapshot *s, const char *kind) {
    struct listing l = {.all = json_array(), .votes = strcmp(kind, "votes") == 0};
    for (size_t i = 0; i < s->n_gates; i++)
        if (strcmp(s->policy->gates[i].kind, kind) == 0)
            each_said(s, i, add_json, &l);
    return l.all;
}

static json_t *waiver_json(const struct snapshot *s, size_t gate) {
    const struct record *waiver = waiver_asked(s, gate), *approval;
    json_t *approvals = json_array();
    struct said said = {.gate = s->policy->gates[gate].name};
    char until[TIME_CAP] = "", who[4 * RECORD_NAME_CAP];
    fill(&said, waiver);
    if (waiver)
        when_rfc3339(waiver->until_ms, until, sizeof until);
    for (size_t i = 0; waiver && (approval = votes_approval(s->votes, waiver, i)); i++) {
        put(who, sizeof who, approval->who);
        json_array_append_new(approvals, json_text(who));
    }
    return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "gate", json_text(said.gate), "counts",
                     s->gates[gate].waived, "who", text_or_null(said.who), "at",
                     text_or_null(said.at), "until", text_or_null(until), "why",
                     text_or_null(said.why), "approvals", approvals);
}

void report_people_json(json_t *out, const struct snapshot *s) {
    json_t *waivers = json_array();
    for (size_t i = 0; i < s->n_gates; i++)
        if (s->gates[i].waiver[0])
            json_array_append_new(waivers, waiver_json(s, i));
    json_object_set_new(out, "roll_call", said_json(s, "votes"));
    json_object_set_new(out, "checklists", said_json(s, "checklist"));
    json_object_set_new(out, "waivers", waivers);
}
