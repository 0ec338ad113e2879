#include "tests/screens/board_fixture.h"

#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "src/base/buf.h"
#include "src/base/clock.h"
#include "src/base/mailbox.h"
#include "src/base/mem.h"
#include "src/base/wake.h"
#include "src/model/feed_list.h"
#include "src/model/world.h"
#include "tests/screens/acting_fixture.h"
#include "tests/screens/delivery_fixture.h"
#include "tests/screens/ledger_fixture.h"
#include "tests/screens/levels_fixture.h"
#include "ui/ui.h"

#define WALL0  INT64_C(1772114607500) /* 2026-02-26T14:03:27.5Z */
#define MINUTE INT64_C(60000)
#define OLD    "2.0.0.19"
#define NEW    "2.0.0.20"

/* Escape sequences, controls of both kinds, bidi overrides, invalid UTF-8. */
#define HOSTILE                    \
    "2.0\033[2J\033]0;owned\a\x9b" \
    "31m\r\n\xe2\x80\xae"          \
    "EVIL\xff\b\x7f"

enum { MANY = 10000 };

struct fixture {
    const char *scenario;
    struct clock_fake fake;
    struct acting_clock acting;
    const struct clock *clock;
    struct policy *policy;
    struct world *world;
    int64_t wall_ms, mono_ms;
    struct wake wake;
    struct mailbox box;
    struct wake stop;
    atomic_bool stopping;
    atomic_uint asked;
    const struct snapshot *newest; /* where people act; owned */
    struct ledger_fixture ledger;
};

static bool kind_at(size_t i, const char **name, const char **help, bool *url, bool *file) {
    static const char *const kinds[] = {"health",       "feed",     "http", "manifest",
                                        "file-version", "artifact", "edge"};
    if (i >= sizeof kinds / sizeof *kinds)
        return false;
    *name = kinds[i];
    *help = "";
    *url = true;
    *file = true;
    return true;
}

static const char nexy[] =
    "product: Nexy\n"
    "target_from: staging/beta feed\n"
    "stable_from: production/stable feed\n"
    "poll: {every: 5s, timeout: 4s}\n"
    "environments:\n"
    "  - name: production\n"
    "    role: stable\n"
    "    url: https://prod.example.net\n"
    "    protected: true\n"
    "    probes:\n"
    "      - {name: health, kind: health, path: /health}\n"
    "      - {name: updates, kind: health, path: /updates/health}\n"
    "      - {name: stable feed, kind: feed, path: /updates/appcast.xml}\n"
    "      - {name: beta feed, kind: feed, path: /updates/appcast-beta.xml, closed_on: 404}\n"
    "  - name: staging\n"
    "    role: candidate\n"
    "    url: %s\n"
    "    insecure: %s\n"
    "    probes:\n"
    "      - {name: health, kind: health, path: /health}\n"
    "      - {name: updates, kind: health, path: /updates/health}\n"
    "      - {name: beta feed, kind: feed, path: /updates/appcast-beta.xml, closed_on: 404}\n"
    "  - name: tree\n"
    "    probes:\n"
    "      - {name: manifest, kind: manifest, file: manifest.json}\n"
    "      - {name: VERSION, kind: file-version, file: VERSION}\n"
    "gates:\n"
    "  - {name: versions agree, kind: versions-agree, sources: ['staging/*'], when: before}\n"
    "  - {name: feed at target, kind: feed-at-target, sources: [staging/beta feed], when: before}\n"
    "  - {name: stable untouched, kind: stable-untouched, sources: [production/stable feed],"
    " when: before}\n"
    "  - {name: production agrees, kind: versions-agree, sources: ['production/*',"
    " '!production/beta feed', tree/manifest, tree/VERSION], want: stable}\n"
    "  - {name: beta shut, kind: closed, sources: [production/beta feed]}\n"
    "  - {name: fresh, kind: fresh, within: 30s}\n"
    "  - {name: soak, kind: soak, of: [versions agree, feed at target], for: 24h, max_gap: 10m,"
    " when: before}\n";

static void many_yaml(struct buf *yaml) {
    buf_add_text(yaml, "product: Fleet\ntarget: " NEW "\nenvironments:\n");
    for (int e = 0; e < 100; e++) {
        buf_addf(yaml, "  - name: region-%02d\n    url: https://r%02d.example.net\n    probes:\n",
                 e, e);
        for (int p = 0; p < MANY / 100; p++)
            buf_addf(yaml, "      - {name: host-%03d, kind: health, path: /h/%d}\n", p, p);
    }
    buf_add_text(yaml, "gates:\n  - {name: versions agree, kind: versions-agree, sources: ['*']}\n"
                       "  - {name: fresh, kind: fresh, within: 30s}\n");
}

static bool has_people(const char *scenario) {
    static const char *const list[] = {"people",   "read-only", "going",       "running",
                                       "asks",     "second",    "interrupted", "long-ledger",
                                       "approved", "alone",     "stranger"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(list[i], scenario) == 0)
            return true;
    return false;
}

/* Somebody else has to approve the promote: it is missing, it is there, one is asked for it. */
static bool wants_approval(const char *scenario) {
    return strcmp(scenario, "alone") == 0 || strcmp(scenario, "approved") == 0 ||
           strcmp(scenario, "second") == 0;
}

static struct policy *make_policy(const char *scenario) {
    struct buf yaml;
    struct err err = ERR_INIT;
    bool insecure = strcmp(scenario, "insecure") == 0;
    buf_init(&yaml, 0);
    if (strcmp(scenario, "many") == 0)
        many_yaml(&yaml);
    else
        buf_addf(&yaml, nexy,
                 insecure ? "http://prod.example.net:4443" : "https://prod.example.net:4443",
                 insecure ? "true" : "false");
    if (has_people(scenario))
        acting_fixture_policy(&yaml, wants_approval(scenario));
    if (strcmp(scenario, "phased") == 0)
        buf_add_text(&yaml, delivery_fixture_yaml);
    if (strcmp(scenario, "levels") == 0)
        buf_add_text(&yaml, levels_fixture_yaml);
    struct config_kinds kinds = {.probe_at = kind_at};
    struct policy *policy =
        config_parse(yaml.data, yaml.len, "/etc/gonogo/gonogo.yaml", &kinds, &err);
    if (!policy)
        err_print(stderr, &err);
    buf_fini(&yaml);
    return policy;
}

static bool is(const struct fixture *f, const char *scenario) {
    return strcmp(f->scenario, scenario) == 0;
}

/* The items of a feed: the candidate's feed has one more, and keeps another url for the one before. */
static const struct feed_list *items_of(const char *id, bool candidate) {
    static const char head[] = "<rss xmlns:sparkle=\"http://www.andymatuschak.org/xml-namespaces/"
                               "sparkle\"><channel>",
                      item[] = "<item><sparkle:version>%s</sparkle:version><enclosure"
                               " url=\"https://prod.example.net/updates/downloads/%s/Nexy.dmg\""
                               " length=\"%d\" sparkle:edSignature=\"sig%d\"/></item>";
    struct err err = ERR_INIT;
    struct buf xml;
    struct feed_list *list = feed_list_new(id);
    buf_init(&xml, 0);
    buf_add_text(&xml, head);
    if (candidate)
        buf_addf(&xml, item, NEW, "beta", 275899820, 2);
    buf_addf(&xml, item, OLD, candidate ? "beta" : "stable", 275802112, 1);
    buf_add_text(&xml, "</channel></rss>");
    if (feed_list_push(list, xml.data, xml.len, &err) != ERR_OK ||
        feed_list_finish(list, &err) != ERR_OK)
        err_print(stderr, &err);
    buf_fini(&xml);
    return list;
}

/* What a healthy release says: the candidate's side has the new version, all else the old one. */
static struct sample *answer(const struct fixture *f, unsigned i, int round) {
    const struct source_spec *spec = &f->policy->sources[i];
    bool candidate = f->policy->environments[spec->environment].role == ROLE_CANDIDATE;
    struct sample *s = sample_new(i);
    s->wall_ms = f->wall_ms;
    s->mono_ms = f->mono_ms;
    s->reading = READING_OK;
    s->http = spec->url ? 200 : 0;
    s->latency_ms = spec->url ? 38 + (int)(i * 7) % 29 + (round * 13 + (int)i * 5) % 17 : 1;
    s->tls_days = spec->url && !is(f, "insecure") ? 71 : SAMPLE_UNKNOWN;
    snprintf(s->version, sizeof s->version, "%s",
             candidate || is(f, "many") || is(f, "phased") ? NEW : OLD);
    snprintf(s->build, sizeof s->build, "%s", s->version);
    if (strcmp(spec->kind, "health") == 0)
        snprintf(s->status, sizeof s->status, "OK");
    if (strcmp(spec->kind, "feed") == 0) {
        s->items = candidate ? 2 : 1;
        s->feed = spec->compared ? items_of(spec->id, candidate) : NULL;
        s->size = 275899820;
        snprintf(s->url, sizeof s->url, "https://prod.example.net/updates/downloads/Nexy.dmg");
        snprintf(s->short_version, sizeof s->short_version, "%s", s->version);
    }
    if (is(f, "phased"))
        delivery_fixture_answer(f->policy, s, WALL0);
    if (strcmp(spec->id, "production/beta feed") == 0) {
        s->reading = READING_CLOSED;
        s->http = 404;
        s->version[0] = s->build[0] = s->url[0] = '\0';
    }
    return s;
}

static void spoil(const struct fixture *f, struct sample *s, int round) {
    const char *id = f->policy->sources[s->source].id;
    bool last = round == -1;
    if (is(f, "no-go") && strcmp(id, "staging/updates") == 0)
        snprintf(s->version, sizeof s->version, "%s", OLD);
    if (is(f, "no-go") && strcmp(id, "tree/VERSION") == 0) {
        s->reading = READING_ERROR;
        s->version[0] = '\0';
        snprintf(s->error, sizeof s->error, "VERSION: no such file: check `file` of this probe");
    }
    if (is(f, "no-go") && strcmp(id, "production/health") == 0 && last) {
        s->reading = READING_ERROR;
        s->http = 502;
        snprintf(s->error, sizeof s->error,
                 "HTTP 502 from the proxy: is the service behind it up?");
    }
    if (is(f, "hostile") && strstr(id, "staging/")) {
        memcpy(s->version, HOSTILE, sizeof HOSTILE);
        memcpy(s->build, HOSTILE, sizeof HOSTILE);
        memcpy(s->status, HOSTILE, sizeof HOSTILE);
    }
    if (is(f, "many") && s->source % 97 == 13) {
        s->reading = READING_ERROR;
        s->http = 503;
        s->version[0] = '\0';
        snprintf(s->error, sizeof s->error, "HTTP 503: the far side says it is overloaded");
    }
}

static void look(struct fixture *f, int round) {
    for (unsigned i = 0; i < f->policy->n_sources; i++) {
        struct sample *s = answer(f, i, round);
        spoil(f, s, round);
        world_fold(f->world, s);
        sample_drop(s);
    }
}

static void step(struct fixture *f, int64_t by_ms, int round) {
    f->wall_ms += by_ms;
    f->mono_ms += by_ms;
    look(f, round);
    snapshot_drop(world_judge(f->world, f->wall_ms, f->mono_ms));
}

/* Somebody waived the soak, somebody else approved. */
static void waive_soak(struct fixture *f) {
    const struct snapshot *s = world_judge(f->world, f->wall_ms, f->mono_ms);
    static const struct {
        enum record_kind kind;
        const char *who, *word, *text;
    } said[] = {{RECORD_WAIVER, "ops-lead", "asked", "hotfix, the soak was yesterday's"},
                {RECORD_APPROVAL, "pm", "yes", ""}};
    world_ledger(f->world, LEDGER_WELL, NULL);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct record *r = record_new(said[i].kind);
        const struct record *one = r;
        r->seq = i + 1;
        r->at_ms = f->wall_ms;
        r->until_ms = f->wall_ms + INT64_C(7200000);
        RECORD_PUT(r->who, said[i].who);
        RECORD_PUT(r->word, said[i].word);
        RECORD_PUT(r->text, said[i].text);
        RECORD_PUT(r->subject, "soak");
        RECORD_PUT(r->target, s->target);
        RECORD_PUT(r->fingerprint, s->fingerprint);
        world_records(f->world, &one, 1, true);
        record_drop(r);
    }
    snapshot_drop(s);
}

/* The hours before the frame, in steps that the soak accepts. */
static const struct snapshot *live_through(struct fixture *f) {
    int minutes = is(f, "go") || is(f, "going") || wants_approval(f->scenario) ? 25 * 60
                  : is(f, "many")                                              ? 15
                                                                               : 19 * 60 + 12;
    f->wall_ms = WALL0 - minutes * MINUTE - 2000;
    f->mono_ms = 1000;
    world_store(f->world, STORE_KEEPING, NULL);
    if (is(f, "lost-store"))
        world_store(f->world, STORE_LOST,
                    "/var/lib/gonogo/gonogo.db is corrupt: move it away and start again");
    for (int round = 0; round < minutes / 5; round++)
        step(f, 5 * MINUTE, round);
    step(f, 0, -1);
    f->wall_ms += 2000;
    f->mono_ms += 2000;
    if (is(f, "waived"))
        waive_soak(f);
    return world_judge(f->world, f->wall_ms, f->mono_ms);
}

static void *publish(void *self) {
    struct fixture *f = self;
    for (int round = 0; !atomic_load(&f->stopping); round++) {
        f->wall_ms = clock_wall_ms(f->clock);
        f->mono_ms = clock_mono_ms(f->clock);
        if (round % 5 == 0)
            look(f, round);
        mailbox_put(&f->box, (void *)world_judge(f->world, f->wall_ms, f->mono_ms));
        if (is(f, "silent"))
            break;
        struct pollfd stop = {.fd = f->stop.read_fd, .events = POLLIN};
        poll(&stop, 1, 1000);
    }
    return NULL;
}

/* People act: what they say is heard, and the next picture shows it. */
static bool hear(struct fixture *f, const struct intent *intent) {
    if (intent->kind != INTENT_POLL)
        acting_fixture_hear(f->world, f->newest, intent);
    snapshot_drop(f->newest);
    f->newest = world_judge(f->world, f->wall_ms, f->mono_ms);
    mailbox_put(&f->box, (void *)(uintptr_t)snapshot_keep(f->newest));
    return true;
}

static bool take_intent(void *self, struct intent intent) {
    struct fixture *f = self;
    if (f->newest)
        return hear(f, &intent);
    return atomic_fetch_add(&f->asked, 1) == 0; /* the second is one too many */
}

static void probes_alive(void *self, unsigned *alive, unsigned *all) {
    struct fixture *f = self;
    *all = 4;
    *alive = is(f, "dead") ? 3 : 4;
}

static void drop(void *ref) {
    snapshot_drop(ref);
}

static int show(struct fixture *f) {
    struct err err = ERR_INIT;
    int number = 0;
    struct ui_ports ports = {
        .policy = f->policy,
        .clock = f->clock,
        .snapshots = &f->box,
        .wake = &f->wake,
        .send = take_intent,
        .probes_alive = probes_alive,
        .self = f,
        .ask_page = f->ledger.reader ? reader_ask : NULL,
        .reader = f->ledger.reader,
        .pages = f->ledger.reader ? reader_pages(f->ledger.reader) : NULL,
        .who = is(f, "second")     ? "support-lead"
               : is(f, "stranger") ? "mallory"
                                   : "ops-lead",
        .user = is(f, "second") ? "bob" : "ada",
        .read_only = is(f, "read-only"),
    };
    enum err_code code = ui_run(&ports, &number, &err);
    if (code != ERR_OK)
        err_print(stderr, &err);
    if (number)
        raise(number);
    return code == ERR_OK ? 0 : err_exit_code(&err);
}

static int run_live(struct fixture *f) {
    pthread_t thread;
    sigset_t all, old;
    f->clock = clock_system();
    world_store(f->world, STORE_KEEPING, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    int failed = pthread_create(&thread, NULL, publish, f);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed)
        return 1;
    int code = show(f);
    atomic_store(&f->stopping, true);
    wake_signal(&f->stop);
    pthread_join(thread, NULL);
    return code;
}

/* The newest picture is an hour ahead of the clock, so that nobody takes the engine for silent. */
static const struct snapshot *let_people_act(struct fixture *f, const struct snapshot *s) {
    enum { AHEAD_MS = 3600000 };
    acting_clock_init(&f->acting, WALL0, s->mono_ms - AHEAD_MS);
    f->clock = &f->acting.clock;
    world_ledger(f->world, LEDGER_WELL, NULL);
    snapshot_drop(s);
    s = world_judge(f->world, f->wall_ms, f->mono_ms);
    if (is(f, "long-ledger")) {
        if (!ledger_fixture_start(&f->ledger, f->world, f->wall_ms, &f->wake))
            exit(2);
    } else {
        acting_fixture_past(f->world, s);
        if (is(f, "approved"))
            acting_fixture_approve(f->world, s);
    }
    if (is(f, "running") || is(f, "asks") || is(f, "interrupted"))
        acting_fixture_runs(f->world, s, f->scenario);
    snapshot_drop(s);
    f->newest = world_judge(f->world, f->wall_ms, f->mono_ms);
    return snapshot_keep(f->newest);
}

int board_fixture_run(const char *scenario) {
    static const char *const known[] = {
        "first-frame", "hold",  "go",      "no-go",   "many",        "hostile",     "lost-store",
        "insecure",    "live",  "silent",  "dead",    "levels",      "waived",      "people",
        "read-only",   "going", "running", "asks",    "interrupted", "long-ledger", "second",
        "approved",    "alone", "phased",  "stranger"};
    size_t k = 0;
    while (k < sizeof known / sizeof *known && strcmp(known[k], scenario) != 0)
        k++;
    if (k == sizeof known / sizeof *known)
        return 2;
    setlocale(LC_CTYPE, "");
    struct fixture f = {.scenario = scenario, .clock = &f.fake.clock};
    struct err err = ERR_INIT;
    clock_fake_init(&f.fake, WALL0);
    f.policy = make_policy(scenario);
    if (!f.policy || wake_init(&f.wake, &err) != ERR_OK || wake_init(&f.stop, &err) != ERR_OK)
        return 2;
    mailbox_init(&f.box, drop, &f.wake);
    f.world = world_new(f.policy);
    int code;
    if (is(&f, "live") || is(&f, "silent")) {
        code = run_live(&f);
    } else {
        if (!is(&f, "first-frame")) {
            const struct snapshot *s = live_through(&f);
            if (is(&f, "levels"))
                levels_fixture_fill((struct snapshot *)(uintptr_t)s); /* nobody has it yet */
            clock_fake_advance(&f.fake, s->mono_ms - clock_mono_ms(&f.fake.clock));
            clock_fake_jump(&f.fake, WALL0 - clock_wall_ms(&f.fake.clock));
            if (has_people(scenario))
                s = let_people_act(&f, s);
            mailbox_put(&f.box, (void *)s);
        }
        code = show(&f);
    }
    ledger_fixture_stop(&f.ledger);
    mailbox_fini(&f.box);
    snapshot_drop(f.newest);
    world_free(f.world);
    policy_free(f.policy);
    wake_fini(&f.wake);
    wake_fini(&f.stop);
    return code;
}
