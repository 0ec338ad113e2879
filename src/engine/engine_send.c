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

/* A letter of this kind, to be filled and posted. */
static struct letter *letter_new(enum letter_kind kind) {
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = kind;
    return letter;
}

/* Takes the letter. Those who may wait do, for the engine never waits for them; false: it is not there
 * any more, or the queue is full and nobody may wait. */
static bool post(struct engine *engine, struct letter *letter, bool may_wait) {
    enum queue_result sent = may_wait ? queue_push(engine->letters, letter, -1)
                                      : queue_try_push(engine->letters, letter);
    if (sent != QUEUE_OK)
        engine_drop_letter(letter);
    return sent == QUEUE_OK;
}

bool engine_send_intent(struct engine *engine, struct intent intent) {
    struct letter *letter = letter_new(LETTER_INTENT);
    letter->intent = intent;
    return post(engine, letter, false);
}

void engine_deliver_news(void *self, struct store_news *news) {
    struct letter *letter = letter_new(LETTER_NEWS);
    letter->news = news;
    post(self, letter, true);
}

void engine_deliver_records(void *self, struct clerk_news *news) {
    struct letter *letter = letter_new(LETTER_RECORDS);
    letter->records = news;
    post(self, letter, true);
}

void engine_send_record(void *self, const struct record *r) {
    struct letter *letter = letter_new(LETTER_RECORD);
    letter->record = record_keep(r);
    post(self, letter, true);
}

void engine_send_output(void *self, const char *run, const struct run_text *text) {
    struct letter *letter = letter_new(LETTER_OUTPUT);
    letter->output = run_text_keep(text);
    snprintf(letter->run, sizeof letter->run, "%s", run);
    post(self, letter, true);
}

void engine_send_accept(void *self, const char *run) {
    struct letter *letter = letter_new(LETTER_ACCEPT);
    snprintf(letter->run, sizeof letter->run, "%s", run);
    post(self, letter, true);
}

void engine_send_refusal(void *self, const char *why, bool again) {
    struct letter *letter = letter_new(LETTER_REFUSAL);
    letter->again = again;
    snprintf(letter->text, sizeof letter->text, "%s", why);
    post(self, letter, true);
}

void engine_send_broken(void *self, const char *why) {
    struct letter *letter = letter_new(LETTER_BROKEN);
    snprintf(letter->text, sizeof letter->text, "%s", why);
    post(self, letter, true);
}

void engine_send_note(void *self, const char *line) {
    struct letter *letter = letter_new(LETTER_NOTE);
    snprintf(letter->text, sizeof letter->text, "%s", line);
    post(self, letter, false);
}
