#include "ui/shot.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "src/base/mem.h"

enum {
    CELL_HEIGHT = 18, /* of the SVG, in pixels; a cell is 8.4 wide: common fonts at 14 px */
    FONT_HEIGHT = 14,
    BASELINE = 13,
};
#define CELL_WIDTH 8.4

/* Cells of one look, side by side. */
struct run {
    int row, col, cols;
    struct shade shade;
    size_t at, n; /* its bytes in shot.text */
    bool blank;
};

struct shot {
    int rows, cols;
    struct shade page;
    struct run *runs;
    size_t n_runs, size;
    struct buf text;
};

static bool same(const struct shade *a, const struct shade *b) {
    return a->fore == b->fore && a->back == b->back && a->fore_256 == b->fore_256 &&
           a->back_256 == b->back_256 && a->bold == b->bold && a->dim == b->dim &&
           a->reverse == b->reverse;
}

/* ---- taking ---- */

static void add_cell(struct shot *s, int row, int col, int cols, struct shade shade,
                     const char *bytes, size_t n) {
    struct run *last = s->n_runs ? &s->runs[s->n_runs - 1] : NULL;
    bool blank = n == 1 && *bytes == ' ';
    if (!last || last->row != row || !same(&last->shade, &shade)) {
        if (!s->runs || s->n_runs == s->size) {
            s->size = s->size ? 2 * s->size : 256;
            s->runs = mem_resize(s->runs, s->size, sizeof *s->runs);
        }
        last = &s->runs[s->n_runs++];
        *last =
            (struct run){.row = row, .col = col, .shade = shade, .at = s->text.len, .blank = true};
    }
    buf_add(&s->text, bytes, n);
    last->n += n;
    last->cols += cols;
    last->blank = last->blank && blank;
}

/* One cell's characters (a base and its marks) as UTF-8; the columns it takes. */
static int read_cell(int row, int col, char *bytes, size_t cap, attr_t *attrs, short *pair) {
    cchar_t cell;
    wchar_t wide[CCHARW_MAX + 1] = {0};
    size_t len = 0;
    if (mvin_wch(row, col, &cell) != OK || getcchar(&cell, wide, attrs, pair, NULL) != OK)
        wide[0] = L' ';
    int cols = wcwidth(wide[0]);
    for (size_t i = 0; wide[i] && len + 5 < cap; i++) {
        int n = wctomb(bytes + len, wide[i]);
        len += n > 0 ? (size_t)n : 0;
    }
    if (len == 0)
        bytes[len++] = ' ';
    bytes[len] = '\0';
    return cols == 2 ? 2 : 1;
}

struct shot *shot_take(const struct canvas *c) {
    struct shot *s = mem_zero(1, sizeof *s);
    s->rows = c->rows;
    s->cols = c->cols;
    s->page = theme_page(&c->theme);
    buf_init(&s->text, 0);
    for (int row = 0; row < c->rows; row++) {
        for (int col = 0, step; col < c->cols; col += step) {
            char bytes[8 * CCHARW_MAX];
            attr_t attrs = A_NORMAL;
            short pair = 0;
            step = read_cell(row, col, bytes, sizeof bytes, &attrs, &pair);
            add_cell(s, row, col, step, theme_shade(&c->theme, attrs, pair), bytes, strlen(bytes));
        }
    }
    return s;
}

void shot_free(struct shot *s) {
    if (!s)
        return;
    buf_fini(&s->text);
    free(s->runs);
    free(s);
}

/* ---- writing ---- */

static const char *const endings[SHOT_FORMS] = {"txt", "ansi", "svg"};

const char *shot_ending(enum shot_form form) {
    return endings[form];
}

static void cut_blanks(struct buf *out, size_t from) {
    while (out->len > from && out->data[out->len - 1] == ' ')
        out->len--;
}

static void write_text(const struct shot *s, struct buf *out) {
    size_t i = 0;
    for (int row = 0; row < s->rows; row++) {
        size_t from = out->len;
        for (; i < s->n_runs && s->runs[i].row == row; i++)
            buf_add(out, s->text.data + s->runs[i].at, s->runs[i].n);
        cut_blanks(out, from);
        buf_add_text(out, "\n");
    }
}

static void add_look(struct buf *out, const struct shade *t) {
    buf_add_text(out, "\033[0");
    if (t->bold)
        buf_add_text(out, ";1");
    if (t->dim)
        buf_add_text(out, ";2");
    if (t->reverse)
        buf_add_text(out, ";7");
    if (t->fore_256 != SHADE_OWN)
        buf_addf(out, ";38;5;%d", t->fore_256);
    if (t->back_256 != SHADE_OWN)
        buf_addf(out, ";48;5;%d", t->back_256);
    buf_add_text(out, "m");
}

static void write_ansi(const struct shot *s, struct buf *out) {
    size_t i = 0;
    for (int row = 0; row < s->rows; row++) {
        for (; i < s->n_runs && s->runs[i].row == row; i++) {
            add_look(out, &s->runs[i].shade);
            buf_add(out, s->text.data + s->runs[i].at, s->runs[i].n);
        }
        buf_add_text(out, "\033[0m\n");
    }
}

static void add_escaped(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '&')
            buf_add_text(out, "&amp;");
        else if (text[i] == '<')
            buf_add_text(out, "&lt;");
        else if (text[i] == '>')
            buf_add_text(out, "&gt;");
        else
            buf_add(out, text + i, 1);
    }
}

static void add_run(const struct shot *s, const struct run *r, struct buf *out) {
    int fore = r->shade.fore == SHADE_OWN ? s->page.fore : r->shade.fore;
    int back = r->shade.back;
    double x = CELL_WIDTH * r->col, width = CELL_WIDTH * r->cols;
    if (r->shade.reverse) {
        back = fore;
        fore = s->page.back;
    }
    if (back != SHADE_OWN)
        buf_addf(out, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#%06x\"/>\n",
                 x, CELL_HEIGHT * r->row, width, CELL_HEIGHT, (unsigned)back);
    if (r->blank)
        return;
    buf_addf(out, "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\" fill=\"#%06x\"%s%s>", x,
             CELL_HEIGHT * r->row + BASELINE, width, (unsigned)fore,
             r->shade.bold ? " font-weight=\"bold\"" : "", r->shade.dim ? " opacity=\"0.65\"" : "");
    add_escaped(out, s->text.data + r->at, r->n);
    buf_add_text(out, "</text>\n");
}

static void write_svg(const struct shot *s, struct buf *out) {
    double width = CELL_WIDTH * s->cols;
    int height = CELL_HEIGHT * s->rows;
    buf_addf(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%d\" "
             "viewBox=\"0 0 %.1f %d\" font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans "
             "Mono', monospace\" font-size=\"%d\" xml:space=\"preserve\">\n"
             "<rect width=\"100%%\" height=\"100%%\" fill=\"#%06x\"/>\n",
             width, height, width, height, FONT_HEIGHT, (unsigned)s->page.back);
    for (size_t i = 0; i < s->n_runs; i++)
        add_run(s, &s->runs[i], out);
    buf_add_text(out, "</svg>\n");
}

void shot_write(const struct shot *s, enum shot_form form, struct buf *out) {
    static void (*const writers[SHOT_FORMS])(const struct shot *, struct buf *) = {
        [SHOT_TEXT] = write_text, [SHOT_ANSI] = write_ansi, [SHOT_SVG] = write_svg};
    writers[form](s, out);
}
