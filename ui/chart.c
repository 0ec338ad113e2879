#include "ui/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "src/base/text.h"

enum {
    DOT_ROWS = 4, /* of a braille character */
    DOT_COLS = 2,
    DOTS_MAX = 1024, /* columns of dots: 512 characters, wider than any screen people read */
    VALUE_CAP = 32,
};

static int percent_digits(double percent) {
    if (percent == floor(percent))
        return 0;
    return percent < 10 || percent > 99.9 ? 2 : 1;
}

void chart_value_text(double value, const char *unit, char *dst, size_t cap) {
    if (isnan(value)) {
        snprintf(dst, cap, "—");
    } else if (strcmp(unit, "ratio") == 0) {
        snprintf(dst, cap, "%.*f %%", percent_digits(value * 100), value * 100);
    } else if (strcmp(unit, "ms") == 0 && fabs(value) >= CHART_LONG_MS) {
        snprintf(dst, cap, "%.1f s", value / 1000);
    } else {
        int digits = fabs(value) >= 100 || value == floor(value) ? 0 : fabs(value) >= 10 ? 1 : 2;
        snprintf(dst, cap, "%.*f%s%s", digits, value, unit[0] ? " " : "", unit);
    }
}

/* ---- what the height stands for ---- */

struct scale {
    double low, high;
};

static void widen(struct scale *s, const float *points, size_t n) {
    for (size_t i = 0; points && i < n; i++) {
        if (!isnan(points[i])) {
            s->low = fmin(s->low, (double)points[i]);
            s->high = fmax(s->high, (double)points[i]);
        }
    }
}

/* What may be at most so much is drawn from zero; what must be at least so much near it, else the
 * difference between 98 and 99 % could not be seen. */
static struct scale scale_of(const struct chart *chart) {
    struct scale s = {INFINITY, -INFINITY};
    widen(&s, chart->points, chart->n);
    widen(&s, chart->past, chart->n);
    if (!isnan(chart->threshold)) {
        s.low = fmin(s.low, chart->threshold);
        s.high = fmax(s.high, chart->threshold);
    }
    if (s.low > s.high)
        return (struct scale){0, 1};
    bool ratio = strcmp(chart->unit, "ratio") == 0;
    double room = (s.high - s.low) / 8;
    if (chart->at_most) {
        s.low = fmin(0, s.low);
        s.high += (s.high - s.low) / 8;
    } else {
        s.low = s.low >= 0 ? fmax(0, s.low - room) : s.low - room;
        s.high = ratio ? fmax(1, s.high) : s.high + room;
    }
    if (s.high <= s.low)
        s.high = s.low + 1;
    return s;
}

/* The point that stands for dot column `x` of `columns`: the worst of those that fall there. */
static float point_at(const struct chart *chart, const float *points, int x, int columns) {
    size_t first = (size_t)x * chart->n / (size_t)columns;
    size_t end = ((size_t)x + 1) * chart->n / (size_t)columns;
    float worst = NAN;
    if (end <= first)
        end = first + 1; /* fewer points than columns: each takes several */
    for (size_t i = first; i < end && i < chart->n; i++) {
        float p = points[i];
        if (!isnan(p) && (isnan(worst) || (chart->at_most ? p > worst : p < worst)))
            worst = p;
    }
    return worst;
}

static bool beyond(const struct chart *chart, float value) {
    return !isnan(chart->threshold) && !isnan(value) &&
           (chart->at_most ? (double)value > chart->threshold : (double)value < chart->threshold);
}

/* From the top: 0 … dots - 1. */
static int height(const struct scale *s, double value, int dots) {
    double part = (value - s->low) / (s->high - s->low);
    int up = (int)lround(part * (dots - 1));
    return dots - 1 - (up < 0 ? 0 : up >= dots ? dots - 1 : up);
}

/* ---- dots ---- */

/* A curve's dots, as characters: `masks` holds a byte for each, as braille numbers them. */
struct plot {
    const struct chart *chart;
    struct scale scale;
    int rows, cols; /* characters */
    int dot_rows, dot_cols;
};

static unsigned dot_bit(int y, int x) {
    static const unsigned char bits[DOT_ROWS][DOT_COLS] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    return bits[y % DOT_ROWS][x % DOT_COLS];
}

/* The dots of `points` in the character at (row, col). Neighbours are joined, so that a peak is a line
 * and no lone dot. */
static unsigned mask_at(const struct plot *p, const float *points, const int *heights, int row,
                        int col, bool *bad) {
    int per_row = p->dot_rows / p->rows, per_col = p->dot_cols / p->cols;
    unsigned mask = 0;
    for (int x = col * per_col; x < (col + 1) * per_col; x++) {
        if (heights[x] < 0)
            continue;
        int from = heights[x], to = heights[x];
        if (x > 0 && heights[x - 1] >= 0 && heights[x - 1] != from) {
            int before = heights[x - 1];
            from = before < from ? before + 1 : from;
            to = before > to ? before - 1 : to;
        }
        for (int y = row * per_row; y < (row + 1) * per_row; y++) {
            if (y >= from && y <= to) {
                mask |= dot_bit(y, x);
                *bad = *bad || beyond(p->chart, point_at(p->chart, points, x, p->dot_cols));
            }
        }
    }
    return mask;
}

static void heights_of(const struct plot *p, const float *points, int *heights) {
    for (int x = 0; x < p->dot_cols; x++) {
        float value = points ? point_at(p->chart, points, x, p->dot_cols) : NAN;
        heights[x] = isnan(value) ? -1 : height(&p->scale, (double)value, p->dot_rows);
    }
}

static wchar_t curve_sign(const struct canvas *c, unsigned mask, bool past) {
    if (c->ascii)
        return past ? L'.' : L'*';
    return (wchar_t)(0x2800 + mask);
}

static void draw_plot(const struct canvas *c, struct area a, const struct plot *p) {
    int now[DOTS_MAX] = {0}, past[DOTS_MAX] = {0};
    heights_of(p, p->chart->points, now);
    heights_of(p, p->chart->past, past);
    bool limited = !isnan(p->chart->threshold);
    int limit_row =
        limited ? height(&p->scale, p->chart->threshold, p->dot_rows) / (p->dot_rows / p->rows)
                : -1;
    for (int row = 0; row < a.rows; row++) {
        for (int col = 0; col < a.cols; col++) {
            bool bad = false, ignored = false;
            unsigned mask = mask_at(p, p->chart->points, now, row, col, &bad);
            unsigned old = mask ? 0 : mask_at(p, p->chart->past, past, row, col, &ignored);
            int y = a.y + row, x = a.x + col;
            if (mask)
                draw_glyph(c, y, x, bad ? INK_FAIL : INK_PASS, curve_sign(c, mask, false));
            else if (row == limit_row)
                draw_glyph(c, y, x, INK_WAIT, c->ascii ? L'-' : L'╌');
            else if (old)
                draw_glyph(c, y, x, INK_DIM, curve_sign(c, old, true));
        }
    }
}

/* ---- the whole ---- */

/* The greatest, the threshold and the least value, where they are; returns the columns used. */
static int draw_labels(const struct canvas *c, struct area a, const struct plot *p) {
    char high[VALUE_CAP], low[VALUE_CAP], limit[VALUE_CAP] = "";
    chart_value_text(p->scale.high, p->chart->unit, high, sizeof high);
    chart_value_text(p->scale.low, p->chart->unit, low, sizeof low);
    int width = text_width(high) > text_width(low) ? text_width(high) : text_width(low);
    int row = -1;
    if (!isnan(p->chart->threshold)) {
        chart_value_text(p->chart->threshold, p->chart->unit, limit, sizeof limit);
        width = text_width(limit) > width ? text_width(limit) : width;
        row = height(&p->scale, p->chart->threshold, p->dot_rows) / (p->dot_rows / p->rows);
    }
    if (row != 0)
        draw_right(c, a.y, a.x, width, INK_DIM, high);
    if (row != p->rows - 1)
        draw_right(c, a.y + p->rows - 1, a.x, width, INK_DIM, low);
    if (row >= 0)
        draw_right(c, a.y + row, a.x, width, INK_WAIT, limit);
    return width + 1;
}

/* Between the two times: whose the dim curve is, shortened when there is little room. */
static void draw_past_name(const struct canvas *c, struct area foot, const struct chart *chart) {
    int ago = text_width(chart->span) + 4, now = 3, room = foot.cols - ago - now - 4;
    char name[128];
    snprintf(name, sizeof name, "dim: %s", chart->past_name);
    int width = text_width(name);
    if (room >= 12)
        draw_text(c, foot.y, foot.x + ago + 2 + (room > width ? (room - width) / 2 : 0), room,
                  INK_DIM, name);
}

void chart_draw(const struct canvas *c, struct area a, const struct chart *chart) {
    if (a.rows < CHART_ROWS_MIN || a.cols < 16 || chart->n == 0)
        return;
    struct plot p = {.chart = chart, .scale = scale_of(chart), .rows = a.rows - 1};
    p.dot_rows = p.rows * (c->ascii ? 1 : DOT_ROWS);
    int left = draw_labels(c, a, &p);
    p.cols = a.cols - left;
    int per_col = c->ascii ? 1 : DOT_COLS;
    if (p.cols > DOTS_MAX / per_col)
        p.cols = DOTS_MAX / per_col;
    if (p.cols < 1)
        return;
    p.dot_cols = p.cols * per_col;
    draw_plot(c, (struct area){a.y, a.x + left, p.rows, p.cols}, &p);
    draw_textf(c, a.y + p.rows, a.x + left, p.cols, INK_DIM, "%s ago", chart->span);
    draw_right(c, a.y + p.rows, a.x + left, p.cols, INK_DIM, "now");
    if (chart->past && chart->past_name)
        draw_past_name(c, (struct area){a.y + p.rows, a.x + left, 1, p.cols}, chart);
}

void chart_draw_row(const struct canvas *c, int y, int x, int columns, const struct chart *chart) {
    static const wchar_t table[2][7] = {{L'▁', L'▂', L'▃', L'▄', L'▅', L'▆', L'▇'},
                                        {L'_', L'_', L'.', L'.', L'-', L'-', L'^'}};
    struct scale s = scale_of(chart);
    for (int i = 0; i < columns && chart->n > 0; i++) {
        float value = point_at(chart, chart->points, i, columns);
        if (!isnan(value))
            draw_glyph(c, y, x + i, beyond(chart, value) ? INK_FAIL : INK_DIM,
                       table[c->ascii][6 - height(&s, (double)value, 7)]);
    }
}
