#include "src/lab/lab.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/lab/embedded.h"
#include "src/lab/folder.h"
#include "src/lab/lab_tree.h"
#include "src/lab/lab_writer.h"
#include "src/release/service.h"

#define CONFIG_NAME   "gonogo.yaml"
#define CONFIG_SAMPLE "demo.yaml"

enum {
    HISTORY_MS =
        90 * 60 * 1000, /* of logs: enough starts and restarts to judge every level at once */
    DOWN_AFTER_MS = 15 * 1000, /* long enough for everything to be seen well first */
    SLOW_MS = 3000,            /* beyond the time-out of the lab's configuration */
};

/* What a scenario changes in a world where all is well. */
struct scenario {
    struct lab_scenario shown;
    const char *runtime_version; /* what the main service says; NULL = the stable version */
    bool beta_shut;              /* on staging */
    bool staging_stops;
    bool bad_clients;
    struct service_fault fault; /* on staging, when it has a path */
};

static const struct scenario scenarios[] = {
    {.shown = {"happy", "everything is in order: HOLD while the soak runs, then GO"}},
    {.shown = {"drift", "production's main service says an older version than its feed"},
     .runtime_version = "2.0.0.18"},
    {.shown = {"closed-beta", "staging's beta feed is shut, so there is no target"},
     .beta_shut = true},
    {.shown = {"staging-down", "staging answers for a quarter of a minute, then never again"},
     .staging_stops = true},
    {.shown = {"slow", "every answer of staging comes after three seconds"},
     .fault = {.path_prefix = "/", .delay_ms = SLOW_MS}},
    {.shown = {"bad-feed", "staging's beta feed is cut off in the middle"},
     .fault = {.path_prefix = "/updates/appcast-beta.xml",
               .body = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                       "<rss version=\"2.0\" xmlns:sparkle=\"http://www.andymatuschak.org/"
                       "xml-namespaces/sparkle\">\n"
                       "  <channel>\n    <title>Beta updates</title>\n    <item>\n"
                       "      <title>Version 2.0.0.20</title>\n      <sparkle:ver"}},
    {.shown = {"slo-regression", "clients are slow and failing: what the logs tell"},
     .bad_clients = true},
};

enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

struct lab {
    struct folder folder;
    bool keep;
    struct service *production;
    struct service *staging; /* the writer's thread may stop it: ours again when that is joined */
    struct lab_writer *writer;
    char *tree, *config_path, *production_url, *staging_url;
};

const struct lab_scenario *lab_scenario_at(size_t i) {
    return i < SCENARIOS ? &scenarios[i].shown : NULL;
}

static const struct scenario *find_scenario(const char *name, struct err *err) {
    const char *names[SCENARIOS + 1] = {NULL};
    for (size_t i = 0; i < SCENARIOS; i++) {
        names[i] = scenarios[i].shown.name;
        if (strcmp(name, names[i]) == 0)
            return &scenarios[i];
    }
    const char *nearest = text_nearest(name, names);
    char todo[128] = "see 'gonogo demo --help'";
    if (nearest)
        snprintf(todo, sizeof todo, "did you mean %s?", nearest);
    err_set(err, ERR_USAGE, "--scenario", todo, "there is no scenario \"%s\"", name);
    return NULL;
}

static void stop_staging(void *self) {
    struct lab *lab = self;
    service_stop(lab->staging);
    lab->staging = NULL;
}

static enum err_code start_services(struct lab *lab, const struct scenario *scenario,
                                    struct err *err) {
    struct service_options options = {
        .root = lab->tree,
        .listen = "127.0.0.1:0",
        .allow_http_loopback = true,
    };
    lab->production = service_start(&options, err);
    if (!lab->production)
        return err ? err->code : ERR_IO;
    options.candidate = true;
    options.env_file = LAB_STAGING_ENV;
    options.fault = scenario->fault.path_prefix ? &scenario->fault : NULL;
    lab->staging = service_start(&options, err);
    if (!lab->staging)
        return err ? err->code : ERR_IO;
    lab->production_url = mem_copy_text(service_url(lab->production));
    lab->staging_url = mem_copy_text(service_url(lab->staging));
    return ERR_OK;
}

/* The sample with the two addresses that it says replaced by the true ones. */
static enum err_code write_config(struct lab *lab, struct err *err) {
    const struct {
        const char *said, *is;
    } addresses[] = {{"http://127.0.0.1:18080", lab->production_url},
                     {"http://127.0.0.1:18081", lab->staging_url}};
    const struct embedded *sample = embedded_samples;
    while (sample->name && strcmp(sample->name, CONFIG_SAMPLE) != 0)
        sample++;
    if (!sample->name)
        return err_set(err, ERR_MISSING, "lab", "build gonogo with config/samples/" CONFIG_SAMPLE,
                       "this program holds no configuration for it");
    struct buf text;
    buf_init(&text, 0);
    for (const char *at = sample->bytes; *at;) {
        size_t i = 0;
        while (i < 2 && strncmp(at, addresses[i].said, strlen(addresses[i].said)) != 0)
            i++;
        if (i < 2) {
            buf_add_text(&text, addresses[i].is);
            at += strlen(addresses[i].said);
        } else {
            buf_add(&text, at++, 1);
        }
    }
    enum err_code code = folder_write(&lab->folder, CONFIG_NAME, text.data, text.len, err);
    buf_fini(&text);
    return code;
}

static enum err_code fill_folder(struct lab *lab, const struct scenario *scenario,
                                 struct err *err) {
    const struct lab_tree_options tree = {
        .production_url = lab->production_url,
        .staging_url = lab->staging_url,
        .runtime_version = scenario->runtime_version ? scenario->runtime_version : LAB_STABLE,
        .staging_beta_open = !scenario->beta_shut,
        .wall_ms = clock_wall_ms(clock_system()),
    };
    enum err_code code = lab_tree_write(&lab->folder, &tree, err);
    if (!code)
        code = folder_make_inner(&lab->folder, "state", err); /* the store's */
    return code ? code : write_config(lab, err);
}

static enum err_code start_writer(struct lab *lab, const struct scenario *scenario,
                                  int64_t down_after_ms, struct err *err) {
    const struct lab_writer_options options = {
        .folder = &lab->folder,
        .bad = scenario->bad_clients,
        .history_ms = HISTORY_MS,
        .after_ms = scenario->staging_stops ? down_after_ms : 0,
        .then = stop_staging,
        .self = lab,
    };
    lab->writer = lab_writer_start(&options, err);
    return lab->writer ? ERR_OK : err ? err->code : ERR_IO;
}

struct lab *lab_start(const struct lab_options *options, struct err *err) {
    const struct scenario *scenario =
        find_scenario(options->scenario ? options->scenario : scenarios[0].shown.name, err);
    if (!scenario)
        return NULL;
    struct lab *lab = mem_zero(1, sizeof *lab);
    enum err_code code = options->keep ? folder_make(&lab->folder, options->keep, "--keep", err)
                                       : folder_make_temporary(&lab->folder, err);
    if (code)
        goto out;
    lab->tree = folder_path(&lab->folder, LAB_TREE);
    lab->config_path = folder_path(&lab->folder, CONFIG_NAME);
    /* The services first: the tree holds their addresses, and nobody knows these yet. */
    code = start_services(lab, scenario, err);
    if (!code)
        code = fill_folder(lab, scenario, err);
    if (!code)
        code = start_writer(lab, scenario,
                            options->down_after_ms ? options->down_after_ms : DOWN_AFTER_MS, err);
    if (code)
        goto out;
    lab->keep = options->keep != NULL; /* half a lab is not kept */
    return lab;
out:
    lab_stop(lab);
    return NULL;
}

const char *lab_folder(const struct lab *lab) {
    return lab->folder.path;
}

const char *lab_config_path(const struct lab *lab) {
    return lab->config_path;
}

const char *lab_production_url(const struct lab *lab) {
    return lab->production_url;
}

const char *lab_staging_url(const struct lab *lab) {
    return lab->staging_url;
}

void lab_stop(struct lab *lab) {
    if (!lab)
        return;
    lab_writer_stop(lab->writer);
    service_stop(lab->staging);
    service_stop(lab->production);
    if (lab->keep)
        folder_fini(&lab->folder);
    else
        folder_remove(&lab->folder);
    free(lab->tree);
    free(lab->config_path);
    free(lab->production_url);
    free(lab->staging_url);
    free(lab);
}
