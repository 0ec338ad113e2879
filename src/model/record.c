#include "src/model/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/base64.h"
#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"

enum { FORMAT = 1 }; /* of an entry, its member "v" */

static const char *const kinds[] = {
    [RECORD_VOTE] = "vote",         [RECORD_TICK] = "tick",       [RECORD_WAIVER] = "waiver",
    [RECORD_APPROVAL] = "approval", [RECORD_REFUSED] = "refused", [RECORD_RUN] = "run",
    [RECORD_STEP] = "step",         [RECORD_VERDICT] = "verdict", [RECORD_CONFIG] = "config",
    [RECORD_NOTE] = "note",         [RECORD_OTHER] = "other",
};

/* One row for each member of the canonical JSON, in the order of the names. */
enum member_type { TEXT, TIME, NUMBER, KIND, KEY, SEQ, VERSION };

static const struct member {
    const char *name;
    enum member_type type;
    size_t offset, cap;
    int none; /* NUMBER: what says nothing */
} members[] = {
#define OF(m) offsetof(struct record, m), sizeof((struct record *)0)->m
    {"at", TIME, OF(at_ms), 0},
    {"digest", TEXT, OF(digest), 0},
    {"exit", NUMBER, OF(exit_code), RECORD_EXIT_NONE},
    {"fingerprint", TEXT, OF(fingerprint), 0},
    {"item", TEXT, OF(item), 0},
    {"key", KEY, OF(key), 0},
    {"kind", KIND, OF(kind), 0},
    {"prev", TEXT, OF(prev), 0},
    {"role", TEXT, OF(role), 0},
    {"run", TEXT, OF(run), 0},
    {"seq", SEQ, OF(seq), 0},
    {"step", NUMBER, OF(step), RECORD_STEP_NONE},
    {"subject", TEXT, OF(subject), 0},
    {"target", TEXT, OF(target), 0},
    {"text", TEXT, OF(text), 0},
    {"until", TIME, OF(until_ms), 0},
    {"user", TEXT, OF(user), 0},
    {"v", VERSION, 0, 0, 0},
    {"who", TEXT, OF(who), 0},
    {"word", TEXT, OF(word), 0},
#undef OF
};
enum { N_MEMBERS = sizeof members / sizeof *members };

/* Nobody but the reference count writes to a record that is shared. */
static _Atomic unsigned *refs_of(const struct record *r) {
    return &((struct record *)(uintptr_t)r)->refs;
}

struct record *record_new(enum record_kind kind) {
    struct record *r = mem_zero(1, sizeof *r);
    atomic_init(&r->refs, 1);
    r->kind = kind;
    r->step = RECORD_STEP_NONE;
    r->exit_code = RECORD_EXIT_NONE;
    return r;
}

const struct record *record_keep(const struct record *r) {
    atomic_fetch_add_explicit(refs_of(r), 1, memory_order_relaxed);
    return r;
}

void record_drop(const struct record *r) {
    if (r && atomic_fetch_sub_explicit(refs_of(r), 1, memory_order_acq_rel) == 1)
        free((void *)(uintptr_t)r);
}

const char *record_kind_name(enum record_kind kind) {
    return kinds[kind];
}

bool record_put(char *dst, size_t cap, const char *src) {
    size_t n = strlen(src), len = 0;
    for (size_t i = 0, used; i < n; i += used) {
        uint32_t code;
        bool valid;
        used = text_decode(src + i, n - i, &code, &valid);
        const char *bytes = valid ? src + i : "\xEF\xBF\xBD";
        size_t size = valid ? used : 3;
        if (len + size >= cap) {
            dst[len] = '\0';
            return false;
        }
        memcpy(dst + len, bytes, size);
        len += size;
    }
    dst[len] = '\0';
    return true;
}

/* Writing */

static int64_t time_of(const void *at) {
    int64_t ms;
    memcpy(&ms, at, sizeof ms);
    return ms;
}

static int number_of(const void *at) {
    int number;
    memcpy(&number, at, sizeof number);
    return number;
}

/* Does this member say anything? */
static bool says(const struct record *r, const struct member *m) {
    const char *at = (const char *)r + m->offset;
    switch (m->type) {
    case TEXT:
        return *at != '\0';
    case TIME:
        return time_of(at) != 0;
    case NUMBER:
        return number_of(at) != m->none;
    case KEY:
        return r->is_signed;
    case KIND:
    case SEQ:
    case VERSION:
        break;
    }
    return true;
}

static void write_member(const struct record *r, const struct member *m, struct buf *out) {
    const char *at = (const char *)r + m->offset;
    char time[32], key[BASE64_CAP(ED25519_KEY)];
    switch (m->type) {
    case TEXT:
        json_add_text(out, at);
        break;
    case TIME:
        when_rfc3339(time_of(at), time, sizeof time);
        buf_addf(out, "\"%s\"", time);
        break;
    case NUMBER:
        buf_addf(out, "%d", number_of(at));
        break;
    case KIND:
        json_add_text(out, kinds[r->kind]);
        break;
    case KEY:
        base64_encode(r->key, sizeof r->key, key);
        json_add_text(out, key);
        break;
    case SEQ:
        buf_addf(out, "%llu", (unsigned long long)r->seq);
        break;
    case VERSION:
        buf_addf(out, "%d", FORMAT);
        break;
    }
}

void record_write(const struct record *r, struct buf *out) {
    const char *before = "{";
    for (size_t i = 0; i < N_MEMBERS; i++) {
        if (!says(r, &members[i]))
            continue;
        buf_addf(out, "%s\"%s\":", before, members[i].name);
        write_member(r, &members[i], out);
        before = ",";
    }
    buf_add_text(out, "}");
}

/* Reading */

static enum err_code bad_member(const struct member *m, const char *where, struct err *err) {
    return err_set(err, ERR_PARSE, where, NULL,
                   "the entry's member \"%s\" is not what it should be", m->name);
}

static bool read_text(const json_t *value, char *dst, size_t cap) {
    const char *text = json_string_value(value);
    return text && record_put(dst, cap, text);
}

static bool read_number(const json_t *value, int64_t min, int64_t max, int64_t *out) {
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= min && *out <= max;
}

static bool read_kind(struct record *r, const json_t *value) {
    const char *name = json_string_value(value);
    r->kind = RECORD_OTHER;
    if (!name)
        return false;
    for (int k = 0; k < RECORD_KINDS; k++)
        if (strcmp(name, kinds[k]) == 0)
            r->kind = (enum record_kind)k;
    return true;
}

static bool read_member(struct record *r, const struct member *m, const json_t *value) {
    char *at = (char *)r + m->offset;
    int64_t number = 0;
    bool good = false;
    switch (m->type) {
    case TEXT:
        return read_text(value, at, m->cap);
    case TIME:
        good = json_is_string(value) && when_parse_rfc3339(json_string_value(value), &number);
        memcpy(at, &number, sizeof number);
        return good;
    case NUMBER:
        good = read_number(value, INT32_MIN, INT32_MAX, &number);
        memcpy(at, &(int){(int)number}, sizeof(int));
        return good;
    case KIND:
        return read_kind(r, value);
    case KEY:
        r->is_signed = true;
        return json_is_string(value) &&
               base64_decode(json_string_value(value), r->key, ED25519_KEY) == ED25519_KEY;
    case SEQ:
        good = read_number(value, 1, INT64_MAX, &number);
        r->seq = (uint64_t)number;
        return good;
    case VERSION:
        return read_number(value, 1, INT32_MAX, &number);
    }
    return false;
}

struct record *record_read(const char *json, size_t n, const char *where, struct err *err) {
    json_t *root = json_read(json, n, where, err);
    if (!root)
        return NULL;
    struct record *r = record_new(RECORD_OTHER);
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < N_MEMBERS && code == ERR_OK; i++) {
        const json_t *value = json_object_get(root, members[i].name);
        bool needed = members[i].type == KIND || members[i].type == SEQ;
        if (value ? !read_member(r, &members[i], value) : needed)
            code = bad_member(&members[i], where, err);
    }
    if (code == ERR_OK && r->kind == RECORD_OTHER)
        record_put(r->word, sizeof r->word, json_string_value(json_object_get(root, "kind")));
    json_decref(root);
    if (code == ERR_OK)
        return r;
    record_drop(r);
    return NULL;
}
