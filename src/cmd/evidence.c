#include "src/cmd/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/base64.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/cmd/artifact.h"
#include "src/cmd/feed_source.h"
#include "src/model/pub_date.h"
#include "src/model/url.h"

enum {
    DATE_CAP = 64,            /* bytes of a pubDate that are compared */
    REGENERATED_H = 24,       /* a date further from now than this was not made by the fetch */
    ANOTHER_SECOND_MS = 1100, /* dates have seconds: a second fetch has to be in another one */
};

/* An enclosure to ask for. */
struct asked {
    unsigned line;
    char version[VERSION_CAP];
    char *url;
    int64_t length; /* ≤ 0 = not said */
};

/* The item that the artifact belongs to. */
struct chosen {
    struct asked asked;
    char *signature; /* NULL = none */
};

struct dated {
    unsigned line;
    char version[VERSION_CAP];
    char date[DATE_CAP];
};

struct evidence {
    struct evidence_options options;
    struct asked asked[EVIDENCE_ASKED_MAX];
    size_t n_asked, n_enclosures;
    struct chosen chosen;
    struct dated *dates; /* NULL = the feed is a file */
    size_t n_dates;
    bool regenerated; /* a date is so near that the fetch may have made it */
    /* The second fetch. */
    struct feed_parser *parser;
    size_t changed;
    size_t first_changed;
};

struct evidence *evidence_new(const struct evidence_options *options) {
    struct evidence *e = mem_zero(1, sizeof *e);
    e->options = *options;
    if (options->feed_url != NULL)
        e->dates = mem_zero(EVIDENCE_DATES_MAX, sizeof *e->dates);
    return e;
}

void evidence_free(struct evidence *evidence) {
    if (evidence == NULL)
        return;
    for (size_t i = 0; i < evidence->n_asked; i++)
        free(evidence->asked[i].url);
    free(evidence->chosen.asked.url);
    free(evidence->chosen.signature);
    free(evidence->dates);
    feed_parser_free(evidence->parser);
    free(evidence);
}

/* ---- collecting ---- */

static void fill(const struct evidence *e, struct asked *asked, const struct feed_item *item) {
    asked->line = item->lines.enclosure;
    asked->length = item->length;
    snprintf(asked->version, sizeof asked->version, "%s", item->version);
    bool relative = !url_has_scheme(item->url) && e->options.feed_url != NULL;
    asked->url = relative ? url_resolve(e->options.feed_url, item->url) : mem_copy_text(item->url);
}

/* Is it the item that was asked for, or the highest so far? */
static bool is_chosen(const struct evidence *e, const struct feed_item *item) {
    const struct chosen *c = &e->chosen;
    if (!feed_item_is_update(item))
        return false;
    if (e->options.item != NULL)
        return c->asked.url == NULL && version_compare(item->version, e->options.item) == 0;
    return c->asked.url == NULL || version_compare(item->version, c->asked.version) > 0;
}

static void collect_date(struct evidence *e, const struct feed_item *item) {
    int64_t ms;
    if (e->n_dates == EVIDENCE_DATES_MAX || item->pub_date == NULL)
        return;
    struct dated *d = &e->dates[e->n_dates++];
    d->line = item->lines.pub_date;
    snprintf(d->version, sizeof d->version, "%s", item->version);
    snprintf(d->date, sizeof d->date, "%s", item->pub_date);
    int64_t most = REGENERATED_H * INT64_C(3600000);
    if (!pub_date_parse(item->pub_date, &ms) ||
        (ms > e->options.now_ms - most && ms < e->options.now_ms + most))
        e->regenerated = true;
}

enum err_code evidence_item(void *self, const struct feed_item *item, struct err *err) {
    struct evidence *e = self;
    (void)err;
    bool plain =
        item->version != NULL && *item->version != '\0' && strlen(item->version) < VERSION_CAP;
    if (plain && e->dates != NULL)
        collect_date(e, item);
    if (!plain || item->url == NULL || *item->url == '\0')
        return ERR_OK;
    e->n_enclosures++;
    if (e->options.online && e->n_asked < EVIDENCE_ASKED_MAX)
        fill(e, &e->asked[e->n_asked++], item);
    if ((e->options.artifact != NULL || e->options.deep) && is_chosen(e, item)) {
        free(e->chosen.asked.url);
        free(e->chosen.signature);
        fill(e, &e->chosen.asked, item);
        e->chosen.signature = mem_copy_text(item->ed_signature);
    }
    return ERR_OK;
}

/* ---- lengths ---- */

/* What went wrong far away, as a finding; an error of this machine stays one. */
static enum err_code tell(struct lint *lint, const struct asked *asked, const struct err *far,
                          struct err *err) {
    char what[4 * sizeof far->what];
    if (far->code == ERR_IO) {
        if (err != NULL && err->code == ERR_OK)
            *err = *far;
        return far->code;
    }
    text_safe(what, sizeof what, far->what, strlen(far->what));
    return lint_say(lint, "url-unreachable", asked->line, asked->version, err,
                    "the enclosure: %.500s", what);
}

static enum err_code compare_length(struct lint *lint, const struct asked *asked, int64_t length,
                                    const char *whose, struct err *err) {
    if (asked->length <= 0 || length < 0 || asked->length == length)
        return ERR_OK;
    return lint_say(lint, "length-mismatch", asked->line, asked->version, err,
                    "the feed says %lld bytes, %s %lld", (long long)asked->length, whose,
                    (long long)length);
}

static enum err_code ask_lengths(struct evidence *e, struct artifact_client *client,
                                 struct lint *lint, struct err *err) {
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < e->n_asked && code == ERR_OK; i++) {
        const struct asked *asked = &e->asked[i];
        struct err far = ERR_INIT;
        int64_t length;
        if (asked->url == NULL || url_safety(asked->url) == URL_NONE)
            continue; /* a rule about the feed says so */
        if (artifact_length(client, asked->url, &length, &far) != ERR_OK)
            code = tell(lint, asked, &far, err);
        else
            code = compare_length(lint, asked, length, "the server", err);
    }
    if (code == ERR_OK && e->options.online && e->n_enclosures > e->n_asked)
        code = lint_say(lint, "not-asked", 1, NULL, err, "%zu of %zu enclosures were asked for",
                        e->n_asked, e->n_enclosures);
    return code;
}

/* ---- signatures ---- */

/* What shall be proven of the artifact: nothing but its size without a key, or without a signature to
 * hold (rules about the feed say so). */
static struct proof *begin_proof(const struct evidence *e) {
    struct proof *proof = proof_new();
    unsigned char signature[ED25519_SIGNATURE];
    const char *text = e->chosen.signature;
    if (e->options.has_key && text != NULL &&
        base64_decode(text, signature, sizeof signature) == ED25519_SIGNATURE)
        proof_want_signature(proof, e->options.key, signature);
    return proof;
}

static enum err_code judge_proof(struct evidence *e, struct lint *lint, struct proof *proof,
                                 struct err *err) {
    const struct asked *asked = &e->chosen.asked;
    struct proof_result result = proof_finish(proof);
    enum err_code code = compare_length(lint, asked, result.bytes, "the artifact has", err);
    if (code == ERR_OK && result.n_signatures > 0 && !result.holds[0])
        code = lint_say(lint, "signature-bad", asked->line, asked->version, err,
                        "the signature does not hold over the artifact");
    return code;
}

static enum err_code judge_file(struct evidence *e, struct lint *lint, struct err *err) {
    const char *path = e->options.artifact;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno == ENOENT ? ERR_MISSING : ERR_IO, path,
                         "--artifact takes the file that was released", "cannot be opened");
    struct proof *proof = begin_proof(e);
    enum err_code code = artifact_read(fd, path, proof, err);
    if (code == ERR_OK)
        code = judge_proof(e, lint, proof, err);
    proof_free(proof);
    close(fd);
    return code;
}

static enum err_code judge_download(struct evidence *e, struct artifact_client *client,
                                    struct lint *lint, struct err *err) {
    const struct asked *asked = &e->chosen.asked;
    struct err far = ERR_INIT;
    struct proof *proof = begin_proof(e);
    enum err_code code;
    if (artifact_fetch(client, asked->url, proof, &far) != ERR_OK)
        code = tell(lint, asked, &far, err);
    else
        code = judge_proof(e, lint, proof, err);
    proof_free(proof);
    return code;
}

static enum err_code judge_chosen(struct evidence *e, struct artifact_client *client,
                                  struct lint *lint, struct err *err) {
    const struct evidence_options *o = &e->options;
    if (o->artifact == NULL && !o->deep)
        return ERR_OK;
    if (e->chosen.asked.url == NULL)
        return err_set(err, ERR_MISSING, o->item != NULL ? "--item" : "feed lint",
                       "name a version that is in the feed",
                       "there is no item with an enclosure for the artifact%s%s",
                       o->item != NULL ? " of version " : "", o->item != NULL ? o->item : "");
    enum err_code code = o->artifact != NULL ? judge_file(e, lint, err) : ERR_OK;
    return code == ERR_OK && o->deep ? judge_download(e, client, lint, err) : code;
}

/* ---- the second fetch ---- */

static enum err_code compare_date(void *self, const struct feed_item *item, struct err *err) {
    struct evidence *e = self;
    char date[DATE_CAP];
    (void)err;
    if (item->version == NULL || item->pub_date == NULL)
        return ERR_OK;
    snprintf(date, sizeof date, "%s", item->pub_date);
    for (size_t i = 0; i < e->n_dates; i++) {
        if (strcmp(e->dates[i].version, item->version) != 0)
            continue;
        /* Of two items of one version either may be meant. */
        if (strcmp(e->dates[i].date, date) == 0)
            return ERR_OK;
        if (i + 1 == e->n_dates || strcmp(e->dates[i + 1].version, item->version) != 0) {
            e->first_changed = e->changed == 0 ? i : e->first_changed;
            e->changed++;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

static enum err_code on_bytes(void *self, const char *bytes, size_t n, struct err *err) {
    struct evidence *e = self;
    return feed_parser_push(e->parser, bytes, n, err);
}

/* Whether dates are made by the fetch shows only when one is near now: then the feed is fetched again,
 * in another second. */
static enum err_code judge_dates(struct evidence *e, struct lint *lint, struct err *err) {
    struct err far = ERR_INIT;
    if (e->n_dates == 0 || !e->regenerated)
        return ERR_OK;
    poll(NULL, 0, ANOTHER_SECOND_MS);
    e->parser = feed_parser_new(e->options.feed_url, (struct feed_sink){compare_date, e});
    if (feed_source_read(e->options.feed_url, (struct feed_bytes){on_bytes, e}, &far) != ERR_OK ||
        feed_parser_finish(e->parser, &far) != ERR_OK) {
        if (err != NULL && err->code == ERR_OK)
            *err = far;
        return far.code;
    }
    if (e->changed == 0)
        return ERR_OK;
    const struct dated *d = &e->dates[e->first_changed];
    return lint_say(lint, "pubdate-unstable", d->line, d->version, err,
                    "pubDate changes with every fetch%s",
                    e->changed > 1 ? ", here and in other items" : "");
}

enum err_code evidence_judge(struct evidence *evidence, struct lint *lint, struct err *err) {
    const struct evidence_options *o = &evidence->options;
    struct artifact_client *client = NULL;
    if ((o->online || o->deep) && (client = artifact_client_new(err)) == NULL)
        return ERR_IO;
    enum err_code code = judge_dates(evidence, lint, err);
    if (code == ERR_OK)
        code = ask_lengths(evidence, client, lint, err);
    if (code == ERR_OK)
        code = judge_chosen(evidence, client, lint, err);
    artifact_client_free(client);
    return code;
}
