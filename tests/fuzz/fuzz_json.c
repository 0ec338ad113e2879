/* Any bytes: json_read() gives a document within the depth cap or an error that says where, never
 * both; what it gives can be walked by pointers and is written so that it reads back the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "tests/fuzz/must.h"

static void must_survive(const char *text) {
    struct buf out;
    buf_init(&out, 0);
    json_add_text(&out, text);
    json_t *read = json_loadb(out.data, out.len, JSON_DECODE_ANY, NULL);
    MUST(json_is_string(read));
    json_t *made = json_text(text);
    MUST(json_equal(read, made));
    json_decref(made);
    json_decref(read);
    buf_fini(&out);
}

static void walk(json_t *value, int depth) {
    size_t i;
    const char *key;
    json_t *child;
    MUST(!json_is_object(value) && !json_is_array(value) ? 1 : depth < JSON_DEPTH_MAX);
    json_array_foreach(value, i, child) {
        walk(child, depth + 1);
    }
    json_object_foreach(value, key, child) {
        must_survive(key);
        walk(child, depth + 1);
    }
    if (json_is_string(value))
        must_survive(json_string_value(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct err err = ERR_INIT;
    json_t *root = json_read((const char *)data, size, "fuzz", &err);
    MUST((root != NULL) == (err.code == ERR_OK));
    if (root) {
        walk(root, 0);
        MUST(json_at(root, "") == root);
    } else {
        MUST((err.code == ERR_PARSE || err.code == ERR_LIMIT) && err.what[0]);
    }
    /* The same bytes as a pointer, and as a text to write. */
    char *text = mem_copy_bytes(data, size);
    if (!json_pointer_ok(text))
        MUST(!json_at(root, text));
    else
        json_at(root, text);
    must_survive(text);
    free(text);
    json_decref(root);
    return 0;
}
