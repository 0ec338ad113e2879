/* All kinds, looked at for real: over HTTP on loopback, and in files. */
#include "probes/probes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/probe.h"
#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/model/feed_list.h"
#include "tests/support/rig.h"

/* What one test's server says to everything. */
struct reply {
    const char *head; /* status line and header lines */
    const char *body;
    size_t n; /* of the body; 0 = as long as the text */
};

static void say(void *self, const char *request, unsigned number, struct hostile_reply *out) {
    const struct reply *reply = self;
    size_t n = reply->n ? reply->n : strlen(reply->body);
    (void)request;
    (void)number;
    hostile_say(out, "%sContent-Length: %zu\r\n\r\n", reply->head, n);
    out->bytes = mem_resize(out->bytes, out->n + n + 1, 1);
    memcpy(out->bytes + out->n, reply->body, n);
    out->n += n;
}

#define OK_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define OK_XML  "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
#define GOOD_HEALTH \
    "{\"status\":\"OK\",\"latest_version\":\"2.0.0.19\",\"latest_build\":\"2.0.0.19\"}"
#define GOOD_FEED                                                                     \
    "<?xml version=\"1.0\"?><rss version=\"2.0\" "                                    \
    "xmlns:sparkle=\"http://www.andymatuschak.org/xml-namespaces/sparkle\"><channel>" \
    "<title>Nexy</title>"                                                             \
    "<item><title>a</title><enclosure url=\"https://h/a.dmg\" length=\"10\" "         \
    "sparkle:version=\"2.0.0.9\"/></item>"                                            \
    "<item><title>b</title><enclosure url=\"https://h/b.dmg\" length=\"275\" "        \
    "sparkle:version=\"2.0.0.20\" sparkle:shortVersionString=\"2.0\"/></item>"        \
    "</channel></rss>"
#define GOOD_MANIFEST                                                                  \
    "{\"version\":\"2.0.0.20\",\"build\":\"2.0.0.20\",\"artifact\":{\"type\":\"dmg\"," \
    "\"url\":\"https://h/Nexy.dmg\",\"size\":275899820,\"sha256\":"                    \
    "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}}"

/* One look at one source of `kind` that answers `reply`. */
struct scene {
    struct rig rig;
    struct hostile *server;
};

static struct source_spec *scene_init(struct scene *s, const char *kind, struct reply *reply) {
    rig_init(&s->rig);
    s->server = hostile_start(say, reply, NULL);
    return rig_add_at(&s->rig, kind, s->server, "/x");
}

static void scene_fini(struct scene *s) {
    rig_fini(&s->rig);
    hostile_stop(s->server);
}

static const struct sample *scene_look(struct scene *s) {
    rig_start(&s->rig);
    return rig_next(&s->rig);
}

static void has(const struct sample *sample, const char *part) {
    if (sample->reading != READING_ERROR || !strstr(sample->error, part))
        fail_msg("reading %d, error \"%s\" does not say \"%s\"", (int)sample->reading,
                 sample->error, part);
}

/* ---- health ---------------------------------------------------------------------------------- */

static void test_health_tells_status_version_and_build(void **state) {
    (void)state;
    struct reply reply = {OK_JSON, GOOD_HEALTH, 0};
    struct scene s;
    scene_init(&s, "health", &reply);
    const struct sample *sample = scene_look(&s);
    assert_string_equal(sample->error, "");
    assert_int_equal(sample->reading, READING_OK);
    assert_int_equal(sample->http, 200);
    assert_string_equal(sample->version, "2.0.0.19");
    assert_string_equal(sample->build, "2.0.0.19");
    assert_string_equal(sample->status, "OK");
    assert_true(sample->latency_ms >= 0);
    assert_int_equal(sample->tls_days, SAMPLE_UNKNOWN);
    assert_false(sample->has_skew);
    sample_drop(sample);
    scene_fini(&s);
}

static void test_an_unhealthy_service_is_quoted(void **state) {
    (void)state;
    struct reply reply = {
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n",
        "{\"status\":\"unhealthy\",\"latest_version\":\"2.0.0.19\",\"latest_build\":\"2.0.0.19\","
        "\"error\":\"disk \\u001b[31mfull\"}",
        0};
    struct scene s;
    scene_init(&s, "health", &reply);
    const struct sample *sample = scene_look(&s);
    has(sample, "full");
    assert_null(strchr(sample->error, '\x1b'));
    assert_int_equal(sample->http, 500);
    assert_string_equal(sample->version, "2.0.0.19");
    sample_drop(sample);
    scene_fini(&s);
}

static void test_a_version_that_is_a_number_is_a_defect(void **state) {
    (void)state;
    struct reply reply = {OK_JSON,
                          "{\"status\":\"OK\",\"latest_version\":2.0,\"latest_build\":\"2\"}", 0};
    struct scene s;
    scene_init(&s, "health", &reply);
    const struct sample *sample = scene_look(&s);
    has(sample, "/latest_version");
    has(sample, "number");
    assert_string_equal(sample->version, "");
    sample_drop(sample);
    scene_fini(&s);
}

static void test_a_login_page_is_no_health(void **state) {
    (void)state;
    struct reply reply = {"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n",
                          "<html>log in", 0};
    struct scene s;
    scene_init(&s, "health", &reply);
    const struct sample *sample = scene_look(&s);
    has(sample, "answered text/html, not JSON: ");
    sample_drop(sample);
    scene_fini(&s);
}

static void test_an_odd_or_missing_type_is_tolerated(void **state) {
    (void)state;
    const char *heads[] = {"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n",
                           "HTTP/1.1 200 OK\r\n"};
    for (size_t i = 0; i < 2; i++) {
        struct reply reply = {heads[i], GOOD_HEALTH, 0};
        struct scene s;
        scene_init(&s, "health", &reply);
        const struct sample *sample = scene_look(&s);
        assert_int_equal(sample->reading, READING_OK);
        sample_drop(sample);
        scene_fini(&s);
    }
}

static void test_a_proxys_error_page_is_told_by_its_status(void **state) {
    (void)state;
    struct reply reply = {"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n", "<html>", 0};
    struct scene s;
    scene_init(&s, "health", &reply);
    const struct sample *sample = scene_look(&s);
    has(sample, "HTTP 502: the proxy gets no answer from the service: is the service running?");
    assert_int_equal(sample->http, 502);
    sample_drop(sample);
    scene_fini(&s);
}

static void test_bad_json_is_an_error(void **state) {
    (void)state;
    char *deep = mem_zero(1, 4001);
    memset(deep, '[', 4000);
    const char *bodies[] = {"",      "{",  "{\"status\":\"OK\",\"status\":\"OK\"}",
                            "[NaN]", deep, "\xFF\xFE"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        struct reply reply = {OK_JSON, bodies[i], 0};
        struct scene s;
        scene_init(&s, "health", &reply);
        const struct sample *sample = scene_look(&s);
        assert_int_equal(sample->reading, READING_ERROR);
        assert_true(*sample->error);
        sample_drop(sample);
        scene_fini(&s);
    }
    free(deep);
}

/* ---- feed ------------------------------------------------------------------------------------ */

static void test_feed_tells_the_newest_item(void **state) {
    (void)state;
    struct reply reply = {OK_XML, GOOD_FEED, 0};
    struct scene s;
    scene_init(&s, "feed", &reply);
    const struct sample *sample = scene_look(&s);
    assert_string_equal(sample->error, "");
    assert_int_equal(sample->items, 2);
    assert_string_equal(sample->version, "2.0.0.20");
    assert_string_equal(sample->build, "2.0.0.20");
    assert_string_equal(sample->short_version, "2.0");
    assert_string_equal(sample->url, "https://h/b.dmg");
    assert_int_equal(sample->size, 275);
    sample_drop(sample);
    scene_fini(&s);
}

static void test_a_closed_feed_is_closed_and_not_down(void **state) {
    (void)state;
    struct reply reply = {"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n",
                          "Beta channel is disabled", 0};
    struct scene s;
    scene_init(&s, "feed", &reply)->closed_on = 404;
    const struct sample *sample = scene_look(&s);
    assert_int_equal(sample->reading, READING_CLOSED);
    assert_int_equal(sample->http, 404);
    assert_string_equal(sample->error, "");
    sample_drop(sample);
    scene_fini(&s);
}

static void test_a_missing_feed_is_an_error(void **state) {
    (void)state;
    struct reply reply = {"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n", "nope", 0};
    struct scene s;
    scene_init(&s, "feed", &reply);
    const struct sample *sample = scene_look(&s);
    has(sample, "HTTP 404: nothing is there: check the path");
    assert_int_equal(sample->items, SAMPLE_UNKNOWN);
    sample_drop(sample);
    scene_fini(&s);
}

static void test_a_broken_feed_is_an_error(void **state) {
    (void)state;
    struct reply reply = {OK_XML, "<?xml version=\"1.0\"?><rss><channel><item>", 0};
    struct scene s;
    scene_init(&s, "feed", &reply);
    const struct sample *sample = scene_look(&s);
    assert_int_equal(sample->reading, READING_ERROR);
    sample_drop(sample);
    scene_fini(&s);
}

static void large_feed(void *self, const char *request, unsigned number,
                       struct hostile_reply *out) {
    const size_t *items = self;
    struct buf feed;
    (void)request;
    (void)number;
    buf_init(&feed, 0);
    buf_add_text(&feed, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<rss xmlns:sparkle="
                        "\"http://www.andymatuschak.org/xml-namespaces/sparkle\"><channel>");
    for (size_t i = 1; i <= *items; i++)
        buf_addf(&feed,
                 "<item><sparkle:version>1.%zu</sparkle:version><description>%0500d"
                 "</description></item>",
                 i, 0);
    buf_add_text(&feed, "</channel></rss>");
    out->n = feed.len;
    out->bytes = buf_steal(&feed);
    out->close = true;
}

static void test_a_feed_of_ten_thousand_items_is_read(void **state) {
    (void)state;
    size_t items = 10000;
    struct rig rig;
    struct hostile *server = hostile_start(large_feed, &items, NULL);
    rig_init(&rig);
    rig_add_at(&rig, "feed", server, "/");
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    assert_string_equal(sample->error, "");
    assert_int_equal(sample->items, 10000);
    assert_string_equal(sample->version, "1.10000");
    sample_drop(sample);
    rig_fini(&rig);
    hostile_stop(server);
}

static void test_a_feed_of_33_mib_meets_the_cap(void **state) {
    (void)state;
    size_t items = 63000;
    struct rig rig;
    struct hostile *server = hostile_start(large_feed, &items, NULL);
    rig_init(&rig);
    rig_add_at(&rig, "feed", server, "/");
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    has(sample, "larger than the 32768 KiB that are read");
    assert_string_equal(sample->version, "");
    sample_drop(sample);
    rig_fini(&rig);
    hostile_stop(server);
}

/* ---- http ------------------------------------------------------------------------------------ */

static void pieces(void *self, const char *request, unsigned number, struct hostile_reply *out) {
    (void)self;
    (void)request;
    (void)number;
    hostile_say(out, "HTTP/1.1 200 OK\r\nX-Zone: eu-West\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabn\r\n4\r\needn\r\n5\r\needle\r\n0\r\n\r\n");
}

static void test_http_finds_text_across_pieces(void **state) {
    (void)state;
    struct header_spec zone = {.name = (char *)(uintptr_t) "x-zone",
                               .value = (char *)(uintptr_t) "EU-"};
    struct rig rig;
    struct hostile *server = hostile_start(pieces, NULL, NULL);
    rig_init(&rig);
    struct source_spec *spec = rig_add_at(&rig, "http", server, "/");
    spec->body_contains = (char *)(uintptr_t) "needneedle";
    spec->body_lacks = (char *)(uintptr_t) "needless";
    spec->expect_headers = &zone;
    spec->n_expect_headers = 1;
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    assert_string_equal(sample->error, "");
    sample_drop(sample);
    rig_fini(&rig);
    hostile_stop(server);
}

static void test_http_conditions_fail_in_words(void **state) {
    (void)state;
    struct header_spec zone = {.name = (char *)(uintptr_t) "X-Zone",
                               .value = (char *)(uintptr_t) "us"};
    struct rig rig;
    struct hostile *server = hostile_start(pieces, NULL, NULL);
    rig_init(&rig);
    rig_add_at(&rig, "http", server, "/")->body_contains = (char *)(uintptr_t) "absent";
    rig_add_at(&rig, "http", server, "/")->body_lacks = (char *)(uintptr_t) "needle";
    rig_add_at(&rig, "http", server, "/")->expect_status = 204;
    struct source_spec *spec = rig_add_at(&rig, "http", server, "/");
    spec->expect_headers = &zone;
    spec->n_expect_headers = 1;
    static const char *const words[] = {"does not contain \"absent\"", "contains \"needle\"",
                                        "HTTP status 200, expected 204",
                                        "the header X-Zone does not hold"};
    rig_start(&rig);
    for (size_t i = 0; i < 4; i++) {
        const struct sample *sample = rig_next(&rig);
        has(sample, words[sample->source]);
        sample_drop(sample);
    }
    rig_fini(&rig);
    hostile_stop(server);
}

/* ---- manifest and files ---------------------------------------------------------------------- */

static void check_manifest(const struct sample *sample) {
    assert_string_equal(sample->error, "");
    assert_string_equal(sample->version, "2.0.0.20");
    assert_string_equal(sample->url, "https://h/Nexy.dmg");
    assert_int_equal(sample->size, 275899820);
    assert_int_equal(strlen(sample->sha256), 64);
}

static void test_manifest_by_url(void **state) {
    (void)state;
    struct reply reply = {OK_JSON, GOOD_MANIFEST, 0};
    struct scene s;
    scene_init(&s, "manifest", &reply);
    const struct sample *sample = scene_look(&s);
    check_manifest(sample);
    assert_int_equal(sample->http, 200);
    sample_drop(sample);
    scene_fini(&s);
}

/* A look at a file of the kind with this content (NULL = there is no file); the caller drops it. */
static const struct sample *look_at_file(const char *kind, const char *content, size_t n,
                                         const char *key) {
    char path[] = "/tmp/gonogo-file-XXXXXX";
    struct rig rig;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    if (content)
        assert_int_equal(write(fd, content, n), n);
    else
        unlink(path);
    close(fd);
    rig_init(&rig);
    rig_add(&rig, kind, path)->key = (char *)(uintptr_t)key;
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    rig_fini(&rig);
    unlink(path);
    return sample;
}

static void test_manifest_by_file(void **state) {
    (void)state;
    const struct sample *sample =
        look_at_file("manifest", GOOD_MANIFEST, strlen(GOOD_MANIFEST), NULL);
    check_manifest(sample);
    assert_int_equal(sample->http, 0);
    assert_int_equal(sample->latency_ms, SAMPLE_UNKNOWN);
    sample_drop(sample);
}

static void test_samples_carry_what_was_signed_and_published(void **state) {
    (void)state;
    static const char manifest[] =
        "{\"version\":\"2.0\",\"build\":\"2.0\",\"artifact\":{\"ed25519\":\"c2ln\"}}";
    static const char plain[] =
        "{\"version\":\"2.0\",\"build\":\"2.0\",\"artifact\":{\"ed25519\":\"\"}}";
    static const char feed[] =
        "<rss xmlns:s=\"http://www.andymatuschak.org/xml-namespaces/sparkle\"><channel><item>"
        "<s:version>2.0</s:version><pubDate>Thu, 26 Feb 2026 12:00:00 +0000</pubDate>"
        "<s:phasedRolloutInterval>3600</s:phasedRolloutInterval>"
        "<enclosure url=\"https://h/a.dmg\" s:edSignature=\"c2ln\"/></item></channel></rss>";
    const struct sample *sample = look_at_file("manifest", manifest, strlen(manifest), NULL);
    assert_string_equal(sample->signature, "c2ln");
    sample_drop(sample);
    sample = look_at_file("manifest", plain, strlen(plain), NULL);
    assert_int_equal(sample->reading, READING_OK);
    assert_null(sample->signature);
    sample_drop(sample);
    sample = look_at_file("feed", feed, strlen(feed), NULL);
    assert_string_equal(sample->signature, "c2ln");
    assert_true(sample->published.dated);
    assert_int_equal(sample->published.pub_date_ms, INT64_C(1772107200000));
    assert_int_equal(sample->published.interval_s, 3600);
    sample_drop(sample);
}

static void test_a_version_file_is_its_one_line(void **state) {
    (void)state;
    static const char *const good[] = {"2.0.0.20", "2.0.0.20\n", "  2.0.0.20 \r\n\n",
                                       "\357\273\2772.0.0.20\n"};
    static const char *const bad[] = {"", "\n", "version two\n", "2.0.0.20\n2.0.0.21\n"};
    for (size_t i = 0; i < 4; i++) {
        const struct sample *sample = look_at_file("file-version", good[i], strlen(good[i]), NULL);
        assert_string_equal(sample->error, "");
        assert_string_equal(sample->version, "2.0.0.20");
        sample_drop(sample);
        sample = look_at_file("file-version", bad[i], strlen(bad[i]), NULL);
        assert_int_equal(sample->reading, READING_ERROR);
        assert_string_equal(sample->version, "");
        sample_drop(sample);
    }
}

static void test_a_yaml_scalar_is_a_version(void **state) {
    (void)state;
    static const char yaml[] = "update:\n  default_version: 2.0.0.20 # now\n  short: 2.10\n";
    const struct sample *sample =
        look_at_file("file-version", yaml, sizeof(yaml) - 1, "update.default_version");
    assert_string_equal(sample->error, "");
    assert_string_equal(sample->version, "2.0.0.20");
    sample_drop(sample);
    sample = look_at_file("file-version", yaml, sizeof(yaml) - 1, "update.short");
    has(sample, "put it in quotes");
    sample_drop(sample);
    sample = look_at_file("file-version", yaml, sizeof(yaml) - 1, "update.absent");
    assert_int_equal(sample->reading, READING_ERROR);
    sample_drop(sample);
}

static void test_file_trouble_names_the_path(void **state) {
    (void)state;
    const struct sample *sample = look_at_file("file-version", NULL, 0, NULL);
    has(sample, "cannot read /tmp/gonogo-file-");
    has(sample, "check the path");
    sample_drop(sample);
    char *large = mem_zero(1, (2 << 20) + 1);
    memset(large, 'x', 2 << 20);
    sample = look_at_file("file-version", large, 2 << 20, NULL);
    has(sample, "larger than the 1024 KiB");
    sample_drop(sample);
    free(large);
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "file-version", "/tmp");
    rig_start(&rig);
    sample = rig_next(&rig);
    has(sample, "/tmp is no file");
    sample_drop(sample);
    rig_fini(&rig);
}

/* ---- what the transfer knows ------------------------------------------------------------------ */

static void with_etag(void *self, const char *request, unsigned number, struct hostile_reply *out) {
    (void)self;
    if (number == 0)
        hostile_ok(out, "application/xml", GOOD_FEED,
                   "ETag: \"one\"\r\nLast-Modified: Thu, 26 Feb 2026 19:57:35 GMT\r\n");
    else if (strstr(request, "If-None-Match: \"one\"\r\n") &&
             strstr(request, "If-Modified-Since: Thu, 26 Feb 2026 19:57:35 GMT\r\n"))
        hostile_say(out, "HTTP/1.1 304 Not Modified\r\nETag: \"one\"\r\n\r\n");
    else
        hostile_say(out, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

static void test_not_modified_repeats_the_last_good_answer(void **state) {
    (void)state;
    struct rig rig;
    struct hostile *server = hostile_start(with_etag, NULL, NULL);
    rig_init(&rig);
    rig_add_at(&rig, "feed", server, "/")->compared = true;
    rig_start(&rig);
    const struct sample *first = rig_next(&rig);
    assert_false(first->not_modified);
    assert_int_equal(feed_list_items(first->feed), 2);
    for (int i = 0; i < 2; i++) {
        const struct sample *again = rig_again(&rig);
        assert_string_equal(again->error, "");
        assert_true(again->not_modified);
        assert_int_equal(again->http, 304);
        assert_int_equal(again->reading, READING_OK);
        assert_string_equal(again->version, "2.0.0.20");
        assert_string_equal(again->url, "https://h/b.dmg");
        assert_int_equal(again->items, 2);
        assert_ptr_equal(again->feed, first->feed); /* the same list, not another one */
        assert_true(again->mono_ms >= first->mono_ms);
        sample_drop(again);
    }
    assert_int_equal(hostile_connections(server), 1); /* kept alive */
    sample_drop(first);
    rig_fini(&rig);
    hostile_stop(server);
}

static void test_an_unasked_304_is_an_error(void **state) {
    (void)state;
    struct reply reply = {"HTTP/1.1 304 Not Modified\r\n", "", 0};
    struct scene s;
    scene_init(&s, "feed", &reply);
    const struct sample *sample = scene_look(&s);
    has(sample, "HTTP 304");
    sample_drop(sample);
    scene_fini(&s);
}

static void test_the_far_clock_is_compared(void **state) {
    (void)state;
    char head[200], date[40];
    struct tm tm;
    time_t ahead = (time_t)(clock_wall_ms(clock_system()) / 1000) + 90 - 30;
    gmtime_r(&ahead, &tm);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    snprintf(head, sizeof(head), OK_JSON "Age: 30\r\nDate: %s\r\n", date);
    struct reply reply = {head, GOOD_HEALTH, 0};
    struct scene s;
    scene_init(&s, "health", &reply);
    const struct sample *sample = scene_look(&s);
    assert_true(sample->has_skew);
    assert_in_range(sample->skew_ms, 85000, 92000);
    sample_drop(sample);
    scene_fini(&s);
}

static const char gzip_head[10] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";

static void add_number(struct buf *out, uint32_t number) {
    for (int i = 0; i < 4; i++)
        buf_add(out, &(char){(char)(number >> (8 * i))}, 1);
}

/* `text` as gzip with one stored block. */
static void gzip_stored(struct buf *out, const char *text) {
    uint32_t n = (uint32_t)strlen(text), crc = 0xFFFFFFFF;
    for (uint32_t i = 0; i < n; i++) {
        crc ^= (unsigned char)text[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    buf_add(out, gzip_head, sizeof(gzip_head));
    buf_add(out, "\x01", 1);
    add_number(out, n | (~n << 16));
    buf_add(out, text, n);
    add_number(out, ~crc);
    add_number(out, n);
}

/* A gzip that never ends: one byte, and then "258 times the byte before" again and again, 13 bits each
 * in deflate's fixed codes (length 285 is 11000101, distance 0 is 00000). */
static void gzip_bomb(struct buf *out, size_t bytes) {
    static const char repeat[] = "1100010100000";
    unsigned bit = 0;
    unsigned char byte = 0;
    const char *start = "11000110000"; /* last block, fixed codes, and the literal 0 */
    buf_add(out, gzip_head, sizeof(gzip_head));
    for (size_t made = 1; made < bytes; made += 258, start = repeat) {
        for (const char *c = start; *c; c++) {
            byte = (unsigned char)(byte | (*c - '0') << bit);
            if (++bit == 8) {
                buf_add(out, &byte, 1);
                bit = byte = 0;
            }
        }
    }
}

static void test_gzip_is_read(void **state) {
    (void)state;
    struct buf body;
    buf_init(&body, 0);
    gzip_stored(&body, GOOD_HEALTH);
    struct reply reply = {OK_JSON "Content-Encoding: gzip\r\n", body.data, body.len};
    struct scene s;
    scene_init(&s, "health", &reply);
    const struct sample *sample = scene_look(&s);
    assert_string_equal(sample->error, "");
    assert_string_equal(sample->version, "2.0.0.19");
    sample_drop(sample);
    scene_fini(&s);
    buf_fini(&body);
}

static void test_a_decompression_bomb_meets_the_cap(void **state) {
    (void)state;
    struct buf body;
    buf_init(&body, 0);
    gzip_bomb(&body, 64 << 20);
    assert_true(body.len < 1 << 20); /* else it would meet the cap as it is */
    struct reply reply = {OK_JSON "Content-Encoding: gzip\r\n", body.data, body.len};
    struct scene s;
    scene_init(&s, "health", &reply);
    const struct sample *sample = scene_look(&s);
    has(sample, "larger than the 1024 KiB that are read");
    sample_drop(sample);
    scene_fini(&s);
    buf_fini(&body);
}

/* ---- the table ------------------------------------------------------------------------------- */

static void test_every_kind_is_found_by_its_name(void **state) {
    (void)state;
    size_t n = 0;
    for (const struct probe_kind *kind; (kind = probe_kind_at(n)); n++) {
        assert_ptr_equal(probe_kind_find(kind->name), kind);
        assert_true(*kind->help != '\0');
        if (kind->takes_command || kind->takes_claims)
            continue; /* a worker of its own does it all */
        assert_true(kind->takes_url || kind->takes_file);
        assert_true(kind->body_cap > 0);
    }
    assert_true(n >= 9);
    assert_null(probe_kind_find("nonsense"));
}

static void test_a_kind_that_cannot_look_there_is_refused(void **state) {
    (void)state;
    struct rig rig;
    struct err err = ERR_INIT;
    rig_init(&rig);
    rig_add(&rig, "http", "/etc/hostname");
    assert_null(probes_start(&rig.policy, clock_system(), (struct probe_outlet){0}, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    rig_fini(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health_tells_status_version_and_build),
        cmocka_unit_test(test_an_unhealthy_service_is_quoted),
        cmocka_unit_test(test_a_version_that_is_a_number_is_a_defect),
        cmocka_unit_test(test_a_login_page_is_no_health),
        cmocka_unit_test(test_an_odd_or_missing_type_is_tolerated),
        cmocka_unit_test(test_a_proxys_error_page_is_told_by_its_status),
        cmocka_unit_test(test_bad_json_is_an_error),
        cmocka_unit_test(test_feed_tells_the_newest_item),
        cmocka_unit_test(test_a_closed_feed_is_closed_and_not_down),
        cmocka_unit_test(test_a_missing_feed_is_an_error),
        cmocka_unit_test(test_a_broken_feed_is_an_error),
        cmocka_unit_test(test_a_feed_of_ten_thousand_items_is_read),
        cmocka_unit_test(test_a_feed_of_33_mib_meets_the_cap),
        cmocka_unit_test(test_http_finds_text_across_pieces),
        cmocka_unit_test(test_http_conditions_fail_in_words),
        cmocka_unit_test(test_manifest_by_url),
        cmocka_unit_test(test_manifest_by_file),
        cmocka_unit_test(test_samples_carry_what_was_signed_and_published),
        cmocka_unit_test(test_a_version_file_is_its_one_line),
        cmocka_unit_test(test_a_yaml_scalar_is_a_version),
        cmocka_unit_test(test_file_trouble_names_the_path),
        cmocka_unit_test(test_not_modified_repeats_the_last_good_answer),
        cmocka_unit_test(test_an_unasked_304_is_an_error),
        cmocka_unit_test(test_the_far_clock_is_compared),
        cmocka_unit_test(test_gzip_is_read),
        cmocka_unit_test(test_a_decompression_bomb_meets_the_cap),
        cmocka_unit_test(test_every_kind_is_found_by_its_name),
        cmocka_unit_test(test_a_kind_that_cannot_look_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
