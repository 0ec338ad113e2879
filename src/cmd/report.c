/* gonogo report: the decision packet. What the verdict was, on which readings, who said what, what was
 * run; for the minutes of the meeting and for whoever asks later. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/cmd/cmd.h"
#include "src/cmd/judging.h"
#include "src/cmd/paper.h"
#include "src/cmd/report_parts.h"
#include "src/cmd/report_people.h"
#include "src/cmd/snapshot_json.h"
#include "src/cmd/svg_chart.h"
#include "src/engine/outputs.h"
#include "src/model/speak.h"

enum { TIME_CAP = 32, CELL_CAP = 512 };

/* ---- what stands above all ---- */

static void add_head(struct paper *d, const struct snapshot *s) {
    char at[TIME_CAP], line[CELL_CAP];
    when_rfc3339(s->wall_ms, at, sizeof at);
    paper_strong(d, s->question);
    snprintf(line, sizeof line, "%s: %u passing, %u failing, %u waiting, %u unknown, %u waived",
             verdict_name(s->verdict), s->passing, s->failing, s->waiting, s->unknown, s->waived);
    paper_strong(d, line);
    if (s->ground[0])
        paper_paragraph(d, "The question has no ground now: %s", s->ground);
    paper_paragraph(d, "Judged at %s. Target %s, stable %s, %s the promote.", at,
                    s->target[0] ? s->target : "unknown", s->stable[0] ? s->stable : "unknown",
                    stage_name(s->stage));
    paper_paragraph(d, "Fingerprint of the candidate: %s",
                    s->fingerprint[0] ? s->fingerprint : "not known");
    if (s->store_note[0])
        paper_paragraph(d, "Store: %s: %s", store_state_name(s->store), s->store_note);
}

static void add_gates(struct paper *d, const struct snapshot *s) {
    static const char *const titles[] = {"verdict", "gate", "kind", "reason", "since", NULL};
    paper_heading(d, "Gates");
    paper_table(d, titles);
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_view *gate = &s->gates[i];
        char since[TIME_CAP] = "", reason[2 * REASON_CAP + 16];
        if (gate->since_ms > 0)
            when_rfc3339(gate->since_ms, since, sizeof since);
        snprintf(reason, sizeof reason, "%s%s%s", gate->reason, gate->waiver[0] ? "; waiver " : "",
                 gate->waiver);
        paper_row(d, (const char *const[]){gate->counted ? gate_view_name(gate) : "not counted",
                                           s->policy->gates[i].name, s->policy->gates[i].kind,
                                           reason, since});
    }
    paper_table_end(d);
}

static void add_sources(struct paper *d, const struct snapshot *s) {
    static const char *const titles[] = {"state", "source", "version", "answered", "error", NULL};
    paper_heading(d, "Sources");
    paper_table(d, titles);
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct source_view *source = &s->sources[i];
        char version[4 * VERSION_CAP] = "", age[32] = "never";
        int64_t age_ms = source_age_ms(s, i);
        if (source->good)
            text_safe(version, sizeof version, source->good->version,
                      strlen(source->good->version));
        if (age_ms >= 0) {
            duration_text(age_ms, age, sizeof age - 4);
            snprintf(age + strlen(age), sizeof age - strlen(age), " ago");
        }
        paper_row(d,
                  (const char *const[]){source_state_name(source->state), s->policy->sources[i].id,
                                        version, age, source->last ? source->last->error : ""});
    }
    paper_table_end(d);
}

static void add_levels(struct paper *d, const struct snapshot *s) {
    static const char *const titles[] = {"verdict", "service level", "reason", "error budget",
                                         NULL};
    if (s->n_slos == 0)
        return;
    paper_heading(d, "Service levels");
    paper_table(d, titles);
    for (size_t i = 0; i < s->n_slos; i++) {
        const struct slo_view *view = &s->slos[i];
        char budget[CELL_CAP] = "";
        if (s->policy->slos[i].burn && !isnan(view->burn.budget_left))
            snprintf(budget, sizeof budget, "%.0f %% left; %s", view->burn.budget_left * 100,
                     view->burn.reason);
        paper_row(d, (const char *const[]){view->counted ? slo_verdict_name(view->verdict)
                                                         : "no data yet",
                                           s->policy->slos[i].name, view->reason, budget});
    }
    paper_table_end(d);
    for (size_t i = 0; i < s->n_slos; i++) {
        if (s->slos[i].samples == 0)
            continue;
        struct buf svg;
        buf_init(&svg, 0);
        svg_chart(s, i, &svg);
        paper_picture(d, s->policy->slos[i].name, &svg);
        buf_fini(&svg);
    }
    for (size_t i = 0; i < s->n_canaries; i++)
        paper_paragraph(d, "Canary: %s", s->canaries[i].reason);
}

static void add_feed(struct paper *d, const struct snapshot *s) {
    struct buf words;
    buf_init(&words, 0);
    paper_heading(d, "What the feeds differ in");
    if (report_feed_words(s, &words))
        paper_code(d, words.data);
    else
        paper_paragraph(d, "%s", words.data);
    buf_fini(&words);
}

/* ---- people, and what was done ---- */

/* The digest of what a step said, and whether the words are there still. */
static void output_text(const struct snapshot *s, const struct run_view *run, size_t i, char *dst,
                        size_t cap) {
    const struct step_view *step = &run->steps[i];
    bool undo = step->state == STEP_UNDONE || step->state == STEP_UNDO_FAILED;
    dst[0] = '\0';
    if (!step->digest[0] || !s->policy->ledger.file)
        return;
    char *path = outputs_path(s->policy->ledger.file, run->id, (int)i, undo);
    enum output_kept kept = outputs_read(path, step->digest, NULL);
    bool sound = kept == OUTPUT_WHOLE || kept == OUTPUT_CUT;
    snprintf(dst, cap, "%s%s%s", step->digest, sound ? "" : ", ",
             sound ? "" : output_kept_name(kept));
    free(path);
}

static void add_steps(struct paper *d, const struct snapshot *s, const struct run_view *run) {
    static const char *const titles[] = {"step",   "name", "state", "what came of it",
                                         "output", NULL};
    paper_paragraph(d, "The steps of the newest one, %s:", run->name);
    paper_table(d, titles);
    for (size_t i = 0; i < run->n_steps; i++) {
        const struct step_view *step = &run->steps[i];
        const struct action_spec *action =
            run->action >= 0 ? &s->policy->actions[run->action] : NULL;
        char number[24], output[HASH_HEX_CAP + 32];
        snprintf(number, sizeof number, "%zu", i + 1);
        output_text(s, run, i, output, sizeof output);
        paper_row(d, (const char *const[]){
                         number, action && i < action->n_steps ? action->steps[i].name : "",
                         step_state_name(step->state), step->text, output});
    }
    paper_table_end(d);
}

static void add_runs(struct paper *d, const struct snapshot *s) {
    static const char *const titles[] = {"action",    "of",   "state", "by",
                                         "confirmed", "took", "why",   NULL};
    if (s->n_runs == 0)
        return;
    paper_heading(d, "Runs");
    paper_table(d, titles);
    for (size_t i = 0; i < s->n_runs; i++) {
        const struct run_view *run = s->runs[i];
        char confirmed[TIME_CAP] = "", took[32] = "", why[2 * RUN_TEXT_CAP + 8];
        int64_t ms = run_stopwatch_ms(run, s->wall_ms);
        if (run->confirmed_ms > 0)
            when_rfc3339(run->confirmed_ms, confirmed, sizeof confirmed);
        if (ms >= 0)
            duration_text(ms, took, sizeof took);
        snprintf(why, sizeof why, "%s%s%s", run->why, run->why[0] && run->drift[0] ? "; " : "",
                 run->drift);
        paper_row(d, (const char *const[]){run->name, run->target, run_state_name(run->state),
                                           run->who, confirmed, took, why});
    }
    paper_table_end(d);
    add_steps(d, s, s->runs[0]);
}

static void add_timeline(struct paper *d, const struct report_ledger *ledger) {
    static const char *const titles[] = {"no.", "at", "what was said and done", "from", NULL};
    paper_heading(d, "Ledger");
    paper_paragraph(d, "%s", ledger->note);
    if (ledger->n == 0)
        return;
    paper_table(d, titles);
    for (size_t i = 0; i < ledger->n; i++) {
        const struct record *r = ledger->records[i];
        char number[24], at[TIME_CAP], from[4 * RECORD_NAME_CAP], line[2 * RECORD_TEXT_CAP];
        snprintf(number, sizeof number, "%llu", (unsigned long long)r->seq);
        when_rfc3339(r->at_ms, at, sizeof at);
        speak_line(r, line, sizeof line);
        text_safe(from, sizeof from, r->user, strlen(r->user));
        paper_row(d, (const char *const[]){number, at, line, from});
    }
    paper_table_end(d);
}

static void write_document(const struct snapshot *s, enum paper_format format) {
    struct paper d;
    char title[CELL_CAP];
    struct report_ledger ledger;
    report_ledger_read(&ledger, s);
    snprintf(title, sizeof title, "%s %s: %s", s->policy->product,
             s->target[0] ? s->target : "unknown", verdict_name(s->verdict));
    paper_begin(&d, format, title);
    add_head(&d, s);
    add_gates(&d, s);
    add_levels(&d, s);
    add_feed(&d, s);
    report_people(&d, s);
    add_runs(&d, s);
    add_timeline(&d, &ledger);
    add_sources(&d, s);
    paper_end(&d);
    fwrite(d.out.data, 1, d.out.len, stdout);
    paper_fini(&d);
    report_ledger_fini(&ledger);
}

static void write_json(const struct snapshot *s) {
    struct report_ledger ledger;
    struct buf words;
    json_t *out = snapshot_json(s);
    buf_init(&words, 0);
    report_ledger_read(&ledger, s);
    bool known = report_feed_words(s, &words);
    json_object_set_new(out, "feed_diff", known ? report_lines(words.data) : json_null());
    json_object_set_new(out, "feed_note", known ? json_null() : json_string(words.data));
    report_people_json(out, s);
    json_object_set_new(out, "entries", report_ledger_json(&ledger));
    json_print(out, stdout);
    json_decref(out);
    buf_fini(&words);
    report_ledger_fini(&ledger);
}

/* ---- the command ---- */

enum format { FORMAT_MARKDOWN, FORMAT_HTML, FORMAT_JSON, FORMATS };
static const char *const formats[FORMATS] = {"md", "html", "json"};

static bool format_of(const char *word, enum format *format) {
    for (int i = 0; i < FORMATS; i++) {
        if (strcmp(word, formats[i]) == 0) {
            *format = (enum format)i;
            return true;
        }
    }
    return false;
}

/* The threads have ended by then: what a report gathers besides is read from ledger and feeds. */
static int report(const struct judging *judging, const struct policy *policy, enum format format) {
    struct err err = ERR_INIT;
    const struct snapshot *s = judging_look(judging, policy, &err);
    if (!s)
        return cmd_fail(&err);
    if (format == FORMAT_JSON)
        write_json(s);
    else
        write_document(s, format == FORMAT_HTML ? PAPER_HTML : PAPER_MARKDOWN);
    snapshot_drop(s);
    return cmd_close_stdout(EXIT_GO);
}

int cmd_report(int argc, char **argv) {
    static const struct option options[] = {JUDGING_OPTIONS,
                                            JUDGING_WAIT,
                                            {"format", required_argument, NULL, 'f'},
                                            {NULL, 0, NULL, 0}};
    struct judging judging;
    enum format format = FORMAT_MARKDOWN;
    int answer, code = EXIT_GO;
    judging_init(&judging, "report");
    while ((answer = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
        if (answer != 'f' && judging_option(&judging, argc, argv, answer) != 0)
            return EXIT_USAGE;
        if (answer == 'f' && !format_of(optarg, &format))
            return cmd_usage("report", "--format: \"%.64s\" is none: write md, html or json",
                             optarg);
    }
    struct policy *policy = judging_policy(&judging, argc, argv, &code);
    if (!policy)
        return code;
    code = report(&judging, policy, format);
    policy_free(policy);
    return code;
}
