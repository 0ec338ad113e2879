#include "ui/prompt.h"

#include <stdio.h>
#include <string.h>

#include "src/base/text.h"

enum { NAMES_MAX = 64 };

static void names_of(const struct keys *keys, unsigned view, const char *typed, const char *between,
                     char *dst, size_t cap) {
    const struct key_row *row;
    size_t len = 0;
    dst[0] = '\0';
    for (size_t i = 0; len < cap && (row = keys_command(keys, view, typed, i)); i++) {
        int n = snprintf(dst + len, cap - len, "%s%s", i ? between : "", row->command);
        len += n > 0 ? (size_t)n : 0;
    }
}

void prompt_draw(const struct prompt *p, const struct keys *keys, unsigned view,
                 const struct canvas *c, int y) {
    bool filter = p->kind == PROMPT_FILTER;
    char hint[512];
    draw_text(c, y, 1, 1, INK_KEY, filter ? "/" : ":");
    if (filter) {
        field_draw(&p->field, c, y, 2, c->cols - 40, true);
        draw_right(c, y, c->cols - 34, 33, INK_DIM, "Enter keeps it · Esc drops it");
        return;
    }
    int typed = c->cols / 3;
    int used = text_width(p->field.text) + 3;
    field_draw(&p->field, c, y, 2, typed, true);
    used = 2 + (used < typed ? used : typed);
    const struct key_row *row = keys_named(keys, view, p->field.text);
    if (row)
        snprintf(hint, sizeof hint, "%s: %s", row->command, row->help);
    else if (keys_command(keys, view, p->field.text, 0))
        names_of(keys, view, p->field.text, "  ", hint, sizeof hint);
    else
        snprintf(hint, sizeof hint, "there is no such command · Esc");
    draw_text(c, y, used, c->cols - used - 16, INK_DIM, hint);
    draw_right(c, y, c->cols - 15, 14, INK_DIM, "Tab completes");
}

void prompt_complete(struct prompt *p, const struct keys *keys, unsigned view) {
    const struct key_row *first = keys_command(keys, view, p->field.text, 0), *row;
    if (!first)
        return;
    size_t sure = strlen(first->command);
    for (size_t i = 1; (row = keys_command(keys, view, p->field.text, i)); i++) {
        size_t same = 0;
        while (same < sure && row->command[same] == first->command[same])
            same++;
        sure = same;
    }
    char text[FIELD_CAP];
    snprintf(text, sizeof text, "%.*s", (int)sure, first->command);
    field_set(&p->field, text);
}

void prompt_unknown(const struct prompt *p, const struct keys *keys, unsigned view, char *dst,
                    size_t cap) {
    const char *names[NAMES_MAX + 1] = {NULL}, *typed = p->field.text;
    const struct key_row *row;
    if (keys_command(keys, view, typed, 0)) {
        char which[256];
        names_of(keys, view, typed, " or ", which, sizeof which);
        snprintf(dst, cap, "which one: %s?", which);
        return;
    }
    for (size_t i = 0; i < NAMES_MAX && (row = keys_command(keys, view, "", i)); i++)
        names[i] = row->command;
    const char *near = text_nearest(typed, names);
    if (near)
        snprintf(dst, cap, "there is no command \"%.40s\": did you mean %s?", typed, near);
    else
        snprintf(dst, cap, "there is no command \"%.40s\": Tab behind : lists them", typed);
}
