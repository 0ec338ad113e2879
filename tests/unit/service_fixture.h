/* For tests of the update service: a sound release tree and a service on it. */
#ifndef GONOGO_TESTS_SERVICE_FIXTURE_H
#define GONOGO_TESTS_SERVICE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "src/release/service.h"
#include "tests/unit/loopback.h"

enum { DMG_BYTES = 300000 };
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MANIFEST(version, build, tail)                                                        \
    "{\"version\":" version ",\"build\":" build                                               \
    ",\"artifact\":{\"type\":\"dmg\",\"url\":\"https://cdn.example/releases/download/Update/" \
    "Nexy.dmg?a=1&b=2\",\"size\":300000,\"sha256\":\"" SHA                                    \
    "\",\"arch\":\"universal2\",\"min_os\":\"11.0\",\"ed25519\":\"\"},\"critical\":false,"    \
    "\"auto_install\":true,\"notes_url\":\"https://notes.example/<n>\","                      \
    "\"release_date\":\"2026-02-26T19:57:35.968960+00:00\"" tail "}"
#define STABLE "server/updates/manifests/manifest.json"
#define BETA   "server/updates/manifests/manifest_beta.json"

struct fixture {
    char *root;
    struct service *service;
    const char *url;
};

unsigned char fixture_dmg_byte(size_t i); /* of assets/Update/Nexy.dmg */

int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* The service anew with these options; root and listen are the fixture's. */
void fixture_start(struct fixture *f, struct service_options options);

json_t *reply_json(const struct reply *r);
void assert_member(const struct reply *r, const char *pointer, const char *text);
void assert_status(const struct fixture *f, const char *path, int status);
bool body_of(const struct fixture *f, const char *path, const char *needle);

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

#endif
