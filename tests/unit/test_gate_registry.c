/* The gate registry: flags and kill switches, from the table in FEATURE_FLAGS.md to the verdict. */
#include "tests/unit/reading_fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/support/rig.h"

static char tray[] = "new_tray", voice[] = "voice_v2", none[] = "no_such_flag";

static void saw(struct reading_fixture *f, const char *json) {
    struct sample *sample = sample_new(0);
    sample->reading = READING_OK;
    sample->value = mem_copy_text(json);
    reading_saw(f, sample);
}

static void every_named_flag_needs_a_row_and_a_switch(void **state) {
    (void)state;
    char *one[] = {tray, NULL}, *two[] = {tray, voice, NULL}, *more[] = {none, voice, tray, NULL};
    struct reading_fixture f;
    reading_init(&f, "registry");
    saw(&f, "{\"new_tray\":[\"disable_tray\",\"NEXY_KS_DISABLE_TRAY\"],\"voice_v2\":[]}");
    f.gate.names = one;
    reading_judge(&f, GATE_PASS, "new_tray has disable_tray");
    f.gate.names = two;
    reading_judge(&f, GATE_FAIL, "voice_v2 has no kill switch");
    f.gate.names = more;
    reading_judge(&f, GATE_FAIL, "no_such_flag is not registered (and 1 more)");
    saw(&f, "{\"new_tray\":[\"disable_tray\"],\"voice_v2\":[\"disable_voice\"]}");
    f.gate.names = two;
    reading_judge(&f, GATE_PASS, "2 flags, each with a kill switch");
    reading_fails_closed(&f);
    reading_fini(&f);
}

static void without_names_all_of_them_need_a_switch(void **state) {
    (void)state;
    struct reading_fixture f;
    reading_init(&f, "registry");
    saw(&f, "{\"new_tray\":[\"disable_tray\"]}");
    reading_judge(&f, GATE_PASS, "1 flag, each with a kill switch");
    saw(&f, "{\"new_tray\":[\"disable_tray\"],\"voice_v2\":[]}");
    reading_judge(&f, GATE_FAIL, "voice_v2 has no kill switch");
    saw(&f, "{}");
    reading_judge(&f, GATE_UNKNOWN, "the registry names no flag");
    saw(&f, "[]");
    reading_judge(&f, GATE_UNKNOWN, "the registry names no flag");
    saw(&f, "{\"new_tray\":7}");
    reading_judge(&f, GATE_FAIL, "new_tray is not registered");
    reading_fini(&f);
}

static const struct sample *read_file(const char *text) {
    struct rig rig;
    const char *base = getenv("TMPDIR");
    char *path = mem_format("%s/flags.XXXXXX", base && base[0] == '/' ? base : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    rig_init(&rig);
    rig_add(&rig, "registry", path);
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    rig_fini(&rig);
    (void)unlink(path);
    free(path);
    return sample;
}

static void the_table_is_read_from_a_file(void **state) {
    (void)state;
    const struct sample *sample = read_file(
        "# Flags\n\n| name | type | owner | default | scope | kill_switch | description |\n"
        "|---|---|---|---|---|---|---|\n"
        "| `new_tray` | ops | a | off | client | `disable_tray`, NEXY_KS_DISABLE_TRAY | b |\n"
        "| voice_v2 | ops | a | off | client | none | b |\n"
        "| new_tray | ops | a | off | server | disable_tray_server | again |\n"
        "| \xff\x1b | ops | a | off | server | disable_x | odd bytes |\n");
    assert_string_equal(sample->error, "");
    assert_int_equal(sample->reading, READING_OK);
    assert_non_null(strstr(sample->value, "\"new_tray\":[\"disable_tray\",\"NEXY_KS_DISABLE_TRAY\","
                                          "\"disable_tray_server\"]"));
    assert_non_null(strstr(sample->value, "\"voice_v2\":[]"));
    sample_drop(sample);
}

static void a_file_without_the_table_is_an_error(void **state) {
    (void)state;
    static const char *const rows[] = {"", "# Flags\n", "| name | owner |\n|---|---|\n| a | b |\n",
                                       "| name | kill_switch |\n|---|---|\n"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct sample *sample = read_file(rows[i]);
        assert_int_equal(sample->reading, READING_ERROR);
        assert_non_null(
            strstr(sample->error, "has no table with the columns name and kill_switch"));
        assert_null(sample->value);
        sample_drop(sample);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_named_flag_needs_a_row_and_a_switch),
        cmocka_unit_test(without_names_all_of_them_need_a_switch),
        cmocka_unit_test(the_table_is_read_from_a_file),
        cmocka_unit_test(a_file_without_the_table_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
