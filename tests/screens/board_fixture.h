/* The screen on a world that is made by hand and a clock that stands still, so that every frame is
 * the same at every run: the policy comes through the configuration, the snapshots through the model. */
#ifndef GONOGO_TESTS_BOARD_FIXTURE_H
#define GONOGO_TESTS_BOARD_FIXTURE_H

/* Runs ui_run() on a scenario: first-frame, hold, go, no-go, many, hostile, lost-store, insecure,
 * levels (service levels and logs), live (the machine's clock, a thread that publishes), silent (the same, but it publishes once), dead
 * (a thread that asks has died).
 * Returns an exit code: 0, 2 for an unknown scenario, 1 when the screen could not be had; dies of the
 * signal that ended the screen. */
int board_fixture_run(const char *scenario);

#endif
