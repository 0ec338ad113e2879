/* gonogo ledger: what is written down, whether it is still what was written, and a copy that verifies
 * elsewhere. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/base64.h"
#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/ledger_verify.h"
#include "src/cmd/out.h"
#include "src/model/speak.h"

enum { SHOWN = 50, KEY_FILE_CAP = 4096 };

struct options {
    const char *config, *kind, *head;
    const char *keys[VERIFY_KEYS_MAX];
    size_t n_keys;
    uint64_t last; /* 0 = all */
    bool json, every_signature;
};

/* The ledger of the configuration, or the file itself when one is named. `*policy` is the caller's. */
static struct ledger *open_ledger(const struct options *o, const char *file, struct policy **policy,
                                  struct err *err) {
    const struct ledger_spec *spec = NULL;
    *policy = NULL;
    if (!file) {
        *policy = cmd_policy(o->config, NULL, err);
        if (!*policy)
            return NULL;
        spec = &(*policy)->ledger;
        file = spec->file;
    }
    if (file)
        return ledger_open(file, LEDGER_READ, spec, clock_system(), err);
    err_set(err, ERR_MISSING, (*policy)->path,
            "configure ledger: {file: PATH}, or a store:", "there is no ledger");
    return NULL;
}

/* show */

struct showing {
    const struct options *options;
    uint64_t from;
    struct out *out;
    struct err *err;
};

static void add_line(struct buf *out, const struct record *r) {
    char when[32], line[RECORD_TEXT_CAP + 512], target[VERSION_CAP];
    when_rfc3339(r->at_ms, when, sizeof when);
    speak_line(r, line, sizeof line);
    text_safe(target, sizeof target, r->target, strlen(r->target));
    buf_addf(out, "%6llu  %.19sZ  %-8s  %s%s%s%s\n", (unsigned long long)r->seq, when,
             r->kind == RECORD_OTHER ? "other" : record_kind_name(r->kind), line,
             target[0] ? "  (" : "", target, target[0] ? ")" : "");
}

static bool show_one(void *self, const struct record *r) {
    struct showing *s = self;
    const char *kind = s->options->kind;
    if (r->seq < s->from || (kind && strcmp(kind, record_kind_name(r->kind)) != 0))
        return true;
    if (s->options->json) {
        record_write(r, &s->out->text);
        buf_add_text(&s->out->text, "\n");
    } else {
        add_line(&s->out->text, r);
    }
    return out_pass(s->out, s->err) == ERR_OK;
}

static int show(const struct options *o, const char *file) {
    struct err err = ERR_INIT, written = ERR_INIT;
    struct policy *policy;
    struct out out;
    struct ledger *l = open_ledger(o, file, &policy, &err);
    out_init(&out, STDOUT_FILENO, "stdout");
    int64_t last = l ? ledger_last(l, &err) : -1;
    if (last >= 0) {
        uint64_t skipped = o->last > 0 && (uint64_t)last > o->last ? (uint64_t)last - o->last : 0;
        struct showing s = {o, skipped + 1, &out, &written};
        /* The whole chain is walked, so that nothing is shown that was tampered with. */
        ledger_each(l, 1, show_one, &s, &err);
    }
    out_flush(&out, &written);
    out_fini(&out);
    ledger_close(l);
    policy_free(policy);
    if (err.code == ERR_MISSING && !file) {
        fprintf(stderr, "gonogo: %s: nothing is written down yet\n", err.where);
        return EXIT_GO;
    }
    return err.code != ERR_OK ? cmd_fail(&err) : written.code != ERR_OK ? cmd_fail(&written) : 0;
}

/* export */

struct exporting {
    struct out *out;
    struct err *err;
    uint64_t entries;
    char head[HASH_HEX_CAP];
};

static bool export_one(void *self, const struct chain_entry *e) {
    struct exporting *x = self;
    chain_write(e, &x->out->text);
    memcpy(x->head, e->hash, HASH_HEX_CAP - 1);
    x->entries++;
    return out_pass(x->out, x->err) == ERR_OK;
}

/* As it is, sound or not: to judge is verify's business. */
static int export(const struct options *o, const char *file) {
    struct err err = ERR_INIT, written = ERR_INIT;
    struct policy *policy;
    struct out out;
    struct exporting x = {.out = &out, .err = &written, .head = CHAIN_START};
    struct ledger *l = open_ledger(o, file, &policy, &err);
    out_init(&out, STDOUT_FILENO, "stdout");
    if (l && ledger_rows(l, LEDGER_ROWS_ALL, export_one, &x, &err) == ERR_OK)
        buf_addf(&out.text, "{\"entries\":%llu,\"head\":\"%s\"}\n", (unsigned long long)x.entries,
                 x.head);
    out_flush(&out, &written);
    out_fini(&out);
    ledger_close(l);
    policy_free(policy);
    return err.code != ERR_OK ? cmd_fail(&err) : written.code != ERR_OK ? cmd_fail(&written) : 0;
}

/* verify */

static enum err_code read_key(const char *given, unsigned char key[ED25519_KEY], struct err *err) {
    struct err ignored = ERR_INIT;
    char text[KEY_FILE_CAP];
    if (ed25519_read_key(given, "--public-key", key, &ignored) == ERR_OK)
        return ERR_OK;
    FILE *f = fopen(given, "re");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    return ed25519_read_key(text, "--public-key", key, err);
}

static enum err_code trust(const struct options *o, const struct policy *policy, struct verify *v,
                           struct err *err) {
    for (size_t i = 0; i < o->n_keys; i++)
        if (read_key(o->keys[i], v->keys[v->n_keys++], err) != ERR_OK)
            return err->code;
    for (size_t i = 0; policy && i < policy->ledger.n_trusted; i++)
        if (v->n_keys < VERIFY_KEYS_MAX)
            memcpy(v->keys[v->n_keys++], policy->ledger.trusted[i], ED25519_KEY);
    return ERR_OK;
}

static bool is_database(const char *path) {
    char begin[16] = "";
    FILE *f = strcmp(path, "-") == 0 ? NULL : fopen(path, "re");
    size_t n = f ? fread(begin, 1, sizeof begin, f) : 0;
    if (f)
        fclose(f);
    return n == sizeof begin && memcmp(begin, "SQLite format 3", sizeof begin) == 0;
}

static int verify(const struct options *o, const char *file) {
    struct err err = ERR_INIT;
    struct policy *policy = NULL;
    struct verify v = {.every_signature = o->every_signature, .head = o->head};
    bool lines = file && !is_database(file);
    int code = EXIT_MACHINE;
    struct ledger *l = lines ? NULL : open_ledger(o, file, &policy, &err);
    if (err.code == ERR_OK)
        trust(o, policy, &v, &err);
    if (err.code != ERR_OK)
        code = cmd_fail(&err);
    else
        code = lines ? verify_lines(&v, file) : verify_ledger(&v, l);
    ledger_close(l);
    policy_free(policy);
    return code;
}

/* keygen */

static enum err_code write_key(const char *path, const unsigned char *key, struct err *err) {
    char text[BASE64_CAP(ED25519_KEY) + 1];
    base64_encode(key, ED25519_KEY, text);
    size_t n = strlen(text);
    text[n++] = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        err_errno(err, ERR_IO, path,
                  errno == EEXIST ? "name a new file: a key is not replaced" : NULL,
                  "cannot be made");
    else if (write(fd, text, n) != (ssize_t)n || fsync(fd) != 0)
        err_errno(err, ERR_IO, path, "remove it and try again", "cannot be written");
    if (fd >= 0)
        close(fd);
    mem_wipe(text, sizeof text);
    return err->code;
}

static int keygen(const struct options *o, const char *file) {
    struct err err = ERR_INIT;
    unsigned char key[ED25519_KEY], public_key[ED25519_KEY];
    char text[BASE64_CAP(ED25519_KEY)];
    (void)o;
    if (!file)
        return cmd_usage("ledger", "keygen: say into which file");
    if (ed25519_generate(key, &err) != ERR_OK || write_key(file, key, &err) != ERR_OK ||
        !ed25519_public(key, public_key)) {
        mem_wipe(key, sizeof key);
        return cmd_fail(&err);
    }
    mem_wipe(key, sizeof key);
    base64_encode(public_key, sizeof public_key, text);
    printf("%s\n", text);
    return cmd_close_stdout(EXIT_GO);
}

static int take(struct options *o, int argc, char **argv, int answer) {
    char *end = NULL;
    switch (answer) {
    case 'c':
        o->config = optarg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case 'n':
        errno = 0;
        o->last = strtoull(optarg, &end, 10);
        return *optarg >= '0' && *optarg <= '9' && *end == '\0' && errno == 0
                   ? 0
                   : cmd_usage("ledger", "--last: \"%.32s\" is no number", optarg);
    case 'k':
        o->kind = optarg;
        for (int k = 0; k < RECORD_KINDS; k++)
            if (strcmp(optarg, record_kind_name((enum record_kind)k)) == 0)
                return 0;
        return cmd_usage("ledger", "--kind: no entry is of kind \"%.32s\"", optarg);
    case 'h':
        o->head = optarg;
        return strlen(optarg) == HASH_HEX_CAP - 1
                   ? 0
                   : cmd_usage("ledger", "--head: give the 64 hex digits that verify printed");
    case 'p':
        if (o->n_keys == VERIFY_KEYS_MAX)
            return cmd_usage("ledger", "--public-key: %d keys are enough", VERIFY_KEYS_MAX);
        o->keys[o->n_keys++] = optarg;
        return 0;
    case 'e':
        o->every_signature = true;
        return 0;
    default:
        return cmd_bad_option("ledger", argc, argv, answer);
    }
}

int cmd_ledger(int argc, char **argv) {
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},    {"json", no_argument, NULL, 'j'},
        {"last", required_argument, NULL, 'n'},      {"kind", required_argument, NULL, 'k'},
        {"head", required_argument, NULL, 'h'},      {"public-key", required_argument, NULL, 'p'},
        {"every-signature", no_argument, NULL, 'e'}, {NULL, 0, NULL, 0},
    };
    static const struct {
        const char *name;
        int (*run)(const struct options *o, const char *file);
    } words[] = {{"show", show}, {"verify", verify}, {"export", export}, {"keygen", keygen}};
    struct options o = {.last = SHOWN};
    int answer, code = 0;
    opterr = 0;
    optind = 1;
    while (code == 0 && (answer = getopt_long(argc, argv, ":c:", options, NULL)) != -1)
        code = take(&o, argc, argv, answer);
    if (code != 0)
        return code;
    if (optind == argc || argc - optind > 2)
        return cmd_usage("ledger", "say show, verify, export or keygen, and at most one file");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(argv[optind], words[i].name) == 0)
            return words[i].run(&o, argv[optind + 1]);
    return cmd_usage("ledger", "there is no \"%.32s\"", argv[optind]);
}
