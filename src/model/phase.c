#include "src/model/phase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/gate.h"
#include "src/model/rollout.h"
#include "src/model/snapshot.h"

const char *phase_name(enum release_phase phase) {
    static const char *const names[] = {
        [PHASE_UNKNOWN] = "unknown", [PHASE_DEV] = "dev", [PHASE_BETA] = "beta",
        [PHASE_RC] = "rc",           [PHASE_GA] = "ga",
    };
    return names[phase];
}

static void say(struct phase_now *out, const char *what, const char *id, const char *more) {
    char line[PHASE_WHY_CAP * 2];
    snprintf(line, sizeof line, "%s%s%s", what, id, more);
    text_safe(out->why, sizeof out->why, line, strlen(line));
}

/* The beginning, when it is one. */
static void begin(struct phase_now *out, const struct snapshot *s, int source, int64_t at_ms,
                  bool dated) {
    const char *id = s->policy->sources[source].id;
    if (!dated)
        say(out, "the item in ", id, " has no date that clients can read");
    else if (at_ms > s->wall_ms)
        say(out, "the date of the item in ", id, " is still to come");
    else
        out->since_ms = at_ms;
}

static void of_stable(struct phase_now *out, const struct snapshot *s) {
    struct rollout rollout;
    int source = s->policy->stable_source;
    if (!rollout_of(s, source, &rollout)) {
        say(out, s->policy->sources[source].id, " offers nothing", "");
        return;
    }
    bool everybody = rollout.now.groups_open == EXPOSURE_GROUPS;
    out->phase = everybody ? PHASE_GA : PHASE_RC;
    out->percent = (int)(rollout.now.share_eligible * 100 + 0.5);
    if (rollout.now.paused)
        say(out, "the rollout in ", s->policy->sources[source].id, " is paused");
    else
        begin(out, s, source,
              everybody && rollout.now.phased ? rollout.now.complete_ms : rollout.item.pub_date_ms,
              rollout.item.dated);
}

static void of_candidate(struct phase_now *out, const struct snapshot *s) {
    int source = s->policy->target_source;
    if (source == SOURCE_NONE) {
        say(out, "no candidate's feed tells whether the target is under test", "", "");
        return;
    }
    char trouble[PHASE_WHY_CAP];
    if (source_trouble(s, (size_t)source, false, trouble, sizeof trouble)) {
        say(out, trouble, "", "");
        return;
    }
    const struct source_view *view = &s->sources[source];
    const struct sample *good = view->good;
    bool offers = view->state == SOURCE_OK && good && good->items > 0 && s->target[0] &&
                  version_compare(good->version, s->target) == 0;
    out->phase = offers ? PHASE_BETA : PHASE_DEV;
    if (offers)
        begin(out, s, source, good->published.pub_date_ms, good->published.dated);
    else
        say(out, "when it began is not known", "", "");
}

struct phase_now phase_of(const struct snapshot *s) {
    struct phase_now out = {.percent = -1};
    struct gate_view note;
    if (!gate_stable(s, &note)) {
        say(&out, note.reason, "", "");
        return out;
    }
    if (s->stage == STAGE_AFTER)
        of_stable(&out, s);
    else
        of_candidate(&out, s);
    return out;
}

int64_t phase_share_ms(const struct snapshot *s, int percent) {
    struct rollout rollout;
    if (s->stage != STAGE_AFTER || !rollout_of(s, s->policy->stable_source, &rollout) ||
        !rollout.item.dated)
        return 0;
    int64_t at_ms = rollout.item.pub_date_ms;
    if (rollout.now.phased) {
        int groups = (percent * EXPOSURE_GROUPS + 99) / 100;
        at_ms = exposure_opens_ms(&rollout.item, groups > 0 ? groups - 1 : 0);
    }
    return at_ms > s->wall_ms ? 0 : at_ms;
}

/* "2h" or "2h..4h"; "" is any time. */
static bool stay_parse(const char *text, struct phase_stage *out) {
    const char *dots = strstr(text, "..");
    char *least = mem_copy_bytes(text, dots ? (size_t)(dots - text) : strlen(text));
    bool good = !*text || duration_parse(least, &out->at_least_ms);
    if (good && dots)
        good = duration_parse(dots + 2, &out->at_most_ms);
    free(least);
    return good;
}

bool phase_stage_parse(const char *text, struct phase_stage *out, const char **fault) {
    size_t digits = strspn(text, "0123456789");
    *out = (struct phase_stage){0};
    *fault = "is no stage of a ramp";
    if (digits == 0 || digits > 3 || text[digits] != '%' || strlen(text) >= sizeof out->text)
        return false;
    snprintf(out->text, sizeof out->text, "%s", text);
    out->share = (int)strtol(text, NULL, 10);
    const char *stay = text + digits + 1;
    if (*stay && (*stay != ' ' || !stay[1]))
        return false;
    if (!stay_parse(*stay ? stay + 1 : stay, out))
        return false;
    if (out->share < 1 || out->share > 100)
        *fault = "is no share from 1% to 100%";
    else if (out->at_most_ms > 0 && out->at_most_ms < out->at_least_ms)
        *fault = "may last less long than it must";
    else
        *fault = NULL;
    return *fault == NULL;
}

enum err_code phase_check_stages(const struct phase_stage *stages, size_t n, const char *where,
                                 struct err *err) {
    for (size_t i = 1; i < n; i++)
        if (stages[i].share <= stages[i - 1].share)
            return err_set(err, ERR_CONFIG, where, "write them in the order of the ramp",
                           "the stage \"%s\" lets in no more than the one before it",
                           stages[i].text);
    return ERR_OK;
}
