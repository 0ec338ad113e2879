/* Is a release tree what it has to be? Every rule over its files, each with its own verdict; it only
 * reads, and what cannot be read has failed. */
#ifndef GONOGO_RELEASE_VERIFY_H
#define GONOGO_RELEASE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/release/flow.h"

enum verify_verdict {
    VERIFY_OK,
    VERIFY_FAIL,
    VERIFY_SKIP, /* does not apply to this tree */
};

struct verify_check {
    enum verify_verdict verdict;
    char *name; /* "stable pair" */
    char *what; /* not safe for a terminal yet */
};

struct verify_report {
    struct verify_check *checks;
    size_t n, failed;
};

/* `deep` reads the bytes of every artifact whose SHA-256 is known (by a manifest, or by the record of a
 * rollback point) and takes it; else sizes alone are compared.
 * ERR_MISSING or ERR_IO when there is no tree. */
enum err_code verify_run(const struct flow_options *options, bool deep, struct verify_report *out,
                         struct err *err);
void verify_fini(struct verify_report *report);

#endif
