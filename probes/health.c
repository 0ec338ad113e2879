/* A service's own word on how it is: JSON with a status, a version and a build (domain §2). */
#include "src/model/health.h"

#include <string.h>

#include "probes/body.h"
#include "probes/kinds.h"
#include "probes/trouble.h"

static enum err_code finish(void *state, const struct answer *answer, struct sample *out,
                            struct err *err) {
    const struct body *body = state;
    const struct source_spec *spec = body->spec;
    const struct health_spec wanted = {.status_pointer = spec->status_pointer,
                                       .version_pointer = spec->version_pointer,
                                       .build_pointer = spec->build_pointer,
                                       .ok = spec->ok};
    struct health health;
    struct err said = ERR_INIT;
    bool good = status_is_good(answer->status);
    memset(&health, 0, sizeof(health));
    if (good && body_wants_json(answer, spec->id, err) != ERR_OK)
        return err->code;
    health_read(body->bytes.data ? body->bytes.data : "", body->bytes.len, &wanted, spec->id,
                &health, &said);
    memcpy(out->version, health.version, sizeof(out->version));
    memcpy(out->build, health.build, sizeof(out->build));
    memcpy(out->status, health.status, sizeof(out->status));
    /* With a bad HTTP status the service's own words count when it has any (ERR_NET), else that
     * status: what a proxy's error page lacks is no news. */
    if (good || said.code == ERR_NET) {
        *err = said;
        out->reading = said.code == ERR_OK ? READING_OK : READING_ERROR;
        return said.code;
    }
    return trouble_of_status(answer->status, spec->id, err);
}

const struct probe_kind health_kind = {
    .name = "health",
    .help = "JSON with a service's status, version and build, found by JSON pointers",
    .body_cap = PROBE_JSON_CAP,
    .takes_url = true,
    .takes_file = true,
    .begin = body_begin,
    .body = body_add,
    .finish = finish,
    .end = body_end,
};
