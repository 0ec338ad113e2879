/* What is typed into the bottom line: a filter, which works while it is typed, or a command by name. */
#ifndef GONOGO_UI_PROMPT_H
#define GONOGO_UI_PROMPT_H

#include "ui/field.h"
#include "ui/keys.h"

enum prompt_kind { PROMPT_NONE, PROMPT_FILTER, PROMPT_COMMAND };

struct prompt {
    enum prompt_kind kind;
    struct field field;
};

void prompt_draw(const struct prompt *p, const struct keys *keys, unsigned view,
                 const struct canvas *c, int y);
/* Tab: as much of the command as is certain. */
void prompt_complete(struct prompt *p, const struct keys *keys, unsigned view);
/* Why what was typed is no command, with the nearest one that is. */
void prompt_unknown(const struct prompt *p, const struct keys *keys, unsigned view, char *dst,
                    size_t cap);

#endif
