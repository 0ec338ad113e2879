#include "src/base/text.h"

#include <stdio.h>
#include <string.h>

#include "src/base/buf.h"

enum {
    PIECE_CAP = 16, /* the longest that one character becomes is "<U+10FFFF>" */
    MARKS_MAX = 4,  /* combining marks on one character; Vietnamese and Hebrew need three */
    NAME_CAP = 64,  /* of text_distance() */
};

size_t text_decode(const char *src, size_t n, uint32_t *code, bool *valid) {
    /* By length: the bits of the first byte, and the smallest code that may be this long. */
    static const uint32_t lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

    *code = 0xFFFD;
    *valid = false;
    if (n == 0)
        return 0;
    unsigned char lead = (unsigned char)src[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (len == 0 || lead >= 0xF8 || len > n)
        return 1;
    uint32_t value = lead & lead_mask[len];
    for (size_t i = 1; i < len; i++) {
        unsigned char next = (unsigned char)src[i];
        if ((next & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (next & 0x3F);
    }
    if (value < smallest[len] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 1;
    *code = value;
    *valid = true;
    return len;
}

size_t text_cut(const char *src, size_t n, size_t most) {
    if (n <= most)
        return n;
    for (size_t back = 1; back <= 3 && back <= most; back++) {
        uint32_t code;
        bool valid;
        if (text_decode(src + most - back, n - (most - back), &code, &valid) > back)
            return most - back;
    }
    return most;
}

size_t text_encode(uint32_t code, char dst[4]) {
    if (code < 0x80) {
        dst[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        dst[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    dst[0] = (char)(lead[len] | code);
    return len;
}

/* C1, Default_Ignorable_Code_Point, the separators, interlinear annotations, noncharacters. */
bool text_hidden(uint32_t code) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x80, 0x9F},       {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},
        {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},
        {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFDD0, 0xFDEF},
        {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
        {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    };
    if ((code & 0xFFFE) == 0xFFFE)
        return true;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && ranges[i].first <= code; i++)
        if (code <= ranges[i].last)
            return true;
    return false;
}

static bool is_mark(uint32_t code) {
    return text_char_width(code) == 0;
}

bool text_plain(uint32_t code) {
    if (code < 0x7F)
        return code >= 0x20;
    return code != 0x7F && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF) &&
           !text_hidden(code) && !is_mark(code);
}

/* What the characters before say about the next. */
struct context {
    unsigned marks;  /* combining marks since the last base; MARKS_MAX when there is no base */
    bool ascii_last; /* an emoji variation selector has nothing to select there */
};

static const struct context at_start = {.marks = MARKS_MAX, .ascii_last = true};

/* Turns the first character of src into `piece`; its length goes to *len. Returns the bytes read. */
static size_t make_safe(struct context *c, const char *src, size_t n, char piece[PIECE_CAP],
                        size_t *len) {
    uint32_t code;
    bool valid;
    size_t used = text_decode(src, n, &code, &valid);
    unsigned byte = (unsigned char)src[0];
    bool as_it_is = valid && text_plain(code);

    if (valid && code == '\r' && n > 1 && src[1] == '\n')
        used = 2;
    if (as_it_is) {
        memcpy(piece, src, *len = used);
    } else if (!valid) {
        *len = (size_t)snprintf(piece, PIECE_CAP, "\\x%02X", byte);
    } else if (code == '\n' || code == '\r' || code == '\t') {
        *len = text_encode(' ', piece);
    } else if (code < 0x20 || code == 0x7F) {
        *len = text_encode(code == 0x7F ? 0x2421 : 0x2400 + code, piece);
    } else if (!text_hidden(code) && c->marks < MARKS_MAX) {
        memcpy(piece, src, *len = used);
        c->marks++;
        return used;
    } else if ((code == 0xFE0E || code == 0xFE0F) && !c->ascii_last) {
        *len = 0;
        return used;
    } else {
        *len = (size_t)snprintf(piece, PIECE_CAP, "<U+%04X>", (unsigned)code);
    }
    c->marks = 0;
    c->ascii_last = !as_it_is || code < 0x80;
    return used;
}

size_t text_safe(char *dst, size_t cap, const char *src, size_t n) {
    struct context context = at_start;
    size_t written = 0;
    if (cap == 0)
        return 0;
    for (size_t i = 0; i < n;) {
        char piece[PIECE_CAP];
        size_t len;
        i += make_safe(&context, src + i, n - i, piece, &len);
        if (len > cap - 1 - written)
            break;
        memcpy(dst + written, piece, len);
        written += len;
    }
    dst[written] = '\0';
    return written;
}

char *text_safe_copy(const char *src, size_t n) {
    struct context context = at_start;
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < n;) {
        char piece[PIECE_CAP];
        size_t len;
        i += make_safe(&context, src + i, n - i, piece, &len);
        buf_add(&out, piece, len);
    }
    return buf_steal(&out);
}

int text_width(const char *src) {
    size_t n = strlen(src);
    int columns = 0;
    for (size_t i = 0; i < n;) {
        uint32_t code;
        bool valid;
        i += text_decode(src + i, n - i, &code, &valid);
        columns += text_char_width(code);
    }
    return columns;
}

/* The longest start of src[0..n) within `columns` and `bytes`; its columns go to *used. */
static size_t fitting(const char *src, size_t n, int columns, size_t bytes, int *used) {
    size_t i = 0;
    *used = 0;
    while (i < n) {
        uint32_t code;
        bool valid;
        size_t len = text_decode(src + i, n - i, &code, &valid);
        int width = text_char_width(code);
        if (width > columns - *used || len > bytes - i)
            break;
        *used += width;
        i += len;
    }
    return i;
}

int text_fit(char *dst, size_t cap, const char *src, int columns, bool ascii) {
    if (cap == 0)
        return 0;
    const char *ellipsis = ascii ? "~" : "…";
    size_t n = strlen(src), room = cap - 1, tail = strlen(ellipsis);
    int used;
    size_t len = fitting(src, n, columns, room, &used);
    if (len == n)
        tail = 0;
    else if (columns < 1 || room < tail)
        len = tail = 0, used = 0;
    else
        len = fitting(src, n, columns - 1, room - tail, &used), used++;
    memcpy(dst, src, len);
    memcpy(dst + len, ellipsis, tail);
    dst[len + tail] = '\0';
    return used;
}

void text_to_ascii(char *s) {
    size_t n = strlen(s), out = 0;
    for (size_t i = 0; i < n;) {
        uint32_t code;
        bool valid;
        i += text_decode(s + i, n - i, &code, &valid);
        if (code < 0x80 || !is_mark(code))
            s[out++] = code < 0x80 ? (char)code : '?';
    }
    s[out] = '\0';
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

unsigned text_distance(const char *a, const char *b) {
    unsigned row[NAME_CAP + 1];
    size_t n = strnlen(a, NAME_CAP), m = strnlen(b, NAME_CAP);
    for (unsigned j = 0; j <= m; j++)
        row[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            unsigned change = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            diagonal = row[j];
            row[j] = least(change, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[m];
}

const char *text_nearest(const char *word, const char *const *list) {
    /* A third of the word may be wrong, and one letter of a short one. */
    unsigned best = 2 + (unsigned)(strnlen(word, NAME_CAP) / 3);
    const char *nearest = NULL;
    for (; *list; list++) {
        unsigned distance = text_distance(word, *list);
        if (distance < best) {
            best = distance;
            nearest = *list;
        }
    }
    return nearest;
}
