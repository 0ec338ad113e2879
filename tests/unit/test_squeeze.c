#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <vterm.h>

#include "ui/squeeze.h"

enum { ROWS = 10, COLS = 40 };

static VTerm *new_vterm(VTermScreen **screen) {
    VTerm *vt = vterm_new(ROWS, COLS);
    vterm_set_utf8(vt, 1);
    *screen = vterm_obtain_screen(vt);
    vterm_screen_reset(*screen, 1);
    return vt;
}

/* What somebody sees: a blank's own colour is invisible. */
static void assert_same_cell(VTermScreen *a, VTermScreen *b, int row, int col) {
    VTermScreenCell x, y;
    VTermPos at = {row, col};
    vterm_screen_get_cell(a, at, &x);
    vterm_screen_get_cell(b, at, &y);
    bool blank = x.chars[0] == 0 || x.chars[0] == ' ';
    bool other = y.chars[0] == 0 || y.chars[0] == ' ';
    assert_int_equal(blank, other);
    assert_int_equal(x.attrs.reverse, y.attrs.reverse);
    assert_true(vterm_color_is_equal(&x.bg, &y.bg));
    if (blank && !x.attrs.reverse)
        return;
    if (!blank)
        assert_int_equal(x.chars[0], y.chars[0]);
    assert_int_equal(x.attrs.bold, y.attrs.bold);
    assert_true(vterm_color_is_equal(&x.fg, &y.fg));
}

/* A run of lines or blocks within one row, as ncurses writes it; one in three ends at the edge, one right
 * before it. */
static void add_run(struct buf *frame) {
    static const char *const glyphs[] = {"─", "█"};
    const char *glyph = glyphs[random() % 2];
    int length = 3 + (int)(random() % 30), last = COLS - (int)(random() % 3);
    int first = last - length + 1 - (random() % 3 ? 0 : (int)(random() % 5));
    buf_addf(frame, "\033[%d;%dH", 1 + (int)(random() % ROWS), first > 1 ? first : 1);
    for (int i = 0; i < length; i++)
        buf_add_text(frame, glyph);
}

static void add_piece(struct buf *frame) {
    static const char *const pieces[] = {
        "text",
        "a b c",
        "  ",
        " ",
        "ж✓",
        "\033[m",
        "\033[0;1m",
        "\033[1m",
        "\033[0;2m",
        "\033(B\033[m",
        "\033[39m",
        "\033[49m",
        "\033[39;49m",
        "\033[31m",
        "\033[38;5;114m",
        "\033[42m",
        "\033[48;5;17m",
        "\033[7m",
        "\033[27m",
        "\033[0;7;38;5;3m",
        "\033[91m",
        "\033[22m",
        "\033[101m",
        "\033[K",
        "\033[5X",
        "\033[1K",
        "\033[2J",
        "\033[38;2;1;2;3m",
        "\033[1;7m",
        "\r",
        "\033[H",
        "│",
    };
    int n = (int)(sizeof pieces / sizeof *pieces);
    int pick = (int)(random() % (n + 7));
    if (pick < n)
        buf_add_text(frame, pieces[pick]);
    else if (pick < n + 3)
        add_run(frame);
    else
        buf_addf(frame, "\033[%d;%dH", 1 + (int)(random() % ROWS),
                 1 + (int)(random() % (COLS / 2)));
}

static void squeezed_frames_look_the_same(void **state) {
    (void)state;
    srandom(11);
    for (int round = 0; round < 400; round++) {
        VTermScreen *plain, *thrifty;
        VTerm *a = new_vterm(&plain), *b = new_vterm(&thrifty);
        struct squeeze s;
        squeeze_init(&s, round % 2);
        for (int f = 0; f < 6; f++) {
            struct buf frame, out;
            buf_init(&frame, 0);
            buf_init(&out, 0);
            for (int i = 0; i < 30; i++) {
                add_piece(&frame);
                if (i % 5 == 0)
                    buf_addf(&frame, "\033[%d;1H", 1 + (int)(random() % ROWS));
            }
            squeeze_frame(&s, frame.data, frame.len, &out);
            if (f == 3)
                squeeze_end(&s, &out); /* somebody else writes; then ncurses starts from scratch */
            vterm_input_write(a, frame.data, frame.len);
            vterm_input_write(b, out.data, out.len);
            for (int row = 0; row < ROWS; row++)
                for (int col = 0; col < COLS; col++)
                    assert_same_cell(plain, thrifty, row, col);
            buf_fini(&frame);
            buf_fini(&out);
        }
        vterm_free(a);
        vterm_free(b);
    }
}

static char *squeeze_text(struct squeeze *s, const char *bytes) {
    struct buf out;
    buf_init(&out, 0);
    squeeze_frame(s, bytes, strlen(bytes), &out);
    if (!out.data)
        buf_add(&out, "", 0);
    return buf_steal(&out);
}

static void expect(struct squeeze *s, const char *bytes, const char *want) {
    char *got = squeeze_text(s, bytes);
    assert_string_equal(got ? got : "", want);
    free(got);
}

static void colours_are_sent_when_something_needs_them(void **state) {
    (void)state;
    struct squeeze s;
    squeeze_init(&s, true);
    expect(&s, "\033[31m\033[39m\033(B\033[m", "");
    expect(&s, "\033[31mx\033[39m\033(B\033[m \033[31my", "\033[;31mx y");
    expect(&s, "\033[1m \033[mz", " \033[39mz");
}

static void runs_of_lines_are_counted(void **state) {
    (void)state;
    struct squeeze s;
    squeeze_init(&s, true);
    expect(&s, "────────", "\033[m─\033[5b──");
    expect(&s, "──────", "──────");
    expect(&s, "───", "───");
    squeeze_init(&s, false);
    expect(&s, "────────", "\033[m────────");
}

static void scroll_margins_are_opened_where_it_is_asked_for(void **state) {
    (void)state;
    struct squeeze s;
    squeeze_init(&s, true);
    expect(&s, "\033[1;24rx", "\033[1;24r\033[mx");
    s.whole = true;
    expect(&s, "\033[1;24ry\033[2;60rz", "\033[ry\033[rz");
}

static void what_is_not_understood_passes(void **state) {
    (void)state;
    struct squeeze s;
    squeeze_init(&s, true);
    expect(&s, "\033[?1049h\033[22;0;0t\033=\033[4:3mx",
           "\033[?1049h\033[22;0;0t\033=\033[m\033[4:3m"
           "\033[mx");
}

static void a_cut_sequence_is_no_disaster(void **state) {
    (void)state;
    static const char *const cut[] = {"\033", "\033[", "\033[3", "\033[38;5;", "\033(", "\xe2\x94"};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        struct squeeze s;
        squeeze_init(&s, true);
        free(squeeze_text(&s, cut[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squeezed_frames_look_the_same),
        cmocka_unit_test(colours_are_sent_when_something_needs_them),
        cmocka_unit_test(runs_of_lines_are_counted),
        cmocka_unit_test(scroll_margins_are_opened_where_it_is_asked_for),
        cmocka_unit_test(what_is_not_understood_passes),
        cmocka_unit_test(a_cut_sequence_is_no_disaster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
