#include "src/engine/notifier.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/model/notice.h"

enum { WAIT_MS = 20000 };

/* A notifier whose webhook is this test: what was posted and what went wrong comes out of queues. */
static struct {
    struct policy policy;
    struct gate_spec gate;
    struct notify_spec to;
    struct notifier *notifier;
    struct queue *posts, *troubles;
    atomic_int failures; /* posts that are refused from now on */
    atomic_bool hangs;
    int64_t mono_ms;
    uint64_t number;
} t;

static enum err_code take_post(void *self, const struct notify_spec *to, const char *json,
                               bool (*go_on)(void *go_on_self), void *go_on_self, struct err *err) {
    (void)self;
    queue_push(t.posts, mem_format("%s %s", to->name, json), -1);
    while (atomic_load(&t.hangs) && go_on(go_on_self))
        poll(NULL, 0, 1);
    if (atomic_load(&t.failures) > 0) {
        atomic_fetch_sub(&t.failures, 1);
        return err_set(err, ERR_NET, "https://secret.example/T0KEN", NULL, "answered 500");
    }
    return ERR_OK;
}

static void take_trouble(void *self, const char *line) {
    (void)self;
    queue_push(t.troubles, mem_copy_text(line), -1);
}

static char *next_of(struct queue *q) {
    void *items[1] = {NULL};
    assert_int_equal(queue_take(q, items, 1, WAIT_MS), 1);
    return items[0];
}

static int set_up(void **state) {
    (void)state;
    memset(&t, 0, sizeof t);
    t.gate.name = t.gate.kind = (char *)"soak";
    t.to.name = (char *)"release channel";
    t.to.on = NOTICE_ALL;
    t.policy = (struct policy){.product = (char *)"Nexy & <co>",
                               .gates = &t.gate,
                               .n_gates = 1,
                               .notify = &t.to,
                               .n_notify = 1,
                               .folder = (char *)"/"};
    t.posts = queue_new(100, NULL, NULL);
    t.troubles = queue_new(100, NULL, NULL);
    t.mono_ms = 1000;
    return 0;
}

static void start(void) {
    struct err err = ERR_INIT;
    const struct notifier_ports ports = {
        .policy = &t.policy, .clock = clock_system(), .post = take_post, .trouble = take_trouble};
    t.notifier = notifier_start(&ports, &err);
    assert_non_null(t.notifier);
}

static int tear_down(void **state) {
    (void)state;
    notifier_stop(t.notifier);
    queue_free(t.posts);
    queue_free(t.troubles);
    return 0;
}

static struct snapshot *show(enum verdict verdict, enum store_state store, int64_t after_ms) {
    struct snapshot *s = snapshot_new(&t.policy);
    s->number = ++t.number;
    s->mono_ms = t.mono_ms += after_ms;
    s->settled = true;
    s->verdict = verdict;
    s->store = store;
    votes_drop(s->votes);
    s->votes = votes_new(LEDGER_WELL);
    notifier_see(t.notifier, s);
    return s;
}

/* Until nobody but us holds it. */
static void await_look(struct snapshot *s) {
    for (int i = 0; i < WAIT_MS && atomic_load(&s->refs) > 1; i++)
        poll(NULL, 0, 1);
    assert_int_equal(atomic_load(&s->refs), 1);
    snapshot_drop(s);
}

/* The verdict changes, and stays; told when this returns, if it is to be told. */
static void turn_to(enum verdict verdict, enum store_state store) {
    await_look(show(verdict, store, 1));
    await_look(show(verdict, store, NOTICE_GAP_MS));
}

static void begin(void) {
    start();
    await_look(show(VERDICT_GO, STORE_KEEPING, 0));
}

static void a_webhook_gets_slacks_format(void **state) {
    (void)state;
    t.to.webhook = (char *)"https://secret.example/T0KEN";
    begin();
    turn_to(VERDICT_NO_GO, STORE_KEEPING);
    char *post = next_of(t.posts);
    assert_int_equal(strncmp(post, "release channel {", 17), 0);
    json_t *json = json_loads(strchr(post, '{'), 0, NULL);
    assert_non_null(json);
    const char *text = json_string_value(json_object_get(json, "text"));
    assert_non_null(strstr(text, "*Nexy &amp; &lt;co&gt; ?: GO → NO-GO*\n"));
    json_decref(json);
    free(post);
}

static void whoever_only_reads_the_store_is_silent(void **state) {
    (void)state;
    t.to.webhook = (char *)"https://secret.example/T0KEN";
    begin();
    turn_to(VERDICT_NO_GO, STORE_READING);
    assert_int_equal(queue_len(t.posts), 0);
}

static void a_kind_that_nobody_wants_is_not_told(void **state) {
    (void)state;
    t.to.webhook = (char *)"https://secret.example/T0KEN";
    t.to.on = NOTICE_BURN;
    begin();
    turn_to(VERDICT_NO_GO, STORE_KEEPING);
    assert_int_equal(queue_len(t.posts), 0);
}

static void the_end_gives_a_hanging_webhook_up_and_does_not_name_its_url(void **state) {
    (void)state;
    t.to.webhook = (char *)"https://secret.example/T0KEN";
    atomic_store(&t.hangs, true);
    atomic_store(&t.failures, 100);
    begin();
    await_look(show(VERDICT_NO_GO, STORE_KEEPING, 1));
    struct snapshot *s = show(VERDICT_NO_GO, STORE_KEEPING, NOTICE_GAP_MS);
    free(next_of(t.posts)); /* it hangs from now on */
    int64_t began_ms = clock_mono_ms(clock_system());
    notifier_stop(t.notifier);
    t.notifier = NULL;
    snapshot_drop(s);
    assert_in_range(clock_mono_ms(clock_system()) - began_ms, 0, 10000);
    char *line = next_of(t.troubles);
    assert_string_equal(line, "notify release channel: answered 500");
    free(line);
}

static void a_command_gets_the_words_in_single_arguments(void **state) {
    char content[512] = "", script[128];
    const char *base = getenv("TMPDIR");
    char path[256];
    (void)state;
    snprintf(path, sizeof path, "%s/notify-XXXXXX", base ? base : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    snprintf(script, sizeof script, "printf '%%s|%%s|%%s.' \"$1\" \"$3\" \"$#\" >\"$0\"");
    char *command[] = {(char *)"sh",      (char *)"-c",      script,           path,
                       (char *)"{title}", (char *)"{text}x", (char *)"{kind}", NULL};
    t.to.command = command;
    begin();
    turn_to(VERDICT_NO_GO, STORE_KEEPING);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    content[fread(content, 1, sizeof content - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(content, "Nexy & <co> ?: GO → NO-GO|verdict|3.");
    unlink(path);
}

static void a_command_that_fails_or_is_not_there_is_said(void **state) {
    char *command[] = {(char *)"sh", (char *)"-c", (char *)"exit 3", NULL};
    char *missing[] = {(char *)"gonogo-no-such-program", NULL};
    (void)state;
    t.to.command = command;
    begin();
    turn_to(VERDICT_NO_GO, STORE_KEEPING);
    char *line = next_of(t.troubles);
    assert_non_null(strstr(line, "notify release channel: exit 3"));
    free(line);
    notifier_stop(t.notifier);
    t.to.command = missing;
    begin();
    turn_to(VERDICT_NO_GO, STORE_KEEPING);
    line = next_of(t.troubles);
    assert_non_null(strstr(line, "notify release channel: "));
    free(line);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_webhook_gets_slacks_format),
        TEST(whoever_only_reads_the_store_is_silent),
        TEST(a_kind_that_nobody_wants_is_not_told),
        TEST(the_end_gives_a_hanging_webhook_up_and_does_not_name_its_url),
        TEST(a_command_gets_the_words_in_single_arguments),
        TEST(a_command_that_fails_or_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
