#include "src/cmd/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/user.h"
#include "src/base/wake.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/crew.h"
#include "src/engine/ledger.h"
#include "src/model/people.h"
#include "src/model/speak.h"
#include "src/model/waiver.h"

enum { WAIT_MS = 30000, SHOWN_HEX = 12 };

void say_init(struct say *say, const char *name) {
    *say = (struct say){.name = name, .wait_ms = WAIT_MS};
    opterr = 0;
    optind = 1;
}

static bool is_fingerprint(const char *text) {
    return strlen(text) == HASH_HEX_CAP - 1 && strspn(text, "0123456789abcdef") == HASH_HEX_CAP - 1;
}

int say_option(struct say *say, int argc, char **argv, int answer) {
    switch (answer) {
    case 'c':
        say->config = optarg;
        return 0;
    case 't':
        say->target = optarg;
        return 0;
    case 'a':
        say->as = optarg;
        return 0;
    case 'r':
        say->reason = optarg;
        return 0;
    case 'f':
        say->fingerprint = optarg;
        return is_fingerprint(optarg)
                   ? 0
                   : cmd_usage(say->name, "--fingerprint: give the 64 hex digits that gonogo check "
                                          "--json shows");
    case 'j':
        say->json = true;
        return 0;
    case 'w':
        return duration_parse(optarg, &say->wait_ms)
                   ? 0
                   : cmd_usage(say->name, "--wait: \"%.64s\" is no duration: write 500ms, 5s or 2m",
                               optarg);
    default:
        return cmd_bad_option(say->name, argc, argv, answer);
    }
}

struct policy *say_policy(const struct say *say, struct intent *intent, int *code) {
    struct err err = ERR_INIT;
    const char *reason = say->reason ? say->reason : "";
    struct policy *policy = cmd_policy(say->config, say->target, &err);
    *code = EXIT_USAGE;
    if (!policy) {
        *code = cmd_fail(&err);
        return NULL;
    }
    user_name(intent->user, sizeof intent->user);
    const char *who = say->as ? say->as : people_default(policy, intent->user);
    bool fits = RECORD_PUT(intent->who, who);
    if (fits && RECORD_PUT(intent->text, reason))
        return policy;
    if (fits)
        cmd_usage(say->name, "--reason: give at most %d bytes, and a link to the rest",
                  RECORD_TEXT_CAP - 1);
    else
        cmd_usage(say->name, "--as: a name has at most %d bytes", RECORD_NAME_CAP - 1);
    policy_free(policy);
    return NULL;
}

int say_gate(const struct say *say, const struct policy *policy, const char *name) {
    const char **names = mem_zero(policy->n_gates + 1, sizeof *names);
    int found = -1;
    for (size_t i = 0; i < policy->n_gates; i++) {
        names[i] = policy->gates[i].name;
        if (strcmp(names[i], name) == 0)
            found = (int)i;
    }
    const char *nearest = found < 0 ? text_nearest(name, names) : NULL;
    char safe[RECORD_THING_CAP];
    text_safe(safe, sizeof safe, name, strlen(name));
    if (nearest)
        cmd_usage(say->name, "there is no gate \"%s\": did you mean \"%s\"?", safe, nearest);
    else if (found < 0)
        cmd_usage(say->name, "there is no gate \"%s\"", safe);
    free(names);
    return found;
}

/* The candidate */

static bool has_candidate(const struct snapshot *s) {
    return s->votes->state != LEDGER_OPENING && s->store != STORE_OPENING &&
           (s->fingerprint[0] || s->settled);
}

/* As the sources have it now: a crew polls until it is known. */
static const struct snapshot *look(const struct policy *policy, int64_t wait_ms, struct err *err) {
    struct wake wake;
    const struct snapshot *s = NULL;
    if (wake_init(&wake, err) != ERR_OK)
        return NULL;
    struct crew *crew = crew_start(policy, clock_system(), &wake, err);
    if (crew)
        s = crew_await(crew, &wake, wait_ms, has_candidate);
    crew_stop(crew);
    wake_fini(&wake);
    return s;
}

struct told {
    const struct policy *policy;
    const struct votes *votes;
};

static bool read_one(void *self, const struct record *r) {
    struct told *told = self;
    const struct votes *before = told->votes;
    told->votes = votes_with(before, told->policy, &r, 1);
    votes_drop(before);
    return true;
}

/* As --fingerprint has it: nothing is asked but the ledger. */
static const struct snapshot *believe(const struct policy *policy, const char *fingerprint,
                                      struct err *err) {
    struct err own = ERR_INIT;
    struct told told = {policy, votes_new(LEDGER_WELL)};
    struct ledger *l = policy->ledger.file ? ledger_open(policy->ledger.file, LEDGER_READ,
                                                         &policy->ledger, clock_system(), &own)
                                           : NULL;
    if (l)
        ledger_each(l, 1, read_one, &told, &own);
    ledger_close(l);
    if (own.code != ERR_OK && own.code != ERR_MISSING) {
        err_set(err, own.code, own.where, own.todo, "%s", own.what);
        votes_drop(told.votes);
        return NULL;
    }
    struct snapshot *s = snapshot_new(policy);
    votes_drop(s->votes);
    s->votes = policy->ledger.file ? told.votes : votes_new(LEDGER_NONE);
    if (!policy->ledger.file)
        votes_drop(told.votes);
    s->wall_ms = clock_wall_ms(clock_system());
    snprintf(s->fingerprint, sizeof s->fingerprint, "%s", fingerprint);
    snprintf(s->target, sizeof s->target, "%s", policy->target ? policy->target : "");
    return s;
}

/* Writing */

static enum err_code write_down(const struct policy *policy, struct record *r, struct err *err) {
    if (!policy->ledger.file)
        return err_set(err, ERR_REFUSED, "ledger", "configure ledger: {file: PATH}, or a store:",
                       "there is none to write it down in");
    struct ledger *l =
        ledger_open(policy->ledger.file, LEDGER_APPEND, &policy->ledger, clock_system(), err);
    if (l)
        ledger_append(l, r, err);
    ledger_close(l);
    return err->code;
}

static void tell(const struct say *say, const struct snapshot *s, const struct intent *intent,
                 const struct record *r) {
    char line[RECORD_TEXT_CAP], target[VERSION_CAP];
    struct buf json;
    if (say->json) {
        buf_init(&json, 0);
        record_write(r, &json);
        puts(json.data);
        buf_fini(&json);
        return;
    }
    speak_line(r, line, sizeof line);
    text_safe(target, sizeof target, r->target, strlen(r->target));
    printf("entry %llu: %s\n", (unsigned long long)r->seq, line);
    if (r->fingerprint[0])
        printf("  about %s, fingerprint %.*s\n", target[0] ? target : "the candidate", SHOWN_HEX,
               r->fingerprint);
    unsigned needed = s->policy->gates[intent->gate].people.approvals;
    if (r->kind == RECORD_WAIVER && strcmp(r->word, "asked") == 0 && needed > 0)
        printf("  waits for %u more %s: gonogo waive --approve\n", needed,
               needed == 1 ? "person" : "people");
}

int say_it(const struct say *say, const struct policy *policy, struct intent *intent) {
    struct err err = ERR_INIT, refused = ERR_INIT, lost = ERR_INIT;
    if (say->fingerprint && !policy->target)
        return cmd_usage(say->name, "--fingerprint: say of which version too, with --target");
    const struct snapshot *s = say->fingerprint ? believe(policy, say->fingerprint, &err)
                                                : look(policy, say->wait_ms, &err);
    if (!s)
        return cmd_fail(&err);
    intent->snapshot = s->number;
    memcpy(intent->fingerprint, s->fingerprint, sizeof intent->fingerprint);
    struct record *r = speak_draft(s, intent, &refused);
    bool said = r != NULL;
    if (!r && refused.code == ERR_REFUSED)
        r = speak_refusal(s, intent, &refused);
    if (r && write_down(policy, r, &lost) == ERR_OK && said)
        tell(say, s, intent, r);
    record_drop(r);
    snapshot_drop(s);
    int code = EXIT_GO;
    if (refused.code != ERR_OK)
        code = cmd_fail(&refused);
    if (lost.code != ERR_OK && (said || policy->ledger.file)) {
        err_print(stderr, &lost);
        code = said ? err_exit_code(&lost) : code;
    }
    return cmd_close_stdout(code);
}
