/* A program on a pseudo-terminal, seen as a terminal sees it (libvterm): keys go in, the screen comes
 * out and is compared with a saved text. Every wait is for a condition, with a deadline. */
#ifndef GONOGO_TESTS_SCREEN_H
#define GONOGO_TESTS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

enum { SCREEN_DEADLINE_MS = 15000 }; /* sanitizers on a busy machine are slow */

struct screen;

/* `env` is NULL-terminated: "NAME=value" sets, "NAME" unsets; TERM is xterm-256color, the locale
 * UTF-8, unless it says otherwise. Fails the test when the program cannot be started. */
struct screen *screen_start(int rows, int cols, const char *const *argv, const char *const *env);
/* Kills what still runs. NULL is fine. */
void screen_free(struct screen *s);

pid_t screen_pid(const struct screen *s);
void screen_send(struct screen *s, const char *keys);
void screen_resize(struct screen *s, int rows, int cols);
/* Reads and shows what the program wrote, for at most timeout_ms, or until it wrote something. False
 * when the program's side is closed. */
bool screen_pump(struct screen *s, int timeout_ms);
/* While true, what the program writes is left unread: a terminal that is stuck. */
void screen_stick(struct screen *s, bool stuck);

/* The terminal goes away, as a lost ssh connection does. */
void screen_hang_up(struct screen *s);

/* Until the text stands (or stands no more) somewhere on the screen. */
bool screen_wait(struct screen *s, const char *text);
bool screen_wait_gone(struct screen *s, const char *text);
/* Until nothing came for quiet_ms. */
void screen_settle(struct screen *s, int quiet_ms);
/* Until it ended: its wait status, or -1 when the deadline was reached. */
int screen_wait_end(struct screen *s);
/* Sends the signal and waits as screen_wait_end() does. */
int screen_end_by(struct screen *s, int number);

/* The screen, a line per row, trailing blanks cut; the caller frees it. */
char *screen_text(const struct screen *s);
bool screen_has(const struct screen *s, const char *text);
/* Every byte that the program wrote so far. */
const char *screen_raw(const struct screen *s, size_t *n);
bool screen_in_alternate(const struct screen *s);
bool screen_cursor_shown(const struct screen *s);
void screen_modes(const struct screen *s, struct termios *modes);

/* Waits until the screen is that of tests/screens/expected/NAME.txt, and fails with both when it does
 * not come to be. What changes from run to run is masked on both sides: times of day, latencies,
 * ages, sparklines. With UPDATE=1 in the environment the file is written instead. */
void screen_expect(struct screen *s, const char *name);
/* The same, and `mask` may change the text further, on both sides; it must not make it longer. */
void screen_expect_masked(struct screen *s, const char *name, void (*mask)(char *text));

/* Fails the test unless the terminal is as it was: these modes, the usual screen, a cursor, and the
 * mouse the shell's again. */
void screen_expect_sane(struct screen *s, const struct termios *before);

#endif
