/* YAML as `config show` writes it: what it puts is read back as it was. */
#ifndef GONOGO_CONFIG_PUT_H
#define GONOGO_CONFIG_PUT_H

#include <stdint.h>
#include <stdio.h>

void put(FILE *out, const char *text);        /* a scalar, in quotes when it needs them */
void put_quoted(FILE *out, const char *text); /* in quotes */

/* A line each: indent, key, value. Nothing for NULL, NAN and a count of 0. */
void put_pair(FILE *out, const char *indent, const char *key, const char *value);
void put_words(FILE *out, const char *indent, const char *key, char *const *words);
void put_number(FILE *out, const char *indent, const char *key, double value);
void put_count(FILE *out, const char *indent, const char *key, uint64_t value);
void put_ms(FILE *out, const char *indent, const char *key, int64_t ms);

#endif
