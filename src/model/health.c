#include "src/model/health.h"

#include <stdio.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/text.h"
#include "src/model/member.h"

enum { COMPLAINT = 200 }; /* bytes of what a sick service says that fit in a message */

static bool asked(const char *pointer) {
    return pointer != NULL && *pointer != '\0';
}

static bool means_well(const char *status, char *const *ok) {
    if (ok == NULL)
        return true;
    for (; *ok != NULL; ok++)
        if (strcmp(*ok, status) == 0)
            return true;
    return false;
}

/* The status word is not among the good ones: says so in the service's own words. */
static enum err_code sick(const json_t *root, const struct health *h, const char *where,
                          struct err *err) {
    char status[4 * sizeof h->status], complaint[COMPLAINT] = "";
    text_safe(status, sizeof status, h->status, strlen(h->status));
    const json_t *error = json_at(root, "/error");
    if (json_is_string(error))
        text_safe(complaint, sizeof complaint, json_string_value(error), json_string_length(error));
    return err_set(err, ERR_NET, where, "look at the service's log", "it says \"%s\"%s%s", status,
                   complaint[0] != '\0' ? ": " : "", complaint);
}

enum err_code health_read(const char *bytes, size_t n, const struct health_spec *spec,
                          const char *where, struct health *out, struct err *err) {
    *out = (struct health){0};
    json_t *root = json_read(bytes, n, where, err);
    if (root == NULL)
        return err != NULL ? err->code : ERR_PARSE;

    struct err defect = ERR_INIT;
    bool bad_status = false;
    if (asked(spec->status_pointer)) {
        enum err_code code = member_text(json_at(root, spec->status_pointer), spec->status_pointer,
                                         where, out->status, sizeof out->status, &defect);
        bad_status = code == ERR_OK && !means_well(out->status, spec->ok);
    }
    if (asked(spec->version_pointer))
        member_text(json_at(root, spec->version_pointer), spec->version_pointer, where,
                    out->version, sizeof out->version, &defect);
    if (asked(spec->build_pointer))
        member_text(json_at(root, spec->build_pointer), spec->build_pointer, where, out->build,
                    sizeof out->build, &defect);

    enum err_code code = defect.code;
    if (bad_status)
        code = sick(root, out, where, err);
    else if (code != ERR_OK && err != NULL && err->code == ERR_OK)
        *err = defect;
    json_decref(root);
    return code;
}
