/* http-json: one value of a JSON answer compares well ("no critical bug in 48 h"). A value of another type
 * than the comparison needs, or none where one is needed, is unknown. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/gates/gates.h"
#include "src/model/member.h"

enum { SHOWN_CAP = 80 };

static const char *const words[] = {
    [JSON_OP_EQUAL] = "==",      [JSON_OP_NOT_EQUAL] = "!=",  [JSON_OP_LESS] = "<",
    [JSON_OP_AT_MOST] = "<=",    [JSON_OP_MORE] = ">",        [JSON_OP_AT_LEAST] = ">=",
    [JSON_OP_EXISTS] = "exists", [JSON_OP_ABSENT] = "absent", [JSON_OP_CONTAINS] = "contains",
    [JSON_OP_OLDER] = "older",
};

/* NULL: there is no such operator. */
static const char *word_of(enum json_op op) {
    return (size_t)op < sizeof words / sizeof *words ? words[op] : NULL;
}

static bool compares_order(enum json_op op) {
    return op == JSON_OP_LESS || op == JSON_OP_AT_MOST || op == JSON_OP_MORE ||
           op == JSON_OP_AT_LEAST;
}

static bool needs_value(enum json_op op) {
    return op != JSON_OP_EXISTS && op != JSON_OP_ABSENT;
}

static json_t *load(const char *text) {
    return text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
}

static bool is_span(const json_t *value, int64_t *ms) {
    return json_is_string(value) && duration_parse(json_string_value(value), ms);
}

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    const char *word = word_of(spec->op);
    int64_t ms;
    (void)policy;
    if (!needs_value(spec->op))
        return spec->value ? err_set(err, ERR_CONFIG, where, "take value out",
                                     "op: %s compares with nothing", word)
                           : ERR_OK;
    if (!spec->value)
        return err_set(err, ERR_CONFIG, where, "add value: 0", "op: %s, and no value", word);
    json_t *value = load(spec->value);
    enum err_code code = ERR_OK;
    if (compares_order(spec->op) && !json_is_number(value))
        code = err_set(err, ERR_CONFIG, where, "write value: 0, without quotes",
                       "op: %s compares numbers, and value is none", word);
    else if (spec->op == JSON_OP_OLDER && !is_span(value, &ms))
        code = err_set(err, ERR_CONFIG, where, "write value: 48h",
                       "op: older compares ages, and value is no duration");
    json_decref(value);
    return code;
}

/* -1, 0 or 1; integers exactly, as far as both are. */
static int compare_numbers(const json_t *a, const json_t *b) {
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a), y = json_integer_value(b);
        return (x > y) - (x < y);
    }
    double x = json_number_value(a), y = json_number_value(b);
    return (x > y) - (x < y);
}

static bool same_type(const json_t *a, const json_t *b) {
    return json_typeof(a) == json_typeof(b) || (json_is_number(a) && json_is_number(b)) ||
           (json_is_boolean(a) && json_is_boolean(b));
}

static bool equal(const json_t *a, const json_t *b) {
    return json_is_number(a) && json_is_number(b) ? compare_numbers(a, b) == 0 : json_equal(a, b);
}

static bool contains(const json_t *value, const json_t *wanted) {
    size_t i;
    json_t *item;
    if (json_is_string(value))
        return strstr(json_string_value(value), json_string_value(wanted)) != NULL;
    if (json_is_object(value))
        return json_object_get(value, json_string_value(wanted)) != NULL;
    for (i = 0; (item = json_array_get(value, i)); i++)
        if (equal(item, wanted))
            return true;
    return false;
}

static bool is_time(const json_t *value, int64_t *ms) {
    return json_is_string(value) && when_parse_zoned(json_string_value(value), ms);
}

/* Can `value` be compared so at all? Without it the answer means nothing. */
static bool comparable(enum json_op op, const json_t *value, const json_t *wanted) {
    int64_t ms;
    if (compares_order(op))
        return json_is_number(value);
    if (op == JSON_OP_CONTAINS)
        return json_is_array(value) ||
               ((json_is_string(value) || json_is_object(value)) && json_is_string(wanted));
    if (op == JSON_OP_OLDER)
        return is_time(value, &ms);
    return same_type(value, wanted);
}

static bool holds(enum json_op op, const json_t *value, const json_t *wanted) {
    switch (op) {
    case JSON_OP_EQUAL:
        return equal(value, wanted);
    case JSON_OP_NOT_EQUAL:
        return !equal(value, wanted);
    case JSON_OP_LESS:
        return compare_numbers(value, wanted) < 0;
    case JSON_OP_AT_MOST:
        return compare_numbers(value, wanted) <= 0;
    case JSON_OP_MORE:
        return compare_numbers(value, wanted) > 0;
    case JSON_OP_AT_LEAST:
        return compare_numbers(value, wanted) >= 0;
    case JSON_OP_CONTAINS:
        return contains(value, wanted);
    default:
        return false;
    }
}

/* The beginning of a text, raw; what it is shown in makes it safe. */
static void shorten(const char *text, char dst[SHOWN_CAP]) {
    size_t n = strlen(text), most = SHOWN_CAP - sizeof "…";
    if (n <= most) {
        snprintf(dst, SHOWN_CAP, "%s", text);
        return;
    }
    snprintf(dst, SHOWN_CAP, "%.*s…", (int)text_cut(text, n, most), text);
}

struct question {
    const struct gate_spec *spec;
    const char *pointer; /* as shown */
    const json_t *value, *wanted;
    char shown[SHOWN_CAP];
    char want[SHOWN_CAP];
};

static void judge_age(const struct question *q, int64_t now_ms, struct gate_view *out) {
    int64_t at_ms = 0, span_ms = 0;
    char age[32], span[32];
    is_time(q->value, &at_ms);
    if (!is_span(q->wanted, &span_ms)) {
        gate_say(out, GATE_UNKNOWN, "%s is no duration", q->want);
        return;
    }
    duration_text(span_ms, span, sizeof span);
    if (at_ms > now_ms) {
        gate_say(out, GATE_UNKNOWN, "%s is %s, which is still to come", q->pointer, q->shown);
        return;
    }
    duration_text(now_ms - at_ms, age, sizeof age);
    bool old = now_ms - at_ms > span_ms;
    gate_say(out, old ? GATE_PASS : GATE_FAIL, "%s is %s old, %s%s", q->pointer, age,
             old ? "more than " : "want more than ", span);
}

/* With a value in hand. */
static void judge_value(const struct question *q, int64_t now_ms, struct gate_view *out) {
    enum json_op op = q->spec->op;
    if (op == JSON_OP_EXISTS || op == JSON_OP_ABSENT) {
        gate_say(out, op == JSON_OP_EXISTS ? GATE_PASS : GATE_FAIL, "%s is there: %s", q->pointer,
                 q->shown);
    } else if (!comparable(op, q->value, q->wanted)) {
        gate_say(out, GATE_UNKNOWN, "%s is %s, which %s %s cannot be compared with", q->pointer,
                 q->shown, words[op], q->want);
    } else if (op == JSON_OP_OLDER) {
        judge_age(q, now_ms, out);
    } else if (holds(op, q->value, q->wanted)) {
        gate_say(out, GATE_PASS, "%s is %s%s%s%s%s", q->pointer, q->shown,
                 op == JSON_OP_EQUAL ? "" : ", ", op == JSON_OP_EQUAL ? "" : words[op],
                 op == JSON_OP_EQUAL ? "" : " ", op == JSON_OP_EQUAL ? "" : q->want);
    } else {
        gate_say(out, GATE_FAIL, "%s is %s, want %s %s", q->pointer, q->shown, words[op], q->want);
    }
}

static void judge_absence(const struct question *q, enum absence absent, struct gate_view *out) {
    enum json_op op = q->spec->op;
    if (op == JSON_OP_OLDER && absent == ABSENT_ITEM)
        gate_say(out, GATE_PASS, "there is no %s: the list is empty", q->pointer);
    else if (op == JSON_OP_ABSENT)
        gate_say(out, GATE_PASS, "there is no %s", q->pointer);
    else if (op == JSON_OP_EXISTS)
        gate_say(out, GATE_FAIL, "there is no %s", q->pointer);
    else
        gate_say(out, GATE_UNKNOWN, "there is no %s to compare", q->pointer);
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    const struct sample *seen = gate_reading(spec, s, out);
    if (!seen)
        return;
    struct question q = {.spec = spec};
    q.pointer = s->policy->sources[spec->sources[0]].value_pointer;
    if (!q.pointer || !q.pointer[0])
        q.pointer = "the answer";
    json_t *value = load(seen->value), *wanted = load(spec->value);
    q.value = value;
    q.wanted = wanted;
    shorten(seen->value ? seen->value : "", q.shown);
    shorten(spec->value ? spec->value : "", q.want);
    if (!word_of(spec->op) || (needs_value(spec->op) && !wanted))
        gate_say(out, GATE_UNKNOWN, "compares with nothing");
    else if (value)
        judge_value(&q, s->wall_ms, out);
    else if (seen->absent != ABSENT_NOT)
        judge_absence(&q, seen->absent, out);
    else
        gate_say(out, GATE_UNKNOWN, "the answer has no value");
    json_decref(value);
    json_decref(wanted);
}

const struct gate_kind gate_http_json = {
    .name = "http-json",
    .help = "a value of a JSON answer compares well: url, pointer, op, value",
    .probe = "http-json",
    .check = check,
    .judge = judge,
};
