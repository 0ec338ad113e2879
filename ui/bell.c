#include "ui/bell.h"

#include <stdlib.h>

#include "src/base/mem.h"
#include "src/model/notice.h"

struct bell {
    unsigned on; /* kinds of notices */
    struct notice_watch *watch;
    struct notice notices[NOTICES_MAX];
};

struct bell *bell_new(const struct policy *policy) {
    unsigned on = 0;
    for (size_t i = 0; i < policy->n_notify; i++)
        on |= policy->notify[i].bell ? policy->notify[i].on : 0;
    if (!on)
        return NULL;
    struct bell *b = mem_zero(1, sizeof *b);
    b->on = on;
    b->watch = notice_watch_new(policy);
    return b;
}

void bell_free(struct bell *b) {
    if (!b)
        return;
    notice_watch_free(b->watch);
    free(b);
}

bool bell_rings(struct bell *b, const struct snapshot *s) {
    bool rings = false;
    size_t n = b ? notice_watch_look(b->watch, s, b->notices) : 0;
    for (size_t i = 0; i < n; i++)
        rings = rings || (b->on & b->notices[i].kind);
    return rings;
}
