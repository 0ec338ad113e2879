/* Names, with a name service of our own making: this program's getaddrinfo() takes the place of the
 * system's, so that names can hang, vanish and move without a network. */
#include "probes/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "tests/support/rig.h"

/* ---- the name service -------------------------------------------------------------------------- */

static _Atomic bool hangs;         /* "hang*" does not come back */
static _Atomic unsigned hanging;   /* calls that wait */
static _Atomic unsigned asked;     /* calls so far */
static _Atomic int good_trouble;   /* what "good" says; 0 = its address */
static _Atomic unsigned good_last; /* the last number of its address 127.0.0.x */

static bool no_longer(const void *self) {
    (void)self;
    return !atomic_load(&hangs);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs are reserved */
int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict out) {
    (void)service;
    (void)hints;
    atomic_fetch_add(&asked, 1);
    if (strncmp(host, "hang", 4) == 0) {
        atomic_fetch_add(&hanging, 1);
        rig_until(no_longer, NULL);
        atomic_fetch_sub(&hanging, 1);
        return EAI_AGAIN;
    }
    if (strncmp(host, "good", 4) != 0)
        return EAI_NONAME;
    if (atomic_load(&good_trouble))
        return atomic_load(&good_trouble);
    struct addrinfo *info = mem_zero(1, sizeof(*info));
    struct sockaddr_in *at = mem_zero(1, sizeof(*at));
    at->sin_family = AF_INET;
    at->sin_addr.s_addr = htonl(INADDR_LOOPBACK + atomic_load(&good_last));
    info->ai_family = AF_INET;
    info->ai_socktype = SOCK_STREAM;
    info->ai_addr = (struct sockaddr *)at;
    info->ai_addrlen = sizeof(*at);
    *out = info;
    return 0;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs are reserved */
void freeaddrinfo(struct addrinfo *info) {
    free(info->ai_addr);
    free(info);
}

static int64_t now_ms(void) {
    return clock_mono_ms(clock_system());
}

static int set_up(void **state) {
    (void)state;
    atomic_store(&hangs, true);
    atomic_store(&good_trouble, 0);
    atomic_store(&good_last, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    atomic_store(&hangs, false);
    return rig_counts(&hanging, 0) ? 0 : -1;
}

/* ---- the resolver alone ------------------------------------------------------------------------ */

static enum resolver_state wait_for(struct resolver *r, struct resolver_name *name, int64_t at_ms) {
    enum resolver_state is;
    while ((is = resolver_look_up(r, name, at_ms)) == RESOLVER_WAITS) {
        struct pollfd fd = {.fd = resolver_fd(r), .events = POLLIN};
        assert_int_equal(poll(&fd, 1, RIG_DEADLINE_MS), 1);
        resolver_collect(r, at_ms);
    }
    return is;
}

/* Asks and waits until the background answer is in. */
static void refresh(struct resolver *r, struct resolver_name *name, int64_t at_ms) {
    struct pollfd fd = {.fd = resolver_fd(r), .events = POLLIN};
    assert_int_equal(resolver_look_up(r, name, at_ms), RESOLVER_READY);
    assert_int_equal(poll(&fd, 1, RIG_DEADLINE_MS), 1);
    resolver_collect(r, at_ms);
}

static void test_a_name_is_asked_for_once(void **state) {
    (void)state;
    struct resolver *r = resolver_new(10, NULL);
    struct resolver_name *name = resolver_name(r, "good.test");
    unsigned before = atomic_load(&asked);
    assert_ptr_equal(resolver_name(r, "good.test"), name);
    assert_int_equal(wait_for(r, name, 1000), RESOLVER_READY);
    assert_string_equal(resolver_addresses(name), "127.0.0.1");
    for (int i = 0; i < 100; i++)
        assert_int_equal(resolver_look_up(r, name, 1000 + i * 100), RESOLVER_READY);
    assert_int_equal(atomic_load(&asked), before + 1);
    assert_int_equal(resolver_generation(name), 1);
    resolver_free(r);
}

static void test_a_name_that_moves_is_followed(void **state) {
    (void)state;
    struct resolver *r = resolver_new(10, NULL);
    struct resolver_name *name = resolver_name(r, "good.test");
    wait_for(r, name, 1000);
    atomic_store(&good_last, 6);
    refresh(r, name, 1000 + RESOLVER_FRESH_MS);
    assert_string_equal(resolver_addresses(name), "127.0.0.7");
    assert_int_equal(resolver_generation(name), 2);
    atomic_store(&good_last, 7);
    resolver_doubt(name); /* a connection failed: no need to wait for the minute */
    refresh(r, name, 3000 + RESOLVER_FRESH_MS);
    assert_string_equal(resolver_addresses(name), "127.0.0.8");
    resolver_free(r);
}

static void test_a_dead_name_server_does_not_blind(void **state) {
    (void)state;
    struct resolver *r = resolver_new(10, NULL);
    struct resolver_name *name = resolver_name(r, "good.test");
    wait_for(r, name, 1000);
    atomic_store(&good_trouble, EAI_AGAIN);
    refresh(r, name, 1000 + RESOLVER_FRESH_MS);
    assert_string_equal(resolver_addresses(name), "127.0.0.1");
    atomic_store(&good_trouble, EAI_NONAME); /* but a name that is said to be gone is gone */
    refresh(r, name, 1000 + 2 * RESOLVER_FRESH_MS);
    assert_null(resolver_addresses(name));
    assert_int_equal(resolver_look_up(r, name, 1000 + 2 * RESOLVER_FRESH_MS), RESOLVER_FAILED);
    resolver_free(r);
}

static void test_names_that_hang_do_not_stop_others(void **state) {
    (void)state;
    struct resolver *r = resolver_new(100, NULL);
    char host[32];
    for (int i = 0; i < RESOLVER_THREADS - 1; i++) {
        snprintf(host, sizeof(host), "hang%d.test", i);
        assert_int_equal(resolver_look_up(r, resolver_name(r, host), 1000), RESOLVER_WAITS);
    }
    assert_true(rig_counts(&hanging, RESOLVER_THREADS - 1));
    assert_int_equal(wait_for(r, resolver_name(r, "good.test"), 1000), RESOLVER_READY);
    int64_t began = now_ms();
    resolver_free(r);
    assert_true(now_ms() - began < 500);
}

static void test_many_names_are_all_found(void **state) {
    (void)state;
    enum { N = 2000 };
    struct resolver *r = resolver_new(N, NULL);
    char host[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < N; i++) {
            snprintf(host, sizeof(host), "good%d.test", i);
            struct resolver_name *name = resolver_name(r, host);
            if (round == 0)
                resolver_look_up(r, name, 1000);
            else
                assert_int_equal(wait_for(r, name, 1000), RESOLVER_READY);
        }
    resolver_free(r);
}

/* ---- in the worker ----------------------------------------------------------------------------- */

static void healthy(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    (void)self;
    (void)request;
    (void)number;
    hostile_ok(reply, "application/json",
               "{\"status\":\"OK\",\"latest_version\":\"1.0\",\"latest_build\":\"1.0\"}", NULL);
}

static void add(struct rig *rig, const struct hostile *server, const char *host) {
    char url[80];
    snprintf(url, sizeof(url), "http://%s:%d/", host, hostile_port(server));
    struct source_spec *spec = rig_add(rig, "health", url);
    spec->timeout_ms = 500;
    rig_environment(rig)->insecure = true;
}

static void test_the_worker_resolves_and_says_what_it_cannot(void **state) {
    (void)state;
    struct hostile *server = hostile_start(healthy, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    add(&rig, server, "good.test");
    add(&rig, server, "gone.test");
    add(&rig, server, "hang.test");
    add(&rig, server, "localhost");
    rig_start(&rig);
    for (int i = 0; i < 8; i++) {
        if (i == 4)
            probes_poll_now(rig.probes);
        const struct sample *sample = rig_next(&rig);
        if (sample->source == 0 || sample->source == 3)
            assert_string_equal(sample->error, "");
        else if (sample->source == 1)
            assert_non_null(strstr(sample->error, "DNS has no address for the host"));
        else
            assert_string_equal(sample->error, "no answer from DNS within 500 ms: is the name "
                                               "server up, is the network?");
        sample_drop(sample);
    }
    rig_fini(&rig);
    hostile_stop(server);
}

static void test_stop_does_not_wait_for_a_name_that_hangs(void **state) {
    (void)state;
    struct hostile *server = hostile_start(healthy, NULL, NULL);
    struct rig rig;
    rig_init(&rig);
    add(&rig, server, "hang.test");
    rig_start(&rig);
    assert_true(rig_counts(&hanging, 1));
    int64_t began = now_ms();
    rig_fini(&rig);
    assert_true(now_ms() - began < 1000);
    hostile_stop(server);
}

#define IN_TURN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_TURN(test_a_name_is_asked_for_once),
        IN_TURN(test_a_name_that_moves_is_followed),
        IN_TURN(test_a_dead_name_server_does_not_blind),
        IN_TURN(test_names_that_hang_do_not_stop_others),
        IN_TURN(test_many_names_are_all_found),
        IN_TURN(test_the_worker_resolves_and_says_what_it_cannot),
        IN_TURN(test_stop_does_not_wait_for_a_name_that_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
