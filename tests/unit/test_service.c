#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "src/base/json.h"
#include "tests/unit/service_fixture.h"

static void health_says_the_keys_of_the_main_service(void **state) {
    struct fixture *f = *state;
    struct reply r = loopback_get(f->url, "/health");
    assert_int_equal(r.status, 200);
    assert_true(reply_has(&r, "\r\nCache-Control: public, max-age=30\r\n"));
    assert_true(reply_has(&r, "\r\nContent-Type: application/json\r\n"));
    assert_true(reply_has(&r, "\r\nDate: "));
    assert_member(&r, "/status", "OK");
    assert_member(&r, "/latest_version", "2.0.0.19");
    assert_member(&r, "/latest_build", "2.0.0.19");
    json_t *json = reply_json(&r);
    assert_true(json_is_boolean(json_at(json, "/ffmpeg_available")));
    json_decref(json);
    reply_fini(&r);
    r = loopback_get(f->url, "/status");
    assert_member(&r, "/status", "running");
    assert_member(&r, "/service", "voice-assistant");
    assert_member(&r, "/update_server", "enabled");
    assert_member(&r, "/latest_version", "2.0.0.19");
    assert_member(&r, "/endpoints/appcast_beta", "/updates/appcast-beta.xml");
    reply_fini(&r);
}

static void update_health_says_the_keys_of_the_update_service(void **state) {
    struct fixture *f = *state;
    struct reply r = loopback_get(f->url, "/updates/health");
    assert_int_equal(r.status, 200);
    assert_member(&r, "/status", "healthy");
    assert_member(&r, "/version", "2.0.0.19");
    assert_member(&r, "/latest_version", "2.0.0.19");
    assert_member(&r, "/latest_build", "2.0.0.19");
    json_t *json = reply_json(&r);
    assert_int_equal(json_integer_value(json_at(json, "/artifacts_available")), 4);
    assert_true(json_is_true(json_at(json, "/beta_updates_enabled")));
    assert_true(json_is_string(json_at(json, "/downloads_dir")));
    assert_true(json_is_string(json_at(json, "/manifests_dir")));
    assert_int_equal(strlen(json_string_value(json_at(json, "/timestamp"))), 26);
    json_decref(json);
    reply_fini(&r);
}

static void main_health_follows_the_configuration_and_update_health_the_manifest(void **state) {
    struct fixture *f = *state;
    scratch_write_text(f->root, "server/config/unified_config.yaml",
                       "update: {default_version: '2.0.0.18', default_build: '2.0.0.18'}\n");
    assert_true(body_of(f, "/health", "\"latest_version\":\"2.0.0.18\""));
    assert_true(body_of(f, "/status", "\"latest_build\":\"2.0.0.18\""));
    assert_true(body_of(f, "/updates/health", "\"latest_version\":\"2.0.0.19\""));
    char *path = mem_format("%s/server/config/unified_config.yaml", f->root);
    assert_int_equal(unlink(path), 0);
    free(path);
    assert_true(body_of(f, "/health", "\"latest_version\":\"2.0.0.19\""));
}

static void a_candidate_takes_every_version_from_the_beta_manifest(void **state) {
    struct fixture *f = *state;
    fixture_start(f, (struct service_options){.candidate = true});
    assert_true(body_of(f, "/health", "\"latest_version\":\"2.0.0.20\""));
    assert_true(body_of(f, "/status", "\"latest_version\":\"2.0.0.20\""));
    assert_true(body_of(f, "/updates/health", "\"latest_build\":\"2.0.0.20\""));
    assert_true(body_of(f, "/updates/appcast.xml", ">2.0.0.19<"));
    struct reply r = loopback_get(f->url, "/updates/downloads/Nexy.dmg");
    assert_string_equal(r.body, "beta dmg");
    reply_fini(&r);
}

static void feeds_hold_their_items_and_the_same_bytes_each_time(void **state) {
    struct fixture *f = *state;
    struct reply r = loopback_get(f->url, "/updates/appcast.xml");
    assert_int_equal(r.status, 200);
    assert_true(reply_has(&r, "\r\nCache-Control: public, max-age=60\r\n"));
    assert_true(reply_has(&r, "\r\nContent-Type: application/rss+xml"));
    assert_non_null(strstr(r.body, "<sparkle:version>2.0.0.19</sparkle:version>"));
    assert_non_null(strstr(r.body, "<pubDate>Thu, 26 Feb 2026 19:57:35 +0000</pubDate>"));
    assert_non_null(strstr(r.body, "Nexy.dmg?a=1&amp;b=2\" length=\"300000\""));
    assert_non_null(strstr(r.body, "https://notes.example/&lt;n&gt;"));
    assert_non_null(strstr(r.body, "<sparkle:minimumSystemVersion>11.0<"));
    assert_null(strstr(r.body, "edSignature"));
    assert_null(strstr(r.body, "criticalUpdate"));
    assert_null(strstr(r.body, "2.0.0.20"));
    struct reply again = loopback_get(f->url, "/updates/appcast.xml");
    assert_string_equal(r.body, again.body);
    reply_fini(&again);
    reply_fini(&r);
    r = loopback_get(f->url, "/updates/appcast-beta.xml");
    const char *beta = strstr(r.body, ">2.0.0.20<"), *stable = strstr(r.body, ">2.0.0.19<");
    assert_true(beta && stable && beta < stable);
    reply_fini(&r);
}

static void a_signature_and_a_critical_mark_are_passed_on(void **state) {
    struct fixture *f = *state;
    scratch_write_text(
        f->root, STABLE,
        "{\"version\":\"2.1 <b>\",\"build\":\"21\",\"artifact\":{\"url\":\"https://a.example/x\","
        "\"size\":1,\"sha256\":\"" SHA "\",\"ed25519\":\"c2ln\"},\"critical\":true}");
    struct reply r = loopback_get(f->url, "/updates/appcast.xml");
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "sparkle:edSignature=\"c2ln\""));
    assert_non_null(strstr(r.body, "<sparkle:criticalUpdate/>"));
    assert_non_null(strstr(r.body, "2.1 &lt;b&gt;"));
    assert_null(strstr(r.body, "pubDate"));
    reply_fini(&r);
}

static void a_feed_that_is_known_is_not_sent_again(void **state) {
    struct fixture *f = *state;
    char etag[80], line[160];
    struct reply r = loopback_get(f->url, "/updates/appcast.xml");
    reply_header(&r, "ETag", etag, sizeof etag);
    assert_true(strlen(etag) > 4);
    reply_fini(&r);
    snprintf(line, sizeof line, "If-None-Match: \"other\", W/%s\r\n", etag);
    r = loopback_ask(f->url, "GET", "/updates/appcast.xml", line);
    assert_int_equal(r.status, 304);
    assert_int_equal(r.length, 0);
    reply_fini(&r);
    scratch_write_text(f->root, STABLE, MANIFEST("\"2.0.0.21\"", "\"2.0.0.21\"", ""));
    r = loopback_ask(f->url, "GET", "/updates/appcast.xml", line);
    assert_int_equal(r.status, 200);
    reply_fini(&r);
}

static void a_change_of_the_manifest_is_seen_at_once(void **state) {
    struct fixture *f = *state;
    for (int i = 30; i < 35; i++) {
        char *text = mem_format(MANIFEST("\"3.0.%d\"", "\"3.0.%d\"", ""), i, i);
        char *needle = mem_format("3.0.%d", i);
        scratch_write_text(f->root, STABLE, text);
        assert_true(body_of(f, "/updates/appcast.xml", needle));
        assert_true(body_of(f, "/updates/health", needle));
        free(needle);
        free(text);
    }
}

static void the_beta_gate_flips_at_once_and_fails_shut(void **state) {
    struct fixture *f = *state;
    assert_status(f, "/updates/appcast-beta.xml", 200);
    scratch_write_text(f->root, "config.env", "UPDATE_BETA_ENABLED=false\n");
    struct reply r = loopback_get(f->url, "/updates/appcast-beta.xml");
    assert_int_equal(r.status, 404);
    assert_string_equal(r.body, "Beta channel is disabled");
    assert_true(reply_has(&r, "no-store"));
    reply_fini(&r);
    assert_false(body_of(f, "/updates/api/manifests", "2.0.0.20"));
    assert_true(body_of(f, "/updates/health", "\"beta_updates_enabled\":false"));
    scratch_write_text(f->root, "config.env", "UPDATE_BETA_ENABLED=true\n");
    assert_status(f, "/updates/appcast-beta.xml", 200);
    assert_true(body_of(f, "/updates/api/manifests", "2.0.0.20"));
    char *path = mem_format("%s/config.env", f->root);
    assert_int_equal(unlink(path), 0);
    free(path);
    assert_status(f, "/updates/appcast-beta.xml", 404);
}

static void a_broken_tree_is_unhealthy_and_has_no_feed(void **state) {
    static const char *const broken[] = {
        "",
        "{",
        "[]",
        "not json",
        MANIFEST("2.0", "\"2.0\"", ""),
        MANIFEST("\"2.0\"", "2", ""),
        MANIFEST("\"2.0\"", "\"2.0\"", ",\"version\":\"3.0\""),
        "{\"version\":\"2.0\",\"build\":\"2.0\"}",
        "{\"version\":\"2.0\",\"build\":\"2.0\",\"artifact\":{\"url\":\"http://cdn.example/x\","
        "\"size\":1,\"sha256\":\"" SHA "\"}}",
        "{\"version\":\"2.0\",\"build\":\"2.0\",\"artifact\":{\"url\":\"http://127.0.0.1:1/x\","
        "\"size\":1,\"sha256\":\"" SHA "\"}}",
        "{\"version\":\"2.0\",\"build\":\"2.0\",\"artifact\":{\"url\":\"https://a.example/updates/"
        "appcast.xml?x\",\"size\":1,\"sha256\":\"" SHA "\"}}",
        "{\"version\":\"2.0\",\"build\":\"2.0\",\"artifact\":{\"url\":\"https://a.example/x\","
        "\"size\":-1,\"sha256\":\"" SHA "\"}}",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        scratch_write_text(f->root, STABLE, broken[i]);
        struct reply r = loopback_get(f->url, "/updates/health");
        if (r.status != 500)
            fprintf(stderr, "case %zu: %s\n", i, r.body);
        assert_int_equal(r.status, 500);
        assert_true(reply_has(&r, "no-store"));
        assert_member(&r, "/status", "unhealthy");
        reply_fini(&r);
        assert_status(f, "/health", 500);
        r = loopback_get(f->url, "/updates/appcast.xml");
        assert_int_equal(r.status, 503);
        assert_null(strstr(r.body, "<rss"));
        reply_fini(&r);
        assert_status(f, "/updates/appcast-beta.xml", 503);
    }
    char *path = mem_format("%s/" STABLE, f->root);
    assert_int_equal(unlink(path), 0);
    assert_status(f, "/updates/health", 500);
    assert_status(f, "/updates/appcast.xml", 503);
    assert_status(f, "/updates/appcast-beta.xml", 200); /* the beta item alone */
    free(path);
}

static void text_that_xml_cannot_carry_makes_no_feed(void **state) {
    struct fixture *f = *state;
    scratch_write_text(f->root, STABLE,
                       "{\"version\":\"2.0\",\"build\":\"2.0\",\"notes_url\":\"https://a/\\u0007\","
                       "\"artifact\":{\"url\":\"https://a.example/x\",\"size\":1,\"sha256\":\"" SHA
                       "\"}}");
    assert_status(f, "/updates/appcast.xml", 503);
}

static void a_garbled_configuration_is_unhealthy(void **state) {
    struct fixture *f = *state;
    static const char *const broken[] = {"update: {default_version: 2.0, default_build: '2'}",
                                         "update: [", "update: {default_version: '2.0'}"};
    for (size_t i = 0; i < 3; i++) {
        scratch_write_text(f->root, "server/config/unified_config.yaml", broken[i]);
        assert_status(f, "/health", 500);
        assert_status(f, "/updates/health", 200);
    }
}

static void a_tree_that_goes_away_and_comes_back_is_served_again(void **state) {
    struct fixture *f = *state;
    char *aside = mem_format("%s.aside", f->root);
    assert_int_equal(rename(f->root, aside), 0);
    assert_status(f, "/health", 500);
    assert_status(f, "/updates/appcast.xml", 500);
    assert_int_equal(rename(aside, f->root), 0);
    assert_status(f, "/health", 200);
    free(aside);
}

static void only_get_and_head_are_answered(void **state) {
    struct fixture *f = *state;
    static const char *const methods[] = {"POST",  "PUT",   "DELETE",  "OPTIONS",
                                          "PATCH", "TRACE", "PROPFIND"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct reply r = loopback_ask(f->url, methods[i], "/health", "Content-Length: 0\r\n");
        assert_int_equal(r.status, 405);
        assert_true(reply_has(&r, "\r\nAllow: GET, HEAD\r\n"));
        reply_fini(&r);
    }
    struct reply r = loopback_ask(f->url, "GET", "/health", "Content-Length: 99999999999\r\n");
    assert_int_equal(r.status, 413);
    reply_fini(&r);
    r = loopback_ask(f->url, "GET", "/health", "Transfer-Encoding: chunked\r\n");
    assert_int_equal(r.status, 413);
    reply_fini(&r);
}

static void bytes_that_are_no_request_do_no_harm(void **state) {
    struct fixture *f = *state;
    static const char *const junk[] = {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                                       "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
                                       "GET /health HTTP/1.1\r\nHost: a\r\nBad\r\n\r\n"};
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        int fd = loopback_connect(f->url);
        assert_true(fd >= 0);
        assert_int_equal(send(fd, junk[i], strlen(junk[i]), MSG_NOSIGNAL), strlen(junk[i]));
        close(fd);
    }
    assert_status(f, "/health", 200);
}

static void one_connection_carries_many_requests(void **state) {
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text, 0);
    for (int i = 0; i < 20; i++)
        buf_addf(&text, "GET /updates/appcast.xml HTTP/1.1\r\nHost: a\r\n%s\r\n",
                 i == 19 ? "Connection: close\r\n" : "");
    struct reply r = loopback_send(f->url, text.data, text.len);
    assert_int_equal(r.status, 200);
    int count = 1;
    for (const char *at = r.body; (at = strstr(at, "HTTP/1.1 200")); at++)
        count++;
    assert_int_equal(count, 20);
    reply_fini(&r);
    buf_fini(&text);
}

static void the_lists_are_json_arrays(void **state) {
    struct fixture *f = *state;
    scratch_write_text(f->root, "server/updates/manifests/manifest_1.0.json", "{broken");
    struct reply r = loopback_get(f->url, "/updates/api/versions");
    json_t *json = reply_json(&r);
    assert_int_equal(json_array_size(json), 3);
    json_decref(json);
    assert_member(&r, "/0/version", "2.0.0.19");
    assert_member(&r, "/1/manifest", "manifest_1.0.json");
    assert_member(&r, "/2/version", "2.0.0.20");
    reply_fini(&r);
    r = loopback_get(f->url, "/updates/api/manifests");
    assert_member(&r, "/0/artifact/sha256", SHA);
    assert_non_null(strstr(r.body, "\"error\":\""));
    reply_fini(&r);
    r = loopback_get(f->url, "/updates/api/artifacts");
    json = reply_json(&r);
    assert_int_equal(json_array_size(json), 4);
    json_decref(json);
    assert_member(&r, "/1/name", "Nexy.dmg");
    assert_member(&r, "/1/tag", "Update");
    reply_fini(&r);
}

static void move(const struct fixture *f, const char *from, const char *to) {
    char *old = mem_format("%s/%s", f->root, from), *new = mem_format("%s/%s", f->root, to);
    scratch_write_text(f->root, to, ""); /* makes its folder */
    assert_int_equal(rename(old, new), 0);
    free(old);
    free(new);
}

static void a_tree_with_other_names_is_served_by_them(void **state) {
    struct fixture *f = *state;
    struct layout layout;
    layout_init(&layout);
    layout.version = "RELEASE";
    layout.env = "etc/env";
    layout.config = "etc/settings.yaml";
    layout.manifests = "manifests";
    layout.channels[TREE_STABLE].manifest = "manifests/everybody.json";
    layout.channels[TREE_STABLE].tags[0] = "Everybody";
    layout.channels[TREE_BETA].manifest = "manifests/friends.json";
    scratch_write_text(f->root, "RELEASE", "2.0.0.77\n");
    scratch_write_text(f->root, "etc/settings.yaml",
                       "update:\n  default_version: \"2.0.0.78\"\n  default_build: \"2.0.0.78\"\n");
    scratch_write_text(f->root, "etc/env", "UPDATE_BETA_ENABLED=false\n");
    move(f, STABLE, "manifests/everybody.json");
    move(f, BETA, "manifests/friends.json");
    move(f, "assets/Update/Nexy.dmg", "assets/Everybody/Nexy.dmg");
    fixture_start(f, (struct service_options){.layout = &layout});
    struct err err = ERR_INIT;
    assert_int_equal(service_check(f->service, &err), ERR_OK);
    assert_true(body_of(f, "/updates/appcast.xml", "2.0.0.19"));
    assert_true(body_of(f, "/health", "2.0.0.78"));
    assert_true(body_of(f, "/updates/health", "2.0.0.77"));
    assert_true(body_of(f, "/updates/health", "\"manifests_dir\":\"manifests\""));
    assert_status(f, "/updates/downloads/Nexy.dmg", 200);
    assert_status(f, "/updates/appcast-beta.xml", 404);
    assert_false(body_of(f, "/updates/api/versions", "friends.json"));
    scratch_write_text(f->root, "etc/env", "UPDATE_BETA_ENABLED=true\n");
    assert_status(f, "/updates/appcast-beta.xml", 200);
    assert_true(body_of(f, "/updates/api/versions", "friends.json"));
}

static void two_addresses_split_the_paths_as_on_the_vm(void **state) {
    struct fixture *f = *state;
    fixture_start(f, (struct service_options){.health_listen = "127.0.0.1:0"});
    assert_true(body_of(f, "/health", "\"healthy\""));
    assert_true(body_of(f, "/updates/health", "\"healthy\""));
    assert_status(f, "/appcast.xml", 200);
    assert_status(f, "/updates/appcast-beta.xml", 200);
    assert_status(f, "/downloads/Nexy.pkg", 200);
    assert_status(f, "/api/versions", 200);
    assert_status(f, "/status", 404);
    f->url = service_health_url(f->service);
    assert_string_not_equal(f->url, service_url(f->service));
    assert_true(body_of(f, "/health", "\"OK\""));
    assert_status(f, "/status", 200);
    assert_status(f, "/updates/health", 404);
    assert_status(f, "/appcast.xml", 404);
}

static void an_address_that_cannot_be_used_is_named(void **state) {
    struct fixture *f = *state;
    static const char *const bad[] = {"",           "8081",        "localhost",       "1.2.3.4:x",
                                      ":8081",      "a.b:80",      "127.0.0.1:70000", "::1:80",
                                      "127.0.0.1:", "127.0.0.1:-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = ERR_INIT;
        assert_null(
            service_start(&(struct service_options){.root = f->root, .listen = bad[i]}, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err.where, "--listen");
    }
    struct err err = ERR_INIT;
    const char *taken = strstr(f->url, "127.");
    assert_null(service_start(&(struct service_options){.root = f->root, .listen = taken}, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.where, taken);
    assert_non_null(strstr(err.todo, "another port"));
    err_clear(&err);
    assert_null(service_start(
        &(struct service_options){.root = f->root, .listen = "127.0.0.1:0", .health_listen = taken},
        &err));
    assert_int_equal(err.code, ERR_IO);
}

static void a_fault_stands_before_the_true_answer(void **state) {
    struct fixture *f = *state;
    static const struct service_fault broken = {.path_prefix = "/updates/appcast",
                                                .body = "<rss><cut"};
    fixture_start(f, (struct service_options){.fault = &broken});
    struct reply r = loopback_get(f->url, "/updates/appcast.xml");
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "<rss><cut");
    assert_false(reply_has(&r, "ETag"));
    reply_fini(&r);
    assert_status(f, "/health", 200);
    static const struct service_fault refused = {.path_prefix = "", .status = 502, .body = ""};
    fixture_start(f, (struct service_options){.fault = &refused});
    assert_status(f, "/health", 502);
}

static int64_t mono_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *ask_health(void *url) {
    struct reply r = loopback_get(url, "/health");
    reply_fini(&r);
    return NULL;
}

static void a_delayed_answer_does_not_delay_the_stop(void **state) {
    struct fixture *f = *state;
    static const struct service_fault slow = {.path_prefix = "", .delay_ms = 60000};
    fixture_start(f, (struct service_options){.fault = &slow});
    char url[80];
    snprintf(url, sizeof url, "%s", f->url);
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_health, url), 0);
    int64_t began = mono_ms();
    service_stop(f->service);
    f->service = NULL;
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_true(mono_ms() - began < 10000);
}

static void *ask_much(void *self) {
    const struct fixture *f = self;
    static const char *const paths[] = {"/health",
                                        "/status",
                                        "/updates/health",
                                        "/updates/appcast.xml",
                                        "/updates/appcast-beta.xml",
                                        "/updates/downloads/Nexy.dmg",
                                        "/updates/api/versions",
                                        "/updates/api/manifests",
                                        "/updates/api/artifacts"};
    intptr_t good = 0;
    for (size_t i = 0; i < 90; i++) {
        struct reply r = loopback_get(f->url, paths[i % 9]);
        good += r.status == 200;
        reply_fini(&r);
    }
    return (void *)good;
}

static void many_readers_at_once_are_all_answered(void **state) {
    struct fixture *f = *state;
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_much, f), 0);
    for (int i = 0; i < 8; i++) {
        void *good;
        pthread_join(threads[i], &good);
        assert_int_equal((intptr_t)good, 90);
    }
}

static struct timespec modified_of(const struct stat *st) {
#ifdef __APPLE__
    return st->st_mtimespec;
#else
    return st->st_mtim;
#endif
}

/* Adds up what a write anywhere in the tree would change. */
static _Thread_local unsigned long long tree_sum;
static int sum_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
    (void)kind;
    (void)ftw;
    struct timespec modified = modified_of(st);
    unsigned long long h = 1469598103934665603ULL;
    for (; *path; path++)
        h = (h ^ (unsigned char)*path) * 1099511628211ULL;
    tree_sum += h ^ (unsigned long long)st->st_size ^ (unsigned long long)modified.tv_nsec ^
                ((unsigned long long)modified.tv_sec << 20) ^ (unsigned long long)st->st_mode;
    return 0;
}

static unsigned long long sum_of(const char *root) {
    tree_sum = 0;
    nftw(root, sum_one, 16, FTW_PHYS);
    return tree_sum;
}

static void answering_changes_nothing_in_the_tree(void **state) {
    struct fixture *f = *state;
    unsigned long long before = sum_of(f->root);
    ask_much(f);
    struct reply part =
        loopback_ask(f->url, "GET", "/updates/downloads/Nexy.dmg", "Range: bytes=5-9\r\n");
    assert_int_equal(part.status, 206);
    reply_fini(&part);
    assert_true(before == sum_of(f->root));
}

static void the_check_tells_what_is_wrong(void **state) {
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    assert_int_equal(service_check(f->service, &err), ERR_OK);
    scratch_write_text(f->root, BETA, "{}");
    assert_int_not_equal(service_check(f->service, &err), ERR_OK);
    assert_string_equal(err.where, BETA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_TREE(health_says_the_keys_of_the_main_service),
        WITH_TREE(update_health_says_the_keys_of_the_update_service),
        WITH_TREE(main_health_follows_the_configuration_and_update_health_the_manifest),
        WITH_TREE(a_candidate_takes_every_version_from_the_beta_manifest),
        WITH_TREE(feeds_hold_their_items_and_the_same_bytes_each_time),
        WITH_TREE(a_signature_and_a_critical_mark_are_passed_on),
        WITH_TREE(a_feed_that_is_known_is_not_sent_again),
        WITH_TREE(a_change_of_the_manifest_is_seen_at_once),
        WITH_TREE(the_beta_gate_flips_at_once_and_fails_shut),
        WITH_TREE(a_broken_tree_is_unhealthy_and_has_no_feed),
        WITH_TREE(text_that_xml_cannot_carry_makes_no_feed),
        WITH_TREE(a_garbled_configuration_is_unhealthy),
        WITH_TREE(a_tree_that_goes_away_and_comes_back_is_served_again),
        WITH_TREE(only_get_and_head_are_answered),
        WITH_TREE(bytes_that_are_no_request_do_no_harm),
        WITH_TREE(one_connection_carries_many_requests),
        WITH_TREE(the_lists_are_json_arrays),
        WITH_TREE(a_tree_with_other_names_is_served_by_them),
        WITH_TREE(two_addresses_split_the_paths_as_on_the_vm),
        WITH_TREE(an_address_that_cannot_be_used_is_named),
        WITH_TREE(a_fault_stands_before_the_true_answer),
        WITH_TREE(a_delayed_answer_does_not_delay_the_stop),
        WITH_TREE(many_readers_at_once_are_all_answered),
        WITH_TREE(answering_changes_nothing_in_the_tree),
        WITH_TREE(the_check_tells_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
