/* The roll call, one role after the other: what each says at this moment, and why an earlier vote of its
 * does not count. */
#ifndef GONOGO_MODEL_ROLL_H
#define GONOGO_MODEL_ROLL_H

#include "src/model/snapshot.h"

enum roll_word { ROLL_MISSING, ROLL_GO, ROLL_NO_GO, ROLL_ABSTAINS, ROLL_WORDS };
enum { ROLL_WHY_CAP = RECORD_NAME_CAP + 64 };

/* `vote` is the role's last one, or NULL. `why` ("its vote ran out 2 h ago") may hold raw text. */
enum roll_word roll_word(const struct gate_spec *spec, const struct snapshot *s,
                         const struct record *vote, char why[ROLL_WHY_CAP]);
/* "—", "GO", "NO-GO", "abstains". */
const char *roll_word_name(enum roll_word word);

#endif
