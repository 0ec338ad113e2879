/* What went wrong on the way to a source, as somebody wants to read it at three in the morning: what
 * it is, and what to do. */
#ifndef GONOGO_PROBES_TROUBLE_H
#define GONOGO_PROBES_TROUBLE_H

#include <curl/curl.h>

#include "probes/look.h"
#include "src/base/err.h"
#include "src/model/sample.h"

/* For a transfer that ended with `code` (not CURLE_OK). */
void trouble_of_transfer(struct look *look, CURLcode code, struct err *err);

/* For an answer whose status is not what it should be; `where` is the source's id. */
enum err_code trouble_of_status(int status, const char *where, struct err *err);

/* Makes the sample an error with the text of `err`. */
void trouble_tell(struct sample *sample, const struct err *err);

#endif
