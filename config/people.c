/* The sections `people`, `waivers` and `ledger`, and what gates ask of people. */
#include <stdlib.h>
#include <string.h>

#include "config/resolve.h"
#include "config/schema_rows.h"
#include "config/secret.h"
#include "src/base/ed25519.h"
#include "src/base/mem.h"

enum {
    KEYS_MAX = 32, /* that one ledger was ever signed with */
    APPROVALS = 1, /* of a waiver, when nothing is written: never the requester alone */
};
#define WAIVER_LONGEST "7d"

static const struct option person_rows[] = {
    {.key = "name",
     .type = OPTION_NAME,
     .flags = OPTION_REQUIRED,
     AT(raw_person, name),
     .help = "who; what --as takes",
     .example = "ops-lead"},
    {.key = "roles",
     .type = OPTION_LIST,
     .item = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     LIST_AT(raw_person, roles),
     .min = 1,
     .max = LIST_MAX,
     .help = "what they speak for",
     .example = "[ops]"},
    {.key = "user",
     .type = OPTION_TEXT,
     AT(raw_person, user),
     .help = "the OS user who alone may speak as them, and does so without --as",
     .example = "ada"},
};
const struct section schema_people =
    SECTION("people[]", person_rows, sizeof(struct raw_person),
            "who may vote, tick and waive; without it everybody may");

static const struct option waiver_rows[] = {
    {.key = "approvals",
     .type = OPTION_COUNT,
     AT(raw_waivers, approvals),
     .min = 0,
     .max = 100,
     .fallback = "1",
     .help = "how many people other than who asks must approve; 0 = who asks is enough",
     .example = "2"},
    {.key = "longest",
     .type = OPTION_DURATION,
     AT(raw_waivers, longest),
     .min = MINUTE,
     .max = 365 * DAY,
     .fallback = WAIVER_LONGEST,
     .help = "the longest that one may be asked for",
     .example = "24h"},
    {.key = "roles",
     .type = OPTION_LIST,
     .item = OPTION_TEXT,
     LIST_AT(raw_waivers, roles),
     .min = 1,
     .max = LIST_MAX,
     .fallback = "everybody in people",
     .help = "who may ask for them and approve them",
     .example = "[ops, release]"},
};
const struct section schema_waivers =
    SECTION("waivers", waiver_rows, sizeof(struct raw_waivers), "overriding a gate by name");

static const struct option ledger_rows[] = {
    {.key = "file",
     .type = OPTION_FILE,
     AT(raw_ledger, file),
     .fallback = "beside the store: nexy.db, nexy-ledger.db",
     .help = "where votes, ticks, waivers and runs are written down (SQLite)",
     .example = "state/nexy-ledger.db"},
    {.key = "key",
     .type = OPTION_TEXT,
     AT(raw_ledger, key),
     .help = "the private Ed25519 key that signs entries: file:PATH or env:NAME; gonogo ledger "
             "keygen makes one",
     .example = "file:ledger.key"},
    {.key = "trust",
     .type = OPTION_LIST,
     .item = OPTION_TEXT,
     LIST_AT(raw_ledger, trust),
     .min = 1,
     .max = KEYS_MAX,
     .help = "other public keys (base64) whose signatures count: colleagues', and earlier ones",
     .example = "[\"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"]"},
};
const struct section schema_ledger = SECTION("ledger", ledger_rows, sizeof(struct raw_ledger),
                                             "what people and runs did, never changed again");

/* People */

static enum err_code resolve_keys(struct resolve *r, struct err *err) {
    const struct raw_ledger *raw = r->raw->ledger;
    struct ledger_spec *l = &r->policy->ledger;
    const struct node *map = node_get(r->root, "ledger"), *n = node_get(map, "key");
    const struct node *trust = node_get(map, "trust");
    struct err own = ERR_INIT;
    char *text = NULL;
    l->trusted = mem_zero((size_t)raw->trust_count + 1, sizeof *l->trusted);
    if (raw->key != NULL) {
        if (secret_text(n, r->folder, &text, err) != ERR_OK) {
            return err->code;
        }
        l->key = mem_zero(1, sizeof *l->trusted);
        l->key_from = mem_copy_text(raw->key);
        bool good = ed25519_read_private(text, "", l->key, &own) == ERR_OK &&
                    ed25519_public(l->key, l->trusted[l->n_trusted++]);
        mem_wipe(text, strlen(text));
        free(text);
        if (!good) {
            return node_fail(n, err, own.todo, "%s", own.what);
        }
    }
    for (size_t i = 0; i < raw->trust_count; i++) {
        if (ed25519_read_key(raw->trust[i], "", l->trusted[l->n_trusted], &own) != ERR_OK) {
            return node_fail(node_at(trust, i), err, own.todo, "%s", own.what);
        }
        l->n_trusted++;
    }
    return ERR_OK;
}

enum err_code resolve_people(struct resolve *r, struct err *err) {
    struct policy *p = r->policy;
    const struct raw_waivers *waivers = r->raw->waivers;
    p->people = mem_zero((size_t)r->raw->people_count + 1, sizeof *p->people);
    for (; p->n_people < r->raw->people_count; p->n_people++) {
        const struct raw_person *raw = &r->raw->people[p->n_people];
        p->people[p->n_people] =
            (struct person){.name = mem_copy_text(raw->name),
                            .roles = resolve_words(raw->roles, raw->roles_count),
                            .user = mem_copy_text(raw->user)};
    }
    p->waivers.longest_ms =
        resolve_ms(waivers != NULL ? waivers->longest : NULL, resolve_ms(WAIVER_LONGEST, 0));
    if (waivers != NULL && waivers->roles_count > 0) {
        p->waivers.roles = resolve_words(waivers->roles, waivers->roles_count);
    }
    return r->raw->ledger != NULL ? resolve_keys(r, err) : ERR_OK;
}

/* A path beside the store's: nexy.db, nexy-ledger.db. */
static char *beside(const char *store) {
    size_t n = strlen(store);
    if (n > 3 && strcmp(store + n - 3, ".db") == 0) {
        n -= 3;
    }
    return mem_format("%.*s-ledger.db", (int)n, store);
}

void resolve_ledger(struct resolve *r) {
    struct policy *p = r->policy;
    const struct raw_ledger *raw = r->raw->ledger;
    if (raw != NULL && raw->file != NULL) {
        p->ledger.file = resolve_file(r, raw->file);
    } else if (p->store_path != NULL) {
        p->ledger.file = beside(p->store_path);
    }
}

/* Gates */

static char **words_of(const char **words, uint32_t n) {
    return n > 0 ? resolve_words(words, n) : NULL;
}

void resolve_gate_people(struct resolve *r, const struct node *gate, const struct raw_gate *raw,
                         struct gate_spec *g) {
    const struct node *all = node_get(node_get(r->root, "waivers"), "approvals");
    const struct node *own = node_get(gate, "approvals");
    g->people = (struct gate_people){
        .roles = words_of(raw->roles, raw->roles_count),
        .veto = words_of(raw->veto, raw->veto_count),
        .items = words_of(raw->items, raw->items_count),
        .expires_ms = resolve_ms(raw->expires, 0),
        .link = raw->link,
        .never_waive = raw->never_waive,
        .approvals = own != NULL   ? raw->approvals
                     : all != NULL ? r->raw->waivers->approvals
                                   : APPROVALS,
    };
}
