/* gonogo feed show: what a feed says, item by item, as a table or as JSON. Both are written while the
 * feed is read, so that memory does not grow with it; after an error the JSON is left open, so that
 * nobody takes half a feed for a whole one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/base/json.h"
#include "src/cmd/cmd.h"
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

static void add_name(struct buf *b, const char *name_and_colon, size_t n) {
    buf_add(b, name_and_colon, n);
}
#define ADD(b, literal) add_name((b), literal, sizeof literal - 1)

static void add_number(struct buf *b, int64_t n) {
    if (n < 0)
        ADD(b, "null");
    else
        buf_addf(b, "%" PRId64, n);
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
    if (i->index == 0) {
        json_begin(s);
        ADD(b, "\n{\"version\":");
    } else {
        ADD(b, ",\n{\"version\":");
    }
    json_add_text(b, i->version);
    ADD(b, ",\"short_version\":");
    json_add_text(b, i->short_version);
    ADD(b, ",\"channel\":");
    json_add_text(b, i->channel);
    ADD(b, ",\"os\":");
    json_add_text(b, i->os);
    ADD(b, ",\"url\":");
    json_add_text(b, i->url);
    ADD(b, ",\"length\":");
    add_number(b, i->length);
    ADD(b, ",\"ed_signature\":");
    json_add_text(b, i->ed_signature);
    ADD(b, ",\"dsa_signature\":");
    json_add_text(b, i->dsa_signature);
    ADD(b, ",\"pub_date\":");
    json_add_text(b, i->pub_date);
    ADD(b, ",\"phased_rollout_interval_s\":");
    add_number(b, i->phased_interval_s);
    if (i->critical)
        ADD(b, ",\"critical\":true,\"minimum_system_version\":");
    else
        ADD(b, ",\"critical\":false,\"minimum_system_version\":");
    json_add_text(b, i->minimum_system_version);
    ADD(b, "}");
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
    {"show", show},
};

int cmd_feed(int argc, char **argv) {
    if (argc < 2)
        return cmd_usage("feed", "what about it? Say feed show");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    return cmd_usage("feed", "it cannot \"%s\"", argv[1]);
}
