/* Pages of a ledger, read beside the thread that shows them: any place of the list at once, a filter over
 * all of it, and nothing that was not checked. */
#include "src/engine/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/engine/ledger.h"

enum { DEADLINE_MS = 20000, ENTRIES = 5000 };

static char folder[64], path[96];
static struct policy policy;
static struct wake wake;
static struct reader *reader; /* static: a test that fails jumps out and leaves its thread behind */

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

/* Every 100th entry is a vote. */
static void append(uint64_t from, uint64_t to) {
    struct err err = ERR_INIT;
    struct ledger *l = ledger_open(path, LEDGER_UNSYNCED, NULL, clock_system(), &err);
    assert_non_null(l);
    assert_int_equal(ledger_begin(l, &err), ERR_OK);
    for (uint64_t i = from; i <= to; i++) {
        struct record *r = record_new(i % 100 ? RECORD_NOTE : RECORD_VOTE);
        RECORD_PUT(r->who, i % 100 ? "clerk" : "ops-lead");
        RECORD_PUT(r->role, i % 100 ? "" : "ops");
        RECORD_PUT(r->word, i % 100 ? "seen" : "go");
        assert_int_equal(ledger_append(l, r, &err), ERR_OK);
        assert_int_equal(r->seq, i);
        record_drop(r);
    }
    assert_int_equal(ledger_commit(l, &err), ERR_OK);
    ledger_close(l);
}

static int set_up(void **state) {
    struct err err = ERR_INIT;
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/gonogo-reader-XXXXXX");
    if (!mkdtemp(folder) || wake_init(&wake, &err) != ERR_OK)
        return -1;
    snprintf(path, sizeof path, "%s/l.db", folder);
    policy = (struct policy){.ledger.file = path};
    reader = reader_start(&policy, clock_system(), &wake, &err);
    return reader ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    reader_stop(reader);
    wake_fini(&wake);
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void ask(const char *filter, uint64_t upto, uint64_t at) {
    struct page_question q = {.upto = upto, .at = at};
    snprintf(q.filter, sizeof q.filter, "%s", filter);
    int64_t end = clock_mono_ms(clock_system()) + DEADLINE_MS;
    while (!reader_ask(reader, &q))
        assert_true(clock_mono_ms(clock_system()) < end);
}

/* The next page; the caller drops it. */
static const struct ledger_page *next_page(void) {
    int64_t end = clock_mono_ms(clock_system()) + DEADLINE_MS;
    for (;;) {
        const struct ledger_page *page = mailbox_take(reader_pages(reader));
        int64_t left = end - clock_mono_ms(clock_system());
        struct pollfd fd = {.fd = wake.read_fd, .events = POLLIN};
        if (page)
            return page;
        assert_true(left > 0);
        poll(&fd, 1, (int)left);
        wake_drain(&wake);
    }
}

/* The answer to this question, when nothing is left to be searched. */
static const struct ledger_page *answer(const char *filter, uint64_t upto, uint64_t at) {
    ask(filter, upto, at);
    for (;;) {
        const struct ledger_page *page = next_page();
        bool its = strcmp(page->question.filter, filter) == 0 && page->question.at == at &&
                   page->question.upto == upto;
        if (its && (page->unread == 0 || page->trouble[0]))
            return page;
        ledger_page_drop(page);
    }
}

static void a_page_from_any_place_of_the_list(void **state) {
    (void)state;
    static const uint64_t places[] = {0, 1, 127, 128, 129, 2500, ENTRIES - 129, ENTRIES - 1};
    append(1, ENTRIES);
    for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
        const struct ledger_page *page = answer("", 0, places[k]);
        assert_string_equal(page->trouble, "");
        assert_int_equal(page->upto, ENTRIES);
        assert_int_equal(page->total, ENTRIES);
        assert_int_equal(page->first, places[k] > 128 ? places[k] - 128 : 0);
        uint64_t n = ENTRIES - page->first < PAGE_ENTRIES ? ENTRIES - page->first : PAGE_ENTRIES;
        assert_int_equal(page->n, n);
        for (uint64_t i = 0; i < n; i++)
            assert_int_equal(ledger_page_at(page, page->first + i)->seq, ENTRIES - page->first - i);
        assert_null(ledger_page_at(page, page->first + n));
        ledger_page_drop(page);
    }
}

static void newer_entries_than_were_asked_for_do_not_count(void **state) {
    (void)state;
    append(1, 300);
    const struct ledger_page *page = answer("", 10, 0);
    assert_int_equal(page->total, 10);
    assert_int_equal(page->records[0]->seq, 10);
    ledger_page_drop(page);
    page = answer("votes", 299, 0);
    assert_int_equal(page->total, 2);
    assert_int_equal(page->records[0]->seq, 200);
    ledger_page_drop(page);
}

static void a_filter_is_held_against_every_entry(void **state) {
    (void)state;
    append(1, ENTRIES);
    const struct ledger_page *page = answer("VOTES ops-lead", 0, 0);
    assert_int_equal(page->total, ENTRIES / 100);
    assert_int_equal(page->n, ENTRIES / 100);
    for (uint64_t i = 0; i < page->n; i++)
        assert_int_equal(page->records[i]->seq, ENTRIES - 100 * i);
    ledger_page_drop(page);
    page = answer("clerk", 0, ENTRIES / 2); /* a long one, in the middle */
    assert_int_equal(page->total, ENTRIES - ENTRIES / 100);
    assert_int_equal(page->n, PAGE_ENTRIES);
    ledger_page_drop(page);
    page = answer("nobody says this", 0, 0);
    assert_int_equal(page->total, 0);
    assert_int_equal(page->n, 0);
    ledger_page_drop(page);
}

static void what_comes_later_is_found_too(void **state) {
    (void)state;
    append(1, 250);
    const struct ledger_page *page = answer("votes", 250, 0);
    assert_int_equal(page->total, 2);
    ledger_page_drop(page);
    append(251, 5100); /* more than one stretch */
    page = answer("votes", 5100, 0);
    assert_int_equal(page->total, 51);
    for (uint64_t i = 0; i < page->n; i++)
        assert_int_equal(page->records[i]->seq, 5100 - 100 * i);
    ledger_page_drop(page);
}

static void a_ledger_that_is_not_there_yet_is_empty(void **state) {
    (void)state;
    const struct ledger_page *page = answer("", 0, 0);
    assert_string_equal(page->trouble, "");
    assert_int_equal(page->total, 0);
    ledger_page_drop(page);
    page = answer("anything", 0, 0);
    assert_int_equal(page->total, 0);
    ledger_page_drop(page);
    append(1, 3);
    page = answer("", 3, 0);
    assert_int_equal(page->total, 3);
    ledger_page_drop(page);
}

static void change(const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void what_was_changed_is_named_and_not_shown(void **state) {
    (void)state;
    append(1, 1000);
    change("DROP TRIGGER entry_not_changed");
    change("UPDATE entry SET body = replace(body, 'clerk', 'klerc') WHERE seq = 777");
    const struct ledger_page *page = answer("", 0, 200);
    assert_non_null(strstr(page->trouble, "777"));
    for (size_t i = 0; i < page->n; i++)
        assert_true(page->records[i]->seq < 777);
    ledger_page_drop(page);
    page = answer("votes", 0, 0);
    assert_non_null(strstr(page->trouble, "777"));
    ledger_page_drop(page);
    page = answer("", 0, 999); /* it does not stop the rest from being read */
    assert_string_equal(page->trouble, "");
    assert_int_equal(page->records[page->n - 1]->seq, 1);
    ledger_page_drop(page);
}

static void of_many_questions_the_newest_is_answered(void **state) {
    (void)state;
    append(1, ENTRIES);
    for (unsigned i = 0; i < 200; i++)
        ask(i % 2 ? "votes" : "", 0, i);
    const struct ledger_page *page = answer("clerk 4999", 0, 0);
    assert_int_equal(page->total, 1);
    ledger_page_drop(page);
    ask("clerk", 0, 0); /* and the thread ends in the middle of another */
}

int main(void) {
#define READER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        READER_TEST(a_page_from_any_place_of_the_list),
        READER_TEST(newer_entries_than_were_asked_for_do_not_count),
        READER_TEST(a_filter_is_held_against_every_entry),
        READER_TEST(what_comes_later_is_found_too),
        READER_TEST(a_ledger_that_is_not_there_yet_is_empty),
        READER_TEST(what_was_changed_is_named_and_not_shown),
        READER_TEST(of_many_questions_the_newest_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
