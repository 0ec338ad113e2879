/* gonogo feed phase: stops, continues or re-times the phased rollout of one item by its pubDate and
 * interval (domain §7), and changes no other byte of the feed.
 *
 * A paused item's date is the year 2100 plus what the rollout had behind it, so that the feed itself
 * remembers where to resume. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/feed_lint.h"
#include "src/cmd/out.h"
#include "src/cmd/replace.h"
#include "src/model/exposure.h"
#include "src/model/feed.h"
#include "src/model/feed_edit.h"
#include "src/model/pub_date.h"

enum { FILE_CAP = 256 << 20 }; /* bytes: 300,000 items; it is held in memory three times */
static const int64_t pause_base_ms = INT64_C(4102444800000); /* 2100-01-01T00:00:00Z */

/* What is known of the item, and what shall be. */
struct phase {
    bool found;
    char version[VERSION_CAP];
    size_t index;
    bool dated, phased;
    bool critical,
        critical_for_some; /* phasing does not hold: for all hosts, for those below one */
    int64_t pub_date_ms, interval_s;
    int64_t new_pub_date_ms, new_interval_s;
};

struct job {
    const char *path, *item;
    const char *action;
    int64_t interval_s; /* of `interval` */
    int64_t elapsed_ms; /* of --elapsed; -1 = not said */
    int64_t now_ms;
    bool dry_run;
    struct phase phase;
};

/* ---- finding the item ---- */

static enum err_code on_item(void *self, const struct feed_item *item, struct err *err) {
    struct job *job = self;
    struct phase *p = &job->phase;
    (void)err;
    if (item->version == NULL || strlen(item->version) >= VERSION_CAP || !feed_item_is_update(item))
        return ERR_OK;
    bool wanted = job->item != NULL ? !p->found && version_compare(item->version, job->item) == 0
                                    : !p->found || version_compare(item->version, p->version) > 0;
    if (!wanted)
        return ERR_OK;
    *p = (struct phase){.found = true, .index = item->index, .interval_s = item->phased_interval_s};
    snprintf(p->version, sizeof p->version, "%s", item->version);
    p->phased = item->phased_interval_s > 0;
    p->critical = item->critical && item->critical_version == NULL;
    p->critical_for_some = item->critical && !p->critical;
    p->dated = item->pub_date != NULL && pub_date_parse(item->pub_date, &p->pub_date_ms);
    return ERR_OK;
}

static enum err_code parse(struct job *job, const struct buf *bytes, struct err *err) {
    struct feed_parser *p = feed_parser_new(job->path, (struct feed_sink){on_item, job});
    enum err_code code =
        feed_parser_push(p, bytes->data != NULL ? bytes->data : "", bytes->len, err);
    if (code == ERR_OK)
        code = feed_parser_finish(p, err);
    feed_parser_free(p);
    return code;
}

/* ---- what shall be ---- */

static enum err_code refuse(const struct job *job, struct err *err, const char *todo,
                            const char *what) {
    char version[4 * VERSION_CAP];
    text_safe(version, sizeof version, job->phase.version, strlen(job->phase.version));
    return err_set(err, ERR_REFUSED, job->path, todo, "item %s %s", version, what);
}

static enum err_code pause_it(struct job *job, struct err *err) {
    struct phase *p = &job->phase;
    if (p->pub_date_ms > job->now_ms)
        return refuse(job, err, "nothing is to be done", "is paused already");
    p->new_pub_date_ms = pause_base_ms + (job->now_ms - p->pub_date_ms);
    return ERR_OK;
}

static enum err_code resume_it(struct job *job, struct err *err) {
    struct phase *p = &job->phase;
    if (p->pub_date_ms <= job->now_ms)
        return refuse(job, err, "nothing is to be done", "is not paused");
    int64_t elapsed_ms = job->elapsed_ms >= 0 ? job->elapsed_ms : p->pub_date_ms - pause_base_ms;
    if (elapsed_ms < 0)
        return refuse(job, err, "say how far the rollout was: --elapsed 30h",
                      "was not paused by gonogo");
    p->new_pub_date_ms = job->now_ms - elapsed_ms;
    return ERR_OK;
}

/* A paused rollout is re-timed where it waits. */
static enum err_code rescale_it(struct job *job, struct err *err) {
    struct phase *p = &job->phase;
    bool paused = p->pub_date_ms > job->now_ms;
    if (paused && p->pub_date_ms < pause_base_ms)
        return refuse(job, err, "resume it first", "was not paused by gonogo");
    int64_t elapsed_ms = paused ? p->pub_date_ms - pause_base_ms : job->now_ms - p->pub_date_ms;
    int64_t moved = job->now_ms - exposure_rescale_ms(job->now_ms - elapsed_ms, p->interval_s,
                                                      job->interval_s, job->now_ms);
    p->new_interval_s = job->interval_s;
    p->new_pub_date_ms = paused ? pause_base_ms + moved : job->now_ms - moved;
    return ERR_OK;
}

static const struct {
    const char *name;
    enum err_code (*decide)(struct job *job, struct err *err);
} actions[] = {
    {"pause", pause_it},
    {"resume", resume_it},
    {"interval", rescale_it},
};
enum { ACTIONS = sizeof actions / sizeof actions[0] };

static enum err_code decide(struct job *job, struct err *err) {
    struct phase *p = &job->phase;
    if (!p->found)
        return err_set(err, ERR_MISSING, job->path, "name a version that is in the feed",
                       "there is no item%s%s", job->item != NULL ? " of version " : " to phase",
                       job->item != NULL ? job->item : "");
    if (!p->phased)
        return refuse(job, err,
                      "name another with --item; an interval is given when an item is published",
                      "is not phased: everybody is offered it already");
    if (p->critical)
        return refuse(job, err, "take <sparkle:criticalUpdate> out first, or the item itself",
                      "is critical: phasing does not hold, everybody is offered it already");
    if (!p->dated)
        return refuse(job, err, "mend it first: see 'gonogo feed lint'",
                      "has no pubDate that Sparkle reads, and so is not phased");
    p->new_interval_s = p->interval_s;
    for (size_t i = 0; i < ACTIONS; i++)
        if (strcmp(actions[i].name, job->action) == 0)
            return actions[i].decide(job, err);
    return ERR_OK;
}

/* ---- doing it ---- */

/* The feed as it was and as it will be. */
struct edit {
    const struct buf *old; /* borrowed */
    struct buf fresh;
    struct feed_place place, after;
    bool rescaled; /* the interval changes too */
};

static void add_line(struct buf *b, char sign, const struct buf *text, size_t at) {
    struct buf line;
    buf_init(&line, 0);
    feed_edit_line(text->data, text->len, at, &line);
    char *safe = text_safe_copy(line.data, line.len);
    buf_addf(b, "%c%s\n", sign, safe);
    free(safe);
    buf_fini(&line);
}

/* The one or two lines that change, before and after. */
static void add_diff(struct buf *b, const struct edit *edit) {
    const struct feed_span *was[] = {&edit->place.pub_date, &edit->place.interval};
    const struct feed_span *is[] = {&edit->after.pub_date, &edit->after.interval};
    size_t first = edit->rescaled && was[1]->at < was[0]->at ? 1 : 0, second = 1 - first;
    add_line(b, '-', edit->old, was[first]->at);
    add_line(b, '+', &edit->fresh, is[first]->at);
    if (!edit->rescaled)
        return;
    size_t apart = was[second]->at - was[first]->at;
    if (apart < FEED_EDIT_LINE / 2 && memchr(edit->old->data + was[first]->at, '\n', apart) == NULL)
        return; /* on the same line */
    add_line(b, '-', edit->old, was[second]->at);
    add_line(b, '+', &edit->fresh, is[second]->at);
}

static void add_exposure(struct buf *b, const struct job *job) {
    const struct phase *p = &job->phase;
    struct exposure e = exposure_at(&(struct exposure_item){.dated = true,
                                                            .pub_date_ms = p->new_pub_date_ms,
                                                            .interval_s = p->new_interval_s},
                                    job->now_ms, 0);
    char next[32];
    when_rfc3339(e.next_ms, next, sizeof next);
    buf_addf(b, "%s: %d of %d groups are in", p->version, e.groups_open, EXPOSURE_GROUPS);
    if (e.paused)
        buf_add_text(b, "; paused for automatic checks, a manual check still finds it\n");
    else
        buf_addf(b, "%s%s\n", e.has_next ? "; the next at " : "", e.has_next ? next : "");
    if (p->critical_for_some)
        buf_add_text(b,
                     "it is critical for some hosts: those are offered it whatever their group\n");
}

/* The new bytes say what they should, read by the parser that clients' rules are tested with. */
static enum err_code check_result(const struct job *job, const struct buf *fresh, struct err *err) {
    struct job again = {.path = job->path, .item = job->item, .now_ms = job->now_ms};
    enum err_code code = parse(&again, fresh, err);
    const struct phase *want = &job->phase, *have = &again.phase;
    if (code != ERR_OK)
        return code;
    if (have->found && have->index == want->index && have->dated &&
        have->pub_date_ms / 1000 == want->new_pub_date_ms / 1000 &&
        have->interval_s == want->new_interval_s)
        return ERR_OK;
    return refuse(job, err, "edit it by hand", "cannot be changed without changing more");
}

static enum err_code show_and_write(struct job *job, struct replace *file, const struct edit *edit,
                                    struct err *err) {
    const struct buf *old = edit->old, *fresh = &edit->fresh;
    struct out out;
    out_init(&out, STDOUT_FILENO, "stdout");
    add_diff(&out.text, edit);
    enum err_code code = job->dry_run ? ERR_OK : replace_write(file, fresh->data, fresh->len, err);
    if (code == ERR_OK) {
        add_exposure(&out.text, job);
        if (memmem(old->data, old->len, "sparkle-signatures", 18) != NULL)
            buf_add_text(&out.text, "the feed is signed: sign it again, or clients refuse it\n");
        if (job->dry_run)
            buf_add_text(&out.text, "nothing was written\n");
    }
    enum err_code flushed = out_flush(&out, err);
    out_fini(&out);
    return code != ERR_OK ? code : flushed;
}

static enum err_code change(struct job *job, struct replace *file, const struct buf *old,
                            struct err *err) {
    struct edit edit = {.old = old};
    char date[PUB_DATE_CAP], interval[24];
    enum err_code code = parse(job, old, err);
    if (code == ERR_OK)
        code = decide(job, err);
    if (code == ERR_OK)
        code = feed_edit_find(old->data, old->len, job->phase.index, &edit.place, err);
    if (code == ERR_OK && (edit.place.pub_date.at == 0 || edit.place.interval.at == 0))
        code =
            refuse(job, err, "edit it by hand", "has its date or interval where it is not found");
    if (code != ERR_OK)
        return code;
    pub_date_text(job->phase.new_pub_date_ms, date);
    snprintf(interval, sizeof interval, "%" PRId64, job->phase.new_interval_s);
    edit.rescaled = job->phase.new_interval_s != job->phase.interval_s;
    buf_init(&edit.fresh, 0);
    feed_edit_write(old->data, old->len, &edit.place, date, edit.rescaled ? interval : NULL,
                    &edit.fresh, &edit.after);
    code = check_result(job, &edit.fresh, err);
    if (code == ERR_OK)
        code = show_and_write(job, file, &edit, err);
    buf_fini(&edit.fresh);
    return code;
}

static enum err_code run(struct job *job, struct err *err) {
    struct replace file;
    struct buf old;
    buf_init(&old, FILE_CAP);
    enum err_code code = replace_read(&file, job->path, &old, err);
    if (code == ERR_OK)
        code = change(job, &file, &old, err);
    if (code == ERR_REFUSED && err->where[0] == '\0')
        snprintf(err->where, sizeof err->where, "%s", job->path);
    replace_fini(&file);
    buf_fini(&old);
    return code;
}

/* ---- options ---- */

static const struct option long_options[] = {
    {"dry-run", no_argument, NULL, 'n'},
    {"item", required_argument, NULL, 'i'},
    {"elapsed", required_argument, NULL, 'e'},
    {"at", required_argument, NULL, 't'},
    {NULL, 0, NULL, 0},
};

static bool read_interval(const char *text, int64_t *s) {
    int64_t ms;
    char seconds[24];
    if (text[strspn(text, "0123456789")] == '\0') {
        snprintf(seconds, sizeof seconds, "%.16ss", text);
        text = seconds;
    }
    if (!duration_parse(text, &ms) || ms < 1000 || ms % 1000 != 0)
        return false;
    *s = ms / 1000;
    return true;
}

static int set_option(struct job *job, int option) {
    switch (option) {
    case 'n':
        job->dry_run = true;
        return EXIT_GO;
    case 'i':
        job->item = optarg;
        return EXIT_GO;
    case 'e':
        if (!duration_parse(optarg, &job->elapsed_ms))
            return cmd_usage("feed", "--elapsed: \"%s\" is no duration like 30h", optarg);
        return EXIT_GO;
    default:
        if (!when_parse_rfc3339(optarg, &job->now_ms))
            return cmd_usage("feed", "--at: \"%s\" is no time like 2026-02-26T12:00:00Z", optarg);
        return EXIT_GO;
    }
}

static int read_arguments(struct job *job, int n, char **words) {
    size_t i = 0;
    while (n > 0 && i < ACTIONS && strcmp(actions[i].name, words[0]) != 0)
        i++;
    if (n == 0 || i == ACTIONS)
        return cmd_usage("feed", "phase what? Say pause, resume or interval DUR, and the file");
    job->action = words[0];
    bool interval = actions[i].decide == rescale_it;
    if (n != (interval ? 3 : 2))
        return cmd_usage("feed", "phase %s takes %s", job->action,
                         interval ? "a duration like 12h and a file" : "a file");
    if (interval && !read_interval(words[1], &job->interval_s))
        return cmd_usage("feed", "\"%s\" is no interval of whole seconds like 12h or 43200",
                         words[1]);
    job->path = words[n - 1];
    return EXIT_GO;
}

int feed_phase(int argc, char **argv) {
    struct job job = {.now_ms = clock_wall_ms(clock_system()), .elapsed_ms = -1};
    struct err err = ERR_INIT;
    int answer, bad = EXIT_GO;
    opterr = 0;
    optind = 1;
    while (bad == EXIT_GO && (answer = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
        bad = answer == '?' || answer == ':' ? cmd_bad_option("feed", argc, argv, answer)
                                             : set_option(&job, answer);
    if (bad == EXIT_GO)
        bad = read_arguments(&job, argc - optind, argv + optind);
    if (bad != EXIT_GO)
        return bad;
    if (run(&job, &err) != ERR_OK)
        err_print(stderr, &err);
    return err_exit_code(&err);
}
