/* The bytes behind an enclosure's URL: how many the server says they are, and the bytes themselves, which
 * are proven as they pass and never kept. */
#ifndef GONOGO_CMD_ARTIFACT_H
#define GONOGO_CMD_ARTIFACT_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/base/proof.h"

enum {
    ARTIFACT_CONNECT_MS = 10000,
    ARTIFACT_ANSWER_MS = 30000, /* for an answer without its body */
    ARTIFACT_PIECE = 512 << 10, /* bytes of a file read at once */
};
#define ARTIFACT_CAP (INT64_C(16) << 30) /* bytes: far above any update, far below a disk */

struct artifact_client; /* keeps connections from one question to the next */

struct artifact_client *artifact_client_new(struct err *err); /* NULL and `err` */
void artifact_client_free(struct artifact_client *client);    /* NULL is fine */

/* What HEAD says after redirects; a GET that is broken off where HEAD is refused. *length is -1 when
 * the server does not say. ERR_NET for whatever is not 200, ERR_REFUSED for http to another machine:
 * https is never left on the way. */
enum err_code artifact_length(struct artifact_client *client, const char *url, int64_t *length,
                              struct err *err);

/* The whole of it into `proof`; after an error the proof is worth nothing. */
enum err_code artifact_fetch(struct artifact_client *client, const char *url, struct proof *proof,
                             struct err *err);

/* The same of an open file. */
enum err_code artifact_read(int fd, const char *where, struct proof *proof, struct err *err);

#endif
