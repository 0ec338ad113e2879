/* One value of a JSON answer, for the gate http-json: found by a JSON pointer and handed on as it is. The
 * gate decides what it means. */
#include <stdlib.h>
#include <string.h>

#include "probes/body.h"
#include "probes/kinds.h"
#include "probes/trouble.h"
#include "src/base/json.h"
#include "src/base/mem.h"

enum { VALUE_CAP = 16 << 10 }; /* bytes as JSON: a number or a list of labels is a thousandth */

/* What stands where the way to the value ends: NULL when even the first step fails in a scalar. The
 * pointer is followed as far as it goes; *more is how many steps are left. */
static const json_t *last_place(const json_t *root, const char *pointer, size_t *more) {
    char *way = mem_copy_text(pointer), *cut;
    const json_t *place = NULL;
    *more = 0;
    while (!place && (cut = strrchr(way, '/'))) {
        *cut = '\0';
        place = json_at(root, way);
        ++*more;
    }
    free(way);
    return place;
}

/* A value may be missing only where it could have been: an answer of another shape (an error page in
 * JSON, another API) says nothing. */
static enum err_code judge_absence(const struct source_spec *spec, const json_t *root,
                                   struct sample *out, struct err *err) {
    size_t more;
    const json_t *place = last_place(root, spec->value_pointer, &more);
    if (json_is_array(place) && (more == 1 || json_array_size(place) == 0)) {
        out->absent = ABSENT_ITEM;
        out->reading = READING_OK;
        return ERR_OK;
    }
    if (json_is_object(place) && more == 1) {
        out->absent = ABSENT_MEMBER;
        out->reading = READING_OK;
        return ERR_OK;
    }
    return err_set(err, ERR_PARSE, spec->id, "compare the pointer with what the service answers",
                   "the answer has no place for %s", spec->value_pointer);
}

static enum err_code finish(void *state, const struct answer *answer, struct sample *out,
                            struct err *err) {
    const struct body *body = state;
    const struct source_spec *spec = body->spec;
    if (!status_is_good(answer->status))
        return trouble_of_status(answer->status, spec->id, err);
    if (body_wants_json(answer, spec->id, err) != ERR_OK)
        return err->code;
    json_t *root =
        json_read(body->bytes.data ? body->bytes.data : "", body->bytes.len, spec->id, err);
    if (!root)
        return err->code;
    const json_t *value = json_at(root, spec->value_pointer);
    enum err_code code = ERR_OK;
    if (!value) {
        code = judge_absence(spec, root, out, err);
        goto out;
    }
    out->value = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (!out->value)
        code = err_set(err, ERR_PARSE, spec->id, "look at what the service answers",
                       "the value at %s cannot be written", spec->value_pointer);
    else if (strlen(out->value) > VALUE_CAP)
        code =
            err_set(err, ERR_LIMIT, spec->id, "point at a smaller part of the answer",
                    "the value at %s is larger than %d KiB", spec->value_pointer, VALUE_CAP >> 10);
    else
        out->reading = READING_OK;
    if (code != ERR_OK) {
        free(out->value);
        out->value = NULL;
    }
out:
    json_decref(root);
    return code;
}

const struct probe_kind http_json_kind = {
    .name = "http-json",
    .help = "one value of a JSON answer",
    .body_cap = PROBE_JSON_CAP,
    .takes_url = true,
    .for_gates = true,
    .begin = body_begin,
    .body = body_add,
    .finish = finish,
    .end = body_end,
};
