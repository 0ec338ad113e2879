/* The first line: what is moved where, the clock, and whether what is shown is alive. */
#ifndef GONOGO_UI_HEADER_H
#define GONOGO_UI_HEADER_H

#include "ui/ui.h"
#include "ui/view.h"

struct header {
    const struct ui_ports *ports;
    const struct snapshot *newest, *shown;
    bool paused;
    int64_t mono_ms;
    int64_t second; /* wall: what the clock says */
};

void header_draw(const struct canvas *c, const struct header *h);

#endif
