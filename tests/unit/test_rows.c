#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "src/model/snapshot.h"
#include "ui/list.h"
#include "ui/rows.h"

enum { A, B, C, D, N };

static char names[N][8] = {"alpha", "beta", "gamma", "delta"};
static char ids[N][16] = {"prod/alpha", "prod/beta", "stag/gamma", "stag/delta"};
static char health[] = "health", feed[] = "feed", prod[] = "prod", stag[] = "stag";

struct world_of_four {
    struct environment environments[2];
    struct source_spec sources[N];
    struct policy policy;
    struct snapshot *s;
    struct rows rows;
};

static void say(struct world_of_four *w, unsigned i, enum source_state state, const char *version,
                int latency_ms) {
    struct sample *sample = sample_new(i);
    snprintf(sample->version, sizeof sample->version, "%s", version);
    sample->latency_ms = latency_ms;
    w->s->sources[i].state = w->s->sources[i].raw = state;
    w->s->sources[i].last = sample;
}

static void set_up(struct world_of_four *w) {
    memset(w, 0, sizeof *w);
    w->environments[0].name = prod;
    w->environments[1].name = stag;
    for (unsigned i = 0; i < N; i++)
        w->sources[i] = (struct source_spec){
            .id = ids[i], .name = names[i], .environment = i / 2, .kind = i % 2 ? feed : health};
    w->policy = (struct policy){.environments = w->environments,
                                .n_environments = 2,
                                .sources = w->sources,
                                .n_sources = N};
    w->s = snapshot_new(&w->policy);
    w->s->number = 1;
    say(w, A, SOURCE_OK, "1.10", 40);
    say(w, B, SOURCE_ERROR, "1.9", 10);
    say(w, C, SOURCE_OK, "1.9.1", 30);
    say(w, D, SOURCE_STALE, "1.2", 20);
    rows_init(&w->rows, &w->policy);
}

static void tear_down(struct world_of_four *w) {
    rows_fini(&w->rows);
    snapshot_drop(w->s);
}

static void expect(struct world_of_four *w, const char *want) {
    char got[64] = "";
    rows_wish(&w->rows);
    rows_make(&w->rows, w->s);
    for (size_t i = 0; i < w->rows.n; i++) {
        size_t len = strlen(got);
        snprintf(got + len, sizeof got - len, "%s%c", i ? " " : "",
                 w->rows.rows[i].head ? '0' + (char)w->rows.rows[i].index
                                      : names[w->rows.rows[i].index][0]);
    }
    assert_string_equal(got, want);
}

static void rows_come_as_configured_and_sorted_by_wish(void **state) {
    (void)state;
    struct world_of_four w;
    set_up(&w);
    expect(&w, "a b g d");
    w.rows.sort = SORT_STATE;
    expect(&w, "b d a g"); /* trouble first, else as configured */
    w.rows.sort = SORT_LATENCY;
    expect(&w, "b d g a");
    w.rows.turned = true;
    expect(&w, "a g d b");
    w.rows.turned = false;
    w.rows.sort = SORT_VERSION;
    expect(&w, "d b g a"); /* 1.10 is newer than 1.9 */
    w.rows.sort = SORT_NAME;
    expect(&w, "a b d g");
    tear_down(&w);
}

static void every_word_of_the_filter_must_be_found(void **state) {
    (void)state;
    struct world_of_four w;
    set_up(&w);
    snprintf(w.rows.filter, sizeof w.rows.filter, "PROD");
    expect(&w, "a b");
    snprintf(w.rows.filter, sizeof w.rows.filter, "prod error");
    expect(&w, "b");
    snprintf(w.rows.filter, sizeof w.rows.filter, "  1.9  ");
    expect(&w, "b g");
    snprintf(w.rows.filter, sizeof w.rows.filter, "nothing");
    expect(&w, "");
    tear_down(&w);
}

static void folded_environments_hide_their_sources(void **state) {
    (void)state;
    struct world_of_four w;
    set_up(&w);
    w.rows.grouped = true;
    expect(&w, "0 a b 1 g d");
    w.rows.shut[0] = true;
    expect(&w, "0 1 g d");
    snprintf(w.rows.filter, sizeof w.rows.filter, "alpha");
    expect(&w, "0 a"); /* what was looked for is shown */
    tear_down(&w);
}

static void rows_are_made_when_something_changed_only(void **state) {
    (void)state;
    struct world_of_four w;
    set_up(&w);
    assert_true(rows_make(&w.rows, w.s));
    assert_false(rows_make(&w.rows, w.s));
    w.s->number++;
    assert_true(rows_make(&w.rows, w.s));
    tear_down(&w);
}

static void a_list_keeps_its_selection_in_sight(void **state) {
    (void)state;
    struct list l = {.active = true};
    list_fit(&l, 100, 10);
    list_move(&l, REQ_LAST);
    assert_int_equal(l.selected, 99);
    assert_int_equal(l.top, 90);
    list_fit(&l, 5, 10); /* rows went away */
    assert_int_equal(l.selected, 4);
    assert_int_equal(l.top, 0);
    list_fit(&l, 0, 10);
    list_move(&l, REQ_DOWN);
    assert_int_equal(l.selected, 0);
    assert_false(list_pick(&l, 0));
    list_fit(&l, 100, 0); /* no room at all */
    list_move(&l, REQ_PAGE_DOWN);
    list_scroll(&l, 3);
    assert_true(l.selected < l.count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_as_configured_and_sorted_by_wish),
        cmocka_unit_test(every_word_of_the_filter_must_be_found),
        cmocka_unit_test(folded_environments_hide_their_sources),
        cmocka_unit_test(rows_are_made_when_something_changed_only),
        cmocka_unit_test(a_list_keeps_its_selection_in_sight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
