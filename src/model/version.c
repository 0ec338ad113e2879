/* A version is walked part by part, both strings at once, and nothing is copied.
 *
 * The one rule that looks ahead is padding: the leading run of numbers and periods of the shorter
 * version is filled up with zeros and periods, so that 1.0 = 1.0.0 and 1.0b1 = 1.0.0b1. Here the
 * shorter one simply waits at the end of its run while the longer one is compared with zeros.
 *
 * Two things differ from the original on purpose: numbers of any length are compared (it stops at
 * 64 bits), and a leading `-`, which it calls older than a separator from either side, is one. */
#include "src/model/version.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* In rising order of precedence, where the end of the text lies between letters and separators. */
enum part_class { PART_LETTERS, PART_END, PART_SEPARATOR, PART_NUMBER };

struct part {
    enum part_class class;
    const char *text;
    size_t len;
};

struct cursor {
    const char *start;
    const char *at;
};

static bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

/* ASCII punctuation by Unicode's category P, and white space. The symbols $ + < = > ^ ` | ~ are not
 * in it: they count as letters. One bit for each character. */
static bool is_ascii_separator(unsigned char c) {
    static const uint32_t separators[] = {
        0x00003e00, /* \t \n \v \f \r */
        0x8c00f7ef, /* blank !"#%&'()*,-./ :;? */
        0xb8000001, /* @ [\] _ */
        0x28000000, /* { } */
    };
    return (separators[c >> 5] >> (c & 31) & 1) != 0;
}

/* Punctuation and white space beyond ASCII that turn up in hand-written versions. */
static const struct {
    uint32_t first, last;
} wide_separators[] = {
    {0x85, 0x85},     {0xa0, 0xa1},     {0xa7, 0xa7},     {0xab, 0xab},     {0xb6, 0xb7},
    {0xbb, 0xbb},     {0xbf, 0xbf},     {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2010, 0x2029},
    {0x202f, 0x2043}, {0x2045, 0x2051}, {0x2053, 0x205f}, {0x3000, 0x3003}, {0x3008, 0x3011},
    {0x3014, 0x301f}, {0x3030, 0x3030}, {0xff01, 0xff03}, {0xff05, 0xff0a}, {0xff0c, 0xff0f},
    {0xff1a, 0xff1b}, {0xff1f, 0xff20},
};

/* The length of the UTF-8 character at `s` and its code; what is no UTF-8 is one byte, a letter. */
static size_t decode(const unsigned char *s, uint32_t *code) {
    size_t more = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc2 ? 1 : 0;
    *code = more == 3 ? s[0] & 0x07u : more == 2 ? s[0] & 0x0fu : s[0] & 0x1fu;
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            *code = UINT32_MAX;
            return 1;
        }
        *code = *code << 6 | (s[i] & 0x3fu);
    }
    return more + 1;
}

static enum part_class classify(const char *s, size_t *len) {
    unsigned char c = (unsigned char)*s;
    *len = 1;
    if (is_digit(c))
        return PART_NUMBER;
    if (c < 0x80)
        return is_ascii_separator(c) ? PART_SEPARATOR : PART_LETTERS;
    uint32_t code;
    *len = decode((const unsigned char *)s, &code);
    for (size_t i = 0; i < sizeof wide_separators / sizeof wide_separators[0]; i++)
        if (code >= wide_separators[i].first && code <= wide_separators[i].last)
            return PART_SEPARATOR;
    return PART_LETTERS;
}

/* A `-` that is not the first character ends the version. */
static bool at_end(const struct cursor *c) {
    return *c->at == '\0' || (*c->at == '-' && c->at != c->start);
}

/* The next part, without moving on. Each separator is a part of its own. */
static struct part peek(const struct cursor *c) {
    struct part part = {PART_END, c->at, 0};
    if (at_end(c))
        return part;
    size_t len;
    part.class = classify(c->at, &len);
    part.len = len;
    if (part.class == PART_SEPARATOR)
        return part;
    for (struct cursor next = {c->start, c->at + len}; !at_end(&next); next.at += len) {
        if (classify(next.at, &len) != part.class)
            break;
        part.len += len;
    }
    return part;
}

static bool in_leading_run(const struct part *part) {
    return part->class == PART_NUMBER || (part->class == PART_SEPARATOR && *part->text == '.');
}

static int sign(int value) {
    return (value > 0) - (value < 0);
}

static int compare_numbers(const struct part *a, const struct part *b) {
    const char *x = a->text, *y = b->text;
    size_t n = a->len, m = b->len;
    for (; n > 0 && *x == '0'; n--)
        x++;
    for (; m > 0 && *y == '0'; m--)
        y++;
    if (n != m)
        return n > m ? 1 : -1;
    return sign(memcmp(x, y, n));
}

/* UTF-8 keeps the order of code points. */
static int compare_letters(const struct part *a, const struct part *b) {
    int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
    if (order != 0)
        return sign(order);
    return (a->len > b->len) - (a->len < b->len);
}

static int compare_parts(const struct part *a, const struct part *b) {
    if (a->class != b->class)
        return a->class > b->class ? 1 : -1;
    if (a->class == PART_NUMBER)
        return compare_numbers(a, b);
    return a->class == PART_LETTERS ? compare_letters(a, b) : 0;
}

/* Nonzero when a part of a leading run that has no counterpart is more than the zero it meets. */
static bool beats_padding(const struct part *part) {
    static const struct part zero = {PART_NUMBER, "0", 1};
    return part->class == PART_NUMBER && compare_numbers(part, &zero) > 0;
}

int version_compare(const char *a, const char *b) {
    struct cursor ca = {a, a}, cb = {b, b};
    bool leading_a = true, leading_b = true;
    for (;;) {
        struct part pa = peek(&ca), pb = peek(&cb);
        leading_a = leading_a && in_leading_run(&pa);
        leading_b = leading_b && in_leading_run(&pb);
        if (leading_a != leading_b) {
            if (beats_padding(leading_a ? &pa : &pb))
                return leading_a ? 1 : -1;
            if (leading_a)
                ca.at += pa.len;
            else
                cb.at += pb.len;
            continue;
        }
        int order = compare_parts(&pa, &pb);
        if (order != 0 || pa.class == PART_END)
            return order;
        ca.at += pa.len;
        cb.at += pb.len;
    }
}

bool version_plausible(const char *text) {
    size_t len = strlen(text);
    if (len >= VERSION_CAP || !is_digit((unsigned char)*text))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f)
            return false;
    return true;
}
