#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/when.h"
#include "src/release/answer_job.h"
#include "src/release/facts.h"

/* One manifest as a list shows it: its file, and either what it says or what is wrong with it. */
static json_t *describe_manifest(const struct answer_job *job, const char *file, bool whole) {
    struct manifest m;
    struct err err = ERR_INIT;
    char *path = mem_format("%s/%s", job->rules->layout->manifests, file);
    enum err_code code = facts_manifest(job->tree, path, job->rules->allow_http_loopback, &m, &err);
    free(path);
    if (code) {
        char text[1024];
        err_text(&err, text, sizeof text);
        return json_pack("{s:o, s:o}", "manifest", json_text(file), "error", json_text(text));
    }
    json_t *row = json_pack("{s:o, s:o, s:o, s:o, s:b}", "manifest", json_text(file), "version",
                            json_text(m.version), "build", json_text(m.build), "release_date",
                            json_text(m.release_date), "critical", (int)m.critical);
    if (whole)
        json_object_set_new(row, "artifact",
                            json_pack("{s:o, s:o, s:I, s:o}", "type", json_text(m.artifact.type),
                                      "url", json_text(m.artifact.url), "size",
                                      (json_int_t)m.artifact.size, "sha256",
                                      json_text(m.artifact.sha256)));
    manifest_fini(&m);
    return row;
}

static bool is_shown(const struct answer_job *job, const char *file) {
    size_t n = strlen(file);
    if (n < 5 || strcmp(file + n - 5, ".json") != 0)
        return false;
    /* A channel that is shut is not told of either; on staging the beta is the service itself. */
    const struct layout *l = job->rules->layout;
    char *path = mem_format("%s/%s", l->manifests, file);
    const bool beta = strcmp(path, l->channels[TREE_BETA].manifest) == 0;
    free(path);
    return !beta || job->rules->candidate || facts_beta_open(job->tree, l->env);
}

static void list_manifests(const struct answer_job *job, bool whole) {
    struct err err = ERR_INIT;
    size_t n;
    char **files = tree_list(job->tree, job->rules->layout->manifests, &n, &err);
    if (!files) {
        answer_unhealthy(job->answer, &err);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        if (is_shown(job, files[i]))
            json_array_append_new(list, describe_manifest(job, files[i], whole));
    tree_list_free(files);
    answer_json(job->answer, 200, CACHE_FEED, list);
}

void answer_versions(const struct answer_job *job) {
    list_manifests(job, false);
}

void answer_manifests(const struct answer_job *job) {
    list_manifests(job, true);
}

static json_t *describe_artifact(const struct answer_job *job, const char *tag, const char *name) {
    struct err err = ERR_INIT;
    struct stat st;
    char *path = tree_asset_path(tag, name);
    int fd = tree_open_file(job->tree, path, &st, &err);
    free(path);
    if (fd < 0)
        return NULL; /* gone since the folder was listed */
    close(fd);
    char modified[40];
    when_rfc3339((int64_t)st.st_mtime * 1000, modified, sizeof modified);
    char *href = mem_format("/updates/downloads/%s", name);
    json_t *row =
        json_pack("{s:o, s:s, s:I, s:s, s:o}", "name", json_text(name), "tag", tag, "size",
                  (json_int_t)st.st_size, "modified", modified, "path", json_text(href));
    free(href);
    return row;
}

void answer_artifacts(const struct answer_job *job) {
    const struct tree_names *names = answer_names(job);
    json_t *list = json_array();
    for (size_t tag = 0; tag < 2; tag++) {
        struct err err = ERR_INIT;
        size_t n;
        char *folder = tree_asset_path(names->tags[tag], NULL);
        char **files = tree_list(job->tree, folder, &n, &err);
        free(folder);
        if (!files) {
            json_decref(list);
            answer_unhealthy(job->answer, &err);
            return;
        }
        for (size_t i = 0; i < n; i++)
            json_array_append_new(list, describe_artifact(job, names->tags[tag], files[i]));
        tree_list_free(files);
    }
    answer_json(job->answer, 200, CACHE_FEED, list);
}
