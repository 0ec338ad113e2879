#include "src/base/base64.h"

#include <string.h>

enum { BAD = 64 }; /* the first bit above the six */

/* The six bits of each character from '+' to 'z'. */
static const unsigned char values[] = {
    62,  BAD, BAD, BAD, 63, 52, 53, 54, 55,  56,  57,  58,  59,  60,  61, BAD, BAD, BAD, BAD, BAD,
    BAD, BAD, 0,   1,   2,  3,  4,  5,  6,   7,   8,   9,   10,  11,  12, 13,  14,  15,  16,  17,
    18,  19,  20,  21,  22, 23, 24, 25, BAD, BAD, BAD, BAD, BAD, BAD, 26, 27,  28,  29,  30,  31,
    32,  33,  34,  35,  36, 37, 38, 39, 40,  41,  42,  43,  44,  45,  46, 47,  48,  49,  50,  51,
};

static unsigned value_of(char c) {
    unsigned at = (unsigned char)c - (unsigned)'+';
    return at < sizeof values ? values[at] : BAD;
}

int64_t base64_decode(const char *text, unsigned char *dst, size_t cap) {
    size_t len = strlen(text), out = 0;
    if (len % 4 != 0)
        return BASE64_BAD;
    size_t padding = len == 0 || text[len - 1] != '=' ? 0 : text[len - 2] == '=' ? 2 : 1;
    for (const char *at = text, *end = text + len; at < end; at += 4) {
        size_t pads = at + 4 == end ? padding : 0;
        unsigned a = value_of(at[0]), b = value_of(at[1]);
        unsigned c = pads > 1 ? 0 : value_of(at[2]), d = pads > 0 ? 0 : value_of(at[3]);
        if (((a | b | c | d) & BAD) != 0)
            return BASE64_BAD;
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        for (size_t k = 0; k < 3 - pads; k++, out++)
            if (out < cap)
                dst[out] = (unsigned char)(bits >> (16 - 8 * k));
    }
    return (int64_t)out;
}

void base64_encode(const unsigned char *bytes, size_t n, char *dst) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t bits = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                        (left > 2 ? bytes[i + 2] : 0);
        *dst++ = digits[bits >> 18];
        *dst++ = digits[bits >> 12 & 63];
        *dst++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *dst++ = left > 2 ? digits[bits & 63] : '=';
    }
    *dst = '\0';
}
