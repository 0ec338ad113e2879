/* One line of a proxy's access log in the combined format (nginx, Apache), or the common one:
 *
 *   192.0.2.7 - - [10/Oct/2026:13:55:36 -0700] "GET /updates/health HTTP/1.1" 502 157 "-" "curl/8.5"
 *
 * Pure and without memory of its own: every slice points into the caller's line, and the cost is linear
 * in its length. Any bytes may come; what follows the size is not read. */
#ifndef GONOGO_MODEL_ACCESSLINE_H
#define GONOGO_MODEL_ACCESSLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/slice.h"

struct access_line {
    struct slice address, user, request; /* the request as written, without its quotes */
    int64_t time_ms;                     /* it always names its zone */
    int status;                          /* 100 to 599; nginx's own 499 too */
    int64_t bytes;                       /* of the body; -1 = "-" */
};

/* `line` may end with LF or CRLF. False when it is no such line, or damaged. */
bool access_line_parse(const char *line, size_t n, struct access_line *out);

#endif
