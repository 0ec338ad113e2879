/* Finds the first of a few words in a run of bytes, many bytes at a time where the processor can. */
#ifndef GONOGO_BASE_WORDS_H
#define GONOGO_BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WORDS_MAX = 32,
    WORDS_SHORTEST = 2, /* bytes */
    WORDS_KEY = 3,      /* bytes of a word that are looked for; at its end two */
};

/* How many bytes are looked at at once. */
enum words_speed { WORDS_PLAIN, WORDS_AVX2, WORDS_VBMI };

struct words {
    size_t n;
    struct {
        const char *text;
        size_t length;
        size_t key; /* where in it the rarest bytes stand */
    } word[WORDS_MAX];
    uint32_t starts[256];       /* by the key's first byte, a bit for each word */
    uint8_t low[WORDS_KEY][16]; /* by nibble, a bit for each of eight groups of words */
    uint8_t high[WORDS_KEY][16];
    uint8_t either[WORDS_KEY][128]; /* both at once, by the byte's low seven bits */
    enum words_speed speed;         /* what the processor can; a test may choose less */
};

/* A NULL-terminated list of at most WORDS_MAX words that outlives `w`. */
void words_init(struct words *w, const char *const *list);

/* Some place inside the first line that holds a word: of all words from `from` on, that whose key comes
 * first. `end` when there is none. The line ends ahead of it are added to *lines. */
const char *words_find(const struct words *w, const char *from, const char *end, uint64_t *lines);

/* How many line ends there are. */
uint64_t words_count_lf(const struct words *w, const char *from, const char *end);

/* A walk over a run of whole lines; the last may lack its end. */
struct words_walk {
    const struct words *words; /* NULL = every line */
    const char *at, *end;
    uint64_t number; /* of the line before `at`; all lines are counted */
};
/* The next line that holds a word, with its end; w->number is its number. False at the end, where
 * number is that of the last line. */
bool words_next(struct words_walk *w, const char **line, const char **line_end);

#endif
