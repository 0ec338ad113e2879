/* The bytes are copied into blocks that go to the thread and come back: two queues, and as many blocks
 * as there will ever be, so that no push waits. The thread owns the checks from its start to its join. */
#include "src/base/proof.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/base/thread.h"

enum {
    BLOCK = 256 << 10, /* bytes: fits the second cache of a core */
    BLOCKS = 8,
};

struct block {
    size_t len;
    unsigned char bytes[BLOCK];
};

struct proof {
    int64_t bytes;
    struct hash *sha256; /* NULL = nobody wants it */
    struct ed25519_check *checks[PROOF_SIGNATURES];
    int n_checks;
    struct block *filling; /* NULL = none */
    size_t n_blocks;
    struct queue *full, *empty; /* NULL until the thread is there */
    pthread_t thread;
};

struct proof *proof_new(void) {
    return mem_zero(1, sizeof(struct proof));
}

void proof_want_sha256(struct proof *proof) {
    if (proof->sha256 == NULL)
        proof->sha256 = hash_new();
}

int proof_want_signature(struct proof *proof, const unsigned char key[ED25519_KEY],
                         const unsigned char signature[ED25519_SIGNATURE]) {
    if (proof->n_checks == PROOF_SIGNATURES)
        return -1;
    proof->checks[proof->n_checks] = ed25519_check_new(key, signature);
    return proof->n_checks++;
}

static void check_block(struct proof *proof, const struct block *block) {
    for (int i = 0; i < proof->n_checks; i++)
        ed25519_check_add(proof->checks[i], block->bytes, block->len);
}

static void *check_blocks(void *self) {
    struct proof *proof = self;
    void *blocks[BLOCKS];
    size_t n;
    while ((n = queue_take(proof->full, blocks, BLOCKS, -1)) > 0)
        for (size_t i = 0; i < n; i++) {
            check_block(proof, blocks[i]);
            queue_push(proof->empty, blocks[i], -1);
        }
    return NULL;
}

/* Without a thread (the system has none left) it is done here and takes longer. */
static void start_thread(struct proof *proof) {
    struct err ignored = ERR_INIT;
    proof->full = queue_new(BLOCKS, NULL, NULL);
    proof->empty = queue_new(BLOCKS, NULL, NULL);
    if (thread_start(&proof->thread, THREAD_STACK_LOOKUP, "gonogo-proof", check_blocks, proof,
                     &ignored) == ERR_OK)
        return;
    queue_free(proof->full);
    queue_free(proof->empty);
    proof->full = proof->empty = NULL;
}

static struct block *next_block(struct proof *proof) {
    void *block = NULL;
    bool wait = proof->n_blocks == BLOCKS;
    if (proof->empty != NULL && queue_take(proof->empty, &block, 1, wait ? -1 : 0) == 1)
        return block;
    proof->n_blocks++;
    return mem_alloc(sizeof(struct block));
}

static void pass_block(struct proof *proof) {
    if (proof->full == NULL)
        start_thread(proof);
    if (proof->full == NULL) {
        check_block(proof, proof->filling);
    } else {
        queue_push(proof->full, proof->filling, -1);
        proof->filling = next_block(proof);
    }
    proof->filling->len = 0;
}

void proof_add(struct proof *proof, const void *bytes, size_t n) {
    const unsigned char *from = bytes;
    proof->bytes += (int64_t)n;
    if (proof->sha256 != NULL)
        hash_add(proof->sha256, bytes, n);
    if (proof->n_checks == 0 || n == 0)
        return;
    if (proof->filling == NULL) {
        proof->filling = next_block(proof);
        proof->filling->len = 0;
    }
    while (n > 0) {
        struct block *block = proof->filling;
        size_t part = BLOCK - block->len < n ? BLOCK - block->len : n;
        memcpy(block->bytes + block->len, from, part);
        block->len += part;
        from += part;
        n -= part;
        if (block->len == BLOCK)
            pass_block(proof);
    }
}

static void join(struct proof *proof) {
    if (proof->full == NULL)
        return;
    queue_close(proof->full);
    pthread_join(proof->thread, NULL);
    queue_free(proof->full);
    queue_free(proof->empty);
    proof->full = proof->empty = NULL;
}

struct proof_result proof_finish(struct proof *proof) {
    struct proof_result result = {.bytes = proof->bytes, .n_signatures = proof->n_checks};
    join(proof);
    if (proof->filling != NULL)
        check_block(proof, proof->filling);
    if (proof->sha256 != NULL)
        hash_hex(proof->sha256, result.sha256);
    for (int i = 0; i < proof->n_checks; i++)
        result.holds[i] = ed25519_check_holds(proof->checks[i]);
    return result;
}

void proof_free(struct proof *proof) {
    if (proof == NULL)
        return;
    join(proof);
    for (int i = 0; i < proof->n_checks; i++)
        ed25519_check_free(proof->checks[i]);
    hash_free(proof->sha256);
    free(proof->filling);
    free(proof);
}
