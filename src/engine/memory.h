/* What the store has still to write: gathered from snapshots, each compared with the one before. Lives
 * on the store's thread. */
#ifndef GONOGO_ENGINE_MEMORY_H
#define GONOGO_ENGINE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "src/engine/store_db.h"
#include "src/model/snapshot.h"
#include "src/model/world.h"

struct memory;

struct memory *memory_new(const struct policy *policy);
void memory_free(struct memory *memory); /* NULL is fine */

/* What the file holds already, so that it is not written again. */
void memory_recall(struct memory *memory, const struct recall *recall);
void memory_add(struct memory *memory, const struct snapshot *s);

/* `stored` false: another process keeps the store, and this digest is not to be written; nor is any that
 * comes later, for then there would be a hole. Takes its own reference. */
void memory_add_digest(struct memory *memory, const struct digest *digest, bool stored);

/* Is there anything to write now? Sources wait for their own, slower pace unless `all`. */
bool memory_due(const struct memory *memory, int64_t now_ms, bool all);
/* Writes what is due, in the caller's transaction. After its commit: memory_written(); when it failed,
 * nothing, and all is still there for the next time. */
bool memory_write(struct memory *memory, struct store_db *db, int64_t now_ms, bool all);
void memory_written(struct memory *memory);

#endif
