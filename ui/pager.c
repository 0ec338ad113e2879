#include "ui/pager.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"

enum { LABEL_COLS = 16, TEXT_BYTES = 2048 };

void pager_clear(struct pager *p) {
    for (size_t i = 0; i < p->n; i++) {
        free(p->lines[i].label);
        free(p->lines[i].text);
    }
    p->n = 0;
}

void pager_fini(struct pager *p) {
    pager_clear(p);
    free(p->lines);
    *p = (struct pager){0};
}

void pager_add(struct pager *p, const char *label, enum ink ink, const char *text) {
    if (p->n == p->size) {
        p->size = p->size ? 2 * p->size : 32;
        p->lines = mem_resize(p->lines, p->size, sizeof *p->lines);
    }
    p->lines[p->n++] = (struct pager_line){.label = mem_copy_text(label),
                                           .text = mem_copy_text(text),
                                           .hang = (int)strspn(text, " "),
                                           .ink = ink};
}

void pager_hang(struct pager *p, int columns) {
    p->lines[p->n - 1].hang = columns;
}

void pager_addf(struct pager *p, const char *label, enum ink ink, const char *format, ...) {
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pager_add(p, label, ink, text);
}

/* Bytes of `text` that make the next row: up to the last blank that fits, or a hard cut. */
static size_t row_bytes(const char *text, int columns) {
    size_t at = 0, blank = 0, len = strlen(text);
    int width = 0;
    while (at < len) {
        uint32_t code;
        bool valid;
        size_t n = text_decode(text + at, len - at, &code, &valid);
        char one[8] = {0};
        memcpy(one, text + at, n < sizeof one ? n : sizeof one - 1);
        width += text_width(one);
        if (width > columns)
            return blank ? blank : at ? at : n;
        at += n;
        if (code == ' ')
            blank = at;
    }
    return at;
}

static int draw_line(const struct pager_line *line, const struct canvas *c, struct area a,
                     int row) {
    int indent = line->label ? (a.cols > 2 * LABEL_COLS ? LABEL_COLS : 0) : 0;
    int columns = a.cols - indent > 0 ? a.cols - indent : 1;
    int used = 0, hang = 0;
    if (line->label && row >= 0 && row < a.rows)
        draw_text(c, a.y + row, a.x, indent ? indent - 1 : a.cols, INK_DIM, line->label);
    if (line->label && !indent)
        used++; /* a narrow pane: the label has a row of its own */
    const char *text = line->text;
    do {
        size_t n = row_bytes(text, columns - hang);
        if (row + used >= 0 && row + used < a.rows)
            draw_textf(c, a.y + row + used, a.x + indent + hang, columns - hang, line->ink, "%.*s",
                       (int)n, text);
        text += n;
        used++;
        hang = line->hang < columns / 2 ? line->hang : 0;
    } while (*text);
    return used;
}

static void clamp(struct pager *p) {
    int last = p->height > p->rows ? p->height - p->rows : 0;
    p->top = p->top > last ? last : p->top < 0 ? 0 : p->top;
}

static int draw_all(const struct pager *p, const struct canvas *c, struct area inside) {
    int row = -p->top;
    for (size_t i = 0; i < p->n; i++)
        row += draw_line(&p->lines[i], c, inside, row);
    return row + p->top;
}

void pager_draw(struct pager *p, const struct canvas *c, struct area inside) {
    p->rows = inside.rows;
    struct area nowhere = inside;
    nowhere.rows = 0;
    p->height = draw_all(p, c, nowhere);
    clamp(p);
    draw_all(p, c, inside);
    if (p->top + p->rows < p->height) { /* on the frame below */
        char more[32];
        snprintf(more, sizeof more, " %d more %s ", p->height - p->top - p->rows,
                 draw_sign(c, SIGN_DOWN));
        draw_right(c, inside.y + inside.rows, inside.x, inside.cols, INK_KEY, more);
    }
}

int pager_measure(const struct pager *p, const struct canvas *c, int columns) {
    return draw_all(p, c, (struct area){.cols = columns});
}

bool pager_move(struct pager *p, enum request request) {
    int page = p->rows > 1 ? p->rows - 1 : 1;
    switch (request) {
    case REQ_UP:
        p->top--;
        break;
    case REQ_DOWN:
        p->top++;
        break;
    case REQ_PAGE_UP:
        p->top -= page;
        break;
    case REQ_PAGE_DOWN:
        p->top += page;
        break;
    case REQ_FIRST:
        p->top = 0;
        break;
    case REQ_LAST:
        p->top = p->height;
        break;
    default:
        return false;
    }
    clamp(p);
    return true;
}

void pager_scroll(struct pager *p, int by) {
    p->top += by;
    clamp(p);
}
