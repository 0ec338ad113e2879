#include "tests/unit/logbook_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/when.h"
#include "tests/unit/config_help.h"

void book_open(struct book *b, const char *yaml) {
    char *text = mem_format("%s%s", LOG_HEAD, yaml);
    *b = (struct book){.policy = help_good(text)};
    b->logbook = logbook_new(b->policy);
    free(text);
}

void book_close(struct book *b) {
    digest_drop(b->digest);
    logbook_free(b->logbook);
    policy_free(b->policy);
}

static void take(struct book *b, unsigned log, const char *path, int64_t arrived_ms, bool context,
                 const char *text) {
    int file = logbook_file(b->logbook, log, path);
    assert_true(file >= 0);
    size_t n = strlen(text);
    char *exact = mem_alloc(n ? n : 1); /* reading beyond it is seen */
    memcpy(exact, text, n);
    logbook_take(b->logbook, file,
                 &(struct logbook_lines){.bytes = exact,
                                         .n = n,
                                         .first = b->line + 1,
                                         .arrived_ms = arrived_ms,
                                         .context = context});
    free(exact);
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        b->line++;
    b->line += n > 0 && text[n - 1] != '\n';
}

void book_say(struct book *b, unsigned log, const char *path, int64_t arrived_ms,
              const char *text) {
    take(b, log, path, arrived_ms, false, text);
}

void book_context(struct book *b, unsigned log, const char *path, const char *text) {
    take(b, log, path, 0, true, text);
}

const struct digest *book_digest(struct book *b, int64_t wall_ms) {
    digest_drop(b->digest);
    b->digest = logbook_digest(b->logbook, wall_ms);
    return b->digest;
}

int64_t book_time(const char *rfc3339) {
    int64_t ms;
    assert_true(when_parse_rfc3339(rfc3339, &ms));
    return ms;
}

static struct book_sum sum(const struct book *b, const char *metric, bool any, int64_t minute) {
    struct book_sum sum = {0};
    size_t m = 0;
    while (m < b->policy->n_metrics && strcmp(b->policy->metrics[m].name, metric) != 0)
        m++;
    assert_true(m < b->policy->n_metrics);
    for (size_t i = 0; i < b->digest->n_deltas; i++) {
        const struct digest_delta *d = &b->digest->deltas[i];
        if (d->metric != m || (!any && d->minute != minute))
            continue;
        sum.part += d->part;
        sum.whole += d->whole;
        sum.deltas++;
    }
    return sum;
}

struct book_sum book_sum(const struct book *b, const char *metric) {
    return sum(b, metric, true, 0);
}

struct book_sum book_minute(const struct book *b, const char *metric, const char *minute) {
    return sum(b, metric, false, book_time(minute) / 60000);
}
