#include "config/print_people.h"

#include <string.h>

#include "config/put.h"
#include "src/base/base64.h"

static void print_ledger(FILE *out, const struct ledger_spec *l) {
    char key[BASE64_CAP(sizeof *l->trusted)];
    size_t own = l->key != NULL ? 1 : 0; /* its public key is not written, it follows from it */
    if (l->file == NULL && l->n_trusted == 0) {
        return;
    }
    (void)fputs("ledger:\n", out);
    put_pair(out, "  ", "file", l->file);
    put_pair(out, "  ", "key", l->key_from);
    for (size_t i = own; i < l->n_trusted; i++) {
        base64_encode(l->trusted[i], sizeof *l->trusted, key);
        (void)fprintf(out, "%s    - ", i == own ? "  trust:\n" : "");
        put_quoted(out, key);
        (void)fputc('\n', out);
    }
}

void print_people(FILE *out, const struct policy *policy) {
    for (size_t i = 0; i < policy->n_people; i++) {
        const struct person *p = &policy->people[i];
        (void)fputs(i == 0 ? "people:\n  - name: " : "  - name: ", out);
        put(out, p->name);
        (void)fputc('\n', out);
        put_words(out, "    ", "roles", p->roles);
        put_pair(out, "    ", "user", p->user);
    }
    (void)fputs("waivers:\n", out);
    put_ms(out, "  ", "longest", policy->waivers.longest_ms);
    put_words(out, "  ", "roles", policy->waivers.roles);
    print_ledger(out, &policy->ledger);
}

void print_gate_people(FILE *out, const struct gate_spec *gate) {
    static const char in[] = "    ";
    const struct gate_people *p = &gate->people;
    put_words(out, in, "roles", p->roles);
    put_words(out, in, "veto", p->veto);
    put_words(out, in, "items", p->items);
    if (p->expires_ms > 0) {
        put_ms(out, in, "expires", p->expires_ms);
    }
    if (strcmp(gate->kind, "checklist") == 0) {
        (void)fprintf(out, "%slink: %s\n", in, p->link ? "true" : "false");
    }
    if (p->never_waive) {
        (void)fprintf(out, "%snever_waive: true\n", in);
    } else {
        (void)fprintf(out, "%sapprovals: %u\n", in, p->approvals);
    }
}
