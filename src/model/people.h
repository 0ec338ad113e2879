/* Who may speak, and for what (config: `people`). Without people in the configuration everybody may, for
 * every role: then the ledger only says who said to be who. */
#ifndef GONOGO_MODEL_PEOPLE_H
#define GONOGO_MODEL_PEOPLE_H

#include <stdbool.h>

#include "src/base/err.h"
#include "src/model/policy.h"

/* NULL when nobody has this name. */
const struct person *people_find(const struct policy *policy, const char *name);
/* May `who` speak for one of `roles` (NULL-terminated; NULL = for anything)? */
bool people_may(const struct policy *policy, const char *who, char *const *roles);
bool people_may_role(const struct policy *policy, const char *who, const char *role);

/* Is `who` a name that can be shown, somebody who may speak at all, and may the OS user `user` speak as
 * them? ERR_REFUSED says why not. */
enum err_code people_check(const struct policy *policy, const char *who, const char *user,
                           struct err *err);
/* Who speaks when nothing is said: the person of this OS user, else the OS user. */
const char *people_default(const struct policy *policy, const char *user);

bool people_in_list(char *const *list, const char *word); /* NULL-terminated; NULL is empty */
/* Is it a role that some gate waits for? */
bool people_role_known(const struct policy *policy, const char *role);

#endif
