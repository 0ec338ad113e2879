/* Any bytes as the lines of a log of each format, in blocks cut anywhere: no line is lost or counted
 * twice, whatever the cuts, and what a digest tells is within its bounds. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/logbook.h"
#include "tests/fuzz/must.h"

enum { FORMATS = 5, METRICS = METRIC_STREAMS + 4 };

static char words[][16] = {"log",        "lat",  "opens", "door opened",
                           "door stuck", "oops", "app",   "/a/b"};

struct told {
    double part, whole;
    uint64_t violations, lines, damaged;
};

static void make_policy(struct policy *p, struct log_spec *log, struct metric_spec *metrics,
                        unsigned format) {
    static const unsigned profiles[FORMATS] = {METRIC_TRAY, METRIC_SERVER, METRIC_PROXY, 0, 0};
    *log = (struct log_spec){.name = words[0],
                             .format = (enum log_format)format,
                             .profiles = profiles[format],
                             .version_key = words[6]};
    for (size_t i = 0; i < METRIC_STREAMS; i++)
        metrics[i] = (struct metric_spec){.name = words[1],
                                          .shape = metric_streams[i].shape,
                                          .input = (int)metric_streams[i].input,
                                          .over = metric_streams[i].over,
                                          .log = -1};
    struct metric_spec own = {.name = words[2], .log = -1, .input = -1, .over = -1};
    metrics[METRIC_STREAMS] = own;
    metrics[METRIC_STREAMS].value = words[1];
    metrics[METRIC_STREAMS + 1] = own;
    metrics[METRIC_STREAMS + 1].shape = SHAPE_RATE;
    metrics[METRIC_STREAMS + 1].good = words[3];
    metrics[METRIC_STREAMS + 1].bad = words[4];
    metrics[METRIC_STREAMS + 2] = own;
    metrics[METRIC_STREAMS + 2].shape = SHAPE_COUNT;
    metrics[METRIC_STREAMS + 2].match = words[5];
    metrics[METRIC_STREAMS + 3] = own;
    metrics[METRIC_STREAMS + 3].value = words[7];
    *p = (struct policy){.logs = log, .n_logs = 1, .metrics = metrics, .n_metrics = METRICS};
}

static void add_up(const struct digest *d, struct told *told) {
    for (size_t i = 0; i < d->n_deltas; i++) {
        const struct digest_delta *delta = &d->deltas[i];
        MUST(delta->metric < METRICS && isfinite(delta->part) && delta->part >= 0 &&
             delta->whole >= 0 && delta->version < d->n_versions);
        MUST(delta->bucket + delta->n_buckets <= d->n_buckets);
        told->part += delta->whole > 0 ? 1 : 0;
        told->whole += delta->whole;
    }
    MUST(d->n_violations <= DIGEST_VIOLATIONS_MAX && d->n_events <= DIGEST_EVENTS_MAX);
    for (size_t i = 0; i < d->n_events; i++)
        MUST(memchr(d->events[i].text, '\0', DIGEST_TEXT_CAP) &&
             !strchr(d->events[i].text, '\x1b'));
    told->violations += d->logs[0].violations;
    told->lines += d->logs[0].lines;
    told->damaged += d->logs[0].damaged;
}

static struct told told_of(const struct policy *p, const char *text, size_t n, bool cut) {
    struct logbook *b = logbook_new(p);
    struct told told = {0};
    int file = logbook_file(b, 0, "f");
    uint64_t line = 1;
    while (n > 0) {
        const char *lf = cut ? memchr(text, '\n', n) : NULL;
        size_t block = lf ? (size_t)(lf - text) + 1 : n;
        logbook_take(b, file,
                     &(struct logbook_lines){
                         .bytes = text, .n = block, .first = line++, .arrived_ms = 1772107200000});
        text += block;
        n -= block;
    }
    struct digest *d = logbook_digest(b, 1772107200000);
    add_up(d, &told);
    digest_drop(d);
    logbook_free(b);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct policy policy;
    struct log_spec log;
    struct metric_spec metrics[METRICS];
    if (size == 0)
        return 0;
    make_policy(&policy, &log, metrics, data[0] % FORMATS);
    const char *text = (const char *)data + 1;
    struct told whole = told_of(&policy, text, size - 1, false);
    struct told cut = told_of(&policy, text, size - 1, true);
    uint64_t lines = 0;
    for (size_t i = 1; i < size; i++)
        lines += data[i] == '\n';
    lines += size > 1 && data[size - 1] != '\n';
    MUST(whole.lines == lines && cut.lines == lines);
    MUST(whole.violations == cut.violations && whole.damaged == cut.damaged);
    MUST(whole.whole == cut.whole); /* whole numbers, in whatever order */
    return 0;
}
