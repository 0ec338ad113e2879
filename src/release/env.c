#include "src/release/env.h"

#include <string.h>
#include <strings.h>

struct span {
    const char *at;
    size_t n;
};

static const char export_word[] = "export";

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s) {
    while (s.n && is_blank(s.at[0])) {
        s.at++;
        s.n--;
    }
    while (s.n && is_blank(s.at[s.n - 1]))
        s.n--;
    return s;
}

/* The value as systemd takes it: a pair of quotes around everything goes away. */
static struct span unquote(struct span s) {
    if (s.n >= 2 && (s.at[0] == '"' || s.at[0] == '\'') && s.at[s.n - 1] == s.at[0])
        return (struct span){s.at + 1, s.n - 2};
    return s;
}

/* Is this nothing, or a comment? */
static bool says_nothing(struct span s) {
    s = trim(s);
    return s.n == 0 || s.at[0] == '#';
}

/* The value as a person who edits the line sees it: what stands before a comment. */
static struct span before_comment(struct span s) {
    if (s.n >= 2 && (s.at[0] == '"' || s.at[0] == '\'')) {
        const char *close = memchr(s.at + 1, s.at[0], s.n - 1);
        const size_t inside = close ? (size_t)(close - s.at - 1) : 0;
        if (close && says_nothing((struct span){close + 1, s.n - inside - 2}))
            return (struct span){s.at + 1, inside};
        return unquote(s);
    }
    if (s.n && s.at[0] == '#')
        return (struct span){s.at, 0};
    for (size_t i = 1; i < s.n; i++)
        if (s.at[i] == '#' && is_blank(s.at[i - 1]))
            return trim((struct span){s.at, i});
    return s;
}

/* Takes an assignment apart; false for every other line. */
static bool split_line(struct span line, struct span *key, struct span *value) {
    const size_t word = sizeof export_word - 1;
    const char *end = line.at + line.n;
    line = trim(line);
    if (line.n == 0 || line.at[0] == '#' || line.at[0] == ';')
        return false;
    const char *equals = memchr(line.at, '=', line.n);
    if (!equals)
        return false;
    *key = trim((struct span){line.at, (size_t)(equals - line.at)});
    if (key->n > word && memcmp(key->at, export_word, word) == 0 && is_blank(key->at[word]))
        *key = trim((struct span){key->at + word, key->n - word});
    struct span rest = {equals + 1, (size_t)(end - equals - 1)};
    struct span text = trim(rest);
    if (text.n == 0) /* nothing, but in its place: not behind a carriage return */
        text.at = equals + 1;
    *value = text;
    return true;
}

/* The next line from *at on; false behind the last. */
static bool next_line(const char **at, const char *end, struct span *line) {
    if (*at >= end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    if (!stop)
        stop = end;
    *line = (struct span){*at, (size_t)(stop - *at)};
    *at = stop + 1;
    return true;
}

/* The value that counts; `at` is NULL when there is none. */
static struct span find(const char *bytes, size_t n, const char *name) {
    struct span found = {NULL, 0}, line, key, value;
    for (const char *at = bytes; next_line(&at, bytes + n, &line);)
        if (split_line(line, &key, &value) && key.n == strlen(name) &&
            memcmp(key.at, name, key.n) == 0)
            found = value;
    return found;
}

bool env_get(const char *bytes, size_t n, const char *name, char *dst, size_t cap) {
    struct span found = unquote(find(bytes, n, name));
    if (!found.at || found.n >= cap || memchr(found.at, '\0', found.n))
        return false;
    memcpy(dst, found.at, found.n);
    dst[found.n] = '\0';
    return true;
}

bool env_is_true(const char *bytes, size_t n, const char *name) {
    char value[8];
    return env_get(bytes, n, name, value, sizeof value) && strcasecmp(value, "true") == 0;
}

void env_each(const char *bytes, size_t n,
              void (*entry)(void *self, const char *name, size_t name_n), void *self) {
    struct span line, key, value;
    for (const char *at = bytes; next_line(&at, bytes + n, &line);)
        if (split_line(line, &key, &value))
            entry(self, key.at, key.n);
}

static bool is_word(const char *text, const char *more) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    for (; *text; text++)
        if (!strchr(letters, *text) && !strchr(more, *text))
            return false;
    return true;
}

enum err_code env_set(const char *bytes, size_t n, const char *name, const char *value,
                      const char *where, struct buf *out, struct err *err) {
    if (!*name || !is_word(name, "") || !is_word(value, ".:/+-"))
        return err_set(err, ERR_REFUSED, where, "set it by hand", "\"%.64s\" needs quoting", name);
    if (n > 0 && memchr(bytes, '\0', n))
        return err_set(err, ERR_PARSE, where, "mend the file by hand", "holds a NUL byte");
    buf_clear(out);
    struct span old = find(bytes, n, name);
    if (old.at)
        old = before_comment(old);
    bool fits;
    if (old.at) {
        const size_t before = (size_t)(old.at - bytes), after = before + old.n;
        /* `NAME= # why` has no value and a comment: a blank keeps them apart. */
        const bool tight = old.n == 0 && after < n && bytes[after] == '#';
        fits = buf_add(out, bytes, before) && buf_add_text(out, value) &&
               (!tight || buf_add_text(out, " ")) && buf_add(out, bytes + after, n - after);
    } else {
        const char *newline = n > 0 ? memchr(bytes, '\n', n) : NULL;
        const char *ending = newline && newline > bytes && newline[-1] == '\r' ? "\r\n" : "\n";
        const bool glued = n > 0 && bytes[n - 1] != '\n';
        fits = buf_add(out, bytes ? bytes : "", n) && (!glued || buf_add_text(out, ending)) &&
               buf_addf(out, "%s=%s", name, value) && (glued || buf_add_text(out, ending));
    }
    return fits ? ERR_OK : err_set(err, ERR_LIMIT, where, NULL, "is too long");
}
