#include "ui/squeeze.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ESC = 27,
    REVERSE = 7,
    UNDERLINE = 4,
    RUN_MIN = 7, /* glyph, CSI n b, two glyphs: from here it is shorter than the run */
    PARAMS_CAP = 64,
};

void squeeze_init(struct squeeze *s, bool repeats) {
    memset(s, 0, sizeof *s);
    s->repeats = repeats;
}

void squeeze_end(struct squeeze *s, struct buf *out) {
    buf_add_text(out, "\033[m");
    s->known = false;
}

/* ---- what ncurses says ---- */

/* The parameters of one colour ("38;5;245") from `at`; what is left of them. */
static const char *take_colour(char *dst, const char *at) {
    int parts = strncmp(at + 2, ";5;", 3) == 0 ? 3 : strncmp(at + 2, ";2;", 3) == 0 ? 5 : 1;
    const char *end = at;
    for (; *end && (*end != ';' || --parts > 0); end++) {
    }
    snprintf(dst, SQUEEZE_COLOUR_CAP, "%.*s", (int)(end - at), at);
    return end;
}

/* False when a parameter is none that we know. */
static bool take_sgr(struct squeeze_look *look, const char *params) {
    const char *at = params;
    do {
        char *end;
        unsigned long n = strtoul(at, &end, 10);
        if (n == 0)
            memset(look, 0, sizeof *look);
        else if (n <= 9)
            look->flags |= 1u << n;
        else if (n == 22)
            look->flags &= ~(1u << 1 | 1u << 2);
        else if (n >= 23 && n <= 29)
            look->flags &= ~(1u << (n - 20));
        else if ((n >= 30 && n <= 38) || (n >= 90 && n <= 97))
            end = (char *)take_colour(look->fore, at);
        else if ((n >= 40 && n <= 48) || (n >= 100 && n <= 107))
            end = (char *)take_colour(look->back, at);
        else if (n == 39)
            look->fore[0] = '\0';
        else if (n == 49)
            look->back[0] = '\0';
        else
            return false;
        if (*end != ';' && *end != '\0')
            return false;
        at = *end ? end + 1 : end;
    } while (*at);
    return true;
}

/* ---- what the terminal is told ---- */

static bool same(const struct squeeze_look *a, const struct squeeze_look *b) {
    return a->flags == b->flags && strcmp(a->fore, b->fore) == 0 && strcmp(a->back, b->back) == 0;
}

static void add_param(struct buf *out, bool *first, const char *param) {
    buf_addf(out, "%s%s", *first ? "\033[" : ";", param);
    *first = false;
}

static void tell(struct squeeze *s, struct buf *out) {
    if (s->known && same(&s->is, &s->wants))
        return;
    bool first = true;
    if (!s->known || (s->is.flags & ~s->wants.flags)) {
        add_param(out, &first, "");
        memset(&s->is, 0, sizeof s->is);
    }
    for (unsigned n = 1; n <= 9; n++) {
        char param[4];
        snprintf(param, sizeof param, "%u", n);
        if ((s->wants.flags & ~s->is.flags) & 1u << n)
            add_param(out, &first, param);
    }
    if (strcmp(s->is.fore, s->wants.fore) != 0)
        add_param(out, &first, s->wants.fore[0] ? s->wants.fore : "39");
    if (strcmp(s->is.back, s->wants.back) != 0)
        add_param(out, &first, s->wants.back[0] ? s->wants.back : "49");
    if (!first)
        buf_add(out, "m", 1);
    s->is = s->wants;
    s->known = true;
}

/* A blank shows its background, nothing else. */
static void tell_for_blank(struct squeeze *s, struct buf *out) {
    const unsigned shows = 1u << REVERSE | 1u << UNDERLINE;
    bool quiet = !((s->is.flags | s->wants.flags) & shows);
    if (!s->known || !quiet || strcmp(s->is.back, s->wants.back) != 0)
        tell(s, out);
}

/* ---- the frame ---- */

/* Length of the sequence at ESC: CSI to its final byte, charset and single ones by their form. */
static size_t sequence_length(const char *bytes, size_t n) {
    if (n < 2)
        return n;
    if (bytes[1] != '[')
        return bytes[1] == '(' || bytes[1] == ')' ? (n < 3 ? n : 3) : 2;
    size_t at = 2;
    while (at < n && (bytes[at] < 0x40 || bytes[at] > 0x7e))
        at++;
    return at < n ? at + 1 : n;
}

static void take_sequence(struct squeeze *s, const char *bytes, size_t n, struct buf *out) {
    if (n == 3 && memcmp(bytes, "\033(B", 3) == 0)
        return; /* the charset is always B: lines are drawn in Unicode or ASCII */
    char final = bytes[n - 1];
    if (s->whole && bytes[1] == '[' && final == 'r') {
        buf_add_text(out, "\033[r");
        return;
    }
    if (bytes[1] != '[' || final != 'm' || n - 3 >= PARAMS_CAP) {
        if (bytes[1] == '[' && strchr("JKXPLMST@b", final))
            tell_for_blank(s, out); /* they fill with the background */
        buf_add(out, bytes, n);
        return;
    }
    char params[PARAMS_CAP];
    snprintf(params, sizeof params, "%.*s", (int)(n - 3), bytes + 2);
    struct squeeze_look look = s->wants;
    if (take_sgr(&look, params)) {
        s->wants = look;
        return;
    }
    tell(s, out);
    buf_add(out, bytes, n);
    s->known = false;
}

/* Is there a line or block at `bytes` (U+2500…U+259F)? All are three bytes and one column. */
static bool is_line(const char *bytes, size_t n) {
    return n >= 3 && bytes[0] == '\xe2' && bytes[1] >= '\x94' && bytes[1] <= '\x96';
}

static size_t take_run(const struct squeeze *s, const char *bytes, size_t n, struct buf *out) {
    size_t run = 1;
    while ((run + 1) * 3 <= n && memcmp(bytes, bytes + run * 3, 3) == 0)
        run++;
    if (!s->repeats || run < RUN_MIN) {
        buf_add(out, bytes, 3 * run);
        return 3 * run;
    }
    /* The last two in full: behind a REP that ends one column before the edge some terminals (libvterm
     * 0.1) believe that they stand behind it, and wrap; so the run may end there, or at the edge. */
    buf_add(out, bytes, 3);
    buf_addf(out, "\033[%zub", run - 3);
    buf_add(out, bytes, 6);
    return 3 * run;
}

void squeeze_frame(struct squeeze *s, const char *bytes, size_t n, struct buf *out) {
    size_t at = 0;
    while (at < n) {
        unsigned char c = (unsigned char)bytes[at];
        size_t len = 1;
        if (c == ESC) {
            len = sequence_length(bytes + at, n - at);
            take_sequence(s, bytes + at, len, out);
        } else if (c < ' ') {
            buf_add(out, bytes + at, 1);
        } else if (is_line(bytes + at, n - at)) {
            tell(s, out);
            len = take_run(s, bytes + at, n - at, out);
        } else {
            if (c == ' ')
                tell_for_blank(s, out);
            else
                tell(s, out);
            while (at + len < n && ((unsigned char)bytes[at + len] & 0xC0) == 0x80)
                len++;
            buf_add(out, bytes + at, len);
        }
        at += len;
    }
}
