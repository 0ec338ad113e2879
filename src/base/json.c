#include "src/base/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"

/* The place of the bracket that opens one level too many, or NULL. Jansson recurses, so depth is
 * looked at before it sees a byte. Malformed text may be measured wrongly here, but never as
 * less deep than jansson would go: up to its first error both read the same. */
static const char *too_deep(const char *bytes, size_t n) {
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return bytes + i;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return NULL;
}

static const char wrong_place[] = "is this the right address or file?";

static void deep_error(const char *bytes, const char *at, const char *where, struct err *err) {
    int line = 1, column = 1;
    for (const char *p = bytes; p < at; p++) {
        column = *p == '\n' ? 1 : column + 1;
        line += *p == '\n';
    }
    err_set(err, ERR_LIMIT, where, wrong_place,
            "JSON nests deeper than %d levels (line %d, column %d)", JSON_DEPTH_MAX, line, column);
}

json_t *json_read(const char *bytes, size_t n, const char *where, struct err *err) {
    /* A byte order mark is allowed to be ignored (RFC 8259, section 8.1). */
    if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        n -= 3;
    }
    if (n == 0) {
        err_set(err, ERR_PARSE, where, wrong_place, "is empty where JSON was expected");
        return NULL;
    }
    const char *deep = too_deep(bytes, n);
    if (deep) {
        deep_error(bytes, deep, where, err);
        return NULL;
    }
    json_error_t trouble;
    json_t *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &trouble);
    if (!root)
        err_set(err, ERR_PARSE, where, "mend it; or is this the wrong address or file?",
                "is no valid JSON: %s (line %d, column %d)", trouble.text, trouble.line,
                trouble.column);
    return root;
}

int json_pointer_ok(const char *pointer) {
    if (pointer[0] != '\0' && pointer[0] != '/')
        return 0;
    for (const char *p = pointer; *p; p++)
        if (*p == '~' && p[1] != '0' && p[1] != '1')
            return 0;
    return 1;
}

/* The value of an array index, without sign and leading zeros; SIZE_MAX when it is none. */
static size_t array_index(const char *token, size_t len) {
    size_t index = 0;
    if (len == 0 || len > 9 || (len > 1 && token[0] == '0'))
        return SIZE_MAX;
    for (size_t i = 0; i < len; i++) {
        if (token[i] < '0' || token[i] > '9')
            return SIZE_MAX;
        index = index * 10 + (size_t)(token[i] - '0');
    }
    return index;
}

/* Does `key` read as the escaped token? */
static bool same_key(const char *key, const char *token, size_t len) {
    for (size_t i = 0; i < len; i++, key++) {
        char c = token[i];
        if (c == '~' && i + 1 < len)
            c = token[++i] == '1' ? '/' : '~';
        if (*key != c)
            return false;
    }
    return *key == '\0';
}

static const json_t *member(const json_t *object, const char *token, size_t len) {
    /* Iterators and macros of jansson want what is not const; nothing is changed. */
    json_t *o = (json_t *)(uintptr_t)object;
    for (void *it = json_object_iter(o); it; it = json_object_iter_next(o, it))
        if (same_key(json_object_iter_key(it), token, len))
            return json_object_iter_value(it);
    return NULL;
}

const json_t *json_at(const json_t *root, const char *pointer) {
    if (!json_pointer_ok(pointer))
        return NULL;
    while (root && *pointer == '/') {
        const char *token = pointer + 1;
        size_t len = strcspn(token, "/");
        if (json_is_object(root))
            root = member(root, token, len);
        else if (json_is_array(root))
            root = json_array_get(root, array_index(token, len));
        else
            root = NULL;
        pointer = token + len;
    }
    return root;
}

/* Does one of eight bytes need a closer look: a control, a quote, a backslash, no ASCII? */
static inline bool is_special8(uint64_t x) {
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t quote = x ^ (ones * '"'), backslash = x ^ (ones * '\\');
    uint64_t low = (x - ones * 0x20) & ~x;
    uint64_t high = x | (x + ones);
    return ((low | high | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & tops) !=
           0;
}

/* How many bytes from the start may stand as they are. */
static size_t plain_run(const char *text, size_t n) {
    size_t i = 0;
    uint64_t eight;
    for (; i + sizeof eight <= n; i += sizeof eight) {
        memcpy(&eight, text + i, sizeof eight);
        if (is_special8(eight))
            break;
    }
    if (i < n && i + sizeof eight > n &&
        n >= sizeof eight) { /* the end, with some of what was seen */
        memcpy(&eight, text + n - sizeof eight, sizeof eight);
        if (!is_special8(eight))
            return n;
    }
    while (i < n && text[i] >= 0x20 && text[i] < 0x7F && text[i] != '"' && text[i] != '\\')
        i++;
    return i;
}

enum { ESCAPE_CAP = 12 }; /* a surrogate pair; six bytes at most come of one */

/* \u202e, or the surrogate pair of what needs more. */
static char *put_escape(char *dst, uint32_t code) {
    static const char hex[] = "0123456789abcdef";
    if (code > 0xFFFF) {
        dst = put_escape(dst, 0xD800 + ((code - 0x10000) >> 10));
        code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    *dst++ = '\\';
    *dst++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *dst++ = hex[code >> shift & 0xF];
    return dst;
}

/* One character that may not stand as it is, or is no ASCII. */
static char *put_special(char *dst, const char *text, size_t n, size_t *len) {
    uint32_t code;
    bool valid;
    *len = text_decode(text, n, &code, &valid);
    if (!valid) {
        // NOLINTNEXTLINE(bugprone-not-null-terminated-result): a run of bytes, no string
        memcpy(dst, "\xEF\xBF\xBD", 3);
        return dst + 3;
    }
    if (code == '"' || code == '\\' || code == '\n' || code == '\t') {
        dst[0] = '\\';
        dst[1] = code == '\n' ? 'n' : code == '\t' ? 't' : (char)code;
        return dst + 2;
    }
    if (code < 0x20 || code == 0x7F || text_hidden(code))
        return put_escape(dst, code);
    memcpy(dst, text, *len);
    return dst + *len;
}

char *json_put_text(char *dst, const char *text, size_t n) {
    *dst++ = '"';
    for (size_t i = 0, len; i < n; i += len) {
        len = plain_run(text + i, n - i);
        memcpy(dst, text + i, len);
        dst += len;
        if (len == 0)
            dst = put_special(dst, text + i, n - i, &len);
    }
    *dst++ = '"';
    return dst;
}

void json_add_text(struct buf *out, const char *text) {
    enum { PIECE = 4096 }; /* so that a long text needs no six times as much room */
    if (!text) {
        buf_add(out, "null", 4);
        return;
    }
    size_t n = strlen(text);
    if (n <= PIECE) {
        char *room = buf_room(out, 6 * n + 4);
        if (room) {
            buf_wrote(out, (size_t)(json_put_text(room, text, n) - room));
            return;
        }
    }
    buf_add(out, "\"", 1);
    for (size_t i = 0, len; i < n; i += len) {
        char special[ESCAPE_CAP];
        len = plain_run(text + i, n - i);
        if (len > 0)
            buf_add(out, text + i, len);
        else
            buf_add(out, special, (size_t)(put_special(special, text + i, n - i, &len) - special));
    }
    buf_add(out, "\"", 1);
}

/* Escapes what is hidden; the rest of what may not stand in JSON jansson has escaped. */
static void print_escaped(const char *text, FILE *out) {
    size_t n = strlen(text), from = 0;
    for (size_t i = 0, len; i < n; i += len) {
        char escape[ESCAPE_CAP] = "";
        uint32_t code;
        bool valid;
        len = text_decode(text + i, n - i, &code, &valid);
        if (code != 0x7F && !text_hidden(code))
            continue;
        const char *end = put_escape(escape, code);
        fwrite(text + from, 1, i - from, out);
        fwrite(escape, 1, (size_t)(end - escape), out);
        from = i + len;
    }
    fwrite(text + from, 1, n - from, out);
}

void json_print(const json_t *root, FILE *out) {
    char *text = json_dumps(root, JSON_INDENT(2));
    if (text)
        print_escaped(text, out);
    else
        mem_give_up("gonogo: out of memory for a JSON document: make memory free\n");
    putc('\n', out);
    free(text);
}

json_t *json_text(const char *text) {
    if (!text)
        return json_null();
    struct buf valid_text;
    buf_init(&valid_text, 0);
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        uint32_t code;
        bool valid;
        size_t len = text_decode(text + i, n - i, &code, &valid);
        buf_add(&valid_text, valid ? text + i : "\xEF\xBF\xBD", valid ? len : 3);
        i += len;
    }
    char *copy = buf_steal(&valid_text);
    json_t *string = json_string(copy);
    free(copy);
    return string;
}
