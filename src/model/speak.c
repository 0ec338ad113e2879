#include "src/model/speak.h"

#include <stdio.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/approval.h"
#include "src/model/people.h"
#include "src/model/waiver.h"

enum { SHOWN_HEX = 12 }; /* digits of a fingerprint that people compare */

static const struct {
    enum record_kind kind;
    const char *name;  /* the command's, for errors and refusals */
    const char *words; /* blanks around each */
} says[] = {
    [INTENT_VOTE] = {RECORD_VOTE, "vote", " go no-go abstain "},
    [INTENT_TICK] = {RECORD_TICK, "tick", " done undone "},
    [INTENT_WAIVE] = {RECORD_WAIVER, "waive", " asked withdrawn "},
    [INTENT_APPROVE] = {RECORD_APPROVAL, "waive", " yes "},
    [INTENT_AGREE] = {RECORD_APPROVAL, "run", " yes no "},
};
enum { N_SAYS = sizeof says / sizeof *says };

bool speak_is(enum intent_kind kind) {
    return (size_t)kind < N_SAYS && says[kind].name;
}

/* The rules. `where` is the command's name. */

static enum err_code check_word(const struct intent *in, const char *where, struct err *err) {
    char word[RECORD_WORD_CAP + 2];
    snprintf(word, sizeof word, " %s ", in->word);
    if (in->word[0] && !strchr(in->word, ' ') && strstr(says[in->kind].words, word))
        return ERR_OK;
    return err_set(err, ERR_USAGE, where, NULL, "\"%s\" is not one of%s", in->word,
                   says[in->kind].words);
}

static enum err_code check_ledger(const struct snapshot *s, const char *where, struct err *err) {
    switch (s->votes->state) {
    case LEDGER_WELL:
        return ERR_OK;
    case LEDGER_OPENING:
        return err_set(err, ERR_REFUSED, where, "say it again in a moment",
                       "the ledger is being read");
    case LEDGER_NONE:
        return err_set(err, ERR_REFUSED, where, "configure ledger: {file: PATH}, or a store:",
                       "there is no ledger to write it down in");
    case LEDGER_LOST:
    case LEDGER_TAMPERED:
        break;
    }
    return err_set(err, ERR_REFUSED, where, "mend the ledger first, see gonogo ledger verify", "%s",
                   s->votes->note);
}

/* Is the candidate the one that was seen? */
static enum err_code check_candidate(const struct snapshot *s, const struct intent *in,
                                     const char *where, struct err *err) {
    bool by_target = in->kind != INTENT_VOTE && s->stage == STAGE_AFTER;
    if (in->kind != INTENT_AGREE && !s->target[0] && !s->fingerprint[0])
        return err_set(err, ERR_REFUSED, where, "see gonogo check",
                       "there is no candidate: the target is not known");
    if (!s->fingerprint[0] && !by_target && in->kind != INTENT_TICK && in->kind != INTENT_AGREE)
        return err_set(err, ERR_REFUSED, where, "see gonogo check",
                       "what it would be about is not known: the candidate's feed or manifest "
                       "does not answer");
    if (in->kind == INTENT_TICK && !in->fingerprint[0])
        return ERR_OK; /* it is about the version, not about its bytes */
    if (strcmp(in->fingerprint, s->fingerprint) == 0)
        return ERR_OK;
    return err_set(err, ERR_REFUSED, where, "look at it again, and say it again",
                   "the candidate has changed: it was %.*s, it is %.*s", SHOWN_HEX,
                   in->fingerprint[0] ? in->fingerprint : "unknown", SHOWN_HEX,
                   s->fingerprint[0] ? s->fingerprint : "unknown");
}

static enum err_code check_vote(const struct snapshot *s, const struct intent *in,
                                struct err *err) {
    if (!people_role_known(s->policy, in->role))
        return err_set(err, ERR_REFUSED, "vote", "name a role of a gate of kind votes",
                       "no gate waits for the role \"%s\"", in->role);
    if (!people_may_role(s->policy, in->who, in->role))
        return err_set(err, ERR_REFUSED, "vote", "somebody with this role has to say it",
                       "%s may not speak for %s", in->who, in->role);
    if (strcmp(in->word, "no-go") == 0 && !in->text[0])
        return err_set(err, ERR_REFUSED, "vote", "give --reason TEXT", "a NO-GO needs a reason");
    return ERR_OK;
}

static bool has_link(const char *text) {
    return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

static enum err_code check_tick(const struct snapshot *s, const struct intent *in,
                                struct err *err) {
    const struct gate_spec *gate = &s->policy->gates[in->gate];
    if (strcmp(gate->kind, "checklist") != 0)
        return err_set(err, ERR_REFUSED, "tick", "name a gate of kind checklist",
                       "%s is of kind %s and judges by itself", gate->name, gate->kind);
    if (gate->people.items && !in->item[0])
        return err_set(err, ERR_REFUSED, "tick", "give --item NAME",
                       "%s has several items, each is ticked by itself", gate->name);
    if (in->item[0] && !people_in_list(gate->people.items, in->item))
        return err_set(err, ERR_REFUSED, "tick", NULL, "%s has no item \"%s\"", gate->name,
                       in->item);
    if (!people_may(s->policy, in->who, gate->people.roles))
        return err_set(err, ERR_REFUSED, "tick", "somebody with one of its roles has to",
                       "%s may not tick %s", in->who, gate->name);
    if (gate->people.link && strcmp(in->word, "done") == 0 && !has_link(in->text))
        return err_set(err, ERR_REFUSED, "tick", "give --link https://…",
                       "%s needs a link to the proof", gate->name);
    return ERR_OK;
}

static enum err_code check_waiver(const struct snapshot *s, const struct intent *in,
                                  struct err *err) {
    const char *gate = s->policy->gates[in->gate].name;
    char why[160] = "", longest[32];
    int64_t longest_ms = s->policy->waivers.longest_ms;
    if (!people_may(s->policy, in->who, s->policy->waivers.roles))
        return err_set(err, ERR_REFUSED, "waive", "somebody with a role of waivers: has to",
                       "%s may not waive gates", in->who);
    if (strcmp(in->word, "withdrawn") == 0)
        return votes_waiver(s->votes, gate)
                   ? ERR_OK
                   : err_set(err, ERR_REFUSED, "waive", NULL, "%s has no waiver", gate);
    if (!waiver_allowed(s, in->gate, why, sizeof why))
        return err_set(err, ERR_REFUSED, "waive", NULL, "%s: %s", gate, why);
    if (!in->text[0])
        return err_set(err, ERR_REFUSED, "waive", "give --reason TEXT", "it needs a reason");
    if (in->until_ms <= s->wall_ms)
        return err_set(err, ERR_REFUSED, "waive", "give --for 2h, or --until a time to come",
                       "it has no end to come");
    duration_text(longest_ms, longest, sizeof longest);
    if (longest_ms > 0 && in->until_ms - s->wall_ms > longest_ms)
        return err_set(err, ERR_REFUSED, "waive", "ask for less, and again when it runs out",
                       "it may last %s at most", longest);
    return ERR_OK;
}

static enum err_code check_approval(const struct snapshot *s, const struct intent *in,
                                    struct err *err) {
    const char *gate = s->policy->gates[in->gate].name;
    const struct record *waiver = waiver_asked(s, in->gate);
    if (!waiver)
        return err_set(err, ERR_REFUSED, "waive", "somebody has to ask for it first",
                       "%s has no waiver to approve for this candidate", gate);
    if (strcmp(waiver->who, in->who) == 0)
        return err_set(err, ERR_REFUSED, "waive", "somebody else has to",
                       "%s asked for it and cannot approve it too", in->who);
    if (!people_may(s->policy, in->who, s->policy->waivers.roles))
        return err_set(err, ERR_REFUSED, "waive", "somebody with a role of waivers: has to",
                       "%s may not approve waivers", in->who);
    return ERR_OK;
}

/* What it is about: a gate, or an action. */
static const char *subject_of(const struct snapshot *s, const struct intent *in) {
    if (in->kind == INTENT_AGREE)
        return in->action < s->policy->n_actions ? s->policy->actions[in->action].name : "";
    return in->gate < s->n_gates ? s->policy->gates[in->gate].name : "";
}

static enum err_code check_agreement(const struct snapshot *s, const struct intent *in,
                                     struct err *err) {
    const struct action_spec *action = &s->policy->actions[in->action];
    if (action->approvals == 0)
        return err_set(err, ERR_REFUSED, "run", NULL, "%s wants nobody's approval", action->name);
    if (strcmp(in->word, "no") == 0 && !approval_by(s, in->action, in->who))
        return err_set(err, ERR_REFUSED, "run", NULL, "%s has not approved %s", in->who,
                       action->name);
    return ERR_OK;
}

struct record *speak_draft(const struct snapshot *s, const struct intent *in, struct err *err) {
    static enum err_code (*const checks[])(const struct snapshot *, const struct intent *,
                                           struct err *) = {
        [INTENT_VOTE] = check_vote,       [INTENT_TICK] = check_tick,
        [INTENT_WAIVE] = check_waiver,    [INTENT_APPROVE] = check_approval,
        [INTENT_AGREE] = check_agreement,
    };
    const char *where = speak_is(in->kind) ? says[in->kind].name : "intent";
    bool known =
        in->kind == INTENT_AGREE ? in->action < s->policy->n_actions : in->gate < s->n_gates;
    if (!speak_is(in->kind) || !known) {
        err_set(err, ERR_USAGE, where, NULL, "this is nothing that people say");
        return NULL;
    }
    if (check_word(in, where, err) != ERR_OK ||
        people_check(s->policy, in->who, in->user, err) != ERR_OK ||
        check_ledger(s, where, err) != ERR_OK || check_candidate(s, in, where, err) != ERR_OK ||
        checks[in->kind](s, in, err) != ERR_OK)
        return NULL;
    struct record *r = record_new(says[in->kind].kind);
    RECORD_PUT(r->who, in->who);
    RECORD_PUT(r->word, in->word);
    RECORD_PUT(r->text, in->text);
    RECORD_PUT(r->target, s->target);
    RECORD_PUT(r->fingerprint, s->fingerprint);
    if (in->kind == INTENT_VOTE)
        RECORD_PUT(r->role, in->role);
    else
        RECORD_PUT(r->subject, subject_of(s, in));
    if (in->kind == INTENT_TICK)
        RECORD_PUT(r->item, in->item);
    r->until_ms = in->kind == INTENT_WAIVE ? in->until_ms : 0;
    return r;
}

struct record *speak_refusal(const struct snapshot *s, const struct intent *in,
                             const struct err *why) {
    struct record *r = record_new(RECORD_REFUSED);
    char line[sizeof why->what + 2];
    RECORD_PUT(r->who, in->who);
    RECORD_PUT(r->role, in->role);
    RECORD_PUT(r->word, speak_is(in->kind) ? says[in->kind].name : "intent");
    if (in->kind != INTENT_VOTE)
        RECORD_PUT(r->subject, subject_of(s, in));
    RECORD_PUT(r->target, s->target);
    RECORD_PUT(r->fingerprint, s->fingerprint);
    snprintf(line, sizeof line, "%s", why->what);
    RECORD_PUT(r->text, line);
    return r;
}

/* Lines */

static const char *shout(const char *word) {
    return strcmp(word, "go") == 0      ? "votes GO"
           : strcmp(word, "no-go") == 0 ? "votes NO-GO"
                                        : "abstains";
}

static void add_subject(struct buf *line, const struct record *r) {
    bool undone = strcmp(r->word, "undone") == 0 || strcmp(r->word, "withdrawn") == 0;
    switch (r->kind) {
    case RECORD_VOTE:
        buf_addf(line, "%s %s for %s", r->who, shout(r->word), r->role);
        break;
    case RECORD_TICK:
        buf_addf(line, "%s %s %s%s%s", r->who, undone ? "unticks" : "ticks", r->subject,
                 r->item[0] ? ", " : "", r->item);
        break;
    case RECORD_WAIVER:
        buf_addf(line, "%s %s %s", r->who, undone ? "withdraws the waiver of" : "waives",
                 r->subject);
        break;
    case RECORD_APPROVAL:
        buf_addf(line, "%s %s %s", r->who,
                 strcmp(r->word, "yes") == 0 ? "approves" : "does not approve", r->subject);
        break;
    case RECORD_REFUSED:
        buf_addf(line, "refused to %s: %s", r->who, r->word);
        if (r->subject[0] || r->role[0])
            buf_addf(line, " %s", r->subject[0] ? r->subject : r->role);
        break;
    case RECORD_RUN:
        buf_addf(line, "%s: %s %s", r->subject, r->run, r->word);
        break;
    case RECORD_STEP:
        buf_addf(line, "%s: step %d %s %s", r->subject, r->step + 1, r->item, r->word);
        if (r->exit_code != RECORD_EXIT_NONE)
            buf_addf(line, ", exit %d", r->exit_code);
        break;
    case RECORD_VERDICT:
        buf_addf(line, "verdict %s", r->word);
        break;
    case RECORD_CONFIG:
        buf_addf(line, "configuration %.*s", SHOWN_HEX, r->digest);
        break;
    case RECORD_NOTE:
    case RECORD_OTHER:
        buf_addf(line, "%s%s%s", r->word, r->word[0] && r->who[0] ? " by " : "", r->who);
        break;
    }
}

void speak_line(const struct record *r, char *dst, size_t cap) {
    struct buf line;
    buf_init(&line, 0);
    add_subject(&line, r);
    bool for_machines = r->kind == RECORD_RUN && strcmp(r->word, "prepared") == 0;
    if (r->text[0] && !for_machines)
        buf_addf(&line, "%s%s", line.len > 0 ? ": " : "", r->text);
    text_safe(dst, cap, line.data ? line.data : "", line.len);
    buf_fini(&line);
}
