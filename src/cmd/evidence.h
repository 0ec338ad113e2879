/* What `feed lint` learns beyond the feed itself: from the servers that its enclosures name, from the
 * artifact, and from the feed fetched a second time. Items are collected while the feed is read; the
 * questions are asked when it is known to be whole. */
#ifndef GONOGO_CMD_EVIDENCE_H
#define GONOGO_CMD_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/ed25519.h"
#include "src/model/lint.h"

enum {
    EVIDENCE_ASKED_MAX = 100, /* enclosures that --online asks for: the first in the feed */
    EVIDENCE_DATES_MAX = 200, /* items whose dates are compared between two fetches */
};

struct evidence_options {
    const char *feed_url; /* NULL = the feed is a file */
    const char *item;     /* the version that `artifact` and `deep` are about; NULL = the highest */
    const char *artifact; /* a file that is said to be that item's; or NULL */
    bool online;          /* ask for the length of every enclosure */
    bool deep;            /* download that item's enclosure */
    bool has_key;
    unsigned char key[ED25519_KEY];
    int64_t now_ms;
};

struct evidence;

struct evidence *evidence_new(const struct evidence_options *options); /* borrows its strings */
void evidence_free(struct evidence *evidence);                         /* NULL is fine */

/* For lint_options.item, with the evidence as self. */
enum err_code evidence_item(void *self, const struct feed_item *item, struct err *err);

/* Asks, and reports to the linter. An error is one of this machine or of what the options name; what
 * the far side does wrong is a finding. */
enum err_code evidence_judge(struct evidence *evidence, struct lint *lint, struct err *err);

#endif
