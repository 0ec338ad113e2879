#include "config/put.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"

/* Could YAML, or a reader of it, take this plain text for something else? */
static bool needs_quotes(const char *text) {
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n",   NULL};
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                " _./-:+=";
    size_t len = strlen(text);
    if (len == 0 || strspn(text, plain) != len || strchr("0123456789 .-:+=", text[0]) != NULL ||
        text[len - 1] == ' ' || text[len - 1] == ':' || strstr(text, ": ") != NULL) {
        return true;
    }
    for (size_t i = 0; words[i] != NULL; i++) {
        if (text_distance(words[i], text) == 0) { /* 0: the same but for case */
            return true;
        }
    }
    return false;
}

void put_quoted(FILE *out, const char *text) {
    size_t left = strlen(text), len;
    uint32_t code;
    bool valid;
    (void)fputc('"', out);
    for (; (len = text_decode(text, left, &code, &valid)) > 0; text += len, left -= len) {
        if (!valid) {
            (void)fprintf(out, "\\x%02X", (unsigned)(unsigned char)*text);
        } else if (code == '"' || code == '\\') {
            (void)fprintf(out, "\\%c", (int)code);
        } else if (text_plain(code)) {
            (void)fwrite(text, 1, len, out);
        } else {
            (void)fprintf(out, "\\U%08" PRIX32, code);
        }
    }
    (void)fputc('"', out);
}

void put(FILE *out, const char *text) {
    if (needs_quotes(text)) {
        put_quoted(out, text);
    } else {
        (void)fputs(text, out);
    }
}

void put_pair(FILE *out, const char *indent, const char *key, const char *value) {
    if (value == NULL) {
        return;
    }
    (void)fprintf(out, "%s%s: ", indent, key);
    put(out, value);
    (void)fputc('\n', out);
}

void put_ms(FILE *out, const char *indent, const char *key, int64_t ms) {
    char text[24];
    duration_conf(ms, text, sizeof text);
    (void)fprintf(out, "%s%s: %s\n", indent, key, text);
}

void put_words(FILE *out, const char *indent, const char *key, char *const *words) {
    if (words == NULL) {
        return;
    }
    (void)fprintf(out, "%s%s: [", indent, key);
    for (size_t i = 0; words[i] != NULL; i++) {
        (void)fputs(i > 0 ? ", " : "", out);
        put(out, words[i]);
    }
    (void)fputs("]\n", out);
}

void put_number(FILE *out, const char *indent, const char *key, double value) {
    if (!isnan(value)) {
        (void)fprintf(out, "%s%s: %.15g\n", indent, key, value);
    }
}

void put_count(FILE *out, const char *indent, const char *key, uint64_t value) {
    if (value > 0) {
        (void)fprintf(out, "%s%s: %" PRIu64 "\n", indent, key, value);
    }
}
