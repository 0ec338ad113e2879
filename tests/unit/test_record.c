/* Records: the canonical JSON, and what is read back. */
#include "src/model/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct record *a_vote(void) {
    struct record *r = record_new(RECORD_VOTE);
    r->seq = 7;
    r->at_ms = INT64_C(1772135855968);
    RECORD_PUT(r->who, "ops-lead");
    RECORD_PUT(r->user, "ada@builder");
    RECORD_PUT(r->role, "ops");
    RECORD_PUT(r->target, "2.0.0.20");
    RECORD_PUT(r->word, "go");
    RECORD_PUT(r->text, "probé \"twice\"\n");
    memset(r->fingerprint, 'a', 64);
    memset(r->prev, '0', 64);
    return r;
}

static void the_json_is_canonical(void **state) {
    (void)state;
    struct record *r = a_vote();
    struct buf out;
    buf_init(&out, 0);
    record_write(r, &out);
    assert_string_equal(
        out.data,
        "{\"at\":\"2026-02-26T19:57:35.968Z\",\"fingerprint\":"
        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"kind\":\"vote\","
        "\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\","
        "\"role\":\"ops\",\"seq\":7,\"target\":\"2.0.0.20\",\"text\":\"probé \\\"twice\\\"\\n\","
        "\"user\":\"ada@builder\",\"v\":1,\"who\":\"ops-lead\",\"word\":\"go\"}");
    buf_fini(&out);
    record_drop(r);
}

static void what_is_written_is_read_back(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        struct record *r = a_vote();
        struct buf once, twice;
        r->kind = (enum record_kind)kind;
        r->step = kind % 3 - 1;
        r->exit_code = kind % 2 ? -9 : 0;
        r->until_ms = kind % 2 ? INT64_C(1772135855968) + kind : 0;
        r->is_signed = kind % 2 == 0;
        memset(r->key, kind * 31, sizeof r->key);
        RECORD_PUT(r->run, "r-1");
        RECORD_PUT(r->subject, "roll call");
        memset(r->digest, 'f', 64);
        buf_init(&once, 0);
        buf_init(&twice, 0);
        record_write(r, &once);
        struct record *back = record_read(once.data, once.len, "test", &err);
        assert_non_null(back);
        assert_int_equal(back->kind, r->kind);
        assert_int_equal(back->step, r->step);
        assert_int_equal(back->exit_code, r->exit_code);
        assert_string_equal(back->text, r->text);
        record_write(back, &twice);
        assert_string_equal(once.data, twice.data);
        buf_fini(&once);
        buf_fini(&twice);
        record_drop(back);
        record_drop(r);
    }
}

/* The worst that can be said still fits the cap, and comes back as it was. */
static void every_byte_that_text_may_hold_survives(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct record *r = a_vote();
    struct buf out;
    for (size_t i = 0; i + 1 < sizeof r->text; i++)
        r->text[i] = (char)(1 + i % 127);
    for (size_t i = 0; i + 1 < sizeof r->who; i++)
        r->who[i] = r->role[i] = r->user[i] = '\x1b';
    for (size_t i = 0; i + 1 < sizeof r->target; i++)
        r->target[i] = r->subject[i] = '\x01';
    buf_init(&out, RECORD_JSON_CAP);
    record_write(r, &out);
    struct record *back = record_read(out.data, out.len, "test", &err);
    assert_non_null(back);
    assert_string_equal(back->text, r->text);
    assert_string_equal(back->who, r->who);
    for (size_t i = 0; i < out.len; i++) /* nothing that could end a line or move a cursor */
        assert_true((unsigned char)out.data[i] >= 0x20 && out.data[i] != 0x7f);
    record_drop(back);
    record_drop(r);
    buf_fini(&out);
}

static void put_keeps_utf8_and_says_when_it_cuts(void **state) {
    (void)state;
    char dst[8];
    assert_true(RECORD_PUT(dst, "seven77"));
    assert_string_equal(dst, "seven77");
    assert_false(RECORD_PUT(dst, "eight888"));
    assert_string_equal(dst, "eight88");
    assert_false(RECORD_PUT(dst, "sixsixé"));
    assert_string_equal(dst, "sixsix");
    assert_true(RECORD_PUT(dst, "a\xff"));
    assert_string_equal(dst, "a\xEF\xBF\xBD");
    assert_true(RECORD_PUT(dst, ""));
    assert_string_equal(dst, "");
}

static void a_newer_ones_entry_is_shown_by_its_kinds_name(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    static const char json[] =
        "{\"kind\":\"blessing\",\"moon\":[1,2],\"seq\":3,\"text\":\"so be it\",\"v\":2}";
    struct record *r = record_read(json, sizeof json - 1, "test", &err);
    assert_non_null(r);
    assert_int_equal(r->kind, RECORD_OTHER);
    assert_string_equal(r->word, "blessing");
    assert_string_equal(r->text, "so be it");
    record_drop(r);
}

static void what_is_no_entry_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "null",
        "{\"kind\":\"vote\"}",
        "{\"seq\":1}",
        "{\"kind\":1,\"seq\":1}",
        "{\"kind\":\"vote\",\"seq\":0}",
        "{\"kind\":\"vote\",\"seq\":-1}",
        "{\"kind\":\"vote\",\"seq\":1.5}",
        "{\"kind\":\"vote\",\"seq\":\"1\"}",
        "{\"kind\":\"vote\",\"seq\":1,\"seq\":2}",
        "{\"kind\":\"vote\",\"seq\":1,\"who\":7}",
        "{\"kind\":\"vote\",\"seq\":1,\"at\":\"yesterday\"}",
        "{\"kind\":\"vote\",\"seq\":1,\"at\":5}",
        "{\"kind\":\"vote\",\"seq\":1,\"exit\":99999999999}",
        "{\"kind\":\"vote\",\"seq\":1,\"key\":\"AAAA\"}",
        "{\"kind\":\"vote\",\"seq\":1,\"v\":0}",
        "{\"kind\":\"vote\",\"seq\":1,\"text\":\"a\\u0000b\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = ERR_INIT;
        assert_null(record_read(bad[i], strlen(bad[i]), "test", &err));
        assert_int_not_equal(err.code, ERR_OK);
    }
    char *json = malloc(4096);
    struct err err = ERR_INIT;
    snprintf(json, 4096, "{\"kind\":\"vote\",\"seq\":1,\"who\":\"%0200d\"}", 1); /* too long */
    assert_null(record_read(json, strlen(json), "test", &err));
    free(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_json_is_canonical),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(every_byte_that_text_may_hold_survives),
        cmocka_unit_test(put_keeps_utf8_and_says_when_it_cuts),
        cmocka_unit_test(a_newer_ones_entry_is_shown_by_its_kinds_name),
        cmocka_unit_test(what_is_no_entry_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
