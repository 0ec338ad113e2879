#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/words.h"

static const char *const list[] = {"TRAY_", "CIRCUIT_",  "TAL=",     "tray.ready",
                                   "-Aux[", "decision=", "_latency", "xyz",
                                   "aab",   "m_o",       NULL};

/* Where the word is that words_find() stands on, or NULL. */
static bool stands_on_a_word(const struct words *w, const char *from, const char *at,
                             const char *end) {
    for (size_t i = 0; i < w->n; i++) {
        size_t key = w->word[i].key, n = w->word[i].length;
        if ((size_t)(at - from) >= key && (size_t)(end - at) + key >= n &&
            memcmp(at - key, list[i], n) == 0)
            return true;
    }
    return false;
}

static void a_word_is_found_at_every_place(void **state) {
    (void)state;
    struct words w;
    words_init(&w, list);
    bool can = w.wide;
    for (int wide = 0; wide <= can; wide++) {
        w.wide = wide;
        for (size_t i = 0; list[i]; i++)
            for (size_t n = strlen(list[i]); n < 130; n++)
                for (size_t at = 0; at + strlen(list[i]) <= n; at++) {
                    char *run = mem_alloc(n); /* exactly: reading beyond it is seen */
                    memset(run, 'a', n);
                    memcpy(run + at, list[i], strlen(list[i]));
                    const char *hit = words_find(&w, run, run + n);
                    assert_true(hit < run + n && stands_on_a_word(&w, run, hit, run + n));
                    free(run);
                }
    }
}

static void what_is_cut_off_is_no_word(void **state) {
    (void)state;
    struct words w;
    words_init(&w, list);
    for (size_t i = 0; list[i]; i++)
        for (size_t n = 0; n < strlen(list[i]); n++) {
            char *run = mem_alloc(n + 1);
            memcpy(run, list[i], n);
            assert_true(words_find(&w, run, run + n) == run + n);
            memcpy(run, list[i] + 1, n);
            assert_true(words_find(&w, run, run + n) == run + n);
            free(run);
        }
}

static void wide_and_plain_agree_on_noise(void **state) {
    (void)state;
    static const char letters[] = "TRAY_=.xyzaab[-Aum_o\n\xd0";
    struct words wide, plain;
    words_init(&wide, list);
    words_init(&plain, list);
    plain.wide = false;
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        char run[200];
        for (size_t i = 0; i < sizeof run; i++) {
            seed = seed * 1664525U + 1013904223U;
            run[i] = letters[(seed >> 8) % (sizeof letters - 1)];
        }
        const char *end = run + sizeof run;
        for (const char *at = run; at < end; at++) {
            const char *hit = words_find(&wide, at, end);
            assert_true(hit == words_find(&plain, at, end));
            at = hit < end ? hit : end - 1;
        }
        assert_true(words_count_lf(&wide, run, end) == words_count_lf(&plain, run, end));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_found_at_every_place),
        cmocka_unit_test(what_is_cut_off_is_no_word),
        cmocka_unit_test(wide_and_plain_agree_on_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
