/* Releases and their assets, as GitHub's REST API tells of them and changes them. */
#ifndef GONOGO_RELEASE_GITHUB_API_H
#define GONOGO_RELEASE_GITHUB_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/release/assets.h"
#include "src/release/github_http.h"

enum {
    GITHUB_PAGE = 100,     /* the most that the API gives at once */
    GITHUB_PAGES_MAX = 20, /* GitHub allows a release 1,000 assets */
};

struct github_asset {
    int64_t id;
    char *name;
    bool whole;         /* its upload was finished: state "uploaded" */
    struct asset asset; /* sha256 "" when the API does not say it (older assets) */
};

struct github_release {
    char *tag;
    int64_t id;
    char *upload_url; /* without its template */
    struct github_asset *assets;
    size_t n;
};

/* ERR_MISSING when the repository has no release of this tag. */
enum err_code github_release_get(struct github *g, const char *tag, struct github_release *out,
                                 struct err *err);
/* Makes it; with the tag, when that is not there. */
enum err_code github_release_make(struct github *g, const char *tag, struct github_release *out,
                                  struct err *err);
void github_release_fini(struct github_release *release); /* fine on a zeroed one */
/* By name, whole or not; NULL when there is none. */
const struct github_asset *github_asset_find(const struct github_release *release,
                                             const char *name);

/* The file's bytes become an asset of this name, which the release does not have. They are `want`, whose
 * digest is known. After a failure it looks whether they arrived, whole and the same, before it sends
 * them again. */
enum err_code github_upload(struct github *g, const struct github_release *release,
                            const char *name, int from, const struct asset *want, struct err *err);

struct github_sink {
    enum err_code (*take)(void *self, const void *bytes, size_t n, struct err *err);
    void *self;
};
/* All of an asset to the sink (NULL = nowhere), and what it was. ERR_NET when it is not what the API
 * said of it. */
enum err_code github_download(struct github *g, const struct github_asset *asset,
                              const struct github_sink *sink, struct asset *out, struct err *err);

/* Are these the asset's bytes? Downloads it when the API does not say its digest. */
enum err_code github_is(struct github *g, const struct github_asset *asset,
                        const struct asset *want, bool *is, struct err *err);

/* ERR_BUSY when the release has an asset of this name. */
enum err_code github_rename(struct github *g, int64_t id, const char *name, struct err *err);
/* That it is not there is fine. */
enum err_code github_delete(struct github *g, int64_t id, const char *name, struct err *err);

#endif
