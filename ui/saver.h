/* Saves pictures of the screen on a thread of its own, so that a slow disk never holds the screen up.
 * In the current folder; where that cannot be written, in the folder of the store. No file is ever
 * written over. */
#ifndef GONOGO_UI_SAVER_H
#define GONOGO_UI_SAVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/shot.h"

struct saver;

/* `fallback` (borrowed) is a file in the second folder, or NULL. */
struct saver *saver_new(const char *fallback);
/* Waits for what is being written, but not for ever: what a dead disk holds goes on by itself. */
void saver_free(struct saver *s); /* NULL is fine */

/* Takes the shot over. `view` is a part of the name, `wall_ms` another. False when the one before is
 * still being written, or no thread can be had. */
bool saver_save(struct saver *s, struct shot *shot, const char *view, int64_t wall_ms);
/* Readable when one is written. */
int saver_fd(const struct saver *s);
/* What came of it, safe: true once for each save. */
bool saver_done(struct saver *s, char *dst, size_t cap);

#endif
