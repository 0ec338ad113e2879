/* A document of headings, paragraphs, tables and pictures, as Markdown or as HTML. Text is safe text
 * (base/text.h); what would be markup in it is escaped here. */
#ifndef GONOGO_CMD_PAPER_H
#define GONOGO_CMD_PAPER_H

#include <stddef.h>

#include "src/base/buf.h"

enum paper_format { PAPER_MARKDOWN, PAPER_HTML };

struct paper {
    enum paper_format format;
    struct buf out; /* the document so far */
    size_t columns; /* of the table that is open */
};

void paper_begin(struct paper *d, enum paper_format format, const char *title);
void paper_end(struct paper *d);
void paper_fini(struct paper *d);

void paper_heading(struct paper *d, const char *text);
void paper_paragraph(struct paper *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* One line that must not be missed. */
void paper_strong(struct paper *d, const char *text);
void paper_code(struct paper *d, const char *text); /* lines as they are */

/* `titles` ends with NULL; each row has as many cells as there are titles. */
void paper_table(struct paper *d, const char *const *titles);
void paper_row(struct paper *d, const char *const *cells);
void paper_table_end(struct paper *d);

/* An SVG document; `words` stand where it cannot be seen. */
void paper_picture(struct paper *d, const char *words, const struct buf *svg);

/* Adds text as XML has to have it. */
void paper_xml_text(struct buf *out, const char *text);

#endif
