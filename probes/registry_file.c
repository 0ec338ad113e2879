/* The registry of feature flags, for the gate registry: which flags it has, and the kill switches of each. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "probes/body.h"
#include "probes/kinds.h"
#include "probes/trouble.h"
#include "src/base/json.h"
#include "src/model/registry.h"

enum {
    SWITCH_CAP = 128,      /* bytes of a kill switch's name */
    FLAGS_CAP = 256 << 10, /* bytes of all names as JSON: a product has some dozens of flags */
};

/* {"flag": ["switch", …], …}; a flag that stands in two rows has the switches of both. */
static json_t *flags_of(const struct registry *registry) {
    json_t *flags = json_object();
    for (size_t i = 0; i < registry->n; i++) {
        const struct registry_flag *flag = &registry->flags[i];
        json_t *name = json_text(flag->cells[REGISTRY_NAME]); /* valid UTF-8, whatever it was */
        const char *key = json_string_value(name), *at = NULL;
        char word[SWITCH_CAP];
        json_t *switches = json_object_get(flags, key);
        if (!switches && key[0]) {
            switches = json_array();
            json_object_set_new(flags, key, switches);
        }
        while (switches && registry_next_switch(flag, &at, word, sizeof word))
            json_array_append_new(switches, json_text(word));
        json_decref(name);
    }
    return flags;
}

static enum err_code finish(void *state, const struct answer *answer, struct sample *out,
                            struct err *err) {
    const struct body *body = state;
    const char *id = body->spec->id;
    struct registry registry;
    enum err_code code = ERR_OK;
    if (!status_is_good(answer->status))
        return trouble_of_status(answer->status, id, err);
    registry_read(body->bytes.data ? body->bytes.data : "", body->bytes.len, &registry);
    json_t *flags = flags_of(&registry);
    char *text = json_dumps(flags, JSON_COMPACT);
    if (json_object_size(flags) == 0)
        code = err_set(err, ERR_PARSE, id, "is this the right file?",
                       "has no table with the columns name and kill_switch");
    else if (registry.n >= REGISTRY_FLAGS_MAX || !text || strlen(text) > FLAGS_CAP)
        code = err_set(err, ERR_LIMIT, id, "is this the right file?",
                       "has more flags than can be read");
    if (code == ERR_OK) {
        out->reading = READING_OK;
        out->value = text;
        text = NULL;
    }
    free(text);
    json_decref(flags);
    registry_fini(&registry);
    return code;
}

const struct probe_kind registry_kind = {
    .name = "registry",
    .help = "the registry of feature flags, with their kill switches",
    .body_cap = PROBE_TEXT_CAP,
    .takes_url = true,
    .takes_file = true,
    .for_gates = true,
    .begin = body_begin,
    .body = body_add,
    .finish = finish,
    .end = body_end,
};
