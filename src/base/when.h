/* Times and durations as text: RFC 3339 for machines, "19 h 12 m" for people, "500ms 5s 2m
 * 1h 7d" in configuration and on the command line. */
#ifndef GONOGO_BASE_WHEN_H
#define GONOGO_BASE_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "2026-02-26T19:57:35.968Z". `cap` ≥ 25. */
void when_rfc3339(int64_t wall_ms, char *dst, size_t cap);
/* "14:03:27" in UTC. `cap` ≥ 9. */
void when_clock(int64_t wall_ms, char *dst, size_t cap);
/* RFC 3339, with any fraction and zone, to ms; false when it is none. */
bool when_parse_rfc3339(const char *text, int64_t *wall_ms);
/* The same; without a zone in the text (`zoned` false) it is on the writer's wall clock (zone.h). */
bool when_parse_local(const char *text, int64_t *ms_there, bool *zoned);
/* RFC 3339, but only with its zone: a time without may be half a day off. */
bool when_parse_zoned(const char *text, int64_t *wall_ms);
/* Days from 1970-01-01 to a date of the calendar; the date must exist. */
int64_t when_days(int year, int month, int day);
int when_year(int64_t wall_ms); /* in UTC */

/* One whole number and one unit: ms, s, m, h, d. No sign, no blanks; at most 10 years.
 * False when it is no duration. */
bool duration_parse(const char *text, int64_t *ms);
/* For people, two units at most: "840 ms", "12 s", "19 h 12 m", "3 d 4 h". `cap` ≥ 24. */
void duration_text(int64_t ms, char *dst, size_t cap);
/* As duration_parse() reads it back: "5s", "90m", "1500ms". `cap` ≥ 24. */
void duration_conf(int64_t ms, char *dst, size_t cap);

#endif
