#include "config/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "src/base/mem.h"
#include "src/base/text.h"

/* Nodes live in blocks and die together: half a million of them are freed in some thousand steps. */
enum { BLOCK_SIZE = 16 << 10 };

struct block {
    struct block *next;
    size_t used, size;
    max_align_t bytes[];
};

struct node_doc {
    char *file;
    struct block *blocks;
    struct node *root;
};

struct reader {
    struct node_doc *doc;
    yaml_parser_t parser;
    struct node *open; /* the list or map that is being filled */
    unsigned depth;
    const char *key; /* of the next value of a map, NULL = the next scalar is a key */
    yaml_mark_t key_mark;
    const char *bytes;
    size_t n;
    struct err *err;
};

static void *keep(struct node_doc *doc, size_t size) {
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct block *b = doc->blocks;
    if (b == NULL || b->size - b->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        b = mem_alloc(sizeof *b + room);
        *b = (struct block){.next = doc->blocks, .size = room};
        doc->blocks = b;
    }
    void *p = (char *)b->bytes + b->used;
    b->used += size;
    memset(p, 0, size);
    return p;
}

static void where_text(const char *file, unsigned line, unsigned column, char *dst, size_t cap) {
    char place[32];
    int n = snprintf(place, sizeof place, ":%u:%u", line, column);
    size_t len = strlen(file), room = cap - (size_t)n - 1;
    if (len <= room) {
        (void)snprintf(dst, cap, "%s%s", file, place);
    } else {
        (void)snprintf(dst, cap, "...%s%s", file + (len - room + 3), place);
    }
}

static enum err_code fail_at(struct reader *r, enum err_code code, yaml_mark_t mark,
                             const char *todo, const char *what) {
    char where[sizeof r->err->where];
    where_text(r->doc->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1, where,
               sizeof where);
    return err_set(r->err, code, where, todo, "%s", what);
}

/* libyaml gives only the byte's offset for what is no UTF-8. */
static enum err_code fail_reading(struct reader *r, const char *problem) {
    size_t end = r->parser.problem_offset < r->n ? r->parser.problem_offset : r->n;
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < end; i++) {
        if (r->bytes[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (((unsigned char)r->bytes[i] & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return fail_at(r, ERR_CONFIG, mark, "save the file as UTF-8 text, without control characters",
                   strstr(problem, "control") != NULL ? "a control character"
                                                      : "bytes that are no UTF-8");
}

static enum err_code fail_syntax(struct reader *r) {
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem != NULL ? p->problem : "unreadable";
    if (p->error == YAML_READER_ERROR) {
        return fail_reading(r, problem);
    }
    size_t at = p->problem_mark.index;
    if (at < r->n && r->bytes[at] == '\t') {
        return fail_at(r, ERR_CONFIG, p->problem_mark, "indent with blanks",
                       "not YAML: a tab where YAML wants blanks");
    }
    if (p->context != NULL && strstr(p->context, "alias") != NULL) {
        return fail_at(r, ERR_CONFIG, p->context_mark,
                       "put a text that starts with * in quotes: \"*\"",
                       "not YAML: an unquoted text starts with *");
    }
    char what[256];
    if (p->context != NULL && p->context_mark.line != p->problem_mark.line) {
        (void)snprintf(what, sizeof what, "not YAML: %s (%s that starts in line %zu)", problem,
                       p->context, p->context_mark.line + 1);
    } else {
        (void)snprintf(what, sizeof what, "not YAML: %s%s%s", problem,
                       p->context != NULL ? " " : "", p->context != NULL ? p->context : "");
    }
    return fail_at(r, ERR_CONFIG, p->problem_mark,
                   "look at the indentation, brackets and quotes here and above", what);
}

static enum err_code refuse_marks(struct reader *r, const yaml_event_t *e,
                                  const yaml_char_t *anchor, const yaml_char_t *tag) {
    char what[160], shown[NODE_SHOWN_CAP];
    if (anchor != NULL) {
        return fail_at(r, ERR_CONFIG, e->start_mark,
                       "write the value out where it is needed; quote a text that starts with &",
                       "YAML anchors are not read");
    }
    if (tag != NULL) {
        node_shown((const char *)tag, shown);
        (void)snprintf(what, sizeof what, "%s is a YAML tag, which is not read", shown);
        return fail_at(r, ERR_CONFIG, e->start_mark,
                       "put a text that starts with ! in quotes: \"!staging/beta feed\"", what);
    }
    return ERR_OK;
}

static struct node *add_node(struct reader *r, enum node_type type, yaml_mark_t mark) {
    struct node *n = keep(r->doc, sizeof *n);
    if (r->key != NULL) {
        mark = r->key_mark;
    }
    *n = (struct node){.type = type,
                       .line = (unsigned)mark.line + 1,
                       .column = (unsigned)mark.column + 1,
                       .doc = r->doc,
                       .parent = r->open,
                       .key = r->key};
    r->key = NULL;
    struct node *up = r->open;
    if (up == NULL) {
        r->doc->root = n;
        return n;
    }
    n->index = up->count++;
    if (up->last != NULL) {
        up->last->next = n;
    } else {
        up->first = n;
    }
    up->last = n;
    return n;
}

static enum err_code read_scalar(struct reader *r, const yaml_event_t *e) {
    const char *value = (const char *)e->data.scalar.value;
    size_t len = e->data.scalar.length;
    if (memchr(value, '\0', len) != NULL) {
        return fail_at(r, ERR_CONFIG, e->start_mark, "take it out", "a NUL character in a text");
    }
    if (refuse_marks(r, e, e->data.scalar.anchor, e->data.scalar.tag) != ERR_OK) {
        return r->err->code;
    }
    char *text = keep(r->doc, len + 1);
    memcpy(text, value, len);
    if (r->open != NULL && r->open->type == NODE_MAP && r->key == NULL) {
        r->key = text;
        r->key_mark = e->start_mark;
        return ERR_OK;
    }
    struct node *n = add_node(r, NODE_TEXT, e->start_mark);
    n->text = text;
    n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return ERR_OK;
}

static enum err_code open_node(struct reader *r, const yaml_event_t *e, enum node_type type) {
    bool map = type == NODE_MAP;
    if (refuse_marks(r, e, map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor,
                     map ? e->data.mapping_start.tag : e->data.sequence_start.tag) != ERR_OK) {
        return r->err->code;
    }
    if (r->open != NULL && r->open->type == NODE_MAP && r->key == NULL) {
        return fail_at(r, ERR_CONFIG, e->start_mark,
                       "a key is one word; put a text that starts with { or [ in quotes",
                       map ? "a mapping where a key is expected"
                           : "a list where a key is expected");
    }
    if (r->depth == NODE_DEPTH_CAP) {
        return fail_at(r, ERR_CONFIG, e->start_mark, "take out the inner lists and mappings",
                       "nested too deep");
    }
    r->open = add_node(r, type, e->start_mark);
    r->depth++;
    return ERR_OK;
}

static void close_node(struct reader *r) {
    r->open = r->open->parent;
    r->depth--;
}

/* Takes one event into the tree; *done at the end of the stream. */
static enum err_code take_event(struct reader *r, const yaml_event_t *e, bool *done) {
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (r->doc->root != NULL) {
            return fail_at(r, ERR_CONFIG, e->start_mark, "keep one document in one file",
                           "a second YAML document");
        }
        return ERR_OK;
    case YAML_ALIAS_EVENT:
        return fail_at(r, ERR_CONFIG, e->start_mark,
                       "write the value out, or put a text that starts with * in quotes: \"*\"",
                       "YAML aliases are not read");
    case YAML_SCALAR_EVENT:
        return read_scalar(r, e);
    case YAML_SEQUENCE_START_EVENT:
        return open_node(r, e, NODE_LIST);
    case YAML_MAPPING_START_EVENT:
        return open_node(r, e, NODE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_node(r);
        return ERR_OK;
    case YAML_STREAM_END_EVENT:
        *done = true;
        return ERR_OK;
    default:
        return ERR_OK;
    }
}

static enum err_code read_events(struct reader *r) {
    bool done = false;
    while (!done) {
        yaml_event_t e;
        if (!yaml_parser_parse(&r->parser, &e)) {
            return fail_syntax(r);
        }
        enum err_code code = take_event(r, &e, &done);
        yaml_event_delete(&e);
        if (code != ERR_OK) {
            return code;
        }
    }
    return ERR_OK;
}

struct node_doc *node_read(const char *bytes, size_t n, const char *file, struct err *err) {
    struct err mine = ERR_INIT;
    struct node_doc *doc = mem_zero(1, sizeof *doc);
    doc->file = mem_copy_text(file);
    struct reader r = {.doc = doc, .bytes = bytes, .n = n, .err = &mine};
    yaml_mark_t top = {0};
    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark says nothing here */
        r.bytes = bytes += 3;
        r.n = n -= 3;
    }
    bool wide = n >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
    if (n > NODE_FILE_CAP) {
        (void)err_set(&mine, ERR_CONFIG, file, "split the configuration, or take comments out",
                      "larger than 1 MiB");
    } else if (wide) {
        (void)fail_at(&r, ERR_CONFIG, top, "save the file as UTF-8 text", "UTF-16, not UTF-8");
    } else if (!yaml_parser_initialize(&r.parser)) {
        (void)err_set(&mine, ERR_IO, file, "free some memory", "the YAML reader did not start");
    } else {
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, n);
        yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
        (void)read_events(&r);
        yaml_parser_delete(&r.parser);
        if (mine.code == ERR_OK && doc->root == NULL) {
            (void)fail_at(&r, ERR_CONFIG, top, "start with: product: NAME", "an empty file");
        }
    }
    if (mine.code != ERR_OK) {
        (void)err_set(err, mine.code, mine.where, mine.todo, "%s", mine.what);
        node_free(doc);
        return NULL;
    }
    return doc;
}

void node_free(struct node_doc *doc) {
    if (doc == NULL) {
        return;
    }
    while (doc->blocks != NULL) {
        struct block *next = doc->blocks->next;
        free(doc->blocks);
        doc->blocks = next;
    }
    free(doc->file);
    free(doc);
}

const struct node *node_root(const struct node_doc *doc) {
    return doc->root;
}

const struct node *node_get(const struct node *map, const char *key) {
    if (map == NULL || map->type != NODE_MAP) {
        return NULL;
    }
    for (const struct node *n = map->first; n != NULL; n = n->next) {
        if (strcmp(n->key, key) == 0) {
            return n;
        }
    }
    return NULL;
}

const struct node *node_at(const struct node *n, size_t i) {
    const struct node *child = n != NULL ? n->first : NULL;
    while (child != NULL && i-- > 0) {
        child = child->next;
    }
    return child;
}

bool node_empty(const struct node *n) {
    return n->type == NODE_TEXT && !n->quoted &&
           (n->text[0] == '\0' || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
}

void node_path(const struct node *n, char dst[NODE_PATH_CAP]) {
    char turned[NODE_PATH_CAP]; /* filled from its end */
    size_t at = sizeof turned - 1;
    turned[at] = '\0';
    for (; n->parent != NULL; n = n->parent) {
        char part[NODE_SHOWN_CAP];
        if (n->key != NULL) {
            char safe[NODE_SHOWN_CAP / 2];
            (void)text_safe(safe, sizeof safe, n->key, strlen(n->key));
            (void)snprintf(part, sizeof part, "%s%s", n->parent->parent != NULL ? "." : "", safe);
        } else {
            (void)snprintf(part, sizeof part, "[%zu]", n->index);
        }
        size_t len = strlen(part);
        if (len > at) {
            break;
        }
        at -= len;
        memcpy(turned + at, part, len);
    }
    memcpy(dst, turned + at, sizeof turned - at);
}

void node_where(const struct node *n, char *dst, size_t cap) {
    where_text(n->doc->file, n->line, n->column, dst, cap);
}

void node_shown(const char *text, char dst[NODE_SHOWN_CAP]) {
    char safe[4 * NODE_SHOWN_CAP], cut[NODE_SHOWN_CAP - 2];
    size_t len = strlen(text);
    (void)text_safe(safe, sizeof safe, text, len < sizeof safe ? len : sizeof safe);
    (void)text_fit(cut, sizeof cut, safe, 48, false);
    (void)snprintf(dst, NODE_SHOWN_CAP, "\"%s\"", cut);
}

enum err_code node_fail(const struct node *n, struct err *err, const char *todo, const char *what,
                        ...) {
    char where[sizeof err->where], path[NODE_PATH_CAP], text[sizeof err->what];
    va_list args;
    va_start(args, what);
    (void)vsnprintf(text, sizeof text, what, args);
    va_end(args);
    node_where(n, where, sizeof where);
    node_path(n, path);
    return err_set(err, ERR_CONFIG, where, todo, "%s%s%s", path, path[0] != '\0' ? ": " : "", text);
}
