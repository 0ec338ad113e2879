/* A ledger on disk, longer than a snapshot carries, with the reader beside it. */
#ifndef GONOGO_TESTS_LEDGER_FIXTURE_H
#define GONOGO_TESTS_LEDGER_FIXTURE_H

#include <stdbool.h>

#include "src/base/wake.h"
#include "src/engine/reader.h"
#include "src/model/world.h"

enum { LEDGER_FIXTURE_ENTRIES = 3000 };

struct ledger_fixture {
    char folder[64], path[96];
    struct policy policy; /* the reader's */
    struct reader *reader;
};

/* Writes it, tells the world of it, starts the reader. False, and said why, when it cannot. */
bool ledger_fixture_start(struct ledger_fixture *f, struct world *w, int64_t wall_ms,
                          struct wake *wake);
void ledger_fixture_stop(struct ledger_fixture *f);

#endif
