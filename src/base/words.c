/* The way of Hyperscan's Teddy: three bytes of each word, looked up by their nibbles for 32 places at
 * once; what may be a word is then compared. */
#include "src/base/words.h"

#include <string.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define WIDE 1
#include <immintrin.h>
#endif

enum { GROUPS = 8 };

/* Letters in lower case are what a log is made of. */
static size_t rarest(const char *word, size_t n) {
    size_t best = 0;
    int most = -1;
    for (size_t at = 0; at + WORDS_KEY <= n; at++) {
        int rare = 0;
        for (size_t k = at; k < at + WORDS_KEY; k++)
            rare += word[k] < 'a' || word[k] > 'z';
        if (rare > most) {
            most = rare;
            best = at;
        }
    }
    return best;
}

void words_init(struct words *w, const char *const *list) {
    memset(w, 0, sizeof *w);
    for (; list[w->n] && w->n < WORDS_MAX; w->n++) {
        const char *text = list[w->n];
        size_t length = strlen(text), key = rarest(text, length);
        w->word[w->n].text = text;
        w->word[w->n].length = length;
        w->word[w->n].key = key;
        w->first[(unsigned char)text[key]] = 1;
        for (size_t k = 0; k < WORDS_KEY; k++) {
            unsigned char c = (unsigned char)text[key + k];
            w->low[k][c & 15] |= (uint8_t)(1U << (w->n % GROUPS));
            w->high[k][c >> 4] |= (uint8_t)(1U << (w->n % GROUPS));
        }
    }
#ifdef WIDE
    w->wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
#endif
}

/* Does a word have its key here, and lie whole within the run? */
static bool is_word(const struct words *w, const char *from, const char *at, const char *end) {
    for (size_t i = 0; i < w->n; i++) {
        size_t key = w->word[i].key, length = w->word[i].length;
        if (*at == w->word[i].text[key] && (size_t)(at - from) >= key &&
            (size_t)(end - at) >= length - key && memcmp(at - key, w->word[i].text, length) == 0)
            return true;
    }
    return false;
}

static const char *find_plain(const struct words *w, const char *from, const char *at,
                              const char *end) {
    for (; at < end; at++)
        if (w->first[(unsigned char)*at] && is_word(w, from, at, end))
            return at;
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

enum { STEP = 32 };

AVX2 static inline __m256i load(const char *at) {
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

AVX2 static inline __m256i table(const uint8_t nibbles[16]) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)nibbles));
}

/* For each of 32 bytes the groups of words that have such a byte at this place of their key. */
AVX2 static inline __m256i groups(__m256i bytes, __m256i low, __m256i high) {
    __m256i nibble = _mm256_set1_epi8(15);
    __m256i l = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble));
    __m256i h = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    return _mm256_and_si256(l, h);
}

AVX2 static const char *find_wide(const struct words *w, const char *from, const char *end) {
    __m256i low[WORDS_KEY], high[WORDS_KEY];
    for (size_t k = 0; k < WORDS_KEY; k++) {
        low[k] = table(w->low[k]);
        high[k] = table(w->high[k]);
    }
    const char *at = from;
    for (; end - at >= STEP + WORDS_KEY - 1; at += STEP) {
        __m256i may = _mm256_and_si256(groups(load(at), low[0], high[0]),
                                       _mm256_and_si256(groups(load(at + 1), low[1], high[1]),
                                                        groups(load(at + 2), low[2], high[2])));
        __m256i none = _mm256_cmpeq_epi8(may, _mm256_setzero_si256());
        for (unsigned hits = ~(unsigned)_mm256_movemask_epi8(none); hits; hits &= hits - 1) {
            const char *hit = at + __builtin_ctz(hits);
            if (is_word(w, from, hit, end))
                return hit;
        }
    }
    return find_plain(w, from, at, end);
}

AVX2 static uint64_t count_wide(const char *from, const char *end) {
    const __m256i lf = _mm256_set1_epi8('\n');
    uint64_t n = 0;
    for (; end - from >= STEP; from += STEP) {
        __m256i hits = _mm256_cmpeq_epi8(load(from), lf);
        n += (unsigned)__builtin_popcount((unsigned)_mm256_movemask_epi8(hits));
    }
    return n + count_plain(from, end);
}

#endif

const char *words_find(const struct words *w, const char *from, const char *end) {
#ifdef WIDE
    if (w->wide)
        return find_wide(w, from, end);
#endif
    return find_plain(w, from, from, end);
}

uint64_t words_count_lf(const struct words *w, const char *from, const char *end) {
#ifdef WIDE
    if (w->wide)
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
        const char *hit = words_find(w->words, w->at, w->end);
        w->number += words_count_lf(w->words, w->at, hit);
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
