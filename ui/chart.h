/* A metric over time against its threshold: eight dots to a character (braille), one in ASCII. */
#ifndef GONOGO_UI_CHART_H
#define GONOGO_UI_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/draw.h"

struct chart {
    const float *points; /* oldest first; NAN = none */
    size_t n;
    const float
        *past; /* an earlier release at the same hours, drawn dim; as many points, or NULL */
    const char *past_name; /* "2.0.0.19 at …": for the foot, where it has room; NULL = none */
    double threshold;      /* NAN = none */
    bool at_most;          /* the threshold is the most it may be; else the least */
    const char *unit;      /* as chart_value_text() has it */
    const char *span;      /* what the width stands for: "1h" */
};

/* At least CHART_ROWS_MIN rows high; smaller areas stay empty. Where several points share a column the
 * worst of them is drawn, so that no peak is lost to a narrow screen. */
enum { CHART_ROWS_MIN = 3 };
void chart_draw(const struct canvas *c, struct area a, const struct chart *chart);

/* The newest points as one row of blocks that rise from the least to the greatest; the inks say which
 * are beyond the threshold. */
void chart_draw_row(const struct canvas *c, int y, int x, int columns, const struct chart *chart);

enum { CHART_LONG_MS = 10000 }; /* from here on milliseconds are shown as seconds */

/* "412 ms", "6.1 s", "99.2 %", "83": a value with its unit ("ms", "s", "ratio", "" or another word).
 * "—" when it is NAN. */
void chart_value_text(double value, const char *unit, char *dst, size_t cap);

#endif
