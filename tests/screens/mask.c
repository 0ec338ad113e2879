#include "tests/screens/mask.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool begins(const char *p, const char *with) {
    return strncmp(p, with, strlen(with)) == 0;
}

/* A word ends here: the end, a blank, or the bytes of a frame. */
static bool is_end(char c) {
    return c == '\0' || c == ' ' || c == '\n' || c == '|' || c == ')' || (unsigned char)c >= 0x80;
}

/* Digits as the clock of the screen leaves them, or masked already. */
static size_t number_length(const char *p) {
    return strspn(p, "0123456789#");
}

/* Length of what is volatile at the beginning of a word, 0 = nothing. */
static size_t volatile_word(const char *p) {
    static const char *const units[] = {" ms", " s", " m"};
    if (*p == '~')
        return strspn(p, "~");
    if (begins(p, "now") && is_end(p[3]))
        return 3;
    if ((begins(p, "200") || begins(p, "304")) && is_end(p[3]))
        return 3;
    size_t sign = *p == '+' || *p == '-' ? 1 : 0;
    size_t n = sign + number_length(p + sign);
    if (n == sign)
        return 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (begins(p + n, units[i]) && is_end(p[n + strlen(units[i])]))
            return n + strlen(units[i]);
    size_t clock = strspn(p, "0123456789#-:.TZ"); /* 14:03:27Z, 2026-11-21T14:03:27.123Z */
    return clock >= 8 && memchr(p, ':', clock) && is_end(p[clock]) ? clock : 0;
}

static bool skips_rest(const char *line, const char *at) {
    static const char *const gates[] = {" fresh ", " soak ", " SLOs ", " tray rules "};
    if (!begins(line, "│") && !begins(line, "|"))
        return false;
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        size_t n = strlen(gates[i]);
        if (at > line + 4 && (size_t)(at - line) >= n && strncmp(at - n, gates[i], n) == 0)
            return true;
    }
    return false;
}

static char *put_mark(char *start, char *out) {
    while (out > start && out[-1] == ' ')
        out--;
    if (out > start && out[-1] != '~')
        *out++ = ' ';
    if (out == start || out[-1] != '~')
        *out++ = '~';
    return out;
}

/* One line without its newline; returns the end of what is left of it. */
static char *mask_line(char *line, size_t len, char *out) {
    char *start = out, *p = line, *end = line + len;
    bool marked = false; /* behind a mark nothing stands in its column */
    while (p < end) {
        bool word = p == line || p[-1] == ' ' || p[-1] == '(';
        size_t n = word ? volatile_word(p) : 0;
        if (n > 0) {
            p += n;
            out = put_mark(start, out);
            marked = true;
            while (p < end && *p == ' ')
                p++;
            if (p < end)
                *out++ = ' ';
        } else if (begins(p, "127.0.0.1:")) {
            p += strlen("127.0.0.1:") + strspn(p + strlen("127.0.0.1:"), "0123456789");
            marked = true;
            memcpy(out, "127.0.0.1:~", strlen("127.0.0.1:~"));
            out += strlen("127.0.0.1:~");
        } else if (marked && *p == ' ' && out[-1] == ' ') {
            p++;
        } else {
            *out++ = *p++;
            if (skips_rest(start, out)) {
                out[-1] = '~';
                break;
            }
        }
    }
    return out;
}

/* The character, counted from 0, at which the box SLOs begins; 0 = it does not in this line. */
static size_t find_levels(const char *line, size_t len) {
    static const char *const titles[] = {"╭ SLOs ", "+ SLOs "};
    size_t column = 0;
    for (const char *p = line; p < line + len; p++) {
        for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
            if (p > line && begins(p, titles[i]))
                return column;
        column += (*p & 0xc0) != 0x80;
    }
    return 0;
}

/* Bytes of the first `columns` characters. */
static size_t cut_at(const char *line, size_t len, size_t columns) {
    size_t at = 0;
    while (at < len && (columns > 0 || (line[at] & 0xc0) == 0x80))
        columns -= (line[at++] & 0xc0) != 0x80 && columns > 0;
    return at;
}

void mask_lab(char *text) {
    char *out = text;
    bool latest = false;
    size_t levels = 0;
    for (char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        size_t whole = len + (line[len] == '\n');
        bool frame = !begins(line, "│") && !begins(line, "|");
        levels = frame ? find_levels(line, len) : levels;
        if (latest && !frame) {
            *out++ = '~';
        } else if (strstr(line, " Latest ") && strstr(line, " Latest ") < line + 8) {
            memcpy(out, "Latest", 6);
            out += 6;
            latest = true;
        } else {
            latest = false;
            out = mask_line(line, levels ? cut_at(line, len, levels) : len, out);
        }
        line += whole;
        *out++ = '\n';
    }
    *out = '\0';
}
