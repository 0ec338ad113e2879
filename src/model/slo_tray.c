/* The tray's own story: series by id, and the rules whose breach is a violation. */
#include "src/model/slo_parts.h"

#include <math.h>
#include <stdlib.h>

/* ---- series ---- */

static struct series **bucket_of(struct series_table *t, uint64_t id) {
    return &t->buckets[id % SERIES_BUCKETS];
}

static void list_out(struct series_table *t, struct series *x) {
    *(x->older ? &x->older->newer : &t->oldest) = x->newer;
    *(x->newer ? &x->newer->older : &t->newest) = x->older;
}

static void list_in(struct series_table *t, struct series *x) {
    x->older = t->newest;
    x->newer = NULL;
    *(t->newest ? &t->newest->newer : &t->oldest) = x;
    t->newest = x;
}

static struct series *find(struct series_table *t, uint64_t id) {
    struct series *x = id ? *bucket_of(t, id) : NULL;
    while (x && x->id != id)
        x = x->chain;
    return x;
}

/* The circuit that three errors called for did not open. */
static void circuit_missing(struct slo *s, struct series *x) {
    slo_violate_at(s, METRIC_NO_CIRCUIT, x->owes_file, x->owes_line, x->owes_text);
    x->owes_text = NULL;
    x->owes_circuit = false;
    x->errors = 0;
    s->table.owing--;
}

static struct series *make_room(struct slo *s) {
    struct series_table *t = &s->table;
    if (t->used < SLO_SERIES_MAX)
        return &t->all[t->used++];
    struct series *x = t->oldest;
    if (x->owes_circuit)
        circuit_missing(s, x);
    list_out(t, x);
    struct series **at = bucket_of(t, x->id);
    while (*at != x)
        at = &(*at)->chain;
    *at = x->chain;
    return x;
}

static struct series *series_of(struct slo *s, struct slice name) {
    struct series_table *t = &s->table;
    uint64_t id = slo_hash(name, 0);
    struct series *x = find(t, id);
    if (x) {
        list_out(t, x);
        list_in(t, x);
    } else {
        x = make_room(s);
        *x = (struct series){.id = id, .running = LOGLINE_NONE, .chain = *bucket_of(t, id)};
        *bucket_of(t, id) = x;
        list_in(t, x);
        s->report.series++;
        if (s->stream->held && !s->stream->tal && !s->stream->held_ready)
            s->stream->tal = id;
    }
    s->stream->current = id;
    return x;
}

/* ---- events ---- */

static void attempt_begins(struct slo *s, struct series *x, int64_t number) {
    if (x->owes_circuit)
        circuit_missing(s, x);
    s->report.attempts++;
    slo_count(s, METRIC_ATTEMPT, 1);
    if (number > 1) {
        s->report.retries++;
        slo_count(s, METRIC_RETRY, 1);
    }
    if (s->stream->open)
        slo_violate(s, METRIC_WHILE_OPEN);
    s->stream->attempted = true;
}

static void on_start(struct slo *s, const struct logline *l, struct series *x) {
    attempt_begins(s, x, l->number);
    x->running = l->number;
}

/* A result whose start was not logged is an attempt all the same. */
static void on_result(struct slo *s, const struct logline *l, struct series *x) {
    if (x->running != l->number)
        attempt_begins(s, x, l->number);
    x->running = LOGLINE_NONE;
}

static void on_ok(struct slo *s, const struct logline *l, struct series *x) {
    on_result(s, l, x);
    x->errors = 0;
    s->report.series_ok += !x->ok;
    x->ok = true;
    s->report.attempts_ok++;
    s->stream->last_ok = x->id;
    if (l->duration_ms < 0)
        return;
    slo_add(s, METRIC_START_MS, l->duration_ms);
    if (l->number == 1)
        slo_count(s, METRIC_FIRST_MS, l->duration_ms);
}

static void on_error(struct slo *s, const struct logline *l, struct series *x) {
    on_result(s, l, x);
    if (l->number == 1)
        slo_count(s, METRIC_FIRST_ERROR, 1);
    s->stream->last_error = x->id;
    if (++x->errors < METRIC_ERRORS_RUN || s->stream->open)
        return;
    x->owes_circuit = true;
    x->owes_file = s->file;
    x->owes_line = s->number;
    x->owes_text = slo_safe_line(s);
    x->owes_since_ms = s->now_ms;
    s->table.owing++;
}

static void on_backoff(struct slo *s, const struct logline *l, struct series *x) {
    (void)x;
    if (fabs(l->jitter_percent) > METRIC_JITTER_PERCENT)
        slo_violate(s, METRIC_JITTER);
}

/* Whose errors opened the circuit? Its line does not say: those of the series that failed last, else
 * of the one that has waited for longest. Another file's only when this one has just begun. */
static struct series *owner_of_circuit(struct slo *s) {
    struct series *x = find(&s->table, s->stream->last_error);
    if (x && x->owes_circuit)
        return x;
    for (x = s->table.owing ? s->table.oldest : NULL; x; x = x->newer)
        if (x->owes_circuit && (x->owes_file == s->file || !s->stream->attempted))
            return x;
    return NULL;
}

static void on_open(struct slo *s, const struct logline *l) {
    (void)l;
    s->report.circuit_opens++;
    s->stream->open = true;
    struct series *x = owner_of_circuit(s);
    if (!x)
        x = find(&s->table, s->stream->last_error);
    if (!x)
        return;
    s->table.owing -= x->owes_circuit;
    x->owes_circuit = false;
    free(x->owes_text);
    x->owes_text = NULL;
    x->errors = 0;
}

static void on_close(struct slo *s, const struct logline *l) {
    (void)l;
    s->report.circuit_closes++;
    s->stream->open = false;
}

static void on_hold(struct slo *s, const struct logline *l) {
    (void)l;
    struct slo_stream *f = s->stream;
    struct series *x = find(&s->table, f->current);
    f->held = true;
    f->held_ready = false;
    f->tal = x && !x->ready ? x->id : 0;
    if (!f->launched) /* nothing else says that the app began again */
        f->flagged = false;
}

/* Is it known that the tray was not ready? Where the log begins in the middle nothing is. */
static bool not_ready(struct slo *s) {
    struct slo_stream *f = s->stream;
    if (f->held && !f->tal)
        return !f->held_ready;
    struct series *x = find(&s->table, f->tal ? f->tal : f->current);
    return x && !x->ready;
}

static void on_released(struct slo *s, const struct logline *l) {
    if (l->duration_ms >= 0)
        slo_count(s, METRIC_HOLD_S, l->duration_ms / 1000);
    if (not_ready(s))
        slo_violate(s, METRIC_TAL_BEFORE_READY);
    s->stream->held = s->stream->held_ready = false;
    s->stream->tal = 0;
}

/* It bears no id: it speaks of the series that succeeded last, else of the one named last. */
static void on_ready(struct slo *s, const struct logline *l) {
    struct series *x = find(&s->table, s->stream->last_ok);
    if (l->duration_ms >= 0)
        slo_count(s, METRIC_READY_MS, l->duration_ms);
    if (!x || x->ready)
        x = find(&s->table, s->stream->current);
    if (x)
        x->ready = true;
    if (!s->stream->tal)
        s->stream->held_ready = true;
}

static void on_flag(struct slo *s, const struct logline *l) {
    (void)l;
    s->report.restart_flags++;
    if (s->stream->flagged)
        slo_violate(s, METRIC_SECOND_FLAG);
    s->stream->flagged = true;
}

/* A new process: its circuit is closed, and the next flag is another restart's. */
static void on_launch(struct slo *s, const struct logline *l) {
    (void)l;
    struct slo_stream *f = s->stream;
    f->launched = true;
    f->flagged = f->open = f->held = f->held_ready = false;
    f->current = f->last_ok = f->tal = 0;
}

static void on_aux(struct slo *s, const struct logline *l) {
    (void)l;
    if (++s->stream->aux_run == METRIC_AUX_RUN)
        slo_violate(s, METRIC_AUX_CASCADE);
}

static const struct {
    void (*of_series)(struct slo *s, const struct logline *l, struct series *x);
    void (*of_stream)(struct slo *s, const struct logline *l);
} handlers[LOGLINE_KINDS] = {
    [LOGLINE_ATTEMPT_START] = {.of_series = on_start},
    [LOGLINE_ATTEMPT_OK] = {.of_series = on_ok},
    [LOGLINE_ATTEMPT_ERROR] = {.of_series = on_error},
    [LOGLINE_BACKOFF] = {.of_series = on_backoff},
    [LOGLINE_CC_READY] = {.of_stream = on_launch},
    [LOGLINE_CIRCUIT_OPEN] = {.of_stream = on_open},
    [LOGLINE_CIRCUIT_CLOSE] = {.of_stream = on_close},
    [LOGLINE_TAL_HOLD] = {.of_stream = on_hold},
    [LOGLINE_TAL_RELEASED] = {.of_stream = on_released},
    [LOGLINE_TRAY_READY] = {.of_stream = on_ready},
    [LOGLINE_RESTART_FLAG] = {.of_stream = on_flag},
    [LOGLINE_AUX] = {.of_stream = on_aux},
};

void slo_tray(struct slo *s, const struct logline *l) {
    uint64_t event = slo_hash(l->message, (uint64_t)l->kind);
    bool echo = event == s->stream->last_tray;
    s->stream->last_tray = event;
    if (l->kind != LOGLINE_AUX)
        s->stream->aux_run = 0;
    if (echo)
        return;
    if (handlers[l->kind].of_stream) {
        handlers[l->kind].of_stream(s, l);
        return;
    }
    struct series *x = series_of(s, l->series);
    if (!handlers[l->kind].of_series) /* TRAY_SERIES_ID: again and again the same series */
        return;
    echo = event == x->last_event;
    x->last_event = event;
    if (!echo)
        handlers[l->kind].of_series(s, l, x);
}

void slo_overdue(struct slo *s, int64_t before_ms) {
    for (size_t i = 0; s->table.owing > 0 && i < s->table.used; i++)
        if (s->table.all[i].owes_circuit && s->table.all[i].owes_since_ms < before_ms)
            circuit_missing(s, &s->table.all[i]);
}

void slo_tray_finish(struct slo *s) {
    for (size_t i = 0; i < s->table.used; i++)
        if (s->table.all[i].owes_circuit)
            circuit_missing(s, &s->table.all[i]);
}
