/* Much text to a file descriptor, in large pieces. The first failure is kept and everything after it is
 * dropped; a reader that went away (EPIPE) is a failure like others, never a signal. */
#ifndef GONOGO_CMD_OUT_H
#define GONOGO_CMD_OUT_H

#include "src/base/buf.h"
#include "src/base/err.h"

struct out {
    int fd;
    const char *name; /* for errors: "stdout" */
    struct buf text;  /* add here, and call out_pass() now and then */
    int failed;       /* errno of the first failure; 0 = none */
};

void out_init(struct out *out, int fd, const char *name); /* ignores SIGPIPE from here on */
void out_fini(struct out *out);

/* Writes when enough has come together. ERR_IO once writing has failed. */
enum err_code out_pass(struct out *out, struct err *err);
/* Writes what is left. */
enum err_code out_flush(struct out *out, struct err *err);

#endif
