/* Manifests: strict types, the rules of an honest artifact, the pair. */
#include "src/model/manifest.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/mem.h"

#define SHA "deadcc29deadcc29deadcc29deadcc29deadcc29deadcc29deadcc29deadcc29"
#define GOOD                                                                                       \
    "{\"version\":\"2.0.0.19\",\"build\":\"2.0.0.19\",\"artifact\":{\"type\":\"dmg\","             \
    "\"url\":\"https://updates.example.net/Update/Nexy.dmg\",\"size\":275899820,\"sha256\":\"" SHA \
    "\",\"arch\":\"universal2\",\"min_os\":\"11.0\",\"ed25519\":\"\"},\"critical\":false,"         \
    "\"auto_install\":true,\"notes_url\":\"https://updates.example.net/notes\","                   \
    "\"release_date\":\"2026-02-26T19:57:35.968960+00:00\"}"

static enum err_code read_it(const char *json, struct manifest *m, struct err *err) {
    err_clear(err);
    /* A copy without room behind it: a sanitizer sees a read too far. */
    size_t n = strlen(json);
    char *exact = malloc(n ? n : 1);
    memcpy(exact, json, n);
    enum err_code code = manifest_read(exact, n, "tree/manifest", m, err);
    free(exact);
    return code;
}

static void a_good_one_is_read_whole(void **state) {
    (void)state;
    struct manifest m;
    struct err err;
    assert_int_equal(read_it(GOOD, &m, &err), ERR_OK);
    assert_string_equal(m.version, "2.0.0.19");
    assert_string_equal(m.build, "2.0.0.19");
    assert_string_equal(m.artifact.type, "dmg");
    assert_string_equal(m.artifact.url, "https://updates.example.net/Update/Nexy.dmg");
    assert_int_equal(m.artifact.size, 275899820);
    assert_string_equal(m.artifact.sha256, SHA);
    assert_string_equal(m.artifact.arch, "universal2");
    assert_string_equal(m.artifact.min_os, "11.0");
    assert_string_equal(m.artifact.ed25519, "");
    assert_false(m.critical);
    assert_true(m.auto_install);
    assert_string_equal(m.release_date, "2026-02-26T19:57:35.968960+00:00");
    assert_int_equal(manifest_check(&m, NULL, "tree/manifest", &err), ERR_OK);
    manifest_fini(&m);
    manifest_fini(&m);
}

static void what_is_not_said_is_unknown(void **state) {
    (void)state;
    struct manifest m;
    struct err err;
    assert_int_equal(
        read_it("{\"version\":\"1\",\"build\":\"1\",\"artifact\":null,\"x\":[1]}", &m, &err),
        ERR_OK);
    assert_null(m.artifact.url);
    assert_int_equal(m.artifact.size, MANIFEST_SIZE_UNKNOWN);
    assert_int_equal(manifest_check(&m, NULL, "w", &err), ERR_REFUSED);
    assert_non_null(strstr(err.what, "artifact.url is missing"));
    manifest_fini(&m);
}

static void defects_are_named(void **state) {
    (void)state;
    static const struct {
        const char *json;
        enum err_code code;
        const char *says;
    } table[] = {
        {"{\"version\":2.0,\"build\":\"2\"}", ERR_PARSE,
         "version is the JSON number 2.0, not a string"},
        {"{\"version\":\"2\",\"build\":20}", ERR_PARSE,
         "build is the JSON number 20, not a string"},
        {"{\"build\":\"2\"}", ERR_PARSE, "version is missing"},
        {"{\"version\":null,\"build\":\"2\"}", ERR_PARSE, "version is missing"},
        {"{\"version\":\"\",\"build\":\"2\"}", ERR_PARSE, "version is empty"},
        {"{\"version\":\"2\",\"build\":\"2\",\"artifact\":[]}", ERR_PARSE,
         "artifact is an array, not an object"},
        {"{\"version\":\"2\",\"build\":\"2\",\"artifact\":{\"size\":\"5\"}}", ERR_PARSE,
         "artifact.size is a string, not a whole number"},
        {"{\"version\":\"2\",\"build\":\"2\",\"artifact\":{\"size\":5.5}}", ERR_PARSE,
         "artifact.size is the JSON number 5.5"},
        {"{\"version\":\"2\",\"build\":\"2\",\"artifact\":{\"size\":-1}}", ERR_PARSE,
         "artifact.size is the JSON number -1"},
        {"{\"version\":\"2\",\"build\":\"2\",\"artifact\":{\"url\":7}}", ERR_PARSE,
         "artifact.url is the JSON number 7, not a string"},
        {"{\"version\":\"2\",\"build\":\"2\",\"critical\":\"no\"}", ERR_PARSE,
         "critical is a string, not true or false"},
        {"{\"version\":\"2\",\"version\":\"3\",\"build\":\"2\"}", ERR_PARSE, "duplicate"},
        {"{\"version\":NaN,\"build\":\"2\"}", ERR_PARSE, "no valid JSON"},
        {"{\"version\":\"2\",", ERR_PARSE, "no valid JSON"},
        {"[]", ERR_PARSE, "the document is an array, not an object"},
        {"\"2.0\"", ERR_PARSE, "no valid JSON"},
        {"", ERR_PARSE, "empty"},
        {"<html>", ERR_PARSE, "no valid JSON"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct manifest m;
        struct err err;
        enum err_code code = read_it(table[i].json, &m, &err);
        if (code != table[i].code || strstr(err.what, table[i].says) == NULL)
            fail_msg("%s: %d \"%s\", wanted \"%s\"", table[i].json, code, err.what, table[i].says);
        assert_null(m.version);
        assert_string_equal(err.where, "tree/manifest");
    }
}

static void too_long_is_refused_not_cut(void **state) {
    (void)state;
    char text[4096];
    memset(text, '1', sizeof text);
    struct manifest m;
    struct err err;
    char *json = mem_format("{\"version\":\"%.128s\",\"build\":\"1\"}", text);
    assert_int_equal(read_it(json, &m, &err), ERR_LIMIT);
    free(json);
    json = mem_format("{\"version\":\"%.127s\",\"build\":\"1\"}", text);
    assert_int_equal(read_it(json, &m, &err), ERR_OK);
    manifest_fini(&m);
    free(json);
    json =
        mem_format("{\"version\":\"1\",\"build\":\"1\",\"artifact\":{\"url\":\"%.3000s\"}}", text);
    assert_int_equal(read_it(json, &m, &err), ERR_LIMIT);
    free(json);
}

static void deep_nesting_is_refused(void **state) {
    (void)state;
    char json[400];
    memset(json, '[', sizeof json - 1);
    json[sizeof json - 1] = '\0';
    struct manifest m;
    struct err err;
    assert_int_equal(read_it(json, &m, &err), ERR_LIMIT);
}

static void cut_anywhere_is_refused(void **state) {
    (void)state;
    size_t n = strlen(GOOD);
    for (size_t i = 0; i < n; i++) {
        char *cut = mem_copy_bytes(GOOD, i);
        struct manifest m;
        struct err err;
        assert_int_equal(read_it(cut, &m, &err), ERR_PARSE);
        free(cut);
    }
}

/* Every file of the corpus, and what must be said of it. */
static const struct {
    const char *file;
    enum err_code code;
    const char *says;
} corpus[] = {
    {"a-list.json", ERR_PARSE, "the document is an array, not an object"},
    {"artifact-is-a-list.json", ERR_PARSE, "artifact is an array, not an object"},
    {"blank.json", ERR_PARSE, "JSON"},
    {"build-is-a-number.json", ERR_PARSE, "build is the JSON number 19, not a string"},
    {"comment.json", ERR_PARSE, "no valid JSON"},
    {"control-character.json", ERR_PARSE, "no valid JSON"},
    {"deep-endless.json", ERR_LIMIT, "deeper than 64"},
    {"deep.json", ERR_LIMIT, "deeper than 64"},
    {"duplicate-keys-inside.json", ERR_PARSE, "duplicate"},
    {"duplicate-keys.json", ERR_PARSE, "duplicate"},
    {"empty.json", ERR_PARSE, "is empty"},
    {"html.json", ERR_PARSE, "no valid JSON"},
    {"huge-integer.json", ERR_PARSE, "no valid JSON"},
    {"infinity.json", ERR_PARSE, "no valid JSON"},
    {"invalid-utf8.json", ERR_PARSE, "no valid JSON"},
    {"lone-surrogate.json", ERR_PARSE, "no valid JSON"},
    {"nan.json", ERR_PARSE, "no valid JSON"},
    {"nul-in-a-string.json", ERR_PARSE, "no valid JSON"},
    {"single-quotes.json", ERR_PARSE, "no valid JSON"},
    {"size-is-a-string.json", ERR_PARSE, "artifact.size is a string, not a whole number"},
    {"trailing-comma.json", ERR_PARSE, "no valid JSON"},
    {"truncated.json", ERR_PARSE, "no valid JSON"},
    {"two-documents.json", ERR_PARSE, "no valid JSON"},
    {"version-is-a-number.json", ERR_PARSE, "version is the JSON number 2.0, not a string"},
    {"version-is-missing.json", ERR_PARSE, "version is missing"},
};
enum { CORPUS_FILES = sizeof corpus / sizeof corpus[0] };
#define CORPUS "tests/bad/json/"

static void each_file_of_the_corpus_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < CORPUS_FILES; i++) {
        char path[256], bytes[32768];
        snprintf(path, sizeof path, CORPUS "%s", corpus[i].file);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        size_t n = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        char *exact = malloc(n ? n : 1);
        memcpy(exact, bytes, n);
        struct manifest m;
        struct err err = ERR_INIT;
        enum err_code code = manifest_read(exact, n, path, &m, &err);
        free(exact);
        if (code != corpus[i].code || strstr(err.what, corpus[i].says) == NULL)
            fail_msg("%s: %d %s", path, code, err.what);
    }
    size_t files = 0;
    DIR *dir = opendir(CORPUS);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        files += e->d_name[0] != '.';
    closedir(dir);
    assert_int_equal(files, CORPUS_FILES); /* none is forgotten in the table */
}

static void the_rules_are_kept(void **state) {
    (void)state;
    char *feeds[] = {"https://updates.example.net/feeds/stable", NULL};
    const struct manifest_rules strict = {.feed_urls = feeds};
    const struct manifest_rules lab = {.loopback_http = true};
    static const struct {
        char *url, *sha256;
        int64_t size;
        bool lab;
        const char *says; /* NULL = fine */
    } table[] = {
        {"https://e.net/Nexy.dmg", SHA, 1, false, NULL},
        {"HTTPS://e.net/Nexy.dmg", SHA, 1, false, NULL},
        {"http://e.net/Nexy.dmg", SHA, 1, false, "is not https"},
        {"http://e.net/Nexy.dmg", SHA, 1, true, "is not https"},
        {"http://127.0.0.1:8081/Nexy.dmg", SHA, 1, false, "is not https"},
        {"http://127.0.0.1:8081/Nexy.dmg", SHA, 1, true, NULL},
        {"http://[::1]:8081/Nexy.dmg", SHA, 1, true, NULL},
        {"http://localhost/Nexy.dmg", SHA, 1, true, NULL},
        {"http://localhost@e.net/Nexy.dmg", SHA, 1, true, "is no URL"},
        {"http://127.0.0.1.e.net/Nexy.dmg", SHA, 1, true, "is not https"},
        {"ftp://e.net/Nexy.dmg", SHA, 1, false, "is no URL"},
        {"Nexy.dmg", SHA, 1, false, "is no URL"},
        {"https://", SHA, 1, false, "is no URL"},
        {"https://e.net/Nexy 2.dmg", SHA, 1, false, "is no URL"},
        {"https://e.net/updates/appcast.xml", SHA, 1, false, "is that of a feed"},
        {"https://e.net/updates/appcast.xml?x=1", SHA, 1, false, "is that of a feed"},
        {"https://updates.example.net/feeds/stable", SHA, 1, false, "is that of a feed"},
        {"https://e.net/Nexy.dmg", SHA, 0, false, "size is 0"},
        {"https://e.net/Nexy.dmg", SHA, -1, false, "size is missing"},
        {"https://e.net/Nexy.dmg", NULL, 1, false, "sha256 is missing"},
        {"https://e.net/Nexy.dmg", "deadcc29", 1, false, "not 64 hex"},
        {"https://e.net/Nexy.dmg", SHA "0", 1, false, "not 64 hex"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct manifest m = {.version = "1", .build = "1"};
        m.artifact.url = table[i].url;
        m.artifact.sha256 = table[i].sha256;
        m.artifact.size = table[i].size;
        struct err err = ERR_INIT;
        enum err_code code = manifest_check(&m, table[i].lab ? &lab : &strict, "m", &err);
        if (code != (table[i].says ? ERR_REFUSED : ERR_OK) ||
            (table[i].says && strstr(err.what, table[i].says) == NULL))
            fail_msg("%s: \"%s\"", table[i].url, err.what);
    }
}

static void a_pair_agrees_or_says_where_not(void **state) {
    (void)state;
    struct manifest a, b;
    struct err err;
    read_it(GOOD, &a, &err);
    read_it(GOOD, &b, &err);
    assert_null(manifest_differs(&a, &b));
    b.artifact.sha256[0] = 'D';
    assert_null(manifest_differs(&a, &b)); /* hex digits have no case */
    b.artifact.size++;
    assert_string_equal(manifest_differs(&a, &b), "artifact.size");
    b.build[0] = '3';
    assert_string_equal(manifest_differs(&a, &b), "build");
    manifest_fini(&a);
    manifest_fini(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_read_whole),
        cmocka_unit_test(what_is_not_said_is_unknown),
        cmocka_unit_test(defects_are_named),
        cmocka_unit_test(too_long_is_refused_not_cut),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(cut_anywhere_is_refused),
        cmocka_unit_test(each_file_of_the_corpus_is_refused),
        cmocka_unit_test(the_rules_are_kept),
        cmocka_unit_test(a_pair_agrees_or_says_where_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
