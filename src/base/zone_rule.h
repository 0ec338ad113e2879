/* The rule at the end of a TZif file, in POSIX's words ("EST5EDT,M3.2.0,M11.1.0"): what holds behind
 * the file's last transition. */
#ifndef GONOGO_BASE_ZONE_RULE_H
#define GONOGO_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone_date {
    enum { ZONE_MONTH, ZONE_JULIAN, ZONE_DAY } form; /* M3.2.0, J60 (never February 29th), 59 */
    int month, week, weekday, day;
    int time_s; /* since local midnight; may be negative or beyond a day */
};

struct zone_rule {
    bool known;
    int standard_s; /* east of Greenwich */
    bool summer;    /* there is a summer time: */
    int summer_s;
    struct zone_date from, until; /* on the clock before the move */
};

/* False when it is none. */
bool zone_rule_parse(const char *text, size_t n, struct zone_rule *rule);
int zone_rule_offset_s(const struct zone_rule *rule, int64_t utc_s);

#endif
