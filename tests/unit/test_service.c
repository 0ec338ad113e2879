#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>

#include "src/base/json.h"
#include "src/release/service.h"
#include "tests/unit/loopback.h"

enum { DMG_BYTES = 300000 };
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MANIFEST(version, build, tail)                                                        \
    "{\"version\":" version ",\"build\":" build                                               \
    ",\"artifact\":{\"type\":\"dmg\",\"url\":\"https://cdn.example/releases/download/Update/" \
    "Nexy.dmg?a=1&b=2\",\"size\":300000,\"sha256\":\"" SHA                                    \
    "\",\"arch\":\"universal2\",\"min_os\":\"11.0\",\"ed25519\":\"\"},\"critical\":false,"    \
    "\"auto_install\":true,\"notes_url\":\"https://notes.example/<n>\","                      \
    "\"release_date\":\"2026-02-26T19:57:35.968960+00:00\"" tail "}"
#define STABLE "server/updates/manifests/manifest.json"
#define BETA   "server/updates/manifests/manifest_beta.json"

struct fixture {
    char *root;
    struct service *service;
    const char *url;
};

static unsigned char dmg_byte(size_t i) {
    return (unsigned char)(i * 7 + i / 251);
}

static void write_tree(const char *root) {
    unsigned char *dmg = mem_alloc(DMG_BYTES);
    for (size_t i = 0; i < DMG_BYTES; i++)
        dmg[i] = dmg_byte(i);
    folder_write(root, "assets/Update/Nexy.dmg", dmg, DMG_BYTES);
    folder_write_text(root, "assets/Update/LATEST_CHANGES.md", "# Изменения 🎉\n");
    folder_write_text(root, "assets/Update/.secret", "hidden");
    folder_write_text(root, "assets/Update/empty.pkg", "");
    folder_write_text(root, "assets/App/Nexy.pkg", "pkg");
    folder_write_text(root, "assets/UpdateBeta/Nexy.dmg", "beta dmg");
    folder_write_text(root, "VERSION", "2.0.0.19\n");
    folder_write_text(root, "config.env", "UPDATE_BETA_ENABLED=true\nGEMINI_API_KEY=secret\n");
    folder_write_text(root, "server/config/unified_config.yaml",
                      "update:\n  default_version: \"2.0.0.19\"\n  default_build: 2.0.0.19\n");
    folder_write_text(root, STABLE, MANIFEST("\"2.0.0.19\"", "\"2.0.0.19\"", ""));
    folder_write_text(root, BETA, MANIFEST("\"2.0.0.20\"", "\"2.0.0.20\"", ""));
    free(dmg);
}

static void start_with(struct fixture *f, struct service_options options) {
    struct err err = ERR_INIT;
    service_stop(f->service);
    options.root = f->root;
    options.listen = "127.0.0.1:0";
    f->service = service_start(&options, &err);
    if (!f->service)
        err_print(stderr, &err);
    assert_non_null(f->service);
    f->url = service_url(f->service);
}

static int set_up(void **state) {
    struct fixture *f = mem_zero(1, sizeof *f);
    *state = f;
    f->root = folder_new();
    write_tree(f->root);
    start_with(f, (struct service_options){0});
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    service_stop(f->service);
    folder_free(f->root);
    free(f);
    return 0;
}

static json_t *json_of(const struct reply *r) {
    struct err err = ERR_INIT;
    json_t *json = json_read(r->body, r->length, "test", &err);
    assert_non_null(json);
    return json;
}

static void assert_member(const struct reply *r, const char *pointer, const char *text) {
    json_t *json = json_of(r);
    const json_t *at = json_at(json, pointer);
    assert_true(json_is_string(at));
    assert_string_equal(json_string_value(at), text);
    json_decref(json);
}

static void assert_status(const struct fixture *f, const char *path, int status) {
    struct reply r = loopback_get(f->url, path);
    if (r.status != status)
        fprintf(stderr, "%s: %s\n", path, r.body);
    assert_int_equal(r.status, status);
    reply_fini(&r);
}

static bool body_of(const struct fixture *f, const char *path, const char *needle) {
    struct reply r = loopback_get(f->url, path);
    bool found = strstr(r.body, needle) != NULL;
    reply_fini(&r);
    return found;
}

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
    json_t *json = json_of(&r);
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
    json_t *json = json_of(&r);
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
    folder_write_text(f->root, "server/config/unified_config.yaml",
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
    start_with(f, (struct service_options){.candidate = true});
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
    folder_write_text(
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
    folder_write_text(f->root, STABLE, MANIFEST("\"2.0.0.21\"", "\"2.0.0.21\"", ""));
    r = loopback_ask(f->url, "GET", "/updates/appcast.xml", line);
    assert_int_equal(r.status, 200);
    reply_fini(&r);
}

static void a_change_of_the_manifest_is_seen_at_once(void **state) {
    struct fixture *f = *state;
    for (int i = 30; i < 35; i++) {
        char *text = mem_format(MANIFEST("\"3.0.%d\"", "\"3.0.%d\"", ""), i, i);
        char *needle = mem_format("3.0.%d", i);
        folder_write_text(f->root, STABLE, text);
        assert_true(body_of(f, "/updates/appcast.xml", needle));
        assert_true(body_of(f, "/updates/health", needle));
        free(needle);
        free(text);
    }
}

static void the_beta_gate_flips_at_once_and_fails_shut(void **state) {
    struct fixture *f = *state;
    assert_status(f, "/updates/appcast-beta.xml", 200);
    folder_write_text(f->root, "config.env", "UPDATE_BETA_ENABLED=false\n");
    struct reply r = loopback_get(f->url, "/updates/appcast-beta.xml");
    assert_int_equal(r.status, 404);
    assert_string_equal(r.body, "Beta channel is disabled");
    assert_true(reply_has(&r, "no-store"));
    reply_fini(&r);
    assert_false(body_of(f, "/updates/api/manifests", "2.0.0.20"));
    assert_true(body_of(f, "/updates/health", "\"beta_updates_enabled\":false"));
    folder_write_text(f->root, "config.env", "UPDATE_BETA_ENABLED=true\n");
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
        folder_write_text(f->root, STABLE, broken[i]);
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
    folder_write_text(f->root, STABLE,
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
        folder_write_text(f->root, "server/config/unified_config.yaml", broken[i]);
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

static void a_download_is_whole_and_named_by_its_headers(void **state) {
    struct fixture *f = *state;
    struct reply r = loopback_get(f->url, "/updates/downloads/Nexy.dmg");
    assert_int_equal(r.status, 200);
    assert_int_equal(r.length, DMG_BYTES);
    for (size_t i = 0; i < DMG_BYTES; i++)
        if ((unsigned char)r.body[i] != dmg_byte(i))
            fail();
    assert_true(reply_has(&r, "\r\nContent-Length: 300000\r\n"));
    assert_true(reply_has(&r, "\r\nAccept-Ranges: bytes\r\n"));
    assert_true(reply_has(&r, "\r\nETag: \""));
    assert_true(reply_has(&r, "\r\nLast-Modified: "));
    reply_fini(&r);
    r = loopback_get(f->url, "/updates/downloads/Nexy.pkg");
    assert_string_equal(r.body, "pkg");
    reply_fini(&r);
    r = loopback_get(f->url, "/updates/downloads/empty.pkg");
    assert_int_equal(r.status, 200);
    assert_int_equal(r.length, 0);
    reply_fini(&r);
}

static void head_says_everything_but_the_body(void **state) {
    struct fixture *f = *state;
    static const char *const paths[] = {"/health", "/updates/appcast.xml",
                                        "/updates/downloads/Nexy.dmg"};
    for (size_t i = 0; i < 3; i++) {
        struct reply get = loopback_get(f->url, paths[i]);
        struct reply head = loopback_ask(f->url, "HEAD", paths[i], "Range: bytes=0-1\r\n");
        char length[32], expected[32];
        reply_header(&head, "Content-Length", length, sizeof length);
        snprintf(expected, sizeof expected, "%zu", get.length);
        assert_int_equal(head.status, 200);
        assert_string_equal(length, expected);
        assert_int_equal(head.length, 0);
        reply_fini(&get);
        reply_fini(&head);
    }
}

static void check_part(const struct fixture *f, const char *headers, int status, size_t first,
                       size_t length) {
    struct reply r = loopback_ask(f->url, "GET", "/updates/downloads/Nexy.dmg", headers);
    assert_int_equal(r.status, status);
    char content_range[80], expected[80];
    reply_header(&r, "Content-Range", content_range, sizeof content_range);
    if (status == 416) {
        assert_string_equal(content_range, "bytes */300000");
    } else {
        assert_int_equal(r.length, length);
        snprintf(expected, sizeof expected, "bytes %zu-%zu/300000", first, first + length - 1);
        assert_string_equal(content_range, status == 206 ? expected : "");
        for (size_t i = 0; i < length; i++)
            if ((unsigned char)r.body[i] != dmg_byte(first + i))
                fail();
    }
    reply_fini(&r);
}

static void one_range_is_a_part_and_anything_else_the_whole(void **state) {
    struct fixture *f = *state;
    check_part(f, "Range: bytes=0-0\r\n", 206, 0, 1);
    check_part(f, "Range: bytes=1000-199999\r\n", 206, 1000, 199000);
    check_part(f, "Range: bytes=299999-\r\n", 206, 299999, 1);
    check_part(f, "Range: bytes=-500\r\n", 206, 299500, 500);
    check_part(f, "Range: bytes=299000-999999\r\n", 206, 299000, 1000);
    check_part(f, "Range: bytes=300000-\r\n", 416, 0, 0);
    check_part(f, "Range: bytes=-0\r\n", 416, 0, 0);
    check_part(f, "Range: bytes=0-1,5-6\r\n", 200, 0, DMG_BYTES);
    check_part(f, "Range: bytes=9-1\r\n", 200, 0, DMG_BYTES);
    check_part(f, "Range: lines=0-1\r\n", 200, 0, DMG_BYTES);
}

static void if_range_gives_a_part_of_the_same_bytes_only(void **state) {
    struct fixture *f = *state;
    char etag[80], modified[80], line[200];
    struct reply r = loopback_get(f->url, "/updates/downloads/Nexy.dmg");
    reply_header(&r, "ETag", etag, sizeof etag);
    reply_header(&r, "Last-Modified", modified, sizeof modified);
    reply_fini(&r);
    snprintf(line, sizeof line, "Range: bytes=5-9\r\nIf-Range: %s\r\n", etag);
    check_part(f, line, 206, 5, 5);
    snprintf(line, sizeof line, "Range: bytes=5-9\r\nIf-Range: %s\r\n", modified);
    check_part(f, line, 206, 5, 5);
    snprintf(line, sizeof line, "Range: bytes=5-9\r\nIf-Range: W/%s\r\n", etag);
    check_part(f, line, 200, 0, DMG_BYTES);
    check_part(f, "Range: bytes=5-9\r\nIf-Range: \"old\"\r\n", 200, 0, DMG_BYTES);
    snprintf(line, sizeof line, "If-None-Match: %s\r\n", etag);
    r = loopback_ask(f->url, "GET", "/updates/downloads/Nexy.dmg", line);
    assert_int_equal(r.status, 304);
    reply_fini(&r);
    snprintf(line, sizeof line, "If-Modified-Since: %s\r\n", modified);
    r = loopback_ask(f->url, "GET", "/updates/downloads/Nexy.dmg", line);
    assert_int_equal(r.status, 304);
    reply_fini(&r);
}

static void nothing_outside_the_asset_folders_is_downloaded(void **state) {
    struct fixture *f = *state;
    static const char *const paths[] = {"/updates/downloads/",
                                        "/updates/downloads",
                                        "/updates/downloads/../App/Nexy.pkg",
                                        "/updates/downloads/..%2f..%2fconfig.env",
                                        "/updates/downloads/%2e%2e/App/Nexy.pkg",
                                        "/updates/downloads/%2e%2e%2fApp%2fNexy.pkg",
                                        "/updates/downloads//Nexy.dmg",
                                        "/updates/downloads/./Nexy.dmg",
                                        "/updates/downloads/.secret",
                                        "/updates/downloads/%2esecret",
                                        "/updates/downloads/Nexy.dmg%00",
                                        "/updates/downloads/%00",
                                        "/updates/downloads/Nexy.dmg/",
                                        "/updates/downloads/Update/Nexy.dmg",
                                        "/updates/downloads/..\\config.env",
                                        "/updates/downloads/%5c..%5cconfig.env",
                                        "/updates/downloads/..",
                                        "/updates/downloads/%c0%ae%c0%ae",
                                        "/updates/downloads/%",
                                        "/updates/downloads/link",
                                        "/updates/downloads/folder",
                                        "//updates/health",
                                        "/updates//health",
                                        "/health%00",
                                        "/health/",
                                        "/updates/../health",
                                        "/UPDATES/health",
                                        "/updates/health%2f",
                                        "/config.env",
                                        "/updates/config.env",
                                        "/",
                                        "/updates/",
                                        "/updates",
                                        "/updates/downloads/NEXY.DMG"};
    char *link = mem_format("%s/assets/Update/link", f->root);
    assert_int_equal(symlink("../../config.env", link), 0);
    folder_write_text(f->root, "assets/Update/folder/x", "x");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct reply r = loopback_get(f->url, paths[i]);
        if (r.status != 404 && r.status != 400)
            fprintf(stderr, "%s: %d\n", paths[i], r.status);
        assert_true(r.status == 404 || r.status == 400);
        assert_null(strstr(r.body, "secret"));
        assert_true(reply_has(&r, "Content-Type: application/json"));
        reply_fini(&r);
    }
    free(link);
}

static void a_linked_asset_folder_is_not_followed(void **state) {
    struct fixture *f = *state;
    char *from = mem_format("%s/assets/Update", f->root), *to = mem_format("%s/moved", f->root);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(symlink(to, from), 0);
    assert_status(f, "/updates/downloads/Nexy.dmg", 404);
    assert_status(f, "/updates/health", 500);
    free(from);
    free(to);
}

static void what_is_too_long_is_refused(void **state) {
    struct fixture *f = *state;
    char *path = mem_alloc(70001);
    static const size_t lengths[] = {1500, 70000};
    for (size_t i = 0; i < 2; i++) {
        memset(path, 'a', lengths[i]);
        path[0] = '/';
        path[lengths[i]] = '\0';
        struct reply r = loopback_get(f->url, path);
        assert_true(r.status == 0 || (r.status >= 400 && r.status < 500));
        reply_fini(&r);
    }
    free(path);
    assert_status(f, "/health", 200);
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
    folder_write_text(f->root, "server/updates/manifests/manifest_1.0.json", "{broken");
    struct reply r = loopback_get(f->url, "/updates/api/versions");
    json_t *json = json_of(&r);
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
    json = json_of(&r);
    assert_int_equal(json_array_size(json), 4);
    json_decref(json);
    assert_member(&r, "/1/name", "Nexy.dmg");
    assert_member(&r, "/1/tag", "Update");
    reply_fini(&r);
}

static void two_addresses_split_the_paths_as_on_the_vm(void **state) {
    struct fixture *f = *state;
    start_with(f, (struct service_options){.health_listen = "127.0.0.1:0"});
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
    start_with(f, (struct service_options){.fault = &broken});
    struct reply r = loopback_get(f->url, "/updates/appcast.xml");
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "<rss><cut");
    assert_false(reply_has(&r, "ETag"));
    reply_fini(&r);
    assert_status(f, "/health", 200);
    static const struct service_fault refused = {.path_prefix = "", .status = 502, .body = ""};
    start_with(f, (struct service_options){.fault = &refused});
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
    start_with(f, (struct service_options){.fault = &slow});
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
    check_part(f, "Range: bytes=5-9\r\n", 206, 5, 5);
    assert_true(before == sum_of(f->root));
}

static void the_check_tells_what_is_wrong(void **state) {
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    assert_int_equal(service_check(f->service, &err), ERR_OK);
    folder_write_text(f->root, BETA, "{}");
    assert_int_not_equal(service_check(f->service, &err), ERR_OK);
    assert_string_equal(err.where, BETA);
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
        WITH_TREE(a_download_is_whole_and_named_by_its_headers),
        WITH_TREE(head_says_everything_but_the_body),
        WITH_TREE(one_range_is_a_part_and_anything_else_the_whole),
        WITH_TREE(if_range_gives_a_part_of_the_same_bytes_only),
        WITH_TREE(nothing_outside_the_asset_folders_is_downloaded),
        WITH_TREE(a_linked_asset_folder_is_not_followed),
        WITH_TREE(what_is_too_long_is_refused),
        WITH_TREE(only_get_and_head_are_answered),
        WITH_TREE(bytes_that_are_no_request_do_no_harm),
        WITH_TREE(one_connection_carries_many_requests),
        WITH_TREE(the_lists_are_json_arrays),
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
