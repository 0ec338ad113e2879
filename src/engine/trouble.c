#include "src/engine/trouble.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"

static const struct {
    bool passes;
    const char *what, *todo;
} troubles[] = {
    [TROUBLE_NONE] = {true, "is well", ""},
    [TROUBLE_FOLDER] = {false, "its folder cannot be made",
                        "make it, or name another file in the configuration"},
    [TROUBLE_READONLY] =
        {false, "cannot be written",
         "allow writing to it and its folder, or name another file in the configuration"},
    [TROUBLE_NO_DB] = {false, "is no database",
                       "move it away, or name another file in the configuration"},
    [TROUBLE_DAMAGED] = {false, "is damaged", "move it away to begin a new one, then start again"},
    [TROUBLE_FOREIGN] = {false, "is another program's database",
                         "name another file in the configuration"},
    [TROUBLE_NEWER] = {false, "was written by a newer gonogo",
                       "use that version, or name another file in the configuration"},
    [TROUBLE_LOCKED] = {true, "is locked by another program", "close that program"},
    [TROUBLE_FULL] = {true, "has no room: the disk is full", "make room, it goes on by itself"},
    [TROUBLE_IO] = {true, "cannot be read or written", "look at the disk, its room and your quota"},
};

bool trouble_may_pass(enum trouble_kind kind) {
    return troubles[kind].passes;
}

void trouble_note(const struct trouble *trouble, const char *path, char *dst, size_t cap) {
    char line[2048];
    snprintf(line, sizeof line, "%s %s%s%s%s: %s", path, troubles[trouble->kind].what,
             trouble->detail[0] ? " (" : "", trouble->detail, trouble->detail[0] ? ")" : "",
             troubles[trouble->kind].todo);
    text_safe(dst, cap, line, strlen(line));
}

enum err_code trouble_err(const struct trouble *trouble, const char *path, struct err *err) {
    enum trouble_kind kind = trouble->kind;
    const char *detail = trouble->detail;
    return err_set(err, kind == TROUBLE_LOCKED ? ERR_BUSY : ERR_IO, path, troubles[kind].todo,
                   "%s%s%s%s", troubles[kind].what, detail[0] ? " (" : "", detail,
                   detail[0] ? ")" : "");
}

enum trouble_kind trouble_of_errno(int number) {
    switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return TROUBLE_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return TROUBLE_READONLY;
    case ENOENT:
    case ENOTDIR:
        return TROUBLE_FOLDER;
    case EISDIR:
    case ELOOP:
        return TROUBLE_NO_DB;
    default:
        return TROUBLE_IO;
    }
}

void trouble_set(struct trouble *trouble, enum trouble_kind kind, const char *detail) {
    trouble->kind = kind;
    snprintf(trouble->detail, sizeof trouble->detail, "%s", detail ? detail : "");
}
