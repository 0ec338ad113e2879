/* The dashboard: one loop over the terminal, the signals and the mailbox of snapshots. It reads
 * snapshots, sends intents, and never waits for anything else. */
#ifndef GONOGO_UI_UI_H
#define GONOGO_UI_UI_H

#include <stdbool.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/base/mailbox.h"
#include "src/base/wake.h"
#include "src/model/intent.h"
#include "src/model/ledger_page.h"
#include "src/model/policy.h"

struct ui_ports {
    const struct policy *policy; /* the first frame is drawn from it, before any answer */
    const struct clock *clock;
    struct mailbox *snapshots;
    struct wake *wake; /* readable when the mailbox was filled */
    /* Both never block. */
    bool (*send)(void *self, struct intent intent);
    void (*probes_alive)(void *self, unsigned *alive, unsigned *all);
    void *self;
    /* Pages of the ledger (engine/reader.h): asked for without waiting, and then in the mailbox, which
     * signals the same `wake`. NULL, both = nobody reads it: the screen has the newest entries alone. */
    bool (*ask_page)(void *reader, const struct page_question *question);
    void *reader;
    struct mailbox *pages;
    /* Who sits here, and the OS user; NULL = nobody who could say anything. */
    const char *who, *user;
    bool read_only; /* everything is shown and nothing can be done */
};

/* What it expects: setlocale(LC_CTYPE, "") was called before any thread was started (the signs follow
 * it); the calling thread alone takes signals, all others block them; one ui_run() at a time.
 *
 * Runs until the user quits or a signal ends it (then *signal is its number, else 0; a terminal that
 * is lost counts as SIGHUP). The terminal is as it was before when this returns, and whenever the
 * process dies of a signal that can be caught. Without a terminal: ERR_USAGE. On one that cannot be
 * painted (TERM=dumb): a line for each change. */
enum err_code ui_run(const struct ui_ports *ports, int *signal, struct err *err);

#endif
