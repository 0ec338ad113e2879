/* Health answers: where things are is configured, what they are is not guessed. */
#include "src/model/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MAIN_ANSWER                                                                     \
    "{\"status\":\"OK\",\"latest_version\":\"2.0.0.19\",\"latest_build\":\"2.0.0.19\"," \
    "\"ffmpeg_available\":true}"

static char *ok_words[] = {"OK", "healthy", NULL};
static const struct health_spec spec = {"/status", "/latest_version", "/latest_build", ok_words};

static enum err_code read_it(const char *json, const struct health_spec *s, struct health *h,
                             struct err *err) {
    err_clear(err);
    return health_read(json, strlen(json), s, "staging/health", h, err);
}

static void a_healthy_service_is_read(void **state) {
    (void)state;
    struct health h;
    struct err err;
    assert_int_equal(read_it(MAIN_ANSWER, &spec, &h, &err), ERR_OK);
    assert_string_equal(h.status, "OK");
    assert_string_equal(h.version, "2.0.0.19");
    assert_string_equal(h.build, "2.0.0.19");
}

static void pointers_say_where_things_are(void **state) {
    (void)state;
    struct health h;
    struct err err;
    const struct health_spec deep = {NULL, "/app/versions/0", "", NULL};
    assert_int_equal(read_it("{\"app\":{\"versions\":[\"3.1\"]}}", &deep, &h, &err), ERR_OK);
    assert_string_equal(h.version, "3.1");
    assert_string_equal(h.status, "");
    assert_string_equal(h.build, "");
}

static void sick_says_why_and_safely(void **state) {
    (void)state;
    struct health h;
    struct err err;
    assert_int_equal(
        read_it("{\"status\":\"unhealthy\",\"error\":\"disk \\u001b[31mfull\"}", &spec, &h, &err),
        ERR_NET);
    assert_string_equal(h.status, "unhealthy");
    assert_non_null(strstr(err.what, "it says \"unhealthy\": disk "));
    assert_null(strchr(err.what, 0x1b));
    assert_int_equal(read_it("{\"status\":\"ok\",\"latest_version\":\"1\",\"latest_build\":\"1\"}",
                             &spec, &h, &err),
                     ERR_NET); /* the words are compared exactly */
}

static void defects_are_named(void **state) {
    (void)state;
    static const struct {
        const char *json;
        enum err_code code;
        const char *says;
    } table[] = {
        {"{\"status\":\"OK\",\"latest_version\":2.0,\"latest_build\":\"2\"}", ERR_PARSE,
         "/latest_version is the JSON number 2.0, not a string"},
        {"{\"status\":\"OK\",\"latest_version\":\"2\",\"latest_build\":2}", ERR_PARSE,
         "/latest_build is the JSON number 2, not a string"},
        {"{\"status\":\"OK\",\"latest_build\":\"2\"}", ERR_PARSE, "/latest_version is missing"},
        {"{\"status\":\"OK\",\"latest_version\":null,\"latest_build\":\"2\"}", ERR_PARSE,
         "/latest_version is missing"},
        {"{\"latest_version\":\"2\",\"latest_build\":\"2\"}", ERR_PARSE, "/status is missing"},
        {"{\"status\":true,\"latest_version\":\"2\",\"latest_build\":\"2\"}", ERR_PARSE,
         "/status is true, not a string"},
        {"{\"status\":\"OK\",\"status\":\"OK\"}", ERR_PARSE, "duplicate"},
        {"{\"status\":NaN}", ERR_PARSE, "no valid JSON"},
        {"<!DOCTYPE html><html></html>", ERR_PARSE, "no valid JSON"},
        {"[]", ERR_PARSE, "/status is missing"},
        {"", ERR_PARSE, "empty"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct health h;
        struct err err;
        enum err_code code = read_it(table[i].json, &spec, &h, &err);
        if (code != table[i].code || strstr(err.what, table[i].says) == NULL)
            fail_msg("%s: %d \"%s\"", table[i].json, code, err.what);
    }
}

static void what_does_not_fit_is_refused_not_cut(void **state) {
    (void)state;
    char json[512], version[VERSION_CAP + 1];
    memset(version, '1', VERSION_CAP);
    version[VERSION_CAP] = '\0';
    snprintf(json, sizeof json,
             "{\"status\":\"OK\",\"latest_version\":\"%s\",\"latest_build\":\"2\"}", version);
    struct health h;
    struct err err;
    assert_int_equal(read_it(json, &spec, &h, &err), ERR_LIMIT);
    assert_string_equal(h.version, "");
    assert_string_equal(h.build, "2"); /* the rest is still told */
}

static void a_defect_does_not_hide_a_sick_service(void **state) {
    (void)state;
    struct health h;
    struct err err;
    assert_int_equal(read_it("{\"status\":\"unhealthy\",\"error\":[1]}", &spec, &h, &err), ERR_NET);
    assert_non_null(strstr(err.what, "unhealthy"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_service_is_read),
        cmocka_unit_test(pointers_say_where_things_are),
        cmocka_unit_test(sick_says_why_and_safely),
        cmocka_unit_test(defects_are_named),
        cmocka_unit_test(what_does_not_fit_is_refused_not_cut),
        cmocka_unit_test(a_defect_does_not_hide_a_sick_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
