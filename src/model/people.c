#include "src/model/people.h"

#include <string.h>

#include "src/base/text.h"
#include "src/model/record.h"

bool people_in_list(char *const *list, const char *word) {
    for (char *const *w = list; w && *w; w++)
        if (strcmp(*w, word) == 0)
            return true;
    return false;
}

const struct person *people_find(const struct policy *policy, const char *name) {
    for (size_t i = 0; i < policy->n_people; i++)
        if (strcmp(policy->people[i].name, name) == 0)
            return &policy->people[i];
    return NULL;
}

bool people_may_role(const struct policy *policy, const char *who, const char *role) {
    const struct person *person = people_find(policy, who);
    return policy->n_people == 0 || (person && people_in_list(person->roles, role));
}

bool people_may(const struct policy *policy, const char *who, char *const *roles) {
    if (policy->n_people > 0 && !people_find(policy, who))
        return false;
    for (char *const *role = roles; role && *role; role++)
        if (people_may_role(policy, who, *role))
            return true;
    return !roles;
}

/* A name that two people would read alike must be one name. */
static bool is_plain(const char *name) {
    char safe[RECORD_NAME_CAP];
    size_t n = strlen(name);
    if (n == 0 || n >= sizeof safe)
        return false;
    text_safe(safe, sizeof safe, name, n);
    return strcmp(safe, name) == 0 && name[0] != ' ' && name[n - 1] != ' ';
}

enum err_code people_check(const struct policy *policy, const char *who, const char *user,
                           struct err *err) {
    char safe[RECORD_NAME_CAP];
    text_safe(safe, sizeof safe, who, strlen(who));
    if (!is_plain(who))
        return err_set(err, ERR_REFUSED, "--as", "give a name on one line, as it is to be shown",
                       "\"%s\" is no name", safe);
    const struct person *person = people_find(policy, who);
    if (policy->n_people > 0 && !person)
        return err_set(err, ERR_REFUSED, "--as", "give a name that people: lists, or add it there",
                       "%s is not among the people who may speak", safe);
    if (person && person->user && strcmp(person->user, user) != 0)
        return err_set(err, ERR_REFUSED, "--as", "speak for yourself, from your own account",
                       "only the user %s may speak as %s", person->user, safe);
    return ERR_OK;
}

const char *people_default(const struct policy *policy, const char *user) {
    for (size_t i = 0; i < policy->n_people; i++)
        if (policy->people[i].user && strcmp(policy->people[i].user, user) == 0)
            return policy->people[i].name;
    return user;
}

bool people_role_known(const struct policy *policy, const char *role) {
    for (size_t i = 0; i < policy->n_gates; i++)
        if (strcmp(policy->gates[i].kind, "votes") == 0 &&
            people_in_list(policy->gates[i].people.roles, role))
            return true;
    return false;
}
