#include "tests/screens/delivery_fixture.h"

#include <stdio.h>
#include <string.h>

#include "src/model/artifact_facts.h"
#include "src/model/edge.h"

const char delivery_fixture_yaml[] =
    "  - {name: artifact honest, kind: artifact, sources: [production/stable feed]}\n"
    "  - {name: edge, kind: edge, url: 'https://cdn.example.net/appcast.xml',"
    " origin: 'https://origin.example.net/appcast.xml', when: after}\n";

static void prove(struct sample *s) {
    struct artifact_facts facts = {.now_bytes = 102082933, .now_total = 275899820};
    snprintf(facts.now_url, sizeof facts.now_url,
             "https://prod.example.net/updates/downloads/Nexy.dmg");
    s->unfinished = true;
    s->value = facts_write(&facts);
}

static void serve(struct sample *s, bool origin) {
    struct edge_reading r = {.bytes = 2048, .age_s = origin ? EDGE_UNKNOWN : 43200};
    memset(r.sha256, origin ? 'a' : 'b', sizeof r.sha256 - 1);
    memset(r.feed_sha256, origin ? 'a' : 'b', sizeof r.feed_sha256 - 1);
    snprintf(r.cache, sizeof r.cache, "%s", origin ? "" : "HIT");
    snprintf(r.newest, sizeof r.newest, "%s", origin ? "2.0.0.20" : "2.0.0.19");
    r.is_feed = true;
    s->value = edge_reading_write(&r);
}

void delivery_fixture_answer(const struct policy *policy, struct sample *s, int64_t wall_ms) {
    const struct source_spec *spec = &policy->sources[s->source];
    if (strcmp(spec->kind, "artifact") == 0) {
        prove(s);
    } else if (strcmp(spec->kind, "edge") == 0) {
        serve(s, strstr(spec->url, "origin") != NULL);
    } else if ((int)s->source == policy->stable_source) {
        s->published = (struct exposure_item){
            .dated = true, .pub_date_ms = wall_ms - INT64_C(60) * 3600000, .interval_s = 86400};
    }
}
