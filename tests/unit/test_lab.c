#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>

#include "config/config.h"
#include "src/base/clock.h"
#include "src/base/hash.h"
#include "src/base/json.h"
#include "src/cmd/kinds.h"
#include "src/lab/lab.h"
#include "src/lab/lab_client.h"
#include "src/lab/lab_server.h"
#include "src/model/feed.h"
#include "src/model/logline.h"
#include "src/model/slo.h"
#include "tests/unit/loopback.h"

static struct lab *start(const char *scenario) {
    struct err err = ERR_INIT;
    struct lab *lab =
        lab_start(&(struct lab_options){.scenario = scenario, .down_after_ms = 300}, &err);
    if (!lab)
        err_print(stderr, &err);
    assert_non_null(lab);
    return lab;
}

static bool is_there(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

static struct buf content_of(const char *folder, const char *name) {
    struct buf all;
    buf_init(&all, 0);
    buf_add_text(&all, "");
    char *path = mem_format("%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char chunk[65536];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(&all, chunk, got);
    fclose(f);
    free(path);
    return all;
}

static int status_of(const char *url, const char *path) {
    struct reply r = loopback_get(url, path);
    int status = r.status;
    reply_fini(&r);
    return status;
}

static bool says(const char *url, const char *path, const char *needle) {
    struct reply r = loopback_get(url, path);
    bool found = strstr(r.body, needle) != NULL;
    reply_fini(&r);
    return found;
}

static void every_scenario_starts_and_leaves_nothing_behind(void **state) {
    (void)state;
    const struct lab_scenario *scenario;
    size_t n = 0;
    for (; (scenario = lab_scenario_at(n)); n++) {
        struct lab *lab = start(scenario->name);
        char *folder = mem_copy_text(lab_folder(lab));
        struct stat st;
        assert_int_equal(stat(folder, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
        assert_true(is_there(lab_config_path(lab)));
        assert_true(strlen(scenario->help) > 10);
        lab_stop(lab);
        assert_false(is_there(folder));
        free(folder);
    }
    assert_int_equal(n, 7);
}

static void an_unknown_scenario_names_the_nearest(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    assert_null(lab_start(&(struct lab_options){.scenario = "hapy"}, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.where, "--scenario");
    assert_non_null(strstr(err.todo, "happy"));
}

static void the_happy_lab_agrees_with_itself(void **state) {
    (void)state;
    struct lab *lab = start(NULL);
    const char *production = lab_production_url(lab), *staging = lab_staging_url(lab);
    static const char *const health[] = {"/health", "/status", "/updates/health"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(says(production, health[i], "\"latest_version\":\"2.0.0.19\""));
        assert_true(says(staging, health[i], "\"latest_version\":\"2.0.0.20\""));
    }
    assert_int_equal(status_of(production, "/updates/appcast-beta.xml"), 404);
    assert_int_equal(status_of(staging, "/updates/appcast-beta.xml"), 200);
    lab_stop(lab);
}

static enum err_code fold_item(void *self, const struct feed_item *item, struct err *err) {
    return feed_newest_fold(self, item, err);
}

/* Reads a feed by the project's own parser. */
static enum err_code read_feed(const char *url, const char *path, struct feed_newest *newest) {
    struct err err = ERR_INIT;
    struct reply r = loopback_get(url, path);
    feed_newest_init(newest, NULL);
    struct feed_parser *parser = feed_parser_new(path, (struct feed_sink){fold_item, newest});
    enum err_code code = feed_parser_push(parser, r.body, r.length, &err);
    if (!code)
        code = feed_parser_finish(parser, &err);
    feed_parser_free(parser);
    reply_fini(&r);
    return code;
}

static void feeds_are_read_by_our_own_parser(void **state) {
    (void)state;
    struct lab *lab = start("happy");
    struct feed_newest newest;
    assert_int_equal(read_feed(lab_production_url(lab), "/updates/appcast.xml", &newest), ERR_OK);
    assert_true(newest.found);
    assert_string_equal(newest.version, "2.0.0.19");
    assert_string_equal(newest.short_version, "2.0.0.19");
    assert_int_equal(newest.length, 393216);
    assert_int_equal(read_feed(lab_staging_url(lab), "/updates/appcast-beta.xml", &newest), ERR_OK);
    assert_string_equal(newest.version, "2.0.0.20");
    assert_int_equal(newest.candidates, 2);
    assert_true(strncmp(newest.url, lab_staging_url(lab), strlen(lab_staging_url(lab))) == 0);
    lab_stop(lab);
}

static void feeds_and_bytes_are_what_the_manifests_say(void **state) {
    (void)state;
    struct lab *lab = start("happy");
    static const char *const manifests[] = {"tree/server/updates/manifests/manifest.json",
                                            "tree/server/updates/manifests/manifest_beta.json"};
    for (int i = 0; i < 2; i++) {
        struct err err = ERR_INIT;
        struct buf text = content_of(lab_folder(lab), manifests[i]);
        json_t *json = json_read(text.data, text.len, "manifest", &err);
        const char *url = json_string_value(json_at(json, "/artifact/url"));
        json_int_t size = json_integer_value(json_at(json, "/artifact/size"));
        char base[128];
        snprintf(base, sizeof base, "%.*s", (int)(strstr(url, "/updates/") - url), url);
        struct reply r = loopback_get(base, strstr(url, "/updates/"));
        char hex[HASH_HEX_CAP];
        hash_of(r.body, r.length, hex);
        assert_int_equal(r.length, size);
        assert_string_equal(hex, json_string_value(json_at(json, "/artifact/sha256")));
        reply_fini(&r);
        json_decref(json);
        buf_fini(&text);
    }
    lab_stop(lab);
}

static void its_configuration_loads_and_names_its_own_places(void **state) {
    (void)state;
    struct lab *lab = start("happy");
    struct err err = ERR_INIT;
    struct policy *policy = config_load(lab_config_path(lab), cmd_kinds(), &err);
    if (!policy)
        err_print(stderr, &err);
    assert_non_null(policy);
    size_t urls = 0, files = 0;
    for (size_t i = 0; policy && i < policy->n_sources; i++) {
        const struct source_spec *source = &policy->sources[i];
        if (source->url) {
            const char *production = lab_production_url(lab), *staging = lab_staging_url(lab);
            assert_true(strncmp(source->url, production, strlen(production)) == 0 ||
                        strncmp(source->url, staging, strlen(staging)) == 0);
            urls++;
        } else {
            assert_true(is_there(source->file));
            files++;
        }
    }
    assert_true(urls >= 8 && files >= 3);
    policy_free(policy);
    lab_stop(lab);
}

static void drift_shows_in_the_main_service_alone(void **state) {
    (void)state;
    struct lab *lab = start("drift");
    const char *url = lab_production_url(lab);
    assert_true(says(url, "/health", "\"latest_version\":\"2.0.0.18\""));
    assert_true(says(url, "/updates/health", "\"latest_version\":\"2.0.0.19\""));
    assert_true(says(lab_staging_url(lab), "/health", "\"latest_version\":\"2.0.0.20\""));
    lab_stop(lab);
}

static void closed_beta_shuts_the_feed_of_staging(void **state) {
    (void)state;
    struct lab *lab = start("closed-beta");
    assert_int_equal(status_of(lab_staging_url(lab), "/updates/appcast-beta.xml"), 404);
    assert_int_equal(status_of(lab_staging_url(lab), "/health"), 200);
    lab_stop(lab);
}

static int64_t mono_ms(void) {
    return clock_mono_ms(clock_system());
}

static void staging_goes_down_and_production_stays(void **state) {
    (void)state;
    struct lab *lab = start("staging-down");
    assert_int_equal(status_of(lab_staging_url(lab), "/health"), 200);
    int64_t deadline = mono_ms() + 10000;
    while (status_of(lab_staging_url(lab), "/health") != 0 && mono_ms() < deadline)
        poll(NULL, 0, 20);
    assert_int_equal(status_of(lab_staging_url(lab), "/health"), 0);
    assert_int_equal(status_of(lab_production_url(lab), "/health"), 200);
    lab_stop(lab);
}

static void slow_answers_late_but_answers(void **state) {
    (void)state;
    struct lab *lab = start("slow");
    int64_t began = mono_ms();
    assert_int_equal(status_of(lab_staging_url(lab), "/health"), 200);
    assert_true(mono_ms() - began >= 2900);
    lab_stop(lab);
}

static void bad_feed_is_no_feed_to_our_own_parser(void **state) {
    (void)state;
    struct lab *lab = start("bad-feed");
    struct feed_newest newest;
    assert_int_equal(read_feed(lab_staging_url(lab), "/updates/appcast-beta.xml", &newest),
                     ERR_PARSE);
    assert_int_equal(read_feed(lab_staging_url(lab), "/updates/appcast.xml", &newest), ERR_OK);
    lab_stop(lab);
}

static void a_kept_folder_stays_and_must_be_new_or_empty(void **state) {
    (void)state;
    char *root = scratch_new();
    char *fresh = mem_format("%s/fresh", root), *nowhere = mem_format("%s/no/where", root);
    struct err err = ERR_INIT;
    struct lab *lab = lab_start(&(struct lab_options){.keep = fresh}, &err);
    assert_non_null(lab);
    char *config = mem_copy_text(lab_config_path(lab));
    lab_stop(lab);
    assert_true(is_there(config));
    assert_null(lab_start(&(struct lab_options){.keep = fresh}, &err)); /* holds a lab now */
    assert_int_equal(err.code, ERR_USAGE);
    assert_true(is_there(config));
    err_clear(&err);
    assert_null(lab_start(&(struct lab_options){.keep = config}, &err)); /* a file */
    assert_int_equal(err.code, ERR_USAGE);
    err_clear(&err);
    assert_null(lab_start(&(struct lab_options){.keep = nowhere}, &err));
    assert_int_equal(err.code, ERR_IO);
    free(config);
    free(fresh);
    free(nowhere);
    scratch_free(root);
}

static void removal_does_not_follow_links_and_spares_a_changed_folder(void **state) {
    (void)state;
    char *outside = scratch_new();
    scratch_write_text(outside, "precious", "x");
    char *precious = mem_format("%s/precious", outside);
    struct lab *lab = start("happy");
    char *folder = mem_copy_text(lab_folder(lab)), *link = mem_format("%s/tree/link", folder);
    assert_int_equal(symlink(outside, link), 0);
    lab_stop(lab);
    assert_false(is_there(folder));
    assert_true(is_there(precious));
    free(folder);
    free(link);

    lab = start("happy");
    folder = mem_copy_text(lab_folder(lab));
    char *aside = mem_format("%s-aside", folder);
    assert_int_equal(rename(folder, aside), 0);
    assert_int_equal(rename(outside, folder), 0); /* another folder stands in its place */
    lab_stop(lab);
    char *still = mem_format("%s/precious", folder);
    assert_true(is_there(still));
    free(still);
    free(precious);
    free(outside);
    scratch_free(folder);
    scratch_free(aside);
}

/* --- logs ------------------------------------------------------------------------------------ */

/* What must be in a log, and what never is. */
struct tally {
    size_t lines, damaged, other, bare;
    size_t kinds[LOGLINE_KINDS];
};

static void tally_log(struct tally *t, const struct buf *log) {
    for (const char *at = log->data; *at;) {
        size_t n = strcspn(at, "\n");
        struct logline line;
        assert_true(at[n] == '\n'); /* whole lines only */
        logline_parse(at, n, &line);
        t->lines++;
        t->kinds[line.kind]++;
        t->bare += line.frame == LOGLINE_BARE;
        if (line.damaged)
            fprintf(stderr, "damaged: %.*s\n", (int)n, at);
        t->damaged += line.damaged;
        /* What people said is text and nothing else; all else is known. */
        bool chat = memmem(at, n, "_", 1) == NULL || memmem(at, n, "voice.session", 13);
        if (line.kind == LOGLINE_OTHER && !chat)
            fprintf(stderr, "not known: %.*s\n", (int)n, at);
        t->other += line.kind == LOGLINE_OTHER && !chat;
        at += n + 1;
    }
}

enum { DAY_MS = 24 * 3600 * 1000 };

static void every_line_of_a_client_is_recognised(void **state) {
    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        struct tally t = {0};
        struct lab_client client;
        struct buf log;
        buf_init(&log, 0);
        lab_client_init(&client, 1, 1772135855968);
        client.bad = bad;
        lab_client_run(&client, 1772135855968 + DAY_MS, &log);
        tally_log(&t, &log);
        assert_int_equal(t.damaged, 0);
        assert_int_equal(t.other, 0);
        assert_true(t.bare > t.lines / 5 && t.bare < t.lines / 2);
        for (int kind = LOGLINE_OTHER; kind < LOGLINE_SERVER; kind++)
            if (kind != LOGLINE_AUX || bad)
                assert_true(t.kinds[kind] > 0);
        assert_true(t.lines > DAY_MS / 1000 && t.lines < DAY_MS / 1000 * 4);
        buf_fini(&log);
    }
}

static void every_line_of_the_server_is_recognised(void **state) {
    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        struct tally t = {0};
        struct lab_server server;
        struct buf log;
        buf_init(&log, 0);
        lab_server_init(&server, 1772135855968);
        server.bad = bad;
        lab_server_run(&server, 1772135855968 + DAY_MS / 24, &log);
        tally_log(&t, &log);
        assert_int_equal(t.damaged, 0);
        assert_int_equal(t.kinds[LOGLINE_SERVER], t.lines);
        buf_fini(&log);
    }
}

static double quantile_of(struct buf *log, const char *metric, double q) {
    static double values[200000];
    size_t n = 0;
    for (const char *at = log->data; *at; at += strcspn(at, "\n") + 1) {
        struct logline line;
        logline_parse(at, strcspn(at, "\n"), &line);
        if (line.kind == LOGLINE_METRIC && line.frame == LOGLINE_LOGGER &&
            slice_is(line.metric, metric) && n < sizeof values / sizeof *values)
            values[n++] = line.value;
    }
    assert_true(n > 100);
    for (size_t i = 1; i < n; i++) { /* few enough */
        double v = values[i];
        size_t j = i;
        for (; j > 0 && values[j - 1] > v; j--)
            values[j] = values[j - 1];
        values[j] = v;
    }
    return values[(size_t)(q * (double)(n - 1))];
}

static void good_clients_keep_the_thresholds_and_bad_ones_break_them(void **state) {
    (void)state;
    static const struct {
        const char *metric;
        double q, limit;
        bool at_least;
    } slos[] = {
        {"start_listening_latency_ms", 0.95, 600, false},
        {"decision_latency_ms", 0.95, 10, false},
        {"mode_transition_latency_ms", 0.95, 100, false},
        {"grpc_request_latency_ms", 0.95, 1000, false},
        {"tcc_prompt_duration_ms", 0.95, 5000, false},
        {"network_online_ratio", 0.05, 0.95, true},
        {"stream_open_success_rate", 0.02, 1, true},
    };
    for (int bad = 0; bad < 2; bad++) {
        struct lab_client client;
        struct buf log;
        buf_init(&log, 0);
        lab_client_init(&client, 2, 1772135855968);
        client.bad = bad;
        lab_client_run(&client, 1772135855968 + DAY_MS / 12, &log);
        for (size_t i = 0; i < sizeof slos / sizeof *slos; i++) {
            double value = quantile_of(&log, slos[i].metric, slos[i].q);
            bool kept = slos[i].at_least ? value >= slos[i].limit : value <= slos[i].limit;
            if (kept == bad)
                fprintf(stderr, "%s: %g\n", slos[i].metric, value);
            assert_true(kept != bad);
        }
        buf_fini(&log);
    }
}

static void the_labs_logs_have_a_past_and_grow(void **state) {
    (void)state;
    static const char *const names[] = {"logs/client-1.log", "logs/client-2.log",
                                        "logs/client-3.log", "logs/server.log"};
    struct lab *lab = start("slo-regression");
    for (size_t i = 0; i < 4; i++) {
        struct buf before = content_of(lab_folder(lab), names[i]), after = {0};
        size_t lines = 0;
        for (const char *at = before.data; (at = strchr(at, '\n')); at++)
            lines++;
        assert_true(lines > 1000);
        int64_t deadline = mono_ms() + 20000;
        do {
            buf_fini(&after);
            poll(NULL, 0, 20);
            after = content_of(lab_folder(lab), names[i]);
        } while (after.len <= before.len && mono_ms() < deadline);
        assert_true(after.len > before.len);
        assert_memory_equal(before.data, after.data, before.len);
        buf_fini(&before);
        buf_fini(&after);
    }
    lab_stop(lab);
}

/* All that is judged, but for warm starts: some of the lab's need a second try. */
static void every_level_has_enough_in_the_labs_past_and_is_kept(void **state) {
    (void)state;
    static const char *const names[] = {"logs/client-1.log", "logs/client-2.log",
                                        "logs/client-3.log", "logs/server.log"};
    const struct slo_options options = {
        .profile = METRIC_ALL, .min_samples = SLO_MIN_SAMPLES, .retry_abort_baseline = 0.05};
    struct slo *slo = slo_new(&options);
    struct lab *lab = start("happy");
    size_t rows = 0;
    for (size_t i = 0; i < 4; i++) {
        struct buf log = content_of(lab_folder(lab), names[i]);
        uint64_t number = 0;
        slo_file(slo);
        for (const char *at = log.data, *end; (end = strchr(at, '\n')); at = end + 1)
            slo_line(slo, ++number, at, (size_t)(end + 1 - at));
        buf_fini(&log);
    }
    lab_stop(lab);
    const struct slo_report *report = slo_finish(slo);
    for (size_t i = 0; i < METRIC_ROWS; i++)
        rows += (metric_rows[i].profiles & METRIC_ALL) != 0;
    assert_int_equal(report->n_metrics, rows);
    for (size_t i = 0; i < report->n_metrics; i++)
        if (report->metrics[i].verdict != SLO_PASS)
            fail_msg("%s: %s, of %llu", report->metrics[i].row->name,
                     slo_verdict_name(report->metrics[i].verdict),
                     (unsigned long long)report->metrics[i].samples);
    assert_int_equal(report->verdict, SLO_PASS);
    slo_free(slo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_starts_and_leaves_nothing_behind),
        cmocka_unit_test(an_unknown_scenario_names_the_nearest),
        cmocka_unit_test(the_happy_lab_agrees_with_itself),
        cmocka_unit_test(feeds_are_read_by_our_own_parser),
        cmocka_unit_test(feeds_and_bytes_are_what_the_manifests_say),
        cmocka_unit_test(its_configuration_loads_and_names_its_own_places),
        cmocka_unit_test(drift_shows_in_the_main_service_alone),
        cmocka_unit_test(closed_beta_shuts_the_feed_of_staging),
        cmocka_unit_test(staging_goes_down_and_production_stays),
        cmocka_unit_test(slow_answers_late_but_answers),
        cmocka_unit_test(bad_feed_is_no_feed_to_our_own_parser),
        cmocka_unit_test(a_kept_folder_stays_and_must_be_new_or_empty),
        cmocka_unit_test(removal_does_not_follow_links_and_spares_a_changed_folder),
        cmocka_unit_test(every_line_of_a_client_is_recognised),
        cmocka_unit_test(every_line_of_the_server_is_recognised),
        cmocka_unit_test(good_clients_keep_the_thresholds_and_bad_ones_break_them),
        cmocka_unit_test(the_labs_logs_have_a_past_and_grow),
        cmocka_unit_test(every_level_has_enough_in_the_labs_past_and_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
