#include "src/base/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "src/base/mem.h"
#include "src/base/text.h"

/* What one pass over the events looks for. */
struct walk {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one; deleted by the next step */
    bool has_event;
    const char *text;
    size_t n;
    const char *where;
    struct err *err;

    char *path; /* cut into parts */
    const char *parts[YAML_PATH_PARTS];
    size_t n_parts;
    unsigned depth;

    struct yaml_scalar *found; /* filled when the whole path is a scalar; NULL = do not care */
    bool have;
    /* The mapping that holds the last part, as far as the path leads. */
    size_t reached;      /* parts whose mappings exist */
    bool flow;           /* that mapping is in flow style */
    bool open_is_scalar; /* the path goes on, but a scalar or a list stands there */
    size_t column;       /* of its keys */
    size_t key_column;   /* of the key whose value is being read */
    size_t end;          /* byte behind its last value */
    void (*entry)(void *self, const char *key, const char *value);
    void *self;
};

/* libyaml counts characters, and a BOM is none of them. */
static size_t byte_at(const struct walk *w, size_t characters) {
    size_t at = w->n >= 3 && memcmp(w->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (characters > 0 && at < w->n) {
        at++;
        while (at < w->n && ((unsigned char)w->text[at] & 0xc0) == 0x80)
            at++;
        characters--;
    }
    return at;
}

static enum err_code fail(struct walk *w, size_t line, size_t column, const char *what) {
    char place[sizeof w->err->where];
    snprintf(place, sizeof place, "%s:%zu:%zu", w->where, line + 1, column + 1);
    return err_set(w->err, ERR_PARSE, place, "mend the file by hand", "%s", what);
}

static enum err_code fail_here(struct walk *w, const char *what) {
    return fail(w, w->event.start_mark.line, w->event.start_mark.column, what);
}

static enum err_code step(struct walk *w) {
    if (w->has_event)
        yaml_event_delete(&w->event);
    w->has_event = yaml_parser_parse(&w->parser, &w->event) == 1;
    if (w->has_event)
        return ERR_OK;
    return fail(w, w->parser.problem_mark.line, w->parser.problem_mark.column,
                w->parser.problem ? w->parser.problem : "no YAML");
}

/* The current event opens a node: goes to the event that ends it. */
static enum err_code skip(struct walk *w) {
    unsigned depth = 0;
    for (;;) {
        switch (w->event.type) {
        case YAML_MAPPING_START_EVENT:
        case YAML_SEQUENCE_START_EVENT:
            if (++depth + w->depth > YAML_DEPTH_MAX)
                return fail_here(w, "nested too deeply");
            break;
        case YAML_MAPPING_END_EVENT:
        case YAML_SEQUENCE_END_EVENT:
            depth--;
            break;
        default:
            break;
        }
        if (depth == 0)
            return ERR_OK;
        enum err_code code = step(w);
        if (code != ERR_OK)
            return code;
    }
}

/* Would a YAML reader take this plain scalar for something else than text? */
static bool is_not_text(const char *s) {
    static const char *const words[] = {"",     "~",     "null",  "Null",  "NULL", "true", "True",
                                        "TRUE", "false", "False", "FALSE", "yes",  "Yes",  "YES",
                                        "no",   "No",    "NO",    "on",    "On",   "ON",   "off",
                                        "Off",  "OFF",   ".inf",  "-.inf", ".nan"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(s, words[i]) == 0)
            return true;
    char *end;
    strtod(s, &end); /* takes 0x1F too, as YAML does */
    return *end == '\0';
}

static enum err_code take_scalar(struct walk *w) {
    if (w->event.type != YAML_SCALAR_EVENT)
        return fail_here(w, "a single value is due here");
    if (w->have)
        return fail_here(w, "this key stands here twice");
    w->have = true;
    if (!w->found)
        return ERR_OK;
    const yaml_event_t *e = &w->event;
    const yaml_scalar_style_t style = e->data.scalar.style;
    if (memchr(e->data.scalar.value, 0, e->data.scalar.length))
        return fail_here(w, "a value with a NUL byte");
    *w->found = (struct yaml_scalar){
        .value = mem_copy_bytes(e->data.scalar.value, e->data.scalar.length),
        .at = byte_at(w, e->start_mark.index),
        .quoted = style != YAML_PLAIN_SCALAR_STYLE,
        .line = e->start_mark.line + 1,
    };
    w->found->len = byte_at(w, e->end_mark.index) - w->found->at;
    w->found->not_text = !w->found->quoted && is_not_text(w->found->value);
    return ERR_OK;
}

static enum err_code walk_mapping(struct walk *w, size_t part);

/* The current event opens the value of the key that is parts[part]. */
static enum err_code enter(struct walk *w, size_t part) {
    const bool last = part + 1 == w->n_parts;
    if (last && !w->entry)
        return take_scalar(w);
    if (w->event.type == YAML_MAPPING_START_EVENT) {
        if (w->reached > part + 1)
            return fail_here(w, "this key stands here twice");
        return walk_mapping(w, part + 1);
    }
    const bool empty = w->event.type == YAML_SCALAR_EVENT && w->event.data.scalar.length == 0 &&
                       w->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (empty) { /* `kill_switches:` with nothing below it yet */
        w->reached = part + 2;
        w->flow = false;
        w->column = w->key_column + 2;
        w->end = byte_at(w, w->event.end_mark.index);
    } else {
        w->open_is_scalar = true;
    }
    return skip(w);
}

/* The current event starts a mapping whose path is parts[0 … part). */
static enum err_code walk_mapping(struct walk *w, size_t part) {
    if (++w->depth > YAML_DEPTH_MAX)
        return fail_here(w, "nested too deeply");
    const bool listing = w->entry && part == w->n_parts;
    w->reached = part + 1;
    w->flow = w->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    w->column = w->event.start_mark.column;
    bool flow = w->flow;
    size_t column = w->column, end = byte_at(w, w->event.end_mark.index);
    enum err_code code;
    while ((code = step(w)) == ERR_OK && w->event.type != YAML_MAPPING_END_EVENT) {
        char *key = w->event.type == YAML_SCALAR_EVENT
                        ? mem_copy_bytes(w->event.data.scalar.value, w->event.data.scalar.length)
                        : NULL;
        w->key_column = w->event.start_mark.column;
        const bool wanted = key && part < w->n_parts && strcmp(key, w->parts[part]) == 0;
        code = skip(w); /* the key */
        if (code == ERR_OK)
            code = step(w);
        if (code == ERR_OK && wanted) {
            code = enter(w, part);
        } else if (code == ERR_OK) {
            if (listing && key && w->event.type == YAML_SCALAR_EVENT)
                w->entry(w->self, key, (const char *)w->event.data.scalar.value);
            code = skip(w);
        }
        free(key);
        if (code != ERR_OK)
            break;
        end = byte_at(w, w->event.end_mark.index);
    }
    w->depth--;
    /* What the caller learns of is the deepest mapping on the path. */
    if (code == ERR_OK && w->reached == part + 1) {
        w->flow = flow;
        w->column = column;
        w->end = end;
    }
    return code;
}

static enum err_code cut_path(struct walk *w, const char *path) {
    w->path = mem_copy_text(path);
    char *rest = w->path;
    for (;;) {
        if (w->n_parts == YAML_PATH_PARTS)
            return err_set(w->err, ERR_LIMIT, path, NULL, "a path of more than %d parts",
                           YAML_PATH_PARTS);
        w->parts[w->n_parts++] = rest;
        char *dot = strchr(rest, '.');
        if (!dot)
            return ERR_OK;
        *dot = '\0';
        rest = dot + 1;
    }
}

static enum err_code run(struct walk *w, const char *path) {
    enum err_code code = cut_path(w, path);
    if (code != ERR_OK)
        return code;
    if (!yaml_parser_initialize(&w->parser))
        return err_set(w->err, ERR_LIMIT, w->where, NULL, "not enough memory to read it");
    yaml_parser_set_encoding(&w->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&w->parser, (const unsigned char *)w->text, w->n);
    while ((code = step(w)) == ERR_OK && w->event.type != YAML_STREAM_END_EVENT) {
        if (w->event.type == YAML_MAPPING_START_EVENT)
            code = w->reached ? fail_here(w, "more than one document") : walk_mapping(w, 0);
        else if (w->event.type == YAML_SEQUENCE_START_EVENT || w->event.type == YAML_SCALAR_EVENT)
            code = fail_here(w, "a mapping is due here");
        if (code != ERR_OK)
            break;
    }
    if (w->has_event)
        yaml_event_delete(&w->event);
    yaml_parser_delete(&w->parser);
    return code;
}

static struct walk walk_of(const char *text, size_t n, const char *where, struct err *err) {
    return (struct walk){.text = text, .n = n, .where = where, .err = err};
}

void yaml_scalar_fini(struct yaml_scalar *scalar) {
    free(scalar->value);
    *scalar = (struct yaml_scalar){0};
}

enum err_code yaml_find(const char *text, size_t n, const char *path, const char *where,
                        struct yaml_scalar *out, struct err *err) {
    struct walk w = walk_of(text, n, where, err);
    *out = (struct yaml_scalar){0};
    w.found = out;
    enum err_code code = run(&w, path);
    free(w.path);
    if (code == ERR_OK && !w.have)
        code = err_set(err, ERR_MISSING, where, NULL, "there is no %s", path);
    if (code != ERR_OK)
        yaml_scalar_fini(out);
    return code;
}

enum err_code yaml_each(const char *text, size_t n, const char *path, const char *where,
                        void (*entry)(void *self, const char *key, const char *value), void *self,
                        struct err *err) {
    struct walk w = walk_of(text, n, where, err);
    w.entry = entry;
    w.self = self;
    enum err_code code = run(&w, path);
    const bool there = w.reached == w.n_parts + 1;
    free(w.path);
    if (code == ERR_OK && !there)
        return err_set(err, ERR_MISSING, where, NULL, "there is no mapping %s", path);
    return code;
}

static enum err_code check_value(const char *value, const char *where, struct err *err) {
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return err_set(err, ERR_REFUSED, where, "write a value of one line",
                           "a value must not hold control characters");
    return ERR_OK;
}

/* Can it stand without quotes, and still be the same? */
static bool plain_ok(const char *value, bool as_text) {
    if (!as_text)
        return true; /* the caller says true, false or a number */
    if (is_not_text(value))
        return false;
    for (const char *c = value; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-", *c))
            return false;
    return value[0] != '-' && value[0] != '.';
}

static void add_quoted(struct buf *out, const char *value, char quote) {
    buf_add(out, &quote, 1);
    for (const char *c = value; *c; c++) {
        if (quote == '\'' && *c == '\'')
            buf_add_text(out, "'");
        else if (quote == '"' && (*c == '"' || *c == '\\'))
            buf_add_text(out, "\\");
        buf_add(out, c, 1);
    }
    buf_add(out, &quote, 1);
}

static void add_value(struct buf *out, const char *value, bool as_text, char quote) {
    if (quote)
        add_quoted(out, value, quote);
    else if (plain_ok(value, as_text))
        buf_add_text(out, value);
    else
        add_quoted(out, value, '"');
}

enum err_code yaml_set(const char *text, size_t n, const char *path, const char *value,
                       bool as_text, const char *where, struct buf *out, struct err *err) {
    struct yaml_scalar old;
    enum err_code code = check_value(value, where, err);
    if (code == ERR_OK)
        code = yaml_find(text, n, path, where, &old, err);
    if (code != ERR_OK)
        return code;
    const char first = old.len ? text[old.at] : '\0';
    if (old.quoted && first != '"' && first != '\'') {
        code = err_set(err, ERR_REFUSED, where, "write it on the line of its key",
                       "%s is a block of lines", path);
    } else {
        buf_clear(out);
        buf_add(out, text, old.at);
        if (old.len == 0 && old.at > 0 && text[old.at - 1] == ':')
            buf_add_text(out, " "); /* `key:` without a value */
        add_value(out, value, as_text, old.quoted ? first : '\0');
        buf_add(out, text + old.at + old.len, n - old.at - old.len);
    }
    yaml_scalar_fini(&old);
    return code;
}

static const char *line_end(const char *text, size_t n) {
    const char *newline = memchr(text, '\n', n);
    return newline && newline > text && newline[-1] == '\r' ? "\r\n" : "\n";
}

/* Behind the line that holds byte `at`: where a new line is put in. */
static size_t next_line(const char *text, size_t n, size_t at) {
    /* A block mapping's last value ends before its own line break; a nested one may end behind it. */
    if (at > 0 && at <= n && text[at - 1] == '\n')
        return at;
    const char *newline = at < n ? memchr(text + at, '\n', n - at) : NULL;
    return newline ? (size_t)(newline - text) + 1 : n;
}

enum err_code yaml_add(const char *text, size_t n, const char *path, const char *value,
                       bool as_text, const char *where, struct buf *out, struct err *err) {
    struct walk w = walk_of(text, n, where, err);
    enum err_code code = check_value(value, where, err);
    if (code == ERR_OK)
        code = run(&w, path);
    if (code != ERR_OK)
        goto out;
    const size_t missing = w.reached == 0 ? w.n_parts : w.n_parts - (w.reached - 1);
    if (w.have || w.flow || w.open_is_scalar || missing > 2 || (missing == 2 && w.reached > 1)) {
        code = err_set(
            err, ERR_REFUSED, where, "add it by hand",
            w.have ? "%s is there already" : "%s has no place that a line could be added to", path);
        goto out;
    }
    const char *end = line_end(text, n);
    const size_t at = missing == 2 || w.reached == 0 ? n : next_line(text, n, w.end);
    const bool glued = at > 0 && text[at - 1] != '\n';
    buf_clear(out);
    buf_add(out, text, at);
    if (glued)
        buf_add_text(out, end);
    if (missing == 2)
        buf_addf(out, "%s:%s  ", w.parts[0], end);
    else
        buf_addf(out, "%*s", (int)w.column, "");
    buf_addf(out, "%s: ", w.parts[w.n_parts - 1]);
    add_value(out, value, as_text, '\0');
    if (!glued)
        buf_add_text(out, end);
    buf_add(out, text + at, n - at);
out:
    free(w.path);
    return code;
}
