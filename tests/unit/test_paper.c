#include "src/cmd/paper.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/parser.h>

#include "src/base/mem.h"
#include "src/cmd/svg_chart.h"

/* Text that would be a cell, a heading, a link, a script, an entity. */
#define NASTY "a|b <script>alert(1)</script> **x** [y](z) `w` &amp; # \\ \"q\""

static void write_all(struct paper *p, enum paper_format format) {
    static const char *const titles[] = {"one", NASTY, NULL};
    struct buf svg;
    paper_begin(p, format, NASTY);
    paper_heading(p, NASTY);
    paper_strong(p, NASTY);
    paper_paragraph(p, "%s and %d", NASTY, 7);
    paper_table(p, titles);
    paper_row(p, (const char *const[]){NASTY, "two\nlines"});
    paper_table_end(p);
    paper_code(p, "first\n</pre>```\n");
    buf_init(&svg, 0);
    buf_add_text(&svg, "<svg/>");
    paper_picture(p, NASTY, &svg);
    buf_fini(&svg);
    paper_end(p);
}

static void text_is_never_markup_in_html(void **state) {
    struct paper p;
    (void)state;
    write_all(&p, PAPER_HTML);
    assert_null(strstr(p.out.data, "<script"));
    assert_null(strstr(p.out.data, "</pre>```"));
    assert_non_null(strstr(p.out.data, "&lt;script&gt;"));
    assert_non_null(strstr(p.out.data, "&amp;amp;"));
    assert_non_null(strstr(p.out.data, "<svg/>"));
    assert_int_equal(strncmp(p.out.data, "<!doctype html>", 15), 0);
    paper_fini(&p);
}

static void text_is_never_markup_in_markdown(void **state) {
    struct paper p;
    (void)state;
    write_all(&p, PAPER_MARKDOWN);
    assert_null(strstr(p.out.data, "<script"));
    assert_non_null(strstr(p.out.data, "a\\|b &lt;script\\>"));
    assert_non_null(strstr(p.out.data, "\\[y\\]\\(z\\)"));
    assert_non_null(strstr(p.out.data, "| two lines |\n"));
    assert_non_null(strstr(p.out.data, "\n    </pre>```\n"));
    assert_non_null(strstr(p.out.data, "](data:image/svg+xml;base64,PHN2Zy8+)"));
    paper_fini(&p);
}

/* ---- charts ---- */

static void chart_is_xml(struct slo_spec *spec, struct slo_view *view, const char *has) {
    struct metric_spec metric = {.name = (char *)"m", .unit = (char *)"ms"};
    struct policy policy = {.slos = spec, .n_slos = 1, .metrics = &metric, .n_metrics = 1};
    struct snapshot s = {.policy = &policy, .slos = view, .n_slos = 1};
    struct buf svg;
    buf_init(&svg, 0);
    svg_chart(&s, 0, &svg);
    xmlDocPtr doc = xmlReadMemory(svg.data, (int)svg.len, "chart", NULL, XML_PARSE_NOERROR);
    assert_non_null(doc);
    xmlFreeDoc(doc);
    assert_null(strstr(svg.data, "nan"));
    assert_null(strstr(svg.data, "inf"));
    if (has)
        assert_non_null(strstr(svg.data, has));
    buf_fini(&svg);
}

static void a_chart_has_its_curve_its_gaps_and_what_is_beyond(void **state) {
    struct slo_spec spec = {
        .name = (char *)"<p95> & co", .max = 600, .min = NAN, .window_ms = 3600000};
    struct slo_view view = {.n_points = 6, .points = {100, 200, NAN, 700, 300, NAN}, .samples = 9};
    (void)state;
    snprintf(view.reason, sizeof view.reason, "700 > 600 \"bad\"");
    chart_is_xml(&spec, &view, "<circle");
    view.points[3] = 600; /* exactly as much as it may be */
    chart_is_xml(&spec, &view, "&lt;p95&gt; &amp; co");
    spec.max = NAN;
    spec.min = 0.98;
    chart_is_xml(&spec, &view, "<polyline");
}

static void an_earlier_curve_lies_below_and_is_named(void **state) {
    struct slo_spec spec = {.name = (char *)"p95", .max = 600, .min = NAN, .window_ms = 3600000};
    struct slo_view view = {.n_points = 3, .points = {100, 200, 300}, .samples = 9};
    (void)state;
    view.past = (struct slo_past){.kind = PAST_RELEASE, .points = {NAN, 900, 850}};
    snprintf(view.past.release, sizeof view.past.release, "1 < 2");
    chart_is_xml(&spec, &view, "grey: 1 &lt; 2 at the same age");
    chart_is_xml(&spec, &view,
                 "stroke=\"#afb8c1\" stroke-width=\"1.5\" points=\"350.0,"); /* from 2nd on */
    view.past.kind = PAST_WEEK;
    chart_is_xml(&spec, &view, "grey: a week earlier");
}

static void a_chart_of_one_point_or_none_is_a_chart(void **state) {
    struct slo_spec spec = {.name = (char *)"x", .max = 0, .min = NAN, .window_ms = 1};
    struct slo_view view = {.n_points = 1, .points = {0}};
    (void)state;
    chart_is_xml(&spec, &view, "<polyline");
    view.n_points = 0;
    chart_is_xml(&spec, &view, "<line");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_never_markup_in_html),
        cmocka_unit_test(text_is_never_markup_in_markdown),
        cmocka_unit_test(a_chart_has_its_curve_its_gaps_and_what_is_beyond),
        cmocka_unit_test(an_earlier_curve_lies_below_and_is_named),
        cmocka_unit_test(a_chart_of_one_point_or_none_is_a_chart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
