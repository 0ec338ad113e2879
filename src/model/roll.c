#include "src/model/roll.h"

#include <stdio.h>
#include <string.h>

#include "src/base/when.h"
#include "src/model/people.h"

enum roll_word roll_word(const struct gate_spec *spec, const struct snapshot *s,
                         const struct record *vote, char why[ROLL_WHY_CAP]) {
    char ago[32];
    why[0] = '\0';
    if (!vote)
        return ROLL_MISSING;
    int64_t age_ms = s->wall_ms - vote->at_ms;
    if (strcmp(vote->fingerprint, s->fingerprint) != 0)
        snprintf(why, ROLL_WHY_CAP, "its vote was for %s",
                 version_compare(vote->target, s->target) == 0 ? "other bytes" : vote->target);
    else if (!people_may_role(s->policy, vote->who, vote->role))
        snprintf(why, ROLL_WHY_CAP, "%s may not speak for it", vote->who);
    else if (age_ms < -VOTES_SKEW_MS)
        snprintf(why, ROLL_WHY_CAP, "its vote comes from the future");
    else if (spec->people.expires_ms > 0 && age_ms >= spec->people.expires_ms) {
        duration_text(age_ms - spec->people.expires_ms, ago, sizeof ago);
        snprintf(why, ROLL_WHY_CAP, "its vote ran out %s ago", ago);
    }
    if (why[0])
        return ROLL_MISSING;
    return strcmp(vote->word, "go") == 0        ? ROLL_GO
           : strcmp(vote->word, "no-go") == 0   ? ROLL_NO_GO
           : strcmp(vote->word, "abstain") == 0 ? ROLL_ABSTAINS
                                                : ROLL_MISSING;
}

const char *roll_word_name(enum roll_word word) {
    static const char *const names[ROLL_WORDS] = {[ROLL_MISSING] = "—",
                                                  [ROLL_GO] = "GO",
                                                  [ROLL_NO_GO] = "NO-GO",
                                                  [ROLL_ABSTAINS] = "abstains"};
    return names[word];
}
