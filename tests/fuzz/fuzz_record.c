/* Any bytes: as a line of an export they are refused or written back byte for byte; as an entry they are
 * refused or become a record whose canonical JSON reads back as itself, and whose line no terminal minds. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"
#include "src/model/chain.h"
#include "src/model/speak.h"
#include "tests/fuzz/must.h"

static void read_as_line(const char *bytes, size_t n) {
    unsigned char signature[ED25519_SIGNATURE];
    char fault[CHAIN_FAULT_CAP];
    struct chain_entry e;
    struct buf out;
    if (!chain_read(bytes, n, &e, signature))
        return;
    buf_init(&out, 0);
    chain_write(&e, &out);
    MUST(out.len == n + 1 && memcmp(out.data, bytes, n) == 0);
    buf_fini(&out);
    struct chain *c = chain_new(NULL, 0, true);
    chain_add(c, &e, fault);
    chain_free(c);
}

static void read_as_entry(const char *bytes, size_t n) {
    struct err err = ERR_INIT;
    struct buf once, twice;
    char line[512], safe[sizeof line];
    struct record *r = record_read(bytes, n, "fuzz", &err);
    MUST((r != NULL) == (err.code == ERR_OK));
    if (!r)
        return;
    speak_line(r, line, sizeof line);
    text_safe(safe, sizeof safe, line, strlen(line));
    MUST(strcmp(line, safe) == 0);
    if (r->kind != RECORD_OTHER) {
        buf_init(&once, RECORD_JSON_CAP);
        buf_init(&twice, RECORD_JSON_CAP);
        record_write(r, &once);
        struct record *again = record_read(once.data, once.len, "fuzz", &err);
        MUST(again != NULL);
        record_write(again, &twice);
        MUST(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
        record_drop(again);
        buf_fini(&once);
        buf_fini(&twice);
    }
    record_drop(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_as_line((const char *)data, size);
    read_as_entry((const char *)data, size);
    return 0;
}
