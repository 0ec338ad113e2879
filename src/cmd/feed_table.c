#include "src/cmd/feed_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"

enum {
    HELD_ROWS = 1000, /* as many as anybody reads; some 300 KB */
    CELL_CAP = 164,   /* bytes of one cell with its NUL: 40 columns of four bytes each */
    PAD_MOST = 40,    /* blanks that fill up a cell: the widest column */
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
    struct buf notes;
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
    buf_init(&t->notes, 0);
    for (int c = 0; c < COLUMNS; c++)
        t->width[c] = (int)strlen(columns[c].head);
    return t;
}

void feed_table_free(struct feed_table *t) {
    if (t == NULL)
        return;
    buf_fini(&t->texts);
    buf_fini(&t->notes);
    free(t->rows);
    free(t);
}

/* ---- cells ---- */

/* Printable ASCII and nothing else: eight bytes at a time, the last ones perhaps twice. */
static bool is_plain(const char *text, size_t n) {
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t odd = 0, x;
    for (size_t i = 0; i + sizeof x <= n; i += sizeof x) {
        memcpy(&x, text + i, sizeof x);
        odd |= ((x - ones * 0x20) & ~x) | x | (x + ones);
    }
    if (n >= sizeof x) {
        memcpy(&x, text + n - sizeof x, sizeof x);
        return ((odd | ((x - ones * 0x20) & ~x) | x | (x + ones)) & tops) == 0;
    }
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

/* 275899820 as "275 899 820": the text's begin within dst. */
static const char *group_digits(char dst[40], int64_t n) {
    char *at = dst + 39;
    *at = '\0';
    for (int digits = 0; digits == 0 || n > 0; digits++, n /= 10) {
        if (digits > 0 && digits % 3 == 0)
            *--at = ' ';
        *--at = (char)('0' + n % 10);
    }
    return at;
}

static const char *signature_word(const struct feed_item *item) {
    if (item->ed_signature != NULL && *item->ed_signature != '\0')
        return "Ed25519";
    return item->dsa_signature != NULL && *item->dsa_signature != '\0' ? "DSA only" : "none";
}

/* One more note behind those in `b`, with a comma between. */
static void note(struct buf *b, const char *before, const char *text, const char *after) {
    if (b->len > 0)
        buf_add(b, ", ", 2);
    buf_add_text(b, before);
    buf_add_text(b, text);
    buf_add_text(b, after);
}

static void fill_notes(struct feed_table *t, const struct feed_item *item) {
    struct buf *b = &t->notes;
    char number[24];
    buf_clear(b);
    if (item->critical)
        note(b, "critical", "", "");
    if (item->phased_interval_s >= 0) {
        snprintf(number, sizeof number, "%" PRId64, item->phased_interval_s);
        note(b, "phased by ", number, " s");
    }
    if (item->os != NULL)
        note(b, "for ", item->os, "");
    if (item->delta_from != NULL)
        note(b, "a delta from ", item->delta_from, " alone");
    if (item->informational)
        note(b, "informational", "", "");
    if (item->deltas > 0) {
        snprintf(number, sizeof number, "%u", item->deltas);
        note(b, "", number, item->deltas == 1 ? " delta" : " deltas");
    }
    if (item->minimum_system_version != NULL)
        note(b, "from ", item->minimum_system_version, " on");
    fill(t, NOTES, b->len > 0 ? b->data : "");
}

static void fill_all(struct feed_table *t, const struct feed_item *item) {
    char size[40];
    fill(t, VERSION, item->version);
    fill(t, SHORT, item->short_version);
    fill(t, CHANNEL, item->channel);
    if (item->length >= 0)
        fill(t, SIZE, group_digits(size, item->length));
    else
        fill(t, SIZE, item->length_text);
    fill(t, SIGNED, signature_word(item));
    fill(t, PUBLISHED, item->pub_date);
    fill_notes(t, item);
}

/* ---- rows ---- */

/* One row; all texts fit CELL_CAP. */
static void put_row(struct feed_table *t, char mark, const char *const text[COLUMNS],
                    const int width[COLUMNS]) {
    char *line = buf_room(&t->out->text, COLUMNS * (2 + CELL_CAP + PAD_MOST) + 2), *at = line;
    *at++ = mark;
    for (int c = 0; c < COLUMNS; c++) {
        size_t len = strlen(text[c]);
        size_t room = t->width[c] > width[c] ? (size_t)(t->width[c] - width[c]) : 0;
        memset(at, ' ', 2 + room);
        memcpy(at + 2 + (columns[c].right ? room : 0), text[c], len);
        if (!columns[c].right)
            memset(at + 2 + len, ' ', room);
        at += 2 + room + len;
    }
    while (at[-1] == ' ')
        at--;
    *at++ = '\n';
    buf_wrote(&t->out->text, (size_t)(at - line));
}

static void put_head(struct feed_table *t) {
    const char *text[COLUMNS];
    int width[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
        text[c] = columns[c].head;
        width[c] = (int)strlen(columns[c].head);
    }
    put_row(t, ' ', text, width);
}

static void put_cells(struct feed_table *t) {
    const char *text[COLUMNS];
    int width[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
        text[c] = t->cells[c].text;
        width[c] = t->cells[c].width;
    }
    put_row(t, ' ', text, width);
}

static void put_held_row(struct feed_table *t, const struct row *row, bool newest) {
    const char *text[COLUMNS];
    int width[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
        text[c] = t->texts.data + row->text[c];
        width[c] = row->width[c];
    }
    put_row(t, newest ? '*' : ' ', text, width);
}

/* Prints the rows that were held; `newest` is the index of the one to mark, SIZE_MAX = none. */
static enum err_code put_held(struct feed_table *t, size_t newest, struct err *err) {
    enum err_code code = ERR_OK;
    if (t->n_rows > 0)
        put_head(t);
    for (size_t i = 0; i < t->n_rows && code == ERR_OK; i++) {
        put_held_row(t, &t->rows[i], t->rows[i].index == newest);
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
    put_cells(t);
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
