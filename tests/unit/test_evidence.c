/* What lint learns from servers and bytes: lengths, signatures, dates that change; and that whatever the
 * far side does is a finding, never the end of lint. */
#include "src/cmd/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/cmd/artifact.h"
#include "src/cmd/feed_source.h"
#include "src/model/pub_date.h"
#include "tests/support/hostile.h"

#define SPARKLE "xmlns:s=\"http://www.andymatuschak.org/xml-namespaces/sparkle\""
/* RFC 8032, 7.1, test 2: the signature of the one byte "r". */
#define KEY_HEX "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define RIGHT \
    "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA=="
#define NOW_MS INT64_C(1772135855000)

static void script(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    (void)self;
    if (strstr(request, " /r ") || strstr(request, "GET /get-only ")) {
        hostile_ok(reply, "application/octet-stream", "r", "");
    } else if (strstr(request, " /x ")) {
        hostile_ok(reply, "application/octet-stream", "x", "");
    } else if (strstr(request, " /moved ")) {
        hostile_say(reply, "HTTP/1.1 302 Found\r\nLocation: /r\r\nContent-Length: 0\r\n\r\n");
    } else if (strstr(request, " /round ")) {
        hostile_say(reply, "HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n");
    } else if (strstr(request, "HEAD /get-only ")) {
        hostile_say(reply, "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n");
    } else if (strstr(request, " /away ")) {
        hostile_say(
            reply,
            "HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n");
    } else if (strstr(request, " /cut ")) {
        hostile_say(reply, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nr");
        reply->close = true;
    } else if (strstr(request, " /reset ")) {
        hostile_say(reply, "HT");
        reply->reset = true;
    } else if (strstr(request, " /chunked ")) {
        hostile_say(reply, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s",
                    strstr(request, "HEAD") ? "" : "1\r\nr\r\n0\r\n\r\n");
    } else if (strstr(request, " /fresh.xml ") || strstr(request, " /still.xml ")) {
        char date[PUB_DATE_CAP];
        bool fresh = strstr(request, "fresh") != NULL;
        pub_date_text(NOW_MS + (fresh ? 1000 * (int64_t)number : 0), date);
        char *feed = mem_format("<rss " SPARKLE "><channel><item><pubDate>%s</pubDate>"
                                "<s:version>2.0</s:version></item></channel></rss>",
                                date);
        hostile_ok(reply, "application/xml", feed, "");
        free(feed);
    } else {
        hostile_say(reply, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }
}

struct seen {
    struct buf rules;
    char message[1024];
    struct evidence *evidence;
    struct lint *lint;
};

static enum err_code found(void *self, const struct lint_finding *f, struct err *err) {
    struct seen *s = self;
    (void)err;
    static const char *const ours[] = {"url-unreachable", "length-mismatch", "signature-bad",
                                       "pubdate-unstable", "not-asked"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (strcmp(ours[i], f->rule->id) != 0)
            continue;
        buf_addf(&s->rules, "%s%s", s->rules.len > 0 ? " " : "", f->rule->id);
        snprintf(s->message, sizeof s->message, "%s", f->message);
    }
    return ERR_OK;
}

static enum err_code on_item(void *self, const struct feed_item *item, struct err *err) {
    return evidence_item(((struct seen *)self)->evidence, item, err);
}

static enum err_code on_bytes(void *self, const char *bytes, size_t n, struct err *err) {
    return lint_push(((struct seen *)self)->lint, bytes, n, err);
}

/* Lints `feed` (or what the URL of the options serves) and says which of our rules were broken. */
static char *judge(const struct evidence_options *options, const char *feed, struct err *err,
                   char message[1024]) {
    struct seen s = {.evidence = evidence_new(options)};
    buf_init(&s.rules, 0);
    buf_add_text(&s.rules, "");
    s.lint = lint_new(&(struct lint_options){.where = "feed",
                                             .url = options->feed_url,
                                             .now_ms = options->now_ms,
                                             .found = found,
                                             .item = on_item,
                                             .self = &s});
    if (feed != NULL)
        assert_int_equal(lint_push(s.lint, feed, strlen(feed), err), ERR_OK);
    else
        assert_int_equal(
            feed_source_read(options->feed_url, (struct feed_bytes){on_bytes, &s}, err), ERR_OK);
    assert_int_equal(lint_finish(s.lint, err), ERR_OK);
    evidence_judge(s.evidence, s.lint, err);
    snprintf(message, 1024, "%s", s.message);
    evidence_free(s.evidence);
    lint_free(s.lint);
    return buf_steal(&s.rules);
}

static char *item(int port, const char *version, const char *path, int length,
                  const char *signature) {
    return mem_format("<item><s:version>%s</s:version><enclosure url=\"http://127.0.0.1:%d%s\" "
                      "length=\"%d\" s:edSignature=\"%s\"/></item>",
                      version, port, path, length, signature);
}

static void expect(struct evidence_options o, const char *items, const char *rules,
                   const char *says) {
    struct err err = ERR_INIT;
    char message[1024];
    char *feed = mem_format("<rss " SPARKLE "><channel>%s</channel></rss>", items);
    o.now_ms = NOW_MS;
    char *seen = judge(&o, feed, &err, message);
    if (err.code != ERR_OK || strcmp(seen, rules) != 0)
        fail_msg("[%s] and error \"%s\", not [%s], of %s", seen, err.what, rules, items);
    if (says != NULL && strstr(message, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", message, says);
    free(seen);
    free(feed);
}

static void expect_one(struct evidence_options o, struct hostile *h, const char *path, int length,
                       const char *signature, const char *rules, const char *says) {
    char *one = item(hostile_port(h), "2.0", path, length, signature);
    expect(o, one, rules, says);
    free(one);
}

static struct evidence_options with_key(struct evidence_options o) {
    for (size_t i = 0; i < ED25519_KEY; i++) {
        unsigned value;
        assert_int_equal(sscanf(&KEY_HEX[2 * i], "%2x", &value), 1);
        o.key[i] = (unsigned char)value;
    }
    o.has_key = true;
    return o;
}

static void lengths_are_those_of_the_server(void **state) {
    struct hostile *h = *state;
    struct evidence_options o = {.online = true};
    expect_one(o, h, "/r", 1, RIGHT, "", NULL);
    expect_one(o, h, "/moved", 1, RIGHT, "", NULL);
    expect_one(o, h, "/get-only", 1, RIGHT, "", NULL);
    expect_one(o, h, "/chunked", 5, RIGHT, "", NULL); /* it does not say */
    expect_one(o, h, "/r", 0, RIGHT, "", NULL);       /* another rule's business */
    expect_one(o, h, "/r", 2, RIGHT, "length-mismatch", "the feed says 2 bytes, the server 1");
    expect_one(o, h, "/moved", 2, RIGHT, "length-mismatch", NULL);
    expect_one(o, h, "/get-only", 2, RIGHT, "length-mismatch", NULL);
    expect_one((struct evidence_options){0}, h, "/none", 2, RIGHT, "", NULL); /* nobody asked */
}

static void what_cannot_be_had_is_a_finding(void **state) {
    struct hostile *h = *state;
    struct evidence_options o = {.online = true};
    expect_one(o, h, "/none", 1, RIGHT, "url-unreachable", "answers 404");
    expect_one(o, h, "/reset", 1, RIGHT, "url-unreachable", NULL);
    expect_one(o, h, "/round", 1, RIGHT, "url-unreachable", "redirects");
    expect_one(o, h, "/away", 1, RIGHT, "url-unreachable", NULL);
    expect(o, "<item><s:version>1</s:version><enclosure url=\"http://192.0.2.1/x\"/></item>",
           "url-unreachable", "http beyond this machine");
    expect(o, "<item><s:version>1</s:version><enclosure url=\"soon\"/></item>", "", NULL);
}

static void a_download_is_compared_and_verified(void **state) {
    struct hostile *h = *state;
    struct evidence_options o = with_key((struct evidence_options){.deep = true});
    expect_one(o, h, "/r", 1, RIGHT, "", NULL);
    expect_one(o, h, "/moved", 1, RIGHT, "", NULL);
    expect_one(o, h, "/chunked", 1, RIGHT, "", NULL);
    expect_one(o, h, "/x", 1, RIGHT, "signature-bad", NULL);
    expect_one(o, h, "/chunked", 7, RIGHT, "length-mismatch", "the artifact has 1");
    expect_one(o, h, "/cut", 10, RIGHT, "url-unreachable", NULL);
    expect_one(o, h, "/none", 1, RIGHT, "url-unreachable", "404");
    expect_one(o, h, "/r", 1, "", "", NULL); /* signature-missing says it */
    o.key[0] ^= 1;
    expect_one(o, h, "/r", 1, RIGHT, "signature-bad", NULL);
    o.has_key = false;
    expect_one(o, h, "/r", 1, RIGHT, "", NULL);
}

static void a_file_is_compared_with_the_item_it_belongs_to(void **state) {
    struct hostile *h = *state;
    const char *folder = getenv("TMPDIR");
    char path[512];
    snprintf(path, sizeof path, "%s/evidence-XXXXXX", folder != NULL ? folder : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "r", 1) == 1);
    close(fd);
    struct evidence_options o = with_key((struct evidence_options){.artifact = path});
    char *good = item(hostile_port(h), "2.0", "/r", 1, RIGHT);
    char *bad = item(hostile_port(h), "1.0", "/r", 2, "");
    char *both = mem_format("%s%s", bad, good);
    expect(o, both, "", NULL); /* the highest */
    o.item = "1.0.0";
    expect(o, both, "length-mismatch", "2 bytes");
    struct err err = ERR_INIT;
    char message[1024];
    o.item = "3.0";
    char *feed = mem_format("<rss " SPARKLE "><channel>%s</channel></rss>", both);
    free(judge(&o, feed, &err, message));
    assert_int_equal(err.code, ERR_MISSING);
    assert_non_null(strstr(err.what, "3.0"));
    unlink(path);
    err_clear(&err);
    o.item = NULL;
    free(judge(&o, feed, &err, message));
    assert_int_equal(err.code, ERR_MISSING);
    assert_string_equal(err.where, path);
    free(feed);
    free(both);
    free(bad);
    free(good);
}

static void dates_that_each_fetch_makes_are_found(void **state) {
    struct hostile *h = *state;
    static const char *const paths[] = {"fresh", "still"};
    for (int i = 0; i < 2; i++) {
        struct err err = ERR_INIT;
        char message[1024];
        char *url = mem_format("http://127.0.0.1:%d/%s.xml", hostile_port(h), paths[i]);
        struct evidence_options o = {.feed_url = url, .now_ms = NOW_MS};
        unsigned before = hostile_requests(h);
        char *seen = judge(&o, NULL, &err, message);
        assert_int_equal(err.code, ERR_OK);
        assert_string_equal(seen, i == 0 ? "pubdate-unstable" : "");
        assert_int_equal(hostile_requests(h) - before, 2);
        free(seen);
        /* A date of long ago was not made now: one fetch is enough. */
        o.now_ms = NOW_MS + INT64_C(10) * 86400000;
        before = hostile_requests(h);
        free(judge(&o, NULL, &err, message));
        assert_int_equal(hostile_requests(h) - before, 1);
        free(url);
    }
}

static void what_is_not_asked_is_said(void **state) {
    struct hostile *h = *state;
    struct buf items;
    buf_init(&items, 0);
    for (int i = 0; i < EVIDENCE_ASKED_MAX + 5; i++) {
        char version[16];
        snprintf(version, sizeof version, "%d", 1000 - i);
        char *one = item(hostile_port(h), version, "/r", 1, RIGHT);
        buf_add_text(&items, one);
        free(one);
    }
    expect((struct evidence_options){.online = true}, items.data, "not-asked", "100 of 105");
    buf_fini(&items);
}

static int begin(void **state) {
    *state = hostile_start(script, NULL, NULL);
    return 0;
}

static int end(void **state) {
    hostile_stop(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_those_of_the_server),
        cmocka_unit_test(what_cannot_be_had_is_a_finding),
        cmocka_unit_test(a_download_is_compared_and_verified),
        cmocka_unit_test(a_file_is_compared_with_the_item_it_belongs_to),
        cmocka_unit_test(dates_that_each_fetch_makes_are_found),
        cmocka_unit_test(what_is_not_asked_is_said),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
