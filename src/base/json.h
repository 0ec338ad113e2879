/* JSON from outside, read with jansson under caps: duplicate keys are refused, nesting is capped
 * before the parser sees it, numbers keep their type (a version that is a number is a defect to
 * report, never to coerce). And the few helpers to write documents with stable keys. */
#ifndef GONOGO_BASE_JSON_H
#define GONOGO_BASE_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "src/base/buf.h"
#include "src/base/err.h"

enum { JSON_DEPTH_MAX = 64 }; /* no health answer or manifest nests deeper than four */

/* A new reference, or NULL and `err` (ERR_PARSE or ERR_LIMIT, with line and column in what). */
json_t *json_read(const char *bytes, size_t n, const char *where, struct err *err);

/* The value at a JSON pointer (RFC 6901: "" is the whole, "/a/0/b~1c"); borrowed; NULL when there
 * is none. */
const json_t *json_at(const json_t *root, const char *pointer);

/* Is it a well-formed JSON pointer? */
int json_pointer_ok(const char *pointer);

/* Writes the document, indented, and a line feed. It may go to a terminal: whatever text_safe() would make
 * visible is an escape (\u202e), which is the same JSON. */
void json_print(const json_t *root, FILE *out);

/* Adds `text` as a JSON string, quotes included, with such escapes; invalid UTF-8 becomes U+FFFD. NULL gives
 * null. */
void json_add_text(struct buf *out, const char *text);

/* The same at dst, for writers in a hurry: n bytes of text, room for 6·n + 4. Returns the end. */
char *json_put_text(char *dst, const char *text, size_t n);

/* A JSON string (new reference) from bytes that need not be valid UTF-8. NULL gives null. */
json_t *json_text(const char *text);

#endif
