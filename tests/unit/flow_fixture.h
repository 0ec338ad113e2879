/* For tests: a small release tree with real bytes, stable 2.0.0.19 and beta 2.0.0.20, and what stands
 * in it. */
#ifndef GONOGO_TESTS_FLOW_FIXTURE_H
#define GONOGO_TESTS_FLOW_FIXTURE_H

#include <stdbool.h>

#include "src/base/err.h"
#include "src/release/flow.h"

#define FIXTURE_STABLE   "server/updates/manifests/manifest.json"
#define FIXTURE_BETA     "server/updates/manifests/manifest_beta.json"
#define FIXTURE_PAIR(v)  "server/updates/manifests/manifest_" v ".json"
#define FIXTURE_CONFIG   "server/config/unified_config.yaml"
#define FIXTURE_FLAGS    "server/Docs/FEATURE_FLAGS.md"
#define FIXTURE_OLD_DMG  "the disk image of 2.0.0.19"
#define FIXTURE_NEW_DMG  "the disk image of 2.0.0.20, a little longer"
#define FIXTURE_URL(tag) "https://cdn.example/o/r/releases/download/" tag "/Nexy.dmg"

char *fixture_new(void);       /* the root; heap */
void fixture_free(char *root); /* and the folder */

void fixture_write(const char *root, const char *name, const char *text);
/* A manifest with the size and the sha256 of `dmg`; heap. */
char *fixture_manifest(const char *version, const char *url, const char *dmg);
/* The file's content on the heap; NULL when it is not there. */
char *fixture_read(const char *root, const char *name);
bool fixture_has(const char *root, const char *name);
/* Is the file exactly this? */
bool fixture_is(const char *root, const char *name, const char *text);
/* A digest of every file's name, mode and content below the root, but for .gonogo/lock; heap. */
char *fixture_print(const char *root);

/* One command, as the command line runs it, but for a clock that stands still. */
enum err_code fixture_run(const char *root,
                          enum err_code (*look)(const struct flow *, void *, struct plan *,
                                                struct err *),
                          void *request, struct plan *plan, struct err *err);
enum err_code fixture_run_hooked(const char *root,
                                 enum err_code (*look)(const struct flow *, void *, struct plan *,
                                                       struct err *),
                                 void *request, const struct change_hook *hook, struct plan *plan,
                                 struct err *err);

#endif
