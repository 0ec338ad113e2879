#include "src/model/chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/base64.h"
#include "src/base/buf.h"
#include "src/base/mem.h"

enum {
    HEX = HASH_HEX_CAP - 1,
    KEYS_MAX = 32, /* that one ledger was ever signed with */
    KEY_TEXT = BASE64_CAP(ED25519_KEY) - 1,
};

/* A key that signed, and the last entry that it signed, whose signature is checked at the end. */
struct signer {
    char name[KEY_TEXT + 1];
    unsigned char key[ED25519_KEY];
    uint64_t seq; /* 0 = checked already */
    struct buf body;
    unsigned char signature[ED25519_SIGNATURE];
};

struct chain {
    const unsigned char *keys;
    size_t n_keys;
    bool each;
    struct hash *hash;
    uint64_t seq, n_signed;
    char head[HASH_HEX_CAP];
    struct signer signers[KEYS_MAX];
    size_t n_signers;
};

struct chain *chain_new(const unsigned char *keys, size_t n_keys, bool each) {
    struct chain *c = mem_zero(1, sizeof *c);
    *c = (struct chain){.keys = keys, .n_keys = n_keys, .each = each, .hash = hash_new()};
    memcpy(c->head, CHAIN_START, sizeof c->head);
    return c;
}

void chain_free(struct chain *c) {
    if (!c)
        return;
    for (size_t i = 0; i < c->n_signers; i++)
        buf_fini(&c->signers[i].body);
    hash_free(c->hash);
    free(c);
}

void chain_resume(struct chain *c, uint64_t seq, const char *head, bool is_signed) {
    c->seq = seq;
    c->n_signed = is_signed;
    memcpy(c->head, head, HEX);
}

uint64_t chain_length(const struct chain *c) {
    return c->seq;
}

const char *chain_head(const struct chain *c) {
    return c->head;
}

uint64_t chain_signed(const struct chain *c) {
    return c->n_signed;
}

void chain_hash(struct hash *h, const char *body, size_t n, const unsigned char *signature,
                char hex[HASH_HEX_CAP]) {
    hash_add(h, body, n);
    if (signature)
        hash_add(h, signature, ED25519_SIGNATURE);
    hash_hex(h, hex);
}

static bool fault_say(char fault[CHAIN_FAULT_CAP], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool fault_say(char fault[CHAIN_FAULT_CAP], const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(fault, CHAIN_FAULT_CAP, format, args);
    va_end(args);
    return false;
}

/* What stands behind `name` in a body, or NULL. The quote before a name can only end a string or begin a
 * member: within a string it would be escaped. */
static const char *find(const struct chain_entry *e, const char *name) {
    size_t n = strlen(name);
    const char *at = memmem(e->body, e->n, name, n);
    return at ? at + n : NULL;
}

static size_t left_of(const struct chain_entry *e, const char *at) {
    return e->n - (size_t)(at - e->body);
}

static uint64_t read_seq(const struct chain_entry *e) {
    const char *at = find(e, ",\"seq\":");
    uint64_t seq = 0;
    for (size_t left = at ? left_of(e, at) : 0; left > 0 && *at >= '0' && *at <= '9'; at++, left--)
        seq = seq < UINT64_MAX / 16 ? seq * 10 + (uint64_t)(*at - '0') : 0;
    return seq;
}

/* Signatures */

static bool signature_good(const struct signer *s, const void *body, size_t n,
                           const unsigned char *signature) {
    return ed25519_verify(s->key, signature, body, n);
}

static bool trusted(const struct chain *c, const unsigned char *key) {
    for (size_t i = 0; i < c->n_keys; i++)
        if (memcmp(c->keys + i * ED25519_KEY, key, ED25519_KEY) == 0)
            return true;
    return c->n_keys == 0;
}

static struct signer *signer_of(struct chain *c, const char *name) {
    for (size_t i = 0; i < c->n_signers; i++)
        if (memcmp(c->signers[i].name, name, KEY_TEXT) == 0)
            return &c->signers[i];
    if (c->n_signers == KEYS_MAX)
        return NULL;
    struct signer *s = &c->signers[c->n_signers];
    memcpy(s->name, name, KEY_TEXT);
    s->name[KEY_TEXT] = '\0';
    if (base64_decode(s->name, s->key, sizeof s->key) != ED25519_KEY)
        return NULL;
    buf_init(&s->body, 0);
    c->n_signers++;
    return s;
}

static bool check_signature(struct chain *c, const struct chain_entry *e, uint64_t seq,
                            char fault[CHAIN_FAULT_CAP]) {
    const char *name = find(e, "\"key\":\"");
    unsigned long long shown = seq;
    if (!e->signature && !name) {
        /* Before the key was there nobody could sign; behind its first signature all must be. */
        return c->n_signed == 0 || c->n_keys == 0 ||
               fault_say(fault, "entry %llu is not signed, though entries before it are", shown);
    }
    if (!e->signature)
        return fault_say(fault, "entry %llu has lost its signature", shown);
    if (!name || left_of(e, name) <= KEY_TEXT || name[KEY_TEXT] != '"')
        return fault_say(fault, "entry %llu has a signature and names no key", shown);
    struct signer *s = signer_of(c, name);
    if (!s)
        return fault_say(fault, "entry %llu names no usable key", shown);
    if (!trusted(c, s->key))
        return fault_say(fault, "entry %llu is signed by %s, which is not trusted", shown, s->name);
    c->n_signed++;
    if (c->each)
        return signature_good(s, e->body, e->n, e->signature) ||
               fault_say(fault, "entry %llu has a signature that does not fit it", shown);
    s->seq = seq;
    buf_clear(&s->body);
    buf_add(&s->body, e->body, e->n);
    memcpy(s->signature, e->signature, ED25519_SIGNATURE);
    return true;
}

/* The walk */

static bool check_place(const struct chain *c, const struct chain_entry *e, uint64_t seq,
                        char fault[CHAIN_FAULT_CAP]) {
    unsigned long long place = e->place, own = seq, before = c->seq;
    if (seq == 0)
        return fault_say(fault, "the entry behind %llu was changed: it has no number", before);
    if (e->place > 0 && seq != e->place)
        return fault_say(fault, "entry %llu stands in place %llu: it was moved or put in", own,
                         place);
    if (seq == c->seq + 1)
        return true;
    if (seq <= c->seq)
        return fault_say(fault, "entry %llu stands behind entry %llu: it was moved or put in", own,
                         before);
    if (seq == c->seq + 2)
        return fault_say(fault, "entry %llu is missing: it was removed", before + 1);
    return fault_say(fault, "entries %llu to %llu are missing: they were removed", before + 1,
                     own - 1);
}

static bool check_entry(struct chain *c, const struct chain_entry *e, uint64_t seq,
                        const char *hash, char fault[CHAIN_FAULT_CAP]) {
    unsigned long long shown = seq, before = c->seq;
    if (memcmp(hash, e->hash, HEX) != 0)
        return fault_say(fault, "entry %llu was changed: its hash does not fit what it says",
                         (unsigned long long)(e->place ? e->place : before + 1));
    if (!check_place(c, e, seq, fault))
        return false;
    const char *prev = find(e, ",\"prev\":\"");
    if (!prev || left_of(e, prev) <= HEX || memcmp(prev, c->head, HEX) != 0) {
        if (before == 0)
            return fault_say(fault,
                             "entry %llu does not begin a ledger: those before it were "
                             "removed, or it was put in",
                             shown);
        return fault_say(fault,
                         "entry %llu does not follow entry %llu as it stands: one of them "
                         "was changed or put in",
                         shown, before);
    }
    return check_signature(c, e, seq, fault);
}

bool chain_add(struct chain *c, const struct chain_entry *entry, char fault[CHAIN_FAULT_CAP]) {
    char hash[HASH_HEX_CAP];
    uint64_t seq = read_seq(entry);
    chain_hash(c->hash, entry->body, entry->n, entry->signature, hash);
    bool good = check_entry(c, entry, seq, hash, fault);
    /* The next one is held against what is kept of this one: one fault is told once. */
    c->seq = entry->place ? entry->place : seq ? seq : c->seq + 1;
    memcpy(c->head, entry->hash, HEX);
    return good;
}

bool chain_end(struct chain *c, char fault[CHAIN_FAULT_CAP]) {
    for (size_t i = 0; i < c->n_signers; i++) {
        struct signer *s = &c->signers[i];
        unsigned long long seq = s->seq;
        s->seq = 0;
        if (seq > 0 && !signature_good(s, s->body.data, s->body.len, s->signature))
            return fault_say(fault, "entry %llu has a signature that does not fit it", seq);
    }
    return true;
}

bool chain_reaches(const struct chain *c, uint64_t highest, char fault[CHAIN_FAULT_CAP]) {
    return highest <= c->seq ||
           fault_say(fault,
                     "entries %llu to %llu are missing from the end: the file "
                     "remembers that it held them",
                     (unsigned long long)c->seq + 1, (unsigned long long)highest);
}

/* Lines. They are read from their end, where everything has a fixed length, so that nothing has to be
 * parsed and nothing can be added that is not seen. */

#define LINE_BEGIN     "{\"entry\":"
#define LINE_HASH      ",\"hash\":\""
#define LINE_SIGNATURE "\",\"signature\":\""
#define LINE_END       "\"}"
enum { SIGNATURE_TEXT = BASE64_CAP(ED25519_SIGNATURE) - 1 };

void chain_write(const struct chain_entry *e, struct buf *out) {
    char signature[BASE64_CAP(ED25519_SIGNATURE)];
    buf_add_text(out, LINE_BEGIN);
    buf_add(out, e->body, e->n);
    buf_addf(out, LINE_HASH "%.*s", HEX, e->hash);
    if (e->signature) {
        base64_encode(e->signature, ED25519_SIGNATURE, signature);
        buf_addf(out, LINE_SIGNATURE "%s", signature);
    }
    buf_add_text(out, LINE_END "\n");
}

/* Takes `text` from the end of line[0..n); false when it does not stand there. */
static bool ends(const char *line, size_t *n, const char *text) {
    size_t len = strlen(text);
    if (*n < len || memcmp(line + *n - len, text, len) != 0)
        return false;
    *n -= len;
    return true;
}

bool chain_read(const char *line, size_t n, struct chain_entry *e,
                unsigned char signature[ED25519_SIGNATURE]) {
    static const size_t tail = sizeof LINE_SIGNATURE - 1 + SIGNATURE_TEXT;
    char text[BASE64_CAP(ED25519_SIGNATURE)], again[sizeof text];
    *e = (struct chain_entry){0};
    if (!ends(line, &n, LINE_END))
        return false;
    if (n >= tail && memcmp(line + n - tail, LINE_SIGNATURE, sizeof LINE_SIGNATURE - 1) == 0) {
        memcpy(text, line + n - SIGNATURE_TEXT, SIGNATURE_TEXT);
        text[SIGNATURE_TEXT] = '\0';
        if (base64_decode(text, signature, ED25519_SIGNATURE) != ED25519_SIGNATURE)
            return false;
        base64_encode(signature, ED25519_SIGNATURE, again); /* the last digit has bits to spare */
        if (strcmp(text, again) != 0)
            return false;
        e->signature = signature;
        n -= tail;
    }
    if (n < HEX)
        return false;
    n -= HEX;
    e->hash = line + n;
    for (size_t i = 0; i < HEX; i++)
        if (!memchr("0123456789abcdef", e->hash[i], 16))
            return false;
    if (!ends(line, &n, LINE_HASH) || n < sizeof LINE_BEGIN - 1 ||
        memcmp(line, LINE_BEGIN, sizeof LINE_BEGIN - 1) != 0)
        return false;
    e->body = line + sizeof LINE_BEGIN - 1;
    e->n = n - (sizeof LINE_BEGIN - 1);
    return true;
}
