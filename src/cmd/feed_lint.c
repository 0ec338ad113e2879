/* gonogo feed lint and gonogo feed rules. Findings are written as they are found, so that memory does
 * not grow with the feed; what can only be known at the end (the order, the network, signatures) comes
 * behind them. */
#include "src/cmd/feed_lint.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/json.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/evidence.h"
#include "src/cmd/feed_source.h"
#include "src/cmd/out.h"
#include "src/model/lint.h"
#include "src/model/url.h"

enum { KEY_FILE_CAP = 1024 }; /* bytes: PEM of such a key is 113 */

struct options {
    bool json;
    int64_t now_ms;
    const char *source;
    const char *public_key; /* as given */
    struct evidence_options evidence;
};

struct job {
    struct options options;
    struct out out;
    struct lint *lint;
    struct evidence *evidence;
    size_t findings;
};

/* ---- findings ---- */

#define ADD(b, literal) buf_add((b), literal, sizeof literal - 1)

static void json_finding(struct buf *b, const struct lint_finding *f, bool first) {
    buf_addf(b, "%s\n{\"rule\":\"%s\",\"severity\":\"%s\",\"line\":%u,\"item\":", first ? "" : ",",
             f->rule->id, lint_severity_name(f->rule->severity), f->line);
    json_add_text(b, f->item);
    ADD(b, ",\"message\":");
    json_add_text(b, f->message);
    ADD(b, ",\"remedy\":");
    json_add_text(b, f->rule->mend);
    ADD(b, "}");
}

static void text_finding(struct buf *b, const char *where, const struct lint_finding *f) {
    char safe[4 * VERSION_CAP];
    text_safe(safe, sizeof safe, where, strlen(where));
    buf_addf(b, "%s:%u: %s: %s: ", safe, f->line, lint_severity_name(f->rule->severity),
             f->rule->id);
    if (f->item != NULL && *f->item != '\0') {
        text_safe(safe, sizeof safe, f->item, strnlen(f->item, VERSION_CAP));
        buf_addf(b, "%s: ", safe);
    }
    buf_addf(b, "%s: %s\n", f->message, f->rule->mend);
}

static enum err_code on_finding(void *self, const struct lint_finding *finding, struct err *err) {
    struct job *job = self;
    if (job->options.json)
        json_finding(&job->out.text, finding, job->findings == 0);
    else
        text_finding(&job->out.text, feed_source_name(job->options.source), finding);
    job->findings++;
    return out_pass(&job->out, err);
}

static enum err_code on_item(void *self, const struct feed_item *item, struct err *err) {
    struct job *job = self;
    return evidence_item(job->evidence, item, err);
}

/* "2 errors", "1 warning", …, and a comma before all but the first. */
static void add_count(struct buf *b, bool *first, size_t n, const char *what) {
    if (n > 0)
        buf_addf(b, "%s%zu %s%s", *first ? "" : ", ", n, what, n == 1 ? "" : "s");
    *first = *first && n == 0;
}

static void summary(struct job *job) {
    struct lint_count count = lint_count(job->lint);
    struct buf *b = &job->out.text;
    bool first = true;
    if (job->options.json) {
        ADD(b, "]}\n");
        return;
    }
    buf_addf(b, "%zu item%s: ", count.items, count.items == 1 ? "" : "s");
    add_count(b, &first, count.by_severity[LINT_ERROR], "error");
    add_count(b, &first, count.by_severity[LINT_WARNING], "warning");
    add_count(b, &first, count.by_severity[LINT_INFO], "note");
    buf_add_text(b, first ? "nothing to find fault with\n" : "\n");
}

/* ---- reading ---- */

static enum err_code on_bytes(void *self, const char *bytes, size_t n, struct err *err) {
    struct job *job = self;
    return lint_push(job->lint, bytes, n, err);
}

static enum err_code read_feed(struct job *job, struct err *err) {
    enum err_code code =
        feed_source_read(job->options.source, (struct feed_bytes){on_bytes, job}, err);
    if (code == ERR_OK)
        code = lint_finish(job->lint, err);
    if (code != ERR_OK || !lint_whole(job->lint))
        return code;
    return evidence_judge(job->evidence, job->lint, err);
}

static enum err_code run(struct job *job, struct err *err) {
    if (job->options.json)
        ADD(&job->out.text, "{\"findings\":[");
    enum err_code code = read_feed(job, err);
    if (code != ERR_OK)
        return code;
    summary(job);
    return out_flush(&job->out, err);
}

static const struct option long_options[] = {
    {"json", no_argument, NULL, 'j'},
    {"at", required_argument, NULL, 't'},
    {"online", no_argument, NULL, 'n'},
    {"deep", no_argument, NULL, 'd'},
    {"public-key", required_argument, NULL, 'k'},
    {"artifact", required_argument, NULL, 'a'},
    {"item", required_argument, NULL, 'i'},
    {NULL, 0, NULL, 0},
};

/* A key is given as it is, or as the name of a file that holds it. */
static enum err_code load_key(const char *given, unsigned char key[ED25519_KEY], struct err *err) {
    char text[KEY_FILE_CAP];
    struct err ignored = ERR_INIT;
    if (ed25519_read_key(given, "--public-key", key, &ignored) == ERR_OK)
        return ERR_OK;
    FILE *f = fopen(given, "r");
    if (f == NULL)
        return ed25519_read_key(given, "--public-key", key, err);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return ed25519_read_key(text, given, key, err);
}

static int read_key(struct options *o) {
    struct err err = ERR_INIT;
    const struct evidence_options *e = &o->evidence;
    if (e->item != NULL && e->artifact == NULL && !e->deep)
        return cmd_usage("feed", "--item says whose artifact it is: give --artifact or --deep too");
    if (o->public_key == NULL)
        return EXIT_GO;
    if (e->artifact == NULL && !e->deep)
        return cmd_usage("feed",
                         "--public-key needs bytes to check: give --artifact or --deep too");
    if (load_key(o->public_key, o->evidence.key, &err) != ERR_OK) {
        err_print(stderr, &err);
        return EXIT_USAGE;
    }
    o->evidence.has_key = true;
    return EXIT_GO;
}

/* EXIT_GO, or the exit code after a line on stderr. */
static int read_options(int argc, char **argv, struct options *o) {
    int answer;
    opterr = 0;
    optind = 1;
    while ((answer = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        switch (answer) {
        case 'j':
            o->json = true;
            break;
        case 't':
            if (!when_parse_rfc3339(optarg, &o->now_ms))
                return cmd_usage("feed", "--at %s is no time like 2026-02-26T12:00:00Z", optarg);
            break;
        case 'n':
            o->evidence.online = true;
            break;
        case 'd':
            o->evidence.deep = true;
            break;
        case 'k':
            o->public_key = optarg;
            break;
        case 'a':
            o->evidence.artifact = optarg;
            break;
        case 'i':
            o->evidence.item = optarg;
            break;
        default:
            return cmd_bad_option("feed", argc, argv, answer);
        }
    }
    if (optind + 1 < argc)
        return cmd_usage("feed", "\"%s\" is one argument too many", argv[optind + 1]);
    if (optind == argc || *argv[optind] == '\0')
        return cmd_usage("feed", "lint what? Give a file, a URL or - for standard input");
    o->source = argv[optind];
    o->evidence.feed_url = url_has_scheme(o->source) ? o->source : NULL;
    o->evidence.now_ms = o->now_ms;
    return read_key(o);
}

int feed_lint(int argc, char **argv) {
    struct job job = {.options.now_ms = clock_wall_ms(clock_system())};
    int bad = read_options(argc, argv, &job.options);
    if (bad != EXIT_GO)
        return bad;
    struct err err = ERR_INIT;
    out_init(&job.out, STDOUT_FILENO, "stdout");
    const char *source = job.options.source;
    job.evidence = evidence_new(&job.options.evidence);
    job.lint = lint_new(&(struct lint_options){
        .where = feed_source_name(source),
        .url = url_has_scheme(source) ? source : NULL,
        .now_ms = job.options.now_ms,
        .found = on_finding,
        .item = on_item,
        .self = &job,
    });
    if (run(&job, &err) != ERR_OK) {
        struct err ignored = ERR_INIT;
        out_flush(&job.out, &ignored);
        err_print(stderr, &err);
    }
    struct lint_count count = lint_count(job.lint);
    bool clean = count.by_severity[LINT_ERROR] == 0 && count.by_severity[LINT_WARNING] == 0;
    lint_free(job.lint);
    evidence_free(job.evidence);
    out_fini(&job.out);
    return err.code != ERR_OK ? err_exit_code(&err) : clean ? EXIT_GO : EXIT_NO_GO;
}

/* ---- feed rules ---- */

int feed_rules(int argc, char **argv) {
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json)
        return cmd_usage("feed", "rules takes no argument but --json, not \"%s\"", argv[argc - 1]);
    struct out out;
    struct err err = ERR_INIT;
    out_init(&out, STDOUT_FILENO, "stdout");
    struct buf *b = &out.text;
    if (json)
        ADD(b, "{\"rules\":[");
    else
        buf_addf(b, "%-25s %-8s %s\n", "RULE", "SEVERITY", "WHY IT HURTS, HOW TO MEND");
    for (size_t i = 0; lint_rule_at(i) != NULL; i++) {
        const struct lint_rule *rule = lint_rule_at(i);
        const char *severity = lint_severity_name(rule->severity);
        if (json) {
            buf_addf(b, "%s\n{\"rule\":\"%s\",\"severity\":\"%s\",\"why\":", i > 0 ? "," : "",
                     rule->id, severity);
            json_add_text(b, rule->why);
            ADD(b, ",\"remedy\":");
            json_add_text(b, rule->mend);
            ADD(b, "}");
        } else {
            buf_addf(b, "%-25s %-8s %s\n%-34s -> %s\n", rule->id, severity, rule->why, "",
                     rule->mend);
        }
    }
    if (json)
        ADD(b, "\n]}\n");
    if (out_flush(&out, &err) != ERR_OK)
        err_print(stderr, &err);
    out_fini(&out);
    return err_exit_code(&err);
}
