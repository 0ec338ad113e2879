#include "ui/field.h"

#include <curses.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "src/base/text.h"

enum { ESC = 27, CTRL_U = 21, CTRL_W = 23, CTRL_H = 8, DEL = 127 };

void field_set(struct field *f, const char *text) {
    snprintf(f->text, sizeof f->text, "%s", text);
}

static size_t room(const struct field *f) {
    return f->cap && f->cap < sizeof f->text ? f->cap : sizeof f->text;
}

/* What text_safe() would change is no text to type. */
static void add(struct field *f, uint32_t code) {
    size_t len = strlen(f->text);
    char bytes[MB_LEN_MAX] = {0}, safe[2 * FIELD_CAP];
    int n = code < 0x20 ? 0 : wctomb(bytes, (wchar_t)code);
    if (n <= 0 || len + (size_t)n >= room(f))
        return;
    memcpy(f->text + len, bytes, (size_t)n);
    f->text[len + (size_t)n] = '\0';
    text_safe(safe, sizeof safe, f->text, len + (size_t)n);
    if (strcmp(safe, f->text) != 0)
        f->text[len] = '\0';
}

static void erase_last(struct field *f) {
    size_t len = strlen(f->text);
    while (len > 0 && ((unsigned char)f->text[--len] & 0xC0) == 0x80) {
    }
    f->text[len] = '\0';
}

static void erase_word(struct field *f) {
    size_t len = strlen(f->text);
    while (len > 0 && f->text[len - 1] == ' ')
        len--;
    while (len > 0 && f->text[len - 1] != ' ')
        len--;
    f->text[len] = '\0';
}

enum field_answer field_key(struct field *f, enum term_key_kind kind, uint32_t key) {
    bool text = kind == TERM_KEY_TEXT;
    if (!text) {
        if (key == KEY_ENTER)
            return FIELD_ENTER;
        if (key != KEY_BACKSPACE)
            return FIELD_OTHER;
        erase_last(f);
        return FIELD_CHANGED;
    }
    switch (key) {
    case '\r':
    case '\n':
        return FIELD_ENTER;
    case ESC:
        return FIELD_ESCAPE;
    case '\t':
        return FIELD_OTHER;
    case CTRL_U:
        f->text[0] = '\0';
        break;
    case CTRL_W:
        erase_word(f);
        break;
    case CTRL_H:
    case DEL:
        erase_last(f);
        break;
    default:
        add(f, key);
        break;
    }
    return FIELD_CHANGED;
}

void field_draw(const struct field *f, const struct canvas *c, int y, int x, int columns,
                bool live) {
    const char *shown = f->text;
    int most = columns - live;
    while (*shown && text_width(shown) > most) {
        uint32_t code;
        bool valid;
        shown += text_decode(shown, strlen(shown), &code, &valid);
    }
    int used = draw_text(c, y, x, most, INK_STRONG, shown);
    if (live)
        draw_text(c, y, x + used, 1, INK_KEY, draw_sign(c, SIGN_CURSOR));
}
