#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"

struct pair {
    const char *from;
    size_t n; /* 0 = strlen */
    const char *to;
};

static void each_kind_of_trick_is_made_visible(void **state) {
    (void)state;
    static const struct pair rows[] = {
        {"plain ~ text", 0, "plain ~ text"},
        {"Привет, 世界 🎉", 0, "Привет, 世界 🎉"},
        {"a\r\nb\nc\rd\te", 0, "a b c d e"},
        {"\x1b[2J\x1b]0;x\x07", 0, "␛[2J␛]0;x␇"},
        {"a\0b", 3, "a␀b"},
        {"\x7f\x08\x0b\x0c\x1f", 0, "␡␈␋␌␟"},
        {"\x9b"
         "31m",
         0, "\\x9B31m"}, /* C1 as one byte */
        {"\xc2\x9b"
         "31m",
         0, "<U+009B>31m"}, /* C1 in UTF-8 */
        {"\xc2\x85\xc2\x80\xc2\x9f", 0, "<U+0085><U+0080><U+009F>"},
        {"a\u202Egnp\u202C", 0, "a<U+202E>gnp<U+202C>"},
        {"\u061C\u200E\u200F\u2066\u2069", 0, "<U+061C><U+200E><U+200F><U+2066><U+2069>"},
        {"2.0\u200B.0\u200D\u2060\uFEFF", 0, "2.0<U+200B>.0<U+200D><U+2060><U+FEFF>"},
        {"so\u00ADft", 0, "so<U+00AD>ft"},
        {"a\U000E0041\U000E007F", 0, "a<U+E0041><U+E007F>"},
        {"\U000E0100", 0, "<U+E0100>"},
        {"\uFFF9\uFFFB", 0, "<U+FFF9><U+FFFB>"},
        {"a\u2028b\u2029", 0, "a<U+2028>b<U+2029>"},
        {"\u3164\uFFA0\u034F\u180E", 0, "<U+3164><U+FFA0><U+034F><U+180E>"},
        {"\xed\xa0\x80", 0, "\\xED\\xA0\\x80"}, /* surrogate */
        {"\xef\xbf\xbe\xf4\x8f\xbf\xbf\xef\xb7\x90", 0, "<U+FFFE><U+10FFFF><U+FDD0>"},
        {"\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf", 0,
         "\\xC0\\xAF\\xE0\\x80\\xAF\\xF0\\x80\\x80\\xAF"}, /* overlong */
        {"\xf4\x90\x80\x80\xff\xfe", 0, "\\xF4\\x90\\x80\\x80\\xFF\\xFE"},
        {"\xe2\x82", 0, "\\xE2\\x82"}, /* truncated */
        {"\xf0\x9f\x8e", 0, "\\xF0\\x9F\\x8E"},
        {"\xe2\x82\xe2\x82\xac", 0, "\\xE2\\x82€"}, /* and sound again */
        {"\xd0\x1b[m", 0, "\\xD0␛[m"},
        {"\u26A0\uFE0F ok 1\uFE0F", 0, "\u26A0 ok 1<U+FE0F>"}, /* emoji variation */
        {"e\u0301", 0, "e\u0301"},
        {"\u0301e", 0, "<U+0301>e"}, /* nothing to stand on */
        {"e\u0301\u0302\u0303\u0304\u0305\u0306", 0, "e\u0301\u0302\u0303\u0304<U+0305>\u0306"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = rows[i].n ? rows[i].n : strlen(rows[i].from);
        char *copy = text_safe_copy(rows[i].from, n);
        assert_string_equal(copy, rows[i].to);
        char small[256];
        assert_int_equal(text_safe(small, sizeof small, rows[i].from, n), strlen(copy));
        assert_string_equal(small, copy);
        free(copy);
    }
}

static bool is_safe(const char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        uint32_t code;
        bool valid;
        i += text_decode(text + i, n - i, &code, &valid);
        if (!valid || !(text_plain(code) || text_char_width(code) == 0))
            return false;
        if (code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E))
            return false;
    }
    return true;
}

static uint32_t next_random(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void random_bytes_come_out_safe_whole_and_within_the_cap(void **state) {
    (void)state;
    static const char *const spice[] = {"\x1b[", "\u202E", "\u0301",  "\uFE0F",
                                        "я",     "🎉",      "\xe2\x80"};
    uint32_t seed = 2463534242u;
    for (int round = 0; round < 20000; round++) {
        char src[64];
        size_t n = 0;
        while (n < sizeof src - 8) {
            uint32_t r = next_random(&seed);
            const char *s = spice[r % 7];
            if (r & 0x10000)
                src[n++] = (char)(r >> 20);
            else
                memcpy(src + n, s, strlen(s)), n += strlen(s);
        }
        char *whole = text_safe_copy(src, n);
        size_t full = strlen(whole);
        assert_true(full <= 4 * n);
        assert_true(is_safe(whole, full));
        char *again = text_safe_copy(whole, full);
        assert_string_equal(again, whole); /* what is safe stays as it is */
        free(again);
        char dst[300];
        size_t cap = next_random(&seed) % (sizeof dst - 1) + 1;
        memset(dst, 'X', sizeof dst);
        size_t len = text_safe(dst, cap, src, n);
        assert_true(len < cap);
        assert_int_equal(dst[len], '\0');
        assert_memory_equal(dst, whole, len);
        assert_true(is_safe(dst, len));
        assert_true(len == full || cap - len <= 10); /* room is not wasted */
        assert_int_equal(dst[cap], 'X');
        free(whole);
    }
}

static void no_room_is_no_crime(void **state) {
    (void)state;
    char one[1] = {'X'};
    assert_int_equal(text_safe(one, 0, "abc", 3), 0);
    assert_int_equal(one[0], 'X');
    assert_int_equal(text_safe(one, 1, "abc", 3), 0);
    assert_int_equal(one[0], '\0');
    assert_int_equal(text_safe(one, 1, NULL, 0), 0);
}

static void every_character_decodes_to_itself_and_back(void **state) {
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        unsigned char b[4];
        size_t n = 0;
        if (c < 0x80)
            b[n++] = (unsigned char)c;
        else if (c < 0x800)
            b[n++] = (unsigned char)(0xC0 | c >> 6);
        else if (c < 0x10000)
            b[n++] = (unsigned char)(0xE0 | c >> 12),
            b[n++] = (unsigned char)(0x80 | (c >> 6 & 63));
        else
            b[n++] = (unsigned char)(0xF0 | c >> 18),
            b[n++] = (unsigned char)(0x80 | (c >> 12 & 63)),
            b[n++] = (unsigned char)(0x80 | (c >> 6 & 63));
        if (c >= 0x80)
            b[n++] = (unsigned char)(0x80 | (c & 63));
        uint32_t code;
        bool valid;
        size_t used = text_decode((char *)b, n, &code, &valid);
        bool surrogate = c >= 0xD800 && c < 0xE000;
        assert_int_equal(valid, !surrogate);
        assert_int_equal(used, surrogate ? 1 : n);
        assert_int_equal(code, surrogate ? 0xFFFD : c);
        char encoded[4];
        assert_true(surrogate || (text_encode(c, encoded) == n && memcmp(encoded, b, n) == 0));
        if (n > 1) {
            assert_int_equal(text_decode((char *)b, n - 1, &code, &valid), 1);
            assert_false(valid);
            assert_int_equal(text_cut((char *)b, n, n - 1), surrogate ? n - 1 : 0);
        }
    }
    uint32_t code;
    bool valid;
    assert_int_equal(text_decode("", 0, &code, &valid), 0);
}

static void columns_do_not_depend_on_the_locale(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int columns;
    } rows[] = {
        {"", 0},   {"abc", 3},       {"Привет", 6},     {"世界", 4},  {"🎉🚀", 4},    {"e\u0301", 1},
        {"й", 1},  {"й", 1},         {"한글", 4},       {"ｆｕ", 4},  {"│▁▂▃█", 5}, {"⣿⠀", 2},
        {"␛[", 2}, {"⚠ ✓ ✗ ● ◐", 9}, {"\U0002A6D6", 2}, {"\\xFF", 4},
    };
    static const char *const locales[] = {"C", "C.UTF-8", "en_US.ISO-8859-1"};
    for (size_t l = 0; l < 3; l++) {
        setlocale(LC_ALL, locales[l]);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            assert_int_equal(text_width(rows[i].text), rows[i].columns);
    }
    setlocale(LC_ALL, "C");
}

static void what_is_cut_ends_with_an_ellipsis(void **state) {
    (void)state;
    static const struct {
        const char *src;
        int columns;
        bool ascii;
        const char *fit;
        int used;
    } rows[] = {
        {"abc", 3, false, "abc", 3},
        {"abcd", 3, false, "ab…", 3},
        {"abcd", 3, true, "ab~", 3},
        {"abcd", 1, false, "…", 1},
        {"abcd", 0, false, "", 0},
        {"abcd", -5, false, "", 0},
        {"", 0, false, "", 0},
        {"世界", 4, false, "世界", 4},
        {"世界人", 4, false, "世…", 3},
        {"世界", 3, false, "世…", 3},
        {"世界", 2, false, "…", 1},
        {"приве́т", 6, false, "приве́т", 6},
        {"приве́т!", 6, false, "приве́…", 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char dst[64];
        assert_int_equal(text_fit(dst, sizeof dst, rows[i].src, rows[i].columns, rows[i].ascii),
                         rows[i].used);
        assert_string_equal(dst, rows[i].fit);
        assert_int_equal(text_width(dst), rows[i].used);
    }
    for (size_t cap = 0; cap < 40; cap++) {
        char dst[41];
        memset(dst, 'X', sizeof dst);
        int used = text_fit(dst, cap, "Привет, 世界 🎉!", 80, false);
        assert_int_equal(dst[cap], 'X');
        if (cap > 0) {
            assert_true(is_safe(dst, strlen(dst)));
            assert_int_equal(text_width(dst), used);
        }
    }
}

static void a_cut_never_ends_inside_a_character(void **state) {
    (void)state;
    const char *text = "aя世🎉z";
    size_t n = strlen(text);
    static const size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t most = 0; most < sizeof ends / sizeof ends[0]; most++)
        assert_int_equal(text_cut(text, n, most), ends[most]);
    assert_int_equal(text_cut("\x80\x80\x80\x80\x80", 5, 4), 4);
}

static void ascii_terminals_get_ascii(void **state) {
    (void)state;
    char text[] = "Привет e\u0301 ␛[0m 🎉!";
    text_to_ascii(text);
    assert_string_equal(text, "?????? e ?[0m ?!");
}

static void the_nearest_word_is_what_was_meant(void **state) {
    (void)state;
    static const char *const words[] = {"happy",        "drift", "closed-beta",
                                        "staging-down", "slow",  NULL};
    assert_string_equal(text_nearest("hapy", words), "happy");
    assert_string_equal(text_nearest("DRIFT", words), "drift");
    assert_string_equal(text_nearest("closed_beta", words), "closed-beta");
    assert_string_equal(text_nearest("slwo", words), "slow");
    assert_null(text_nearest("xyzzy", words));
    assert_null(text_nearest("", words));
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("", "abc"), 3);
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(text_distance(longest, "a"), 63);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_trick_is_made_visible),
        cmocka_unit_test(random_bytes_come_out_safe_whole_and_within_the_cap),
        cmocka_unit_test(no_room_is_no_crime),
        cmocka_unit_test(every_character_decodes_to_itself_and_back),
        cmocka_unit_test(columns_do_not_depend_on_the_locale),
        cmocka_unit_test(what_is_cut_ends_with_an_ellipsis),
        cmocka_unit_test(a_cut_never_ends_inside_a_character),
        cmocka_unit_test(ascii_terminals_get_ascii),
        cmocka_unit_test(the_nearest_word_is_what_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
