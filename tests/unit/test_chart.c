#include "ui/chart.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void values_are_as_short_as_their_unit_allows(void **state) {
    static const struct {
        double value;
        const char *unit, *text;
    } rows[] = {
        {NAN, "ms", "—"},
        {0, "ms", "0 ms"},
        {0.3, "ms", "0.30 ms"},
        {12.34, "ms", "12.3 ms"},
        {412, "ms", "412 ms"},
        {412.6, "ms", "413 ms"},
        {9999, "ms", "9999 ms"},
        {12345, "ms", "12.3 s"},
        {122.8, "s", "123 s"},
        {83, "", "83"},
        {0, "ratio", "0 %"},
        {1, "ratio", "100 %"},
        {0.98, "ratio", "98 %"},
        {0.9915, "ratio", "99.2 %"},
        {0.9996, "ratio", "99.96 %"}, /* not 100: something failed */
        {0.0042, "ratio", "0.42 %"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[32];
        chart_value_text(rows[i].value, rows[i].unit, text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_as_short_as_their_unit_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
