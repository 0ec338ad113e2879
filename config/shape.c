#include "config/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/address.h"
#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/version.h"

enum {
    TEXT_CAP = 4096,  /* bytes of a text of one line */
    NAME_CAP = 64,    /* columns of the board are few */
    HEADERS_CAP = 64, /* headers of an environment; servers refuse more */
    PIN_LEN = 44,     /* base64 of 32 bytes */
    LIST_SHOWN = 240, /* bytes of a list of words in a remedy */
};

void shape_suggest(const char *word, const char *const *list, char *dst, size_t cap) {
    const char *near = text_nearest(word, list);
    if (near != NULL) {
        (void)snprintf(dst, cap, "did you mean \"%s\"?", near);
        return;
    }
    static const char more[] = ", …";
    size_t at = (size_t)snprintf(dst, cap, "write one of"), i = 0;
    for (; list[i] != NULL && at + strlen(list[i]) + sizeof ", " + sizeof more < cap; i++) {
        at += (size_t)snprintf(dst + at, cap - at, "%s%s", i == 0 ? " " : ", ", list[i]);
    }
    if (list[i] != NULL && i > 0) {
        (void)snprintf(dst + at, cap - at, "%s", more);
    }
}

static bool is_one_line(const char *text) {
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Can it be shown as it is? */
static bool is_safe(const char *text) {
    char *safe = text_safe_copy(text, strlen(text));
    bool same = strcmp(safe, text) == 0;
    free(safe);
    return same;
}

static enum err_code check_line(const struct node *n, const struct option *o, struct err *err) {
    (void)o;
    if (strlen(n->text) > TEXT_CAP) {
        return node_fail(n, err, "write at most 4096 bytes", "the text is too long");
    }
    if (!is_one_line(n->text) || !is_safe(n->text)) {
        return node_fail(n, err, "write one line of plain text",
                         "has line breaks or characters that cannot be shown");
    }
    return ERR_OK;
}

static enum err_code check_name(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP];
    size_t len = strlen(n->text);
    if (check_line(n, o, err) != ERR_OK) {
        return err->code;
    }
    node_shown(n->text, shown);
    if (len > NAME_CAP) {
        return node_fail(n, err, "write at most 64 bytes", "%s is too long for a name", shown);
    }
    if (strpbrk(n->text, "/*") != NULL || n->text[0] == '!' || n->text[0] == ' ' ||
        n->text[len - 1] == ' ') {
        return node_fail(n, err,
                         "take out every / and *, a ! in front and blanks at the ends: patterns "
                         "use them",
                         "%s is no name", shown);
    }
    return ERR_OK;
}

static enum err_code check_choice(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP], todo[LIST_SHOWN];
    for (size_t i = 0; o->words[i] != NULL; i++) {
        if (strcmp(o->words[i], n->text) == 0) {
            return ERR_OK;
        }
    }
    node_shown(n->text, shown);
    shape_suggest(n->text, o->words, todo, sizeof todo);
    return node_fail(n, err, todo, "%s is not known here", shown);
}

static enum err_code check_switch(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP];
    (void)o;
    if (!n->quoted && (strcmp(n->text, "true") == 0 || strcmp(n->text, "false") == 0)) {
        return ERR_OK;
    }
    node_shown(n->text, shown);
    return node_fail(n, err, "write true or false, without quotes", "%s is neither true nor false",
                     shown);
}

/* Decimal digits only: libcyaml would read 010 as eight. */
static bool is_whole_number(const char *text) {
    size_t len = strspn(text, "0123456789");
    return len > 0 && len <= 10 && text[len] == '\0' && (text[0] != '0' || len == 1);
}

static enum err_code check_count(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP], todo[96];
    (void)snprintf(todo, sizeof todo, "write a number from %" PRId64 " to %" PRId64, o->min,
                   o->max);
    node_shown(n->text, shown);
    if (!is_whole_number(n->text)) {
        return node_fail(n, err, todo, "%s is no whole number", shown);
    }
    int64_t value = strtoll(n->text, NULL, 10);
    if (value < o->min || value > o->max) {
        return node_fail(n, err, todo, "%s is out of range", n->text);
    }
    return ERR_OK;
}

static enum err_code check_number(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP];
    (void)o;
    const char *at = n->text + (n->text[0] == '-');
    size_t whole = strspn(at, "0123456789");
    size_t part = at[whole] == '.' ? strspn(at + whole + 1, "0123456789") : 0;
    if (whole > 0 && whole + part <= 15 && at[whole + (part > 0 ? part + 1 : 0)] == '\0') {
        return ERR_OK;
    }
    node_shown(n->text, shown);
    return node_fail(n, err, "write it as 600 or 0.95", "%s is no number", shown);
}

static enum err_code check_duration(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP], limit[24], todo[64];
    int64_t ms;
    node_shown(n->text, shown);
    if (!duration_parse(n->text, &ms)) {
        return node_fail(n, err, "write 500ms, 5s, 2m or 1h", "%s is no duration", shown);
    }
    bool is_short = ms < o->min;
    if (is_short || ms > o->max) {
        duration_conf(is_short ? o->min : o->max, limit, sizeof limit);
        (void)snprintf(todo, sizeof todo, "write %s or %s", limit, is_short ? "more" : "less");
        return node_fail(n, err, todo, "%s is too %s", shown, is_short ? "short" : "long");
    }
    return ERR_OK;
}

static enum err_code check_version(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP];
    (void)o;
    if (strcmp(n->text, "auto") == 0 || version_plausible(n->text)) {
        return ERR_OK;
    }
    node_shown(n->text, shown);
    return node_fail(n, err, "write auto, or a version as \"2.0.0.20\"", "%s is no version", shown);
}

static enum err_code check_pointer(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP];
    if (check_line(n, o, err) != ERR_OK) {
        return err->code;
    }
    if (json_pointer_ok(n->text)) {
        return ERR_OK;
    }
    node_shown(n->text, shown);
    return node_fail(n, err, "start it with a slash: /latest_version; ~ is written ~0",
                     "%s is no JSON pointer", shown);
}

static enum err_code check_address(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP];
    const char *todo = NULL;
    const char *fault =
        o->type == OPTION_URL ? address_fault(n->text, &todo) : address_path_fault(n->text, &todo);
    if (fault == NULL) {
        return ERR_OK;
    }
    if (strchr(n->text, '@') != NULL) { /* not shown: a password may stand in front of it */
        return node_fail(n, err, todo, "the URL %s", fault);
    }
    node_shown(n->text, shown);
    return node_fail(n, err, todo, "%s %s", shown, fault);
}

static enum err_code check_listen(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP];
    const char *colon = strrchr(n->text, ':');
    if (check_line(n, o, err) != ERR_OK) {
        return err->code;
    }
    if (colon != NULL && colon > n->text && is_whole_number(colon + 1) &&
        strtoll(colon + 1, NULL, 10) <= 65535) {
        return ERR_OK;
    }
    node_shown(n->text, shown);
    return node_fail(n, err, "write ADDRESS:PORT in quotes: \"127.0.0.1:9464\"",
                     "%s is no address with a port", shown);
}

/* Base64 of 32 bytes: 43 characters and one "=", the last character's two low bits zero. */
static enum err_code check_pin(const struct node *n, const struct option *o, struct err *err) {
    char shown[NODE_SHOWN_CAP];
    (void)o;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (strlen(n->text) == PIN_LEN && strspn(n->text, digits) == PIN_LEN - 1 &&
        n->text[PIN_LEN - 1] == '=' &&
        (size_t)(strchr(digits, n->text[PIN_LEN - 2]) - digits) % 4 == 0) {
        return ERR_OK;
    }
    node_shown(n->text, shown);
    return node_fail(n, err,
                     strncmp(n->text, "sha256//", 8) == 0
                         ? "take out sha256// in front"
                         : "write the base64 of the key's SHA-256: 44 characters, the last one =",
                     "%s is no SHA-256 in base64", shown);
}

static enum err_code check_argument(const struct node *n, const struct option *o, struct err *err) {
    (void)o;
    if (strlen(n->text) > TEXT_CAP) {
        return node_fail(n, err, "write at most 4096 bytes", "the text is too long");
    }
    return ERR_OK;
}

typedef enum err_code text_check(const struct node *n, const struct option *o, struct err *err);

static text_check *const text_checks[] = {
    [OPTION_TEXT] = check_line,       [OPTION_ARGUMENT] = check_argument,
    [OPTION_NAME] = check_name,       [OPTION_CHOICE] = check_choice,
    [OPTION_SWITCH] = check_switch,   [OPTION_COUNT] = check_count,
    [OPTION_NUMBER] = check_number,   [OPTION_DURATION] = check_duration,
    [OPTION_VERSION] = check_version, [OPTION_POINTER] = check_pointer,
    [OPTION_PATH] = check_address,    [OPTION_URL] = check_address,
    [OPTION_FILE] = check_line,       [OPTION_ADDRESS] = check_listen,
    [OPTION_PIN] = check_pin,
};

/* What to write instead of nothing; what is not required can also go. */
static enum err_code fail_empty(const struct node *n, const char *example, bool required,
                                struct err *err) {
    char todo[LIST_SHOWN];
    (void)snprintf(todo, sizeof todo, "write it like %s%s", example,
                   required ? "" : ", or take it out");
    return node_fail(n, err, todo, "is empty");
}

static enum err_code fail_type(const struct node *n, const char *wanted, const char *example,
                               struct err *err) {
    static const char *const found[] = {
        [NODE_TEXT] = "a text", [NODE_LIST] = "a list", [NODE_MAP] = "a mapping"};
    char todo[LIST_SHOWN];
    if (node_empty(n)) {
        return fail_empty(n, example, true, err);
    }
    if (n->type == NODE_MAP && n->count == 1 && node_empty(n->first)) {
        (void)snprintf(todo, sizeof todo, "put a text that starts with { in quotes");
    } else {
        (void)snprintf(todo, sizeof todo, "write it like %s", example);
    }
    return node_fail(n, err, todo, "%s where %s is expected", found[n->type], wanted);
}

static enum err_code check_text(const struct node *n, const struct option *o, enum option_type type,
                                struct err *err) {
    if (n->type != NODE_TEXT) {
        return fail_type(n, "one value", o->type == OPTION_LIST ? "[a, b]" : o->example, err);
    }
    bool may_be_empty = (o->flags & OPTION_MAY_BE_EMPTY) != 0 || type == OPTION_ARGUMENT;
    if (node_empty(n) || (n->text[0] == '\0' && !may_be_empty)) {
        return fail_empty(n, o->example, (o->flags & OPTION_REQUIRED) != 0, err);
    }
    return n->text[0] == '\0' ? ERR_OK : text_checks[type](n, o, err);
}

static bool is_header_name(const char *name) {
    size_t len = strspn(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return len > 0 && len <= 128 && name[len] == '\0';
}

static enum err_code check_headers(const struct node *map, const struct option *o,
                                   struct err *err) {
    if (map->type != NODE_MAP) {
        return fail_type(map, "a mapping", o->example, err);
    }
    if (map->count == 0 || map->count > HEADERS_CAP) {
        return node_fail(map, err, "write 1 to 64 headers", "%zu headers", map->count);
    }
    for (const struct node *n = map->first; n != NULL; n = n->next) {
        if (!is_header_name(n->key)) {
            return node_fail(n, err, "write letters, digits and dashes: X-Release",
                             "no name of a header");
        }
        for (const struct node *m = map->first; m != n; m = m->next) {
            if (strcasecmp(m->key, n->key) == 0) {
                return node_fail(n, err, "keep one of them", "the header is here twice");
            }
        }
        if (n->type != NODE_TEXT || n->text[0] == '\0') {
            return node_fail(n, err, "write it like NAME: value", "a header wants a text");
        }
        if (strlen(n->text) > TEXT_CAP || !is_one_line(n->text)) {
            return node_fail(n, err, "write one line of at most 4096 bytes",
                             "has line breaks or control characters, or is too long");
        }
    }
    return ERR_OK;
}

struct named {
    const struct node *name;
    size_t index;
};

static int compare_names(const void *a, const void *b) {
    const struct named *x = a, *y = b;
    int order = strcmp(x->name->text, y->name->text);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* No two of a list's mappings may have one name. */
static enum err_code check_names(const struct node *list, struct err *err) {
    struct named *all = mem_zero(list->count + 1, sizeof *all);
    const struct named *twin = NULL;
    size_t n = 0;
    for (const struct node *item = list->first; item != NULL; item = item->next) {
        const struct node *name = node_get(item, "name");
        if (name != NULL) {
            all[n++] = (struct named){name, item->index};
        }
    }
    qsort(all, n, sizeof *all, compare_names);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(all[i].name->text, all[i - 1].name->text) == 0 &&
            (twin == NULL || all[i].index < twin->index)) {
            twin = &all[i];
        }
    }
    if (twin != NULL) {
        char shown[NODE_SHOWN_CAP], todo[64];
        node_shown(twin->name->text, shown);
        (void)snprintf(todo, sizeof todo, "give each a name of its own; the other is in line %u",
                       (twin - 1)->name->line);
        (void)node_fail(twin->name, err, todo, "%s is here twice", shown);
    }
    free(all);
    return err->code;
}

static enum err_code check_map(const struct node *map, const struct section *section,
                               const char *example, struct err *err);

static enum err_code check_list(const struct node *list, const struct option *o, struct err *err) {
    if (list->type != NODE_LIST) {
        return fail_type(list, "a list", o->example, err);
    }
    if ((int64_t)list->count < o->min) {
        char todo[LIST_SHOWN];
        (void)snprintf(todo, sizeof todo, "write at least one, like %s", o->example);
        return node_fail(list, err, todo, "an empty list");
    }
    if ((int64_t)list->count > o->max) {
        return node_fail(list, err, "take some out", "%zu entries, more than %" PRId64, list->count,
                         o->max);
    }
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        enum err_code code = o->type == OPTION_MAPS ? check_map(n, o->section, "name: …", err)
                                                    : check_text(n, o, o->item, err);
        if (code != ERR_OK) {
            return code;
        }
    }
    return o->type == OPTION_MAPS ? check_names(list, err) : ERR_OK;
}

static enum err_code check_value(const struct node *n, const struct option *o, struct err *err) {
    switch (o->type) {
    case OPTION_MAP:
        return check_map(n, o->section, o->example, err);
    case OPTION_MAPS:
    case OPTION_LIST:
        return check_list(n, o, err);
    case OPTION_HEADERS:
        return check_headers(n, o, err);
    default:
        return check_text(n, o, o->type, err);
    }
}

static enum err_code fail_key(const struct node *n, const struct section *section,
                              struct err *err) {
    const char *keys[SCHEMA_OPTIONS_CAP + 1];
    char todo[LIST_SHOWN];
    for (size_t i = 0; i < section->n_options; i++) {
        keys[i] = section->options[i].key;
    }
    keys[section->n_options] = NULL;
    shape_suggest(n->key, keys, todo, sizeof todo);
    return node_fail(n, err, todo, "unknown key");
}

static enum err_code check_map(const struct node *map, const struct section *section,
                               const char *example, struct err *err) {
    uint64_t seen = 0;
    if (map->type != NODE_MAP) {
        return fail_type(map, "a mapping", example, err);
    }
    for (const struct node *n = map->first; n != NULL; n = n->next) {
        const struct option *o = schema_option(section, n->key);
        if (o == NULL) {
            return fail_key(n, section, err);
        }
        uint64_t bit = UINT64_C(1) << (o - section->options);
        if ((seen & bit) != 0) {
            return node_fail(n, err, "keep one of them", "the key is here twice");
        }
        seen |= bit;
        if (check_value(n, o, err) != ERR_OK) {
            return err->code;
        }
    }
    for (size_t i = 0; i < section->n_options; i++) {
        const struct option *o = &section->options[i];
        if ((o->flags & OPTION_REQUIRED) != 0 && (seen & (UINT64_C(1) << i)) == 0) {
            char todo[LIST_SHOWN];
            (void)snprintf(todo, sizeof todo, "add %s: %s", o->key, o->example);
            return node_fail(map, err, todo, "%s is missing", o->key);
        }
    }
    return ERR_OK;
}

enum err_code shape_check(const struct node *root, struct err *err) {
    return check_map(root, schema_root(), "product: NAME", err);
}

enum err_code shape_check_kind(const struct node *map, const struct section *section,
                               const char *kind, struct err *err) {
    for (const struct node *n = map->first; n != NULL; n = n->next) {
        const struct option *o = schema_option(section, n->key);
        if (o != NULL && !schema_is_for(o, kind)) {
            return node_fail(n, err, "take it out, or change the kind",
                             "is for kind %s only, and this is kind %s", o->only, kind);
        }
    }
    return ERR_OK;
}
