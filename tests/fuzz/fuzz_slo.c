/* Any bytes as a log: the judge ends, its tallies agree with each other, and neither the size of the
 * pieces nor looking for words first changes what it says. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/cmd/slo_read.h"
#include "src/model/slo.h"
#include "tests/fuzz/must.h"

struct run {
    struct slo *slo;
    struct slo_read read;
    const struct slo_report *report;
};

static void run(struct run *r, const uint8_t *data, size_t size, size_t piece,
                const char *const *words) {
    const struct slo_options options = {
        .profile = METRIC_ALL, .min_samples = 2, .retry_abort_baseline = 0.02};
    r->slo = slo_new(&options);
    slo_read_init(&r->read, r->slo, words);
    slo_read_begin(&r->read);
    for (size_t at = 0; at < size; at += piece)
        slo_read_bytes(&r->read, (const char *)data + at, size - at < piece ? size - at : piece);
    slo_read_end(&r->read);
    r->report = slo_finish(r->slo);
}

static void end(struct run *r) {
    slo_read_fini(&r->read);
    slo_free(r->slo);
}

static void must_agree_with_itself(const struct slo_report *r) {
    MUST(r->series_ok <= r->series && r->attempts_ok <= r->attempts && r->retries <= r->attempts);
    for (size_t i = 0; i < r->n_metrics; i++)
        MUST(r->metrics[i].verdict != SLO_PASS ||
             (!isnan(r->metrics[i].value) && r->metrics[i].samples >= 2));
    MUST(r->n_violations == 0 || r->verdict == SLO_FAIL);
    for (size_t i = 0; i < r->n_violations; i++)
        MUST(r->violations[i].line > 0 && r->violations[i].text);
}

static void must_be_the_same(const struct run *a, const struct run *b) {
    const struct slo_report *x = a->report, *y = b->report;
    MUST(a->read.lines == b->read.lines && a->read.bytes == b->read.bytes);
    MUST(x->series == y->series && x->attempts == y->attempts && x->attempts_ok == y->attempts_ok);
    MUST(x->verdict == y->verdict && x->n_violations == y->n_violations);
    for (size_t i = 0; i < x->n_violations; i++)
        MUST(x->violations[i].line == y->violations[i].line &&
             x->violations[i].rule == y->violations[i].rule &&
             strcmp(x->violations[i].text, y->violations[i].text) == 0);
    MUST(x->n_metrics == y->n_metrics);
    for (size_t i = 0; i < x->n_metrics; i++)
        MUST(x->metrics[i].samples == y->metrics[i].samples &&
             x->metrics[i].verdict == y->metrics[i].verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct run whole, pieces;
    run(&whole, data, size, size + 1, NULL);
    run(&pieces, data, size, 1 + size / 3, metric_words(METRIC_ALL));
    must_agree_with_itself(whole.report);
    must_be_the_same(&whole, &pieces);
    end(&whole);
    end(&pieces);
    return 0;
}
