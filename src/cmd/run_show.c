#include "src/cmd/run_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/cmd/report_parts.h"

/* --- plans --- */

/* The words of the report, each on a line of its own. */
static void show_feeds(const char *feeds) {
    size_t n;
    printf("what the feeds differ in:\n");
    for (; *feeds; feeds += n + (feeds[n] == '\n')) {
        n = strcspn(feeds, "\n");
        printf("  %.*s\n", (int)n, feeds);
    }
}

void show_plan(const struct run_plan *plan, const char *feeds) {
    const struct action_spec *action = &plan->policy->actions[plan->action];
    printf("%s\n", action->name);
    for (size_t i = 0; i < PLAN_LINES && plan->lines[i][0]; i++)
        printf("  %s\n", plan->lines[i]);
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct run_step *step = &plan->steps[i];
        printf("%3zu. %s\n     %s\n", i + 1, step->spec->name, step->line ? step->line : "?");
        if (step->undo_line)
            printf("     taken back by: %s\n", step->undo_line);
    }
    if (*feeds)
        show_feeds(feeds);
    if (plan->word[0])
        printf("confirmed with --confirm %s%s\n", plan->word,
               plan->reason_needed ? " and --reason TEXT" : "");
    if (plan->fault[0])
        printf("refused: %s\n", plan->fault);
    else if (plan->held[0])
        printf("held up: %s\n", plan->held);
}

static const char *const kind_names[] = {[STEP_RUN] = "run",
                                         [STEP_HTTP] = "http",
                                         [STEP_EXPECT] = "expect",
                                         [STEP_WAIT] = "wait",
                                         [STEP_ASK] = "ask"};

static json_t *text_or_null(const char *text) {
    return text && text[0] ? json_text(text) : json_null();
}

json_t *show_plan_json(const struct run_plan *plan, const char *feeds) {
    const struct action_spec *action = &plan->policy->actions[plan->action];
    json_t *lines = json_array(), *steps = json_array();
    for (size_t i = 0; i < PLAN_LINES && plan->lines[i][0]; i++)
        json_array_append_new(lines, json_text(plan->lines[i]));
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct run_step *step = &plan->steps[i];
        json_array_append_new(
            steps, json_pack("{s:o, s:s, s:o, s:o}", "name", json_text(step->spec->name), "kind",
                             kind_names[step->spec->kind], "does", text_or_null(step->line), "undo",
                             text_or_null(step->undo_line)));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:o, s:o, s:o}", "action",
                     json_text(action->name), "target",
                     text_or_null(plan->values.text[PLACE_TARGET]), "refused",
                     text_or_null(plan->fault), "held", text_or_null(plan->held), "confirm",
                     text_or_null(plan->word), "reason_needed", (int)plan->reason_needed, "digest",
                     plan->digest, "reach", lines, "steps", steps, "feeds", report_lines(feeds));
}

/* --- runs --- */

static void span_text(int64_t ms, char *dst, size_t cap) {
    if (ms < 0)
        snprintf(dst, cap, "-");
    else
        duration_text(ms, dst, cap);
}

void show_run_line(const struct run_view *v, int64_t now_ms) {
    char at[32], took[32];
    when_rfc3339(v->prepared_ms, at, sizeof at);
    span_text(run_stopwatch_ms(v, now_ms), took, sizeof took);
    printf("%s  %-12s  %-11s  %s  by %s, %s%s%s\n", v->id, v->name, run_state_name(v->state), at,
           v->who, took, v->drift[0] || v->why[0] ? ": " : "", v->drift[0] ? v->drift : v->why);
}

static const char *step_name(const struct policy *policy, const struct run_view *v, size_t i) {
    bool known = v->action >= 0 && i < policy->actions[v->action].n_steps;
    return known ? policy->actions[v->action].steps[i].name : "";
}

void show_decision(const struct policy *policy, const struct run_view *v) {
    if (!run_is_open(v->state))
        return;
    if (v->step >= 0)
        printf("  %s at step %d, %s\n", run_state_name(v->state), v->step + 1,
               step_name(policy, v, (size_t)v->step));
    else
        printf("  %s before its first step\n", run_state_name(v->state));
    if (v->action < 0)
        printf("  the configuration has no such action any more: put it back\n");
    printf("  decide: gonogo run %s --resume --confirm %s (what holds already is not done again),\n"
           "          gonogo run %s --undo --confirm %s, or gonogo run %s --abandon\n",
           v->name, v->name, v->name, v->name, v->name);
}

static json_t *time_or_null(int64_t wall_ms) {
    char at[32];
    if (wall_ms == 0)
        return json_null();
    when_rfc3339(wall_ms, at, sizeof at);
    return json_string(at);
}

static json_t *number_or_null(int64_t value, bool known) {
    return known ? json_integer(value) : json_null();
}

json_t *show_run_json(const struct policy *policy, const struct run_view *v, int64_t now_ms) {
    json_t *steps = json_array();
    int64_t watch_ms = run_stopwatch_ms(v, now_ms);
    for (size_t i = 0; i < v->n_steps; i++) {
        const struct step_view *step = &v->steps[i];
        bool ended = step->began_ms && step->ended_ms;
        json_array_append_new(
            steps, json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "name",
                             text_or_null(step_name(policy, v, i)), "state",
                             step_state_name(step->state), "exit_code",
                             number_or_null(step->exit_code, step->exit_code != RECORD_EXIT_NONE &&
                                                                 step->state != STEP_PENDING),
                             "duration_ms", number_or_null(step->ended_ms - step->began_ms, ended),
                             "output_sha256", text_or_null(step->digest), "text",
                             text_or_null(step->text)));
    }
    return json_pack(
        "{s:s, s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "run",
        v->id, "action", json_text(v->name), "state", run_state_name(v->state), "recorded",
        !v->unrecorded, "step", number_or_null(v->step + 1, v->step >= 0), "who", json_text(v->who),
        "target", text_or_null(v->target), "reason", text_or_null(v->reason), "why",
        text_or_null(v->why), "drift", text_or_null(v->drift), "prepared",
        time_or_null(v->prepared_ms), "confirmed", time_or_null(v->confirmed_ms), "ended",
        time_or_null(v->ended_ms), "stopwatch_ms", number_or_null(watch_ms, watch_ms >= 0),
        "goal_ms", number_or_null(v->goal_ms, v->goal_ms > 0), "steps", steps);
}

/* --- while it runs --- */

/* What was added since: the end of what is shown now, when it begins like what was shown before. */
static void show_output(const struct run_text *before, const struct run_text *now) {
    if (!now || now == before)
        return;
    const char *from = now->text;
    bool same = before && before->step == now->step;
    if (same && now->n >= before->n && memcmp(before->text, now->text, before->n) == 0)
        from += before->n;
    else if (same)
        printf("…\n");
    fputs(from, stdout);
}

static void show_step(const struct policy *policy, const struct run_view *before,
                      const struct run_view *now, size_t i) {
    const struct step_view *step = &now->steps[i];
    enum step_state was = before && i < before->n_steps ? before->steps[i].state : STEP_PENDING;
    if (step->state != was)
        printf("%s  step %zu %s: %s%s%s\n", now->name, i + 1, step_state_name(step->state),
               step_name(policy, now, i), step->text[0] ? ": " : "", step->text);
}

void show_progress(const struct policy *policy, const struct run_view *before,
                   const struct run_view *now) {
    size_t speaks = now->output && now->output->step >= 0 ? (size_t)now->output->step : 0;
    if (!before || before->state != now->state)
        printf("%s  %s\n", now->name, run_state_name(now->state));
    for (size_t i = 0; i < speaks && i < now->n_steps; i++)
        show_step(policy, before, now, i);
    bool begins = speaks < now->n_steps && now->steps[speaks].ended_ms == 0;
    if (begins)
        show_step(policy, before, now, speaks);
    show_output(before ? before->output : NULL, now->output);
    for (size_t i = speaks + begins; i < now->n_steps; i++)
        show_step(policy, before, now, i);
    fflush(stdout);
}

void show_end(const struct run_view *v, int64_t now_ms) {
    char took[32], goal[32];
    int64_t watch_ms = run_stopwatch_ms(v, now_ms);
    span_text(watch_ms, took, sizeof took);
    printf("%s %s", v->name, run_state_name(v->state));
    if (v->why[0])
        printf(": %s", v->why);
    if (watch_ms >= 0)
        printf("; %s since it was confirmed", took);
    if (watch_ms >= 0 && v->goal_ms > 0) {
        span_text(v->goal_ms, goal, sizeof goal);
        printf(", %s the goal of %s", watch_ms <= v->goal_ms ? "within" : "over", goal);
    }
    printf("\nrun %s\n", v->id);
}
