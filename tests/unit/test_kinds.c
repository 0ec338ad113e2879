#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "config/schema.h"
#include "probes/probe.h"
#include "src/base/mem.h"
#include "src/cmd/kinds.h"
#include "src/model/gate.h"

static void the_configuration_knows_every_probe_kind(void **state) {
    (void)state;
    const struct config_kinds *kinds = cmd_kinds();
    const char *name, *help;
    bool url, file;
    size_t i = 0, n = 0;
    for (; kinds->probe_at(i, &name, &help, &url, &file); i++) {
        const struct probe_kind *kind = probe_kind_find(name);
        assert_non_null(kind);
        assert_false(kind->for_gates);
        assert_string_equal(help, kind->help);
        assert_int_equal(url, kind->takes_url);
        assert_int_equal(file, kind->takes_file);
        assert_true(url || file);
    }
    assert_true(i >= 5);
    for (size_t at = 0; probe_kind_at(at); at++)
        n += !probe_kind_at(at)->for_gates;
    assert_int_equal(i, n);
}

static void what_gates_look_at_by_themselves_has_a_kind(void **state) {
    (void)state;
    const struct gate_kind *gate;
    size_t n = 0;
    for (size_t i = 0; (gate = gate_kind_at(i)); i++) {
        if (!gate->probe)
            continue;
        const struct probe_kind *kind = probe_kind_find(gate->probe);
        assert_non_null(kind);
        assert_true(kind->for_gates);
        n++;
    }
    assert_true(n > 0);
}

static bool is_probe_kind(const char *name) {
    return probe_kind_find(name) != NULL;
}

static bool is_gate_kind(const char *name) {
    return gate_kind_find(name) != NULL;
}

/* A row that names a kind which nobody has would be an option that nobody can use. */
static void check_only(const struct section *section, bool (*is_kind)(const char *name)) {
    for (size_t i = 0; i < section->n_options; i++) {
        char *kinds = mem_copy_text(section->options[i].only), *rest = kinds, *kind;
        while (rest != NULL && (kind = strsep(&rest, " ")) != NULL) {
            assert_true(is_kind(kind));
            assert_true(schema_is_for(&section->options[i], kind));
        }
        free(kinds);
    }
}

static void options_are_for_kinds_that_exist(void **state) {
    (void)state;
    const struct section *environments = schema_option(schema_root(), "environments")->section;
    check_only(schema_option(environments, "probes")->section, is_probe_kind);
    check_only(schema_option(schema_root(), "gates")->section, is_gate_kind);
}

static void check_rows(const struct section *section) {
    assert_true(section->n_options <= SCHEMA_OPTIONS_CAP);
    for (size_t i = 0; i < section->n_options; i++) {
        const struct option *o = &section->options[i];
        assert_ptr_equal(schema_option(section, o->key), o); /* each key once */
        assert_non_null(o->help);
        assert_non_null(o->example);
        assert_int_equal(o->type == OPTION_CHOICE, o->words != NULL);
        assert_int_equal(o->type == OPTION_MAP || o->type == OPTION_MAPS, o->section != NULL);
        if (o->section != NULL) {
            assert_true((o->flags & OPTION_UNREAD) != 0 || section->size == 0 ||
                        o->section->size > 0);
            check_rows(o->section);
        }
    }
}

static void every_option_is_explained_once(void **state) {
    (void)state;
    check_rows(schema_root());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_configuration_knows_every_probe_kind),
        cmocka_unit_test(what_gates_look_at_by_themselves_has_a_kind),
        cmocka_unit_test(options_are_for_kinds_that_exist),
        cmocka_unit_test(every_option_is_explained_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
