/* An AppCast: how many items it has, and the newest for a reader of the source's channels. */
#include "src/model/feed.h"

#include <stdlib.h>

#include "probes/body.h"
#include "probes/kinds.h"
#include "probes/trouble.h"
#include "src/base/mem.h"
#include "src/model/feed_words.h"

struct reader {
    const struct source_spec *spec;
    struct feed_parser *parser; /* NULL: the answer is no feed, by its status */
    struct feed_newest newest;
    struct feed_list *list; /* of one that is compared; NULL = none, or too large for it */
};

static enum err_code on_item(void *self, const struct feed_item *item, struct err *err) {
    struct reader *reader = self;
    if (reader->list && feed_list_add(reader->list, item, NULL) != ERR_OK) {
        feed_list_free(reader->list);
        reader->list = NULL;
    }
    return feed_newest_fold(&reader->newest, item, err);
}

static void *begin(const struct source_spec *spec) {
    struct reader *reader = mem_zero(1, sizeof(*reader));
    reader->spec = spec;
    feed_newest_init(&reader->newest, spec->channels);
    reader->list = spec->compared ? feed_list_of_items(FEED_WORDS_BYTES) : NULL;
    return reader;
}

static void head(void *state, const struct answer *answer) {
    struct reader *reader = state;
    if (status_is_good(answer->status) && answer->status != reader->spec->closed_on)
        reader->parser =
            feed_parser_new(reader->spec->id, (struct feed_sink){.item = on_item, .self = reader});
}

static enum err_code body(void *state, const char *bytes, size_t n, struct err *err) {
    struct reader *reader = state;
    return reader->parser ? feed_parser_push(reader->parser, bytes, n, err) : ERR_OK;
}

static enum err_code finish(void *state, const struct answer *answer, struct sample *out,
                            struct err *err) {
    struct reader *reader = state;
    const struct feed_newest *newest = &reader->newest;
    const char *id = reader->spec->id;
    if (reader->spec->closed_on && answer->status == reader->spec->closed_on) {
        out->reading = READING_CLOSED;
        return ERR_OK;
    }
    if (!reader->parser)
        return trouble_of_status(answer->status, id, err);
    if (feed_parser_finish(reader->parser, err) != ERR_OK ||
        feed_newest_finish(newest, id, err) != ERR_OK)
        return err->code;
    out->items = (int)feed_parser_items(reader->parser); /* the cap of bytes keeps it small */
    out->reading = READING_OK;
    out->feed = reader->list;
    reader->list = NULL;
    if (!newest->found)
        return ERR_OK; /* an empty feed is a feed; the gates miss the version */
    out->size = newest->length;
    out->signature = newest->has_signature ? mem_copy_text(newest->signature) : NULL;
    out->published = newest->published;
    if (body_copy(out->version, sizeof(out->version), newest->version, "a version", id, err) ||
        body_copy(out->build, sizeof(out->build), newest->version, "a version", id, err) ||
        body_copy(out->short_version, sizeof(out->short_version), newest->short_version,
                  "a short version", id, err) ||
        body_copy(out->url, sizeof(out->url), newest->url, "an enclosure's url", id, err))
        return err->code;
    return ERR_OK;
}

static void end(void *state) {
    struct reader *reader = state;
    if (!reader)
        return;
    feed_parser_free(reader->parser);
    feed_list_free(reader->list);
    free(reader);
}

const struct probe_kind feed_kind = {
    .name = "feed",
    .help = "an AppCast (Sparkle's RSS): its newest item; may be closed on purpose",
    .body_cap = PROBE_FEED_CAP,
    .takes_url = true,
    .takes_file = true,
    .begin = begin,
    .head = head,
    .body = body,
    .finish = finish,
    .end = end,
};
