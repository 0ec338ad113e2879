/* Where a feed comes from: files and URLs, and what of them is refused. */
#include "src/cmd/feed_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "tests/support/hostile.h"

#define FEED "<rss version=\"2.0\"><channel><title>T</title></channel></rss>"

static enum err_code collect(void *self, const char *bytes, size_t n, struct err *err) {
    (void)err;
    buf_add(self, bytes, n);
    return ERR_OK;
}

static enum err_code refuse(void *self, const char *bytes, size_t n, struct err *err) {
    (void)self, (void)bytes, (void)n;
    return err_set(err, ERR_PARSE, "feed:1", NULL, "no good");
}

/* What each path of the server answers. */
static void script(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    static const char packed[] = {
        0x1f,       (char)0x8b, 0x08,       0x00,       0x00,       0x00,       0x00,
        0x00,       0x02,       0x03,       (char)0xb3, 0x29,       0x2a,       0x2e,
        0x56,       0x28,       0x4b,       0x2d,       0x2a,       (char)0xce, (char)0xcc,
        (char)0xcf, (char)0xb3, 0x55,       0x32,       (char)0xd2, 0x33,       0x50,
        (char)0xb2, (char)0xb3, 0x49,       (char)0xce, 0x48,       (char)0xcc, (char)0xcb,
        0x4b,       (char)0xcd, (char)0xb1, (char)0xb3, 0x29,       (char)0xc9, 0x2c,
        (char)0xc9, 0x49,       (char)0xb5, 0x0b,       0x48,       0x4c,       (char)0xce,
        0x4e,       0x4d,       (char)0xb1, (char)0xd1, (char)0x87, (char)0xf0, 0x6c,
        (char)0xf4, (char)0xe1, (char)0xd2, (char)0xfa, 0x40,       (char)0xbd, 0x76,
        0x00,       0x79,       0x35,       (char)0xd0, 0x14,       0x41,       0x00,
        0x00,       0x00};
    (void)self, (void)number;
    int hops;
    if (strstr(request, "GET /ok ")) {
        hostile_ok(reply, "application/xml", FEED, "");
    } else if (sscanf(request, "GET /hop/%d ", &hops) == 1) {
        if (hops == 0)
            hostile_ok(reply, "application/xml", FEED, "");
        else
            hostile_say(reply,
                        "HTTP/1.1 302 Found\r\nLocation: /hop/%d\r\nContent-Length: 4\r\n\r\nmove",
                        hops - 1);
    } else if (strstr(request, "GET /away ")) {
        hostile_say(reply, "HTTP/1.1 301 Moved\r\nLocation: http://192.0.2.1/feed\r\n"
                           "Content-Length: 0\r\n\r\n");
    } else if (strstr(request, "GET /file ")) {
        hostile_say(reply, "HTTP/1.1 301 Moved\r\nLocation: file:///etc/hostname\r\n"
                           "Content-Length: 0\r\n\r\n");
    } else if (strstr(request, "GET /packed ")) {
        hostile_say(reply,
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                    "Content-Length: %zu\r\n\r\n",
                    sizeof packed);
        reply->bytes = mem_resize(reply->bytes, reply->n + sizeof packed, 1);
        memcpy(reply->bytes + reply->n, packed, sizeof packed);
        reply->n += sizeof packed;
    } else if (strstr(request, "GET /huge ")) {
        size_t n = FEED_SOURCE_NET_CAP + 1024;
        hostile_say(reply, "HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n");
        reply->bytes = mem_resize(reply->bytes, reply->n + n, 1);
        memset(reply->bytes + reply->n, ' ', n);
        reply->n += n;
    } else if (strstr(request, "GET /cut ")) {
        hostile_say(reply, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>");
        reply->close = true;
    } else {
        hostile_say(reply, "HTTP/1.1 404 Not Found\r\nContent-Length: 25\r\n\r\n"
                           "Beta channel is \x1b[31moff.\n");
    }
}

static void urls_are_read_and_judged(void **state) {
    (void)state;
    static const struct {
        const char *path;
        enum err_code code;
        const char *text; /* the body, or what the error says */
    } table[] = {
        {"/ok", ERR_OK, FEED},
        {"/hop/3", ERR_OK, FEED},
        {"/hop/4", ERR_NET, "redirects more than 3 times"},
        {"/packed", ERR_OK, "<rss version=\"2.0\"><channel><title>Packed</title></channel></rss>"},
        {"/away", ERR_REFUSED, "http to another machine can be read and changed"},
        {"/file", ERR_REFUSED, "is no URL that can be asked"},
        {"/huge", ERR_LIMIT, "larger than 32 MiB"},
        {"/cut", ERR_NET, ""},
        {"/none", ERR_NET, "answers 404 \"Beta channel is "},
    };
    struct hostile *server = hostile_start(script, NULL, NULL);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct buf got;
        struct err err = ERR_INIT;
        buf_init(&got, 0);
        buf_add_text(&got, "");
        char *url = mem_format("http://127.0.0.1:%d%s", hostile_port(server), table[i].path);
        enum err_code code = feed_source_read(url, (struct feed_bytes){collect, &got}, &err);
        if (code != table[i].code || code != err.code)
            fail_msg("%s: %d %s: %s", url, code, err.where, err.what);
        if (code == ERR_OK)
            assert_string_equal(got.data, table[i].text);
        else if (strstr(err.what, table[i].text) == NULL || strchr(err.what, 0x1b) != NULL)
            fail_msg("%s: %s", url, err.what);
        free(url);
        buf_fini(&got);
    }
    hostile_stop(server);
}

static void an_unknown_certificate_is_refused(void **state) {
    (void)state;
    struct cert cert;
    cert_make(&cert, "localhost", "IP:127.0.0.1", -60, 3600, NULL);
    struct hostile *server = hostile_start(script, NULL, &cert);
    struct buf got;
    struct err err = ERR_INIT;
    buf_init(&got, 0);
    char *url = mem_format("https://127.0.0.1:%d/ok", hostile_port(server));
    assert_int_equal(feed_source_read(url, (struct feed_bytes){collect, &got}, &err), ERR_NET);
    assert_non_null(strstr(err.what, "certificate"));
    assert_int_equal(got.len, 0);
    free(url);
    buf_fini(&got);
    hostile_stop(server);
    cert_fini(&cert);
}

static void the_receivers_error_ends_the_reading(void **state) {
    (void)state;
    struct hostile *server = hostile_start(script, NULL, NULL);
    struct err err = ERR_INIT;
    char *url = mem_format("http://127.0.0.1:%d/ok", hostile_port(server));
    assert_int_equal(feed_source_read(url, (struct feed_bytes){refuse, NULL}, &err), ERR_PARSE);
    assert_string_equal(err.where, "feed:1");
    free(url);
    hostile_stop(server);
}

static void what_is_no_source_is_named(void **state) {
    (void)state;
    static const struct {
        const char *source;
        enum err_code code;
        const char *says;
    } table[] = {
        {"tests/bad/feed/there-is-none.xml", ERR_MISSING, "there is no such file"},
        {"tests/bad/feed", ERR_IO, "cannot be read"},
        {"http://e.example/feed.xml", ERR_REFUSED, "http to another machine"},
        {"ftp://e.example/feed.xml", ERR_REFUSED, "is no URL that can be asked"},
        {"file:///etc/hostname", ERR_REFUSED, "is no URL that can be asked"},
        {"https://", ERR_REFUSED, "is no URL that can be asked"},
        {"http://localhost@e.example/feed.xml", ERR_REFUSED, "is no URL that can be asked"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct err err = ERR_INIT;
        struct buf got;
        buf_init(&got, 0);
        enum err_code code =
            feed_source_read(table[i].source, (struct feed_bytes){collect, &got}, &err);
        if (code != table[i].code || strstr(err.what, table[i].says) == NULL)
            fail_msg("%s: %d %s", table[i].source, code, err.what);
        buf_fini(&got);
    }
    struct buf got;
    struct err err = ERR_INIT;
    buf_init(&got, 0);
    assert_int_equal(feed_source_read("tests/bad/feed/untidy-no-items.xml",
                                      (struct feed_bytes){collect, &got}, &err),
                     ERR_OK);
    assert_non_null(strstr(got.data, "<title>Nexy</title>"));
    buf_fini(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_read_and_judged),
        cmocka_unit_test(an_unknown_certificate_is_refused),
        cmocka_unit_test(the_receivers_error_ends_the_reading),
        cmocka_unit_test(what_is_no_source_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
