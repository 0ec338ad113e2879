/* What people ask for. An intent carries the number of the snapshot that it was made from. */
#ifndef GONOGO_MODEL_INTENT_H
#define GONOGO_MODEL_INTENT_H

#include <stdint.h>

enum intent_kind {
    INTENT_POLL, /* look at every source now */
};

struct intent {
    enum intent_kind kind;
    uint64_t snapshot;
};

#endif
