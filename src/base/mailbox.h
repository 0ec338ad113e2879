/* A one-slot mailbox: the newest value wins, and nobody waits.
 *
 * Each put moves one reference in and drops the reference that was not fetched in time; each take
 * moves the reference out. The exchange is atomic, so no reader can ever see a value whose last
 * reference is being dropped. */
#ifndef GONOGO_BASE_MAILBOX_H
#define GONOGO_BASE_MAILBOX_H

#include <stdatomic.h>

struct wake;

struct mailbox {
    _Atomic(void *) slot;
    void (*drop)(void *ref);
    struct wake *wake; /* signalled after each put; may be NULL; not owned */
};

void mailbox_init(struct mailbox *m, void (*drop)(void *ref), struct wake *wake);
void mailbox_fini(struct mailbox *m); /* drops what is still inside */
void mailbox_put(struct mailbox *m, void *ref);
void *mailbox_take(struct mailbox *m); /* NULL when nothing new came */

#endif
