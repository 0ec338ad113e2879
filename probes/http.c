/* Any page: its status, its headers, and what its body must and must not say. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/body.h"
#include "probes/kinds.h"
#include "probes/trouble.h"
#include "src/base/mem.h"
#include "src/base/text.h"

enum { SHOWN_MAX = 80 }; /* bytes of a searched text in a message */

/* A text looked for in a stream, wherever the pieces are cut (Knuth, Morris, Pratt). */
struct search {
    const char *text; /* NULL = nothing is looked for */
    size_t *back;     /* how much still matches after a mismatch behind so many characters */
    size_t at;        /* characters that match so far */
    bool found;
};

static void search_init(struct search *s, const char *text) {
    size_t n = text ? strlen(text) : 0;
    *s = (struct search){.text = n ? text : NULL};
    if (n == 0)
        return;
    s->back = mem_zero(n + 1, sizeof(size_t));
    for (size_t i = 1, at = 0; i < n; i++) {
        while (at > 0 && text[i] != text[at])
            at = s->back[at];
        at += text[i] == text[at];
        s->back[i + 1] = at;
    }
}

static void search_push(struct search *s, const char *bytes, size_t n) {
    for (size_t i = 0; s->text && !s->found && i < n; i++) {
        while (s->at > 0 && bytes[i] != s->text[s->at])
            s->at = s->back[s->at];
        s->at += bytes[i] == s->text[s->at];
        s->found = s->text[s->at] == '\0';
    }
}

struct page {
    const struct source_spec *spec;
    struct search wanted, unwanted;
};

static void *begin(const struct source_spec *spec) {
    struct page *page = mem_zero(1, sizeof(*page));
    page->spec = spec;
    search_init(&page->wanted, spec->body_contains);
    search_init(&page->unwanted, spec->body_lacks);
    return page;
}

static enum err_code body(void *state, const char *bytes, size_t n, struct err *err) {
    struct page *page = state;
    (void)err;
    search_push(&page->wanted, bytes, n);
    search_push(&page->unwanted, bytes, n);
    return ERR_OK;
}

static bool contains(const char *text, const char *part) {
    size_t n = strlen(part);
    for (; strlen(text) >= n; text++)
        if (strncasecmp(text, part, n) == 0)
            return true;
    return false;
}

static enum err_code check_headers(const struct source_spec *spec, const struct answer *answer,
                                   struct err *err) {
    for (size_t i = 0; i < spec->n_expect_headers; i++) {
        const struct header_spec *wanted = &spec->expect_headers[i];
        const char *value = answer->header(answer, wanted->name);
        if (!value)
            return err_set(err, ERR_NET, spec->id, "look at the server's configuration",
                           "the answer has no header %s", wanted->name);
        if (!contains(value, wanted->value))
            return err_set(err, ERR_NET, spec->id, "look at the server's configuration",
                           "the header %s does not hold what is expected", wanted->name);
    }
    return ERR_OK;
}

static enum err_code finish(void *state, const struct answer *answer, struct sample *out,
                            struct err *err) {
    const struct page *page = state;
    const struct source_spec *spec = page->spec;
    char shown[SHOWN_MAX];
    if (spec->expect_status && answer->status != spec->expect_status)
        return err_set(err, ERR_NET, spec->id, "look at the service's log",
                       "HTTP status %d, expected %d", answer->status, spec->expect_status);
    if (!spec->expect_status && !status_is_good(answer->status))
        return trouble_of_status(answer->status, spec->id, err);
    if (check_headers(spec, answer, err) != ERR_OK)
        return err->code;
    if (page->wanted.text && !page->wanted.found) {
        text_safe(shown, sizeof(shown), page->wanted.text, strlen(page->wanted.text));
        return err_set(err, ERR_NET, spec->id, "look at the page",
                       "the body does not contain \"%s\"", shown);
    }
    if (page->unwanted.found) {
        text_safe(shown, sizeof(shown), page->unwanted.text, strlen(page->unwanted.text));
        return err_set(err, ERR_NET, spec->id, "look at the page",
                       "the body contains \"%s\", which it must not", shown);
    }
    out->reading = READING_OK;
    return ERR_OK;
}

static void end(void *state) {
    struct page *page = state;
    if (!page)
        return;
    free(page->wanted.back);
    free(page->unwanted.back);
    free(page);
}

const struct probe_kind http_kind = {
    .name = "http",
    .help = "any url: its status, its headers, and what its body must and must not contain",
    .body_cap = PROBE_TEXT_CAP,
    .takes_url = true,
    .begin = begin,
    .body = body,
    .finish = finish,
    .end = end,
};
