#include "src/model/pub_date.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, DAYS_TO_1970 = 719468, ERA_DAYS = 146097 };

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* The place of the three letters at `text` in a list of such; -1 = none. */
static int name_at(const char *list, const char *text) {
    for (int i = 0; list[3 * i] != '\0'; i++)
        if (strncmp(list + 3 * (size_t)i, text, 3) == 0)
            return i;
    return -1;
}

/* A number of `least` to `most` digits; NULL when there is none. */
static const char *number(const char *at, int least, int most, int *value) {
    int n = 0;
    for (*value = 0; n < most && *at >= '0' && *at <= '9'; n++)
        *value = *value * 10 + (*at++ - '0');
    return n >= least ? at : NULL;
}

static const char *past(const char *at, char c) {
    return at != NULL && *at == c ? at + 1 : NULL;
}

/* Days since 1970 in the Gregorian calendar; years begin in March, so that leap days end them. */
static int64_t days_of(int year, int month, int day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

static int days_in(int year, int month) {
    static const char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : lengths[month - 1];
}

static bool zone(const char *at, int *offset_s) {
    static const char *const zeros[] = {"GMT", "UTC", "UT", "Z"};
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++)
        if (strcmp(at, zeros[i]) == 0) {
            *offset_s = 0;
            return true;
        }
    int hhmm;
    if (*at != '+' && *at != '-')
        return false;
    const char *end = number(at + 1, 4, 4, &hhmm);
    if (end == NULL || *end != '\0' || hhmm / 100 > 23 || hhmm % 100 > 59)
        return false;
    *offset_s = (hhmm / 100 * 60 + hhmm % 100) * 60 * (*at == '-' ? -1 : 1);
    return true;
}

bool pub_date_parse(const char *text, int64_t *wall_ms) {
    int day, year, hour, minute, second, offset;
    if (name_at(days, text) < 0 || text[3] != ',' || text[4] != ' ')
        return false;
    const char *at = past(number(text + 5, 1, 2, &day), ' ');
    int month = at == NULL ? 0 : name_at(months, at) + 1;
    if (month == 0 || (at = past(at + 3, ' ')) == NULL)
        return false;
    at = past(number(at, 4, 4, &year), ' ');
    at = at == NULL ? NULL : past(number(at, 2, 2, &hour), ':');
    at = at == NULL ? NULL : past(number(at, 2, 2, &minute), ':');
    at = at == NULL ? NULL : past(number(at, 2, 2, &second), ' ');
    if (at == NULL || !zone(at, &offset))
        return false;
    if (day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t s = days_of(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second - offset;
    *wall_ms = s * 1000;
    return true;
}

void pub_date_text(int64_t wall_ms, char dst[PUB_DATE_CAP]) {
    int64_t s = wall_ms / 1000 - (wall_ms % 1000 < 0);
    int64_t day = s / DAY_S - (s % DAY_S < 0), of_day = s - day * DAY_S;
    int64_t shifted = day + DAYS_TO_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - ERA_DAYS + 1) / ERA_DAYS;
    int64_t of_era = shifted - era * ERA_DAYS;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t march = (5 * of_year + 2) / 153; /* months since March */
    int64_t month = march < 10 ? march + 3 : march - 9;
    int64_t week = ((day + 4) % 7 + 7) % 7; /* 1970 began on a Thursday */
    snprintf(dst, PUB_DATE_CAP, "%.3s, %02d %.3s %04d %02d:%02d:%02d +0000", days + 3 * week,
             (int)(of_year - (153 * march + 2) / 5 + 1), months + 3 * (month - 1),
             (int)(y + era * 400 + (month <= 2)), (int)(of_day / 3600), (int)(of_day / 60 % 60),
             (int)(of_day % 60));
}
