/* votes: the roll call. Every role of `roles` says GO, in their order; the last vote of a role counts,
 * for the candidate's bytes as they were when it was given. An abstention counts as having spoken, but
 * one role at least must say GO. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/model/gates/gates.h"
#include "src/model/people.h"
#include "src/model/roll.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    if (!spec->people.roles)
        return err_set(err, ERR_CONFIG, where, "add roles: [ops, support]",
                       "there is nobody to say GO");
    for (char *const *veto = spec->people.veto; veto && *veto; veto++)
        if (!people_in_list(spec->people.roles, *veto))
            return err_set(err, ERR_CONFIG, where, "veto: names some of roles:",
                           "the role \"%.64s\" has a veto and no vote", *veto);
    for (char *const *role = spec->people.roles; policy->n_people > 0 && *role; role++) {
        bool spoken_for = false;
        for (size_t i = 0; i < policy->n_people && !spoken_for; i++)
            spoken_for = people_in_list(policy->people[i].roles, *role);
        if (!spoken_for)
            return err_set(err, ERR_CONFIG, where, "give the role to somebody in people:",
                           "nobody may speak for the role \"%.64s\"", *role);
    }
    return ERR_OK;
}

static void add_role(struct buf *line, const char *role, enum roll_word word, const char *why) {
    buf_addf(line, "%s%c%s %s%s%s%s", line->len > 0 ? " · " : "", toupper((unsigned char)role[0]),
             role + 1, roll_word_name(word), why[0] ? " (" : "", why, why[0] ? ")" : "");
}

static bool can_be_counted(const struct snapshot *s, struct gate_view *out) {
    if (!gate_ledger(s, out) || !gate_target(s, out))
        return false;
    if (s->fingerprint[0])
        return true;
    gate_say(out, GATE_UNKNOWN,
             "what is voted on is not known: the candidate's feed or manifest "
             "does not answer");
    return false;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    size_t counts[ROLL_WORDS] = {0};
    struct buf line, against;
    char why[ROLL_WHY_CAP];
    if (!spec->people.roles) {
        gate_say(out, GATE_UNKNOWN, "there is nobody to say GO");
        return;
    }
    if (!can_be_counted(s, out))
        return;
    buf_init(&line, 0);
    buf_init(&against, 0);
    for (char *const *role = spec->people.roles; *role; role++) {
        const struct record *vote = votes_of_role(s->votes, *role);
        enum roll_word word = roll_word(spec, s, vote, why);
        if (word == ROLL_NO_GO && counts[ROLL_NO_GO] == 0)
            buf_addf(&against, " · %s: %s", vote->who, vote->text);
        counts[word]++;
        add_role(&line, *role, word, why);
    }
    if (counts[ROLL_NO_GO] > 0)
        gate_say(out, GATE_FAIL, "%s%s", line.data, against.data);
    else if (counts[ROLL_MISSING] > 0)
        gate_say(out, GATE_WAIT, "%s (say it with v)", line.data);
    else if (counts[ROLL_GO] == 0)
        gate_say(out, GATE_WAIT, "%s: nobody says GO", line.data);
    else
        gate_say(out, GATE_PASS, "%s", line.data);
    buf_fini(&line);
    buf_fini(&against);
}

const struct gate_kind gate_votes = {
    .name = "votes",
    .help = "the roll call: every role of `roles` says GO to these very bytes",
    .check = check,
    .judge = judge,
};
