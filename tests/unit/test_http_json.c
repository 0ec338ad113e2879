/* http-json: what is looked up in an answer, and what the gate makes of it. */
#include "tests/unit/reading_fixture.h"

#include <stdlib.h>

#include "src/base/mem.h"
#include "tests/support/rig.h"

static char pointer[] = "/total";

static void saw_value(struct reading_fixture *f, const char *json) {
    struct sample *sample = sample_new(0);
    sample->reading = READING_OK;
    sample->value = mem_copy_text(json);
    reading_saw(f, sample);
}

static void saw_absence(struct reading_fixture *f, enum absence absent) {
    struct sample *sample = sample_new(0);
    sample->reading = READING_OK;
    sample->absent = absent;
    reading_saw(f, sample);
}

struct row {
    enum json_op op;
    const char *wanted, *value;
    enum gate_verdict verdict;
    const char *reason;
};

static void check_rows(const struct row *rows, size_t n) {
    struct reading_fixture f;
    reading_init(&f, "http-json");
    f.source.value_pointer = pointer;
    for (size_t i = 0; i < n; i++) {
        f.gate.op = rows[i].op;
        f.gate.value = mem_copy_text(rows[i].wanted);
        saw_value(&f, rows[i].value);
        reading_judge(&f, rows[i].verdict, rows[i].reason);
        free(f.gate.value);
        f.gate.value = NULL;
    }
    reading_fini(&f);
}

static void numbers_compare_as_numbers(void **state) {
    (void)state;
    static const struct row rows[] = {
        {JSON_OP_EQUAL, "0", "0", GATE_PASS, "/total is 0"},
        {JSON_OP_EQUAL, "0", "0.0", GATE_PASS, "/total is 0.0"},
        {JSON_OP_EQUAL, "0", "3", GATE_FAIL, "/total is 3, want == 0"},
        {JSON_OP_NOT_EQUAL, "0", "3", GATE_PASS, "/total is 3, != 0"},
        {JSON_OP_NOT_EQUAL, "3", "3", GATE_FAIL, "/total is 3, want != 3"},
        {JSON_OP_LESS, "3", "2", GATE_PASS, "/total is 2, < 3"},
        {JSON_OP_LESS, "3", "3", GATE_FAIL, "/total is 3, want < 3"},
        {JSON_OP_AT_MOST, "3", "3", GATE_PASS, "/total is 3, <= 3"},
        {JSON_OP_AT_MOST, "3", "3.5", GATE_FAIL, "/total is 3.5, want <= 3"},
        {JSON_OP_MORE, "0.98", "0.99", GATE_PASS, "/total is 0.99, > 0.98"},
        {JSON_OP_MORE, "0.98", "0.98", GATE_FAIL, "/total is 0.98, want > 0.98"},
        {JSON_OP_AT_LEAST, "-1", "-1", GATE_PASS, "/total is -1, >= -1"},
        {JSON_OP_AT_LEAST, "-1", "-2", GATE_FAIL, "/total is -2, want >= -1"},
        /* A double would call these two equal. */
        {JSON_OP_EQUAL, "9007199254740993", "9007199254740992", GATE_FAIL,
         "/total is 9007199254740992, want == 9007199254740993"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void another_type_is_unknown_and_never_a_pass(void **state) {
    (void)state;
    static const struct row rows[] = {
        {JSON_OP_EQUAL, "0", "\"0\"", GATE_UNKNOWN,
         "/total is \"0\", which == 0 cannot be compared with"},
        {JSON_OP_EQUAL, "0", "null", GATE_UNKNOWN,
         "/total is null, which == 0 cannot be compared with"},
        {JSON_OP_EQUAL, "0", "false", GATE_UNKNOWN,
         "/total is false, which == 0 cannot be compared with"},
        {JSON_OP_NOT_EQUAL, "0", "\"0\"", GATE_UNKNOWN,
         "/total is \"0\", which != 0 cannot be compared with"},
        {JSON_OP_LESS, "3", "\"2\"", GATE_UNKNOWN,
         "/total is \"2\", which < 3 cannot be compared with"},
        {JSON_OP_AT_MOST, "3", "[]", GATE_UNKNOWN,
         "/total is [], which <= 3 cannot be compared with"},
        {JSON_OP_AT_LEAST, "3", "{}", GATE_UNKNOWN,
         "/total is {}, which >= 3 cannot be compared with"},
        {JSON_OP_CONTAINS, "\"a\"", "7", GATE_UNKNOWN,
         "/total is 7, which contains \"a\" cannot be compared with"},
        {JSON_OP_CONTAINS, "7", "\"7\"", GATE_UNKNOWN,
         "/total is \"7\", which contains 7 cannot be compared with"},
        {JSON_OP_OLDER, "\"48h\"", "1767139200", GATE_UNKNOWN,
         "/total is 1767139200, which older \"48h\" cannot be compared with"},
        {JSON_OP_OLDER, "\"48h\"", "\"2025-12-25T00:00:00\"", GATE_UNKNOWN,
         "/total is \"2025-12-25T00:00:00\", which older \"48h\" cannot be compared with"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void texts_lists_and_objects_compare(void **state) {
    (void)state;
    static const struct row rows[] = {
        {JSON_OP_EQUAL, "\"green\"", "\"green\"", GATE_PASS, "/total is \"green\""},
        {JSON_OP_EQUAL, "\"green\"", "\"Green\"", GATE_FAIL,
         "/total is \"Green\", want == \"green\""},
        {JSON_OP_EQUAL, "true", "true", GATE_PASS, "/total is true"},
        {JSON_OP_EQUAL, "true", "false", GATE_FAIL, "/total is false, want == true"},
        {JSON_OP_EQUAL, "null", "null", GATE_PASS, "/total is null"},
        {JSON_OP_CONTAINS, "\"ok\"", "\"all ok\"", GATE_PASS,
         "/total is \"all ok\", contains \"ok\""},
        {JSON_OP_CONTAINS, "\"ok\"", "\"bad\"", GATE_FAIL,
         "/total is \"bad\", want contains \"ok\""},
        {JSON_OP_CONTAINS, "\"a\"", "[\"b\",\"a\"]", GATE_PASS,
         "/total is [\"b\",\"a\"], contains \"a\""},
        {JSON_OP_CONTAINS, "2", "[1,2.0]", GATE_PASS, "/total is [1,2.0], contains 2"},
        {JSON_OP_CONTAINS, "\"a\"", "[\"ab\"]", GATE_FAIL,
         "/total is [\"ab\"], want contains \"a\""},
        {JSON_OP_CONTAINS, "\"a\"", "[]", GATE_FAIL, "/total is [], want contains \"a\""},
        {JSON_OP_CONTAINS, "\"a\"", "{\"a\":1}", GATE_PASS, "/total is {\"a\":1}, contains \"a\""},
        {JSON_OP_CONTAINS, "\"b\"", "{\"a\":1}", GATE_FAIL,
         "/total is {\"a\":1}, want contains \"b\""},
        {JSON_OP_OLDER, "\"48h\"", "\"2025-12-29T00:00:00Z\"", GATE_PASS,
         "/total is 3 d old, more than 2 d"},
        {JSON_OP_OLDER, "\"48h\"", "\"2025-12-31T19:00:00-05:00\"", GATE_FAIL,
         "/total is 0 ms old, want more than 2 d"},
        {JSON_OP_OLDER, "\"48h\"", "\"2025-12-30T00:00:00Z\"", GATE_FAIL,
         "/total is 2 d old, want more than 2 d"},
        {JSON_OP_OLDER, "\"48h\"", "\"2026-01-01T00:00:01Z\"", GATE_UNKNOWN,
         "/total is \"2026-01-01T00:00:01Z\", which is still to come"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void what_is_missing_is_only_absent_to_those_who_ask_for_it(void **state) {
    (void)state;
    static char zero[] = "0", span[] = "\"48h\"";
    struct reading_fixture f;
    reading_init(&f, "http-json");
    f.source.value_pointer = pointer;
    saw_absence(&f, ABSENT_MEMBER);
    f.gate.op = JSON_OP_ABSENT;
    reading_judge(&f, GATE_PASS, "there is no /total");
    f.gate.op = JSON_OP_EXISTS;
    reading_judge(&f, GATE_FAIL, "there is no /total");
    f.gate.value = zero;
    f.gate.op = JSON_OP_EQUAL;
    reading_judge(&f, GATE_UNKNOWN, "there is no /total to compare");
    f.gate.op = JSON_OP_NOT_EQUAL;
    reading_judge(&f, GATE_UNKNOWN, "there is no /total to compare");
    f.gate.value = span;
    f.gate.op = JSON_OP_OLDER;
    reading_judge(&f, GATE_UNKNOWN, "there is no /total to compare");
    saw_absence(&f, ABSENT_ITEM); /* the newest of an empty list: there never was one */
    reading_judge(&f, GATE_PASS, "there is no /total: the list is empty");
    f.gate.value = NULL;
    saw_value(&f, "3");
    f.gate.op = JSON_OP_EXISTS;
    reading_judge(&f, GATE_PASS, "/total is there: 3");
    f.gate.op = JSON_OP_ABSENT;
    reading_judge(&f, GATE_FAIL, "/total is there: 3");
    f.gate.op = JSON_OP_EQUAL;
    reading_judge(&f, GATE_UNKNOWN, "compares with nothing");
    reading_fails_closed(&f);
    reading_fini(&f);
}

static void a_long_or_hostile_value_is_cut_and_made_safe(void **state) {
    (void)state;
    static char empty[] = "";
    struct reading_fixture f;
    char json[400] = "\"\x1b[31m";
    reading_init(&f, "http-json");
    f.source.value_pointer = empty;
    f.gate.op = JSON_OP_EXISTS;
    memset(json + strlen(json), 'x', 300);
    saw_value(&f, "\"ab\"");
    reading_judge(&f, GATE_PASS, "the answer is there: \"ab\"");
    struct sample *sample = sample_new(0);
    sample->reading = READING_OK;
    json[306] = '"';
    json[1] = 'y'; /* jansson refuses raw controls; the rest must still be cut */
    sample->value = mem_copy_text(json);
    reading_saw(&f, sample);
    gate_judge(f.s, 0, &f.view);
    assert_int_equal(f.view.verdict, GATE_PASS);
    assert_true(strlen(f.view.reason) < 120);
    assert_null(strchr(f.view.reason, '\x1b'));
    reading_fini(&f);
}

/* --- the probe --- */

struct answer_row {
    const char *pointer, *body, *value;
    enum absence absent;
    const char *error; /* NULL = reads well */
};

static const char *body_now;

static void say(void *self, const char *request, unsigned number, struct hostile_reply *out) {
    (void)self;
    (void)request;
    (void)number;
    hostile_ok(out, "application/json", body_now, "");
}

static void check_answer(const struct answer_row *row) {
    struct rig rig;
    rig_init(&rig);
    body_now = row->body;
    struct hostile *server = hostile_start(say, NULL, NULL);
    struct source_spec *spec = rig_add_at(&rig, "http-json", server, "/x");
    char *where = mem_copy_text(row->pointer);
    spec->value_pointer = where;
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    if (row->error) {
        assert_int_equal(sample->reading, READING_ERROR);
        if (!strstr(sample->error, row->error))
            fail_msg("\"%s\" does not say \"%s\"", sample->error, row->error);
        assert_null(sample->value);
    } else {
        assert_string_equal(sample->error, "");
        assert_int_equal(sample->reading, READING_OK);
        assert_int_equal(sample->absent, row->absent);
        if (row->value)
            assert_string_equal(sample->value, row->value);
        else
            assert_null(sample->value);
    }
    sample_drop(sample);
    rig_fini(&rig);
    hostile_stop(server);
    free(where);
}

static void a_value_is_found_or_its_place_is(void **state) {
    (void)state;
    static const struct answer_row rows[] = {
        {"/total", "{\"total\":0}", "0", ABSENT_NOT, NULL},
        {"", "[1,2]", "[1,2]", ABSENT_NOT, NULL},
        {"/a/1/b", "{\"a\":[0,{\"b\":\"x\"}]}", "\"x\"", ABSENT_NOT, NULL},
        {"/a", "{\"a\":null}", "null", ABSENT_NOT, NULL},
        {"/total", "{\"items\":[]}", NULL, ABSENT_MEMBER, NULL},
        {"/0/created_at", "[]", NULL, ABSENT_ITEM, NULL},
        {"/items/0/created_at", "{\"items\":[]}", NULL, ABSENT_ITEM, NULL},
        {"/items/3", "{\"items\":[1]}", NULL, ABSENT_ITEM, NULL},
        {"/items/3/created_at", "{\"items\":[1]}", NULL, ABSENT_NOT, "has no place for"},
        {"/0/created_at", "[{\"id\":1}]", NULL, ABSENT_MEMBER, NULL},
        {"/items/0", "{\"message\":\"Bad credentials\"}", NULL, ABSENT_NOT, "has no place for"},
        {"/a/b", "{\"a\":7}", NULL, ABSENT_NOT, "has no place for"},
        {"/a", "7", NULL, ABSENT_NOT, "JSON"},
        {"/a", "{\"a\":", NULL, ABSENT_NOT, "JSON"},
        {"/a", "", NULL, ABSENT_NOT, "JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_answer(&rows[i]);
}

static void a_value_larger_than_its_cap_is_refused(void **state) {
    (void)state;
    char *body = mem_format("{\"a\":\"%*d\"}", 20000, 1);
    check_answer(&(struct answer_row){"/a", body, NULL, ABSENT_NOT, "larger than 16 KiB"});
    free(body);
}

static void say_page(void *self, const char *request, unsigned number, struct hostile_reply *out) {
    (void)request;
    (void)number;
    if (*(const int *)self == 200)
        hostile_ok(out, "text/html", "<html>{\"total\":0}</html>", "");
    else
        hostile_say(out,
                    "HTTP/1.1 %d No\r\nContent-Type: application/json\r\nContent-Length: 11\r\n"
                    "\r\n{\"total\":0}",
                    *(const int *)self);
}

static void an_error_with_the_right_json_is_still_an_error(void **state) {
    (void)state;
    static const int statuses[] = {500, 404, 401, 200};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct rig rig;
        rig_init(&rig);
        struct hostile *server = hostile_start(say_page, (void *)(uintptr_t)&statuses[i], NULL);
        rig_add_at(&rig, "http-json", server, "/x")->value_pointer = pointer;
        rig_start(&rig);
        const struct sample *sample = rig_next(&rig);
        assert_int_equal(sample->reading, READING_ERROR);
        assert_null(sample->value);
        sample_drop(sample);
        rig_fini(&rig);
        hostile_stop(server);
    }
}

/* Second look: 304. */
static void say_same(void *self, const char *request, unsigned number, struct hostile_reply *out) {
    (void)self;
    (void)number;
    if (strstr(request, "If-None-Match"))
        hostile_say(out, "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
    else
        hostile_ok(out, "application/json", "{\"total\":0}", "ETag: \"1\"\r\n");
}

static void what_is_not_modified_keeps_its_value(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig);
    struct hostile *server = hostile_start(say_same, NULL, NULL);
    rig_add_at(&rig, "http-json", server, "/x")->value_pointer = pointer;
    rig_start(&rig);
    sample_drop(rig_next(&rig));
    const struct sample *sample = rig_again(&rig);
    assert_true(sample->not_modified);
    assert_string_equal(sample->value, "0");
    sample_drop(sample);
    rig_fini(&rig);
    hostile_stop(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_compare_as_numbers),
        cmocka_unit_test(another_type_is_unknown_and_never_a_pass),
        cmocka_unit_test(texts_lists_and_objects_compare),
        cmocka_unit_test(what_is_missing_is_only_absent_to_those_who_ask_for_it),
        cmocka_unit_test(a_long_or_hostile_value_is_cut_and_made_safe),
        cmocka_unit_test(a_value_is_found_or_its_place_is),
        cmocka_unit_test(a_value_larger_than_its_cap_is_refused),
        cmocka_unit_test(an_error_with_the_right_json_is_still_an_error),
        cmocka_unit_test(what_is_not_modified_keeps_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
