/* Spans of local time: what they mean on every kind of day, and when that changes next. */
#include "src/model/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "src/base/when.h"
#include "src/base/zone.h"

static const int64_t minute = 60000;

/* Toronto's rule alone, so that no machine's tzdata matters: 2026-03-08 02:00 EST becomes 03:00 EDT,
 * 2026-11-01 02:00 EDT becomes 01:00 EST. */
static struct zone *toronto(void) {
    static const char block[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" /* reserved */
                                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                                "\xff\xff\xb9\xb0\0\0EST";
    static const char rule[] = "\nEST5EDT,M3.2.0,M11.1.0\n";
    char bytes[256];
    size_t n = 0;
    struct err err = ERR_INIT;
    for (int i = 0; i < 2; i++) {
        memcpy(bytes + n, "TZif2", 5);
        memcpy(bytes + n + 5, block, sizeof block);
        n += 5 + sizeof block;
    }
    memcpy(bytes + n, rule, sizeof rule - 1);
    n += sizeof rule - 1;
    struct zone *z = zone_parse("America/Toronto", bytes, n, &err);
    if (!z)
        fail_msg("%s", err.what);
    return z;
}

static int64_t at(const char *text) {
    int64_t ms;
    if (!when_parse_rfc3339(text, &ms))
        fail_msg("%s is no time", text);
    return ms;
}

static struct calendar_span span(const char *text) {
    struct calendar_span s;
    const char *fault = NULL;
    if (!calendar_parse(text, &s, &fault))
        fail_msg("\"%s\" %s", text, fault);
    return s;
}

struct fixture {
    struct calendar c;
    struct calendar_span allow[4], deny[4];
};

static void init(struct fixture *f, bool zoned) {
    memset(f, 0, sizeof *f);
    f->c = (struct calendar){.zone = zoned ? toronto() : NULL, .allow = f->allow, .deny = f->deny};
}

static void allow(struct fixture *f, const char *text) {
    f->allow[f->c.n_allow++] = span(text);
}

static void deny(struct fixture *f, const char *text) {
    f->deny[f->c.n_deny++] = span(text);
}

/* At `now` it is `word`, until `until` ("" = for ever). */
static void is(const struct fixture *f, const char *now, enum calendar_word word,
               const char *until) {
    struct calendar_state s = calendar_at(&f->c, at(now));
    char got[32];
    if (s.word != word)
        fail_msg("%s: word %d, want %d", now, (int)s.word, (int)word);
    if (!*until && s.until_ms == INT64_MAX)
        return;
    when_rfc3339(s.until_ms, got, sizeof got);
    if (!*until || s.until_ms != at(until))
        fail_msg("%s: until %s, want %s", now, got, until);
}

static void hours_of_some_days(void **state) {
    (void)state;
    struct fixture f;
    init(&f, false);
    allow(&f, "Mon-Thu 09:00-16:00");
    is(&f, "2026-11-16T08:59:59.999Z", CALENDAR_SHUT, "2026-11-16T09:00:00Z"); /* a Monday */
    is(&f, "2026-11-16T09:00:00Z", CALENDAR_OPEN, "2026-11-16T16:00:00Z");
    is(&f, "2026-11-16T15:59:59.999Z", CALENDAR_OPEN, "2026-11-16T16:00:00Z");
    is(&f, "2026-11-16T16:00:00Z", CALENDAR_SHUT, "2026-11-17T09:00:00Z");
    is(&f, "2026-11-19T16:00:00Z", CALENDAR_SHUT, "2026-11-23T09:00:00Z");
    is(&f, "2026-11-21T10:00:00Z", CALENDAR_SHUT, "2026-11-23T09:00:00Z");
    struct calendar_state s = calendar_at(&f.c, at("2026-11-21T10:00:00Z"));
    assert_ptr_equal(s.next, &f.allow[0]);
    assert_null(s.by);
    init(&f, false);
    allow(&f, "Sat-Mon");
    is(&f, "2026-11-20T12:00:00Z", CALENDAR_SHUT, "2026-11-21T00:00:00Z");
    is(&f, "2026-11-22T23:00:00Z", CALENDAR_OPEN, "2026-11-24T00:00:00Z");
    is(&f, "2026-11-23T23:59:59Z", CALENDAR_OPEN, "2026-11-24T00:00:00Z");
    init(&f, false);
    allow(&f, "mon,WED,Fri 10:00-10:30");
    is(&f, "2026-11-18T10:29:00Z", CALENDAR_OPEN, "2026-11-18T10:30:00Z");
    is(&f, "2026-11-17T10:29:00Z", CALENDAR_SHUT, "2026-11-18T10:00:00Z");
    init(&f, false);
    allow(&f, "00:00-24:00");
    is(&f, "2026-11-18T10:29:00Z", CALENDAR_OPEN, "");
}

static void a_night_belongs_to_the_day_it_begins(void **state) {
    (void)state;
    struct fixture f;
    init(&f, false);
    allow(&f, "Fri 22:00-06:00");
    is(&f, "2026-11-20T05:00:00Z", CALENDAR_SHUT, "2026-11-20T22:00:00Z"); /* Friday morning */
    is(&f, "2026-11-20T23:00:00Z", CALENDAR_OPEN, "2026-11-21T06:00:00Z");
    is(&f, "2026-11-21T05:59:00Z", CALENDAR_OPEN, "2026-11-21T06:00:00Z");
    is(&f, "2026-11-21T06:00:00Z", CALENDAR_SHUT, "2026-11-27T22:00:00Z");
    init(&f, false);
    allow(&f, "22:00-06:00");
    is(&f, "2026-11-21T03:00:00Z", CALENDAR_OPEN, "2026-11-21T06:00:00Z");
}

static void freezes_by_date_and_by_year(void **state) {
    (void)state;
    struct fixture f;
    init(&f, false);
    deny(&f, "2026-12-20..2027-01-05");
    is(&f, "2026-12-19T23:59:59Z", CALENDAR_OPEN, "2026-12-20T00:00:00Z");
    is(&f, "2026-12-20T00:00:00Z", CALENDAR_FREEZE, "2027-01-06T00:00:00Z");
    is(&f, "2027-01-05T23:59:59Z", CALENDAR_FREEZE, "2027-01-06T00:00:00Z");
    is(&f, "2027-01-06T00:00:00Z", CALENDAR_OPEN, "");
    init(&f, false);
    deny(&f, "12-20..01-05");
    is(&f, "2031-12-31T23:59:59Z", CALENDAR_FREEZE, "2032-01-06T00:00:00Z");
    is(&f, "2032-01-03T00:00:00Z", CALENDAR_FREEZE, "2032-01-06T00:00:00Z");
    is(&f, "2032-01-06T00:00:00Z", CALENDAR_OPEN, "2032-12-20T00:00:00Z");
    init(&f, false);
    deny(&f, "07-01");
    is(&f, "2026-07-01T12:00:00Z", CALENDAR_FREEZE, "2026-07-02T00:00:00Z");
    is(&f, "2026-07-02T00:00:00Z", CALENDAR_OPEN, "2027-07-01T00:00:00Z");
    init(&f, false);
    deny(&f, "2026-12-24 18:00..2026-12-27 06:00");
    is(&f, "2026-12-24T17:59:00Z", CALENDAR_OPEN, "2026-12-24T18:00:00Z");
    is(&f, "2026-12-26T17:59:00Z", CALENDAR_FREEZE, "2026-12-27T06:00:00Z");
    init(&f, false);
    deny(&f, "12-31 18:00..01-02 06:00");
    is(&f, "2027-01-01T10:00:00Z", CALENDAR_FREEZE, "2027-01-02T06:00:00Z");
    is(&f, "2027-01-02T06:00:00Z", CALENDAR_OPEN, "2027-12-31T18:00:00Z");
    init(&f, false);
    deny(&f, "Fri 16:00..Mon 09:00");
    is(&f, "2026-11-20T15:59:00Z", CALENDAR_OPEN, "2026-11-20T16:00:00Z");
    is(&f, "2026-11-22T15:59:00Z", CALENDAR_FREEZE, "2026-11-23T09:00:00Z");
    is(&f, "2026-11-23T09:00:00Z", CALENDAR_OPEN, "2026-11-27T16:00:00Z");
    init(&f, false);
    deny(&f, "2026-12-01..2026-12-03 12:00-13:00"); /* lunch on three days */
    is(&f, "2026-11-01T12:30:00Z", CALENDAR_OPEN, "2026-12-01T12:00:00Z");
    is(&f, "2026-12-02T12:30:00Z", CALENDAR_FREEZE, "2026-12-02T13:00:00Z");
    is(&f, "2026-12-02T13:00:00Z", CALENDAR_OPEN, "2026-12-03T12:00:00Z");
    is(&f, "2026-12-03T13:00:00Z", CALENDAR_OPEN, "");
}

static void the_leap_day_is_moved_inward(void **state) {
    (void)state;
    struct fixture f;
    init(&f, false);
    deny(&f, "02-29..03-02");
    is(&f, "2028-02-29T00:00:00Z", CALENDAR_FREEZE, "2028-03-03T00:00:00Z");
    is(&f, "2027-02-28T23:00:00Z", CALENDAR_OPEN, "2027-03-01T00:00:00Z");
    init(&f, false);
    deny(&f, "02-27..02-29");
    is(&f, "2027-02-28T23:00:00Z", CALENDAR_FREEZE, "2027-03-01T00:00:00Z");
    init(&f, false);
    deny(&f, "02-29");
    is(&f, "2027-02-28T23:00:00Z", CALENDAR_OPEN, "2028-02-29T00:00:00Z");
    is(&f, "2027-03-01T01:00:00Z", CALENDAR_OPEN, "2028-02-29T00:00:00Z");
}

static void a_freeze_beats_hours_and_joins_another(void **state) {
    (void)state;
    struct fixture f;
    init(&f, false);
    allow(&f, "Mon-Thu 09:00-16:00");
    deny(&f, "2026-12-20..2027-01-05");
    deny(&f, "2027-01-06"); /* the day behind */
    is(&f, "2026-12-21T10:00:00Z", CALENDAR_FREEZE, "2027-01-07T00:00:00Z");
    is(&f, "2027-01-07T00:00:00Z", CALENDAR_SHUT, "2027-01-07T09:00:00Z");
    is(&f, "2026-12-18T10:00:00Z", CALENDAR_SHUT, "2027-01-07T09:00:00Z"); /* through the freeze */
    is(&f, "2026-12-17T10:00:00Z", CALENDAR_OPEN, "2026-12-17T16:00:00Z");
    struct calendar_state s = calendar_at(&f.c, at("2026-12-21T10:00:00Z"));
    assert_ptr_equal(s.by, &f.deny[0]);
    init(&f, false);
    allow(&f, "Mon-Thu 09:00-16:00");
    deny(&f, "Wed 12:00-13:00");
    is(&f, "2026-11-18T10:00:00Z", CALENDAR_OPEN, "2026-11-18T12:00:00Z");
    is(&f, "2026-11-18T12:00:00Z", CALENDAR_FREEZE, "2026-11-18T13:00:00Z");
    init(&f, false);
    allow(&f, "09:00-12:00"); /* two that touch are one */
    allow(&f, "12:00-16:00");
    is(&f, "2026-11-18T10:00:00Z", CALENDAR_OPEN, "2026-11-18T16:00:00Z");
}

static void what_never_opens_again_says_so(void **state) {
    (void)state;
    struct fixture f;
    init(&f, false);
    allow(&f, "2026-11-01..2026-11-30 09:00-16:00");
    is(&f, "2026-11-30T16:00:00Z", CALENDAR_SHUT, "");
    is(&f, "2026-10-01T16:00:00Z", CALENDAR_SHUT, "2026-11-01T09:00:00Z");
    init(&f, false);
    allow(&f, "09:00-16:00");
    deny(&f, "00:00-24:00"); /* a freeze of every day */
    is(&f, "2026-11-30T10:00:00Z", CALENDAR_FREEZE, "");
}

static void a_zone_moves_the_hours_with_its_summer(void **state) {
    (void)state;
    struct fixture f;
    init(&f, true);
    allow(&f, "Mon-Thu 09:00-16:00");
    is(&f, "2026-01-12T13:59:59Z", CALENDAR_SHUT, "2026-01-12T14:00:00Z"); /* EST */
    is(&f, "2026-01-12T14:00:00Z", CALENDAR_OPEN, "2026-01-12T21:00:00Z");
    is(&f, "2026-07-13T13:00:00Z", CALENDAR_OPEN, "2026-07-13T20:00:00Z"); /* EDT */
    is(&f, "2026-03-06T20:00:00Z", CALENDAR_SHUT, "2026-03-09T13:00:00Z"); /* across the change */
    zone_free(f.c.zone);
}

static void an_hour_that_is_left_out_is_passed_in_a_moment(void **state) {
    (void)state;
    struct fixture f;
    init(&f, true);
    allow(&f, "02:30-04:00"); /* 02:30 is not shown on 2026-03-08: it opens at 03:00 EDT */
    is(&f, "2026-03-08T06:59:59.999Z", CALENDAR_SHUT, "2026-03-08T07:00:00Z");
    is(&f, "2026-03-08T07:00:00Z", CALENDAR_OPEN, "2026-03-08T08:00:00Z");
    zone_free(f.c.zone);
    init(&f, true);
    allow(&f, "01:00-02:30");
    is(&f, "2026-03-08T06:30:00Z", CALENDAR_OPEN, "2026-03-08T07:00:00Z");
    zone_free(f.c.zone);
    init(&f, true);
    allow(&f, "02:15-02:45"); /* falls out that day */
    is(&f, "2026-03-08T06:30:00Z", CALENDAR_SHUT, "2026-03-09T06:15:00Z");
    zone_free(f.c.zone);
}

static void an_hour_that_comes_twice_is_not_allowed_twice_nor_denied_once(void **state) {
    (void)state;
    struct fixture f;
    init(&f, true);
    allow(&f, "00:00-01:30"); /* 01:30 EDT is 05:30Z, 01:30 EST 06:30Z */
    is(&f, "2026-11-01T05:29:59Z", CALENDAR_OPEN, "2026-11-01T05:30:00Z");
    is(&f, "2026-11-01T05:30:00Z", CALENDAR_SHUT, "2026-11-02T05:00:00Z");
    is(&f, "2026-11-01T06:15:00Z", CALENDAR_SHUT, "2026-11-02T05:00:00Z"); /* 01:15 again */
    zone_free(f.c.zone);
    init(&f, true);
    deny(&f, "00:00-01:30");
    is(&f, "2026-11-01T05:45:00Z", CALENDAR_FREEZE, "2026-11-01T06:30:00Z");
    is(&f, "2026-11-01T06:29:59Z", CALENDAR_FREEZE, "2026-11-01T06:30:00Z");
    is(&f, "2026-11-01T06:30:00Z", CALENDAR_OPEN, "2026-11-02T05:00:00Z");
    zone_free(f.c.zone);
    init(&f, true);
    deny(&f, "01:30-03:00");
    is(&f, "2026-11-01T05:30:00Z", CALENDAR_FREEZE, "2026-11-01T08:00:00Z");
    is(&f, "2026-11-01T06:10:00Z", CALENDAR_FREEZE, "2026-11-01T08:00:00Z");
    zone_free(f.c.zone);
}

/* Whatever is asked, the word holds until the moment that was told, and not at it. */
static void the_word_holds_until_the_moment_that_was_told(void **state) {
    static const struct {
        const char *allow[3], *deny[3];
    } rows[] = {
        {{"Mon-Thu 09:00-16:00"}, {"12-20..01-05"}},
        {{"22:00-06:00", "Sat-Sun"}, {"Fri 16:00..Mon 09:00"}},
        {{"00:00-02:30", "02:45-03:15"}, {"01:15-01:45"}},
        {{NULL}, {"01:30-01:45", "2026-03-08 02:30..2026-03-09 02:30", "10-31..11-01"}},
        {{"02-28..03-09 20:00-04:00", "2026-10-30..2026-11-02"}, {"Sun 00:00-01:30"}},
    };
    static const char *const starts[] = {"2026-03-06T00:00:00Z", "2026-10-30T00:00:00Z",
                                         "2027-12-18T00:00:00Z", "2028-02-26T00:00:00Z"};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct fixture f;
        init(&f, true);
        for (int i = 0; i < 3 && rows[r].allow[i]; i++)
            allow(&f, rows[r].allow[i]);
        for (int i = 0; i < 3 && rows[r].deny[i]; i++)
            deny(&f, rows[r].deny[i]);
        for (size_t k = 0; k < sizeof starts / sizeof *starts; k++) {
            int64_t now = at(starts[k]), end = now + 5 * 24 * 60 * minute;
            while (now < end) {
                struct calendar_state s = calendar_at(&f.c, now);
                int64_t until = s.until_ms < end ? s.until_ms : end;
                assert_true(s.until_ms > now);
                for (int64_t t = now; t < until; t += 7 * minute) {
                    enum calendar_word word = calendar_at(&f.c, t).word;
                    if (s.word == CALENDAR_SHUT ? word == CALENDAR_OPEN : word != s.word)
                        fail_msg("row %zu, %s + %lld min: %d is no %d", r, starts[k],
                                 (long long)((t - at(starts[k])) / minute), (int)word, (int)s.word);
                }
                if (until < end)
                    assert_int_not_equal(calendar_at(&f.c, until).word, s.word);
                now = until;
            }
        }
        zone_free(f.c.zone);
    }
}

static void any_moment_has_an_answer(void **state) {
    (void)state;
    static const int64_t moments[] = {INT64_MIN / 4, -1, 0, INT64_MAX / 4};
    struct fixture f;
    init(&f, true);
    allow(&f, "Mon-Thu 09:00-16:00");
    deny(&f, "12-20..01-05");
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        (void)calendar_at(&f.c, moments[i]);
    zone_free(f.c.zone);
}

static void what_is_no_span_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *fault;
    } rows[] = {
        {"", "is no span of time"},
        {"Mo-Th 09:00-16:00", "is no span of time"},
        {"Mon-Thu 9:00-16:00", "is no span of time"},
        {"Mon-Thu 09:00-25:00", "is no span of time"},
        {"Mon-Thu 09:60-16:00", "is no span of time"},
        {"Mon-Thu 09:00-24:01", "is no span of time"},
        {"Mon- 09:00-16:00", "is no span of time"},
        {"Mon, 09:00-16:00", "is no span of time"},
        {"Mon-Thu09:00-16:00", "is no span of time"},
        {"Mon-Thu 09:00-09:00", "ends when it begins"},
        {"2026-02-29", "is no span of time"},
        {"2026-13-01", "is no span of time"},
        {"2026-04-31", "is no span of time"},
        {"02-30", "is no span of time"},
        {"2027-01-05..2026-12-20", "ends before it begins"},
        {"2026-12-20 10:00..2026-12-20 10:00", "ends before it begins"},
        {"2026-12-20..01-05", "is no span of time"},
        {"2026-12-20..", "is no span of time"},
        {"..2026-12-20", "is no span of time"},
        {"2026-12-20 10:00", "is no span of time"},
        {"2026-12-20 10:00..2026-12-21 09:00-16:00", "has hours twice"},
        {"Mon..Wed 09:00-16:00", "has hours twice"},
        {"always", "is no span of time"},
        {"Mon-Thu 09:00-16:00 Mon-Thu 09:00-16:00 Mon-Thu 09:00-16:00 Mon-Thu 09:00-16:00",
         "is no span of time"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct calendar_span s;
        const char *fault = "";
        if (calendar_parse(rows[i].text, &s, &fault))
            fail_msg("\"%s\" was taken", rows[i].text);
        assert_string_equal(fault, rows[i].fault);
    }
    /* Any cut of a good one is good or refused, and is not read beyond its end. */
    static const char good[] = "2026-12-20 10:00..2026-12-21 16:00";
    for (size_t n = 0; n < sizeof good; n++) {
        char *cut = mem_copy_bytes(good, n);
        struct calendar_span s;
        const char *fault = "";
        (void)calendar_parse(cut, &s, &fault);
        free(cut);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_of_some_days),
        cmocka_unit_test(a_night_belongs_to_the_day_it_begins),
        cmocka_unit_test(freezes_by_date_and_by_year),
        cmocka_unit_test(the_leap_day_is_moved_inward),
        cmocka_unit_test(a_freeze_beats_hours_and_joins_another),
        cmocka_unit_test(what_never_opens_again_says_so),
        cmocka_unit_test(a_zone_moves_the_hours_with_its_summer),
        cmocka_unit_test(an_hour_that_is_left_out_is_passed_in_a_moment),
        cmocka_unit_test(an_hour_that_comes_twice_is_not_allowed_twice_nor_denied_once),
        cmocka_unit_test(the_word_holds_until_the_moment_that_was_told),
        cmocka_unit_test(any_moment_has_an_answer),
        cmocka_unit_test(what_is_no_span_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
