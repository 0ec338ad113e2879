#include "tests/unit/flow_fixture.h"

#include "src/base/hash.h"
#include "tests/unit/loopback.h"

void fixture_write(const char *root, const char *name, const char *text) {
    scratch_write(root, name, text, strlen(text));
}

char *fixture_manifest(const char *version, const char *url, const char *dmg) {
    char sha[HASH_HEX_CAP];
    hash_of(dmg, strlen(dmg), sha);
    return mem_format("{\n  \"version\": \"%s\",\n  \"build\": \"%s\",\n  \"artifact\": {\n    "
                      "\"type\": \"dmg\",\n    \"url\": \"%s\",\n    \"size\": %zu,\n    "
                      "\"sha256\": \"%s\",\n    \"arch\": \"universal2\",\n    \"min_os\": "
                      "\"11.0\",\n    \"ed25519\": \"\"\n  },\n  \"critical\": false,\n  "
                      "\"auto_install\": true,\n  \"team_note\": \"kept\",\n  \"release_date\": "
                      "\"2026-02-26T19:57:35.968960+00:00\"\n}\n",
                      version, version, url, strlen(dmg), sha);
}

static void write_edition(const char *root, const char *update, const char *app,
                          const char *manifest, const char *version, const char *dmg) {
    char *path = mem_format("assets/%s/Nexy.dmg", update);
    fixture_write(root, path, dmg);
    free(path);
    path = mem_format("assets/%s/LATEST_CHANGES.md", update);
    char *text = mem_format("# Nexy %s 🚀\n", version);
    fixture_write(root, path, text);
    free(path);
    free(text);
    path = mem_format("assets/%s/Nexy.pkg", app);
    text = mem_format("the installer of %s", version);
    fixture_write(root, path, text);
    free(path);
    free(text);
    char *url = mem_format("https://cdn.example/o/r/releases/download/%s/Nexy.dmg", update);
    text = fixture_manifest(version, url, dmg);
    fixture_write(root, manifest, text);
    free(text);
    free(url);
}

char *fixture_new(void) {
    char *root = scratch_new();
    write_edition(root, "Update", "App", FIXTURE_STABLE, "2.0.0.19", FIXTURE_OLD_DMG);
    write_edition(root, "UpdateBeta", "AppBeta", FIXTURE_BETA, "2.0.0.20", FIXTURE_NEW_DMG);
    char *stable = fixture_read(root, FIXTURE_STABLE);
    fixture_write(root, FIXTURE_PAIR("2.0.0.19"), stable);
    free(stable);
    fixture_write(root, "server/release_inbox/beta/Nexy.dmg", FIXTURE_NEW_DMG);
    fixture_write(root, "server/release_inbox/beta/Nexy.pkg", "the installer of 2.0.0.20");
    fixture_write(root, "server/release_inbox/beta/LATEST_CHANGES.md", "# Nexy 2.0.0.20 🚀\n");
    fixture_write(root, "VERSION", "2.0.0.19\n");
    fixture_write(root, "config.env",
                  "# made by hand\nGEMINI_API_KEY=AIzaSyD-a-key-of-the-test\n"
                  "UPDATE_BETA_ENABLED=false\nNEXY_KS_DISABLE_TRAY=false\n");
    fixture_write(root, FIXTURE_CONFIG,
                  "update:\n  default_version: \"2.0.0.19\"  # set by gonogo\n"
                  "  default_build: \"2.0.0.19\"\n"
                  "kill_switches:\n  disable_tray: false  # seen at start\n");
    fixture_write(root, FIXTURE_FLAGS,
                  "# Flags\n\n| name | type | owner | default | scope | kill_switch | "
                  "description |\n|---|---|---|---|---|---|---|\n"
                  "| tray | release | client | on | client | `NEXY_KS_DISABLE_TRAY` | a \\| b |\n"
                  "| retry | ops | server | on | server | kill_switches.disable_retry | |\n"
                  "| plain | ops | server | on | server | none | |\n");
    return root;
}

void fixture_free(char *root) {
    scratch_free(root);
}

char *fixture_read(const char *root, const char *name) {
    char *path = mem_format("%s/%s", root, name);
    FILE *f = fopen(path, "rb");
    free(path);
    if (!f)
        return NULL;
    struct buf all;
    char chunk[4096];
    size_t n;
    buf_init(&all, 0);
    buf_add_text(&all, "");
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(&all, chunk, n);
    fclose(f);
    return buf_steal(&all);
}

bool fixture_has(const char *root, const char *name) {
    char *path = mem_format("%s/%s", root, name);
    struct stat st;
    bool has = lstat(path, &st) == 0;
    free(path);
    return has;
}

bool fixture_is(const char *root, const char *name, const char *text) {
    char *there = fixture_read(root, name);
    bool same = there && strcmp(there, text) == 0;
    free(there);
    return same;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* nftw() passes nothing on, and tests run one after the other. */
static char *printed[512];
static size_t n_printed, skip_root;

static int print_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
    (void)ftw;
    const char *name = path + skip_root;
    if (kind == FTW_D || strcmp(name, "/.gonogo/lock") == 0 || n_printed == 512)
        return 0;
    char *root = mem_copy_bytes(path, skip_root), *text = fixture_read(root, name + 1);
    char sha[HASH_HEX_CAP];
    hash_of(text ? text : "", text ? strlen(text) : 0, sha);
    printed[n_printed++] =
        mem_format("%s %o %s\n", name, (unsigned)st->st_mode & 07777, text ? sha : "?");
    free(root);
    free(text);
    return 0;
}

char *fixture_print(const char *root) {
    struct buf all;
    n_printed = 0;
    skip_root = strlen(root);
    nftw(root, print_one, 16, FTW_PHYS);
    qsort(printed, n_printed, sizeof *printed, by_name);
    buf_init(&all, 0);
    for (size_t i = 0; i < n_printed; i++) {
        buf_add_text(&all, printed[i]);
        free(printed[i]);
    }
    return buf_steal(&all);
}

enum err_code fixture_run(const char *root,
                          enum err_code (*look)(const struct flow *, void *, struct plan *,
                                                struct err *),
                          void *request, struct plan *plan, struct err *err) {
    return fixture_run_hooked(root, look, request, NULL, plan, err);
}

enum err_code fixture_run_hooked(const char *root,
                                 enum err_code (*look)(const struct flow *, void *, struct plan *,
                                                       struct err *),
                                 void *request, const struct change_hook *hook, struct plan *plan,
                                 struct err *err) {
    struct flow_options options;
    struct clock_fake clock;
    const struct flow_work work = {"test", look, request, true};
    flow_init(&options, root);
    clock_fake_init(&clock, 1790000000000); /* so that a second run writes the same */
    options.clock = &clock.clock;
    options.hook = hook;
    return flow_run(&options, &work, plan, err);
}
