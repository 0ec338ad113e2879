#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/engine/ledger.h"

struct ledger_audit {
    struct ledger *ledger;
    struct chain *chain;
    int64_t from; /* the next piece begins here */
    uint64_t seen_seq;
    char seen[HASH_HEX_CAP];
    size_t left; /* of this piece */
    bool more;
    char fault[CHAIN_FAULT_CAP]; /* "" = none */
};

struct ledger_audit *ledger_audit_new(struct ledger *l, uint64_t seq, const char *head) {
    struct ledger_audit *a = mem_zero(1, sizeof *a);
    size_t n_keys;
    const unsigned char *keys = ledger_trusted(l, &n_keys);
    a->ledger = l;
    a->chain = chain_new(keys, n_keys, false);
    a->from = LEDGER_ROWS_ALL;
    a->seen_seq = seq;
    snprintf(a->seen, sizeof a->seen, "%s", head);
    return a;
}

void ledger_audit_free(struct ledger_audit *a) {
    if (!a)
        return;
    chain_free(a->chain);
    free(a);
}

static bool look(void *self, const struct chain_entry *e) {
    struct ledger_audit *a = self;
    if (a->left == 0) {
        a->more = true;
        return false;
    }
    a->left--;
    if (!chain_add(a->chain, e, a->fault))
        return false;
    a->from = (int64_t)e->place + 1;
    if (e->place == a->seen_seq && memcmp(e->hash, a->seen, HASH_HEX_CAP - 1) != 0)
        snprintf(a->fault, sizeof a->fault, "entry %llu was changed after it was read",
                 (unsigned long long)e->place);
    return a->fault[0] == '\0';
}

enum audit_state ledger_audit_turn(struct ledger_audit *a, size_t most, struct err *err) {
    uint64_t highest = (uint64_t)ledger_highest(a->ledger);
    a->left = most;
    a->more = false;
    if (a->fault[0] == '\0' && ledger_rows(a->ledger, a->from, look, a, err) != ERR_OK)
        return AUDIT_BROKEN;
    if (a->fault[0] == '\0' && a->more)
        return AUDIT_MORE;
    if (a->fault[0] == '\0' && chain_end(a->chain, a->fault))
        chain_reaches(a->chain, highest > a->seen_seq ? highest : a->seen_seq, a->fault);
    if (a->fault[0] == '\0')
        return AUDIT_WHOLE;
    err_set(err, ERR_REFUSED, ledger_path(a->ledger), "see gonogo ledger verify", "%s", a->fault);
    return AUDIT_BROKEN;
}
