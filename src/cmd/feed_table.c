#include "src/cmd/feed_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"

enum {
    HELD_ROWS = 1000, /* as many as anybody reads; some 300 KB */
    CELL_CAP = 160,   /* bytes of one cell with its NUL: 40 columns of four bytes each */
};

enum column { VERSION, SHORT, CHANNEL, SIZE, SIGNED, PUBLISHED, NOTES, COLUMNS };

static const struct {
    const char *head;
    int widest; /* columns of the terminal */
    bool right;
} columns[COLUMNS] = {
    [VERSION] = {"VERSION", 24, false}, [SHORT] = {"SHORT", 16, false},
    [CHANNEL] = {"CHANNEL", 12, false}, [SIZE] = {"BYTES", 19, true},
    [SIGNED] = {"SIGNATURE", 9, false}, [PUBLISHED] = {"PUBLISHED", 31, false},
    [NOTES] = {"", 40, false},
};

struct cell {
    char text[CELL_CAP];
    int width;
};

struct row {
    uint32_t text[COLUMNS]; /* offsets into `texts` */
    uint8_t width[COLUMNS];
    size_t index;
};

struct feed_table {
    struct out *out;
    struct cell cells[COLUMNS]; /* of the item at hand */
    bool streaming;
    int width[COLUMNS];
    struct row *rows;
    size_t n_rows;
    struct buf texts;
};

struct feed_table *feed_table_new(struct out *out) {
    struct feed_table *t = mem_zero(1, sizeof *t);
    t->out = out;
    t->rows = mem_zero(HELD_ROWS, sizeof *t->rows);
    buf_init(&t->texts, 0);
    for (int c = 0; c < COLUMNS; c++)
        t->width[c] = (int)strlen(columns[c].head);
    return t;
}

void feed_table_free(struct feed_table *t) {
    if (t == NULL)
        return;
    buf_fini(&t->texts);
    free(t->rows);
    free(t);
}

/* ---- cells ---- */

static bool is_plain(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return true;
}

/* Raw text into the cell: safe, and no wider than the column may get. */
static void fill(struct feed_table *t, enum column c, const char *text) {
    struct cell *cell = &t->cells[c];
    if (text == NULL)
        text = "-";
    size_t n = strlen(text);
    if (n <= (size_t)columns[c].widest && is_plain(text, n)) {
        memcpy(cell->text, text, n + 1);
        cell->width = (int)n;
        return;
    }
    char safe[4 * CELL_CAP];
    /* What is cut here is far behind the column's end. */
    text_safe(safe, sizeof safe, text, n < CELL_CAP ? n : CELL_CAP);
    cell->width = text_fit(cell->text, sizeof cell->text, safe, columns[c].widest, false);
}

/* 275899820 as "275 899 820". */
static void group_digits(char *dst, size_t cap, int64_t n) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRId64, n);
    size_t at = 0;
    for (int i = 0; i < len && at + 2 < cap; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            dst[at++] = ' ';
        dst[at++] = digits[i];
    }
    dst[at] = '\0';
}

static const char *signature_word(const struct feed_item *item) {
    if (item->ed_signature != NULL && *item->ed_signature != '\0')
        return "Ed25519";
    return item->dsa_signature != NULL && *item->dsa_signature != '\0' ? "DSA only" : "none";
}

static void note(char *dst, size_t cap, const char *text) {
    size_t len = strlen(dst);
    snprintf(dst + len, cap - len, "%s%s", len > 0 ? ", " : "", text);
}

static void fill_notes(struct feed_table *t, const struct feed_item *item) {
    char notes[CELL_CAP] = "", one[64];
    if (item->critical)
        note(notes, sizeof notes, "critical");
    if (item->phased_interval_s >= 0) {
        snprintf(one, sizeof one, "phased by %" PRId64 " s", item->phased_interval_s);
        note(notes, sizeof notes, one);
    }
    if (item->os != NULL) {
        snprintf(one, sizeof one, "for %.32s", item->os);
        note(notes, sizeof notes, one);
    }
    if (item->informational)
        note(notes, sizeof notes, "informational");
    if (item->deltas > 0) {
        snprintf(one, sizeof one, "%u delta%s", item->deltas, item->deltas == 1 ? "" : "s");
        note(notes, sizeof notes, one);
    }
    if (item->minimum_system_version != NULL) {
        snprintf(one, sizeof one, "from %.16s on", item->minimum_system_version);
        note(notes, sizeof notes, one);
    }
    fill(t, NOTES, notes);
}

static void fill_all(struct feed_table *t, const struct feed_item *item) {
    char size[40];
    fill(t, VERSION, item->version);
    fill(t, SHORT, item->short_version);
    fill(t, CHANNEL, item->channel);
    if (item->length >= 0) {
        group_digits(size, sizeof size, item->length);
        fill(t, SIZE, size);
    } else {
        fill(t, SIZE, item->has_enclosure ? item->length_text : NULL);
    }
    fill(t, SIGNED, signature_word(item));
    fill(t, PUBLISHED, item->pub_date);
    fill_notes(t, item);
}

/* ---- rows ---- */

static void pad(struct buf *b, int columns_free) {
    static const char blanks[] = "                                        ";
    if (columns_free > 0)
        buf_add(b, blanks, (size_t)columns_free);
}

static void put_cell(struct feed_table *t, enum column c, const char *text, int width) {
    struct buf *b = &t->out->text;
    int free_columns = t->width[c] - width;
    buf_add(b, "  ", 2);
    if (columns[c].right)
        pad(b, free_columns);
    buf_add_text(b, text);
    if (!columns[c].right && c + 1 < COLUMNS)
        pad(b, free_columns);
}

static void end_row(struct feed_table *t) {
    struct buf *b = &t->out->text;
    while (b->len > 0 && b->data[b->len - 1] == ' ')
        b->len--;
    buf_add(b, "\n", 1);
}

static void put_head(struct feed_table *t) {
    buf_add(&t->out->text, " ", 1);
    for (int c = 0; c < COLUMNS; c++)
        put_cell(t, (enum column)c, columns[c].head, (int)strlen(columns[c].head));
    end_row(t);
}

/* Prints the rows that were held; `newest` is the index of the one to mark, SIZE_MAX = none. */
static enum err_code put_held(struct feed_table *t, size_t newest, struct err *err) {
    enum err_code code = ERR_OK;
    if (t->n_rows > 0)
        put_head(t);
    for (size_t i = 0; i < t->n_rows && code == ERR_OK; i++) {
        const struct row *row = &t->rows[i];
        buf_add(&t->out->text, row->index == newest ? "*" : " ", 1);
        for (int c = 0; c < COLUMNS; c++)
            put_cell(t, (enum column)c, t->texts.data + row->text[c], row->width[c]);
        end_row(t);
        code = out_pass(t->out, err);
    }
    t->n_rows = 0;
    return code;
}

static void hold(struct feed_table *t, size_t index) {
    struct row *row = &t->rows[t->n_rows++];
    row->index = index;
    for (int c = 0; c < COLUMNS; c++) {
        const struct cell *cell = &t->cells[c];
        row->text[c] = (uint32_t)t->texts.len;
        row->width[c] = (uint8_t)cell->width;
        buf_add(&t->texts, cell->text, strlen(cell->text) + 1);
        if (cell->width > t->width[c])
            t->width[c] = cell->width;
    }
}

enum err_code feed_table_add(struct feed_table *t, const struct feed_item *item, struct err *err) {
    fill_all(t, item);
    if (!t->streaming && t->n_rows < HELD_ROWS) {
        hold(t, item->index);
        return ERR_OK;
    }
    if (!t->streaming && put_held(t, SIZE_MAX, err) != ERR_OK)
        return ERR_IO;
    t->streaming = true;
    buf_add(&t->out->text, " ", 1);
    for (int c = 0; c < COLUMNS; c++)
        put_cell(t, (enum column)c, t->cells[c].text, t->cells[c].width);
    end_row(t);
    return out_pass(t->out, err);
}

enum err_code feed_table_finish(struct feed_table *t, const char *title, size_t items,
                                const struct feed_newest *newest, struct err *err) {
    struct buf *b = &t->out->text;
    enum err_code code = put_held(t, newest->found ? newest->index : SIZE_MAX, err);
    if (code != ERR_OK)
        return code;
    char *name = text_safe_copy(title ? title : "", title ? strlen(title) : 0);
    buf_addf(b, "%s%s%zu item%s", name, *name != '\0' ? ": " : "", items, items == 1 ? "" : "s");
    free(name);
    if (newest->found) {
        char *version = text_safe_copy(newest->version, strlen(newest->version));
        char *url = text_safe_copy(newest->url, strlen(newest->url));
        buf_addf(b, "; newest for a reader on no extra channel: %s (line %u)%s%s\n", version,
                 newest->line, *url != '\0' ? "  " : "", url);
        free(version);
        free(url);
    } else {
        buf_add_text(b, "; none for a reader on no extra channel\n");
    }
    return out_flush(t->out, err);
}
