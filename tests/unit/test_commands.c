/* The command worker, with real processes: it waits for none of them, and none of them outlives it. */
#include "probes/commands.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "tests/support/rig.h"

enum { SCRIPTS_MAX = 16 };

/* `sh -c SCRIPT` as a source; a run is three words and their end. */
static char *runs[SCRIPTS_MAX][4];

static struct source_spec *add(struct rig *rig, const char *script) {
    size_t at = rig->policy.n_sources;
    struct source_spec *spec = rig_add(rig, "command", "/");
    free(spec->file);
    spec->file = NULL;
    runs[at][0] = (char *)(uintptr_t) "sh";
    runs[at][1] = (char *)(uintptr_t) "-c";
    runs[at][2] = (char *)(uintptr_t)script;
    spec->run = runs[at];
    return spec;
}

static const struct sample *run_once(const char *script) {
    struct rig rig;
    rig_init(&rig);
    add(&rig, script);
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    rig_fini(&rig);
    return sample;
}

static void has(const struct sample *sample, const char *part) {
    if (sample->reading != READING_ERROR || !strstr(sample->error, part))
        fail_msg("reading %d, error \"%s\" does not say \"%s\"", (int)sample->reading,
                 sample->error, part);
}

static void zero_one_and_three_are_answers(void **state) {
    (void)state;
    static const int codes[] = {0, 1, 3};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char script[64];
        snprintf(script, sizeof script, "echo first; echo '  last line '; exit %d", codes[i]);
        const struct sample *sample = run_once(script);
        assert_int_equal(sample->reading, READING_OK);
        assert_int_equal(sample->exit_code, codes[i]);
        assert_string_equal(sample->status, "last line");
        assert_string_equal(sample->output, "first\n  last line \n");
        assert_true(sample->latency_ms >= 0);
        assert_true(sample->wall_ms > 0);
        sample_drop(sample);
    }
}

static void any_other_end_is_an_error_and_keeps_the_output(void **state) {
    (void)state;
    const struct sample *sample = run_once("echo so far; exit 2");
    has(sample, "exit 2 after");
    has(sample, "so far");
    assert_int_equal(sample->exit_code, 2);
    assert_string_equal(sample->output, "so far\n");
    sample_drop(sample);
    sample = run_once("echo so far; kill -SEGV $$");
    has(sample, "died of signal SEGV");
    assert_int_equal(sample->exit_code, SAMPLE_UNKNOWN);
    sample_drop(sample);
    sample = run_once("exit 127");
    has(sample, "exit 127");
    assert_null(sample->output);
    sample_drop(sample);
}

static void what_cannot_be_started_is_an_error(void **state) {
    (void)state;
    static char *none[] = {(char *)(uintptr_t) "no-such-program-here", NULL};
    struct rig rig;
    rig_init(&rig);
    add(&rig, "")->run = none;
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    has(sample, "cannot be started");
    sample_drop(sample);
    rig_fini(&rig);
}

static void what_takes_too_long_is_ended_also_when_it_refuses(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig);
    /* An exit status of one's own choice in answer to TERM is no answer. */
    add(&rig, "trap 'exit 0' TERM; echo up; while :; do sleep 0.01; done")->timeout_ms = 200;
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    has(sample, "took too long");
    assert_memory_equal(sample->output, "up\n", 3);
    sample_drop(sample);
    rig_fini(&rig);
}

static void a_flood_is_kept_at_both_ends(void **state) {
    (void)state;
    const struct sample *sample =
        run_once("echo begin; head -c 64000000 /dev/zero | tr '\\0' 'x'; echo; echo end");
    assert_int_equal(sample->reading, READING_OK);
    assert_string_equal(sample->status, "end");
    assert_memory_equal(sample->output, "begin\n", 6);
    assert_string_equal(sample->output + strlen(sample->output) - 5, "\nend\n");
    assert_true(strlen(sample->output) < COMMANDS_OUTPUT_MAX);
    assert_non_null(strstr(sample->output, "are left out here"));
    sample_drop(sample);
}

static void output_is_safe_text_and_secrets_are_masked(void **state) {
    (void)state;
    static char name[] = "GONOGO_TEST_SECRET", *names[] = {name, NULL};
    struct rig rig;
    rig_init(&rig);
    (void)setenv(name, "hush-hush", 1);
    (void)setenv("GONOGO_TEST_OTHER", "not for them", 1);
    add(&rig, "printf '\\033[31m%s\\n' \"$GONOGO_TEST_SECRET$GONOGO_TEST_OTHER\"")->env = names;
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    assert_string_equal(sample->output, "␛[31m***\n");
    assert_string_equal(sample->status, "␛[31m***");
    sample_drop(sample);
    rig_fini(&rig);
}

static void it_runs_where_it_is_told(void **state) {
    (void)state;
    static char root[] = "/";
    struct rig rig;
    rig_init(&rig);
    add(&rig, "pwd")->dir = root;
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    assert_string_equal(sample->status, "/");
    sample_drop(sample);
    rig_fini(&rig);
}

static void a_hanging_command_delays_no_other(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig);
    for (int i = 0; i < COMMANDS_AT_ONCE - 1; i++)
        add(&rig, "sleep 600");
    for (int i = 0; i < 3; i++) /* these share the one place that is left */
        add(&rig, "echo here");
    rig_start(&rig);
    for (int i = 0; i < 3; i++) {
        const struct sample *sample = rig_next(&rig);
        assert_int_equal(sample->reading, READING_OK);
        assert_true(sample->source >= COMMANDS_AT_ONCE - 1);
        sample_drop(sample);
    }
    rig_fini(&rig);
}

static char folder[64];

static bool file_there(const void *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, (const char *)name);
    return access(path, F_OK) == 0;
}

static bool process_gone(const void *pid) {
    return kill(*(const pid_t *)pid, 0) != 0 && errno == ESRCH;
}

static void no_more_than_so_many_run_at_once(void **state) {
    (void)state;
    struct rig rig;
    char script[SCRIPTS_MAX][512];
    rig_init(&rig);
    /* Each sees how many are there; mkdir is the count that cannot be torn. */
    for (int i = 0; i < 3 * COMMANDS_AT_ONCE; i++) {
        snprintf(script[i], sizeof script[i],
                 "mkdir %s/run.%d; sleep 0.05; ls -d %s/run.* | wc -l; rmdir %s/run.%d", folder, i,
                 folder, folder, i);
        add(&rig, script[i]);
    }
    rig_start(&rig);
    for (int i = 0; i < 3 * COMMANDS_AT_ONCE; i++) {
        const struct sample *sample = rig_next(&rig);
        assert_int_equal(sample->reading, READING_OK);
        long seen = strtol(sample->status, NULL, 10);
        assert_true(seen >= 1 && seen <= COMMANDS_AT_ONCE);
        sample_drop(sample);
    }
    rig_fini(&rig);
}

static void stopping_takes_less_than_a_second_and_leaves_nobody(void **state) {
    (void)state;
    struct rig rig;
    char script[512], path[128], line[32] = "";
    rig_init(&rig);
    snprintf(script, sizeof script,
             "trap '' TERM; echo $$ > %s/pid.new; mv %s/pid.new %s/pid; while :; do sleep 1; done",
             folder, folder, folder);
    add(&rig, script);
    rig_start(&rig);
    assert_true(rig_until(file_there, "pid"));
    snprintf(path, sizeof path, "%s/pid", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    (void)fclose(f);
    pid_t pid = (pid_t)strtol(line, NULL, 10);
    assert_true(pid > 1);
    int64_t began_ms = clock_mono_ms(clock_system());
    rig_fini(&rig);
    assert_true(clock_mono_ms(clock_system()) - began_ms <
                5000); /* one second, and a busy machine */
    assert_true(rig_until(process_gone, &pid));
}

static void it_runs_at_its_interval_and_when_asked(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig);
    add(&rig, "echo again")->every_ms = 1; /* a pause is kept all the same */
    rig_start(&rig);
    for (int i = 0; i < 2; i++)
        sample_drop(rig_next(&rig));
    rig_fini(&rig);
    rig_init(&rig);
    add(&rig, "echo once"); /* every hour */
    rig_start(&rig);
    sample_drop(rig_next(&rig));
    probes_poll_now(rig.probes); /* it ran a moment ago: it rests, and is not forgotten */
    assert_null(rig_within(&rig, 300));
    sample_drop(rig_next(&rig));
    unsigned alive = 0, all = 0;
    probes_alive(rig.probes, &alive, &all);
    assert_int_equal(alive, 1);
    assert_int_equal(all, 1);
    rig_fini(&rig);
}

static void what_runs_while_asked_is_run_once_more(void **state) {
    (void)state;
    struct rig rig;
    char script[256];
    rig_init(&rig);
    snprintf(script, sizeof script,
             "touch %s/started; while [ ! -e %s/go ]; do sleep 0.01; done; echo done", folder,
             folder);
    add(&rig, script);
    rig_start(&rig);
    assert_true(rig_until(file_there, "started"));
    probes_poll_now(rig.probes);
    char path[128];
    snprintf(path, sizeof path, "%s/go", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fclose(f);
    for (int i = 0; i < 2; i++) {
        const struct sample *sample = rig_next(&rig);
        assert_int_equal(sample->reading, READING_OK);
        sample_drop(sample);
    }
    rig_fini(&rig);
}

static int make_folder(void **state) {
    const char *base = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof folder, "%s/commands.XXXXXX",
             base && strlen(base) < 40 ? base : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_one_and_three_are_answers),
        cmocka_unit_test(any_other_end_is_an_error_and_keeps_the_output),
        cmocka_unit_test(what_cannot_be_started_is_an_error),
        cmocka_unit_test(what_takes_too_long_is_ended_also_when_it_refuses),
        cmocka_unit_test(a_flood_is_kept_at_both_ends),
        cmocka_unit_test(output_is_safe_text_and_secrets_are_masked),
        cmocka_unit_test(it_runs_where_it_is_told),
        cmocka_unit_test(a_hanging_command_delays_no_other),
        cmocka_unit_test_setup(no_more_than_so_many_run_at_once, make_folder),
        cmocka_unit_test_setup(stopping_takes_less_than_a_second_and_leaves_nobody, make_folder),
        cmocka_unit_test(it_runs_at_its_interval_and_when_asked),
        cmocka_unit_test_setup(what_runs_while_asked_is_run_once_more, make_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
