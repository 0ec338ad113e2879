/* gonogo feed diff: what changed between two feeds, in words or as JSON. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/base/json.h"
#include "src/base/text.h"
#include "src/cmd/cmd.h"
#include "src/cmd/feed_lint.h"
#include "src/cmd/feed_source.h"
#include "src/cmd/out.h"
#include "src/model/feed_diff.h"
#include "src/model/version.h"

struct job {
    bool json;
    const char *sources[2];
    size_t n_sources;
    struct feed_list *lists[2];
    struct out out;
    size_t changes;
};

#define ADD(b, literal) buf_add((b), literal, sizeof literal - 1)

static void add_line(struct buf *b, const char *name, unsigned line) {
    if (line > 0)
        buf_addf(b, ",\"%s\":%u", name, line);
    else
        buf_addf(b, ",\"%s\":null", name);
}

static void json_change(struct buf *b, const struct feed_change *c, bool first) {
    buf_addf(b, "%s\n{\"change\":\"%s\",\"version\":", first ? "" : ",", feed_change_name(c->kind));
    json_add_text(b, c->version);
    add_line(b, "old_line", c->old_line);
    add_line(b, "new_line", c->new_line);
    ADD(b, ",\"fields\":[");
    for (size_t i = 0; i < c->n_fields; i++) {
        const struct feed_field_change *f = &c->fields[i];
        buf_addf(b, "%s{\"field\":\"%s\",\"old\":", i > 0 ? "," : "",
                 feed_list_field_name(f->field));
        json_add_text(b, f->before);
        ADD(b, ",\"new\":");
        json_add_text(b, f->after);
        ADD(b, "}");
    }
    ADD(b, "]}");
}

static enum err_code on_change(void *self, const struct feed_change *change, struct err *err) {
    struct job *job = self;
    if (job->json)
        json_change(&job->out.text, change, job->changes == 0);
    else
        feed_change_words(change, &job->out.text);
    job->changes++;
    return out_pass(&job->out, err);
}

static enum err_code on_bytes(void *self, const char *bytes, size_t n, struct err *err) {
    return feed_list_push(self, bytes, n, err);
}

static enum err_code read_list(struct job *job, size_t i, struct err *err) {
    const char *source = job->sources[i];
    job->lists[i] = feed_list_new(feed_source_name(source));
    enum err_code code =
        feed_source_read(source, (struct feed_bytes){on_bytes, job->lists[i]}, err);
    return code == ERR_OK ? feed_list_finish(job->lists[i], err) : code;
}

/* What a reader on no extra channel is offered, before and after. */
static void add_newest(struct job *job) {
    const char *before = feed_list_newest(job->lists[0]);
    const char *after = feed_list_newest(job->lists[1]);
    struct buf *b = &job->out.text;
    if (job->json) {
        ADD(b, "{\"newest\":{\"old\":");
        json_add_text(b, before);
        ADD(b, ",\"new\":");
        json_add_text(b, after);
        ADD(b, "},\"changes\":[");
        return;
    }
    char safe[2][4 * VERSION_CAP] = {"nothing", "nothing"};
    if (before != NULL)
        text_safe(safe[0], sizeof safe[0], before, strlen(before));
    if (after != NULL)
        text_safe(safe[1], sizeof safe[1], after, strlen(after));
    if (strcmp(safe[0], safe[1]) == 0)
        buf_addf(b, "newest for everybody: %s, as before\n", safe[1]);
    else
        buf_addf(b, "newest for everybody: %s -> %s\n", safe[0], safe[1]);
}

static enum err_code run(struct job *job, struct err *err) {
    enum err_code code = read_list(job, 0, err);
    if (code == ERR_OK)
        code = read_list(job, 1, err);
    if (code != ERR_OK)
        return code;
    add_newest(job);
    code = feed_diff(job->lists[0], job->lists[1], (struct feed_change_sink){on_change, job}, err);
    if (code != ERR_OK)
        return code;
    if (job->json)
        buf_addf(&job->out.text, "],\"same\":%s}\n", job->changes == 0 ? "true" : "false");
    else if (job->changes == 0)
        buf_add_text(&job->out.text, "no item was added, removed or changed\n");
    return out_flush(&job->out, err);
}

static int read_options(struct job *job, int argc, char **argv) {
    bool options = true;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--json") == 0)
            job->json = true;
        else if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (options && argv[i][0] == '-' && argv[i][1] != '\0')
            return cmd_usage("feed", "diff has no option %s", argv[i]);
        else if (job->n_sources == 2)
            return cmd_usage("feed", "\"%s\" is one argument too many", argv[i]);
        else
            job->sources[job->n_sources++] = argv[i];
    }
    if (job->n_sources < 2 || *job->sources[0] == '\0' || *job->sources[1] == '\0')
        return cmd_usage("feed", "diff takes two feeds, the old one first: files, URLs, or - once");
    if (strcmp(job->sources[0], "-") == 0 && strcmp(job->sources[1], "-") == 0)
        return cmd_usage("feed", "standard input holds one feed: give - once");
    return EXIT_GO;
}

int feed_diff_run(int argc, char **argv) {
    struct job job = {0};
    struct err err = ERR_INIT;
    int bad = read_options(&job, argc, argv);
    if (bad != EXIT_GO)
        return bad;
    out_init(&job.out, STDOUT_FILENO, "stdout");
    if (run(&job, &err) != ERR_OK)
        err_print(stderr, &err);
    feed_list_free(job.lists[0]);
    feed_list_free(job.lists[1]);
    out_fini(&job.out);
    return err_exit_code(&err);
}
