/* Any bytes as a manifest and as a health answer: what is accepted keeps the contracts, what is not
 * leaves nothing behind. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/model/health.h"
#include "src/model/manifest.h"
#include "tests/fuzz/must.h"

static void as_manifest(const char *bytes, size_t n) {
    struct manifest m, again;
    struct err err = ERR_INIT;
    enum err_code code = manifest_read(bytes, n, "fuzz", &m, &err);
    MUST(code == err.code);
    if (code != ERR_OK) {
        MUST(m.version == NULL && m.artifact.url == NULL && err.what[0] != '\0');
        return;
    }
    MUST(m.version[0] != '\0' && strlen(m.version) < VERSION_CAP);
    MUST(m.build[0] != '\0' && strlen(m.build) < VERSION_CAP);
    MUST(m.artifact.size >= MANIFEST_SIZE_UNKNOWN);
    if (manifest_check(&m, NULL, "fuzz", &err) == ERR_OK)
        MUST(strncasecmp(m.artifact.url, "https://", 8) == 0 && m.artifact.size > 0 &&
             strlen(m.artifact.sha256) == 64);
    err_clear(&err);
    MUST(manifest_read(bytes, n, "fuzz", &again, &err) == ERR_OK);
    MUST(manifest_differs(&m, &again) == NULL);
    manifest_fini(&again);
    manifest_fini(&m);
}

static void as_health(const char *bytes, size_t n) {
    static char *ok[] = {"OK", "healthy", "running", NULL};
    static const struct health_spec spec = {"/status", "/latest_version", "/latest_build", ok};
    struct health h;
    struct err err = ERR_INIT;
    enum err_code code = health_read(bytes, n, &spec, "fuzz", &h, &err);
    MUST(code == err.code);
    MUST(code != ERR_OK || (h.status[0] != '\0' && h.version[0] != '\0' && h.build[0] != '\0'));
    MUST(code == ERR_OK || err.what[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    as_manifest((const char *)data, size);
    as_health((const char *)data, size);
    return 0;
}
