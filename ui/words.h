/* Signs, inks and words of states, the same in every view; and the pages of details. */
#ifndef GONOGO_UI_WORDS_H
#define GONOGO_UI_WORDS_H

#include "ui/pager.h"
#include "ui/view.h"

enum sign words_gate_sign(const struct gate_view *gate);
enum ink words_gate_ink(const struct gate_view *gate);
/* Its reason; of a waived gate first by whom, until when and why; or whom a waiver waits for. */
void words_gate_reason(const struct gate_view *gate, char *dst, size_t cap);
enum sign words_source_sign(enum source_state state);
enum ink words_source_ink(enum source_state state);
enum ink words_verdict_ink(enum verdict verdict);
/* Why a gate that does not count does not: "later" or "over". */
const char *words_uncounted(const struct gate_spec *spec);

enum sign words_run_sign(const struct run_view *run);
enum ink words_run_ink(const struct run_view *run);
/* "promote 2.0.0.20 done in 2 m 14 s (ops-lead)", "promote 2.0.0.20 running, step 2 of 3 (ada)". */
void words_run_line(const struct view_ctx *ctx, const struct run_view *run, char *dst, size_t cap);

/* "6 ok, 1 error, 1 pending": sources by state, those that are none left out. `env` < 0 = all. */
void words_sources(const struct view_ctx *ctx, int env, char *dst, size_t cap);

/* "42 ms", "1.2 s". */
void words_latency(int ms, char *dst, size_t cap);

/* One line for each role of a votes gate, for each item of a checklist. */
void words_roll(const struct view_ctx *ctx, size_t gate, struct pager *page);
void words_items(const struct view_ctx *ctx, size_t gate, struct pager *page);
/* Everything that is known of one gate, of one source. */
/* "✓ text", whose second row hangs below the text. */
void words_signed(struct pager *page, const struct canvas *c, enum sign sign, enum ink ink,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
/* What the stable feed and the candidate's differ in, a line or more. */
void words_feeds(const struct view_ctx *ctx, struct pager *page);
void words_gate_page(const struct view_ctx *ctx, size_t gate, struct pager *page);
void words_source_page(const struct view_ctx *ctx, size_t source, struct pager *page);

#endif
