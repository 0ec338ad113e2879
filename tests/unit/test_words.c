#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/words.h"

static const char *const list[] = {"TRAY_",     "CIRCUIT_", "TAL=", "tray.ready", "-Aux[",
                                   "decision=", "_latency", "xyz",  "aab",        "m_o",
                                   "голос",     "z]",       NULL};

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
    uint64_t lines = 0;
    words_init(&w, list);
    for (int speed = (int)w.speed; speed >= WORDS_PLAIN; speed--) {
        w.speed = (enum words_speed)speed;
        for (size_t i = 0; list[i]; i++)
            for (size_t n = strlen(list[i]); n < 150; n++)
                for (size_t at = 0; at + strlen(list[i]) <= n; at++) {
                    char *run = mem_alloc(n); /* exactly: reading beyond it is seen */
                    memset(run, 'a', n);
                    memcpy(run + at, list[i], strlen(list[i]));
                    const char *hit = words_find(&w, run, run + n, &lines);
                    assert_true(hit < run + n && stands_on_a_word(&w, run, hit, run + n));
                    free(run);
                }
    }
}

static void what_is_cut_off_is_no_word(void **state) {
    (void)state;
    struct words w;
    uint64_t lines = 0;
    words_init(&w, list);
    for (size_t i = 0; list[i]; i++)
        for (size_t n = 0; n < strlen(list[i]); n++) {
            char *run = mem_alloc(n + 1);
            memcpy(run, list[i], n);
            assert_true(words_find(&w, run, run + n, &lines) == run + n);
            memcpy(run, list[i] + 1, n);
            assert_true(words_find(&w, run, run + n, &lines) == run + n);
            free(run);
        }
}

/* Of every place, as far as `end`: the next word, and how many line ends stand ahead of it. */
static void must_agree(struct words *w, const char *run, const char *end) {
    enum words_speed can = w->speed;
    for (const char *at = run; at < end; at++) {
        uint64_t lines = 0;
        w->speed = WORDS_PLAIN;
        const char *hit = words_find(w, at, end, &lines);
        assert_true(lines == words_count_lf(w, at, hit));
        for (int speed = (int)can; speed > WORDS_PLAIN; speed--) {
            uint64_t also = 0;
            w->speed = (enum words_speed)speed;
            assert_true(words_find(w, at, end, &also) == hit);
            assert_true(also == lines && words_count_lf(w, at, hit) == lines);
        }
        at = hit < end ? hit : end - 1;
    }
    w->speed = can;
}

static void wide_and_plain_agree_on_noise(void **state) {
    (void)state;
    static const char letters[] = "TRAY_=.xyzaab[-Aum_o\n\xd0\xb3\xbe";
    struct words w;
    words_init(&w, list);
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        char run[400];
        for (size_t i = 0; i < sizeof run; i++) {
            seed = seed * 1664525U + 1013904223U;
            run[i] = letters[(seed >> 8) % (sizeof letters - 1)];
        }
        must_agree(&w, run, run + sizeof run);
    }
}

/* More words than there are groups share bits, and any byte may stand anywhere. */
static void many_words_in_any_bytes_are_found_alike(void **state) {
    (void)state;
    char text[WORDS_MAX][4];
    const char *many[WORDS_MAX + 1] = {0};
    uint32_t seed = 7;
    for (size_t i = 0; i < WORDS_MAX; i++) {
        for (size_t k = 0; k < 3; k++) {
            seed = seed * 1664525U + 1013904223U;
            text[i][k] = (char)(1 + (seed >> 16) % 255);
        }
        text[i][3] = '\0';
        many[i] = text[i];
    }
    struct words w;
    words_init(&w, many);
    assert_int_equal(w.n, WORDS_MAX);
    for (int round = 0; round < 500; round++) {
        char run[500];
        for (size_t i = 0; i < sizeof run; i++) {
            seed = seed * 1664525U + 1013904223U;
            run[i] = (seed >> 28) ? (char)(seed >> 16) : text[(seed >> 8) % WORDS_MAX][i % 3];
        }
        for (size_t i = 0; i < 8; i++)
            memcpy(run + 60 * i + (seed >> 20) % 50, text[(seed >> (3 * i)) % WORDS_MAX], 3);
        must_agree(&w, run, run + sizeof run);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_found_at_every_place),
        cmocka_unit_test(what_is_cut_off_is_no_word),
        cmocka_unit_test(wide_and_plain_agree_on_noise),
        cmocka_unit_test(many_words_in_any_bytes_are_found_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
