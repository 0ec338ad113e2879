/* The chain: whatever is done to an entry, its place, its hash or its signature, is found and named. */
#include "src/model/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "src/model/record.h"

enum { ENTRIES = 5 };

/* Entries as they are kept, made by the rules of the ledger. */
struct made {
    struct buf body[ENTRIES];
    char hash[ENTRIES][HASH_HEX_CAP];
    unsigned char signature[ENTRIES][ED25519_SIGNATURE];
    bool is_signed;
    unsigned char key[1][ED25519_KEY];
};

static const unsigned char private_key[ED25519_KEY] = {7, 1, 2};

static void make(struct made *m, bool is_signed) {
    char prev[HASH_HEX_CAP] = CHAIN_START;
    struct hash *hash = hash_new();
    memset(m, 0, sizeof *m);
    m->is_signed = is_signed;
    assert_true(ed25519_public(private_key, m->key[0]));
    for (size_t i = 0; i < ENTRIES; i++) {
        struct record *r = record_new(RECORD_VOTE);
        char text[64];
        r->seq = i + 1;
        r->at_ms = 1000000 * (int64_t)(i + 1);
        r->is_signed = is_signed;
        memcpy(r->key, m->key[0], sizeof r->key);
        memcpy(r->prev, prev, sizeof prev);
        snprintf(text, sizeof text, "no %zu, \"prev\":\",\\ \n\x1b", i);
        RECORD_PUT(r->text, text);
        RECORD_PUT(r->who, "ada");
        buf_init(&m->body[i], 0);
        record_write(r, &m->body[i]);
        if (is_signed)
            assert_true(
                ed25519_sign(private_key, m->body[i].data, m->body[i].len, m->signature[i]));
        chain_hash(hash, m->body[i].data, m->body[i].len, is_signed ? m->signature[i] : NULL,
                   m->hash[i]);
        memcpy(prev, m->hash[i], sizeof prev);
        record_drop(r);
    }
    hash_free(hash);
}

static void made_fini(struct made *m) {
    for (size_t i = 0; i < ENTRIES; i++)
        buf_fini(&m->body[i]);
}

static struct chain_entry entry_of(const struct made *m, size_t i) {
    return (struct chain_entry){.place = i + 1,
                                .body = m->body[i].data,
                                .n = m->body[i].len,
                                .hash = m->hash[i],
                                .signature = m->is_signed ? m->signature[i] : NULL};
}

/* How many faults; the first is in `fault`. */
static size_t walk(const struct made *m, bool trusted, bool each, char fault[CHAIN_FAULT_CAP]) {
    struct chain *c = chain_new(trusted ? m->key[0] : NULL, trusted ? 1 : 0, each);
    char other[CHAIN_FAULT_CAP];
    size_t faults = 0;
    for (size_t i = 0; i < ENTRIES; i++) {
        struct chain_entry e = entry_of(m, i);
        faults += !chain_add(c, &e, faults ? other : fault);
    }
    faults += !chain_end(c, faults ? other : fault);
    chain_free(c);
    return faults;
}

static void a_sound_chain_is_sound(void **state) {
    (void)state;
    struct made m;
    char fault[CHAIN_FAULT_CAP];
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        make(&m, is_signed);
        assert_int_equal(walk(&m, false, false, fault), 0);
        assert_int_equal(walk(&m, is_signed, is_signed, fault), 0);
        made_fini(&m);
    }
}

/* Rows as a database keeps them: every bit of a body, of a hash and of a signature. */
static void every_flipped_bit_of_a_row_is_found_and_named(void **state) {
    (void)state;
    struct made m;
    char fault[CHAIN_FAULT_CAP], name[32];
    make(&m, true);
    for (size_t i = 0; i < ENTRIES; i++) {
        struct {
            unsigned char *at;
            size_t n;
        } parts[] = {{(unsigned char *)m.body[i].data, m.body[i].len},
                     {(unsigned char *)m.hash[i], HASH_HEX_CAP - 1},
                     {m.signature[i], ED25519_SIGNATURE}};
        snprintf(name, sizeof name, "entry %zu", i + 1);
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
            for (size_t bit = 0; bit < 8 * parts[p].n; bit++) {
                parts[p].at[bit / 8] ^= (unsigned char)(1 << bit % 8);
                assert_true(walk(&m, true, false, fault) > 0);
                assert_non_null(strstr(fault, name));
                parts[p].at[bit / 8] ^= (unsigned char)(1 << bit % 8);
            }
    }
    made_fini(&m);
}

/* The same over the lines of an export, line breaks included. */
static bool lines_are_sound(const char *text, size_t n, const struct made *m) {
    struct chain *c = chain_new(m->key[0], 1, false);
    unsigned char signature[ED25519_SIGNATURE];
    char fault[CHAIN_FAULT_CAP];
    struct chain_entry e;
    bool sound = true;
    size_t lines = 0;
    for (const char *end; n > 0 && (end = memchr(text, '\n', n)); lines++) {
        size_t len = (size_t)(end - text);
        sound = chain_read(text, len, &e, signature) && chain_add(c, &e, fault) && sound;
        text += len + 1;
        n -= len + 1;
    }
    sound = chain_end(c, fault) && sound && n == 0 && lines == ENTRIES;
    chain_free(c);
    return sound;
}

static void every_flipped_bit_of_an_export_is_found(void **state) {
    (void)state;
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        struct made m;
        struct buf out;
        buf_init(&out, 0);
        make(&m, is_signed);
        if (!is_signed)
            memset(m.key, 0, sizeof m.key);
        for (size_t i = 0; i < ENTRIES; i++) {
            struct chain_entry e = entry_of(&m, i);
            chain_write(&e, &out);
        }
        assert_true(lines_are_sound(out.data, out.len, &m));
        for (size_t bit = 0; bit < 8 * out.len; bit++) {
            out.data[bit / 8] ^= (char)(1 << bit % 8);
            if (lines_are_sound(out.data, out.len, &m))
                fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
            out.data[bit / 8] ^= (char)(1 << bit % 8);
        }
        for (size_t n = 0; n < out.len; n++) /* cut anywhere */
            assert_false(lines_are_sound(out.data, n, &m));
        buf_fini(&out);
        made_fini(&m);
    }
}

static void removed_moved_and_inserted_entries_are_named(void **state) {
    (void)state;
    struct made m;
    char fault[CHAIN_FAULT_CAP] = "";
    make(&m, false);
    static const struct {
        size_t order[ENTRIES], n;
        const char *says;
    } cases[] = {
        {{0, 2, 3, 4}, 4, "entry 2 is missing"},
        {{0, 4}, 2, "entries 2 to 4 are missing"},
        {{1, 2, 3, 4}, 4, "entry 1 is missing"},
        {{0, 2, 1, 3, 4}, 5, "entry 2 is missing"},
        {{0, 1, 1, 2, 3}, 5, "entry 2 stands behind entry 2"},
        {{0, 1, 0, 2, 3}, 5, "entry 1 stands behind entry 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chain *c = chain_new(NULL, 0, false);
        bool good = true;
        for (size_t k = 0; k < cases[i].n && good; k++) {
            struct chain_entry e = entry_of(&m, cases[i].order[k]);
            e.place = 0; /* as in a file */
            good = chain_add(c, &e, fault);
        }
        assert_false(good);
        assert_non_null(strstr(fault, cases[i].says));
        chain_free(c);
    }
    struct chain *c = chain_new(NULL, 0, false);
    struct chain_entry e = entry_of(&m, 1); /* in somebody else's row */
    e.place = 1;
    assert_false(chain_add(c, &e, fault));
    assert_non_null(strstr(fault, "entry 2 stands in place 1"));
    chain_free(c);
    made_fini(&m);
}

/* Who changes an entry and makes its hash anew is found at the next one; who makes all anew, by the key. */
static void a_hash_made_anew_is_found_at_the_next_entry(void **state) {
    (void)state;
    struct made m;
    char fault[CHAIN_FAULT_CAP];
    struct hash *hash = hash_new();
    make(&m, true);
    char *word = strstr(m.body[2].data, "ada");
    memcpy(word, "eve", 3);
    chain_hash(hash, m.body[2].data, m.body[2].len, m.signature[2], m.hash[2]);
    assert_int_equal(walk(&m, true, false, fault), 1);
    assert_string_equal(
        fault, "entry 4 does not follow entry 3 as it stands: one of them was changed or put in");
    assert_int_equal(walk(&m, true, true, fault), 2); /* and its signature */
    for (size_t i = 3; i < ENTRIES; i++) {            /* the rest of the chain too */
        char *prev = strstr(m.body[i].data, "\"prev\":\"") + 8;
        memcpy(prev, m.hash[i - 1], HASH_HEX_CAP - 1);
        chain_hash(hash, m.body[i].data, m.body[i].len, m.signature[i], m.hash[i]);
    }
    assert_int_equal(walk(&m, true, false, fault), 1);
    assert_string_equal(fault, "entry 5 has a signature that does not fit it");
    hash_free(hash);
    made_fini(&m);
}

static void keys_that_are_not_trusted_sign_nothing(void **state) {
    (void)state;
    struct made m, plain;
    char fault[CHAIN_FAULT_CAP];
    make(&m, true);
    m.key[0][5] ^= 1;
    assert_int_equal(walk(&m, true, false, fault), ENTRIES);
    assert_non_null(strstr(fault, "which is not trusted"));
    made_fini(&m);
    /* behind the first signature nothing goes without */
    make(&m, true);
    make(&plain, false);
    struct chain *c = chain_new(m.key[0], 1, false);
    struct chain_entry e = entry_of(&m, 0);
    assert_true(chain_add(c, &e, fault));
    e = entry_of(&m, 1);
    e.signature = NULL;
    assert_false(chain_add(c, &e, fault));
    chain_free(c);
    made_fini(&m);
    made_fini(&plain);
}

static void a_walk_goes_on_where_another_ended(void **state) {
    (void)state;
    struct made m;
    char fault[CHAIN_FAULT_CAP];
    make(&m, true);
    struct chain *c = chain_new(m.key[0], 1, false);
    chain_resume(c, 2, m.hash[1], true);
    struct chain_entry e = entry_of(&m, 2);
    assert_true(chain_add(c, &e, fault));
    assert_true(chain_end(c, fault));
    assert_int_equal(chain_length(c), 3);
    assert_string_equal(chain_head(c), m.hash[2]);
    chain_free(c);
    made_fini(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_chain_is_sound),
        cmocka_unit_test(every_flipped_bit_of_a_row_is_found_and_named),
        cmocka_unit_test(every_flipped_bit_of_an_export_is_found),
        cmocka_unit_test(removed_moved_and_inserted_entries_are_named),
        cmocka_unit_test(a_hash_made_anew_is_found_at_the_next_entry),
        cmocka_unit_test(keys_that_are_not_trusted_sign_nothing),
        cmocka_unit_test(a_walk_goes_on_where_another_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
