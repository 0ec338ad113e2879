/* The spans of a window gate and the stages of a phase gate: read here, so that a mistake has its place
 * and its remedy. */
#include "src/model/calendar.h"

#include <string.h>

#include "config/resolve.h"
#include "src/base/mem.h"
#include "src/base/zone.h"

static enum err_code read_spans(const struct node *list, struct calendar_span **spans, size_t *n,
                                struct err *err) {
    char shown[NODE_SHOWN_CAP];
    if (list == NULL) {
        return ERR_OK;
    }
    *spans = mem_zero(list->count, sizeof **spans);
    for (const struct node *item = list->first; item != NULL; item = item->next) {
        const char *fault = NULL;
        if (!calendar_parse(item->text, &(*spans)[*n], &fault)) {
            node_shown(item->text, shown);
            return node_fail(item, err,
                             "write it like \"Mon-Thu 09:00-16:00\", \"2026-12-20..2027-01-05\", "
                             "\"12-20..01-05\" or \"Fri 16:00..Mon 09:00\"",
                             "%s %s", shown, fault);
        }
        ++*n;
    }
    return ERR_OK;
}

enum err_code resolve_calendar(const struct node *gate, const struct raw_gate *raw,
                               struct gate_spec *g, struct err *err) {
    struct calendar *c = mem_zero(1, sizeof *c);
    g->calendar = c; /* the policy's from here on */
    if (read_spans(node_get(gate, "allow"), &c->allow, &c->n_allow, err) != ERR_OK ||
        read_spans(node_get(gate, "deny"), &c->deny, &c->n_deny, err) != ERR_OK) {
        return err->code;
    }
    if (raw->zone != NULL) {
        struct err own = ERR_INIT;
        char shown[NODE_SHOWN_CAP];
        c->zone = zone_load(raw->zone, &own);
        if (c->zone == NULL) {
            node_shown(raw->zone, shown);
            return node_fail(node_get(gate, "zone"), err, own.todo, "%s: %s", shown, own.what);
        }
    }
    return ERR_OK;
}

enum err_code resolve_stages(const struct node *gate, struct gate_spec *g, struct err *err) {
    const struct node *list = node_get(gate, "stages");
    char shown[NODE_SHOWN_CAP];
    if (list == NULL) {
        return ERR_OK;
    }
    g->stages = mem_zero(list->count, sizeof *g->stages);
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        const char *fault = NULL;
        if (!phase_stage_parse(n->text, &g->stages[g->n_stages], &fault)) {
            node_shown(n->text, shown);
            return node_fail(n, err, "write it like \"25% 2h..4h\", \"50% 12h\" or \"100%\"",
                             "%s %s", shown, fault);
        }
        g->n_stages++;
    }
    return ERR_OK;
}
