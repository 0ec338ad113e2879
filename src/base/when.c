#include "src/base/when.h"

#include <stdio.h>
#include <string.h>

enum {
    MS_PER_S = 1000,
    MS_PER_M = 60 * MS_PER_S,
    MS_PER_H = 60 * MS_PER_M,
    MS_PER_D = 24 * MS_PER_H,
    DAYS_PER_ERA = 146097, /* 400 years: the Gregorian calendar repeats */
    EPOCH_DAY = 719468,    /* from 0000-03-01 to 1970-01-01 */
};

#define DURATION_MAX_MS (INT64_C(3653) * MS_PER_D) /* 10 years and their leap days */

/* Years 0000 to 9999, what RFC 3339 can write. */
#define WALL_MIN_MS (-INT64_C(62167219200000))
#define WALL_MAX_MS INT64_C(253402300799999)

/* The days count from March, so that the leap day is the last of its year. */
static int64_t days_of(int year, int month, int day) {
    int64_t y = year - (month <= 2) + 400; /* a whole era more keeps divisions positive */
    int64_t of_era = y % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (y / 400 - 1) * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           EPOCH_DAY;
}

static void date_of(int64_t days, int *year, int *month, int *day) {
    int64_t z = days + EPOCH_DAY + DAYS_PER_ERA;
    int64_t era = z / DAYS_PER_ERA - 1;
    int64_t doe = z % DAYS_PER_ERA;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t from_march = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

int64_t when_days(int year, int month, int day) {
    return days_of(year, month, day);
}

static int64_t within_calendar(int64_t wall_ms) {
    return wall_ms < WALL_MIN_MS ? WALL_MIN_MS : wall_ms > WALL_MAX_MS ? WALL_MAX_MS : wall_ms;
}

/* Milliseconds since midnight, also before 1970. */
static int64_t of_day(int64_t wall_ms) {
    int64_t rest = wall_ms % MS_PER_D;
    return rest < 0 ? rest + MS_PER_D : rest;
}

int when_year(int64_t wall_ms) {
    int year, month, day;
    wall_ms = within_calendar(wall_ms);
    date_of((wall_ms - of_day(wall_ms)) / MS_PER_D, &year, &month, &day);
    return year;
}

void when_rfc3339(int64_t wall_ms, char *dst, size_t cap) {
    int year, month, day;
    wall_ms = within_calendar(wall_ms);
    int rest = (int)of_day(wall_ms);
    date_of((wall_ms - rest) / MS_PER_D, &year, &month, &day);
    snprintf(dst, cap, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day, rest / MS_PER_H,
             rest / MS_PER_M % 60, rest / MS_PER_S % 60, rest % MS_PER_S);
}

void when_clock(int64_t wall_ms, char *dst, size_t cap) {
    int rest = (int)of_day(wall_ms);
    snprintf(dst, cap, "%02d:%02d:%02d", rest / MS_PER_H, rest / MS_PER_M % 60,
             rest / MS_PER_S % 60);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Reads exactly `width` digits, and the separator behind them when it is not NUL. */
static bool take_number(const char **p, int width, char separator, int *out) {
    *out = 0;
    for (int i = 0; i < width; i++, (*p)++) {
        if (!is_digit(**p))
            return false;
        *out = *out * 10 + (**p - '0');
    }
    return separator == '\0' || *(*p)++ == separator;
}

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **p, int64_t *days) {
    int year, month, day;
    if (!take_number(p, 4, '-', &year) || !take_number(p, 2, '-', &month) ||
        !take_number(p, 2, '\0', &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *days = days_of(year, month, day);
    return true;
}

static bool take_fraction(const char **p, int *ms) {
    *ms = 0;
    if (**p != '.')
        return true;
    (*p)++;
    if (!is_digit(**p))
        return false;
    for (int weight = 100; is_digit(**p); weight /= 10, (*p)++)
        *ms += (**p - '0') * weight;
    return true;
}

/* "Z", "+03:00", or nothing: the services write UTC without a zone. */
static bool take_zone(const char **p, bool *zoned, int *offset_ms) {
    int hours, minutes;
    char sign = **p;
    *offset_ms = 0;
    *zoned = sign != '\0';
    if (sign == '\0')
        return true;
    (*p)++;
    if (sign == 'Z' || sign == 'z')
        return true;
    if (sign != '+' && sign != '-')
        return false;
    if (!take_number(p, 2, ':', &hours) || !take_number(p, 2, '\0', &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *offset_ms = (hours * MS_PER_H + minutes * MS_PER_M) * (sign == '-' ? -1 : 1);
    return true;
}

bool when_parse_rfc3339(const char *text, int64_t *wall_ms) {
    bool zoned;
    return when_parse_local(text, wall_ms, &zoned);
}

bool when_parse_local(const char *text, int64_t *ms_there, bool *zoned) {
    int64_t days;
    int hour, minute, second, ms, offset_ms;
    const char *p = text;
    if (!take_date(&p, &days))
        return false;
    if (*p != 'T' && *p != 't' && *p != ' ')
        return false;
    p++;
    if (!take_number(&p, 2, ':', &hour) || !take_number(&p, 2, ':', &minute) ||
        !take_number(&p, 2, '\0', &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60) /* 60: a leap second */
        return false;
    if (!take_fraction(&p, &ms) || !take_zone(&p, zoned, &offset_ms) || *p != '\0')
        return false;
    *ms_there =
        days * MS_PER_D + hour * MS_PER_H + minute * MS_PER_M + second * MS_PER_S + ms - offset_ms;
    return true;
}

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"d", MS_PER_D}, {"h", MS_PER_H}, {"m", MS_PER_M}, {"s", MS_PER_S}, {"ms", 1}};

enum { N_UNITS = sizeof units / sizeof units[0] };

bool duration_parse(const char *text, int64_t *ms) {
    int64_t number = 0;
    const char *p = text;
    for (; is_digit(*p); p++) {
        number = number * 10 + (*p - '0');
        if (number > DURATION_MAX_MS)
            return false;
    }
    if (p == text)
        return false;
    for (int i = 0; i < N_UNITS; i++) {
        if (strcmp(p, units[i].name) != 0)
            continue;
        if (number > DURATION_MAX_MS / units[i].ms)
            return false;
        *ms = number * units[i].ms;
        return true;
    }
    return false;
}

void duration_text(int64_t ms, char *dst, size_t cap) {
    const char *sign = ms < 0 ? "-" : "";
    uint64_t left = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    int i = 0;
    while (i < N_UNITS - 1 && left < (uint64_t)units[i].ms)
        i++;
    uint64_t count = left / (uint64_t)units[i].ms, rest = left % (uint64_t)units[i].ms;
    /* Milliseconds behind seconds are noise to people. */
    uint64_t minor = i < N_UNITS - 2 ? rest / (uint64_t)units[i + 1].ms : 0;
    if (minor > 0)
        snprintf(dst, cap, "%s%llu %s %llu %s", sign, (unsigned long long)count, units[i].name,
                 (unsigned long long)minor, units[i + 1].name);
    else
        snprintf(dst, cap, "%s%llu %s", sign, (unsigned long long)count, units[i].name);
}

void duration_conf(int64_t ms, char *dst, size_t cap) {
    int i = 0;
    while (i < N_UNITS - 1 && (ms == 0 ? i < N_UNITS - 2 : ms % units[i].ms != 0))
        i++;
    snprintf(dst, cap, "%lld%s", (long long)(ms / units[i].ms), units[i].name);
}

bool when_parse_zoned(const char *text, int64_t *wall_ms) {
    bool zoned = false;
    return when_parse_local(text, wall_ms, &zoned) && zoned;
}
