/* What gates name of logs, metrics, service levels and rules. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/resolve.h"
#include "config/schema.h"
#include "config/shape.h"
#include "src/base/mem.h"
#include "src/base/slice.h"
#include "src/model/metric.h"
#include "src/model/slo.h"

/* A list of names with stars and exclusions, over things that have names. */
struct pick {
    const struct node *list; /* NULL = not written: all that are suited */
    const char **words;
    size_t n_words;
    const char *what; /* "log" */
    size_t n;
    const char *(*name)(const struct policy *p, size_t i);
    bool (*suited)(const struct policy *p, size_t i); /* for the default; NULL = all */
};

static enum err_code fail_name(const struct pick *pick, const struct policy *p,
                               const struct node *at, const char *word, struct err *err) {
    char shown[NODE_SHOWN_CAP], todo[256];
    const char **names = mem_zero(pick->n + 1, sizeof *names);
    for (size_t i = 0; i < pick->n; i++) {
        names[i] = pick->name(p, i);
    }
    node_shown(word, shown);
    shape_suggest(word, names, todo, sizeof todo);
    free(names);
    return node_fail(at, err, pick->n > 0 ? todo : "take the gate out", "%s names no %s", shown,
                     pick->what);
}

static enum err_code mark(const struct pick *pick, const struct policy *p, bool *in,
                          struct err *err) {
    const struct node *item = pick->list->first;
    for (size_t w = 0; w < pick->n_words; w++, item = item->next) {
        bool out = pick->words[w][0] == '!', any = false;
        const char *word = pick->words[w] + out;
        for (size_t i = 0; i < pick->n; i++) {
            if (policy_match(word, pick->name(p, i))) {
                in[i] = !out;
                any = true;
            }
        }
        if (!any) {
            return fail_name(pick, p, item, word, err);
        }
    }
    return ERR_OK;
}

/* The indices that are picked, ascending. */
static enum err_code take(const struct pick *pick, const struct policy *p, unsigned **out,
                          size_t *n_out, struct err *err) {
    bool *in = mem_zero(pick->n + 1, sizeof *in);
    *out = mem_zero(pick->n + 1, sizeof **out);
    if (pick->list != NULL) {
        (void)mark(pick, p, in, err);
    } else {
        for (size_t i = 0; i < pick->n; i++) {
            in[i] = pick->suited == NULL || pick->suited(p, i);
        }
    }
    for (size_t i = 0; i < pick->n; i++) {
        if (in[i]) {
            (*out)[(*n_out)++] = (unsigned)i;
        }
    }
    free(in);
    return err->code;
}

static const char *slo_name(const struct policy *p, size_t i) {
    return p->slos[i].name;
}

static bool slo_burns(const struct policy *p, size_t i) {
    return p->slos[i].burn;
}

static const char *log_name(const struct policy *p, size_t i) {
    return p->logs[i].name;
}

static bool log_is_tray(const struct policy *p, size_t i) {
    return p->logs[i].format == LOG_TRAY;
}

static bool log_is_text(const struct policy *p, size_t i) {
    return p->logs[i].format == LOG_TEXT;
}

static const char *rule_name(const struct policy *p, size_t i) {
    (void)p;
    return metric_breaches[i].rule;
}

static enum err_code resolve_slo_names(const struct resolve *r, const struct node *gate,
                                       const struct raw_gate *raw, struct gate_spec *g,
                                       struct err *err) {
    struct pick pick = {.list = node_get(gate, "slos"),
                        .words = raw->slos,
                        .n_words = raw->slos_count,
                        .what = "service level",
                        .n = r->policy->n_slos,
                        .name = slo_name,
                        .suited = strcmp(g->kind, "burn") == 0 ? slo_burns : NULL};
    g->min_samples = raw->min_samples;
    g->alert = (enum gate_alert)raw->alert;
    return take(&pick, r->policy, &g->slos, &g->n_slos, err);
}

static enum err_code resolve_canary(const struct resolve *r, const struct node *gate,
                                    const struct raw_gate *raw, struct gate_spec *g,
                                    struct err *err) {
    const struct node *list = node_get(gate, "metrics");
    const struct node *item = list != NULL ? list->first : NULL;
    g->metrics = mem_zero(raw->metrics_count + 1, sizeof *g->metrics);
    for (size_t i = 0; i < raw->metrics_count && item != NULL; i++, item = item->next) {
        unsigned metric;
        if (resolve_metric_name(r, item, raw->metrics[i], &metric, err) != ERR_OK) {
            return err->code;
        }
        g->metrics[g->n_metrics++] = metric;
    }
    return resolve_window(gate, raw->window, SCHEMA_WINDOW, &g->window_ms, err);
}

static enum err_code resolve_guards(const struct node *gate, const struct raw_gate *raw,
                                    struct gate_spec *g, struct err *err) {
    g->guards = true;
    g->min_samples = raw->min_samples > 0 ? raw->min_samples : SLO_MIN_SAMPLES;
    g->baseline = NAN;
    if (raw->baseline != NULL) {
        g->baseline = slice_number((struct slice){raw->baseline, strlen(raw->baseline)});
        if (!(g->baseline >= 0 && g->baseline <= 1)) {
            return node_fail(node_get(gate, "baseline"), err, "write 0.02 for 2 %",
                             "a ratio is from 0 to 1");
        }
    }
    return resolve_window(gate, raw->window, SCHEMA_WINDOW, &g->window_ms, err);
}

static enum err_code resolve_log_names(const struct resolve *r, const struct node *gate,
                                       const struct raw_gate *raw, bool text, struct gate_spec *g,
                                       struct err *err) {
    struct pick pick = {.list = node_get(gate, "logs"),
                        .words = raw->logs,
                        .n_words = raw->logs_count,
                        .what = "log",
                        .n = r->policy->n_logs,
                        .name = log_name,
                        .suited = text ? log_is_text : log_is_tray};
    return take(&pick, r->policy, &g->logs, &g->n_logs, err);
}

static enum err_code resolve_quiet(const struct resolve *r, const struct node *gate,
                                   const struct raw_gate *raw, struct gate_spec *g,
                                   struct err *err) {
    struct pick pick = {.list = node_get(gate, "rules"),
                        .words = raw->rules,
                        .n_words = raw->rules_count,
                        .what = "rule",
                        .n = METRIC_RULES,
                        .name = rule_name};
    unsigned *rules = NULL;
    size_t n = 0;
    if (take(&pick, r->policy, &rules, &n, err) == ERR_OK) {
        for (size_t i = 0; i < n; i++) {
            g->rules |= 1U << rules[i];
        }
        if (resolve_log_names(r, gate, raw, false, g, err) == ERR_OK) {
            (void)resolve_window(gate, raw->window, SCHEMA_QUIET_WINDOW, &g->window_ms, err);
        }
    }
    free(rules);
    return err->code;
}

static enum err_code resolve_clean(struct resolve *r, const struct node *gate,
                                   const struct raw_gate *raw, struct gate_spec *g,
                                   struct err *err) {
    static const char *const usual[] = {"ERROR", "FATAL", "CRITICAL", "Traceback", "panic"};
    bool written = raw->patterns_count > 0;
    size_t n = written ? raw->patterns_count : sizeof usual / sizeof *usual;
    g->patterns = mem_zero(n + 1, sizeof *g->patterns);
    for (size_t i = 0; i < n; i++) {
        g->patterns[i] = mem_copy_text(written ? raw->patterns[i] : usual[i]);
    }
    if (resolve_log_names(r, gate, raw, true, g, err) != ERR_OK) {
        return err->code;
    }
    for (size_t i = 0; i < g->n_logs; i++) {
        struct log_spec *log = &r->policy->logs[g->logs[i]];
        if (log->format != LOG_TEXT || log->kind != LOG_FILE) {
            return node_fail(gate, err, "name files of format text: they are read whole",
                             "the log %s is no text", log->name);
        }
        log->whole = true;
    }
    return ERR_OK;
}

enum err_code resolve_gate_levels(struct resolve *r, const struct node *gate,
                                  const struct raw_gate *raw, struct gate_spec *g,
                                  struct err *err) {
    if (strcmp(g->kind, "slo") == 0 || strcmp(g->kind, "burn") == 0) {
        return resolve_slo_names(r, gate, raw, g, err);
    }
    if (strcmp(g->kind, "canary") == 0) {
        return resolve_canary(r, gate, raw, g, err);
    }
    if (strcmp(g->kind, "guardrails") == 0) {
        return resolve_guards(gate, raw, g, err);
    }
    if (strcmp(g->kind, "no-violations") == 0) {
        return resolve_quiet(r, gate, raw, g, err);
    }
    if (strcmp(g->kind, "logs-clean") == 0) {
        return resolve_clean(r, gate, raw, g, err);
    }
    return ERR_OK;
}

enum err_code resolve_whole_logs(const struct resolve *r, struct err *err) {
    const struct policy *p = r->policy;
    const struct node *list = node_get(r->root, "metrics");
    for (size_t i = 0; i < r->raw->metrics_count; i++) {
        int log = p->metrics[i].log;
        if (log >= 0 && p->logs[log].whole) {
            return node_fail(node_get(node_at(list, i), "log"), err,
                             "name the files in a log of their own as well",
                             "a logs-clean gate reads %s whole, at every start: nothing is counted "
                             "there",
                             p->logs[log].name);
        }
    }
    return ERR_OK;
}
