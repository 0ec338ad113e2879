#include "src/model/feed_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/feed_diff.h"
#include "src/model/snapshot.h"

static _Atomic unsigned *refs_of(const struct feed_words *w) {
    return &((struct feed_words *)(uintptr_t)w)->refs;
}

const struct feed_words *feed_words_keep(const struct feed_words *w) {
    if (w)
        atomic_fetch_add_explicit(refs_of(w), 1, memory_order_relaxed);
    return w;
}

void feed_words_drop(const struct feed_words *w) {
    if (!w || atomic_fetch_sub_explicit(refs_of(w), 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < w->n; i++)
        free(w->lines[i]);
    free(w->lines);
    feed_list_drop(w->before);
    feed_list_drop(w->after);
    free((void *)(uintptr_t)w);
}

bool feed_words_differ(const struct feed_words *a, const struct feed_words *b) {
    if (a == b)
        return false;
    if (!a || !b || a->known != b->known || a->n != b->n || a->left_out != b->left_out)
        return true;
    for (size_t i = 0; a->known && i < a->n; i++)
        if (strcmp(a->lines[i], b->lines[i]) != 0)
            return true;
    return false;
}

static struct feed_words *words_new(void) {
    struct feed_words *w = mem_zero(1, sizeof *w);
    atomic_init(&w->refs, 1);
    w->lines = mem_zero(FEED_WORDS_LINES, sizeof *w->lines);
    return w;
}

static void add_line(struct feed_words *w, const char *safe, size_t n) {
    if (w->n < FEED_WORDS_LINES)
        w->lines[w->n++] = mem_copy_bytes(safe, n);
    else
        w->left_out++;
}

/* It is asked at every judgement, and mostly for the same reason as at the last. */
static const struct feed_words *unknown(const struct feed_words *last, bool compared,
                                        const char *why) {
    char safe[1024];
    text_safe(safe, sizeof safe, why, strlen(why));
    if (last && !last->known && strcmp(last->lines[0], safe) == 0)
        return feed_words_keep(last);
    struct feed_words *w = words_new();
    w->compared = compared;
    add_line(w, safe, strlen(safe));
    return w;
}

static enum err_code on_change(void *self, const struct feed_change *change, struct err *err) {
    struct buf text;
    (void)err;
    buf_init(&text, 0);
    feed_change_words(change, &text);
    for (const char *at = text.data ? text.data : ""; *at;) {
        size_t n = strcspn(at, "\n");
        add_line(self, at, n);
        at += n + (at[n] == '\n');
    }
    buf_fini(&text);
    return ERR_OK;
}

static const struct feed_words *compare(const struct policy *policy, const struct feed_list *before,
                                        const struct feed_list *after) {
    struct feed_words *w = words_new();
    struct err err = ERR_INIT;
    char heading[sizeof w->heading];
    snprintf(heading, sizeof heading, "from %.140s to %.140s",
             policy->sources[policy->stable_source].id, policy->sources[policy->target_source].id);
    text_safe(w->heading, sizeof w->heading, heading, strlen(heading));
    w->known = w->compared = true;
    w->before = feed_list_keep(before);
    w->after = feed_list_keep(after);
    feed_diff(before, after, (struct feed_change_sink){on_change, w}, &err);
    return w;
}

/* The feed of a source that can be used now; NULL, and why not. */
static const struct feed_list *feed_of(const struct snapshot *s, int source, char *why,
                                       size_t cap) {
    const struct sample *good = s->sources[source].good;
    if (source_trouble(s, (size_t)source, true, why, cap))
        return NULL;
    if (!good || !good->feed) {
        snprintf(why, cap, "%s is too large to be compared here: see gonogo feed diff",
                 s->policy->sources[source].id);
        return NULL;
    }
    return good->feed;
}

const struct feed_words *feed_words_of(const struct snapshot *s, const struct feed_words *last) {
    const struct policy *policy = s->policy;
    char why[1024];
    if (policy->stable_source == SOURCE_NONE || policy->target_source == SOURCE_NONE)
        return unknown(last, false,
                       "there are no two feeds to compare: a stable one and the candidate's");
    const struct feed_list *before = feed_of(s, policy->stable_source, why, sizeof why);
    const struct feed_list *after =
        before ? feed_of(s, policy->target_source, why, sizeof why) : NULL;
    if (!after)
        return unknown(last, true, why);
    if (last && last->before == before && last->after == after)
        return feed_words_keep(last);
    return compare(policy, before, after);
}
