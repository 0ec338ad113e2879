/* The version in a file: the one line of VERSION, or one scalar of a YAML file. */
#include <string.h>

#include "probes/body.h"
#include "probes/kinds.h"
#include "src/base/text.h"
#include "src/base/yaml.h"
#include "src/model/version.h"

enum { SHOWN_MAX = 64 };

static enum err_code take(const char *text, const char *id, struct sample *out, struct err *err) {
    char shown[SHOWN_MAX];
    if (!version_plausible(text)) {
        text_safe(shown, sizeof(shown), text, strnlen(text, sizeof(shown)));
        return err_set(err, ERR_PARSE, id, "write the version alone, like 2.0.0.20", "%s%s%s",
                       *text ? "\"" : "", *text ? shown : "nothing is there",
                       *text ? "\" is no version" : "");
    }
    out->reading = READING_OK;
    return body_copy(out->version, sizeof(out->version), text, "the version", id, err);
}

/* The first line without blanks around it; the lines behind it must be empty. */
static enum err_code read_line(const struct body *body, struct sample *out, struct err *err) {
    const char *id = body->spec->id;
    const char *text = body->bytes.data ? body->bytes.data : "";
    char line[VERSION_CAP];
    if (strlen(text) != body->bytes.len)
        return err_set(err, ERR_PARSE, id, "is this the right file?", "has NUL bytes inside");
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) /* a byte order mark */
        text += 3;
    text += strspn(text, " \t");
    size_t n = strcspn(text, "\r\n");
    if (text[n + strspn(text + n, "\r\n \t")])
        return err_set(err, ERR_PARSE, id, "name the `key` if it is YAML",
                       "has more than the one line of a version file");
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    if (n >= sizeof(line))
        return err_set(err, ERR_LIMIT, id, "is this the right file?",
                       "the first line is longer than any version");
    memcpy(line, text, n);
    line[n] = '\0';
    return take(line, id, out, err);
}

static enum err_code read_key(const struct body *body, struct sample *out, struct err *err) {
    const struct source_spec *spec = body->spec;
    struct yaml_scalar scalar = {0};
    enum err_code code = yaml_find(body->bytes.data ? body->bytes.data : "", body->bytes.len,
                                   spec->key, spec->id, &scalar, err);
    if (code == ERR_OK && scalar.not_text) { /* 2.10 is 2.1 to whoever loads this file */
        char shown[SHOWN_MAX];
        text_safe(shown, sizeof(shown), scalar.value, strlen(scalar.value));
        code = err_set(err, ERR_PARSE, spec->id, "put it in quotes",
                       "%s in line %zu is %s without quotes, which YAML reads as no text",
                       spec->key, scalar.line, shown);
    }
    if (code == ERR_OK)
        code = take(scalar.value, spec->id, out, err);
    yaml_scalar_fini(&scalar);
    return code;
}

static enum err_code finish(void *state, const struct answer *answer, struct sample *out,
                            struct err *err) {
    const struct body *body = state;
    (void)answer;
    return body->spec->key ? read_key(body, out, err) : read_line(body, out, err);
}

const struct probe_kind file_version_kind = {
    .name = "file-version",
    .help = "the version in a file: its one line, or with `key` one scalar of a YAML file",
    .body_cap = PROBE_TEXT_CAP,
    .takes_file = true,
    .begin = body_begin,
    .body = body_add,
    .finish = finish,
    .end = body_end,
};
