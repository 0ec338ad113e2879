/* For tests of the assets on GitHub: a release tree (flow_fixture.h) whose assets are on a server that
 * behaves as GitHub's API does (tests/support/fake_github.h), and the waits that were asked for. */
#ifndef GONOGO_TESTS_HUB_FIXTURE_H
#define GONOGO_TESTS_HUB_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/release/github_http.h"
#include "src/release/publish.h"
#include "tests/support/fake_github.h"
#include "tests/unit/flow_fixture.h"

struct hub {
    char *root;
    struct fake *fake;
    struct github_options github;
    struct clock_fake clock;
    int64_t waited_ms;
    unsigned waits;
    char why[256];
    struct plan plan;
    struct err err;
    bool dry_run;
    const struct change_hook *hook;
};

typedef enum err_code hub_look_fn(const struct flow *, void *, struct plan *, struct err *);

void hub_init(struct hub *s);
void hub_fini(struct hub *s);

/* One command on the tree; its error is in `err`, and the token is in nothing that is said. */
enum err_code hub_run(struct hub *s, hub_look_fn *look, void *request);
enum err_code hub_promote(struct hub *s); /* beta to stable */
enum err_code hub_publish(struct hub *s, enum publish_style style, const char *version);
enum err_code hub_pull(struct hub *s); /* out of stable */

/* What verify finds broken, but for versions that set-version would mend. */
size_t hub_failures(struct hub *s, bool deep);
bool hub_serves(struct hub *s, const char *version);
/* Fail the test unless all of it is so, and nothing lies about. */
void hub_is_promoted(struct hub *s);
void hub_is_as_before(struct hub *s);

#endif
