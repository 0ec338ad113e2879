/* gonogo feed offer: what one client would be offered, and what dropped each of the others.
 *
 * Which item wins is known at the end only, but it comes first in what is written: the lines of all
 * items wait in a spool. Whoever leads has its line there as if it had lost, and aside as the winner. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/feed_lint.h"
#include "src/cmd/feed_source.h"
#include "src/cmd/out.h"
#include "src/cmd/spool.h"
#include "src/model/exposure.h"
#include "src/model/offer.h"

enum { CHANNELS_MAX = 32 }; /* that a client may ask for */

struct job {
    bool json;
    const char *source;
    struct offer_client client;
    char *channel_text; /* what --channels said, cut up */
    char *channels[CHANNELS_MAX + 1];

    struct feed_parser *parser;
    struct offer offer;
    struct spool spool;
    struct buf winner;                /* the line of the best so far */
    size_t winner_from, winner_until; /* where the same stands in the spool, as a loser's */
    const char *refusal;              /* why Sparkle refuses the whole feed; NULL = it does not */
    unsigned refused_line;
};

/* ---- lines ---- */

#define ADD(b, literal) buf_add((b), literal, sizeof literal - 1)

static void json_line(struct buf *b, const struct feed_item *item, enum offer_filter filter,
                      const char *reason) {
    if (item->index > 0)
        ADD(b, ",");
    ADD(b, "\n{\"version\":");
    json_add_text(b, item->version);
    buf_add_text(b, filter == OFFER_CANDIDATE ? ",\"offered\":true" : ",\"offered\":false");
    ADD(b, ",\"dropped_by\":");
    json_add_text(b, offer_filter_name(filter));
    ADD(b, ",\"reason\":");
    json_add_text(b, reason);
    ADD(b, "}");
}

static void text_line(struct buf *b, const struct feed_item *item, enum offer_filter filter,
                      const char *reason) {
    char version[4 * VERSION_CAP], fitted[4 * VERSION_CAP];
    const char *raw = item->version != NULL ? item->version : "-";
    text_safe(version, sizeof version, raw, strnlen(raw, VERSION_CAP));
    int width = text_fit(fitted, sizeof fitted, version, 24, false);
    buf_addf(b, "%c %s%*s  line %-7u %-18s  %s\n", filter == OFFER_CANDIDATE ? '*' : ' ', fitted,
             width < 16 ? 16 - width : 0, "", item->line,
             filter == OFFER_CANDIDATE ? "offered" : offer_filter_name(filter), reason);
}

static void add_line(const struct job *job, struct buf *b, const struct feed_item *item,
                     enum offer_filter filter, const char *reason) {
    if (job->json)
        json_line(b, item, filter, reason);
    else
        text_line(b, item, filter, reason);
}

static enum err_code on_item(void *self, const struct feed_item *item, struct err *err) {
    struct job *job = self;
    struct offer_verdict verdict;
    enum err_code code = offer_fold(&job->offer, item, &verdict, err);
    if (code != ERR_OK)
        return code;
    if (job->refusal == NULL && (job->refusal = offer_refusal(item)) != NULL)
        job->refused_line = item->line;
    if (!verdict.leads) {
        add_line(job, &job->spool.text, item, verdict.filter, verdict.reason);
        return spool_pass(&job->spool, err);
    }
    buf_clear(&job->winner);
    add_line(job, &job->winner, item, OFFER_CANDIDATE, verdict.reason);
    job->winner_from = spool_size(&job->spool);
    add_line(job, &job->spool.text, item, OFFER_NOT_HIGHEST, OFFER_OUTDONE);
    job->winner_until = spool_size(&job->spool);
    return spool_pass(&job->spool, err);
}

/* ---- the whole ---- */

static void head(const struct job *job, struct buf *b) {
    const struct offer *o = &job->offer;
    if (job->json) {
        ADD(b, "{\"offered\":");
        json_add_text(b, o->found ? o->version : NULL);
        ADD(b, ",\"items\":[");
        return;
    }
    char at[32], host[4 * VERSION_CAP], offered[4 * VERSION_CAP];
    when_rfc3339(job->client.now_ms, at, sizeof at);
    text_safe(host, sizeof host, job->client.host_version, strlen(job->client.host_version));
    text_safe(offered, sizeof offered, o->version, strlen(o->version));
    buf_addf(b, "%s%s to a client at %s, by ", o->found ? "offers " : "offers nothing", offered,
             host);
    if (job->client.manual)
        buf_addf(b, "a manual check at %s\n", at);
    else
        buf_addf(b, "an automatic check of group %d at %s\n", job->client.group, at);
}

/* What else there is to say of the whole; the JSON has no place for it. */
static void foot(const struct job *job, struct buf *b) {
    const struct offer *o = &job->offer;
    char minor[4 * VERSION_CAP];
    text_safe(minor, sizeof minor, o->minor, strlen(o->minor));
    if (o->found && o->major && *minor)
        buf_addf(b,
                 "but Sparkle shows %s of line %u first: it is newer too, and no major upgrade\n",
                 minor, o->minor_line);
    if (job->refusal != NULL)
        buf_addf(b,
                 "but until it is mended Sparkle refuses the whole feed: the item of line %u %s\n",
                 job->refused_line, job->refusal);
}

static enum err_code print_all(struct job *job, struct err *err) {
    struct out out;
    out_init(&out, STDOUT_FILENO, "stdout");
    head(job, &out.text);
    size_t end = spool_size(&job->spool);
    enum err_code code = spool_copy(&job->spool, 0, job->winner_from, &out, err);
    if (code == ERR_OK && job->winner.len > 0)
        buf_add(&out.text, job->winner.data, job->winner.len);
    if (code == ERR_OK)
        code = spool_copy(&job->spool, job->winner_until, end, &out, err);
    if (code == ERR_OK && job->json)
        ADD(&out.text, "\n]}\n");
    else if (code == ERR_OK)
        foot(job, &out.text);
    if (code == ERR_OK)
        code = out_flush(&out, err);
    out_fini(&out);
    return code;
}

static enum err_code on_bytes(void *self, const char *bytes, size_t n, struct err *err) {
    struct job *job = self;
    return feed_parser_push(job->parser, bytes, n, err);
}

static enum err_code run(struct job *job, struct err *err) {
    const char *where = feed_source_name(job->source);
    job->parser = feed_parser_new(where, (struct feed_sink){on_item, job});
    offer_init(&job->offer, &job->client);
    spool_init(&job->spool);
    buf_init(&job->winner, 0);
    enum err_code code = feed_source_read(job->source, (struct feed_bytes){on_bytes, job}, err);
    if (code == ERR_OK)
        code = feed_parser_finish(job->parser, err);
    if (code == ERR_OK)
        code = print_all(job, err);
    feed_parser_free(job->parser);
    spool_fini(&job->spool);
    buf_fini(&job->winner);
    return code;
}

/* ---- options ---- */

static const struct option long_options[] = {
    {"json", no_argument, NULL, 'j'},
    {"host-version", required_argument, NULL, 'h'},
    {"channels", required_argument, NULL, 'c'},
    {"group", required_argument, NULL, 'g'},
    {"os", required_argument, NULL, 'o'},
    {"hardware", required_argument, NULL, 'w'},
    {"skipped", required_argument, NULL, 's'},
    {"auto", no_argument, NULL, 'a'},
    {"manual", no_argument, NULL, 'm'},
    {"at", required_argument, NULL, 't'},
    {NULL, 0, NULL, 0},
};

static int set_channels(struct job *job, const char *text) {
    size_t n = 0;
    free(job->channel_text);
    job->channel_text = mem_copy_text(text);
    char *rest = job->channel_text, *name;
    while ((name = strsep(&rest, ",")) != NULL) {
        if (*name == '\0')
            continue;
        if (!feed_is_channel_name(name))
            return cmd_usage("feed", "--channels: \"%s\" is no channel's name", name);
        if (n == CHANNELS_MAX)
            return cmd_usage("feed", "--channels: %d at most", CHANNELS_MAX);
        job->channels[n++] = name;
    }
    job->channels[n] = NULL;
    return EXIT_GO;
}

static int set_version(const char *option, const char *text, const char **version) {
    if (!version_plausible(text))
        return cmd_usage("feed", "%s: \"%s\" is no version like 2.0.0.20", option, text);
    *version = text;
    return EXIT_GO;
}

static int set_hardware(struct job *job, const char *text) {
    bool arm = strcmp(text, "arm64") == 0;
    if (!arm && strcmp(text, "x86_64") != 0)
        return cmd_usage("feed", "--hardware: \"%s\" is neither arm64 nor x86_64", text);
    job->client.hardware = arm ? OFFER_ARM64 : OFFER_X86_64;
    return EXIT_GO;
}

static int set_option(struct job *job, int option) {
    switch (option) {
    case 'j':
        job->json = true;
        return EXIT_GO;
    case 'h':
        return set_version("--host-version", optarg, &job->client.host_version);
    case 'o':
        return set_version("--os", optarg, &job->client.system_version);
    case 'w':
        return set_hardware(job, optarg);
    case 's':
        return set_version("--skipped", optarg, &job->client.skipped);
    case 'c':
        return set_channels(job, optarg);
    case 'g':
        if (*optarg < '0' || *optarg >= '0' + EXPOSURE_GROUPS || optarg[1] != '\0')
            return cmd_usage("feed", "--group: \"%s\" is no group from 0 to 6", optarg);
        job->client.group = *optarg - '0';
        return EXIT_GO;
    case 'a':
    case 'm':
        job->client.manual = option == 'm';
        return EXIT_GO;
    default:
        if (!when_parse_rfc3339(optarg, &job->client.now_ms))
            return cmd_usage("feed", "--at: \"%s\" is no time like 2026-02-26T12:00:00Z", optarg);
        return EXIT_GO;
    }
}

static int read_options(struct job *job, int argc, char **argv) {
    int answer, bad = EXIT_GO;
    opterr = 0;
    optind = 1;
    while (bad == EXIT_GO && (answer = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
        bad = answer == '?' || answer == ':' ? cmd_bad_option("feed", argc, argv, answer)
                                             : set_option(job, answer);
    if (bad != EXIT_GO)
        return bad;
    if (optind + 1 < argc)
        return cmd_usage("feed", "\"%s\" is one argument too many", argv[optind + 1]);
    if (optind == argc || *argv[optind] == '\0')
        return cmd_usage("feed", "which feed offers? Give a file, a URL or - for standard input");
    if (job->client.host_version == NULL)
        return cmd_usage("feed", "offer to whom? Give --host-version VERSION");
    job->source = argv[optind];
    return EXIT_GO;
}

int feed_offer(int argc, char **argv) {
    struct job job = {.client.now_ms = clock_wall_ms(clock_system())};
    struct err err = ERR_INIT;
    job.client.channels = job.channels;
    int code = read_options(&job, argc, argv);
    if (code == EXIT_GO && run(&job, &err) != ERR_OK) {
        err_print(stderr, &err);
        code = err_exit_code(&err);
    }
    free(job.channel_text);
    return code;
}
