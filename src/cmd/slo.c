/* gonogo slo: judges log files. Text for people, one JSON document for scripts. */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/json.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/base/zone.h"
#include "src/cmd/cmd.h"
#include "src/cmd/out.h"
#include "src/cmd/slo_read.h"

struct report {
    struct out out;
    const struct slo_report *slo;
    struct slo *judge;
    const struct slo_read *read;
    char **files;
};

static const char *file_name(const struct report *r, unsigned file) {
    return strcmp(r->files[file], "-") == 0 ? "stdin" : r->files[file];
}

/* To a thousandth, as short as it goes; ratios to a millionth. */
static const char *number(char dst[32], double value, const char *unit, const char *none) {
    double scale = strcmp(unit, "ratio") == 0 ? 1e6 : 1e3;
    if (isnan(value))
        snprintf(dst, 32, "%s", none);
    else
        snprintf(dst, 32, "%.15g", round(value * scale) / scale);
    return dst;
}

/* ---- JSON ---- */

static void json_number(struct buf *b, const char *key, double value, const char *unit) {
    char text[32];
    buf_addf(b, "\"%s\":%s", key, number(text, value, unit, "null"));
}

static void json_spread(struct report *r, const char *key, enum metric_input input, bool whole) {
    struct samples *s = slo_samples(r->judge, input);
    struct buf *b = &r->out.text;
    buf_addf(b, "\"%s\":{\"n\":%" PRIu64 ",", key, s->n);
    json_number(b, "min", s->n ? s->min : NAN, "");
    buf_add_text(b, ",");
    json_number(b, "max", s->n ? s->max : NAN, "");
    buf_add_text(b, ",");
    json_number(b, "mean", samples_mean(s), "");
    static const unsigned quantiles[] = {50, 95, 99};
    for (size_t i = 0; whole && i < sizeof quantiles / sizeof quantiles[0]; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%u", quantiles[i]);
        buf_add_text(b, ",");
        json_number(b, name, samples_quantile(s, 10 * quantiles[i]), "");
    }
    buf_add_text(b, "},");
}

static void json_metric(struct buf *b, const struct slo_metric *m) {
    const char *unit = m->row->unit;
    buf_addf(b, "{\"name\":\"%s\",", m->row->name);
    json_number(b, "value", m->value, unit);
    buf_addf(b, ",\"unit\":\"%s\",\"op\":\"%s\",", unit, m->row->op);
    json_number(b, "threshold", m->threshold, unit);
    buf_addf(b, ",\"samples\":%" PRIu64 ",\"verdict\":\"%s\"}", m->samples,
             slo_verdict_name(m->verdict));
}

static void print_json(struct report *r) {
    const struct slo_report *s = r->slo;
    struct buf *b = &r->out.text;
    buf_addf(b,
             "{\"series\":%" PRIu64 ",\"series_ok\":%" PRIu64 ",\"attempts\":%" PRIu64
             ",\"attempts_ok\":%" PRIu64 ",\"retries\":%" PRIu64 ",",
             s->series, s->series_ok, s->attempts, s->attempts_ok, s->retries);
    json_spread(r, "duration_ms", METRIC_START_MS, true);
    json_spread(r, "tal_hold_s", METRIC_HOLD_S, false);
    buf_addf(b,
             "\"circuit\":{\"opens\":%" PRIu64 ",\"closes\":%" PRIu64 "},\"restart_flags\":%" PRIu64
             ",\n\"violations\":[",
             s->circuit_opens, s->circuit_closes, s->restart_flags);
    for (size_t i = 0; i < s->n_violations; i++) {
        const struct slo_violation *v = &s->violations[i];
        buf_addf(b, "%s\n{\"rule\":\"%s\",\"file\":", i ? "," : "", metric_breaches[v->rule].rule);
        json_add_text(b, file_name(r, v->file));
        buf_addf(b, ",\"line\":%" PRIu64 ",\"text\":", v->line);
        json_add_text(b, v->text);
        buf_add_text(b, "}");
    }
    buf_add_text(b, "],\n\"metrics\":[");
    for (size_t i = 0; i < s->n_metrics; i++) {
        buf_add_text(b, i ? ",\n" : "\n");
        json_metric(b, &s->metrics[i]);
    }
    buf_addf(b, "],\n\"lines\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"verdict\":\"%s\"}\n",
             r->read->lines, r->read->bytes, slo_verdict_name(s->verdict));
}

/* ---- text ---- */

static void print_tallies(struct report *r) {
    const struct slo_report *s = r->slo;
    struct buf *b = &r->out.text;
    char p50[32], p95[32], p99[32], max[32], low[32], mean[32];
    buf_addf(b, "%" PRIu64 " lines, %" PRIu64 " bytes\n", r->read->lines, r->read->bytes);
    buf_addf(b,
             "%" PRIu64 " series, %" PRIu64 " ok; %" PRIu64 " attempts, %" PRIu64 " ok, %" PRIu64
             " retries\n",
             s->series, s->series_ok, s->attempts, s->attempts_ok, s->retries);
    struct samples *ms = slo_samples(r->judge, METRIC_START_MS);
    if (ms->n > 0)
        buf_addf(b, "start: p50 %s ms, p95 %s ms, p99 %s ms, max %s ms of %" PRIu64 "\n",
                 number(p50, samples_quantile(ms, 500), "", ""),
                 number(p95, samples_quantile(ms, 950), "", ""),
                 number(p99, samples_quantile(ms, 990), "", ""), number(max, ms->max, "", ""),
                 ms->n);
    struct samples *hold = slo_samples(r->judge, METRIC_HOLD_S);
    if (hold->n > 0)
        buf_addf(b, "TAL hold: min %s s, mean %s s, max %s s of %" PRIu64 "\n",
                 number(low, hold->min, "", ""), number(mean, samples_mean(hold), "", ""),
                 number(max, hold->max, "", ""), hold->n);
    buf_addf(b, "circuit: %" PRIu64 " opens, %" PRIu64 " closes; restart flags: %" PRIu64 "\n",
             s->circuit_opens, s->circuit_closes, s->restart_flags);
}

static void print_metric(struct buf *b, const struct slo_metric *m, uint64_t min_samples) {
    char value[32], threshold[32], warn[32];
    const char *unit = m->row->unit;
    buf_addf(b, "%-8s %-32s %12s %s %s %s  of %" PRIu64, slo_verdict_name(m->verdict), m->row->name,
             number(value, m->value, unit, "-"), m->row->op,
             number(threshold, m->threshold, unit, "-"), unit, m->samples);
    if (m->verdict == SLO_UNKNOWN)
        buf_addf(b, m->samples ? ": fewer than %" PRIu64 " say nothing" : ": no data", min_samples);
    if (m->warned)
        buf_addf(b, ": beyond the warning of %s", number(warn, m->row->warn, unit, ""));
    buf_add_text(b, "\n");
}

static void print_violations(struct report *r) {
    const struct slo_report *s = r->slo;
    struct buf *b = &r->out.text;
    for (size_t i = 0; i < s->n_violations; i++) {
        const struct slo_violation *v = &s->violations[i];
        char *name = text_safe_copy(file_name(r, v->file), strlen(file_name(r, v->file)));
        buf_addf(b, "%s:%" PRIu64 ": %s: %s: %s\n", name, v->line, metric_breaches[v->rule].rule,
                 metric_breaches[v->rule].what, v->text);
        free(name);
    }
    uint64_t all = s->n_violations + s->more_violations;
    buf_addf(b, all == 1 ? "%" PRIu64 " violation\n" : "%" PRIu64 " violations\n", all);
}

static void print_text(struct report *r, uint64_t min_samples) {
    print_tallies(r);
    buf_add_text(&r->out.text, "\n");
    for (size_t i = 0; i < r->slo->n_metrics; i++)
        print_metric(&r->out.text, &r->slo->metrics[i], min_samples);
    buf_add_text(&r->out.text, "\n");
    print_violations(r);
    buf_addf(&r->out.text, "%s\n", slo_verdict_name(r->slo->verdict));
}

/* What the document has no place for, and nobody may overlook. */
static void print_notes(const struct report *r) {
    const struct slo_report *s = r->slo;
    if (s->damaged > 0)
        fprintf(stderr, "gonogo: slo: %" PRIu64 " lines are damaged and were not believed\n",
                s->damaged);
    if (r->read->skipped > 0)
        fprintf(stderr, "gonogo: slo: %" PRIu64 " lines are longer than 1 MiB and were skipped\n",
                r->read->skipped);
    if (s->more_violations > 0)
        fprintf(stderr, "gonogo: slo: %" PRIu64 " more violations are counted and not listed\n",
                s->more_violations);
}

/* ---- the command ---- */

struct asked {
    struct slo_options slo;
    const char *since, *until, *zone; /* as they were written; NULL = not at all */
    bool json, every_line;
};

static int judge(const struct asked *asked, char **files, int n) {
    static const int codes[] = {
        [SLO_PASS] = EXIT_GO, [SLO_FAIL] = EXIT_NO_GO, [SLO_UNKNOWN] = EXIT_HOLD};
    struct slo *slo = slo_new(&asked->slo);
    struct slo_read read;
    struct err err = ERR_INIT;
    bool all = asked->every_line || asked->slo.windowed; /* times stand in any line */
    slo_read_init(&read, slo, all ? NULL : metric_words(asked->slo.profile));
    for (int i = 0; i < n && err.code == ERR_OK; i++)
        slo_read_file(&read, files[i], &err);
    int code;
    if (err.code != ERR_OK) { /* half of the logs is no ground for a verdict */
        code = cmd_fail(&err);
    } else {
        struct report r = {.slo = slo_finish(slo), .judge = slo, .read = &read, .files = files};
        out_init(&r.out, STDOUT_FILENO, "stdout");
        if (asked->json)
            print_json(&r);
        else
            print_text(&r, asked->slo.min_samples);
        print_notes(&r);
        code = out_flush(&r.out, &err) == ERR_OK ? codes[r.slo->verdict] : cmd_fail(&err);
        out_fini(&r.out);
    }
    slo_read_fini(&read);
    slo_free(slo);
    return code;
}

static bool whole_number(const char *text, uint64_t *value) {
    char *end;
    if (*text < '0' || *text > '9' || strlen(text) > 9)
        return false;
    *value = strtoull(text, &end, 10);
    return *end == '\0' && *value > 0;
}

static bool ratio(const char *text, double *value) {
    struct slice s = {text, strlen(text)};
    *value = slice_number(s);
    return *value >= 0 && *value <= 1;
}

static int read_option(int answer, struct asked *a) {
    switch (answer) {
    case 'p':
        a->slo.profile = metric_profile_of(optarg);
        if (!a->slo.profile)
            return cmd_usage(
                "slo", "--profile: \"%.64s\" is none: say tray, warm, cold, server or all", optarg);
        return 0;
    case 's':
        a->since = optarg;
        return 0;
    case 'u':
        a->until = optarg;
        return 0;
    case 'z':
        a->zone = optarg;
        return 0;
    case 'm':
        if (!whole_number(optarg, &a->slo.min_samples))
            return cmd_usage("slo", "--min-samples: \"%.64s\" is no number from 1 to 999999999",
                             optarg);
        return 0;
    case 'b':
        if (!ratio(optarg, &a->slo.retry_abort_baseline))
            return cmd_usage("slo", "--baseline: \"%.64s\" is no ratio from 0 to 1", optarg);
        return 0;
    case 'j':
        a->json = true;
        return 0;
    default:
        a->every_line = true;
        return 0;
    }
}

/* A bound of the window; without a zone in it, it is of the zone that the lines are of. */
static int read_time(const struct zone *zone, const char *text, int64_t *ms) {
    bool zoned;
    if (!text)
        return 0;
    if (!when_parse_local(text, ms, &zoned) || (!zoned && !zone))
        return cmd_usage("slo", "\"%.64s\" is no time: write 2026-02-26T12:00:00Z%s", text,
                         zone ? ", or without the Z in the zone of --zone" : "");
    if (!zoned)
        *ms = zone_utc_ms(zone, *ms, INT64_MIN);
    return 0;
}

static int read_window(struct asked *a, const struct zone *zone) {
    a->slo.zone = zone;
    a->slo.windowed = a->since || a->until;
    int code = read_time(zone, a->since, &a->slo.since_ms);
    if (code == 0)
        code = read_time(zone, a->until, &a->slo.until_ms);
    if (code == 0 && a->slo.since_ms >= a->slo.until_ms)
        code = cmd_usage("slo", "--until is not later than --since: no line lies between them");
    return code;
}

int cmd_slo(int argc, char **argv) {
    static const struct option options[] = {
        {"profile", required_argument, NULL, 'p'},
        {"since", required_argument, NULL, 's'},
        {"until", required_argument, NULL, 'u'},
        {"min-samples", required_argument, NULL, 'm'},
        {"baseline", required_argument, NULL, 'b'},
        {"json", no_argument, NULL, 'j'},
        {"every-line", no_argument, NULL, 'e'},
        {"zone", required_argument, NULL, 'z'},
        {NULL, 0, NULL, 0},
    };
    struct asked asked = {.slo = {.profile = METRIC_TRAY,
                                  .min_samples = SLO_MIN_SAMPLES,
                                  .retry_abort_baseline = NAN,
                                  .since_ms = INT64_MIN,
                                  .until_ms = INT64_MAX}};
    int answer, code;
    opterr = 0;
    optind = 1;
    while ((answer = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (answer == ':' || answer == '?')
            return cmd_bad_option("slo", argc, argv, answer);
        if ((code = read_option(answer, &asked)) != 0)
            return code;
    }
    if (optind == argc)
        return cmd_usage("slo", "which logs? Give files, or - for standard input");
    struct err err = ERR_INIT;
    struct zone *zone = asked.zone ? zone_load(asked.zone, &err) : NULL;
    if (asked.zone && !zone) {
        err_print(stderr, &err);
        return EXIT_USAGE;
    }
    code = read_window(&asked, zone);
    if (code == 0)
        code = judge(&asked, argv + optind, argc - optind);
    zone_free(zone);
    return code;
}
