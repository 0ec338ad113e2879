#include "src/base/pattern.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "src/base/mem.h"

struct pattern {
    char *text;
    pcre2_code *code;
    bool fast; /* there is a JIT for this processor */
};

struct pattern_match {
    pcre2_match_data *data;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
};

enum { GROUPS_MAX = 32 }; /* offsets kept; groups behind are matched, not told */

struct pattern *pattern_new(const char *text, const char *where, struct err *err) {
    int code;
    PCRE2_SIZE offset;
    size_t n = strlen(text);
    if (n > PATTERN_CAP) {
        err_set(err, ERR_LIMIT, where, "write a shorter one", "the pattern is longer than %d bytes",
                PATTERN_CAP);
        return NULL;
    }
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)text, n, PCRE2_NEVER_BACKSLASH_C, &code, &offset, NULL);
    if (!compiled) {
        PCRE2_UCHAR said[160] = {0};
        pcre2_get_error_message(code, said, sizeof said / sizeof *said);
        err_set(err, ERR_PARSE, where, "correct the pattern (Perl's syntax)",
                "the pattern is wrong at its byte %zu: %s", (size_t)offset, (const char *)said);
        return NULL;
    }
    struct pattern *p = mem_zero(1, sizeof *p);
    p->text = mem_copy_text(text);
    p->code = compiled;
    p->fast = pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE) == 0;
    return p;
}

void pattern_free(struct pattern *p) {
    if (!p)
        return;
    pcre2_code_free(p->code);
    free(p->text);
    free(p);
}

const char *pattern_text(const struct pattern *p) {
    return p->text;
}

bool pattern_has(const struct pattern *p, const char *group) {
    return pcre2_substring_number_from_name(p->code, (PCRE2_SPTR)group) > 0;
}

struct pattern_match *pattern_match_new(void) {
    struct pattern_match *m = mem_zero(1, sizeof *m);
    m->data = pcre2_match_data_create(GROUPS_MAX, NULL);
    m->limits = pcre2_match_context_create(NULL);
    m->stack = pcre2_jit_stack_create(32 * 1024, (size_t)PATTERN_MEMORY_KB * 1024, NULL);
    if (m->limits) {
        pcre2_set_match_limit(m->limits, PATTERN_STEPS);
        pcre2_set_depth_limit(m->limits, PATTERN_STEPS);
        pcre2_set_heap_limit(m->limits, PATTERN_MEMORY_KB);
        if (m->stack)
            pcre2_jit_stack_assign(m->limits, NULL, m->stack);
    }
    return m;
}

void pattern_match_free(struct pattern_match *m) {
    if (!m)
        return;
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->limits);
    pcre2_jit_stack_free(m->stack);
    free(m);
}

enum pattern_result pattern_find(const struct pattern *p, struct pattern_match *m,
                                 struct slice text, const char *group, struct slice *caught) {
    PCRE2_SPTR at = (PCRE2_SPTR)text.at;
    if (!m->data || !m->limits)
        return PATTERN_GAVE_UP;
    int n = p->fast ? pcre2_jit_match(p->code, at, text.n, 0, 0, m->data, m->limits)
                    : pcre2_match(p->code, at, text.n, 0, 0, m->data, m->limits);
    if (n < 0)
        return n == PCRE2_ERROR_NOMATCH ? PATTERN_NONE : PATTERN_GAVE_UP;
    if (!group)
        return PATTERN_FOUND;
    *caught = (struct slice){0};
    int number = pcre2_substring_number_from_name(p->code, (PCRE2_SPTR)group);
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(m->data);
    if (number > 0 && number < GROUPS_MAX && (n == 0 || number < n) &&
        offsets[2 * number] != PCRE2_UNSET)
        *caught = (struct slice){text.at + offsets[2 * number],
                                 offsets[2 * number + 1] - offsets[2 * number]};
    return PATTERN_FOUND;
}
