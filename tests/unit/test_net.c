/* The net worker against servers that misbehave: each trouble is told in words, and harms nobody
 * else. */
#include "probes/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/buf.h"
#include "tests/support/rig.h"

#define GOOD "{\"status\":\"OK\",\"latest_version\":\"1.0\",\"latest_build\":\"1.0\"}"

static void has(const struct sample *sample, const char *part) {
    if (sample->reading != READING_ERROR || !strstr(sample->error, part))
        fail_msg("source %u: reading %d, error \"%s\" does not say \"%s\"", sample->source,
                 (int)sample->reading, sample->error, part);
}

static void good(const struct sample *sample) {
    if (sample->reading != READING_OK)
        fail_msg("source %u: reading %d: %s", sample->source, (int)sample->reading, sample->error);
}

static int64_t now_ms(void) {
    return clock_mono_ms(clock_system());
}

/* ---- one answer, cut at every byte ------------------------------------------------------------ */

struct cut {
    bool reset;
    _Atomic unsigned whole; /* bytes of the whole answer */
};

static void cut_at_request(void *self, const char *request, unsigned number,
                           struct hostile_reply *reply) {
    struct cut *cut = self;
    (void)request;
    hostile_ok(reply, "application/json", GOOD, "Connection: keep-alive\r\n");
    atomic_store(&cut->whole, (unsigned)reply->n);
    if (number >= reply->n)
        return;
    reply->n = number;
    reply->reset = cut->reset;
    reply->close = !cut->reset;
}

static void cut_everywhere(bool reset) {
    struct cut cut = {.reset = reset};
    struct hostile *server = hostile_start(cut_at_request, &cut, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "health", server, "/health");
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    unsigned n = 0;
    for (; n < atomic_load(&cut.whole); n++) {
        assert_int_equal(sample->reading, READING_ERROR);
        assert_true(strlen(sample->error) > 10);
        sample_drop(sample);
        sample = rig_again(&rig);
    }
    good(sample);
    assert_true(n > 100);
    sample_drop(sample);
    rig_fini(&rig);
    hostile_stop(server);
}

static void test_a_reset_at_every_byte_is_an_error(void **state) {
    (void)state;
    cut_everywhere(true);
}

static void test_an_end_at_every_byte_is_an_error(void **state) {
    (void)state;
    cut_everywhere(false);
}

/* ---- one bad server after the other ----------------------------------------------------------- */

struct bad {
    const char *bytes;
    bool close;
    int drip_ms;
    const char *words;
};

static void badly(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    const struct bad *bad = self;
    (void)request;
    (void)number;
    if (bad->bytes)
        hostile_say(reply, "%s", bad->bytes);
    reply->close = bad->close;
    reply->drip_ms = bad->drip_ms;
}

static void test_bad_servers_are_told_in_words(void **state) {
    (void)state;
    static struct bad bads[] = {
        {NULL, false, 0, "no answer within 300 ms: the service accepts connections but hangs"},
        {"", true, 0, "the connection was closed without an answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" GOOD, false, 20,
         "was not complete within 300 ms"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n{", false, 0,
         "announces more than the 1024 KiB"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", true, 0,
         "broken HTTP (its chunked body)"},
        {"SSH-2.0-OpenSSH_9.2\r\n", true, 0, "the answer is not HTTP: is this the right port?"},
        {"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", false, 0, "HTTP 302: a redirect"},
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", false, 0,
         "the compressed body is broken"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\x1b[31m\xff!", false, 0, ""},
        {"HTTP/1.1 999 \x1b]0;x\x07\r\nContent-Length: 0\r\n\r\n", false, 0, "HTTP status 999"},
    };
    enum { N = sizeof(bads) / sizeof(*bads) };
    struct hostile *servers[N];
    struct rig rig;
    rig_init(&rig);
    for (size_t i = 0; i < N; i++) {
        servers[i] = hostile_start(badly, &bads[i], NULL);
        struct source_spec *spec = rig_add_at(&rig, "health", servers[i], "/");
        spec->timeout_ms = bads[i].drip_ms || !bads[i].bytes ? 300 : spec->timeout_ms;
    }
    rig_start(&rig);
    for (size_t i = 0; i < N; i++) {
        const struct sample *sample = rig_next(&rig);
        has(sample, bads[sample->source].words);
        for (const char *c = sample->error; *c; c++)
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
        sample_drop(sample);
    }
    rig_fini(&rig);
    for (size_t i = 0; i < N; i++)
        hostile_stop(servers[i]);
}

static void long_head(void *self, const char *request, unsigned number,
                      struct hostile_reply *reply) {
    struct buf head;
    (void)self;
    (void)request;
    (void)number;
    buf_init(&head, 0);
    buf_add_text(&head, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 90; i++)
        buf_addf(&head, "X-%d: %01000d\r\n", i, 7);
    reply->n = head.len;
    reply->bytes = buf_steal(&head);
}

static void test_endless_headers_meet_their_cap(void **state) {
    (void)state;
    struct hostile *server = hostile_start(long_head, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "health", server, "/");
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    has(sample, "headers are larger than 64 KiB");
    sample_drop(sample);
    rig_fini(&rig);
    hostile_stop(server);
}

/* A port of this machine where nobody listens. */
static int free_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static void test_a_refused_connection_asks_whether_the_service_runs(void **state) {
    (void)state;
    char url[64];
    struct rig rig;
    rig_init(&rig);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/health", free_port());
    rig_add(&rig, "health", url);
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    has(sample, "connection refused (127.0.0.1:");
    has(sample, "): is the service running?");
    assert_int_equal(sample->http, 0);
    assert_int_equal(sample->latency_ms, SAMPLE_UNKNOWN);
    sample_drop(sample);
    rig_fini(&rig);
}

/* ---- redirects -------------------------------------------------------------------------------- */

struct hop {
    const struct hostile *to;
    char path[32];
    _Atomic bool saw_secret, saw_other;
};

static void redirect(void *self, const char *request, unsigned number,
                     struct hostile_reply *reply) {
    struct hop *hop = self;
    int left = 0;
    (void)number;
    if (strstr(request, "X-Secret: s3cret"))
        atomic_store(&hop->saw_secret, true);
    else
        atomic_store(&hop->saw_other, true);
    if (sscanf(request, "GET /hops/%d ", &left) == 1 && left > 0)
        hostile_say(reply,
                    "HTTP/1.1 302 Found\r\nLocation: /hops/%d\r\nContent-Length: 4\r\n\r\nmove",
                    left - 1);
    else if (strncmp(request, "GET /away", 9) == 0)
        hostile_say(reply,
                    "HTTP/1.1 307 Temporary Redirect\r\nLocation: "
                    "http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n",
                    hostile_port(hop->to));
    else if (strncmp(request, "GET /out", 8) == 0)
        hostile_say(reply, "HTTP/1.1 301 Moved\r\nLocation: http://192.0.2.1/\r\n"
                           "Content-Length: 0\r\n\r\n");
    else if (strncmp(request, "GET /file", 9) == 0)
        hostile_say(reply, "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\n"
                           "Content-Length: 0\r\n\r\n");
    else
        hostile_ok(reply, "application/json", GOOD, NULL);
}

static void test_redirects_are_followed_with_care(void **state) {
    (void)state;
    struct hop hop = {0}, far = {0};
    struct header_spec secret = {.name = (char *)(uintptr_t) "X-Secret",
                                 .value = (char *)(uintptr_t) "s3cret",
                                 .secret = true};
    static const struct {
        const char *kind, *path, *words; /* NULL = good */
    } table[] = {
        {"health", "/hops/3", NULL},
        {"health", "/hops/4", "more than 3 redirects"},
        {"health", "/away", NULL},
        {"health", "/out", "redirect refused, it is http beyond this machine"},
        {"health", "/file", "redirect refused, it is neither http nor https"},
        {"http", "/hops/1", NULL},
    };
    enum { N = sizeof(table) / sizeof(*table) };
    struct hostile *other = hostile_start(redirect, &far, NULL);
    struct hostile *server = hostile_start(redirect, &hop, NULL);
    struct rig rig;
    hop.to = other;
    rig_init(&rig);
    for (size_t i = 0; i < N; i++) {
        struct source_spec *spec = rig_add_at(&rig, table[i].kind, server, table[i].path);
        spec->headers = &secret;
        spec->n_headers = 1;
        spec->expect_status = strcmp(table[i].kind, "http") == 0 ? 302 : 0;
    }
    rig_start(&rig);
    for (size_t i = 0; i < N; i++) {
        const struct sample *sample = rig_next(&rig);
        if (table[sample->source].words)
            has(sample, table[sample->source].words);
        else
            good(sample);
        sample_drop(sample);
    }
    assert_true(atomic_load(&hop.saw_secret) && !atomic_load(&hop.saw_other));
    assert_true(atomic_load(&far.saw_other) && !atomic_load(&far.saw_secret));
    rig_fini(&rig);
    hostile_stop(server);
    hostile_stop(other);
}

static void test_http_beyond_this_machine_needs_leave(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "health", "http://192.0.2.1/health");
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    has(sample, "insecure: true");
    sample_drop(sample);
    rig_fini(&rig);
}

/* ---- time ------------------------------------------------------------------------------------- */

static void healthy(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    (void)self;
    (void)number;
    if (strncmp(request, "GET /hang", 9) != 0)
        hostile_ok(reply, "application/json", GOOD, NULL);
}

static void test_connections_are_kept_alive(void **state) {
    (void)state;
    struct hostile *server = hostile_start(healthy, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "health", server, "/");
    rig_start(&rig);
    for (int i = 0; i < 20; i++) {
        const struct sample *sample = i ? rig_again(&rig) : rig_next(&rig);
        good(sample);
        sample_drop(sample);
    }
    assert_int_equal(hostile_requests(server), 20);
    assert_int_equal(hostile_connections(server), 1);
    rig_fini(&rig);
    hostile_stop(server);
}

static void once(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    if (number != 1)
        healthy(self, request, number, reply);
}

static void test_silence_on_a_kept_connection_is_told_as_such(void **state) {
    (void)state;
    struct hostile *server = hostile_start(once, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "health", server, "/")->timeout_ms = 400;
    rig_start(&rig);
    sample_drop(rig_next(&rig));
    const struct sample *sample = rig_again(&rig);
    has(sample, "no answer within 400 ms: the service accepts connections but hangs");
    sample_drop(sample);
    assert_int_equal(hostile_connections(server), 1);
    for (int i = 0; i < 4; i++) {
        sample = rig_again(&rig);
        good(sample);
        sample_drop(sample);
    }
    assert_in_range(hostile_connections(server), 2, 3); /* around the dead one, then kept again */
    rig_fini(&rig);
    hostile_stop(server);
}

static void test_a_look_under_way_is_not_asked_twice(void **state) {
    (void)state;
    struct hostile *server = hostile_start(healthy, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "health", server, "/hang")->timeout_ms = 400;
    rig_start(&rig);
    const struct sample *sample = NULL;
    while (!(sample = rig_within(&rig, 1)))
        probes_poll_now(rig.probes);
    has(sample, "no answer within");
    sample_drop(sample);
    assert_true(hostile_requests(server) <= 1);
    rig_fini(&rig);
    hostile_stop(server);
}

/* 500 of 1,000 sources never answer; all are asked every second, and none waits for them. */
static void test_hanging_sources_starve_nobody(void **state) {
    (void)state;
    enum { N = 1000, EVERY_MS = 2000, ROUNDS = 3, LATE_MS = 1500 };
    struct hostile *server = hostile_start(healthy, NULL, NULL);
    struct rig rig;
    static int64_t last[N], worst;
    static unsigned answers[N];
    rig_init(&rig);
    for (unsigned i = 0; i < N; i++) {
        struct source_spec *spec = rig_add_at(&rig, "health", server, i % 2 ? "/hang" : "/good");
        spec->every_ms = EVERY_MS;
        spec->timeout_ms = spec->connect_timeout_ms = EVERY_MS - 200;
        last[i] = 0;
        answers[i] = 0;
    }
    rig_start(&rig);
    int64_t began = now_ms();
    unsigned done = 0;
    while (done < N && now_ms() < began + RIG_DEADLINE_MS * 3) {
        const struct sample *sample = rig_next(&rig);
        unsigned i = sample->source;
        if (i % 2)
            has(sample, "no answer within");
        else
            good(sample);
        int64_t gap = sample->mono_ms - (last[i] ? last[i] : began);
        int64_t allowed = EVERY_MS + (last[i] == 0 && i % 2 ? EVERY_MS : 0);
        worst = gap - allowed > worst ? gap - allowed : worst;
        last[i] = sample->mono_ms;
        done += ++answers[i] == ROUNDS;
        sample_drop(sample);
    }
    assert_int_equal(done, N);
    if (worst > LATE_MS)
        fail_msg("a source was asked %d ms late", (int)worst);
    rig_fini(&rig);
    hostile_stop(server);
}

static void test_stop_takes_less_than_a_second_while_all_hang(void **state) {
    (void)state;
    struct hostile *server = hostile_start(healthy, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    for (int i = 0; i < 100; i++)
        rig_add_at(&rig, "health", server, "/hang");
    rig_start(&rig);
    assert_true(rig_requests(server, 100));
    int64_t began = now_ms();
    probes_stop(rig.probes);
    assert_true(now_ms() - began < 1000);
    rig.probes = NULL;
    rig_fini(&rig);
    hostile_stop(server);
}

static int64_t cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void test_nothing_turns_while_nothing_is_due(void **state) {
    (void)state;
    unsigned alive = 0, all = 0;
    struct hostile *server = hostile_start(healthy, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "health", server, "/")->timeout_ms = 500;
    rig_add_at(&rig, "health", server, "/hang")->timeout_ms = 300;
    rig_add(&rig, "file-version", "/nowhere/VERSION");
    rig_start(&rig);
    for (int i = 0; i < 3; i++)
        sample_drop(rig_next(&rig));
    int64_t before = cpu_ms();
    assert_null(rig_within(&rig, 1000));
    assert_true(cpu_ms() - before < 100);
    probes_alive(rig.probes, &alive, &all);
    assert_int_equal(all, 2);
    assert_int_equal(alive, 2);
    rig_fini(&rig);
    hostile_stop(server);
}

static void vanishing(void *self, const char *request, unsigned number,
                      struct hostile_reply *reply) {
    (void)self;
    (void)request;
    hostile_ok(reply, "application/json", GOOD, NULL);
    reply->close = number % 2 == 0; /* although it promised to stay */
}

static void test_a_kept_connection_that_died_is_no_error(void **state) {
    (void)state;
    struct hostile *server = hostile_start(vanishing, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "health", server, "/");
    rig_start(&rig);
    for (int i = 0; i < 10; i++) {
        const struct sample *sample = i ? rig_again(&rig) : rig_next(&rig);
        good(sample);
        sample_drop(sample);
    }
    rig_fini(&rig);
    hostile_stop(server);
}

static bool refuse(void *self, struct sample *sample) {
    (void)sample;
    atomic_fetch_add((_Atomic unsigned *)self, 1);
    return false;
}

static void test_what_the_outlet_refuses_is_dropped(void **state) {
    (void)state;
    static _Atomic unsigned refused;
    struct hostile *server = hostile_start(healthy, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "health", server, "/");
    rig_add(&rig, "file-version", "/nowhere/VERSION");
    rig.probes = probes_start(&rig.policy, clock_system(),
                              (struct probe_outlet){.send = refuse, .self = &refused}, NULL);
    assert_non_null(rig.probes);
    assert_true(rig_counts(&refused, 2));
    rig_fini(&rig);
    hostile_stop(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reset_at_every_byte_is_an_error),
        cmocka_unit_test(test_an_end_at_every_byte_is_an_error),
        cmocka_unit_test(test_bad_servers_are_told_in_words),
        cmocka_unit_test(test_endless_headers_meet_their_cap),
        cmocka_unit_test(test_a_refused_connection_asks_whether_the_service_runs),
        cmocka_unit_test(test_redirects_are_followed_with_care),
        cmocka_unit_test(test_http_beyond_this_machine_needs_leave),
        cmocka_unit_test(test_connections_are_kept_alive),
        cmocka_unit_test(test_silence_on_a_kept_connection_is_told_as_such),
        cmocka_unit_test(test_a_look_under_way_is_not_asked_twice),
        cmocka_unit_test(test_hanging_sources_starve_nobody),
        cmocka_unit_test(test_stop_takes_less_than_a_second_while_all_hang),
        cmocka_unit_test(test_nothing_turns_while_nothing_is_due),
        cmocka_unit_test(test_a_kept_connection_that_died_is_no_error),
        cmocka_unit_test(test_what_the_outlet_refuses_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
