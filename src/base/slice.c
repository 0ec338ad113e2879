#include "src/base/slice.h"

#include <math.h>
#include <stdint.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

void slice_skip_blanks(struct slice *s) {
    while (s->n > 0 && (s->at[0] == ' ' || s->at[0] == '\t'))
        slice_advance(s, 1);
}

/* Fifteen digits are exact in a double, and more than any log writes. */
enum { DIGITS_MAX = 15 };

/* Not strtod(): that reads past the slice, and by the locale. */
double slice_take_number(struct slice *s) {
    struct slice at = *s;
    bool minus = slice_eat(&at, "-");
    int64_t whole = 0, scale = 1;
    int digits = 0;
    for (bool fraction = false; at.n > 0; slice_advance(&at, 1)) {
        char c = at.at[0];
        if (c == '.' && !fraction && digits > 0 && at.n > 1 && is_digit(at.at[1])) {
            fraction = true;
            continue;
        }
        if (!is_digit(c))
            break;
        if (digits == DIGITS_MAX && !fraction)
            return NAN;
        if (digits == DIGITS_MAX)
            continue;
        whole = whole * 10 + (c - '0');
        scale *= fraction ? 10 : 1;
        digits++;
    }
    if (digits == 0)
        return NAN;
    *s = at;
    double value = (double)whole / (double)scale;
    return minus ? -value : value;
}

double slice_number(struct slice s) {
    double value = s.at ? slice_take_number(&s) : NAN;
    return s.n == 0 ? value : NAN;
}

double slice_duration_ms(struct slice s) {
    double value = s.at ? slice_take_number(&s) : NAN;
    if (slice_is(s, "ms"))
        return value;
    return slice_is(s, "s") ? value * 1000 : NAN;
}
