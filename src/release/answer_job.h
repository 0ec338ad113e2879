/* Between the files that make answers: answer.c (health and feeds), answer_file.c (downloads),
 * answer_list.c (the JSON lists). Nobody else includes this. */
#ifndef GONOGO_RELEASE_ANSWER_JOB_H
#define GONOGO_RELEASE_ANSWER_JOB_H

#include <jansson.h>

#include "src/base/err.h"
#include "src/release/answer.h"
#include "src/release/tree.h"

#define CACHE_HEALTH "public, max-age=30"
#define CACHE_FEED   "public, max-age=60"
#define CACHE_NEVER  "no-store" /* no cache may keep an error or a shut gate */

/* One request being answered. */
struct answer_job {
    const struct answer_rules *rules;
    const struct answer_request *request;
    const struct tree *tree;
    const char *rest; /* behind the route's path: the file name of a download */
    struct answer *answer;
};

/* The manifest and the assets that this service's own versions come from. */
const struct tree_names *answer_names(const struct answer_job *job);

void answer_json(struct answer *a, int status, const char *cache, json_t *json); /* takes json */
void answer_unhealthy(struct answer *a, const struct err *err);
void answer_not_modified(struct answer *a);

/* Routes. */
void answer_download(const struct answer_job *job);
void answer_versions(const struct answer_job *job);
void answer_manifests(const struct answer_job *job);
void answer_artifacts(const struct answer_job *job);

#endif
