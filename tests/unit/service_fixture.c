#include "tests/unit/service_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/json.h"

unsigned char fixture_dmg_byte(size_t i) {
    return (unsigned char)(i * 7 + i / 251);
}

static void write_tree(const char *root) {
    unsigned char *dmg = mem_alloc(DMG_BYTES);
    for (size_t i = 0; i < DMG_BYTES; i++)
        dmg[i] = fixture_dmg_byte(i);
    scratch_write(root, "assets/Update/Nexy.dmg", dmg, DMG_BYTES);
    scratch_write_text(root, "assets/Update/LATEST_CHANGES.md", "# Изменения 🎉\n");
    scratch_write_text(root, "assets/Update/.secret", "hidden");
    scratch_write_text(root, "assets/Update/empty.pkg", "");
    scratch_write_text(root, "assets/App/Nexy.pkg", "pkg");
    scratch_write_text(root, "assets/UpdateBeta/Nexy.dmg", "beta dmg");
    scratch_write_text(root, "VERSION", "2.0.0.19\n");
    scratch_write_text(root, "config.env", "UPDATE_BETA_ENABLED=true\nGEMINI_API_KEY=secret\n");
    scratch_write_text(root, "server/config/unified_config.yaml",
                       "update:\n  default_version: \"2.0.0.19\"\n  default_build: 2.0.0.19\n");
    scratch_write_text(root, STABLE, MANIFEST("\"2.0.0.19\"", "\"2.0.0.19\"", ""));
    scratch_write_text(root, BETA, MANIFEST("\"2.0.0.20\"", "\"2.0.0.20\"", ""));
    free(dmg);
}

void fixture_start(struct fixture *f, struct service_options options) {
    struct err err = ERR_INIT;
    service_stop(f->service);
    options.root = f->root;
    options.listen = "127.0.0.1:0";
    f->service = service_start(&options, &err);
    if (!f->service)
        err_print(stderr, &err);
    assert_non_null(f->service);
    f->url = service_url(f->service);
}

int fixture_set_up(void **state) {
    struct fixture *f = mem_zero(1, sizeof *f);
    *state = f;
    f->root = scratch_new();
    write_tree(f->root);
    fixture_start(f, (struct service_options){0});
    return 0;
}

int fixture_tear_down(void **state) {
    struct fixture *f = *state;
    service_stop(f->service);
    scratch_free(f->root);
    free(f);
    return 0;
}

json_t *reply_json(const struct reply *r) {
    struct err err = ERR_INIT;
    json_t *json = json_read(r->body, r->length, "test", &err);
    assert_non_null(json);
    return json;
}

void assert_member(const struct reply *r, const char *pointer, const char *text) {
    json_t *json = reply_json(r);
    const json_t *at = json_at(json, pointer);
    assert_true(json_is_string(at));
    assert_string_equal(json_string_value(at), text);
    json_decref(json);
}

void assert_status(const struct fixture *f, const char *path, int status) {
    struct reply r = loopback_get(f->url, path);
    if (r.status != status)
        fprintf(stderr, "%s: %s\n", path, r.body);
    assert_int_equal(r.status, status);
    reply_fini(&r);
}

bool body_of(const struct fixture *f, const char *path, const char *needle) {
    struct reply r = loopback_get(f->url, path);
    bool found = strstr(r.body, needle) != NULL;
    reply_fini(&r);
    return found;
}
