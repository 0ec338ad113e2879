/* What an answer needs of HTTP (RFC 9110): dates, conditional requests, one byte range. Pure. */
#ifndef GONOGO_RELEASE_HTTP_H
#define GONOGO_RELEASE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "Thu, 26 Feb 2026 19:57:35 GMT", in English whatever the locale. `zone` is "GMT" (HTTP) or "+0000"
 * (RSS, and the only format that Sparkle reads). Empty when out of range. `cap` ≥ 40. */
void http_date(int64_t wall_ms, const char *zone, char *dst, size_t cap);

/* Does an If-None-Match value (a list, or *; weak comparison) name this quoted entity tag? */
bool http_tag_listed(const char *if_none_match, const char *etag);

enum http_range { HTTP_WHOLE, HTTP_PART, HTTP_UNSATISFIABLE };

/* Reads a Range value against a body of `size` bytes. Several ranges, other units and what is no
 * range at all are answered with the whole, as the RFC allows. On HTTP_PART `first` and `length` are
 * set, length ≥ 1. */
enum http_range http_range_read(const char *range, uint64_t size, uint64_t *first,
                                uint64_t *length);

/* Undoes the percent escapes of a request path into dst. False for what no file of ours is called:
 * a broken escape, an escaped slash, NUL or control character, or too long. */
bool http_path_decode(const char *path, char *dst, size_t cap);

#endif
