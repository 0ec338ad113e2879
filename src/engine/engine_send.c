/* What other threads say to the engine: samples, digests and letters, each into its queue. */
#include <stdio.h>
#include <stdlib.h>

#include "src/base/mem.h"
#include "src/engine/engine_parts.h"

enum {
    DIGEST_WAIT_MS = 200, /* so long at one time */
    SEND_WAIT_MS = 1000,  /* a worker waits so long for room, then its source goes stale */
};

void engine_drop_letter(void *item) {
    struct letter *letter = item;
    store_news_free(letter->news);
    clerk_news_free(letter->records);
    record_drop(letter->record);
    run_text_drop(letter->output);
    free(letter);
}

bool engine_send_sample(void *self, struct sample *sample) {
    struct engine *engine = self;
    if (queue_push(engine->samples, sample, SEND_WAIT_MS) == QUEUE_OK)
        return true;
    sample_drop(sample);
    return false;
}

bool engine_send_digest(void *self, const struct digest *digest) {
    struct engine *engine = self;
    return queue_push(engine->digests, (void *)(uintptr_t)digest, DIGEST_WAIT_MS) == QUEUE_OK;
}

bool engine_send_intent(struct engine *engine, struct intent intent) {
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->intent = intent;
    if (queue_try_push(engine->letters, letter) == QUEUE_OK)
        return true;
    engine_drop_letter(letter);
    return false;
}

void engine_deliver_news(void *self, struct store_news *news) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_NEWS;
    letter->news = news;
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        engine_drop_letter(letter);
}

void engine_deliver_records(void *self, struct clerk_news *news) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_RECORDS;
    letter->records = news;
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        engine_drop_letter(letter);
}

/* The runner's thread may wait, too. */
void engine_send_record(void *self, const struct record *r) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_RECORD;
    letter->record = record_keep(r);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        engine_drop_letter(letter);
}

void engine_send_output(void *self, const char *run, const struct run_text *text) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_OUTPUT;
    letter->output = run_text_keep(text);
    snprintf(letter->run, sizeof letter->run, "%s", run);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        engine_drop_letter(letter);
}

void engine_send_accept(void *self, const char *run) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_ACCEPT;
    snprintf(letter->run, sizeof letter->run, "%s", run);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        engine_drop_letter(letter);
}

void engine_send_refusal(void *self, const char *why, bool again) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_REFUSAL;
    letter->again = again;
    snprintf(letter->text, sizeof letter->text, "%s", why);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        engine_drop_letter(letter);
}

void engine_send_broken(void *self, const char *why) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_BROKEN;
    snprintf(letter->text, sizeof letter->text, "%s", why);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        engine_drop_letter(letter);
}

void engine_send_note(void *self, const char *line) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_NOTE;
    snprintf(letter->text, sizeof letter->text, "%s", line);
    if (queue_try_push(engine->letters, letter) != QUEUE_OK)
        engine_drop_letter(letter);
}
