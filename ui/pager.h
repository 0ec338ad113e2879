/* A page of labelled text, wrapped to the width and scrolled: details and the help screen. */
#ifndef GONOGO_UI_PAGER_H
#define GONOGO_UI_PAGER_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/draw.h"
#include "ui/keys.h"

struct pager_line {
    char *label; /* NULL = the text takes the whole width */
    char *text;
    int hang; /* columns that its second row and those behind it are indented by */
    enum ink ink;
};

struct pager {
    struct pager_line *lines;
    size_t n, size;
    int top;    /* first wrapped row shown */
    int height; /* wrapped rows at the last drawing */
    int rows;   /* rows shown at the last drawing */
};

void pager_fini(struct pager *p);
void pager_clear(struct pager *p); /* keeps the place */
/* Safe text; copied. */
void pager_add(struct pager *p, const char *label, enum ink ink, const char *text);
void pager_addf(struct pager *p, const char *label, enum ink ink, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Of the line that was added last; before it is called a line hangs below its first letter. */
void pager_hang(struct pager *p, int columns);

/* How many rows it would take when nothing is scrolled away; draws nothing. */
int pager_measure(const struct pager *p, const struct canvas *c, int columns);
void pager_draw(struct pager *p, const struct canvas *c, struct area inside);
bool pager_move(struct pager *p, enum request request);
void pager_scroll(struct pager *p, int by);

#endif
