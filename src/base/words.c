/* The way of Hyperscan's Teddy: bytes of each word, looked up for 32 or 64 places at
 * once. The two that are rarest settle nearly all, the one behind them the rest; what may be a word is
 * then compared. */
#include "src/base/words.h"

#include <limits.h>
#include <string.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define WIDE 1
#include <immintrin.h>
#endif

enum { GROUPS = 8 };

/* Lower case is what a log is made of; of the rest a good part stands in every time and number. */
static int rarity(char c) {
    if (c >= 'a' && c <= 'z')
        return 0;
    if ((c >= '0' && c <= '9') || strchr(" ,:.-", c))
        return 1;
    return c >= 'A' && c <= 'Z' ? 2 : 4;
}

/* A key at a word's end has two bytes, and anything behind them. */
static size_t rarest(const char *word, size_t n) {
    size_t best = 0;
    int most = -1;
    for (size_t at = 0; at + 1 < n; at++) {
        int rare = 3 * (rarity(word[at]) + rarity(word[at + 1]));
        rare += at + 2 < n ? rarity(word[at + 2]) + 1 : 0;
        if (rare > most) {
            most = rare;
            best = at;
        }
    }
    return best;
}

/* May the place `k` of a key hold the byte? */
static bool allows(const struct words *w, size_t i, size_t k, unsigned byte) {
    size_t at = w->word[i].key + k;
    return at >= w->word[i].length || (unsigned char)w->word[i].text[at] == byte;
}

/* How many keys of 128 by 128 by 128 a group lets through, word `i` among them or not. */
static uint64_t width(const struct words *w, uint8_t group, size_t i, bool with) {
    uint64_t all = 1;
    for (size_t k = 0; k < WORDS_KEY; k++) {
        uint64_t n = 0;
        for (unsigned c = 0; c <= SCHAR_MAX; c++)
            n += w->either[k][c] & group ||
                 (with && (allows(w, i, k, c) || allows(w, i, k, c | 128)));
        all *= n;
    }
    return all;
}

/* The group that word `i` makes least wider: bytes of words in one group mix. */
static uint8_t group_for(const struct words *w, size_t i) {
    uint8_t best = 1;
    uint64_t least = UINT64_MAX;
    for (unsigned g = 0; g < GROUPS; g++) {
        uint8_t group = (uint8_t)(1U << g);
        uint64_t wider = width(w, group, i, true) - width(w, group, i, false);
        if (wider < least) {
            least = wider;
            best = group;
        }
    }
    return best;
}

static void add_word(struct words *w, const char *text) {
    size_t i = w->n++, length = strlen(text), key = rarest(text, length);
    w->word[i].text = text;
    w->word[i].length = length;
    w->word[i].key = key;
    w->starts[(unsigned char)text[key]] |= UINT32_C(1) << i;
    uint8_t group = group_for(w, i);
    for (size_t k = 0; k < WORDS_KEY; k++) {
        for (unsigned c = 0; c <= UCHAR_MAX; c++) {
            if (!allows(w, i, k, c))
                continue;
            w->low[k][c & 15] |= group;
            w->high[k][c >> 4] |= group;
            w->either[k][c & 127] |= group;
        }
    }
}

void words_init(struct words *w, const char *const *list) {
    memset(w, 0, sizeof *w);
    while (list[w->n] && w->n < WORDS_MAX)
        add_word(w, list[w->n]);
#ifdef WIDE
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"))
        w->speed = WORDS_AVX2;
    if (w->speed == WORDS_AVX2 && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vbmi"))
        w->speed = WORDS_VBMI;
#endif
}

/* Does a word have its key here, and lie whole within the run? */
static bool is_word(const struct words *w, const char *from, const char *at, const char *end) {
    for (uint32_t may = w->starts[(unsigned char)*at]; may; may &= may - 1) {
        size_t i = (size_t)__builtin_ctz(may), key = w->word[i].key, length = w->word[i].length;
        if ((size_t)(at - from) >= key && (size_t)(end - at) >= length - key &&
            memcmp(at - key, w->word[i].text, length) == 0)
            return true;
    }
    return false;
}

static const char *find_plain(const struct words *w, const char *from, const char *at,
                              const char *end, uint64_t *lines) {
    for (; at < end; at++) {
        if (w->starts[(unsigned char)*at] && is_word(w, from, at, end))
            return at;
        *lines += *at == '\n';
    }
    return end;
}

static uint64_t count_plain(const char *from, const char *end) {
    uint64_t n = 0;
    for (; from < end; from++)
        n += *from == '\n';
    return n;
}

#ifdef WIDE

#define AVX2 __attribute__((target("avx2,popcnt")))
#define VBMI __attribute__((target("avx512bw,avx512vbmi,popcnt")))

enum { STEP = 32, STEP_VBMI = 64 };

/* The next place where a key may stand, or the first of the last few bytes, fewer than a load; *rest tells
 * which. These call nothing, so that all that they need stays in registers, and keep what is rare out of
 * the loop's way: each makes them twice as fast. */
typedef const char *candidate(const struct words *w, const char *at, const char *end,
                              uint64_t *lines, bool *rest);

AVX2 static inline __m256i load(const char *at) {
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

AVX2 static inline unsigned lines_of(__m256i bytes) {
    return (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')));
}

/* A place of the keys, by nibble. */
struct place {
    __m256i low, high;
};

AVX2 static inline struct place place(const struct words *w, size_t k) {
    const __m128i *low = (const __m128i *)(const void *)w->low[k];
    const __m128i *high = (const __m128i *)(const void *)w->high[k];
    return (struct place){_mm256_broadcastsi128_si256(_mm_loadu_si128(low)),
                          _mm256_broadcastsi128_si256(_mm_loadu_si128(high))};
}

/* For each of 32 bytes the groups of words that have such a byte at this place of their key. */
AVX2 static inline __m256i groups(__m256i bytes, struct place p) {
    __m256i nibble = _mm256_set1_epi8(15);
    __m256i l = _mm256_shuffle_epi8(p.low, _mm256_and_si256(bytes, nibble));
    __m256i h = _mm256_shuffle_epi8(p.high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    return _mm256_and_si256(l, h);
}

AVX2 static const char *candidate_avx2(const struct words *w, const char *at, const char *end,
                                       uint64_t *lines, bool *rest) {
    struct place first = place(w, 0), second = place(w, 1), third = place(w, 2);
    uint64_t n = 0;
    for (; end - at >= STEP + WORDS_KEY - 1; at += STEP) {
        __m256i bytes = load(at);
        unsigned lf = lines_of(bytes);
        __m256i may = _mm256_and_si256(groups(bytes, first), groups(load(at + 1), second));
        if (__builtin_expect(!_mm256_testz_si256(may, may), 0)) {
            may = _mm256_and_si256(may, groups(load(at + 2), third));
            __m256i none = _mm256_cmpeq_epi8(may, _mm256_setzero_si256());
            unsigned hits = ~(unsigned)_mm256_movemask_epi8(none);
            if (hits) {
                unsigned ahead = (hits & -hits) - 1;
                *lines += n + (unsigned)__builtin_popcount(lf & ahead);
                *rest = false;
                return at + __builtin_popcount(ahead);
            }
        }
        n += (unsigned)__builtin_popcount(lf);
    }
    *lines += n;
    *rest = true;
    return at;
}

/* The same for 64 bytes, all seven bits of them in one look-up. */
struct place_vbmi {
    __m512i low, high;
};

VBMI static inline struct place_vbmi place_vbmi(const struct words *w, size_t k) {
    return (struct place_vbmi){_mm512_loadu_si512(w->either[k]),
                               _mm512_loadu_si512(w->either[k] + STEP_VBMI)};
}

VBMI static inline __m512i load_vbmi(const char *at) {
    return _mm512_loadu_si512(at);
}

VBMI static inline __m512i groups_vbmi(__m512i bytes, struct place_vbmi p) {
    return _mm512_permutex2var_epi8(p.low, bytes, p.high);
}

VBMI static const char *candidate_vbmi(const struct words *w, const char *at, const char *end,
                                       uint64_t *lines, bool *rest) {
    struct place_vbmi first = place_vbmi(w, 0), second = place_vbmi(w, 1), third = place_vbmi(w, 2);
    uint64_t n = 0;
    for (; end - at >= STEP_VBMI + WORDS_KEY - 1; at += STEP_VBMI) {
        __m512i bytes = load_vbmi(at);
        uint64_t lf = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n'));
        __m512i may =
            _mm512_and_si512(groups_vbmi(bytes, first), groups_vbmi(load_vbmi(at + 1), second));
        if (__builtin_expect(_mm512_test_epi8_mask(may, may) != 0, 0)) {
            uint64_t hits = _mm512_test_epi8_mask(may, groups_vbmi(load_vbmi(at + 2), third));
            if (hits) {
                uint64_t ahead = (hits & -hits) - 1;
                *lines += n + (uint64_t)__builtin_popcountll(lf & ahead);
                *rest = false;
                return at + __builtin_popcountll(ahead);
            }
        }
        n += (uint64_t)__builtin_popcountll(lf);
    }
    *lines += n;
    *rest = true;
    return at;
}

static const char *find_wide(candidate *next, const struct words *w, const char *from,
                             const char *end, uint64_t *lines) {
    bool rest;
    for (const char *at = from;; at++) {
        at = next(w, at, end, lines, &rest);
        if (rest)
            return find_plain(w, from, at, end, lines);
        if (is_word(w, from, at, end))
            return at;
        *lines += *at == '\n';
    }
}

AVX2 static uint64_t count_wide(const char *from, const char *end) {
    uint64_t n = 0;
    for (; end - from >= STEP; from += STEP)
        n += (unsigned)__builtin_popcount(lines_of(load(from)));
    return n + count_plain(from, end);
}

#endif

const char *words_find(const struct words *w, const char *from, const char *end, uint64_t *lines) {
#ifdef WIDE
    if (w->speed > WORDS_PLAIN)
        return find_wide(w->speed == WORDS_VBMI ? candidate_vbmi : candidate_avx2, w, from, end,
                         lines);
#endif
    return find_plain(w, from, from, end, lines);
}

uint64_t words_count_lf(const struct words *w, const char *from, const char *end) {
#ifdef WIDE
    if (w->speed > WORDS_PLAIN)
        return count_wide(from, end);
#endif
    (void)w;
    return count_plain(from, end);
}

static const char *line_end(const char *at, const char *end) {
    const char *lf = memchr(at, '\n', (size_t)(end - at));
    return lf ? lf + 1 : end;
}

bool words_next(struct words_walk *w, const char **line, const char **end) {
    if (w->at == w->end)
        return false;
    *line = w->at;
    if (w->words) {
        const char *hit = words_find(w->words, w->at, w->end, &w->number);
        if (hit == w->end) {
            w->number += w->end[-1] != '\n';
            w->at = w->end;
            return false;
        }
        const char *lf = memrchr(w->at, '\n', (size_t)(hit - w->at));
        *line = lf ? lf + 1 : w->at;
        *end = line_end(hit, w->end);
    } else {
        *end = line_end(w->at, w->end);
    }
    w->number++;
    w->at = *end;
    return true;
}
