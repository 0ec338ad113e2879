#include "src/model/accessline.h"

#include <string.h>

#include "src/base/when.h"

static bool take_digits(struct slice *s, size_t width, int *out) {
    *out = 0;
    if (s->n < width)
        return false;
    for (size_t i = 0; i < width; i++) {
        if (s->at[i] < '0' || s->at[i] > '9')
            return false;
        *out = *out * 10 + (s->at[i] - '0');
    }
    slice_advance(s, width);
    return true;
}

static int month_of(struct slice name) {
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (int i = 0; i < 12; i++)
        if (slice_is(name, names[i]))
            return i + 1;
    return 0;
}

static int days_in(int year, int month) {
    return (int)(when_days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) -
                 when_days(year, month, 1));
}

/* "10/Oct/2026:13:55:36 -0700" */
static bool take_time(struct slice *s, int64_t *time_ms) {
    int day, year, hour, minute, second, off_hours, off_minutes;
    if (!take_digits(s, 2, &day) || !slice_eat(s, "/") || s->n < 3)
        return false;
    int month = month_of((struct slice){s->at, 3});
    slice_advance(s, 3);
    if (!slice_eat(s, "/") || !take_digits(s, 4, &year) || !slice_eat(s, ":") ||
        !take_digits(s, 2, &hour) || !slice_eat(s, ":") || !take_digits(s, 2, &minute) ||
        !slice_eat(s, ":") || !take_digits(s, 2, &second) || !slice_eat(s, " "))
        return false;
    bool west = slice_eat(s, "-");
    if ((!west && !slice_eat(s, "+")) || !take_digits(s, 2, &off_hours) ||
        !take_digits(s, 2, &off_minutes))
        return false;
    if (month == 0 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 ||
        second > 60 || off_hours > 23 || off_minutes > 59)
        return false;
    int64_t offset_s = (off_hours * 60 + off_minutes) * INT64_C(60) * (west ? -1 : 1);
    *time_ms = ((when_days(year, month, day) * 24 + hour) * 60 + minute) * INT64_C(60000) +
               (second - offset_s) * 1000;
    return true;
}

/* In quotes; a backslash takes the next byte with it. */
static bool take_quoted(struct slice *s, struct slice *inside) {
    if (!slice_eat(s, "\""))
        return false;
    inside->at = s->at;
    while (s->n > 0 && s->at[0] != '"')
        slice_advance(s, s->at[0] == '\\' && s->n > 1 ? 2 : 1);
    inside->n = (size_t)(s->at - inside->at);
    return slice_eat(s, "\"");
}

static bool take_size(struct slice *s, int64_t *bytes) {
    *bytes = -1;
    struct slice word = slice_until(s, " ");
    if (slice_is(word, "-"))
        return true;
    if (word.n == 0 || word.n > 15)
        return false;
    *bytes = 0;
    for (size_t i = 0; i < word.n; i++) {
        if (word.at[i] < '0' || word.at[i] > '9')
            return false;
        *bytes = *bytes * 10 + (word.at[i] - '0');
    }
    return true;
}

bool access_line_parse(const char *line, size_t n, struct access_line *out) {
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        n--;
    struct slice s = {line, n};
    *out = (struct access_line){.bytes = -1};
    out->address = slice_until(&s, " ");
    if (out->address.n == 0 || !slice_eat(&s, " "))
        return false;
    (void)slice_until(&s, " "); /* the name by identd, which nobody runs */
    if (!slice_eat(&s, " "))
        return false;
    /* A user's name may hold blanks; it ends before the time. */
    const char *time = memmem(s.at, s.n, " [", 2);
    if (!time)
        return false;
    out->user = (struct slice){s.at, (size_t)(time - s.at)};
    slice_advance(&s, out->user.n + 2);
    return take_time(&s, &out->time_ms) && slice_eat(&s, "] ") && take_quoted(&s, &out->request) &&
           slice_eat(&s, " ") && take_digits(&s, 3, &out->status) && out->status >= 100 &&
           out->status <= 599 && slice_eat(&s, " ") && take_size(&s, &out->bytes);
}
