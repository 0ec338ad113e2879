/* A feed's bytes from where the command line says: a file, a URL, or `-` for standard input. */
#ifndef GONOGO_CMD_FEED_SOURCE_H
#define GONOGO_CMD_FEED_SOURCE_H

#include <stddef.h>

#include "src/base/err.h"

enum {
    FEED_SOURCE_NET_CAP = 32 << 20, /* bytes from the network (unpacked): some 40,000 items */
    FEED_SOURCE_REDIRECTS = 3,
    FEED_SOURCE_TIMEOUT_S = 30, /* for the whole transfer */
};

struct feed_bytes {
    enum err_code (*take)(void *self, const char *bytes, size_t n, struct err *err);
    void *self;
};

/* What errors call the source: the name itself, "stdin" for `-`. */
const char *feed_source_name(const char *source);

/* Hands all bytes over, in order. Ends with the first error, its own or the receiver's. A URL must be
 * https, or http on this machine; a redirect never leads from https to anything else. */
enum err_code feed_source_read(const char *source, struct feed_bytes to, struct err *err);

#endif
