/* The section `notify`: who is told when something changed, and how. */
#include "config/notify.h"

#include <stdlib.h>
#include <string.h>

#include "config/put.h"
#include "config/schema_rows.h"
#include "config/secret.h"
#include "config/shape.h"
#include "src/base/mem.h"
#include "src/model/notice.h"
#include "src/model/url.h"

static const struct option notify_rows[] = {
    {.key = "name",
     .type = OPTION_NAME,
     .flags = OPTION_REQUIRED,
     AT(raw_notify, name),
     .help = "who is told; for messages",
     .example = "release channel"},
    {.key = "on",
     .type = OPTION_LIST,
     .item = OPTION_TEXT,
     LIST_AT(raw_notify, on),
     .min = 1,
     .max = 4,
     .fallback = "all: verdict, run, burn, ledger",
     .help =
         "what about: changes of the verdict, runs, error budgets that burn, a ledger that is not "
         "to be believed",
     .example = "[verdict, run]"},
    {.key = "webhook",
     .type = OPTION_TEXT,
     AT(raw_notify, webhook),
     .help =
         "an https URL that takes Slack's format, {\"text\": …}; a secret: env:NAME or file:PATH",
     .example = "env:RELEASE_WEBHOOK"},
    {.key = "command",
     .type = OPTION_LIST,
     .item = OPTION_ARGUMENT,
     LIST_AT(raw_notify, command),
     .min = 1,
     .max = LIST_MAX,
     .help = "a command, word by word; {title} {text} {kind} are filled in, no shell reads it",
     .example = "[notify-send, \"{title}\", \"{text}\"]"},
    {.key = "bell",
     .type = OPTION_SWITCH,
     AT(raw_notify, bell),
     .help = "ring the terminal's bell on open dashboards",
     .example = "true"},
};
const struct section schema_notify = SECTION("notify[]", notify_rows, sizeof(struct raw_notify),
                                             "who is told when something changed");

static enum err_code resolve_on(const struct node *list, const struct raw_notify *raw, unsigned *on,
                                struct err *err) {
    *on = raw->on_count == 0 ? NOTICE_ALL : 0;
    for (uint32_t i = 0; i < raw->on_count; i++) {
        char todo[256];
        unsigned bit = notice_kind_bit(raw->on[i]);
        if (bit == 0) {
            shape_suggest(raw->on[i], notice_kind_names, todo, sizeof todo);
            return node_fail(node_at(list, i), err, todo, "nobody is told of \"%.64s\"",
                             raw->on[i]);
        }
        *on |= bit;
    }
    return ERR_OK;
}

static enum err_code resolve_webhook(const struct resolve *r, const struct node *n,
                                     struct notify_spec *spec, struct err *err) {
    if (n == NULL) {
        return ERR_OK;
    }
    if (secret_text(n, r->folder, &spec->webhook, err) != ERR_OK) {
        return err->code;
    }
    enum url_safety safety = url_safety(spec->webhook);
    if (safety != URL_HTTPS && safety != URL_HTTP_LOOPBACK) {
        return node_fail(n, err, "give one that begins with https://", "holds no https URL");
    }
    return ERR_OK;
}

static enum err_code resolve_one(struct resolve *r, const struct node *n,
                                 const struct raw_notify *raw, struct notify_spec *spec,
                                 struct err *err) {
    spec->name = mem_copy_text(raw->name);
    spec->bell = raw->bell;
    spec->webhook_from = mem_copy_text(raw->webhook);
    if (raw->command_count > 0) {
        spec->command = resolve_words(raw->command, raw->command_count);
    }
    if (raw->webhook == NULL && raw->command_count == 0 && !raw->bell) {
        return node_fail(n, err, "add webhook:, command: or bell: true", "tells nobody");
    }
    if (resolve_on(node_get(n, "on"), raw, &spec->on, err) != ERR_OK) {
        return err->code;
    }
    return resolve_webhook(r, node_get(n, "webhook"), spec, err);
}

enum err_code resolve_notify(struct resolve *r, struct err *err) {
    struct policy *p = r->policy;
    const struct node *list = node_get(r->root, "notify");
    p->notify = mem_zero((size_t)r->raw->notify_count + 1, sizeof *p->notify);
    for (uint32_t i = 0; i < r->raw->notify_count && err->code == ERR_OK; i++) {
        p->n_notify++; /* what is half made is freed too */
        resolve_one(r, node_at(list, i), &r->raw->notify[i], &p->notify[i], err);
    }
    return err->code;
}

void print_notify(FILE *out, const struct policy *policy) {
    for (size_t i = 0; i < policy->n_notify; i++) {
        const struct notify_spec *n = &policy->notify[i];
        (void)fputs(i == 0 ? "notify:\n  - name: " : "  - name: ", out);
        put(out, n->name);
        (void)fputs("\n    on: [", out);
        for (unsigned bit = 0, first = 1; notice_kind_names[bit] != NULL; bit++) {
            if ((n->on & (1U << bit)) != 0) {
                (void)fprintf(out, "%s%s", first ? "" : ", ", notice_kind_names[bit]);
                first = 0;
            }
        }
        (void)fputs("]\n", out);
        put_pair(out, "    ", "webhook", n->webhook_from);
        put_words(out, "    ", "command", n->command);
        (void)fputs(n->bell ? "    bell: true\n" : "", out);
    }
}
