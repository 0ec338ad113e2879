/* Plans: what is filled in, what never is, what forbids them, what they show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "src/model/plan.h"
#include "tests/unit/world_fixture.h"

#define WORDS(...) ((char *[]){__VA_ARGS__, NULL})

static char hush[] = "hush-hush", authorization[] = "Authorization";

static struct header_spec headers[] = {{.name = authorization, .value = hush, .secret = true}};

struct bench {
    struct fixture f;
    struct snapshot *s;
    struct sample *samples[2];
    struct step_spec steps[2];
    struct action_spec action;
};

/* Before the promote: stable 2.0.0.19, target 2.0.0.20, a feed that says where its artifact is. */
static void setup(struct bench *b) {
    static char name[] = "promote", copy[] = "copy", tell[] = "tell", folder[] = "/srv/nexy",
                url[] = "https://ops.example.net/{target}", method[] = "PUT", body[] = "{\"a\": 1}",
                base[] = "https://prod.example.net";
    memset(b, 0, sizeof *b);
    fixture_init(&b->f);
    b->f.environments[0].url = base;
    b->f.policy.folder = folder;
    b->f.policy.actions = &b->action;
    b->f.policy.n_actions = 1;
    static char *argv[] = {"copy", "--version={target}", "{artifact.size}", "it's", NULL};
    static char *undo[] = {"pull", "{stable}", NULL};
    b->steps[0] = (struct step_spec){.name = copy, .kind = STEP_RUN, .argv = argv, .undo = undo};
    b->steps[1] = (struct step_spec){.name = tell,
                                     .kind = STEP_HTTP,
                                     .url = url,
                                     .method = method,
                                     .body = body,
                                     .headers = headers,
                                     .n_headers = 1};
    b->action = (struct action_spec){
        .name = name, .confirm = CONFIRM_VERSION, .steps = b->steps, .n_steps = 2};
    b->s = snapshot_new(&b->f.policy);
    snprintf(b->s->target, sizeof b->s->target, "2.0.0.20");
    snprintf(b->s->stable, sizeof b->s->stable, "2.0.0.19");
    snprintf(b->s->baseline, sizeof b->s->baseline, "2.0.0.19");
    b->s->verdict = VERDICT_GO;
    const unsigned feeds[] = {BETA_FEED, STABLE_FEED};
    for (size_t i = 0; i < 2; i++) {
        b->samples[i] = sample_new(feeds[i]);
        b->samples[i]->reading = READING_OK;
        b->samples[i]->size = 1234;
        snprintf(b->samples[i]->version, VERSION_CAP, "%s", i == 0 ? "2.0.0.20" : "2.0.0.19");
        snprintf(b->samples[i]->url, sizeof b->samples[i]->url, "https://cdn.example.net/%zu.dmg",
                 i);
        b->s->sources[feeds[i]].state = SOURCE_OK;
        b->s->sources[feeds[i]].good = b->samples[i];
    }
}

static void teardown(struct bench *b) {
    snapshot_drop(b->s);
    world_free(b->f.world);
}

static void values_stand_inside_their_words(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    struct run_plan *plan = plan_make(b.s, 0);
    assert_string_equal(plan->fault, "");
    assert_string_equal(plan->held, "");
    assert_string_equal(plan->word, "2.0.0.20");
    assert_string_equal(plan->steps[0].argv[1], "--version=2.0.0.20");
    assert_string_equal(plan->steps[0].argv[2], "1234");
    assert_null(plan->steps[0].argv[4]);
    assert_string_equal(plan->steps[0].line, "copy --version=2.0.0.20 1234 'it'\\''s'");
    assert_string_equal(plan->steps[0].undo_line, "pull 2.0.0.19");
    assert_string_equal(plan->steps[1].url, "https://ops.example.net/2.0.0.20");
    assert_string_equal(
        plan->steps[1].line,
        "PUT https://ops.example.net/2.0.0.20 with Authorization: ***, body {\"a\": 1}");
    assert_string_equal(plan->lines[0], "Acts on production, https://prod.example.net.");
    plan_free(plan);
    teardown(&b);
}

static bool has_line(const struct run_plan *plan, const char *text) {
    for (size_t i = 0; i < PLAN_LINES; i++)
        if (strstr(plan->lines[i], text))
            return true;
    return false;
}

/* Environment, channel, item, clients, the good version before: each as it is at this moment. */
static void a_plan_tells_whom_it_reaches(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    b.samples[0]->items = b.samples[1]->items = 2;
    b.s->wall_ms = WALL0 + 60 * HOUR;
    struct run_plan *plan = plan_make(b.s, 0);
    assert_true(has_line(plan, "Channel stable offers 2.0.0.19; the target is 2.0.0.20."));
    assert_true(has_line(plan, "Item 2.0.0.20: https://cdn.example.net/0.dmg, 1234 bytes"));
    assert_true(has_line(plan, "all of channel stable may take it at once, and look every 1 d: it "
                               "is not phased"));
    assert_true(has_line(plan, "Good version before: 2.0.0.19."));
    plan_free(plan);

    b.samples[0]->published =
        (struct exposure_item){.dated = true, .pub_date_ms = WALL0, .interval_s = 86400};
    plan = plan_make(b.s, 0);
    assert_true(has_line(plan, "1 of 7 groups of channel stable at first, one more every 1 d, all "
                               "after 6 d"));
    plan_free(plan);

    b.s->sources[BETA_FEED].state = SOURCE_ERROR;
    plan = plan_make(b.s, 0);
    assert_true(has_line(plan, "whether it is phased is not known"));
    plan_free(plan);
    teardown(&b);
}

/* What holds it up, takes it out or switches it off is about what clients have already. */
static void a_halt_tells_how_far_it_has_got(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    b.action.requires = REQUIRES_ANY;
    b.s->wall_ms = WALL0 + 60 * HOUR;
    snprintf(b.s->stable, sizeof b.s->stable, "2.0.0.20");
    snprintf(b.samples[1]->version, VERSION_CAP, "2.0.0.20");
    b.samples[1]->items = 2;
    b.samples[1]->published =
        (struct exposure_item){.dated = true, .pub_date_ms = WALL0, .interval_s = 86400};
    b.s->stage = STAGE_AFTER;
    struct run_plan *plan = plan_make(b.s, 0);
    assert_true(has_line(plan, "3 of 7 groups of channel stable may take 2.0.0.20; about 36 %"));
    assert_true(has_line(plan, "keeps it until a higher version comes"));
    assert_true(has_line(plan, "Good version before: 2.0.0.19."));
    plan_free(plan);

    snprintf(b.s->baseline, sizeof b.s->baseline, "2.0.0.20"); /* it never knew another */
    plan = plan_make(b.s, 0);
    assert_true(has_line(plan, "Good version before: not known."));
    plan_free(plan);

    b.s->sources[STABLE_FEED].state = SOURCE_STALE;
    plan = plan_make(b.s, 0);
    assert_true(has_line(plan, "which item stable offers, and to whom, is not known now"));
    plan_free(plan);
    teardown(&b);
}

static void a_missing_value_refuses_the_plan(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    b.s->target[0] = '\0';
    struct run_plan *plan = plan_make(b.s, 0);
    assert_string_equal(plan->fault, "step \"copy\" needs {target}: the target is not known");
    plan_free(plan);
    teardown(&b);

    setup(&b);
    b.samples[0]->size = SAMPLE_UNKNOWN;
    plan = plan_make(b.s, 0);
    assert_string_equal(plan->fault,
                        "step \"copy\" needs {artifact.size}: no manifest names the target");
    plan_free(plan);
    teardown(&b);

    static char *argv[] = {"rollback", "{previous}", NULL};
    setup(&b);
    b.steps[0].argv = argv;
    plan = plan_make(b.s, 0);
    assert_string_equal(plan->fault, "step \"copy\" needs {previous}: no stable version before the "
                                     "present one is known");
    plan_free(plan);
    teardown(&b);
}

/* A feed that anybody may have written decides the target. */
static void a_hostile_feed_injects_nothing(void **state) {
    (void)state;
    static const char *const versions[] = {
        "--root=/", "-1",         "2.0 --force",      "2.0;rm -rf /", "$(id)",
        "2.0\n3.0", "2.0\x1b[2J", "../../etc/passwd", "2.0/../..",    "2.0{target}"};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct bench b;
        setup(&b);
        snprintf(b.s->target, sizeof b.s->target, "%s", versions[i]);
        struct run_plan *plan = plan_make(b.s, 0);
        assert_non_null(strstr(plan->fault, "is nothing that a command may be given"));
        plan_free(plan);
        teardown(&b);
    }
    static char *argv[] = {"get", "{artifact.url}", NULL};
    static const char *const urls[] = {"-o/etc/passwd", "http://cdn.example.net/x",
                                       "file:///etc/passwd", "https://a b/", "https://"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct bench b;
        setup(&b);
        b.steps[0].argv = argv;
        snprintf(b.samples[0]->url, sizeof b.samples[0]->url, "%s", urls[i]);
        struct run_plan *plan = plan_make(b.s, 0);
        assert_string_not_equal(plan->fault, "");
        plan_free(plan);
        teardown(&b);
    }
}

static void gates_hold_what_requires_go_and_nothing_else(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    b.s->verdict = VERDICT_NO_GO;
    b.s->gates[G_AGREE] =
        (struct gate_view){.verdict = GATE_WAIT, .counted = true, .reason = "soon"};
    b.s->gates[G_FEED] = (struct gate_view){.verdict = GATE_FAIL, .counted = true, .reason = "old"};
    struct run_plan *plan = plan_make(b.s, 0);
    assert_string_equal(plan->held, "NO-GO: feed at target: old (and 1 more)");
    plan_free(plan);
    b.action.requires = REQUIRES_ANY;
    plan = plan_make(b.s, 0);
    assert_string_equal(plan->held, "");
    plan_free(plan);
    teardown(&b);
}

static void it_is_seen_when_the_world_has_moved(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    struct run_plan *before = plan_make(b.s, 0), *after = plan_make(b.s, 0);
    assert_true(before->seen == after->seen);
    plan_free(after);
    b.s->gates[G_FRESH].verdict = GATE_WAIT;
    after = plan_make(b.s, 0);
    assert_true(before->seen != after->seen);
    assert_string_equal(before->digest, after->digest);
    plan_free(after);
    b.s->gates[G_FRESH].verdict = GATE_UNKNOWN;
    b.samples[0]->size = 1235; /* other bytes */
    after = plan_make(b.s, 0);
    assert_true(before->seen != after->seen);
    assert_string_not_equal(before->digest, after->digest);
    plan_free(after);
    plan_free(before);

    /* A kill switch is never held up by a gate, not even by one that moved. */
    b.action.requires = REQUIRES_ANY;
    before = plan_make(b.s, 0);
    b.s->gates[G_FRESH].verdict = GATE_FAIL;
    b.s->verdict = VERDICT_NO_GO;
    after = plan_make(b.s, 0);
    assert_true(before->seen == after->seen);
    plan_free(before);
    plan_free(after);
    teardown(&b);
}

static void who_confirms_types_the_right_word(void **state) {
    (void)state;
    struct bench b;
    char why[256];
    setup(&b);
    struct run_plan *plan = plan_make(b.s, 0);
    assert_false(plan_refuses(plan, "2.0.0.20", "", why, sizeof why));
    assert_true(plan_refuses(plan, "2.0.0.2", "", why, sizeof why));
    assert_string_equal(why, "it is confirmed with \"2.0.0.20\", not with \"2.0.0.2\"");
    assert_true(plan_refuses(plan, "", "", why, sizeof why));
    plan_free(plan);

    b.f.environments[0].protected = true;
    plan = plan_make(b.s, 0);
    assert_true(plan_refuses(plan, "2.0.0.20", "  ", why, sizeof why));
    assert_string_equal(why, "production is protected: say why");
    assert_false(plan_refuses(plan, "2.0.0.20", "it soaked", why, sizeof why));
    plan_free(plan);

    b.action.confirm = CONFIRM_WORD;
    plan = plan_make(b.s, 0);
    assert_string_equal(plan->word, "promote");
    plan_free(plan);
    teardown(&b);
}

static void a_run_goes_on_with_the_values_that_it_began_with(void **state) {
    (void)state;
    struct bench b;
    struct buf json;
    setup(&b);
    struct run_plan *plan = plan_make(b.s, 0);
    buf_init(&json, 0);
    plan_save(plan, &json);
    snprintf(b.s->target, sizeof b.s->target, "3.0.0.0"); /* the world moves on */
    struct run_plan *again = plan_remake(&b.f.policy, 0, json.data);
    assert_string_equal(again->fault, "");
    assert_string_equal(again->digest, plan->digest);
    assert_string_equal(again->steps[0].argv[1], "--version=2.0.0.20");
    plan_free(again);
    again = plan_remake(&b.f.policy, 0, "{\"target\":\"--force\"}");
    assert_string_not_equal(again->fault, "");
    plan_free(again);
    again = plan_remake(&b.f.policy, 0, "nonsense");
    assert_string_not_equal(again->fault, "");
    plan_free(again);
    buf_fini(&json);
    plan_free(plan);
    teardown(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_inside_their_words),
        cmocka_unit_test(a_plan_tells_whom_it_reaches),
        cmocka_unit_test(a_halt_tells_how_far_it_has_got),
        cmocka_unit_test(a_missing_value_refuses_the_plan),
        cmocka_unit_test(a_hostile_feed_injects_nothing),
        cmocka_unit_test(gates_hold_what_requires_go_and_nothing_else),
        cmocka_unit_test(it_is_seen_when_the_world_has_moved),
        cmocka_unit_test(who_confirms_types_the_right_word),
        cmocka_unit_test(a_run_goes_on_with_the_values_that_it_began_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
