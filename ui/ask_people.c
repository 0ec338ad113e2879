/* Votes, ticks and waivers: what people say. */
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/gate.h"
#include "src/model/people.h"
#include "src/model/roll.h"
#include "src/model/speak.h"
#include "src/model/waiver.h"
#include "ui/acting_parts.h"
#include "ui/words.h"

enum { SHOWN_HEX = 12 };

/* ---- what all three show ---- */

static void add_who(struct acting *a, const struct view_ctx *ctx) {
    const struct snapshot *s = ctx->snap;
    char target[VERSION_CAP * 4];
    text_safe(target, sizeof target, s->target, strlen(s->target));
    if (strcmp(a->draft.who, a->draft.user) == 0)
        pager_addf(&a->dialog.about, "you are", INK_TEXT, "%s", a->draft.who);
    else
        pager_addf(&a->dialog.about, "you are", INK_TEXT, "%s (OS user %s)", a->draft.who,
                   a->draft.user);
    if (s->fingerprint[0])
        pager_addf(&a->dialog.about, "about", INK_TEXT, "%s, fingerprint %.*s", target, SHOWN_HEX,
                   s->fingerprint);
    else
        pager_addf(&a->dialog.about, "about", INK_TEXT, "%s", target[0] ? target : "no candidate");
}

static const char *option_of(const struct dialog_item *item) {
    return item->chosen == DIALOG_UNCHOSEN ? "" : item->options[item->chosen];
}

/* ---- votes ---- */

static bool answer_vote(struct acting *a, const struct view_ctx *ctx) {
    const struct dialog_item *items = a->dialog.items;
    RECORD_PUT(a->draft.role, option_of(&items[0]));
    RECORD_PUT(a->draft.word, option_of(&items[1]));
    RECORD_PUT(a->draft.text, items[2].field.text);
    return acting_may_be_said(a, ctx);
}

static const struct question vote = {.answer = answer_vote, .next = ACTING_SAY};

/* The roles that wait and that `who` may speak for, each once. */
static size_t roles_of(struct acting *a, const struct view_ctx *ctx) {
    size_t n = 0;
    for (size_t g = 0; g < ctx->policy->n_gates; g++) {
        char *const *role = ctx->policy->gates[g].people.roles;
        if (strcmp(ctx->policy->gates[g].kind, "votes") != 0)
            continue;
        for (; role && *role && n < DIALOG_OPTIONS; role++) {
            size_t k = 0;
            while (k < n && strcmp(a->roles[k], *role) != 0)
                k++;
            if (k == n && people_may_role(ctx->policy, a->draft.who, *role))
                a->roles[n++] = *role;
        }
    }
    return n;
}

static void add_rolls(struct acting *a, const struct view_ctx *ctx) {
    for (size_t g = 0; g < ctx->policy->n_gates; g++) {
        if (strcmp(ctx->policy->gates[g].kind, "votes") != 0)
            continue;
        pager_add(&a->dialog.about, NULL, INK_TEXT, "");
        words_roll(ctx, g, &a->dialog.about);
    }
}

bool ask_vote(struct acting *a, const struct view_ctx *ctx, int gate, char *why, size_t cap) {
    static const char *const words[] = {"go", "no-go", "abstain"};
    (void)gate;
    if (!acting_draft(a, ctx, INTENT_VOTE, why, cap))
        return false;
    size_t n = roles_of(a, ctx);
    if (n == 0) {
        snprintf(why, cap, "no gate waits for a role that %s may speak for", a->draft.who);
        return false;
    }
    pager_add(&a->dialog.about, NULL, INK_STRONG, ctx->snap->question);
    add_who(a, ctx);
    add_rolls(a, ctx);
    struct dialog_item *role = dialog_add(&a->dialog, "role");
    memcpy(role->options, a->roles, n * sizeof *a->roles);
    role->n_options = n;
    role->needed = true;
    role->chosen = n == 1 ? 0 : DIALOG_UNCHOSEN;
    struct dialog_item *word = dialog_add(&a->dialog, "vote");
    memcpy(word->options, words, sizeof words);
    word->n_options = sizeof words / sizeof *words;
    word->needed = true;
    dialog_add(&a->dialog, "reason");
    acting_ask(a, &vote, "Vote", "Vote");
    a->dialog.at = n == 1; /* nothing to choose in the first */
    return true;
}

/* ---- ticks ---- */

static bool answer_tick(struct acting *a, const struct view_ctx *ctx) {
    const struct dialog_item *items = a->dialog.items;
    size_t i = 0;
    if (ctx->policy->gates[a->draft.gate].people.items)
        RECORD_PUT(a->draft.item, option_of(&items[i++]));
    RECORD_PUT(a->draft.word, option_of(&items[i++]));
    RECORD_PUT(a->draft.text, items[i].field.text);
    return acting_may_be_said(a, ctx);
}

static const struct question tick = {.answer = answer_tick, .next = ACTING_SAY};

static bool is_checklist(const struct view_ctx *ctx, int gate) {
    return gate >= 0 && strcmp(ctx->policy->gates[gate].kind, "checklist") == 0;
}

/* The gate in focus, or the first checklist that waits. */
static int checklist_of(const struct view_ctx *ctx, int gate) {
    if (is_checklist(ctx, gate))
        return gate;
    for (size_t i = 0; i < ctx->snap->n_gates; i++)
        if (is_checklist(ctx, (int)i) && ctx->snap->gates[i].verdict != GATE_PASS)
            return (int)i;
    return -1;
}

static bool is_done(const struct view_ctx *ctx, const char *gate, const char *item) {
    const struct record *r = votes_of_item(ctx->snap->votes, gate, item);
    return r && strcmp(r->word, "done") == 0 && version_compare(r->target, ctx->snap->target) == 0;
}

static void add_items(struct acting *a, const struct view_ctx *ctx, const struct gate_spec *spec) {
    struct dialog_item *item = dialog_add(&a->dialog, "item");
    item->needed = true;
    for (char *const *name = spec->people.items; *name && item->n_options < DIALOG_OPTIONS;
         name++) {
        if (item->chosen == DIALOG_UNCHOSEN && !is_done(ctx, spec->name, *name))
            item->chosen = (int)item->n_options;
        item->options[item->n_options++] = *name;
    }
}

bool ask_tick(struct acting *a, const struct view_ctx *ctx, int gate, char *why, size_t cap) {
    static const char *const words[] = {"done", "undone"};
    int which = checklist_of(ctx, gate);
    char title[160];
    if (which < 0) {
        snprintf(why, cap, "no checklist waits: nothing to tick");
        return false;
    }
    if (!acting_draft(a, ctx, INTENT_TICK, why, cap))
        return false;
    const struct gate_spec *spec = &ctx->policy->gates[which];
    a->draft.gate = (size_t)which;
    a->draft.fingerprint[0] = '\0'; /* it is about the version, not about its bytes */
    pager_add(&a->dialog.about, NULL, INK_STRONG, ctx->snap->gates[which].reason);
    add_who(a, ctx);
    if (spec->people.items) {
        pager_add(&a->dialog.about, NULL, INK_TEXT, "");
        words_items(ctx, (size_t)which, &a->dialog.about);
        add_items(a, ctx, spec);
    }
    struct dialog_item *word = dialog_add(&a->dialog, "it is");
    memcpy(word->options, words, sizeof words);
    word->n_options = 2;
    word->chosen = 0;
    struct dialog_item *text = dialog_add(&a->dialog, spec->people.link ? "link" : "note or link");
    text->needed = spec->people.link;
    snprintf(title, sizeof title, "Tick: %s", spec->name);
    acting_ask(a, &tick, title, "Tick");
    a->dialog.at = a->dialog.n_items - 1;
    return true;
}

/* ---- waivers ---- */

static const struct {
    const char *name;
    int64_t ms;
} lasts[] = {
    {"1 h", 3600000}, {"4 h", 4 * 3600000}, {"12 h", 12 * 3600000}, {"24 h", 24 * 3600000}};

static bool answer_waiver(struct acting *a, const struct view_ctx *ctx) {
    const struct dialog_item *items = a->dialog.items;
    RECORD_PUT(a->draft.text, items[0].field.text);
    a->draft.until_ms = ctx->snap->wall_ms + lasts[items[1].chosen].ms;
    return acting_may_be_said(a, ctx);
}

static bool answer_approval(struct acting *a, const struct view_ctx *ctx) {
    bool approves = strcmp(option_of(&a->dialog.items[0]), "approve") == 0;
    a->draft.kind = approves ? INTENT_APPROVE : INTENT_WAIVE;
    RECORD_PUT(a->draft.word, approves ? "yes" : "withdrawn");
    RECORD_PUT(a->draft.text, a->dialog.items[1].field.text);
    return acting_may_be_said(a, ctx);
}

static const struct question waiver = {.answer = answer_waiver, .next = ACTING_SAY};
static const struct question approval = {.answer = answer_approval, .next = ACTING_SAY};

static void add_waiver(struct acting *a, const struct record *r) {
    char until[32], line[RECORD_TEXT_CAP];
    when_rfc3339(r->until_ms, until, sizeof until);
    text_safe(line, sizeof line, r->text, strlen(r->text));
    pager_addf(&a->dialog.about, "asked by", INK_TEXT, "%s, until %s", r->who, until);
    pager_add(&a->dialog.about, "reason", INK_STRONG, line);
}

static void ask_approval(struct acting *a, const struct view_ctx *ctx, const struct record *asked) {
    size_t gate = a->draft.gate;
    add_waiver(a, asked);
    unsigned missing = waiver_missing(ctx->snap, gate, asked);
    pager_addf(&a->dialog.about, "approvals", INK_TEXT, missing ? "%u still missing" : "all there",
               missing);
    bool mine = strcmp(asked->who, a->draft.who) == 0;
    struct dialog_item *word = dialog_add(&a->dialog, "do");
    if (!mine && missing)
        word->options[word->n_options++] = "approve";
    word->options[word->n_options++] = "withdraw";
    word->needed = true;
    dialog_add(&a->dialog, "reason");
    acting_ask(a, &approval, "A waiver that was asked for", "Say it");
}

static void ask_for_it(struct acting *a, const struct view_ctx *ctx) {
    int64_t longest = ctx->policy->waivers.longest_ms;
    unsigned approvals = ctx->policy->gates[a->draft.gate].people.approvals;
    RECORD_PUT(a->draft.word, "asked");
    if (approvals > 0)
        pager_addf(&a->dialog.about, "approvals", INK_TEXT,
                   "%u other %s must approve before it counts", approvals,
                   approvals == 1 ? "person" : "people");
    dialog_add(&a->dialog, "reason")->needed = true;
    struct dialog_item *lasting = dialog_add(&a->dialog, "for");
    for (size_t i = 0; i < sizeof lasts / sizeof *lasts; i++)
        if (i == 0 || longest <= 0 || lasts[i].ms <= longest)
            lasting->options[lasting->n_options++] = lasts[i].name;
    lasting->chosen = 0;
    acting_ask(a, &waiver, "Waive a gate", "Waive");
}

/* The gate in focus, or the first that stands against GO. */
static int gate_to_waive(const struct view_ctx *ctx, int gate) {
    if (gate >= 0)
        return gate;
    const struct gate_view *worst = verdict_gate(ctx->snap);
    return worst ? (int)(worst - ctx->snap->gates) : -1;
}

bool ask_waiver(struct acting *a, const struct view_ctx *ctx, int gate, char *why, size_t cap) {
    int which = gate_to_waive(ctx, gate);
    if (which < 0) {
        snprintf(why, cap, "no gate stands against it: nothing to waive");
        return false;
    }
    if (!acting_draft(a, ctx, INTENT_WAIVE, why, cap))
        return false;
    a->draft.gate = (size_t)which;
    const char *name = ctx->policy->gates[which].name;
    const struct record *asked = waiver_asked(ctx->snap, a->draft.gate);
    char not_so[200];
    if (!asked && ctx->snap->gates[which].verdict == GATE_PASS) {
        snprintf(why, cap, "%s passes: nothing to waive", name);
        return false;
    }
    if (!asked && !waiver_allowed(ctx->snap, a->draft.gate, not_so, sizeof not_so)) {
        snprintf(why, cap, "%s: %s", name, not_so);
        return false;
    }
    pager_addf(&a->dialog.about, "gate", INK_STRONG, "%s", name);
    pager_addf(&a->dialog.about, "now", words_gate_ink(&ctx->snap->gates[which]), "%s: %s",
               gate_verdict_name(ctx->snap->gates[which].verdict), ctx->snap->gates[which].reason);
    add_who(a, ctx);
    if (asked)
        ask_approval(a, ctx, asked);
    else
        ask_for_it(a, ctx);
    return true;
}
