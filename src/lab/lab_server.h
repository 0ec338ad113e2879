/* The lab's voice server, as far as its log tells (logfmt with a JSON context). Like lab_client.h. */
#ifndef GONOGO_LAB_LAB_SERVER_H
#define GONOGO_LAB_LAB_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/buf.h"
#include "src/lab/lab_random.h"

struct lab_server {
    struct lab_random random;
    int64_t next_ms; /* wall */
    bool bad;
    unsigned stream; /* counts up */
    unsigned step;   /* of this stream */
};

void lab_server_init(struct lab_server *s, int64_t wall_ms);
void lab_server_run(struct lab_server *s, int64_t wall_ms, struct buf *out);

#endif
