/* The real program ($GONOGO) as a user meets it: on a pseudo-terminal, with the lab behind it. What
 * takes its time (the soak, staging that goes away) runs from the first case on and is looked at in
 * the last ones. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "tests/screens/mask.h"
#include "tests/screens/screen.h"
#include "tests/screens/shim.h"

static const char *self, *gonogo;

/* A folder of its own for each lab: what a lab leaves behind is seen. */
struct stage {
    struct screen *s;
    char folder[256];
    struct termios before;
};

static void make_folder(char *dst, size_t cap) {
    const char *base = getenv("TMPDIR");
    snprintf(dst, cap, "%s/gonogo-stage-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(dst));
}

static struct stage *stage_open(int rows, int cols, const char *const *argv,
                                const char *const *env) {
    struct stage *st = mem_zero(1, sizeof *st);
    char tmpdir[280], state[280];
    const char *all[8] = {tmpdir, state};
    size_t n = 2;
    make_folder(st->folder, sizeof st->folder);
    snprintf(tmpdir, sizeof tmpdir, "TMPDIR=%s", st->folder);
    snprintf(state, sizeof state, "XDG_STATE_HOME=%s", st->folder);
    while (env && *env && n + 1 < sizeof all / sizeof *all)
        all[n++] = *env++;
    st->s = screen_start(rows, cols, argv, all);
    screen_modes(st->s, &st->before);
    return st;
}

static struct stage *stage_demo(int rows, int cols, const char *scenario, const char *const *env) {
    const char *argv[] = {gonogo, "demo", "--scenario", scenario, NULL};
    return stage_open(rows, cols, argv, env);
}

/* ThreadSanitizer's own file, which is there for a moment, is none of ours. */
static int entries(const char *folder) {
    DIR *dir = opendir(folder);
    int n = 0;
    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
        n += e->d_name[0] != '.' && strncmp(e->d_name, "tsan.", 5) != 0;
    closedir(dir);
    return n;
}

/* It ended with this code, the terminal is as it was, and nothing of the lab is left. */
static void stage_expect_end(struct stage *st, int code) {
    int status = screen_wait_end(st->s);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -status, code);
    screen_expect_sane(st->s, &st->before);
    assert_int_equal(entries(st->folder), 0);
    rmdir(st->folder);
    screen_free(st->s);
    free(st);
}

static void stage_quit(struct stage *st) {
    screen_send(st->s, "q");
    stage_expect_end(st, 0);
}

static void expect(struct stage *st, const char *name) {
    char file[128];
    snprintf(file, sizeof file, "dashboard-%s", name);
    screen_expect_masked(st->s, file, mask_lab);
}

/* As screen_wait(), for what takes longer by its nature. */
static bool wait_long(struct screen *s, const char *text, int64_t ms) {
    int64_t end = clock_mono_ms(clock_system()) + ms;
    while (!screen_has(s, text) && clock_mono_ms(clock_system()) < end && screen_pump(s, 100)) {
    }
    return screen_wait(s, text);
}

/* ---- what runs beside the other cases ---- */

static struct stage *soaking, *losing;

static int start_the_long_ones(void **state) {
    (void)state;
    soaking = stage_demo(24, 80, "happy", NULL);
    losing = stage_demo(36, 120, "staging-down", NULL);
    return 0;
}

static void all_is_well_but_the_soak_is_hold(void **state) {
    (void)state;
    assert_true(screen_wait(soaking->s, "live 13/13 sources"));
    assert_true(screen_wait(soaking->s, "8 of 9 gates pass"));
    expect(soaking, "hold-80x24");
}

static void the_end_of_the_soak_is_go(void **state) {
    (void)state;
    assert_true(wait_long(soaking->s, "nothing stands against it", 120000));
    expect(soaking, "go-80x24");
}

/* A dialog takes keys when its guard is over. */
static void open_plan(struct screen *s, const char *key, const char *title) {
    screen_send(s, key);
    assert_true(screen_wait(s, title));
    assert_true(screen_wait(s, "type to start ▌"));
}

/* The same lab, which is GO now: what people do there is truly done. */
static void a_promote_a_rollback_and_a_kill_switch(void **state) {
    (void)state;
    struct screen *s = soaking->s;
    open_plan(s, "p", "Plan: promote");
    assert_true(screen_has(s, "✓ GO: every gate that counts passes"));
    screen_send(s, "2.0.0.19\r");
    assert_true(screen_wait(s, "that is not 2.0.0.20"));
    screen_send(s, "\0252.0.0.20\rthe meeting said so\r");
    assert_true(screen_wait(s, "promote 2.0.0.20 done in"));
    assert_true(screen_wait(s, "verified"));
    assert_true(screen_wait(s, "✓  3  the world agrees"));
    assert_true(screen_wait(s, "because: the meeting said so"));
    screen_send(s, "1");
    assert_true(screen_wait(s, "Keep 2.0.0.20 rolling out?"));
    assert_true(screen_wait(s, "production/stable feed offers 2.0.0.20"));
    open_plan(s, "r", "Plan: rollback");
    assert_true(screen_has(s, "No gate holds it up"));
    screen_send(s, "rollback\r");
    assert_true(screen_wait(s, "rollback 2.0.0.20 done in"));
    assert_true(screen_wait(s, "of 30 m"));
    screen_send(s, "1");
    assert_true(screen_wait(s, "production/stable feed still 2.0.0.19"));
    open_plan(s, "k", "Plan: kill");
    screen_send(s, "kill\r");
    assert_true(screen_wait(s, "NEXY_KS_DISABLE_TRAY_SERIES is true now"));
    assert_true(screen_wait(s, "kill 2.0.0.20 done in"));
    stage_quit(soaking);
}

static void staging_down_is_said_and_production_goes_on(void **state) {
    (void)state;
    struct screen *s = losing->s;
    assert_true(wait_long(s, "▲ live 9/13 sources", 60000));
    assert_true(screen_wait(s, "staging/beta feed has not answered for "));
    assert_true(screen_wait(s, "connection refused (127.0.0.1:"));
    assert_true(screen_wait(s, "5 of 9 gates pass"));
    assert_true(screen_wait(s, "✓ pass     production agrees  7 sources at 2.0.0.19"));
    screen_send(s, "2/staging\r");
    assert_true(screen_wait(s, "/staging: 4 of 13"));
    assert_true(screen_wait(s, "connection refused"));
    expect(losing, "staging-down-sources-120x36");
    screen_send(s, "\033/production/health\rR");
    assert_true(screen_wait(s, "/production/health: 1 of 13"));
    assert_true(screen_wait(s, "  now")); /* its last good answer is that fresh */
    stage_quit(losing);
}

/* ---- the rest, one after another ---- */

/* Nobody ever answers: a listening socket whose queue is never served. */
static int silent_server(unsigned *port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void the_first_frame_needs_no_answer(void **state) {
    (void)state;
    static const int sizes[][2] = {{24, 80}, {36, 120}, {60, 200}};
    char folder[256], path[300], name[64];
    unsigned port;
    int fd = silent_server(&port);
    make_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/gonogo.yaml", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "product: Nexy\npoll: {every: 60s, timeout: 50s, connect_timeout: 50s}\n"
            "environments:\n"
            "  - {name: production, role: stable, url: \"http://127.0.0.1:%u\"}\n"
            "  - {name: staging, role: candidate, url: \"http://127.0.0.1:%u\"}\n"
            "gates:\n"
            "  - {name: versions agree, kind: versions-agree, sources: [\"staging/*\"]}\n"
            "  - {name: soak, kind: soak}\n",
            port, port);
    fclose(f);
    for (size_t i = 0; i < 3; i++) {
        const char *argv[] = {gonogo, "-c", path, NULL};
        struct stage *st = stage_open(sizes[i][0], sizes[i][1], argv, NULL);
        snprintf(name, sizeof name, "first-frame-%dx%d", sizes[i][1], sizes[i][0]);
        assert_true(screen_wait(st->s, "live 0/6 sources"));
        expect(st, name);
        screen_send(st->s, "2");
        assert_true(screen_wait(st->s, "pending"));
        screen_send(st->s, "q"); /* at once, though every request hangs */
        int status = screen_wait_end(st->s);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        screen_expect_sane(st->s, &st->before);
        screen_free(st->s);
        free(st);
    }
    close(fd);
}

static void drift_is_no_go_and_names_the_source(void **state) {
    (void)state;
    static const int sizes[][2] = {{24, 80}, {36, 120}, {60, 200}};
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        struct stage *st = stage_demo(sizes[i][0], sizes[i][1], "drift", NULL);
        assert_true(screen_wait(st->s, "production/health says 2.0.0.18"));
        assert_true(screen_wait(st->s, "live 13/13 sources"));
        snprintf(name, sizeof name, "drift-%dx%d", sizes[i][1], sizes[i][0]);
        expect(st, name);
        screen_send(st->s, "\r"); /* what stands against GO, not the first gate */
        assert_true(screen_wait(st->s, "✗ wants 2.0.0.19"));
        snprintf(name, sizeof name, "drift-gate-%dx%d", sizes[i][1], sizes[i][0]);
        expect(st, name);
        stage_quit(st);
    }
}

static void sources_filter_sort_and_open(void **state) {
    (void)state;
    struct stage *st = stage_demo(36, 120, "drift", NULL);
    struct screen *s = st->s;
    assert_true(screen_wait(s, "live 13/13 sources"));
    screen_send(s, "2");
    expect(st, "sources-120x36");
    screen_send(s, "/feed\r");
    assert_true(screen_wait(s, "/feed: 3 of 13"));
    expect(st, "sources-filter-120x36");
    screen_send(s, "\033");
    assert_true(screen_wait_gone(s, "3 of 13"));
    screen_send(s, ">");
    assert_true(screen_wait(s, "state ▲"));
    expect(st, "sources-sorted-120x36");
    screen_send(s, "/production/health\r");
    assert_true(screen_wait(s, "1 of 13"));
    screen_send(s, "\r");
    assert_true(screen_wait(s, "Esc closes"));
    expect(st, "source-detail-120x36");
    screen_resize(s, 24, 80);
    expect(st, "source-detail-80x24");
    stage_quit(st);
}

static void pause_and_poll_now_answer_at_once(void **state) {
    (void)state;
    struct stage *st = stage_demo(24, 80, "happy", NULL);
    assert_true(screen_wait(st->s, "live 13/13 sources"));
    screen_send(st->s, " ");
    assert_true(screen_wait(st->s, "⏸ paused"));
    screen_send(st->s, "R");
    assert_true(screen_wait(st->s, "asked every source"));
    screen_send(st->s, " ");
    assert_true(screen_wait(st->s, "live 13/13 sources"));
    stage_quit(st);
}

static void one_cell_and_back_is_the_same_screen(void **state) {
    (void)state;
    struct stage *st = stage_demo(36, 120, "drift", NULL);
    assert_true(screen_wait(st->s, "live 13/13 sources"));
    screen_resize(st->s, 1, 1);
    screen_settle(st->s, 50);
    screen_resize(st->s, 20, 70);
    assert_true(screen_wait(st->s, "gonogo needs 80×24, this is 70×20"));
    screen_resize(st->s, 24, 80);
    expect(st, "drift-80x24");
    screen_resize(st->s, 60, 200);
    expect(st, "drift-200x60");
    stage_quit(st);
}

static void ctrl_z_suspends_and_fg_goes_on(void **state) {
    (void)state;
    const char *argv[] = {self, "--shim", gonogo, "demo", "--scenario", "drift", NULL};
    struct stage *st = stage_open(24, 80, argv, NULL);
    for (int round = 1; round <= 2; round++) {
        char stops[32];
        assert_true(screen_wait(st->s, "live 13/13 sources"));
        screen_send(st->s, "\032");
        snprintf(stops, sizeof stops, "STOPPED %d", round);
        assert_true(screen_wait(st->s, stops));
        screen_expect_sane(st->s, &st->before);
        screen_send(st->s, "\n");
    }
    expect(st, "drift-80x24");
    stage_quit(st);
}

static void signals_leave_the_terminal_and_the_disk_as_before(void **state) {
    (void)state;
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT};
    static const char *const until[] = {NULL, "Verdict", "live 13/13 sources"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct stage *st = stage_demo(24, 80, "happy", NULL);
            if (until[k]) {
                assert_true(screen_wait(st->s, until[k]));
                screen_send(st->s, "2jj");
            } else {
                /* as soon as the lab has begun: before the first frame, or just behind it */
                while (entries(st->folder) == 0)
                    screen_pump(st->s, 1);
            }
            screen_end_by(st->s, numbers[i]);
            stage_expect_end(st, 128 + numbers[i]);
        }
    }
}

static void ctrl_c_ends_the_lab_too(void **state) {
    (void)state;
    struct stage *st = stage_demo(24, 80, "happy", NULL);
    assert_true(screen_wait(st->s, "live 13/13 sources"));
    screen_send(st->s, "\003");
    stage_expect_end(st, 128 + SIGINT);
}

static bool names_a_colour(const char *raw, size_t n) {
    for (size_t i = 0; i + 2 < n; i++) {
        if (raw[i] != '\033' || raw[i + 1] != '[')
            continue;
        size_t len = strspn(raw + i + 2, "0123456789;");
        if (raw[i + 2 + len] != 'm')
            continue;
        for (const char *p = raw + i + 2; p < raw + i + 2 + len; p += *p == ';') {
            char *end;
            long number = strtol(p, &end, 10);
            if ((number >= 30 && number <= 38) || (number >= 40 && number <= 48) ||
                (number >= 90 && number <= 107))
                return true;
            p = end;
        }
    }
    return false;
}

static void the_c_locale_without_colours_says_the_same(void **state) {
    (void)state;
    static const char *const env[] = {"LC_ALL=C", "LANG=C", "NO_COLOR=1", NULL};
    struct stage *st = stage_demo(24, 80, "drift", env);
    size_t n;
    assert_true(screen_wait(st->s, "live 13/13 sources"));
    expect(st, "ascii-80x24");
    screen_send(st->s, "2");
    expect(st, "ascii-sources-80x24");
    screen_send(st->s, "?");
    assert_true(screen_wait(st->s, "quit"));
    const char *raw = screen_raw(st->s, &n);
    for (size_t i = 0; i < n; i++)
        assert_true((unsigned char)raw[i] < 0x80);
    assert_false(names_a_colour(raw, n));
    stage_quit(st);
}

/* ---- a lab of its own process, and what is remembered ---- */

static void remove_tree(const char *path) {
    DIR *dir = opendir(path);
    for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        char inner[1024];
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
        if (lstat(inner, &st) == 0 && S_ISDIR(st.st_mode))
            remove_tree(inner);
        else
            unlink(inner);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* The lab's configuration once more, with a store that the lab itself does not keep. */
static void write_second_config(const char *folder) {
    char path[512], text[8192];
    snprintf(path, sizeof path, "%s/gonogo.yaml", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    char *store = strstr(text, "state/gonogo.db");
    assert_non_null(store);
    memcpy(store, "state/second.db", strlen("state/second.db"));
    write_file(folder, "second.yaml", text);
}

static struct screen *second_dashboard(const char *folder) {
    char path[512];
    snprintf(path, sizeof path, "%s/second.yaml", folder);
    const char *argv[] = {gonogo, "-c", path, NULL};
    return screen_start(36, 120, argv, NULL);
}

/* The seconds of "soak … N s of 45 s"; -1 when it is not on the screen. */
static int soaked_s(const struct screen *s) {
    char *text = screen_text(s);
    const char *of = strstr(text, " s of 45 s");
    const char *at = of;
    while (at && at > text && at[-1] >= '0' && at[-1] <= '9')
        at--;
    int n = at && at < of ? (int)strtol(at, NULL, 10) : -1;
    free(text);
    return n;
}

static bool soaked_at_least(struct screen *s, int seconds) {
    int64_t end = clock_mono_ms(clock_system()) + 60000;
    while (soaked_s(s) < seconds && clock_mono_ms(clock_system()) < end && screen_pump(s, 100)) {
    }
    return soaked_s(s) >= seconds;
}

static int points(const struct screen *s) {
    char *text = screen_text(s);
    int n = 0;
    for (const char *p = text; (p = strstr(p, "\xe2\x96")); p += 2)
        n += (unsigned char)p[2] >= 0x81 && (unsigned char)p[2] < 0x88;
    free(text);
    return n;
}

static void what_was_seen_outlives_a_killed_dashboard(void **state) {
    (void)state;
    enum { SOAKED_S = 4, SPARKS = 20 };
    char folder[256], kept[300];
    make_folder(folder, sizeof folder);
    snprintf(kept, sizeof kept, "%s/lab", folder);
    const char *argv[] = {gonogo, "demo", "--headless", "--keep", kept, NULL};
    struct screen *lab = screen_start(24, 200, argv, NULL);
    assert_true(screen_wait(lab, "config "));
    write_second_config(kept);

    struct screen *s = second_dashboard(kept);
    assert_true(screen_wait(s, "live 13/13 sources"));
    assert_true(soaked_at_least(s, SOAKED_S));
    assert_true(WIFEXITED(screen_end_by(s, SIGTERM))); /* a clean end writes all */
    screen_free(s);

    s = second_dashboard(kept);
    assert_true(soaked_at_least(s, SOAKED_S + 3));
    kill(screen_pid(s), SIGKILL);
    assert_int_not_equal(screen_wait_end(s), -1);
    screen_free(s);

    s = second_dashboard(kept);
    assert_true(screen_wait(s, " s of 45 s")); /* never from the beginning again */
    assert_true(soaked_at_least(s, 1));
    assert_true(soaked_s(s) >= SOAKED_S + 2); /* a second may not have been written yet */
    screen_send(s, "2");
    assert_true(screen_wait(s, "last error"));
    assert_true(points(s) >= SPARKS);
    screen_send(s, "q");
    assert_true(WIFEXITED(screen_wait_end(s)));
    screen_free(s);
    assert_true(WIFEXITED(screen_end_by(lab, SIGTERM)));
    screen_free(lab);
    remove_tree(folder);
}

static struct screen *dashboard_as(const char *folder, const char *who) {
    char path[512];
    snprintf(path, sizeof path, "%s/two.yaml", folder);
    const char *argv[] = {gonogo, "-c", path, "--as", who, NULL};
    return screen_start(36, 120, argv, NULL);
}

/* Two people at two screens over one ledger: what one approves the other may start, and not before. */
static void a_second_person_approves_from_another_screen(void **state) {
    (void)state;
    char folder[256], done[300];
    make_folder(folder, sizeof folder);
    snprintf(done, sizeof done, "%s/done", folder);
    write_file(folder, "VERSION", "2.0.0.19\n");
    write_file(folder, "two.yaml",
               "product: Nexy\ntarget: \"2.0.0.20\"\nstore: sqlite:two.db\n"
               "environments:\n  - name: production\n    role: stable\n    probes:\n"
               "      - {name: VERSION, kind: file-version, file: VERSION}\n"
               "gates:\n  - {name: fresh, kind: fresh, within: 30s}\n"
               "actions:\n  - name: halt\n    requires: any\n    approvals: 1\n"
               "    steps:\n      - {name: leave a mark, run: [touch, done], cwd: .}\n"
               "people:\n  - {name: ada, roles: [ops]}\n  - {name: grace, roles: [support]}\n");
    struct screen *ada = dashboard_as(folder, "ada"), *grace = dashboard_as(folder, "grace");
    assert_true(screen_wait(ada, "live 1/1 sources") && screen_wait(grace, "live 1/1 sources"));

    screen_send(ada, ":halt\r");
    assert_true(screen_wait(ada, "1 other person must approve: grace."));
    assert_false(screen_has(ada, "type to start"));
    screen_send(grace, ":halt\r");
    assert_true(screen_wait(grace, "1 other person must approve: ada."));
    assert_true(screen_wait(grace, "> do"));
    screen_settle(grace, 700); /* longer than the guard */
    screen_send(grace, "a\rfrom home\r");
    assert_true(screen_wait(grace, "written down: grace approves halt: from home"));

    assert_true(screen_wait(ada, "Approved by grace: 1 of 1.")); /* while the plan stands open */
    assert_true(screen_wait(ada, "the world has changed since: look at it again"));
    assert_true(screen_wait(ada, "type to start ▌"));
    assert_int_not_equal(access(done, F_OK), 0);
    screen_send(ada, "halt\r");
    assert_true(screen_wait(ada, "done in"));
    assert_int_equal(access(done, F_OK), 0);
    screen_send(ada, "q");
    screen_send(grace, "q");
    assert_true(WIFEXITED(screen_wait_end(ada)) && WIFEXITED(screen_wait_end(grace)));
    screen_free(ada);
    screen_free(grace);
    remove_tree(folder);
}

static bool holds(const char *raw, size_t n, const char *bad) {
    size_t len = strlen(bad);
    for (size_t i = 0; i + len <= n; i++)
        if (memcmp(raw + i, bad, len) == 0)
            return true;
    return false;
}

static void hostile_bytes_never_reach_the_terminal(void **state) {
    (void)state;
    static const char *const bad[] = {"\033[5n",  "\033]0;",      "owned\a",
                                      "\xc2\x9b", "\xe2\x80\xae", "EVIL\b"};
    char folder[256], kept[300], tree[400];
    make_folder(folder, sizeof folder);
    snprintf(kept, sizeof kept, "%s/lab", folder);
    snprintf(tree, sizeof tree, "%s/tree", kept);
    const char *argv[] = {gonogo, "demo", "--scenario", "bad-feed", "--keep", kept, NULL};
    struct screen *s = screen_start(36, 120, argv, NULL);
    assert_true(screen_wait(s, "the feed is cut off"));
    /* In a file that is read, and in what staging's service sends. */
    write_file(tree, "VERSION", "2.0\033[5n\033]0;owned\a\xc2\x9b\xe2\x80\xaeTREE\n");
    write_file(tree, "server/updates/manifests/manifest_beta.json",
               "{\"version\":\"3\\u001b[5n\\u009bEVIL\\b\",\"build\":\"3\\u001b[5n\",\"artifact\":"
               "{\"type\":\"dmg\",\"url\":\"https://h/\\u202e\\u001b]0;owned\\u0007\",\"size\":1,"
               "\"sha256\":\"\\u001b[5n\"}}");
    screen_send(s, "2/tree/VERSION\r\r");
    assert_true(screen_wait(s, "␛[5n")); /* made visible */
    screen_send(s, "\033\033/manifest beta\r\r");
    assert_true(screen_wait(s, "Esc closes"));
    screen_send(s, "\033\033/staging\r");
    screen_send(s, "R");
    assert_true(screen_wait(s, "asked every source"));
    screen_send(s, "1\r");
    assert_true(screen_wait(s, "Esc closes"));
    screen_settle(s, 300);
    size_t n;
    const char *raw = screen_raw(s, &n);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_false(holds(raw, n, bad[k]));
    screen_send(s, "q");
    assert_true(WIFEXITED(screen_wait_end(s)));
    screen_free(s);
    remove_tree(folder);
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc > 2 && strcmp(argv[1], "--shim") == 0)
        return shim_run(argv + 2);
    gonogo = getenv("GONOGO");
    if (!gonogo || !*gonogo)
        gonogo = "build/gonogo";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well_but_the_soak_is_hold),
        cmocka_unit_test(the_first_frame_needs_no_answer),
        cmocka_unit_test(drift_is_no_go_and_names_the_source),
        cmocka_unit_test(sources_filter_sort_and_open),
        cmocka_unit_test(pause_and_poll_now_answer_at_once),
        cmocka_unit_test(one_cell_and_back_is_the_same_screen),
        cmocka_unit_test(ctrl_z_suspends_and_fg_goes_on),
        cmocka_unit_test(signals_leave_the_terminal_and_the_disk_as_before),
        cmocka_unit_test(ctrl_c_ends_the_lab_too),
        cmocka_unit_test(the_c_locale_without_colours_says_the_same),
        cmocka_unit_test(a_second_person_approves_from_another_screen),
        cmocka_unit_test(hostile_bytes_never_reach_the_terminal),
        cmocka_unit_test(what_was_seen_outlives_a_killed_dashboard),
        cmocka_unit_test(staging_down_is_said_and_production_goes_on),
        cmocka_unit_test(the_end_of_the_soak_is_go),
        cmocka_unit_test(a_promote_a_rollback_and_a_kill_switch),
    };
    return cmocka_run_group_tests(tests, start_the_long_ones, NULL);
}
