/* TLS as the probes judge it: what is trusted, what is refused, and in which words. */
#include "probes/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/rig.h"

enum { DAY = 86400 };

#define GOOD "{\"status\":\"OK\",\"latest_version\":\"1.0\",\"latest_build\":\"1.0\"}"
#define HERE "IP:127.0.0.1,DNS:localhost"

static void healthy(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    (void)self;
    (void)number;
    if (strncmp(request, "GET /plain", 10) == 0)
        hostile_say(reply, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                           "Content-Length: 0\r\n\r\n");
    else
        hostile_ok(reply, "application/json", GOOD, NULL);
}

/* A CA in a file, a certificate of it, a server that shows it, and one source that asks there. */
struct scene {
    struct rig rig;
    struct hostile *server;
    struct cert ca, leaf;
    char ca_file[32];
    char pin[64];
};

static void write_ca(struct scene *s) {
    snprintf(s->ca_file, sizeof(s->ca_file), "/tmp/gonogo-ca-XXXXXX");
    int fd = mkstemp(s->ca_file);
    assert_true(fd >= 0);
    close(fd);
    cert_write(&s->ca, s->ca_file);
}

static void add(struct scene *s, const char *path) {
    char url[80];
    snprintf(url, sizeof(url), "https://127.0.0.1:%d%s", hostile_port(s->server), path);
    rig_add(&s->rig, "health", url);
}

static void open_scene(struct scene *s, const char *names, long from_s, long to_s, bool by_ca) {
    cert_make(&s->ca, "Test CA", NULL, -DAY, 3650L * DAY, NULL);
    cert_make(&s->leaf, "leaf \x1b[1m", names, from_s, to_s, by_ca ? &s->ca : NULL);
    cert_pin(&s->leaf, s->pin, sizeof(s->pin));
    write_ca(s);
    s->server = hostile_start(healthy, NULL, &s->leaf);
    rig_init(&s->rig);
}

static void scene_init(struct scene *s, const char *names, long from_s, long to_s) {
    open_scene(s, names, from_s, to_s, true);
    add(s, "/health");
}

static void scene_fini(struct scene *s) {
    rig_fini(&s->rig);
    hostile_stop(s->server);
    cert_fini(&s->leaf);
    cert_fini(&s->ca);
    unlink(s->ca_file);
}

/* Looks once; NULL = it must be good, else the words of the error. */
static void expect(struct scene *s, const char *words) {
    rig_start(&s->rig);
    const struct sample *sample = rig_next(&s->rig);
    bool as_wished = words ? sample->reading == READING_ERROR && strstr(sample->error, words)
                           : sample->reading == READING_OK;
    if (!as_wished)
        fail_msg("reading %d, error \"%s\"", (int)sample->reading, sample->error);
    assert_null(strchr(sample->error, '\x1b'));
    sample_drop(sample);
}

static void test_a_certificate_of_the_ca_file_is_good(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, HERE, -DAY, 10L * DAY + 60);
    rig_environment(&s.rig)->ca_file = s.ca_file;
    rig_start(&s.rig);
    for (int i = 0; i < 3; i++) { /* the days are known on kept connections too */
        const struct sample *sample = i ? rig_again(&s.rig) : rig_next(&s.rig);
        assert_string_equal(sample->error, "");
        assert_int_equal(sample->tls_days, 10);
        sample_drop(sample);
    }
    assert_int_equal(hostile_connections(s.server), 1);
    scene_fini(&s);
}

static void test_an_unknown_ca_is_refused(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, HERE, -DAY, DAY);
    expect(&s, "is not trusted");
    assert_int_equal(hostile_requests(s.server), 0);
    scene_fini(&s);
}

static void test_a_self_signed_certificate_is_told_as_such(void **state) {
    (void)state;
    struct scene s;
    open_scene(&s, HERE, -DAY, DAY, false);
    add(&s, "/health");
    expect(&s, "self-signed and not trusted: name its file as tls.ca_file");
    scene_fini(&s);
}

static void test_an_expired_certificate_says_since_when(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, HERE, -30L * DAY, -3L * DAY - 60);
    rig_environment(&s.rig)->ca_file = s.ca_file;
    expect(&s, "the TLS certificate expired 3 d");
    scene_fini(&s);
}

static void test_a_certificate_of_tomorrow_points_at_the_clock(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, HERE, DAY, 30L * DAY);
    rig_environment(&s.rig)->ca_file = s.ca_file;
    expect(&s, "check this machine's clock");
    scene_fini(&s);
}

static void test_a_wrong_host_is_refused(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, "DNS:elsewhere.example", -DAY, DAY);
    rig_environment(&s.rig)->ca_file = s.ca_file;
    expect(&s, "the TLS certificate is not for 127.0.0.1:");
    assert_int_equal(hostile_requests(s.server), 0);
    scene_fini(&s);
}

static void test_the_right_pin_alone_is_enough(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, "DNS:elsewhere.example", -30L * DAY, -3L * DAY);
    rig_environment(&s.rig)->pin_sha256 = s.pin;
    expect(&s, NULL);
    scene_fini(&s);
}

static void test_a_wrong_pin_is_refused(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, HERE, -DAY, DAY);
    s.pin[3] = s.pin[3] == 'A' ? 'B' : 'A';
    rig_environment(&s.rig)->pin_sha256 = s.pin;
    expect(&s, "the server's TLS key is not the pinned one");
    assert_int_equal(hostile_requests(s.server), 0);
    scene_fini(&s);
}

static void test_a_pin_with_a_ca_file_needs_both(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, HERE, -30L * DAY, -3L * DAY - 60);
    rig_environment(&s.rig)->pin_sha256 = s.pin;
    rig_environment(&s.rig)->ca_file = s.ca_file;
    expect(&s, "expired");
    scene_fini(&s);
}

static void test_a_trusted_connection_serves_no_other_environment(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, HERE, -DAY, DAY);
    rig_environment(&s.rig)->ca_file = s.ca_file;
    rig_add_environment(&s.rig); /* the same server, by the system's certificates */
    add(&s, "/health");
    rig_start(&s.rig);
    for (int i = 0; i < 10; i++) {
        if (i % 2 == 0 && i > 0)
            probes_poll_now(s.rig.probes);
        const struct sample *sample = rig_next(&s.rig);
        assert_int_equal(sample->reading, sample->source == 0 ? READING_OK : READING_ERROR);
        sample_drop(sample);
    }
    scene_fini(&s);
}

static void test_https_never_leads_to_http(void **state) {
    (void)state;
    struct scene s;
    open_scene(&s, HERE, -DAY, DAY, true);
    rig_environment(&s.rig)->ca_file = s.ca_file;
    rig_environment(&s.rig)->insecure = true; /* not even then */
    add(&s, "/plain");
    expect(&s, "redirect refused, it leads from https to http");
    scene_fini(&s);
}

static void lead_to_https(void *self, const char *request, unsigned number,
                          struct hostile_reply *reply) {
    (void)request;
    (void)number;
    hostile_say(reply,
                "HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:%d/\r\n"
                "Content-Length: 0\r\n\r\n",
                hostile_port(((struct scene *)self)->server));
}

/* A source of http that is sent on to https, after a handle served one that trusts a pin alone. */
static void http_to_https(bool trusted) {
    struct scene s;
    scene_init(&s, HERE, -DAY, 10L * DAY + 60);
    struct hostile *door = hostile_start(lead_to_https, &s, NULL);
    rig_environment(&s.rig)->pin_sha256 = s.pin;
    rig_add_environment(&s.rig);
    rig_environment(&s.rig)->ca_file = trusted ? s.ca_file : NULL;
    rig_add_at(&s.rig, "health", door, "/");
    rig_start(&s.rig);
    for (int i = 0; i < 6; i++) {
        if (i > 0 && i % 2 == 0)
            probes_poll_now(s.rig.probes);
        const struct sample *sample = rig_next(&s.rig);
        if (sample->source == 0 || trusted)
            assert_string_equal(sample->error, "");
        else
            assert_non_null(strstr(sample->error, "is not trusted"));
        if (sample->source == 1 && trusted)
            assert_int_equal(sample->tls_days, 10);
        sample_drop(sample);
    }
    rig_fini(&s.rig);
    rig_init(&s.rig);
    hostile_stop(door);
    scene_fini(&s);
}

static void test_http_that_leads_to_https_is_judged_as_https(void **state) {
    (void)state;
    http_to_https(true);
    http_to_https(false);
}

static void test_a_ca_file_that_cannot_be_read_is_named(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, HERE, -DAY, DAY);
    rig_environment(&s.rig)->ca_file = (char *)(uintptr_t) "/nowhere/ca.pem";
    expect(&s, "cannot read the trusted certificates in /nowhere/ca.pem");
    scene_fini(&s);
}

static void test_tls_on_a_plain_port_is_told(void **state) {
    (void)state;
    struct scene s;
    struct hostile *plain = hostile_start(healthy, NULL, NULL);
    scene_init(&s, HERE, -DAY, DAY);
    struct hostile *secure = s.server;
    s.server = plain;
    add(&s, "/health");
    rig_start(&s.rig);
    for (int i = 0; i < 2; i++) {
        const struct sample *sample = rig_next(&s.rig);
        if (sample->source == 1)
            assert_non_null(strstr(sample->error, "the TLS handshake failed"));
        sample_drop(sample);
    }
    hostile_stop(secure);
    scene_fini(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_of_the_ca_file_is_good),
        cmocka_unit_test(test_an_unknown_ca_is_refused),
        cmocka_unit_test(test_a_self_signed_certificate_is_told_as_such),
        cmocka_unit_test(test_an_expired_certificate_says_since_when),
        cmocka_unit_test(test_a_certificate_of_tomorrow_points_at_the_clock),
        cmocka_unit_test(test_a_wrong_host_is_refused),
        cmocka_unit_test(test_the_right_pin_alone_is_enough),
        cmocka_unit_test(test_a_wrong_pin_is_refused),
        cmocka_unit_test(test_a_pin_with_a_ca_file_needs_both),
        cmocka_unit_test(test_a_trusted_connection_serves_no_other_environment),
        cmocka_unit_test(test_https_never_leads_to_http),
        cmocka_unit_test(test_http_that_leads_to_https_is_judged_as_https),
        cmocka_unit_test(test_a_ca_file_that_cannot_be_read_is_named),
        cmocka_unit_test(test_tls_on_a_plain_port_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
