#include "src/cmd/paper.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/base64.h"
#include "src/base/mem.h"

enum { PARAGRAPH_CAP = 4096 };

#define ADD(b, literal) buf_add((b), literal, sizeof literal - 1)

static const char style[] =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;"
    "color:#1f2328;background:#fff}"
    "h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em;border-bottom:1px solid #d0d7de}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #d0d7de;padding:.3em .6em;text-align:left;vertical-align:top}"
    "th{background:#f6f8fa}pre{background:#f6f8fa;padding:1em;overflow:auto}"
    "svg{max-width:100%;height:auto}"
    "@media print{body{margin:0;max-width:none}}";

void paper_xml_text(struct buf *out, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '&':
            ADD(out, "&amp;");
            break;
        case '<':
            ADD(out, "&lt;");
            break;
        case '>':
            ADD(out, "&gt;");
            break;
        case '"':
            ADD(out, "&quot;");
            break;
        default:
            buf_add(out, text, 1);
        }
    }
}

/* A backslash before each character that Markdown might take for markup; '<' and '&' as entities, since
 * many renderers let HTML through. */
static void markdown_text(struct buf *out, const char *text) {
    for (; *text; text++) {
        if (*text == '<' || *text == '&')
            buf_addf(out, "%s", *text == '<' ? "&lt;" : "&amp;");
        else if (*text == '\n')
            ADD(out, " ");
        else if (strchr("\\`*_{}[]()#+!|>~", *text))
            buf_addf(out, "\\%c", *text);
        else
            buf_add(out, text, 1);
    }
}

static void add_text(struct paper *d, const char *text) {
    if (d->format == PAPER_HTML)
        paper_xml_text(&d->out, text);
    else
        markdown_text(&d->out, text);
}

/* `before` and `after` the text; for each format its own. */
static void wrap(struct paper *d, const char *html, const char *html_end, const char *markdown,
                 const char *markdown_end, const char *text) {
    buf_add_text(&d->out, d->format == PAPER_HTML ? html : markdown);
    add_text(d, text);
    buf_add_text(&d->out, d->format == PAPER_HTML ? html_end : markdown_end);
}

void paper_begin(struct paper *d, enum paper_format format, const char *title) {
    *d = (struct paper){.format = format};
    buf_init(&d->out, 0);
    if (format == PAPER_HTML) {
        ADD(&d->out, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>");
        paper_xml_text(&d->out, title);
        buf_addf(&d->out, "</title>\n<style>%s</style>\n", style);
    }
    wrap(d, "<h1>", "</h1>\n", "# ", "\n\n", title);
}

void paper_end(struct paper *d) {
    if (d->format == PAPER_HTML)
        ADD(&d->out, "</html>\n");
}

void paper_fini(struct paper *d) {
    buf_fini(&d->out);
}

void paper_heading(struct paper *d, const char *text) {
    wrap(d, "<h2>", "</h2>\n", "## ", "\n\n", text);
}

void paper_paragraph(struct paper *d, const char *format, ...) {
    char text[PARAGRAPH_CAP];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wrap(d, "<p>", "</p>\n", "", "\n\n", text);
}

void paper_strong(struct paper *d, const char *text) {
    wrap(d, "<p><strong>", "</strong></p>\n", "**", "**\n\n", text);
}

/* In Markdown indented by four blanks: no fence that a text could close. */
void paper_code(struct paper *d, const char *text) {
    if (d->format == PAPER_HTML) {
        ADD(&d->out, "<pre>");
        paper_xml_text(&d->out, text);
        ADD(&d->out, "</pre>\n");
        return;
    }
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        ADD(&d->out, "    ");
        buf_add(&d->out, line, n);
        ADD(&d->out, "\n");
        line += n + (line[n] == '\n');
    }
    ADD(&d->out, "\n");
}

static void add_cells(struct paper *d, const char *const *cells, const char *tag) {
    bool html = d->format == PAPER_HTML;
    buf_add_text(&d->out, html ? "<tr>" : "|");
    for (size_t i = 0; i < d->columns; i++) {
        if (html)
            buf_addf(&d->out, "<%s>", tag);
        else
            ADD(&d->out, " ");
        add_text(d, cells[i]);
        if (html)
            buf_addf(&d->out, "</%s>", tag);
        else
            ADD(&d->out, " |");
    }
    buf_add_text(&d->out, html ? "</tr>\n" : "\n");
}

void paper_table(struct paper *d, const char *const *titles) {
    for (d->columns = 0; titles[d->columns]; d->columns++) {
    }
    if (d->format == PAPER_HTML)
        ADD(&d->out, "<table>\n");
    add_cells(d, titles, "th");
    if (d->format == PAPER_MARKDOWN) {
        for (size_t i = 0; i < d->columns; i++)
            ADD(&d->out, "| --- ");
        ADD(&d->out, "|\n");
    }
}

void paper_row(struct paper *d, const char *const *cells) {
    add_cells(d, cells, "td");
}

void paper_table_end(struct paper *d) {
    buf_add_text(&d->out, d->format == PAPER_HTML ? "</table>\n" : "\n");
}

void paper_picture(struct paper *d, const char *words, const struct buf *svg) {
    if (d->format == PAPER_HTML) {
        ADD(&d->out, "<p>");
        buf_add(&d->out, svg->data, svg->len);
        ADD(&d->out, "</p>\n");
        return;
    }
    char *text = mem_alloc(BASE64_CAP(svg->len));
    base64_encode((const unsigned char *)svg->data, svg->len, text);
    ADD(&d->out, "![");
    add_text(d, words);
    ADD(&d->out, "](data:image/svg+xml;base64,");
    buf_add_text(&d->out, text);
    ADD(&d->out, ")\n\n");
    free(text);
}
