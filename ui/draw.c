#include "ui/draw.h"

#include <curses.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "src/base/text.h"

enum { LINE_BYTES = 2048, LINE_CHARS = 1024 };

static const char *const signs[][2] = {
    [SIGN_PASS] = {"✓", "ok"},     [SIGN_FAIL] = {"✗", "XX"},     [SIGN_WAIT] = {"◔", ".."},
    [SIGN_UNKNOWN] = {"?", "??"},  [SIGN_CLOSED] = {"⊘", "--"},   [SIGN_ALERT] = {"▲", "!!"},
    [SIGN_LIVE] = {"●", "*"},      [SIGN_PAUSED] = {"⏸", "||"}, [SIGN_ARROW] = {"→", "->"},
    [SIGN_DOT] = {"·", "-"},       [SIGN_DASH] = {"—", "-"},      [SIGN_MORE] = {"…", "..."},
    [SIGN_OPEN_FOLD] = {"▾", "v"}, [SIGN_SHUT_FOLD] = {"▸", ">"}, [SIGN_DOWN] = {"▼", "v"},
    [SIGN_UP] = {"▲", "^"},        [SIGN_ELLIPSIS] = {"…", "~"},  [SIGN_CURSOR] = {"▌", "_"},
    [SIGN_WAIVED] = {"⚑", "!!"},
};

const char *draw_sign(const struct canvas *c, enum sign sign) {
    return signs[sign][c->ascii];
}

/* Our own words and the model's hold a few signs that ASCII can say. */
static void spell_in_ascii(char *dst, size_t cap, const char *src) {
    static const char *const spelled[][2] = {
        {"→", "->"}, {"·", "-"},  {"—", "-"},  {"–", "-"},  {"…", "~"},  {"≤", "<="}, {"≥", ">="},
        {"×", "x"},  {"✓", "ok"}, {"✗", "XX"}, {"“", "\""}, {"”", "\""}, {"’", "'"},  {"±", "+-"},
    };
    size_t len = 0;
    while (*src && len + 4 < cap) {
        size_t row = 0, rows = sizeof spelled / sizeof *spelled;
        while ((unsigned char)*src >= 0x80 && row < rows &&
               strncmp(src, spelled[row][0], strlen(spelled[row][0])) != 0)
            row++;
        if ((unsigned char)*src < 0x80 || row == rows) {
            dst[len++] = *src++;
        } else {
            len += (size_t)snprintf(dst + len, cap - len, "%s", spelled[row][1]);
            src += strlen(spelled[row][0]);
        }
    }
    dst[len] = '\0';
    text_to_ascii(dst);
}

/* The columns that a character takes must be the same for us (text.h) and for ncurses (wcwidth),
 * or the frame shifts: where they differ it is drawn as question marks. */
static size_t widen(wchar_t *dst, size_t cap, const char *text) {
    size_t n = 0, left = strlen(text);
    while (left > 0 && n + 2 < cap) {
        uint32_t code;
        bool valid;
        size_t len = text_decode(text, left, &code, &valid);
        if (code < 0x80) {
            dst[n++] = code < 0x20 || code == 0x7f ? L'?' : (wchar_t)code;
        } else {
            char one[8] = {0};
            memcpy(one, text, len < sizeof one ? len : sizeof one - 1);
            int ours = text_width(one);
            if (valid && ours == wcwidth((wchar_t)code))
                dst[n++] = (wchar_t)code;
            else
                for (int i = 0; i < ours; i++)
                    dst[n++] = L'?';
        }
        text += len;
        left -= len;
    }
    return n;
}

static bool visible(const struct canvas *c, int y, int x) {
    return y >= 0 && y < c->rows && x >= 0 && x < c->cols;
}

int draw_text(const struct canvas *c, int y, int x, int columns, enum ink ink, const char *text) {
    if (!visible(c, y, x) || columns <= 0)
        return 0;
    char spelled[LINE_BYTES], fitted[LINE_BYTES];
    wchar_t wide[LINE_CHARS];
    if (c->ascii) {
        spell_in_ascii(spelled, sizeof spelled, text);
        text = spelled;
    }
    int room = columns < c->cols - x ? columns : c->cols - x;
    int used = text_fit(fitted, sizeof fitted, text, room, c->ascii);
    size_t n = widen(wide, LINE_CHARS, fitted);
    theme_use(&c->theme, ink, c->selected);
    mvaddnwstr(y, x, wide, (int)n);
    return used;
}

int draw_textf(const struct canvas *c, int y, int x, int columns, enum ink ink, const char *format,
               ...) {
    char text[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return draw_text(c, y, x, columns, ink, text);
}

int draw_right(const struct canvas *c, int y, int x, int columns, enum ink ink, const char *text) {
    char spelled[LINE_BYTES];
    if (c->ascii) {
        spell_in_ascii(spelled, sizeof spelled, text);
        text = spelled;
    }
    int width = text_width(text);
    int indent = width < columns ? columns - width : 0;
    return draw_text(c, y, x + indent, columns - indent, ink, text);
}

void draw_blank(const struct canvas *c, int y, int x, int columns) {
    if (!visible(c, y, x) || columns <= 0)
        return;
    theme_use(&c->theme, INK_TEXT, c->selected);
    move(y, x);
    for (int i = 0; i < columns && x + i < c->cols; i++)
        addch(' ');
}

enum edge { EDGE_H, EDGE_V, EDGE_TL, EDGE_TR, EDGE_BL, EDGE_BR, EDGES };

static void put(const struct canvas *c, int y, int x, wchar_t sign) {
    if (visible(c, y, x))
        mvaddnwstr(y, x, &sign, 1);
}

static const wchar_t edges[2][EDGES] = {
    {L'─', L'│', L'╭', L'╮', L'╰', L'╯'},
    {L'-', L'|', L'+', L'+', L'+', L'+'},
};

void draw_glyph(const struct canvas *c, int y, int x, enum ink ink, wchar_t sign) {
    theme_use(&c->theme, ink, c->selected);
    put(c, y, x, sign);
}

static void draw_edges(const struct canvas *c, struct area a) {
    const wchar_t *e = edges[c->ascii];
    int bottom = a.y + a.rows - 1, right = a.x + a.cols - 1;
    for (int x = a.x + 1; x < right; x++) {
        put(c, a.y, x, e[EDGE_H]);
        put(c, bottom, x, e[EDGE_H]);
    }
    for (int y = a.y + 1; y < bottom; y++) {
        put(c, y, a.x, e[EDGE_V]);
        put(c, y, right, e[EDGE_V]);
    }
    put(c, a.y, a.x, e[EDGE_TL]);
    put(c, a.y, right, e[EDGE_TR]);
    put(c, bottom, a.x, e[EDGE_BL]);
    put(c, bottom, right, e[EDGE_BR]);
}

static void draw_labels(const struct canvas *c, struct area a, const char *title, const char *note,
                        bool focused) {
    char label[LINE_BYTES];
    int used = 0;
    if (title && a.cols > 6) {
        snprintf(label, sizeof label, " %s ", title);
        used = draw_text(c, a.y, a.x + 1, a.cols - 4, focused ? INK_KEY : INK_TITLE, label);
    }
    if (note && *note && a.cols - used > 12) {
        snprintf(label, sizeof label, " %s ", note);
        draw_right(c, a.y, a.x + 2 + used, a.cols - used - 4, INK_DIM, label);
    }
}

struct area draw_box(const struct canvas *c, struct area a, const char *title, const char *note,
                     bool focused) {
    theme_use(&c->theme, focused ? INK_KEY : INK_FRAME, false);
    draw_edges(c, a);
    draw_labels(c, a, title, note, focused);
    return (struct area){a.y + 1, a.x + 2, a.rows - 2, a.cols - 4};
}

struct area draw_sheet(const struct canvas *c, struct area a, const char *title, const char *note,
                       bool focused) {
    theme_use(&c->theme, focused ? INK_KEY : INK_FRAME, false);
    for (int x = a.x; x < a.x + a.cols; x++)
        put(c, a.y, x, edges[c->ascii][EDGE_H]);
    draw_labels(c, a, title, note, focused);
    return (struct area){a.y + 1, a.x + 1, a.rows - 1, a.cols - 2};
}

struct area draw_panel(const struct canvas *c, struct area a, const char *title, const char *note) {
    for (int y = a.y; y < a.y + a.rows; y++)
        draw_blank(c, y, a.x, a.cols);
    return draw_box(c, a, title, note, true);
}

void draw_spark(const struct canvas *c, int y, int x, int columns, const uint16_t *points,
                size_t n) {
    static const wchar_t table[2][7] = {{L'▁', L'▂', L'▃', L'▄', L'▅', L'▆', L'▇'},
                                        {L'_', L'_', L'.', L'.', L'-', L'-', L'^'}};
    size_t shown = columns > 0 ? (size_t)columns : 0;
    size_t first = n > shown ? n - shown : 0;
    unsigned top = 1;
    for (size_t i = first; i < n; i++)
        if (points[i] != UINT16_MAX && points[i] > top)
            top = points[i];
    theme_use(&c->theme, INK_TEXT, c->selected);
    for (size_t i = first; i < n; i++) {
        wchar_t sign = L' ';
        if (points[i] != UINT16_MAX)
            sign = table[c->ascii][points[i] * 6u / top];
        put(c, y, x + (int)(i - first), sign);
    }
}

void draw_bar(const struct canvas *c, int y, int x, int columns, int permille, enum ink ink) {
    static const wchar_t full[2] = {L'█', L'#'}, rest[2] = {L'░', L'.'};
    int filled = columns * (permille < 0 ? 0 : permille > 1000 ? 1000 : permille) / 1000;
    for (int i = 0; i < columns; i++) {
        if (i == 0 || i == filled)
            theme_use(&c->theme, i < filled ? ink : INK_FRAME, c->selected);
        put(c, y, x + i, i < filled ? full[c->ascii] : rest[c->ascii]);
    }
}

static const struct glyph {
    char letter;
    const char *rows[BIG_ROWS];
} glyphs[] = {
    {'G', {" ##### ", "##     ", "##  ###", "##   ##", " ##### "}},
    {'O', {" ##### ", "##   ##", "##   ##", "##   ##", " ##### "}},
    {'H', {"##   ##", "##   ##", "#######", "##   ##", "##   ##"}},
    {'L', {"##    ", "##    ", "##    ", "##    ", "######"}},
    {'D', {"###### ", "##   ##", "##   ##", "##   ##", "###### "}},
    {'N', {"##   ##", "###  ##", "## # ##", "##  ###", "##   ##"}},
    {'-', {"   ", "   ", "###", "   ", "   "}},
};

static const struct glyph *glyph_of(char letter) {
    for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
        if (glyphs[i].letter == letter)
            return &glyphs[i];
    return NULL;
}

int draw_big_width(const char *word, int scale) {
    int width = 0;
    for (const char *p = word; *p; p++) {
        const struct glyph *g = glyph_of(*p);
        width += g ? (int)strlen(g->rows[0]) * scale + (p[1] ? 2 * scale : 0) : 0;
    }
    return width;
}

void draw_big(const struct canvas *c, int y, int x, int scale, enum ink ink, const char *word) {
    theme_use(&c->theme, ink, false);
    for (const char *p = word; *p; p++) {
        const struct glyph *g = glyph_of(*p);
        if (!g)
            continue;
        int width = (int)strlen(g->rows[0]) * scale;
        for (int row = 0; row < BIG_ROWS * scale; row++) {
            for (int col = 0; col < width; col++)
                if (g->rows[row / scale][col / scale] == '#')
                    put(c, y + row, x + col, c->ascii ? L'#' : L'█');
        }
        x += width + 2 * scale;
    }
}

void draw_age_text(int64_t ms, char *dst, size_t cap) {
    int64_t s = ms / 1000;
    if (s < 10)
        snprintf(dst, cap, "now");
    else if (s < 60)
        snprintf(dst, cap, "%d s", (int)(s / 10 * 10));
    else if (s < 3600)
        snprintf(dst, cap, "%d m", (int)(s / 60));
    else if (s < 86400)
        snprintf(dst, cap, "%d h", (int)(s / 3600));
    else
        snprintf(dst, cap, "%lld d", (long long)(s / 86400));
}
