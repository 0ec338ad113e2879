/* The artifact worker against a server that breaks off, hangs, lies and changes its mind. */
#include "probes/artifacts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/evp.h>

#include "src/base/base64.h"
#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/model/artifact_facts.h"
#include "tests/support/hostile.h"
#include "tests/support/rig.h"

enum { BODY = 600000, CLAIMS = 0, OWN = 1 };

/* How the server behaves; the test changes it while it runs. */
struct server {
    char *body;
    size_t len;
    _Atomic unsigned heads, gets, ranges;
    _Atomic int etag;   /* which bytes these are; 0 = none is sent */
    _Atomic int cut;    /* so many bytes of the next answers are missing at the end */
    _Atomic int cuts;   /* of so many answers */
    _Atomic bool whole; /* ranges are not heeded */
    _Atomic bool hang;  /* after the head nothing comes */
    _Atomic bool no_head;
    _Atomic bool weak;
    _Atomic bool stubborn; /* If-Range is not heeded */
    _Atomic bool swap;     /* when a part is asked for there are other bytes */
};

static void serve_body(struct server *s, const char *request, const char *etag,
                       struct hostile_reply *reply) {
    const char *range = strstr(request, "Range: bytes=");
    const char *if_range = strstr(request, "If-Range: ");
    size_t from = range ? (size_t)strtoul(range + 13, NULL, 10) : 0;
    char now[40];
    snprintf(now, sizeof now, "If-Range: \"v%d\"\r", s->etag);
    bool other = if_range && strncmp(if_range, now, strlen(now)) != 0;
    if (s->whole || (other && !s->stubborn))
        from = 0;
    s->ranges += from > 0 ? 1 : 0;
    char *part = mem_format("Content-Range: bytes %zu-%zu/%zu\r\n", from, s->len - 1, s->len);
    char *head =
        mem_format("HTTP/1.1 %s\r\n%s%sContent-Length: %zu\r\n\r\n",
                   from > 0 ? "206 Partial" : "200 OK", etag, from > 0 ? part : "", s->len - from);
    size_t missing = 0, n = strlen(head);
    if (s->cuts > 0) {
        s->cuts--;
        missing = (size_t)s->cut;
        reply->close = true;
    }
    size_t rest = s->len - from > missing ? s->len - from - missing : 0;
    if (s->hang)
        rest = 10;
    reply->bytes = mem_alloc(n + rest + 1);
    memcpy(reply->bytes, head, n);
    memcpy(reply->bytes + n, s->body + from, rest);
    reply->n = n + rest;
    free(head);
    free(part);
}

static void script(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    struct server *s = self;
    char etag[64] = "";
    (void)number;
    if (s->swap && strstr(request, "Range: ")) {
        s->swap = false;
        s->body[s->len - 1] ^= 1;
        s->etag = 2;
    }
    if (s->etag > 0)
        snprintf(etag, sizeof etag, "ETag: %s\"v%d\"\r\n", s->weak ? "W/" : "", s->etag);
    if (strstr(request, " /moved ")) {
        hostile_say(reply, "HTTP/1.1 302 Found\r\nLocation: /a.dmg\r\nContent-Length: 0\r\n\r\n");
    } else if (strstr(request, " /away ")) {
        hostile_say(reply, "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/a.dmg\r\n"
                           "Content-Length: 0\r\n\r\n");
    } else if (!strstr(request, " /a.dmg ") && !strstr(request, " /b.dmg ")) {
        hostile_say(reply, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    } else if (strncmp(request, "HEAD", 4) == 0) {
        s->heads++;
        if (s->no_head)
            hostile_say(reply, "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n");
        else
            hostile_say(reply, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", etag, s->len);
    } else {
        s->gets++;
        serve_body(s, request, etag, reply);
    }
}

struct bench {
    struct server server;
    struct hostile *hostile;
    struct environment environment;
    struct source_spec sources[2];
    unsigned claims[1], own[1];
    struct policy policy;
    struct queue *queue;
    struct artifacts *artifacts;
    char memory[256];
    char signature[BASE64_CAP(ED25519_SIGNATURE)];
};

static void drop(void *sample) {
    sample_drop(sample);
}

static bool on_sample(void *self, struct sample *sample) {
    return queue_push(((struct bench *)self)->queue, sample, 0) == QUEUE_OK;
}

static void sign(struct bench *b) {
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE];
    size_t key_len = sizeof key, len = sizeof signature;
    assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, key, &key_len), 1);
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, pkey), 1);
    assert_int_equal(
        EVP_DigestSign(context, signature, &len, (unsigned char *)b->server.body, b->server.len),
        1);
    base64_encode(key, sizeof key, b->sources[OWN].public_key);
    base64_encode(signature, sizeof signature, b->signature);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
}

static void bench_init(struct bench *b) {
    static char name[] = "test", id[] = "tree/manifest", own[] = "gate/artifact",
                manifest[] = "manifest", artifact[] = "artifact";
    memset(b, 0, sizeof *b);
    b->server.body = mem_alloc(BODY);
    b->server.len = BODY;
    for (size_t i = 0; i < BODY; i++)
        b->server.body[i] = (char)(i * 7 + (i >> 9));
    b->server.etag = 1;
    b->hostile = hostile_start(script, &b->server, NULL);
    b->environment = (struct environment){.name = name};
    b->sources[CLAIMS] = (struct source_spec){.id = id, .name = name, .kind = manifest};
    b->own[0] = OWN;
    b->claims[0] = CLAIMS;
    b->sources[OWN] = (struct source_spec){.id = own,
                                           .name = name,
                                           .kind = artifact,
                                           .every_ms = 100,
                                           .timeout_ms = 5000,
                                           .connect_timeout_ms = 5000,
                                           .claims = b->claims,
                                           .n_claims = 1};
    b->policy = (struct policy){.environments = &b->environment,
                                .n_environments = 1,
                                .sources = b->sources,
                                .n_sources = 2};
    sign(b);
    const char *tmp = getenv("TMPDIR");
    snprintf(b->memory, sizeof b->memory, "%s/artifacts-%ld.json", tmp ? tmp : "/tmp",
             (long)getpid());
    unlink(b->memory);
}

static void bench_start(struct bench *b) {
    struct err err = ERR_INIT;
    b->queue = queue_new(10000, drop, NULL);
    b->artifacts = artifacts_start(&b->policy, b->own, 1, b->memory, clock_system(),
                                   (struct probe_outlet){.send = on_sample, .self = b}, &err);
    if (!b->artifacts)
        fail_msg("%s", err.what);
}

static void bench_stop(struct bench *b) {
    artifacts_stop(b->artifacts);
    queue_free(b->queue);
    b->artifacts = NULL;
    b->queue = NULL;
}

static void bench_fini(struct bench *b) {
    if (b->artifacts)
        bench_stop(b);
    hostile_stop(b->hostile);
    unlink(b->memory);
    free(b->server.body);
}

/* The manifest names this. */
static void claim(struct bench *b, const char *path) {
    struct sample *sample = sample_new(CLAIMS);
    sample->reading = READING_OK;
    snprintf(sample->url, sizeof sample->url, "http://127.0.0.1:%d%s", hostile_port(b->hostile),
             path);
    sample->signature = mem_copy_text(b->signature);
    artifacts_hear(b->artifacts, sample);
    sample_drop(sample);
}

/* The next sample that is the end of a look. */
static const struct sample *next_end(struct bench *b) {
    for (;;) {
        void *item = NULL;
        if (queue_take(b->queue, &item, 1, RIG_DEADLINE_MS) != 1)
            fail_msg("no sample came");
        const struct sample *sample = item;
        assert_int_equal(sample->source, OWN);
        if (!sample->unfinished)
            return sample;
        sample_drop(sample);
    }
}

static struct artifact_fact proven(struct bench *b) {
    const struct sample *sample = next_end(b);
    struct artifact_facts facts;
    if (sample->reading != READING_OK)
        fail_msg("%s", sample->error);
    assert_true(facts_read(sample->value, &facts));
    assert_int_equal(facts.n, 1);
    assert_string_equal(sample->status, "1 proven");
    sample_drop(sample);
    return facts.facts[0];
}

static void expect_whole(struct bench *b) {
    struct artifact_fact fact = proven(b);
    char hex[HASH_HEX_CAP];
    hash_of(b->server.body, b->server.len, hex);
    assert_int_equal(fact.bytes, b->server.len);
    assert_int_equal(fact.length, b->server.len);
    assert_string_equal(fact.sha256, hex);
    assert_int_equal(facts_signature(&fact, b->sources[OWN].public_key, b->signature), 1);
}

static void expect_error(struct bench *b, const char *says) {
    const struct sample *sample = next_end(b);
    assert_int_equal(sample->reading, READING_ERROR);
    if (!strstr(sample->error, says))
        fail_msg("\"%s\" does not say \"%s\"", sample->error, says);
    sample_drop(sample);
}

/* ---- tests ---- */

static void an_artifact_is_downloaded_once(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    bench_start(&b);
    claim(&b, "/a.dmg");
    for (int i = 0; i < 4; i++)
        expect_whole(&b);
    assert_int_equal(b.server.gets, 1);
    assert_true(b.server.heads >= 4);
    bench_stop(&b);
    /* and not by the next run either */
    bench_start(&b);
    claim(&b, "/a.dmg");
    expect_whole(&b);
    assert_int_equal(b.server.gets, 1);
    struct stat st;
    assert_int_equal(stat(b.memory, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    bench_fini(&b);
}

static void other_bytes_are_proven_anew(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    bench_start(&b);
    claim(&b, "/a.dmg");
    expect_whole(&b);
    b.server.body[5] ^= 1; /* nobody reads it: the next answer's head comes first */
    b.server.etag = 2;
    struct artifact_fact fact;
    do
        fact = proven(&b);
    while (strcmp(fact.etag, "\"v2\"") != 0);
    assert_int_equal(b.server.gets, 2);
    assert_int_equal(facts_signature(&fact, b.sources[OWN].public_key, b.signature), 0);
    bench_fini(&b);
}

static void a_broken_download_goes_on(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    b.server.cut = 200000;
    b.server.cuts = 2;
    bench_start(&b);
    claim(&b, "/a.dmg");
    expect_whole(&b);
    assert_int_equal(b.server.gets, 3);
    assert_int_equal(b.server.ranges, 2);
    bench_fini(&b);
}

static void parts_of_two_are_never_put_together(void **state) {
    (void)state;
    struct bench b;
    char hex[HASH_HEX_CAP];
    bench_init(&b);
    b.server.cut = 200000;
    b.server.cuts = 1;
    b.server.stubborn = b.server.swap = true;
    bench_start(&b);
    claim(&b, "/a.dmg");
    struct artifact_fact fact = proven(&b);
    hash_of(b.server.body, b.server.len, hex);
    assert_string_equal(fact.sha256, hex);
    assert_string_equal(fact.etag, "\"v2\"");
    assert_int_equal(fact.bytes, b.server.len);
    assert_int_equal(b.server.ranges, 1);
    assert_int_equal(b.server.gets, 3); /* cut off, refused, whole */
    bench_fini(&b);
}

static void without_ranges_it_begins_again(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    b.server.cut = 200000;
    b.server.cuts = 1;
    b.server.whole = true;
    bench_start(&b);
    claim(&b, "/a.dmg");
    expect_whole(&b);
    assert_int_equal(b.server.gets, 2);
    bench_fini(&b);
}

static void without_validators_nothing_is_put_together(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    b.server.etag = 0;
    b.server.cut = 200000;
    b.server.cuts = 1;
    bench_start(&b);
    claim(&b, "/a.dmg");
    expect_whole(&b);
    assert_int_equal(b.server.ranges, 0);
    assert_int_equal(b.server.gets, 2);
    expect_whole(&b); /* for an hour the length is taken for enough */
    assert_int_equal(b.server.gets, 2);
    bench_fini(&b);
}

static void a_weak_etag_is_none(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    b.server.weak = true;
    bench_start(&b);
    claim(&b, "/a.dmg");
    struct artifact_fact fact = proven(&b);
    assert_string_equal(fact.etag, "");
    bench_fini(&b);
}

static void a_server_without_head_will_do(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    b.server.no_head = true;
    bench_start(&b);
    claim(&b, "/a.dmg");
    expect_whole(&b);
    bench_fini(&b);
}

static void redirects_are_followed_and_judged(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    bench_start(&b);
    claim(&b, "/moved");
    expect_whole(&b);
    claim(&b, "/away");
    const struct sample *sample = next_end(&b);
    while (sample->reading == READING_OK) {
        sample_drop(sample);
        sample = next_end(&b);
    }
    assert_non_null(strstr(sample->error, "http beyond this machine"));
    sample_drop(sample);
    bench_fini(&b);
}

static void what_is_not_there_is_an_error(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    bench_start(&b);
    claim(&b, "/gone");
    expect_error(&b, "answers 404");
    bench_fini(&b);
}

static void nobody_who_claims_anything_is_an_error(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    bench_start(&b);
    struct sample *sample = sample_new(CLAIMS); /* the manifest cannot be had */
    artifacts_hear(b.artifacts, sample);
    sample_drop(sample);
    expect_error(&b, "no manifest or feed names an artifact");
    bench_fini(&b);
}

static bool downloads(const void *self) {
    return ((const struct bench *)self)->server.gets > 0;
}

static void another_claim_breaks_a_download_off(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    b.server.hang = true;
    bench_start(&b);
    claim(&b, "/a.dmg");
    assert_true(rig_until(downloads, &b));
    b.server.hang = false;
    claim(&b, "/b.dmg");
    struct artifact_fact fact = proven(&b);
    assert_non_null(strstr(fact.url, "/b.dmg"));
    assert_int_equal(b.server.gets, 2);
    bench_fini(&b);
}

static void the_end_waits_for_no_download(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    b.server.hang = true;
    bench_start(&b);
    claim(&b, "/a.dmg");
    assert_true(rig_until(downloads, &b));
    int64_t began = clock_mono_ms(clock_system());
    bench_stop(&b);
    assert_true(clock_mono_ms(clock_system()) - began < 5000); /* under sanitizers */
    bench_fini(&b);
}

static void a_download_says_how_far_it_is_and_keeps_to_its_rate(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    b.sources[OWN].rate = 200000;
    bench_start(&b);
    int64_t began = clock_mono_ms(clock_system());
    claim(&b, "/a.dmg");
    unsigned told = 0;
    const struct sample *sample;
    for (;; sample_drop(sample)) {
        void *item = NULL;
        struct artifact_facts facts;
        assert_int_equal(queue_take(b.queue, &item, 1, RIG_DEADLINE_MS), 1);
        sample = item;
        assert_true(facts_read(sample->value, &facts));
        if (!sample->unfinished)
            break;
        assert_non_null(strstr(facts.now_url, "/a.dmg"));
        assert_int_equal(facts.now_total, BODY);
        assert_non_null(strstr(sample->status, "% of 600000 bytes"));
        told++;
    }
    sample_drop(sample);
    assert_true(told >= 2);
    assert_true(clock_mono_ms(clock_system()) - began >= 1500);
    bench_fini(&b);
}

static void a_memory_that_is_none_costs_a_download(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    FILE *f = fopen(b.memory, "w");
    assert_non_null(f);
    fputs("{\"artifacts\":[{\"url\":\"x\"}", f);
    fclose(f);
    bench_start(&b);
    claim(&b, "/a.dmg");
    expect_whole(&b);
    assert_int_equal(b.server.gets, 1);
    bench_fini(&b);
}

/* A full disk, for one: what was proven counts all the same, until the end. */
static void a_memory_that_cannot_be_written_costs_the_next_run_a_download(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    snprintf(b.memory, sizeof b.memory, "/nowhere-%ld/artifacts.json", (long)getpid());
    for (unsigned run = 1; run <= 2; run++) {
        bench_start(&b);
        claim(&b, "/a.dmg");
        expect_whole(&b);
        expect_whole(&b);
        assert_int_equal(b.server.gets, run);
        bench_stop(&b);
    }
    bench_fini(&b);
}

static void what_another_key_signed_is_asked_about_anew(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    bench_start(&b);
    claim(&b, "/a.dmg");
    expect_whole(&b);
    bench_stop(&b);
    sign(&b); /* a new key */
    bench_start(&b);
    claim(&b, "/a.dmg");
    expect_whole(&b);
    assert_int_equal(b.server.gets, 2);
    bench_fini(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_artifact_is_downloaded_once),
        cmocka_unit_test(other_bytes_are_proven_anew),
        cmocka_unit_test(a_broken_download_goes_on),
        cmocka_unit_test(parts_of_two_are_never_put_together),
        cmocka_unit_test(without_ranges_it_begins_again),
        cmocka_unit_test(without_validators_nothing_is_put_together),
        cmocka_unit_test(a_weak_etag_is_none),
        cmocka_unit_test(a_server_without_head_will_do),
        cmocka_unit_test(redirects_are_followed_and_judged),
        cmocka_unit_test(what_is_not_there_is_an_error),
        cmocka_unit_test(nobody_who_claims_anything_is_an_error),
        cmocka_unit_test(another_claim_breaks_a_download_off),
        cmocka_unit_test(the_end_waits_for_no_download),
        cmocka_unit_test(a_download_says_how_far_it_is_and_keeps_to_its_rate),
        cmocka_unit_test(a_memory_that_is_none_costs_a_download),
        cmocka_unit_test(a_memory_that_cannot_be_written_costs_the_next_run_a_download),
        cmocka_unit_test(what_another_key_signed_is_asked_about_anew),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
