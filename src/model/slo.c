#include "src/model/slo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/slo_parts.h"

/* Eight bytes at a time: a multiplication for each, and a mixing at the end that reaches the low bits. */
uint64_t slo_hash(struct slice bytes, uint64_t seed) {
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = (seed ^ bytes.n) * odd, word;
    for (; bytes.n >= sizeof word; slice_advance(&bytes, sizeof word)) {
        memcpy(&word, bytes.at, sizeof word);
        h = ((h << 5 | h >> 59) ^ word) * odd;
    }
    if (bytes.n > 0) {
        word = 0;
        memcpy(&word, bytes.at, bytes.n);
        h = ((h << 5 | h >> 59) ^ word) * odd;
    }
    h = (h ^ h >> 32) * odd;
    h ^= h >> 29;
    return h ? h : 1;
}

/* ---- violations ---- */

char *slo_safe_line(const struct slo *s) {
    char text[SLO_TEXT_MAX];
    size_t n = s->line.n;
    while (n > 0 && (s->line.at[n - 1] == '\n' || s->line.at[n - 1] == '\r'))
        n--;
    text_safe(text, sizeof text, s->line.at, n < sizeof text ? n : sizeof text);
    return mem_copy_text(text);
}

void slo_violate_at(struct slo *s, enum metric_rule rule, unsigned file, uint64_t line,
                    char *text) {
    struct slo_report *r = &s->report;
    bool counts = s->options.profile != METRIC_SERVER; /* what is listed is what is judged */
    if (s->options.outlet) {
        if (counts && !s->muted)
            s->options.outlet->violated(s->options.outlet->self, rule, file, line, text);
        free(text);
        return;
    }
    if (!counts || r->n_violations == SLO_VIOLATIONS_MAX) {
        r->more_violations += counts;
        free(text);
        return;
    }
    s->violations[r->n_violations++] =
        (struct slo_violation){.rule = rule, .file = file, .line = line, .text = text};
}

void slo_violate(struct slo *s, enum metric_rule rule) {
    bool kept = s->report.n_violations < SLO_VIOLATIONS_MAX;
    slo_violate_at(s, rule, s->file, s->number, kept ? slo_safe_line(s) : NULL);
}

static int by_place(const void *a, const void *b) {
    const struct slo_violation *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (int)x->rule - (int)y->rule;
}

/* ---- measures ---- */

static bool hand_on(struct slo *s, enum metric_input input, double value) {
    const struct slo_outlet *outlet = s->options.outlet;
    if (outlet && !s->muted)
        outlet->measured(outlet->self, input, value);
    return outlet;
}

void slo_add(struct slo *s, enum metric_input input, double value) {
    if (!hand_on(s, input, value))
        samples_add(&s->samples[input], value);
}

void slo_count(struct slo *s, enum metric_input input, double value) {
    if (!hand_on(s, input, value))
        samples_count(&s->samples[input], value);
}

/* ---- lines ---- */

struct slo *slo_new(const struct slo_options *options) {
    struct slo *s = mem_zero(1, sizeof *s);
    s->options = *options;
    s->violations = mem_zero(SLO_VIOLATIONS_MAX, sizeof *s->violations);
    s->stream = &s->own;
    return s;
}

void slo_free(struct slo *s) {
    if (!s)
        return;
    for (size_t i = 0; i < METRIC_INPUTS; i++)
        samples_fini(&s->samples[i]);
    for (size_t i = 0; i < s->report.n_violations; i++)
        free(s->violations[i].text);
    for (size_t i = 0; i < s->table.used; i++)
        free(s->table.all[i].owes_text);
    free(s->violations);
    free(s);
}

void slo_file(struct slo *s) {
    s->own = (struct slo_stream){0};
    s->file = s->files++;
}

void slo_now(struct slo *s, int64_t now_ms) {
    s->now_ms = now_ms;
}

uint64_t slo_damaged(const struct slo *s) {
    return s->report.damaged;
}

struct slo_stream *slo_stream_new(void) {
    return mem_zero(1, sizeof(struct slo_stream));
}

void slo_use(struct slo *s, struct slo_stream *stream, unsigned file, bool context) {
    s->stream = stream;
    s->file = file;
    s->files = file + 1;
    s->muted = context;
}

static bool in_window(struct slo *s, const struct logline *l) {
    struct slo_stream *f = s->stream;
    if (!s->options.windowed)
        return true;
    if (l->time.at)
        f->timed =
            logline_time(l->time, s->options.zone, f->timed ? f->time_ms : INT64_MIN, &f->time_ms);
    return f->timed && f->time_ms >= s->options.since_ms && f->time_ms < s->options.until_ms;
}

static void take_server(struct slo *s, const struct logline *l) {
    static const struct {
        const char *decision;
        bool ends; /* a request; the latency of a stream is that of its end */
        int input; /* counted there, or -1 */
    } decisions[] = {
        {"complete", true, -1},
        {"error", true, METRIC_ERROR},
        {"abort", true, METRIC_GIVEN_UP},
        {"retry", true, METRIC_GIVEN_UP},
        {"degrade", true, -1},
        {"stream_acquired", false, METRIC_ACQUIRED},
    };
    bool stream = l->method.n >= 6 && memcmp(l->method.at, "Stream", 6) == 0;
    for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
        if (!slice_is(l->decision, decisions[i].decision))
            continue;
        if (decisions[i].input >= 0)
            slo_count(s, (enum metric_input)decisions[i].input, 1);
        if (!decisions[i].ends)
            continue;
        slo_count(s, METRIC_REQUEST, 1);
        if (slice_is(l->method, "StreamAudio") && l->duration_ms >= 0)
            slo_add(s, METRIC_STREAM_MS, l->duration_ms);
    }
    static const char full[] = "RESOURCE_EXHAUSTED";
    if (stream && memmem(l->message.at, l->message.n, full, sizeof full - 1))
        slo_count(s, METRIC_REJECTED, 1);
}

static void take_value(struct slo *s, const struct metric_name *name, double value) {
    bool sound = value >= 0 && (name->is != METRIC_IS_RATE || value <= 1);
    if (!sound)
        s->report.damaged++;
    else if (name->is == METRIC_IS_MEASURE)
        slo_add(s, name->input, value);
    else if (name->is == METRIC_IS_RATE)
        slo_count(s, name->input, value);
    else if (value > 0)
        slo_count(s, name->input, name->is == METRIC_IS_GOOD);
}

/* Two reports of the same value are two; one that comes once with a logger's prefix and once bare is
 * one. */
bool slo_echo(struct slo *s, const struct logline *l) {
    struct slo_stream *f = s->stream;
    if (s->echo_asked)
        return f->last_metric_paired;
    uint64_t hash = slo_hash(l->message, LOGLINE_METRIC);
    bool bare = l->frame == LOGLINE_BARE;
    bool echo = hash == f->last_metric && bare != f->last_metric_bare && !f->last_metric_paired;
    f->last_metric = hash;
    f->last_metric_bare = bare;
    f->last_metric_paired = echo;
    s->echo_asked = true;
    return echo;
}

static void take_metrics(struct slo *s, const struct logline *l) {
    struct slice rest = l->message, key, value;
    while (logline_pair(&rest, &key, &value)) {
        const struct metric_name *name = metric_name_find(key);
        if (!name)
            continue;
        if (slo_echo(s, l))
            return;
        double number = slice_number(value);
        take_value(s, name, isnan(number) ? slice_duration_ms(value) : number);
    }
}

static void take_event(struct slo *s, const struct logline *l) {
    if (l->frame == LOGLINE_LOGFMT)
        return;
    const struct metric_name *name = metric_name_event(l->message);
    if (!name)
        take_metrics(s, l); /* behind other words */
    else if (!slo_echo(s, l))
        take_value(s, name, 1);
}

void slo_line(struct slo *s, uint64_t number, const char *line, size_t n) {
    struct logline l;
    if (s->files == 0)
        slo_file(s);
    logline_parse(line, n, &l);
    if (in_window(s, &l))
        slo_take(s, number, (struct slice){line, n}, &l);
}

void slo_take(struct slo *s, uint64_t number, struct slice line, const struct logline *l) {
    s->number = number;
    s->line = line;
    s->echo_asked = false;
    if (l->damaged) {
        s->report.damaged++;
        return;
    }
    switch (l->kind) {
    case LOGLINE_OTHER:
        take_event(s, l);
        break;
    case LOGLINE_METRIC:
        take_metrics(s, l);
        break;
    case LOGLINE_SERVER:
        take_server(s, l);
        break;
    case LOGLINE_TAL_TERMINATE: /* says nothing that is judged */
        break;
    default:
        slo_tray(s, l);
    }
}

/* ---- judging ---- */

struct samples *slo_samples(struct slo *s, enum metric_input input) {
    return &s->samples[input];
}

static double value_of(struct slo *s, const struct metric *row, uint64_t *samples) {
    struct samples *in = &s->samples[row->input];
    *samples = in->n;
    switch (row->statistic) {
    case METRIC_P95:
        return samples_quantile(in, 950);
    case METRIC_P99:
        return samples_quantile(in, 990);
    case METRIC_MIN:
        return in->n ? in->min : NAN;
    case METRIC_MAX:
        return in->n ? in->max : NAN;
    case METRIC_MEAN:
        return samples_mean(in);
    case METRIC_COUNT:
        *samples = s->samples[row->over].n;
        return *samples ? (double)in->n : NAN;
    case METRIC_RATIO:
        *samples = s->samples[row->over].n;
        return *samples ? (double)in->n / (double)*samples : NAN;
    }
    return NAN;
}

static bool keeps(const struct metric *row, double value, double threshold) {
    return row->op[0] == '<' ? value <= threshold : value >= threshold;
}

static enum slo_verdict verdict_of(const struct slo_metric *m, uint64_t min_samples) {
    if (isnan(m->value))
        return SLO_UNKNOWN;
    bool kept = keeps(m->row, m->value, m->threshold);
    if (!kept && m->row->every)
        return SLO_FAIL;
    if (m->samples < min_samples)
        return SLO_UNKNOWN;
    return kept ? SLO_PASS : SLO_FAIL;
}

static void judge_row(struct slo *s, const struct metric *row) {
    struct slo_metric m = {.row = row, .threshold = row->threshold};
    unsigned profile = s->options.profile;
    m.value = value_of(s, row, &m.samples);
    if (!(row->profiles & profile) && !(row->if_seen & profile && m.samples > 0))
        return;
    if (row->by_baseline && isnan(s->options.retry_abort_baseline))
        return;
    if (row->by_baseline)
        m.threshold = row->threshold * s->options.retry_abort_baseline;
    m.verdict = verdict_of(&m, s->options.min_samples);
    m.warned = m.verdict == SLO_PASS && row->warn > 0 && !keeps(row, m.value, row->warn);
    s->report.metrics[s->report.n_metrics++] = m;
}

/* Fail beats unknown, unknown beats pass; nothing judged is unknown. */
static enum slo_verdict verdict_over_all(const struct slo *s) {
    const struct slo_report *r = &s->report;
    bool unknown = r->n_metrics == 0;
    bool fail = r->n_violations > 0;
    for (size_t i = 0; i < r->n_metrics; i++) {
        fail |= r->metrics[i].verdict == SLO_FAIL;
        unknown |= r->metrics[i].verdict == SLO_UNKNOWN;
    }
    return fail ? SLO_FAIL : unknown ? SLO_UNKNOWN : SLO_PASS;
}

const struct slo_report *slo_finish(struct slo *s) {
    slo_tray_finish(s);
    if (s->report.n_violations > 0)
        qsort(s->violations, s->report.n_violations, sizeof *s->violations, by_place);
    s->report.violations = s->violations;
    for (size_t i = 0; i < METRIC_ROWS; i++)
        judge_row(s, &metric_rows[i]);
    s->report.verdict = verdict_over_all(s);
    return &s->report;
}

const char *slo_verdict_name(enum slo_verdict verdict) {
    static const char *const names[] = {"pass", "fail", "unknown"};
    return names[verdict];
}
