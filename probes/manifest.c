/* A manifest, from a url or a file: the version and build it publishes, and the artifact's url, size
 * and digest. */
#include "src/model/manifest.h"

#include "probes/body.h"
#include "probes/kinds.h"
#include "probes/trouble.h"
#include "src/base/mem.h"
#include "src/model/feed.h"

static enum err_code fill(const struct manifest *m, const char *id, struct sample *out,
                          struct err *err) {
    const struct {
        char *dst;
        size_t cap;
        const char *text, *what;
    } fields[] = {
        {out->version, sizeof(out->version), m->version, "version"},
        {out->build, sizeof(out->build), m->build, "build"},
        {out->url, sizeof(out->url), m->artifact.url, "artifact.url"},
        {out->sha256, sizeof(out->sha256), m->artifact.sha256, "artifact.sha256"},
    };
    out->size = m->artifact.size == MANIFEST_SIZE_UNKNOWN ? SAMPLE_UNKNOWN : m->artifact.size;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (body_copy(fields[i].dst, fields[i].cap, fields[i].text, fields[i].what, id, err))
            return err->code;
    if (m->artifact.ed25519 &&
        m->artifact.ed25519[0]) /* a longer one cannot hold: cut, it is none */
        out->signature = mem_format("%.*s", FEED_SIGNATURE_CAP - 1, m->artifact.ed25519);
    out->reading = READING_OK;
    return ERR_OK;
}

static enum err_code finish(void *state, const struct answer *answer, struct sample *out,
                            struct err *err) {
    const struct body *body = state;
    const char *id = body->spec->id;
    struct manifest manifest = {0};
    if (!status_is_good(answer->status))
        return trouble_of_status(answer->status, id, err);
    if (body_wants_json(answer, id, err) != ERR_OK)
        return err->code;
    enum err_code code = manifest_read(body->bytes.data ? body->bytes.data : "", body->bytes.len,
                                       id, &manifest, err);
    if (code == ERR_OK)
        code = fill(&manifest, id, out, err);
    manifest_fini(&manifest);
    return code;
}

const struct probe_kind manifest_kind = {
    .name = "manifest",
    .help = "a manifest's JSON: version, build, and the artifact's url, size and sha256",
    .body_cap = PROBE_JSON_CAP,
    .takes_url = true,
    .takes_file = true,
    .begin = body_begin,
    .body = body_add,
    .finish = finish,
    .end = body_end,
};
