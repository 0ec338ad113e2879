#include "src/model/logbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/logbook_parts.h"

enum {
    DUE_DELTAS = 2048,
    DUE_BUCKETS = 1 << 16,
    CIRCUIT_PATIENCE_MS = 60000, /* a circuit opens at once, or it does not */
};

/* ---- what is told of a line ---- */

static void measured(void *self, enum metric_input input, double value) {
    struct logbook *b = self;
    for (size_t i = 0; i < b->n_roles[input]; i++) {
        const struct role *role = &b->roles[input][i];
        switch (role->as) {
        case AS_MEASURE:
            logbook_count(b, role->metric, true, value, 1);
            break;
        case AS_RATE:
            logbook_count(b, role->metric, false, value, 1);
            break;
        case AS_PART:
            logbook_count(b, role->metric, false, 1, 0);
            break;
        case AS_WHOLE:
            logbook_count(b, role->metric, false, 0, 1);
            break;
        }
    }
}

/* The end of a name says more than its beginning. */
static void name_file(const struct logbook *b, int file, char dst[DIGEST_FILE_CAP]) {
    const char *path =
        file >= 0 && (size_t)file < b->n_files && b->files[file].used ? b->files[file].path : "";
    size_t n = strlen(path), most = DIGEST_FILE_CAP / 2;
    if (n > most)
        path += n - most;
    text_safe(dst, DIGEST_FILE_CAP, path, strlen(path));
}

static void violated(void *self, enum metric_rule rule, unsigned file, uint64_t line,
                     const char *safe_text) {
    struct logbook *b = self;
    struct digest *d = b->next;
    b->reader->status.violations++;
    b->bad = true;
    if (d->n_violations == DIGEST_VIOLATIONS_MAX)
        return;
    if (!d->violations)
        d->violations = mem_zero(DIGEST_VIOLATIONS_MAX, sizeof *d->violations);
    struct digest_violation *v = &d->violations[d->n_violations++];
    v->wall_ms = b->time_known ? b->time_ms : 0;
    v->rule = rule;
    v->log = (unsigned)(b->reader - b->readers);
    v->line = line;
    name_file(b, (int)file, v->file);
    snprintf(v->text, sizeof v->text, "%s", safe_text ? safe_text : "");
}

/* ---- making ---- */

static void add_role(struct logbook *b, int input, unsigned metric, enum role_kind as) {
    if (input < 0 || b->n_roles[input] == ROLES_MAX)
        return;
    struct role *role = &b->roles[input][b->n_roles[input]++];
    role->metric = metric;
    role->as = as;
}

static void give_roles(struct logbook *b) {
    for (unsigned i = 0; i < b->policy->n_metrics; i++) {
        const struct metric_spec *m = &b->policy->metrics[i];
        if (m->input < 0)
            continue;
        if (m->shape == SHAPE_MEASURE) {
            add_role(b, m->input, i, AS_MEASURE);
        } else if (m->shape == SHAPE_RATE && m->over < 0) {
            add_role(b, m->input, i, AS_RATE);
        } else {
            add_role(b, m->input, i, AS_PART);
            add_role(b, m->over, i, AS_WHOLE);
        }
    }
}

/* A word that is in every line that matters; without one all lines are looked at. */
static void add_word(struct reader *r, size_t *n, const char *word) {
    if (!word || strlen(word) < WORDS_SHORTEST || *n == WORDS_MAX)
        r->every_line = true;
    else
        r->list[(*n)++] = word;
}

/* What JSON writes in the place of a key. */
static const char *last_key(const char *pointer) {
    const char *slash = strrchr(pointer, '/'), *key = slash ? slash + 1 : pointer;
    const char *stop = strrchr(key, '.');
    return strchr(key, '~') ? NULL : stop ? stop + 1 : key;
}

static void add_metric_words(const struct logbook *b, struct reader *r, size_t *n) {
    for (size_t i = 0; i < r->n_own; i++) {
        const struct metric_spec *m = &b->policy->metrics[r->own[i]];
        if (m->good) {
            add_word(r, n, m->good);
            add_word(r, n, m->bad);
        } else if (m->value) {
            add_word(r, n, r->spec->format == LOG_JSON ? last_key(m->value) : m->value);
        } else {
            add_word(r, n, m->match);
        }
    }
}

static void choose_words(const struct logbook *b, struct reader *r) {
    size_t n = 0;
    unsigned profiles = r->spec->profiles == METRIC_TRAY ? METRIC_ALL : r->spec->profiles;
    r->list = mem_zero(WORDS_MAX + 1, sizeof *r->list);
    for (const char *const *word = profiles ? metric_words(profiles) : NULL; word && *word; word++)
        add_word(r, &n, *word);
    add_metric_words(b, r, &n);
    for (size_t i = 0; i < r->n_gates; i++)
        for (char *const *p = b->policy->gates[r->gates[i]].patterns; *p; p++)
            add_word(r, &n, *p);
    if (r->spec->version_key)
        add_word(r, &n,
                 r->spec->format == LOG_JSON ? last_key(r->spec->version_key)
                                             : r->spec->version_key);
    words_init(&r->words, r->list);
}

static bool is_counted(const struct metric_spec *m, const struct log_spec *log) {
    if (m->shape != SHAPE_COUNT)
        return false;
    return m->input < 0 || log->profiles == METRIC_PROXY;
}

static void reader_init(struct logbook *b, unsigned log) {
    struct reader *r = &b->readers[log];
    const struct policy *p = b->policy;
    r->spec = &p->logs[log];
    r->since_ms = INT64_MIN;
    r->own = mem_zero(p->n_metrics + 1, sizeof *r->own);
    r->counts = mem_zero(p->n_metrics + 1, sizeof *r->counts);
    r->gates = mem_zero(p->n_gates + 1, sizeof *r->gates);
    for (unsigned i = 0; i < p->n_metrics && !r->spec->whole; i++) {
        const struct metric_spec *m = &p->metrics[i];
        if (m->log >= 0 && m->log != (int)log)
            continue;
        if (m->input < 0)
            r->own[r->n_own++] = i;
        if (is_counted(m, r->spec))
            r->counts[r->n_counts++] = i;
    }
    for (unsigned i = 0; i < p->n_gates; i++)
        for (size_t k = 0; k < p->gates[i].n_logs && p->gates[i].patterns; k++)
            if (p->gates[i].logs[k] == log)
                r->gates[r->n_gates++] = i;
    choose_words(b, r);
    if (r->spec->profiles & (METRIC_TRAY | METRIC_SERVER)) {
        struct slo_options options = {.profile = r->spec->profiles & METRIC_TRAY ? METRIC_ALL
                                                                                 : METRIC_SERVER,
                                      .outlet = &b->outlet};
        r->slo = slo_new(&options);
    }
}

struct logbook *logbook_new(const struct policy *policy) {
    struct logbook *b = mem_zero(1, sizeof *b);
    b->policy = policy;
    b->outlet = (struct slo_outlet){.self = b, .measured = measured, .violated = violated};
    b->match = pattern_match_new();
    b->next = digest_new(policy, 0);
    give_roles(b);
    b->readers = mem_zero(policy->n_logs + 1, sizeof *b->readers);
    for (unsigned i = 0; i < policy->n_logs; i++)
        reader_init(b, i);
    return b;
}

static void file_fini(struct logfile *f) {
    free(f->path);
    free(f->stream);
    free(f->findings);
    *f = (struct logfile){0};
}

void logbook_free(struct logbook *b) {
    if (!b)
        return;
    for (size_t i = 0; i < b->policy->n_logs; i++) {
        struct reader *r = &b->readers[i];
        slo_free(r->slo);
        free(r->list);
        free(r->own);
        free(r->counts);
        free(r->gates);
    }
    for (size_t i = 0; i < b->n_files; i++)
        file_fini(&b->files[i]);
    cells_fini(&b->cells);
    pattern_match_free(b->match);
    digest_drop(b->next);
    free(b->files);
    free(b->readers);
    free(b);
}

/* ---- files ---- */

int logbook_file(struct logbook *b, unsigned log, const char *path) {
    size_t place = b->n_files;
    for (size_t i = 0; i < b->n_files; i++) {
        if (!b->files[i].used)
            place = i;
        else if (b->files[i].log == log && strcmp(b->files[i].path, path) == 0)
            return (int)i;
    }
    if (place == LOGBOOK_FILES_MAX)
        return LOGBOOK_NO_FILE;
    if (place == b->n_files) {
        b->files = mem_resize(b->files, b->n_files + 1, sizeof *b->files);
        b->n_files++;
    }
    b->files[place] = (struct logfile){
        .used = true, .log = log, .path = mem_copy_text(path), .stream = slo_stream_new()};
    return (int)place;
}

static struct logfile *file_at(struct logbook *b, int file) {
    bool there = file >= 0 && (size_t)file < b->n_files && b->files[file].used;
    return there ? &b->files[file] : NULL;
}

void logbook_renewed(struct logbook *b, int file) {
    struct logfile *f = file_at(b, file);
    if (!f)
        return;
    free(f->findings);
    f->findings = NULL;
}

void logbook_gone(struct logbook *b, int file) {
    struct logfile *f = file_at(b, file);
    if (f)
        file_fini(f);
}

/* ---- lines ---- */

void logbook_since(struct logbook *b, unsigned log, int64_t since_ms) {
    b->readers[log].since_ms = since_ms;
}

void logbook_take(struct logbook *b, int file, const struct logbook_lines *lines) {
    struct logfile *f = file_at(b, file);
    if (!f || lines->n == 0)
        return;
    struct reader *r = &b->readers[f->log];
    struct words_walk walk = {.words = r->every_line ? NULL : &r->words,
                              .at = lines->bytes,
                              .end = lines->bytes + lines->n,
                              .number = lines->first - 1};
    struct hit hit = {.from = lines->bytes, .arrived_ms = lines->arrived_ms};
    const char *line, *end;
    b->reader = r;
    b->file = f;
    b->context = lines->context;
    while (words_next(&walk, &line, &end)) {
        hit.line = (struct slice){line, (size_t)(end - line)};
        while (hit.line.n > 0 && (line[hit.line.n - 1] == '\n' || line[hit.line.n - 1] == '\r'))
            hit.line.n--;
        hit.number = walk.number;
        logbook_hit(b, &hit);
        hit.from = end;
    }
    hit.line = (struct slice){lines->bytes + lines->n, 0};
    logbook_end(b, &hit);
    if (lines->context)
        return;
    uint64_t n = walk.number - (lines->first - 1);
    r->status.lines += n;
    r->status.bytes += lines->n;
    b->time_known = f->timed || lines->arrived_ms > 0;
    b->time_ms = lines->arrived_ms > 0 ? lines->arrived_ms : f->time_ms;
    b->version = 0;
    b->context = b->time_known && b->time_ms < r->since_ms;
    for (size_t i = 0; i < r->n_counts; i++)
        logbook_count(b, r->counts[i], false, 0, (double)n);
}

void logbook_skipped(struct logbook *b, int file, uint64_t lines, uint64_t bytes) {
    struct logfile *f = file_at(b, file);
    if (!f)
        return;
    struct digest_log *status = &b->readers[f->log].status;
    status->skipped += lines;
    status->bytes += bytes;
}

void logbook_status(struct logbook *b, unsigned log, unsigned files, bool caught_up,
                    const char *trouble) {
    struct digest_log *status = &b->readers[log].status;
    const char *text = trouble ? trouble : "";
    status->files = files;
    status->caught_up = caught_up;
    text_safe(status->trouble, sizeof status->trouble, text, strlen(text));
}

/* ---- digests ---- */

bool logbook_due(const struct logbook *b) {
    return b->next->n_deltas > DUE_DELTAS || b->next->n_buckets > DUE_BUCKETS;
}

static void give_events(struct logbook *b, struct digest *d) {
    size_t n = b->n_mentions < DIGEST_EVENTS_MAX ? b->n_mentions : DIGEST_EVENTS_MAX;
    d->events = mem_zero(n + 1, sizeof *d->events);
    for (size_t i = b->n_mentions - n; i < b->n_mentions; i++) {
        const struct mention *from = &b->mentions[i % DIGEST_EVENTS_MAX];
        struct digest_event *to = &d->events[d->n_events++];
        to->wall_ms = from->wall_ms ? from->wall_ms : d->wall_ms;
        to->log = from->log;
        to->line = from->line;
        to->kind = from->kind;
        to->bad = from->bad;
        name_file(b, from->file, to->file);
        text_safe(to->text, sizeof to->text, from->text, from->n);
    }
    b->n_mentions = 0;
}

static void give_findings(const struct logbook *b, struct digest *d) {
    d->findings = mem_zero(DIGEST_FINDINGS_MAX, sizeof *d->findings);
    for (size_t i = 0; i < b->n_files; i++) {
        const struct logfile *f = &b->files[i];
        const struct reader *r = &b->readers[f->log];
        for (size_t g = 0; f->used && f->findings && g < r->n_gates; g++) {
            if (f->findings[g].matches == 0)
                continue;
            if (d->n_findings == DIGEST_FINDINGS_MAX) {
                d->more_findings++;
                continue;
            }
            struct digest_finding *to = &d->findings[d->n_findings++];
            *to = (struct digest_finding){.gate = r->gates[g],
                                          .log = f->log,
                                          .matches = f->findings[g].matches,
                                          .line = f->findings[g].line};
            name_file(b, (int)i, to->file);
            text_safe(to->text, sizeof to->text, f->findings[g].text, strlen(f->findings[g].text));
        }
    }
}

static void give_status(struct logbook *b, struct digest *d) {
    for (size_t i = 0; i < d->n_logs; i++) {
        struct reader *r = &b->readers[i];
        uint64_t damaged = r->slo ? slo_damaged(r->slo) : 0;
        r->status.damaged += damaged - r->damaged_before;
        r->damaged_before = damaged;
        d->logs[i] = r->status;
        r->status.lines = r->status.bytes = r->status.damaged = r->status.skipped = 0;
        r->status.untimed = r->status.ahead = r->status.violations = 0;
    }
}

static void find_overdue(struct logbook *b, int64_t wall_ms) {
    for (size_t i = 0; i < b->policy->n_logs; i++) {
        if (!b->readers[i].slo)
            continue;
        b->reader = &b->readers[i];
        b->time_known = true;
        b->time_ms = wall_ms;
        slo_overdue(b->reader->slo, wall_ms - CIRCUIT_PATIENCE_MS);
    }
}

struct digest *logbook_digest(struct logbook *b, int64_t wall_ms) {
    find_overdue(b, wall_ms);
    struct digest *d = b->next;
    d->wall_ms = wall_ms;
    cells_flush(&b->cells, d);
    give_events(b, d);
    give_findings(b, d);
    give_status(b, d);
    for (size_t i = 0; i < d->n_violations; i++)
        if (d->violations[i].wall_ms == 0)
            d->violations[i].wall_ms = wall_ms;
    b->next = digest_new(b->policy, 0);
    return d;
}
