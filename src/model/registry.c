#include "src/model/registry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/mem.h"

static const char *const column_names[REGISTRY_COLUMNS] = {
    [REGISTRY_NAME] = "name",
    [REGISTRY_TYPE] = "type",
    [REGISTRY_OWNER] = "owner",
    [REGISTRY_DEFAULT] = "default",
    [REGISTRY_SCOPE] = "scope",
    [REGISTRY_KILL_SWITCH] = "kill_switch",
    [REGISTRY_DESCRIPTION] = "description",
};

struct row {
    char *cells[REGISTRY_CELLS];
    size_t n;
};

/* Which cell of a row is which column; REGISTRY_CELLS where the table has none. */
struct header {
    size_t at[REGISTRY_COLUMNS];
    bool stands;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* A cell's text without blanks and marks (`code`, **bold**) around it, and with \| as a bar. */
static char *take_cell(const char *at, size_t n) {
    while (n && (is_blank(*at) || *at == '`' || *at == '*')) {
        at++;
        n--;
    }
    while (n && (is_blank(at[n - 1]) || at[n - 1] == '`' || at[n - 1] == '*'))
        n--;
    char *cell = mem_copy_bytes(at, n);
    char *to = cell;
    for (const char *from = cell; *from; from++)
        if (from[0] != '\\' || from[1] != '|')
            *to++ = *from;
    *to = '\0';
    return cell;
}

static void row_fini(struct row *row) {
    for (size_t i = 0; i < row->n; i++)
        free(row->cells[i]);
    row->n = 0;
}

/* False when the line is no row of a table. */
static bool read_row(const char *line, size_t n, struct row *row) {
    row->n = 0;
    while (n && is_blank(*line)) {
        line++;
        n--;
    }
    while (n && is_blank(line[n - 1]))
        n--;
    if (n < 2 || *line != '|')
        return false;
    const char *start = line + 1;
    for (size_t i = 1; i < n && row->n < REGISTRY_CELLS; i++) {
        const bool bar = line[i] == '|' && line[i - 1] != '\\';
        if (bar || i + 1 == n) {
            row->cells[row->n++] = take_cell(start, (size_t)(line + i - start) + (bar ? 0 : 1));
            start = line + i + 1;
        }
    }
    return true;
}

static void read_header(const struct row *row, struct header *header) {
    for (size_t c = 0; c < REGISTRY_COLUMNS; c++) {
        header->at[c] = REGISTRY_CELLS;
        for (size_t i = 0; i < row->n; i++) {
            /* "Kill switch" says the same as kill_switch. */
            for (char *p = row->cells[i]; *p; p++)
                if (*p == ' ' || *p == '-')
                    *p = '_';
            if (strcasecmp(row->cells[i], column_names[c]) == 0)
                header->at[c] = i;
        }
    }
    header->stands = header->at[REGISTRY_NAME] < REGISTRY_CELLS &&
                     header->at[REGISTRY_KILL_SWITCH] < REGISTRY_CELLS;
}

static bool is_rule(const struct row *row) {
    for (size_t i = 0; i < row->n; i++)
        if (row->cells[i][strspn(row->cells[i], ":-")] != '\0')
            return false;
    return true;
}

static void add_flag(struct registry *out, const struct header *header, struct row *row) {
    struct registry_flag flag;
    for (size_t c = 0; c < REGISTRY_COLUMNS; c++) {
        const size_t i = header->at[c];
        flag.cells[c] = mem_copy_text(i < row->n ? row->cells[i] : "");
    }
    out->flags = mem_resize(out->flags, out->n + 1, sizeof *out->flags);
    out->flags[out->n++] = flag;
}

void registry_read(const char *bytes, size_t n, struct registry *out) {
    struct header header = {.stands = false};
    bool in_table = false;
    *out = (struct registry){0};
    for (const char *at = bytes, *end = bytes + n; at < end && out->n < REGISTRY_FLAGS_MAX;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        struct row row;
        if (!read_row(at, (size_t)(stop - at), &row))
            in_table = false;
        else if (!in_table) {
            read_header(&row, &header);
            in_table = true;
        } else if (header.stands && !is_rule(&row)) {
            add_flag(out, &header, &row);
        }
        row_fini(&row);
        at = stop + 1;
    }
}

void registry_fini(struct registry *registry) {
    for (size_t i = 0; i < registry->n; i++)
        for (size_t c = 0; c < REGISTRY_COLUMNS; c++)
            free(registry->flags[i].cells[c]);
    free(registry->flags);
    *registry = (struct registry){0};
}

bool registry_next_switch(const struct registry_flag *flag, const char **at, char *dst,
                          size_t cap) {
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    const char *rest = *at ? *at : flag->cells[REGISTRY_KILL_SWITCH];
    while (*rest) {
        rest += strcspn(rest, word);
        const size_t n = strspn(rest, word);
        const char *found = rest;
        rest += n;
        if (n > 0 && n < cap && memchr(found, '_', n)) {
            memcpy(dst, found, n);
            dst[n] = '\0';
            *at = rest;
            return true;
        }
    }
    *at = rest;
    return false;
}
