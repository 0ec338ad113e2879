/* The logs' part of the store's file: what was measured in each minute, violations, and how far each file
 * was read. The caller's transactions; false: see db_trouble(). */
#ifndef GONOGO_ENGINE_STORE_LOGS_H
#define GONOGO_ENGINE_STORE_LOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "src/model/digest.h"
#include "src/model/past.h"
#include "src/model/policy.h"

struct sqlite3;
struct store_logs;

const char *store_logs_tables(void);

struct store_logs *store_logs_open(struct sqlite3 *db, bool keep); /* NULL: SQLite failed */
void store_logs_close(struct store_logs *l);                       /* NULL is fine */

bool store_logs_add(struct store_logs *l, const struct policy *policy, const struct digest *digest);
/* Deletes what is older than `before_ms`, and puts minutes together that are hours old: a bounded bite. */
bool store_logs_forget(struct store_logs *l, int64_t before_ms, int64_t now_ms);
/* Fills a digest that says nothing about now. Metrics and logs that the policy no longer has are left
 * out. */
bool store_logs_recall(struct store_logs *l, const struct policy *policy, struct digest *digest);
/* What the service levels' charts are laid over at this moment (past.h); NULL: SQLite failed. The versions
 * may be "". */
struct past *store_logs_past(struct store_logs *l, const struct policy *policy, const char *target,
                             const char *previous, int64_t now_ms);

#endif
