#include "src/cmd/svg_chart.h"

#include <math.h>

#include "src/cmd/paper.h"
#include "src/model/past.h"

enum { WIDTH = 640, HEIGHT = 150, LEFT = 70, RIGHT = 10, TOP = 12, BOTTOM = 22 };

struct frame {
    double low, high, limit;
    bool at_most;
};

static void widen(struct frame *f, const float *points, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!isnan(points[i])) {
            f->low = fmin(f->low, (double)points[i]);
            f->high = fmax(f->high, (double)points[i]);
        }
    }
}

static struct frame frame_of(const struct slo_spec *spec, const struct slo_view *view) {
    struct frame f = {.at_most = !isnan(spec->max)};
    f.limit = f.at_most ? spec->max : spec->min;
    f.low = f.high = f.limit;
    widen(&f, view->points, view->n_points);
    if (view->past.kind != PAST_NONE)
        widen(&f, view->past.points, view->n_points);
    if (f.at_most)
        f.low = fmin(0, f.low);
    double room = f.high > f.low ? (f.high - f.low) / 10 : 1;
    f.high += room;
    f.low -= f.at_most ? 0 : room;
    return f;
}

static double y_of(const struct frame *f, double value) {
    return TOP + (f->high - value) / (f->high - f->low) * (HEIGHT - TOP - BOTTOM);
}

static double x_of(const struct slo_view *view, size_t i) {
    size_t last = view->n_points > 1 ? view->n_points - 1 : 1;
    return LEFT + (double)i / (double)last * (WIDTH - LEFT - RIGHT);
}

static void add_label(struct buf *out, double y, double value) {
    buf_addf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>", LEFT - 6, y + 4,
             round(value * 1000) / 1000);
}

/* A line for each unbroken run of points. */
static void add_line(struct buf *out, const struct frame *f, const struct slo_view *view,
                     const float *points, const char *stroke) {
    bool open = false;
    for (size_t i = 0; i < view->n_points; i++) {
        if (isnan(points[i])) {
            buf_add_text(out, open ? "\"/>" : "");
            open = false;
            continue;
        }
        if (!open)
            buf_addf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"",
                     stroke);
        buf_addf(out, "%s%.1f,%.1f", open ? " " : "", x_of(view, i), y_of(f, (double)points[i]));
        open = true;
    }
    buf_add_text(out, open ? "\"/>" : "");
}

/* The earlier curve below the one of now, and a dot for each point of now that is beyond the threshold. */
static void add_curves(struct buf *out, const struct frame *f, const struct slo_view *view) {
    if (view->past.kind != PAST_NONE)
        add_line(out, f, view, view->past.points, "#afb8c1");
    add_line(out, f, view, view->points, "#1a7f37");
    for (size_t i = 0; i < view->n_points; i++) {
        double value = (double)view->points[i];
        if (!isnan(value) && (f->at_most ? value > f->limit : value < f->limit))
            buf_addf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"#c4201d\"/>",
                     x_of(view, i), y_of(f, value));
    }
}

static void add_past_name(struct buf *out, const struct slo_view *view) {
    char name[PAST_TEXT_CAP];
    if (view->past.kind == PAST_NONE)
        return;
    past_say(&view->past, name, sizeof name);
    buf_addf(out,
             "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">grey: ", (LEFT + WIDTH - RIGHT) / 2,
             HEIGHT - 6);
    paper_xml_text(out, name);
    buf_add_text(out, "</text>");
}

void svg_chart(const struct snapshot *s, size_t slo, struct buf *out) {
    const struct slo_spec *spec = &s->policy->slos[slo];
    const struct slo_view *view = &s->slos[slo];
    struct frame f = frame_of(spec, view);
    enum window_span span;
    buf_addf(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
             " height=\"%d\" role=\"img\" font-family=\"sans-serif\" font-size=\"11\""
             " fill=\"#57606a\"><title>",
             WIDTH, HEIGHT, WIDTH, HEIGHT);
    paper_xml_text(out, spec->name);
    buf_add_text(out, ": ");
    paper_xml_text(out, view->reason);
    buf_addf(out,
             "</title><line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#9a6700\""
             " stroke-dasharray=\"5 4\"/>",
             LEFT, WIDTH - RIGHT, y_of(&f, f.limit), y_of(&f, f.limit));
    add_label(out, y_of(&f, f.limit), f.limit);
    if (fabs(y_of(&f, f.limit) - y_of(&f, f.low)) > 14)
        add_label(out, y_of(&f, f.low), f.low);
    add_curves(out, &f, view);
    add_past_name(out, view);
    buf_addf(out,
             "<text x=\"%d\" y=\"%d\">%s ago</text><text x=\"%d\" y=\"%d\""
             " text-anchor=\"end\">now</text></svg>",
             LEFT, HEIGHT - 6,
             window_span_of(spec->window_ms, &span) ? window_span_name(span) : "window",
             WIDTH - RIGHT, HEIGHT - 6);
}
