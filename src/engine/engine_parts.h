/* Shared by the files of the engine, and by nobody else. engine.c is the thread: it folds, judges and
 * publishes; engine_send.c is what other threads call; engine_letters.c does what the letters ask for;
 * engine_book.c gives the clerk what must be on record. */
#ifndef GONOGO_ENGINE_ENGINE_PARTS_H
#define GONOGO_ENGINE_ENGINE_PARTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/base/queue.h"
#include "src/base/wake.h"
#include "src/engine/clerk.h"
#include "src/engine/engine.h"
#include "src/engine/store.h"
#include "src/model/world.h"

enum {
    DIGESTS_MAX = 16, /* of the logs; who reads them waits */
    LETTERS_MAX = 64, /* nobody presses a key so fast */
};

enum letter_kind {
    LETTER_INTENT,
    LETTER_NEWS,
    LETTER_RECORDS,
    LETTER_RECORD,
    LETTER_OUTPUT,
    LETTER_ACCEPT,
    LETTER_REFUSAL,
    LETTER_BROKEN,
    LETTER_NOTE,
};

/* What comes besides samples; owns what it carries. */
struct letter {
    enum letter_kind kind;
    struct intent intent;
    struct store_news *news;
    struct clerk_news *records;
    const struct record *record;
    const struct run_text *output;
    char run[RECORD_RUN_CAP]; /* whose output; which was accepted */
    char text[RUN_TEXT_CAP];  /* why it was refused; what is wrong with the ledger; the note */
    bool again;
};

struct engine {
    struct engine_ports ports;
    struct wake wake;
    struct queue *samples;
    struct queue *digests;
    struct queue *letters;
    pthread_t thread;
    struct clerk *clerk; /* NULL = there is no ledger */

    /* The thread's own. */
    struct world *world;
    const struct snapshot *published;
    int64_t judged_ms; /* by the system's clock, like the next: pacing is real even in tests */
    int64_t tick_ms;
    bool logs_begin; /* they may, but nobody heard it yet */
    bool logs_began;
    bool unstored; /* the store had no room for a digest: it gets no more, and is as of then */
    const struct digest *recalled; /* for who reads them */
    bool changed;                  /* something came since the last judgement */
    char broken[RUN_TEXT_CAP];     /* what the runner found wrong with the ledger; "" = nothing */
    int64_t config_ms; /* from when on a configuration may be given to the clerk again */
    /* The verdict that was given to the clerk last, and how many since when. */
    struct {
        enum verdict verdict;
        char target[VERSION_CAP];
        int64_t at_ms, since_ms;
        unsigned n;
    } book;
};

/* By the system's clock: pacing is real even in tests. */
int64_t engine_real_ms(void);
/* Judges what was folded and publishes what differs; every tick is published. */
void engine_judge(struct engine *engine, bool tick);

/* engine_send.c */
void engine_drop_letter(void *item);
/* For the store and the clerk. Their threads may wait: the engine never waits for them. */
void engine_deliver_news(void *self, struct store_news *news);
void engine_deliver_records(void *self, struct clerk_news *news);

/* engine_letters.c: opens what lies in the queue. */
void engine_take_letters(struct engine *engine);

/* engine_book.c */
/* Gives it to the clerk, or says that it was not. */
void engine_write_down(struct engine *engine, struct record *draft);
/* Verdicts and configurations are written down by one process, the one that keeps the store. */
void engine_keep_book(struct engine *engine, const struct snapshot *s);

#endif
