/* {target}, {artifact.sha256}, …: what a plan puts into the words of a step.
 *
 * A brace and a name in small letters are a placeholder; "{{" is a brace; every other brace stands for
 * itself ("{}", "${HOME}", JSON). A value comes from the network, so it must look like what it says it
 * is: a version begins with a digit and holds no blanks, a URL is https, a digest is hex. What does not
 * is no value, and a plan without a value is refused: nothing of it can ever become an option. */
#ifndef GONOGO_MODEL_PLACEHOLDER_H
#define GONOGO_MODEL_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/buf.h"
#include "src/model/snapshot.h"

enum placeholder {
    PLACE_TARGET,
    PLACE_STABLE,
    PLACE_PREVIOUS,
    PLACE_PRODUCT,
    PLACE_ENVIRONMENT,
    PLACE_ENVIRONMENT_URL,
    PLACE_STABLE_URL,
    PLACE_ARTIFACT_URL,
    PLACE_ARTIFACT_SIZE,
    PLACE_ARTIFACT_SHA256,
    PLACE_FOLDER,
    PLACE_CONFIG,
    PLACE_GONOGO,
    PLACEHOLDERS
};

/* "artifact.url"; NULL behind the last, so that it is a list for "did you mean". */
const char *placeholder_name(size_t i);
const char *placeholder_help(size_t i);

/* The first placeholder in `text` that there is none of: its name into dst. */
bool placeholder_unknown(const char *text, char *dst, size_t cap);

/* What each of them stands for at one moment. */
struct place_values {
    char *text[PLACEHOLDERS];    /* NULL = there is none, */
    char why[PLACEHOLDERS][192]; /* and why; safe */
};
/* For an action on environment `environment` (-1 = none). */
void place_values_init(struct place_values *v, const struct snapshot *s, int environment);
/* The values as members of a JSON object, without its braces (those of the release only: what belongs to
 * this machine is found again), and back from the object: false when it is none. */
void place_values_write(const struct place_values *v, struct buf *out);
bool place_values_read(struct place_values *v, const struct policy *policy, int environment,
                       const char *json);
void place_values_fini(struct place_values *v);

/* `text` with the values in it; heap. NULL when one is missing: why, into dst. */
char *placeholder_fill(const struct place_values *v, const char *text, char *dst, size_t cap);

#endif
