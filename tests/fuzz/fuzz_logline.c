/* Any bytes: every slice of a parsed line lies inside the line, a sound line has what its kind needs,
 * and cutting the line's end off never yields a different sound attempt. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "src/model/logline.h"
#include "tests/fuzz/must.h"

static const char *line;
static size_t line_n;

static void must_lie_inside(struct slice s) {
    if (s.at)
        MUST(s.at >= line && s.n <= line_n && (size_t)(s.at - line) <= line_n - s.n);
}

static void must_have_its_parts(const struct logline *l) {
    switch (l->kind) {
    case LOGLINE_ATTEMPT_ERROR:
        MUST(l->reason.n > 0);
        /* fall through */
    case LOGLINE_ATTEMPT_OK:
        MUST(isfinite(l->duration_ms));
        /* fall through */
    case LOGLINE_ATTEMPT_START:
        MUST(l->number >= 0 && l->series.n > 0);
        break;
    case LOGLINE_SERVER:
        MUST(l->decision.n > 0 && l->time.at);
        break;
    case LOGLINE_METRIC:
        MUST(isfinite(l->value) && l->metric.n > 0);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct logline l;
    line = (const char *)data;
    line_n = size;
    logline_parse(line, size, &l);
    MUST((unsigned)l.kind < LOGLINE_KINDS && logline_kind_name(l.kind));
    const struct slice parts[] = {l.time,   l.logger, l.level,  l.message,  l.series, l.reason,
                                  l.metric, l.scope,  l.method, l.decision, l.ctx,    l.msg};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        must_lie_inside(parts[i]);
    if (!l.damaged)
        must_have_its_parts(&l);
    struct slice rest = l.message, key, value;
    while (logline_pair(&rest, &key, &value)) {
        must_lie_inside(key);
        must_lie_inside(value);
        MUST(key.n > 0);
    }
    if (l.kind == LOGLINE_ATTEMPT_OK && !l.damaged) {
        struct logline cut;
        size_t end = (size_t)(l.message.at - line) + l.message.n;
        logline_parse(line, end - 1, &cut);
        MUST(cut.kind != LOGLINE_ATTEMPT_OK || cut.damaged || cut.message.n < l.message.n);
    }
    return 0;
}
