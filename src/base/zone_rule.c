#include "src/base/zone_rule.h"

#include "src/base/slice.h"
#include "src/base/when.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, HOURS_MAX = 167 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool take_int(struct slice *s, int least, int most, int *out) {
    int value = 0, digits = 0;
    for (; s->n > 0 && is_digit(s->at[0]) && digits < 4; digits++, slice_advance(s, 1))
        value = value * 10 + (s->at[0] - '0');
    *out = value;
    return digits > 0 && value >= least && value <= most;
}

/* "EST" or "<+0330>". */
static bool take_name(struct slice *s) {
    if (slice_eat(s, "<")) {
        (void)slice_until(s, ">");
        return slice_eat(s, ">");
    }
    size_t n = 0;
    for (; s->n > 0 && ((s->at[0] | 32) >= 'a' && (s->at[0] | 32) <= 'z'); n++)
        slice_advance(s, 1);
    return n >= 3;
}

/* [+-]h[h][:mm[:ss]] */
static bool take_time(struct slice *s, int *seconds) {
    int hours, minutes = 0, rest = 0;
    bool minus = slice_eat(s, "-");
    if (!minus)
        slice_eat(s, "+");
    if (!take_int(s, 0, HOURS_MAX, &hours))
        return false;
    if (slice_eat(s, ":") && !take_int(s, 0, 59, &minutes))
        return false;
    if (slice_eat(s, ":") && !take_int(s, 0, 59, &rest))
        return false;
    *seconds = (hours * HOUR_S + minutes * MINUTE_S + rest) * (minus ? -1 : 1);
    return true;
}

static bool take_date(struct slice *s, struct zone_date *d) {
    if (slice_eat(s, "M")) {
        d->form = ZONE_MONTH;
        if (!take_int(s, 1, 12, &d->month) || !slice_eat(s, ".") || !take_int(s, 1, 5, &d->week) ||
            !slice_eat(s, ".") || !take_int(s, 0, 6, &d->weekday))
            return false;
    } else if (slice_eat(s, "J")) {
        d->form = ZONE_JULIAN;
        if (!take_int(s, 1, 365, &d->day))
            return false;
    } else {
        d->form = ZONE_DAY;
        if (!take_int(s, 0, 365, &d->day))
            return false;
    }
    d->time_s = 2 * HOUR_S;
    return !slice_eat(s, "/") || take_time(s, &d->time_s);
}

bool zone_rule_parse(const char *text, size_t n, struct zone_rule *rule) {
    struct slice s = {text, n};
    int west;
    *rule = (struct zone_rule){0};
    if (!take_name(&s) || !take_time(&s, &west))
        return false;
    rule->standard_s = -west;
    rule->known = true;
    if (s.n == 0)
        return true;
    rule->summer = true;
    rule->summer_s = rule->standard_s + HOUR_S;
    if (!take_name(&s))
        return false;
    if (s.n > 0 && s.at[0] != ',') {
        if (!take_time(&s, &west))
            return false;
        rule->summer_s = -west;
    }
    return slice_eat(&s, ",") && take_date(&s, &rule->from) && slice_eat(&s, ",") &&
           take_date(&s, &rule->until) && s.n == 0;
}

/* Local midnight of the date in this year, in days since 1970, and the time on it. */
static int64_t moment_of(const struct zone_date *d, int year) {
    int64_t new_year = when_days(year, 1, 1), day;
    bool leap = when_days(year, 3, 1) - when_days(year, 2, 1) == 29;
    if (d->form == ZONE_MONTH) {
        int64_t first = when_days(year, d->month, 1);
        int64_t next =
            d->month == 12 ? when_days(year + 1, 1, 1) : when_days(year, d->month + 1, 1);
        int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970 began on a Thursday */
        day = first + (d->weekday - weekday + 7) % 7 + 7 * (d->week - 1);
        if (day >= next) /* the fifth is the last */
            day -= 7;
    } else if (d->form == ZONE_JULIAN) {
        day = new_year + d->day - 1 + (leap && d->day >= 60);
    } else {
        day = new_year + d->day;
    }
    return day * DAY_S + d->time_s;
}

int zone_rule_offset_s(const struct zone_rule *rule, int64_t utc_s) {
    if (!rule->summer)
        return rule->standard_s;
    int year = when_year((utc_s + rule->standard_s) * 1000);
    int64_t from = moment_of(&rule->from, year) - rule->standard_s;
    int64_t until = moment_of(&rule->until, year) - rule->summer_s;
    bool summer = from < until ? utc_s >= from && utc_s < until : utc_s >= from || utc_s < until;
    return summer ? rule->summer_s : rule->standard_s;
}
