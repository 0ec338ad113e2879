#include "ui/theme.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>

enum { TERMINAL_OWN = -1, LEVEL_RGB = 1 << 24 };

struct tint {
    int rgb;    /* on terminals that take 16 million directly */
    int of_256; /* xterm's palette */
    int of_16;  /* ANSI; 8 and up are the bright ones */
};

#define NONE \
    { TERMINAL_OWN, TERMINAL_OWN, TERMINAL_OWN }

/* Row = ink. `plain` is the look without colour. */
static const struct {
    struct tint tints[2]; /* THEME_DARK, THEME_LIGHT */
    attr_t attrs;
    attr_t plain;
} table[INK_COUNT] = {
    [INK_TEXT] = {{NONE, NONE}, A_NORMAL, A_NORMAL},
    [INK_DIM] = {{{0x8a8f98, 245, 8}, {0x6b7078, 242, 8}}, A_NORMAL, A_DIM},
    [INK_FRAME] = {{{0x4e5560, 240, 8}, {0xb0b6c0, 249, 7}}, A_NORMAL, A_DIM},
    [INK_TITLE] = {{{0xc6ccd6, 252, 7}, {0x30353d, 236, 0}}, A_BOLD, A_BOLD},
    [INK_STRONG] = {{NONE, NONE}, A_BOLD, A_BOLD},
    [INK_PASS] = {{{0x7fd88f, 114, 2}, {0x1a7f37, 28, 2}}, A_NORMAL, A_NORMAL},
    [INK_FAIL] = {{{0xff6b63, 203, 9}, {0xc4201d, 160, 1}}, A_BOLD, A_BOLD},
    [INK_WAIT] = {{{0xf2c55c, 221, 11}, {0x9a6700, 94, 3}}, A_NORMAL, A_NORMAL},
    [INK_UNKNOWN] = {{{0xc39bff, 141, 13}, {0x6f42c1, 91, 5}}, A_NORMAL, A_NORMAL},
    [INK_KEY] = {{{0x79c0ff, 117, 14}, {0x0a5ca8, 25, 4}}, A_NORMAL, A_BOLD},
    [INK_ALERT] = {{{0xffb05c, 215, 11}, {0xb35900, 130, 1}}, A_BOLD, A_BOLD},
};

static const struct tint selection[2] = {{0x30363f, 237, TERMINAL_OWN},
                                         {0xdde3ec, 254, TERMINAL_OWN}};

static const char *const names[THEME_LOOKS] = {"dark", "light", "mono"};

static int pick(const struct theme *t, const struct tint *tint) {
    if (tint->of_16 == TERMINAL_OWN && tint->of_256 == TERMINAL_OWN)
        return TERMINAL_OWN;
    if (t->level >= LEVEL_RGB)
        return tint->rgb;
    if (t->level >= 256)
        return tint->of_256;
    if (t->level >= 16 || tint->of_16 < 8)
        return tint->of_16;
    /* Eight colours have no grey; the bright ones fall back to their dark twins. */
    return tint->of_16 == 8 ? TERMINAL_OWN : tint->of_16 - 8;
}

static int pair_of(enum ink ink, bool selected) {
    return 1 + (int)ink + (selected ? INK_COUNT : 0);
}

static void fill_pairs(const struct theme *t) {
    if (!t->colours || t->look == THEME_MONO)
        return;
    for (int ink = 0; ink < INK_COUNT; ink++) {
        int fore = pick(t, &table[ink].tints[t->look]);
        init_extended_pair(pair_of((enum ink)ink, false), fore, TERMINAL_OWN);
        init_extended_pair(pair_of((enum ink)ink, true), fore, pick(t, &selection[t->look]));
    }
}

static bool background_is_light(void) {
    const char *hint = getenv("COLORFGBG"); /* "15;0", "0;default;15": the last is the background */
    const char *last = hint ? strrchr(hint, ';') : NULL;
    return last && (strcmp(last, ";7") == 0 || strcmp(last, ";15") == 0);
}

void theme_init(struct theme *t) {
    const char *no_color = getenv("NO_COLOR");
    bool refused = no_color && *no_color;
    memset(t, 0, sizeof *t);
    t->colours = !refused && has_colors() && start_color() == OK && COLOR_PAIRS > 2 * INK_COUNT;
    if (!t->colours) {
        t->look = THEME_MONO;
        return;
    }
    use_default_colors();
    t->level = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : 8;
    if (tigetflag("RGB") > 0 && COLORS >= LEVEL_RGB)
        t->level = LEVEL_RGB;
    t->look = background_is_light() ? THEME_LIGHT : THEME_DARK;
    fill_pairs(t);
}

void theme_next(struct theme *t) {
    if (t->colours) {
        t->look = (enum theme_look)((t->look + 1) % THEME_LOOKS);
        fill_pairs(t);
    }
}

const char *theme_name(const struct theme *t) {
    return names[t->look];
}

void theme_use(const struct theme *t, enum ink ink, bool selected) {
    if (!t->colours || t->look == THEME_MONO) {
        attr_set(selected ? A_REVERSE | (table[ink].plain & ~A_DIM) : table[ink].plain, 0, NULL);
        return;
    }
    attr_t attrs = table[ink].attrs;
    if (selected && t->level < 256) {
        attrs |= A_REVERSE;
        ink = INK_TEXT; /* eight colours reversed would make a patchwork of the row */
    }
    attr_set(attrs, (short)pair_of(ink, selected), NULL);
}

struct shade theme_shade(const struct theme *t, unsigned long attrs, int pair) {
    struct shade shade = {
        .fore = SHADE_OWN,
        .back = SHADE_OWN,
        .fore_256 = SHADE_OWN,
        .back_256 = SHADE_OWN,
        .bold = (attrs & A_BOLD) != 0,
        .dim = (attrs & A_DIM) != 0,
        .reverse = (attrs & A_REVERSE) != 0,
    };
    if (!t->colours || t->look == THEME_MONO || pair < 1 || pair > 2 * INK_COUNT)
        return shade;
    const struct tint *ink = &table[(pair - 1) % INK_COUNT].tints[t->look];
    shade.fore = ink->rgb;
    shade.fore_256 = ink->of_256;
    if (pair > INK_COUNT && !shade.reverse) {
        shade.back = selection[t->look].rgb;
        shade.back_256 = selection[t->look].of_256;
    }
    return shade;
}

struct shade theme_page(const struct theme *t) {
    struct shade page = {.fore = 0xd7dce4, .back = 0x14171c};
    if (t->look != THEME_DARK) { /* mono too: it will be printed */
        page.fore = 0x1d2127;
        page.back = 0xffffff;
    }
    return page;
}
