/* Sparkle's comparison: a table with its reasons, and laws over generated versions. */
#include "src/model/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int sign(int v) {
    return (v > 0) - (v < 0);
}

static const struct {
    const char *a;
    char order;
    const char *b;
    const char *why;
} table[] = {
    {"2.0.0.19", '<', "2.0.0.20", "numbers are compared as numbers, not as text"},
    {"2.0.0.9", '<', "2.0.0.10", "the same, where the text order is the other way round"},
    {"2.0", '>', "1.1", "the first part decides"},
    {"0.1", '>', "0.0.1", "the first difference decides, not the length"},
    {"0.1", '<', "0.1.2", "padding puts 0 against 2"},
    {"1.0", '=', "1.0.0", "the leading run is padded"},
    {"1", '=', "1.0.0.0.0", "padded as far as it takes"},
    {"1.1.1.1818", '=', "1.1.1.1818.0", "the same with a long run"},
    {"201210251627", '=', "201210251627.0", "dates are numbers"},
    {"201210251627", '<', "201211051041", "dates in order"},
    {"1.0b1", '<', "1.0", "letters make a pre-release: the shorter is newer"},
    {"1.0b", '<', "1.0b2", "a number left over: the longer is newer"},
    {"1.0a1", '<', "1.0b1", "letters by code"},
    {"1.0B1", '<', "1.0b1", "by code: capitals come first"},
    {"1.0b9", '<', "1.0b10", "numbers behind letters are numbers too"},
    {"1.0rc", '<', "1.0", "any letters"},
    {"1.0pre1", '=', "1.0.0pre1", "padding happens in front of the letters"},
    {"1.5.5", '<', "1.5.6a1", "a pre-release of the next is newer than this"},
    {"1.1.1b2", '<', "1.1.2a1", "the run decides before the letters"},
    {"0.9", '<', "1.0a1", "the same"},
    {"1.5.5-335d3e2", '=', "1.5.5-a655360", "what stands behind a - does not count"},
    {"1.5-335d3e2", '=', "1.5.0-1", "cut first, then padded"},
    {"1.5.5-335d3e2", '<', "1.5.6-b252311", "what stands before it does"},
    {"1.0-beta", '=', "1.0", "so a semantic pre-release is no older"},
    {"1.0 (1234)", '<', "1.0 (1235)", "blanks and brackets separate"},
    {"1.0b5 (1234)", '<', "1.0.1b5 (1234)", "1.0 is padded to 1.0.0, then 0 < 1"},
    {"3.3 (5847)", '=', "3.3.0 (5847)", "padding stops at the blank"},
    {"3.3 (5847)", '<', "3.3.1b1 (5902)", "padding brings 0 against 1"},
    {"1.0 2", '=', "1.0_2", "all separators are equal"},
    {"1.0,2", '=', "1.0/2", "the same; a comma is no period, so nothing is padded with it"},
    {"1,0", '>', "1", "a separator left over: the longer is newer"},
    {"1.0+5", '<', "1.0", "+ is a letter, not a separator"},
    {"1.0~1", '<', "1.0", "~ too"},
    {"1.0_1", '>', "1.0", "_ is a separator"},
    {"1.b", '<', "1.1", "a number beats letters"},
    {"1._", '>', "1.b", "a separator beats letters"},
    {"1.1", '>', "1..", "a number beats a separator"},
    {"1.", '=', "1", "a final period meets padding"},
    {"", '=', "0", "nothing is padded with zeros"},
    {"", '<', "1", "and so is older than anything"},
    {"", '>', "beta", "but letters are older still"},
    {"-", '>', "-x", "a - that is first is a part; x is letters left over"},
    {"007", '=', "7", "leading zeros do not count"},
    {"18446744073709551616", '>', "18446744073709551615", "numbers go beyond 64 bits"},
    {"100000000000000000000000000000000000000000", '>', "99999999999999999999999999999999999999999",
     "and far beyond"},
    {"1.0β", '<', "1.0", "letters of any script are letters"},
    {"1.0α", '<', "1.0β", "and in their order"},
    {"1.0\u00a02", '=', "1.0 2", "a no-break space separates too"},
    {"1.0\xff", '<', "1.0", "what is no UTF-8 is letters"},
};

static void table_holds_both_ways(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int want = table[i].order == '<' ? -1 : table[i].order == '>';
        if (sign(version_compare(table[i].a, table[i].b)) != want ||
            sign(version_compare(table[i].b, table[i].a)) != -want)
            fail_msg("%s %c %s: %s", table[i].a, table[i].order, table[i].b, table[i].why);
    }
}

/* ---- an oracle: the rules of domain §7 word for word, slow and with copies ---- */

enum { PARTS = 512 };
struct split {
    size_t n, lead;
    struct {
        char class; /* n number, l letters, . period, s other separator */
        char text[260];
    } part[PARTS];
};

static char class_of(char c) {
    if (c >= '0' && c <= '9')
        return 'n';
    if (c == '.')
        return '.';
    return c == ' ' || c == '_' || c == '(' || c == ')' || c == '-' ? 's' : 'l';
}

static void split(struct split *s, const char *text) {
    *s = (struct split){0};
    for (size_t i = 0; text[i] != '\0' && (text[i] != '-' || i == 0); i++) {
        char c = class_of(text[i]);
        bool joins = s->n > 0 && c == s->part[s->n - 1].class && (c == 'n' || c == 'l');
        if (!joins)
            s->part[s->n++].class = c;
        char *to = s->part[s->n - 1].text;
        size_t len = strlen(to);
        to[len] = text[i];
        to[len + 1] = '\0';
    }
    while (s->lead < s->n && (s->part[s->lead].class == 'n' || s->part[s->lead].class == '.'))
        s->lead++;
}

static void pad(struct split *s, const struct split *like) {
    while (s->lead < like->lead) {
        memmove(&s->part[s->lead + 1], &s->part[s->lead], (s->n - s->lead) * sizeof s->part[0]);
        s->part[s->lead].class = like->part[s->lead].class;
        snprintf(s->part[s->lead].text, sizeof s->part[0].text, "%s",
                 s->part[s->lead].class == 'n' ? "0" : ".");
        s->n++;
        s->lead++;
    }
}

static int rank(char class) {
    return class == 'n' ? 2 : class == 'l' ? 0 : 1;
}

static int oracle(const char *a, const char *b) {
    static struct split x, y;
    split(&x, a);
    split(&y, b);
    pad(&x, &y);
    pad(&y, &x);
    for (size_t i = 0; i < x.n && i < y.n; i++) {
        int ra = rank(x.part[i].class), rb = rank(y.part[i].class);
        if (ra != rb)
            return sign(ra - rb);
        if (ra == 2) {
            long long va = 0, vb = 0;
            sscanf(x.part[i].text, "%lld", &va);
            sscanf(y.part[i].text, "%lld", &vb);
            if (va != vb)
                return va > vb ? 1 : -1;
        } else if (ra == 0 && strcmp(x.part[i].text, y.part[i].text) != 0) {
            return sign(strcmp(x.part[i].text, y.part[i].text));
        }
    }
    if (x.n == y.n)
        return 0;
    const struct split *longer = x.n > y.n ? &x : &y;
    bool letters = longer->part[x.n < y.n ? x.n : y.n].class == 'l';
    return (longer == &x) != letters ? 1 : -1;
}

/* ---- generated versions ---- */

static uint32_t seed;
static uint32_t roll(uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* Any text over an alphabet that hits every rule. */
static void any_text(char *dst) {
    static const char alphabet[] = "0011299..ab_( )-+";
    size_t len = roll(9);
    for (size_t i = 0; i < len; i++)
        dst[i] = alphabet[roll(sizeof alphabet - 1)];
    dst[len] = '\0';
}

/* What people release: numbers and periods, then perhaps letters, a build in brackets, a hash. */
static void release_text(char *dst, size_t cap) {
    int at = snprintf(dst, cap, "%u", roll(3));
    for (uint32_t i = roll(4); i > 0; i--)
        at += snprintf(dst + at, cap - (size_t)at, ".%u", roll(3));
    static const char *const tails[] = {"", "", "a", "b", "b1", "b2", "rc1", "b10"};
    at += snprintf(dst + at, cap - (size_t)at, "%s", tails[roll(8)]);
    if (roll(4) == 0)
        at += snprintf(dst + at, cap - (size_t)at, " (%u)", roll(3));
    if (roll(4) == 0)
        snprintf(dst + at, cap - (size_t)at, "-%x", roll(65536));
}

static void agrees_with_the_rules_word_for_word(void **state) {
    (void)state;
    seed = 7;
    for (int i = 0; i < 200000; i++) {
        char a[32], b[32];
        any_text(a);
        any_text(b);
        if (sign(version_compare(a, b)) != oracle(a, b))
            fail_msg("\"%s\" and \"%s\": %d, the rules say %d", a, b, version_compare(a, b),
                     oracle(a, b));
    }
}

static void any_text_is_reflexive_and_antisymmetric(void **state) {
    (void)state;
    seed = 11;
    for (int i = 0; i < 200000; i++) {
        char a[32], b[32];
        any_text(a);
        any_text(b);
        assert_int_equal(version_compare(a, a), 0);
        assert_int_equal(sign(version_compare(a, b)), -sign(version_compare(b, a)));
    }
}

static void releases_are_transitive(void **state) {
    (void)state;
    seed = 13;
    for (int i = 0; i < 300000; i++) {
        char a[64], b[64], c[64];
        release_text(a, sizeof a);
        release_text(b, sizeof b);
        release_text(c, sizeof c);
        int ab = sign(version_compare(a, b)), bc = sign(version_compare(b, c));
        int ac = sign(version_compare(a, c));
        if ((ab <= 0 && bc <= 0 && ac > 0) || (ab == 0 && bc == 0 && ac != 0) ||
            (ab <= 0 && bc < 0 && ac >= 0) || (ab < 0 && bc <= 0 && ac >= 0))
            fail_msg("%s, %s, %s are not in order", a, b, c);
    }
}

static void padding_changes_nothing(void **state) {
    (void)state;
    seed = 17;
    for (int i = 0; i < 100000; i++) {
        char run[32], tail[16], a[64], b[64];
        int at = snprintf(run, sizeof run, "%u", roll(30));
        for (uint32_t k = roll(3); k > 0; k--)
            at += snprintf(run + at, sizeof run - (size_t)at, ".%u", roll(30));
        static const char *const tails[] = {"", "b1", " (5)", "-x", "_2"};
        snprintf(tail, sizeof tail, "%s", tails[roll(5)]);
        snprintf(a, sizeof a, "%s%s", run, tail);
        snprintf(b, sizeof b, "%s%s%s", run, roll(2) ? ".0" : ".0.0.0", tail);
        assert_int_equal(version_compare(a, b), 0);
    }
}

static void plausible_is_what_people_release(void **state) {
    (void)state;
    char longest[VERSION_CAP + 1];
    memset(longest, '1', sizeof longest);
    longest[VERSION_CAP] = '\0';
    assert_false(version_plausible(longest));
    longest[VERSION_CAP - 1] = '\0';
    assert_true(version_plausible(longest));
    assert_true(version_plausible("2.0.0.20"));
    assert_true(version_plausible("1.0b1"));
    assert_false(version_plausible(""));
    assert_false(version_plausible("v2.0"));
    assert_false(version_plausible("2.0 "));
    assert_false(version_plausible("2.0\n"));
    assert_false(version_plausible("2.0\x1b[31m"));
    assert_false(version_plausible("2.0\u00a0"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_holds_both_ways),
        cmocka_unit_test(agrees_with_the_rules_word_for_word),
        cmocka_unit_test(any_text_is_reflexive_and_antisymmetric),
        cmocka_unit_test(releases_are_transitive),
        cmocka_unit_test(padding_changes_nothing),
        cmocka_unit_test(plausible_is_what_people_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
