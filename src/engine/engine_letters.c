/* What the engine's thread does with letters: news of store, ledger and runner are folded in, what people
 * want is held against the world as it is now. */
#include <stdio.h>
#include <string.h>

#include "src/engine/engine_parts.h"
#include "src/engine/runner.h"
#include "src/model/speak.h"

/* The clerk reads what is new; that something before it was changed, the runner has found. */
static void tell_ledger(struct engine *engine, enum ledger_state state, const char *note) {
    bool broken = engine->broken[0] != '\0';
    world_ledger(engine->world, broken ? LEDGER_TAMPERED : state, broken ? engine->broken : note);
}

static void take_records(struct engine *engine, const struct clerk_news *news) {
    if (news->n > 0)
        world_records(engine->world, news->records, news->n, news->fresh);
    if (news->gone[0])
        world_gone(engine->world, news->gone, news->holder);
    tell_ledger(engine, news->state, news->note);
    if (news->failed[0])
        world_note(engine->world, clock_wall_ms(engine->ports.clock), news->failed);
    engine->changed = true;
}

/* What a person says is held against the world as it is now; it counts when the clerk brings it back.
 * A refusal is written down too. */
static void hear_person(struct engine *engine, const struct intent *intent) {
    struct err err = ERR_INIT;
    if (engine->changed)
        engine_judge(engine, false);
    struct record *draft = speak_draft(engine->published, intent, &err);
    if (!draft)
        draft = speak_refusal(engine->published, intent, &err);
    if (engine->clerk) {
        engine_write_down(engine, draft);
        return;
    }
    char line[EVENT_CAP];
    speak_line(draft, line, sizeof line);
    world_note(engine->world, clock_wall_ms(engine->ports.clock), line);
    engine->changed = true;
    record_drop(draft);
}

static void take_logs(struct engine *engine, const struct store_news *news) {
    if (news->logs)
        world_digest(engine->world, news->logs, clock_mono_ms(engine->ports.clock));
    if (news->state == STORE_OPENING || engine->logs_begin)
        return;
    engine->recalled = news->logs ? digest_keep(news->logs) : NULL;
    engine->logs_begin = true;
}

static void take_news(struct engine *engine, const struct store_news *news) {
    take_logs(engine, news);
    if (news->recall)
        world_recall(engine->world, news->recall, news->refresh);
    if (news->past)
        world_past(engine->world, news->past);
    world_store(engine->world, news->state, news->note);
    engine->changed = true;
}

/* The plan is made here and now, from what is known at this moment; the runner compares it with what the
 * person has seen. */
static void order(struct engine *engine, const struct intent *intent) {
    static const enum order_kind kinds[] = {
        [INTENT_RUN] = ORDER_RUN,   [INTENT_RESUME] = ORDER_RESUME,
        [INTENT_UNDO] = ORDER_UNDO, [INTENT_ABANDON] = ORDER_ABANDON,
        [INTENT_STOP] = ORDER_STOP, [INTENT_ANSWER] = ORDER_ANSWER,
    };
    if (!engine->ports.runner) {
        world_refused(engine->world, "nothing can be started here", false);
        engine->changed = true;
        return;
    }
    struct order *order = order_new(kinds[intent->kind]);
    order->seen = intent->seen;
    snprintf(order->who, sizeof order->who, "%s", intent->who);
    snprintf(order->user, sizeof order->user, "%s", intent->user);
    snprintf(order->role, sizeof order->role, "%s", intent->role);
    snprintf(order->word, sizeof order->word, "%s", intent->typed);
    snprintf(order->reason, sizeof order->reason, "%s", intent->text);
    if (intent->kind == INTENT_RUN)
        order->plan = plan_make(engine->published, intent->action);
    if (runner_order(engine->ports.runner, order))
        return;
    world_refused(engine->world, "nothing can be started here: there is no ledger to record it in",
                  false);
    engine->changed = true;
}

static void accept(struct engine *engine, const struct intent *intent) {
    switch (intent->kind) {
    case INTENT_POLL:
        if (engine->ports.poll_now)
            engine->ports.poll_now(engine->ports.poll_self);
        break;
    case INTENT_VOTE:
    case INTENT_TICK:
    case INTENT_WAIVE:
    case INTENT_APPROVE:
    case INTENT_AGREE:
        hear_person(engine, intent);
        break;
    case INTENT_RUN:
        if (intent->action >= engine->published->policy->n_actions)
            break;
        order(engine, intent);
        break;
    case INTENT_RESUME:
    case INTENT_UNDO:
    case INTENT_ABANDON:
    case INTENT_STOP:
    case INTENT_ANSWER:
        order(engine, intent);
        break;
    }
}

static void open_letter(struct engine *engine, const struct letter *letter) {
    switch (letter->kind) {
    case LETTER_INTENT:
        accept(engine, &letter->intent);
        return;
    case LETTER_NEWS:
        take_news(engine, letter->news);
        return;
    case LETTER_RECORDS:
        take_records(engine, letter->records);
        return;
    case LETTER_RECORD:
        world_record(engine->world, letter->record);
        break;
    case LETTER_OUTPUT:
        world_output(engine->world, letter->run, letter->output);
        break;
    case LETTER_ACCEPT:
        world_accepted(engine->world, letter->run);
        break;
    case LETTER_REFUSAL:
        world_refused(engine->world, letter->text, letter->again);
        break;
    case LETTER_BROKEN:
        memcpy(engine->broken, letter->text, sizeof engine->broken);
        tell_ledger(engine, LEDGER_TAMPERED, letter->text);
        world_note(engine->world, clock_wall_ms(engine->ports.clock), letter->text);
        break;
    case LETTER_NOTE:
        world_note(engine->world, clock_wall_ms(engine->ports.clock), letter->text);
        break;
    }
    engine->changed = true;
}

void engine_take_letters(struct engine *engine) {
    void *items[LETTERS_MAX];
    size_t n = queue_take(engine->letters, items, LETTERS_MAX, 0);
    for (size_t i = 0; i < n; i++) {
        open_letter(engine, items[i]);
        engine_drop_letter(items[i]);
    }
}
