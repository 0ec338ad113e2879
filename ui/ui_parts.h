/* For the files of ui/ui.h only: the loop's own state, and what its two halves share. ui.c has the loop,
 * the frame and what comes in; ui_keys.c what keys and the mouse do. */
#ifndef GONOGO_UI_UI_PARTS_H
#define GONOGO_UI_UI_PARTS_H

#include "src/model/snapshot.h"
#include "ui/acting.h"
#include "ui/bell.h"
#include "ui/draw.h"
#include "ui/keys.h"
#include "ui/prompt.h"
#include "ui/saver.h"
#include "ui/shelf.h"
#include "ui/term.h"
#include "ui/ui.h"
#include "ui/view.h"

enum { UI_VIEWS = 9 };
extern const struct view_ops *const ui_views[UI_VIEWS];

struct ui {
    const struct ui_ports *ports;
    struct terminal *term;
    struct canvas canvas;
    struct bell *bell;             /* NULL = nobody wants one */
    const struct snapshot *newest; /* owned */
    const struct snapshot *shown;  /* owned; differs from newest only when paused */
    void *states[UI_VIEWS];
    struct keys *keys;
    struct shelf shelf;
    size_t view, view_before; /* below one that lies over it */
    bool paused;
    struct prompt prompt;
    struct saver *saver;
    struct acting *acting;
    char toast[256];
    int64_t toast_until; /* mono */
    struct pointer last_press;
    int64_t last_press_at;

    /* what this turn is about */
    bool dirty, fresh; /* draw at once; draw when the gap is over */
    bool guarded;      /* a dialog did not take keys yet */
    bool done;
    int64_t drawn_at;     /* mono */
    int64_t drawn_second; /* wall: the clock on the screen */
};

int64_t ui_now(const struct ui *u);
unsigned ui_flag(const struct ui *u);     /* of the view that is shown */
struct view_ctx ui_context(struct ui *u); /* of what is shown */
struct view_ctx
ui_newest(struct ui *u); /* people act on the newest world, also on a paused screen */
void ui_toast(struct ui *u, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ui_keys.c: all that was typed and pressed. */
void ui_take_keys(struct ui *u);
/* What a question wants after an answer, or after news. */
void ui_follow_acting(struct ui *u, enum acting_next next, const char *say);

#endif
