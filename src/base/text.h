/* Text from outside, made safe for a terminal, a log or a report.
 *
 * Every byte of remote text passes text_safe() before it is shown. What comes out is valid UTF-8
 * without a control or an invisible character:
 *   line break (LF, CR, CRLF), tab   one blank
 *   other C0, DEL                    their pictures: ESC is U+241B, NUL U+2400, DEL U+2421
 *   invalid UTF-8                    each byte as \xFF
 *   C1, bidi marks, overrides and isolates, zero-width and other default-ignorable characters,
 *   tags, line and paragraph separators, noncharacters, combining marks with nothing to stand
 *   on or too many of them           <U+202E>
 *   emoji variation selectors        nothing, behind a character that is not ASCII */
#ifndef GONOGO_BASE_TEXT_H
#define GONOGO_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes at most cap-1 bytes and a NUL, never half a character; returns the length written.
 * `n` bytes of `src` are read (NUL bytes are made visible like the others). */
size_t text_safe(char *dst, size_t cap, const char *src, size_t n);
/* The whole of `src` made safe, on the heap. */
char *text_safe_copy(const char *src, size_t n);

/* Decodes one character of valid or invalid UTF-8: its length in bytes (≥ 1), or 0 at n = 0.
 * Invalid bytes give length 1 and U+FFFD in *code with *valid false. */
size_t text_decode(const char *src, size_t n, uint32_t *code, bool *valid);

/* The UTF-8 of a code point that is no surrogate: 1 to 4 bytes, without a NUL. */
size_t text_encode(uint32_t code, char dst[4]);

/* Is this character one that text_safe() leaves as it is, wherever it stands? */
bool text_plain(uint32_t code);

/* Must it be made visible, as a terminal shows nothing for it, or as it moves other text? Of the characters
 * that are no ASCII. */
bool text_hidden(uint32_t code);

/* The most of the first `most` bytes of src[0..n) that does not end inside a character. */
size_t text_cut(const char *src, size_t n, size_t most);

/* Columns of one plain character: 0 (combining), 1 or 2 (East Asian wide, emoji). */
int text_char_width(uint32_t code);
/* Columns that `src` (safe text) takes on a terminal; wide characters count two, combining none.
 * Independent of the locale. */
int text_width(const char *src);

/* Copies as much of `src` as fits in `columns`; when something is cut, the last column holds the
 * ellipsis (`…`, or `~` when ascii). Returns the columns used. */
int text_fit(char *dst, size_t cap, const char *src, int columns, bool ascii);

/* `s` with what is not ASCII replaced by '?', in place. */
void text_to_ascii(char *s);

/* Edit distance of two short names (≤ 64 bytes), for "did you mean". Case does not count. */
unsigned text_distance(const char *a, const char *b);
/* The entry of the NULL-terminated list that `word` was most likely meant to be, or NULL. */
const char *text_nearest(const char *word, const char *const *list);

#endif
