#include "config/raw.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/schema.h"
#include "src/base/mem.h"
#include "src/base/text.h"

/* libcyaml's tables are made from the schema's rows, and live as long as what was loaded by them:
 * libcyaml frees by the same tables. */
struct pool {
    struct pool *next;
    max_align_t bytes[];
};

struct raw {
    struct pool *pool;
    cyaml_config_t how;
    cyaml_schema_value_t top;
    struct raw_config *config;
    char said[160]; /* libcyaml's first words about what it did not like */
};

/* The type of a text; `char *` is what the member holds. */
static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};

static void *pool_add(struct pool **pool, size_t count, size_t size) {
    struct pool *p = mem_zero(1, sizeof *p + count * size);
    p->next = *pool;
    *pool = p;
    return p->bytes;
}

static const cyaml_schema_field_t *make_fields(struct pool **pool, const struct section *section);

static void make_choice(struct pool **pool, const struct option *o, cyaml_schema_value_t *v) {
    uint32_t n = 0;
    while (o->words[n] != NULL) {
        n++;
    }
    cyaml_strval_t *words = pool_add(pool, n, sizeof *words);
    for (uint32_t i = 0; i < n; i++) {
        words[i] = (cyaml_strval_t){.str = o->words[i], .val = i};
    }
    v->type = CYAML_ENUM;
    v->flags |= CYAML_FLAG_STRICT;
    v->data_size = sizeof(int);
    v->enumeration.strings = words;
    v->enumeration.count = n;
}

static void make_map(struct pool **pool, const struct section *section, cyaml_schema_value_t *v) {
    v->type = CYAML_MAPPING;
    v->data_size = section->size;
    v->mapping.fields = make_fields(pool, section);
}

static void make_list(struct pool **pool, const struct option *o, cyaml_schema_value_t *v) {
    const cyaml_schema_value_t *entry = &text_value;
    v->data_size = sizeof(char *);
    if (o->type == OPTION_MAPS) {
        cyaml_schema_value_t *map = pool_add(pool, 1, sizeof *map);
        make_map(pool, o->section, map);
        v->data_size = o->section->size;
        entry = map;
    }
    v->type = CYAML_SEQUENCE;
    v->flags |= CYAML_FLAG_POINTER;
    v->sequence.entry = entry;
    v->sequence.min = (uint32_t)o->min;
    v->sequence.max = (uint32_t)o->max;
}

static void make_value(struct pool **pool, const struct option *o, cyaml_schema_value_t *v) {
    v->flags = (o->flags & OPTION_REQUIRED) != 0 ? CYAML_FLAG_DEFAULT : CYAML_FLAG_OPTIONAL;
    if ((o->flags & OPTION_UNREAD) != 0 || o->type == OPTION_HEADERS) {
        v->type = CYAML_IGNORE;
    } else if (o->type == OPTION_CHOICE) {
        make_choice(pool, o, v);
    } else if (o->type == OPTION_SWITCH) {
        v->type = CYAML_BOOL;
        v->data_size = sizeof(bool);
    } else if (o->type == OPTION_COUNT) {
        v->type = CYAML_UINT;
        v->data_size = sizeof(uint32_t);
    } else if (o->type == OPTION_MAP) {
        make_map(pool, o->section, v);
        v->flags |= CYAML_FLAG_POINTER;
    } else if (o->type == OPTION_MAPS || o->type == OPTION_LIST) {
        make_list(pool, o, v);
    } else {
        v->type = CYAML_STRING;
        v->flags |= CYAML_FLAG_POINTER;
        v->data_size = sizeof(char);
        v->string.max = CYAML_UNLIMITED;
    }
}

static const cyaml_schema_field_t *make_fields(struct pool **pool, const struct section *section) {
    /* One more, zeroed: a NULL key ends the table. */
    cyaml_schema_field_t *fields = pool_add(pool, section->n_options + 1, sizeof *fields);
    for (size_t i = 0; i < section->n_options; i++) {
        const struct option *o = &section->options[i];
        fields[i].key = o->key;
        fields[i].data_offset = o->offset;
        fields[i].count_offset = o->count_offset;
        fields[i].count_size = sizeof(uint32_t);
        make_value(pool, o, &fields[i].value);
    }
    return fields;
}

/* libcyaml grows a list by one item at a time. Room to spare keeps that linear, also where realloc()
 * always copies. */
struct roomy {
    size_t room;
    max_align_t bytes[];
};

enum { ROOMY_FROM = 1024 }; /* bytes; most allocations are short texts and stay as they are */

static void *resize(void *self, void *old, size_t size) {
    struct roomy *r = old == NULL ? NULL : (struct roomy *)old - 1;
    (void)self;
    if (size == 0) {
        free(r);
        return NULL;
    }
    if (r == NULL || size > r->room) {
        size_t room = r != NULL && size >= ROOMY_FROM && size < SIZE_MAX / 4 ? 2 * size : size;
        r = mem_resize(r, 1, sizeof *r + room);
        r->room = room;
    }
    return r->bytes;
}

static void hear(cyaml_log_t level, void *self, const char *format, va_list args) {
    struct raw *raw = self;
    char text[sizeof raw->said];
    (void)level;
    if (raw->said[0] == '\0') {
        (void)vsnprintf(text, sizeof text, format, args);
        (void)text_safe(raw->said, sizeof raw->said, text, strcspn(text, "\n"));
    }
}

struct raw *raw_load(const char *bytes, size_t n, const char *file, struct err *err) {
    struct raw *raw = mem_zero(1, sizeof *raw);
    cyaml_data_t *data = NULL;
    raw->how = (cyaml_config_t){.log_fn = hear,
                                .log_ctx = raw,
                                .log_level = CYAML_LOG_WARNING,
                                .mem_fn = resize,
                                .flags = CYAML_CFG_NO_ALIAS};
    make_map(&raw->pool, schema_root(), &raw->top);
    raw->top.flags = CYAML_FLAG_POINTER;
    cyaml_err_t code =
        cyaml_load_data((const uint8_t *)bytes, n, &raw->how, &raw->top, &data, NULL);
    if (code != CYAML_OK) {
        (void)err_set(err, ERR_CONFIG, file, "write it more simply and report this as a defect",
                      "libcyaml reads it otherwise than gonogo: %s (%s)", cyaml_strerror(code),
                      raw->said);
        raw_free(raw);
        return NULL;
    }
    raw->config = data;
    return raw;
}

const struct raw_config *raw_config(const struct raw *raw) {
    return raw->config;
}

void raw_free(struct raw *raw) {
    if (raw == NULL) {
        return;
    }
    if (raw->config != NULL) {
        (void)cyaml_free(&raw->how, &raw->top, raw->config, 0);
    }
    while (raw->pool != NULL) {
        struct pool *next = raw->pool->next;
        free(raw->pool);
        raw->pool = next;
    }
    free(raw);
}
