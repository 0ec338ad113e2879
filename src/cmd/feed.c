/* gonogo feed show: what a feed says, item by item, as a table or as JSON. Both are written while the
 * feed is read, so that memory does not grow with it; after an error the JSON is left open, so that
 * nobody takes half a feed for a whole one. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/base/json.h"
#include "src/base/text.h"
#include "src/cmd/cmd.h"
#include "src/cmd/feed_lint.h"
#include "src/cmd/feed_source.h"
#include "src/cmd/feed_table.h"
#include "src/cmd/out.h"
#include "src/model/feed.h"

struct show {
    struct out out;
    struct feed_parser *parser;
    struct feed_newest newest;
    struct feed_table *table; /* NULL = JSON */
    bool titled;              /* JSON: "title" was written */
};

/* ---- JSON ---- */

#define ADD(b, literal) buf_add((b), literal, sizeof literal - 1)

/* An item's members are written straight into the buffer, which has room for the worst. */
#define PUT(at, literal) (memcpy((at), literal, sizeof literal - 1), (at) + sizeof literal - 1)

static char *put_text(char *at, const char *text) {
    return text == NULL ? PUT(at, "null") : json_put_text(at, text, strlen(text));
}

static char *put_number(char *at, int64_t n) {
    char digits[24], *first = digits + sizeof digits;
    if (n < 0)
        return PUT(at, "null");
    do
        *--first = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    size_t len = (size_t)(digits + sizeof digits - first);
    memcpy(at, first, len);
    return at + len;
}

static size_t room_for(const struct feed_item *i) {
    const char *const texts[] = {i->version,
                                 i->short_version,
                                 i->channel,
                                 i->os,
                                 i->url,
                                 i->ed_signature,
                                 i->dsa_signature,
                                 i->pub_date,
                                 i->minimum_system_version};
    size_t n = 0;
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        n += texts[k] == NULL ? 0 : strlen(texts[k]);
    return 6 * n + 512; /* names, numbers, quotes and commas take less than 400 */
}

static void json_begin(struct show *s) {
    const char *title = feed_parser_title(s->parser);
    ADD(&s->out.text, "{");
    if (title != NULL) {
        ADD(&s->out.text, "\"title\":");
        json_add_text(&s->out.text, title);
        ADD(&s->out.text, ",");
        s->titled = true;
    }
    ADD(&s->out.text, "\"items\":[");
}

static void json_item(struct show *s, const struct feed_item *i) {
    struct buf *b = &s->out.text;
    if (i->index == 0)
        json_begin(s);
    char *room = buf_room(b, room_for(i)), *at = room;
    if (i->index > 0)
        *at++ = ',';
    at = put_text(PUT(at, "\n{\"version\":"), i->version);
    at = put_text(PUT(at, ",\"short_version\":"), i->short_version);
    at = put_text(PUT(at, ",\"channel\":"), i->channel);
    at = put_text(PUT(at, ",\"os\":"), i->os);
    at = put_text(PUT(at, ",\"url\":"), i->url);
    at = put_number(PUT(at, ",\"length\":"), i->length);
    at = put_text(PUT(at, ",\"ed_signature\":"), i->ed_signature);
    at = put_text(PUT(at, ",\"dsa_signature\":"), i->dsa_signature);
    at = put_text(PUT(at, ",\"pub_date\":"), i->pub_date);
    at = put_number(PUT(at, ",\"phased_rollout_interval_s\":"), i->phased_interval_s);
    at = PUT(at, ",\"critical\":");
    at = i->critical ? PUT(at, "true") : PUT(at, "false");
    at = put_text(PUT(at, ",\"minimum_system_version\":"), i->minimum_system_version);
    *at++ = '}';
    buf_wrote(b, (size_t)(at - room));
}

static enum err_code json_finish(struct show *s, struct err *err) {
    struct buf *b = &s->out.text;
    if (feed_parser_items(s->parser) == 0)
        json_begin(s);
    ADD(b, "],");
    if (!s->titled) {
        ADD(b, "\"title\":");
        json_add_text(b, feed_parser_title(s->parser));
        ADD(b, ",");
    }
    ADD(b, "\"newest\":");
    json_add_text(b, s->newest.found ? s->newest.version : NULL);
    ADD(b, "}\n");
    return out_flush(&s->out, err);
}

/* ---- show ---- */

static enum err_code on_item(void *self, const struct feed_item *item, struct err *err) {
    struct show *s = self;
    enum err_code code = feed_newest_fold(&s->newest, item, err);
    if (code != ERR_OK)
        return code;
    if (s->table != NULL)
        return feed_table_add(s->table, item, err);
    json_item(s, item);
    return out_pass(&s->out, err);
}

static enum err_code on_bytes(void *self, const char *bytes, size_t n, struct err *err) {
    struct show *s = self;
    return feed_parser_push(s->parser, bytes, n, err);
}

static enum err_code show_all(struct show *s, const char *source, struct err *err) {
    enum err_code code = feed_source_read(source, (struct feed_bytes){on_bytes, s}, err);
    if (code == ERR_OK)
        code = feed_parser_finish(s->parser, err);
    if (code == ERR_OK)
        code = feed_newest_finish(&s->newest, feed_source_name(source), err);
    if (code == ERR_OK && s->table != NULL)
        return feed_table_finish(s->table, feed_parser_title(s->parser),
                                 feed_parser_items(s->parser), &s->newest, err);
    return code == ERR_OK ? json_finish(s, err) : code;
}

static int show(int argc, char **argv) {
    const char *source = NULL;
    bool json = false, options = true;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--json") == 0)
            json = true;
        else if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (options && argv[i][0] == '-' && argv[i][1] != '\0')
            return cmd_usage("feed", "show has no option %s", argv[i]);
        else if (source != NULL)
            return cmd_usage("feed", "\"%s\" is one argument too many", argv[i]);
        else
            source = argv[i];
    }
    if (source == NULL || *source == '\0')
        return cmd_usage("feed", "show what? Give a file, a URL or - for standard input");

    struct show s = {0};
    struct err err = ERR_INIT;
    out_init(&s.out, STDOUT_FILENO, "stdout");
    s.table = json ? NULL : feed_table_new(&s.out);
    s.parser = feed_parser_new(feed_source_name(source), (struct feed_sink){on_item, &s});
    feed_newest_init(&s.newest, NULL);
    if (show_all(&s, source, &err) != ERR_OK) {
        struct err ignored = ERR_INIT;
        out_flush(&s.out, &ignored); /* what was read so far, and then the reason on stderr */
        err_print(stderr, &err);
    }
    feed_parser_free(s.parser);
    feed_table_free(s.table);
    out_fini(&s.out);
    return err_exit_code(&err);
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"show", show},        {"lint", feed_lint},   {"rules", feed_rules},
    {"offer", feed_offer}, {"phase", feed_phase}, {"diff", feed_diff_run},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

int cmd_feed(int argc, char **argv) {
    if (argc < 2)
        return cmd_usage("feed", "what about it? Say feed show, feed lint, …");
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    const char *names[VERBS + 1] = {NULL};
    for (size_t i = 0; i < VERBS; i++)
        names[i] = verbs[i].name;
    const char *nearest = text_nearest(argv[1], names);
    return cmd_usage("feed", "it cannot \"%s\"%s%s%s", argv[1], nearest ? ": did you mean " : "",
                     nearest ? nearest : "", nearest ? "?" : "");
}
