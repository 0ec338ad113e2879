/* The versions that the world turns on: the target, the stable one, and the baseline, which was stable
 * when the target came. */
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/model/version.h"
#include "src/model/world_parts.h"

bool world_usable(const char *version) {
    char safe[VERSION_CAP];
    size_t n = strnlen(version, VERSION_CAP);
    if (n == 0 || n == VERSION_CAP)
        return false;
    text_safe(safe, sizeof safe, version, n);
    return strcmp(safe, version) == 0 && version[0] != ' ' && version[n - 1] != ' ';
}

void world_adopt_baseline(struct world *w) {
    if (w->recalled_baseline[0] && w->target[0] &&
        version_compare(w->recalled_target, w->target) == 0) {
        memcpy(w->baseline, w->recalled_baseline, sizeof w->baseline);
        w->recalled_baseline[0] = '\0';
    }
}

const char *world_offered(const struct world *w, int source) {
    if (source == SOURCE_NONE)
        return NULL;
    const struct source_view *view = &w->sources[source];
    if (view->state != SOURCE_OK || !view->good || !world_usable(view->good->version))
        return NULL;
    return view->good->version;
}

static const char *target_now(const struct world *w) {
    const struct policy *policy = w->policy;
    if (policy->target)
        return world_usable(policy->target) ? policy->target : NULL;
    const char *version = world_offered(w, policy->target_source);
    if (version || w->target[0] || policy->target_source == SOURCE_NONE)
        return version;
    /* A candidate's feed that was shut after the promote: the target is the one that it had. */
    const struct source_view *feed = &w->sources[policy->target_source];
    bool empty = feed->state == SOURCE_OK && feed->good && feed->good->items == 0;
    bool withdrawn = feed->state == SOURCE_CLOSED || empty;
    return withdrawn && w->recalled_target[0] ? w->recalled_target : NULL;
}

static bool adopt(char *known, const char *now) {
    if (!now || (known[0] && version_compare(known, now) == 0))
        return false;
    snprintf(known, VERSION_CAP, "%s", now);
    return true;
}

void world_versions_move(struct world *w, int64_t wall_ms, int64_t mono_ms) {
    char before[VERSION_CAP];
    memcpy(before, w->target, sizeof before);
    adopt(w->stable, world_offered(w, w->policy->stable_source));
    if (adopt(w->target, target_now(w))) {
        w->baseline[0] = '\0';
        world_adopt_baseline(w);
        if (before[0]) {
            w->candidate_moved_ms = mono_ms;
            world_notef(w, wall_ms, "target %s → %s", before, w->target);
        }
    }
    if (w->target[0] && !w->baseline[0])
        memcpy(w->baseline, w->stable, sizeof w->baseline);
}
