#include "src/base/mailbox.h"

#include <stddef.h>

#include "src/base/wake.h"

void mailbox_init(struct mailbox *m, void (*drop)(void *ref), struct wake *wake) {
    atomic_init(&m->slot, NULL);
    m->drop = drop;
    m->wake = wake;
}

void mailbox_fini(struct mailbox *m) {
    void *left = mailbox_take(m);
    if (left)
        m->drop(left);
}

void mailbox_put(struct mailbox *m, void *ref) {
    void *missed = atomic_exchange(&m->slot, ref);
    if (missed)
        m->drop(missed);
    if (m->wake)
        wake_signal(m->wake);
}

void *mailbox_take(struct mailbox *m) {
    return atomic_exchange(&m->slot, NULL);
}
