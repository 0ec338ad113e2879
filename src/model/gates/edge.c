/* edge: what clients get from the edge is what the origin has. Until then the release is not out for
 * those behind the edge: it waits. */
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/edge.h"
#include "src/model/gates/gates.h"

enum { EDGE, ORIGIN, SIDES };

struct side {
    const struct sample *seen;
    struct edge_reading reading;
    char words[192]; /* raw: what makes the reason makes it safe */
};

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    bool both = spec->n_sources == SIDES && policy->sources[spec->sources[EDGE]].url &&
                policy->sources[spec->sources[ORIGIN]].url;
    return both ? ERR_OK
                : err_set(err, ERR_CONFIG, where, "add url: https://HOST/PATH",
                          "there is nothing to compare");
}

/* "2.0.0.19, sha256 ab12cd34…, Age 5 m, HIT" */
static void describe(struct side *side) {
    const struct edge_reading *r = &side->reading;
    char age[32] = "", newest[64] = "", cache[48] = "";
    if (r->newest[0])
        snprintf(newest, sizeof newest, "%.*s, ", (int)text_cut(r->newest, strlen(r->newest), 40),
                 r->newest);
    if (r->age_s >= 0)
        duration_text(r->age_s * 1000, age, sizeof age);
    if (r->cache[0])
        snprintf(cache, sizeof cache, ", %.*s", (int)text_cut(r->cache, strlen(r->cache), 40),
                 r->cache);
    snprintf(side->words, sizeof side->words, "%ssha256 %.8s…%s%s%s", newest, r->sha256,
             age[0] ? ", Age " : "", age, cache);
}

static bool read_side(const struct gate_spec *spec, const struct snapshot *s, size_t which,
                      struct side *side, struct gate_view *out) {
    static const char *const names[SIDES] = {[EDGE] = "edge", [ORIGIN] = "origin"};
    side->seen = gate_reading_at(spec, which, s, out);
    if (!side->seen) {
        char why[REASON_CAP];
        snprintf(why, sizeof why, "%s", out->reason);
        gate_say(out, GATE_UNKNOWN, "%s: %s", names[which], why);
        return false;
    }
    if (!edge_reading_read(side->seen->value, &side->reading)) {
        gate_say(out, GATE_UNKNOWN, "%s: the answer could not be read", names[which]);
        return false;
    }
    describe(side);
    return true;
}

/* Does the server write the dates anew with each answer? Its clock and the cache's age are known. */
static bool dates_are_made(const struct side *side) {
    const struct sample *seen = side->seen;
    int64_t age_s = side->reading.age_s > 0 ? side->reading.age_s : 0;
    int64_t server_ms = seen->wall_ms + (seen->has_skew ? seen->skew_ms : 0);
    return age_s < INT32_MAX && edge_dates_are_made(&side->reading, server_ms - age_s * 1000);
}

/* A feed that is also watched by itself shows another version by now: what this side last answered is
 * over, and both sides may agree on what was before the promote. */
static bool is_overtaken(const struct snapshot *s, const struct source_spec *own,
                         const struct side *side, struct gate_view *out) {
    const struct policy *policy = s->policy;
    for (size_t i = 0; side->reading.is_feed && i < s->n_sources; i++) {
        const struct source_spec *spec = &policy->sources[i];
        const struct sample *good = s->sources[i].good;
        bool same =
            strcmp(spec->kind, "feed") == 0 && spec->url && strcmp(spec->url, own->url) == 0;
        if (!same || (spec->channels && spec->channels[0]) || source_trouble(s, i, true, NULL, 0) ||
            !good || strcmp(good->version, side->reading.newest) == 0)
            continue;
        gate_say(out, GATE_WAIT, "%s shows %.64s by now, the last look here %.64s", spec->id,
                 good->version[0] ? good->version : "nothing",
                 side->reading.newest[0] ? side->reading.newest : "nothing");
        return true;
    }
    return false;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    struct side edge, origin;
    if (!read_side(spec, s, EDGE, &edge, out) || !read_side(spec, s, ORIGIN, &origin, out))
        return;
    bool same = strcmp(edge.reading.sha256, origin.reading.sha256) == 0;
    bool same_feed = edge.reading.is_feed && origin.reading.is_feed &&
                     strcmp(edge.reading.feed_sha256, origin.reading.feed_sha256) == 0;
    const struct source_spec *sources = s->policy->sources;
    if ((same || same_feed) && (is_overtaken(s, &sources[spec->sources[EDGE]], &edge, out) ||
                                is_overtaken(s, &sources[spec->sources[ORIGIN]], &origin, out)))
        return;
    if (same)
        gate_say(out, GATE_PASS, "edge and origin serve the same: %s", edge.words);
    else if (same_feed && dates_are_made(&edge) && dates_are_made(&origin))
        gate_say(out, GATE_PASS, "edge and origin serve the same but for dates made anew: %s",
                 edge.words);
    else if (same_feed)
        gate_say(out, GATE_WAIT, "the edge has other dates (%s) than the origin (%s)", edge.words,
                 origin.words);
    else
        gate_say(out, GATE_WAIT, "the edge serves %s; the origin %s", edge.words, origin.words);
}

const struct gate_kind gate_edge = {
    .name = "edge",
    .help = "the edge serves what the origin serves: url, origin",
    .probe = "edge",
    .check = check,
    .judge = judge,
};
