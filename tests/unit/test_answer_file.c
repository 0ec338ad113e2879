#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/service_fixture.h"

static void a_download_is_whole_and_named_by_its_headers(void **state) {
    struct fixture *f = *state;
    struct reply r = loopback_get(f->url, "/updates/downloads/Nexy.dmg");
    assert_int_equal(r.status, 200);
    assert_int_equal(r.length, DMG_BYTES);
    for (size_t i = 0; i < DMG_BYTES; i++)
        if ((unsigned char)r.body[i] != fixture_dmg_byte(i))
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
            if ((unsigned char)r.body[i] != fixture_dmg_byte(first + i))
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
    scratch_write_text(f->root, "assets/Update/folder/x", "x");
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

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_TREE(a_download_is_whole_and_named_by_its_headers),
        WITH_TREE(head_says_everything_but_the_body),
        WITH_TREE(one_range_is_a_part_and_anything_else_the_whole),
        WITH_TREE(if_range_gives_a_part_of_the_same_bytes_only),
        WITH_TREE(nothing_outside_the_asset_folders_is_downloaded),
        WITH_TREE(a_linked_asset_folder_is_not_followed),
        WITH_TREE(what_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
