/* command: a command of one's own ends well: exit status 0 is pass, 1 fail, 3 wait; anything else, and
 * whatever keeps it from ending by itself, is unknown. */
#include "src/base/when.h"
#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    const struct source_spec *source =
        spec->n_sources == 1 ? &policy->sources[spec->sources[0]] : NULL;
    if (!source || !source->run || !source->run[0] || !source->run[0][0])
        return err_set(err, ERR_CONFIG, where, "add run: [python3, scripts/suite.py]",
                       "there is no command to run");
    return ERR_OK;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    const struct sample *seen = gate_reading(spec, s, out);
    char lasted[32];
    if (!seen)
        return;
    int64_t began_ms = seen->mono_ms - (seen->latency_ms > 0 ? seen->latency_ms : 0);
    if (s->candidate_moved_ms > 0 && began_ms < s->candidate_moved_ms) {
        gate_say(out, GATE_WAIT, "it ran before the candidate %s was this one: it is run again",
                 s->target);
        return;
    }
    duration_text(seen->latency_ms, lasted, sizeof lasted);
    const char *line = seen->status;
    enum gate_verdict verdict = seen->exit_code == COMMAND_PASS   ? GATE_PASS
                                : seen->exit_code == COMMAND_FAIL ? GATE_FAIL
                                : seen->exit_code == COMMAND_WAIT ? GATE_WAIT
                                                                  : GATE_UNKNOWN;
    gate_say(out, verdict, "exit %d after %s%s%s", seen->exit_code, lasted, line[0] ? ": " : "",
             line);
}

const struct gate_kind gate_command = {
    .name = "command",
    .help = "a command ends well: exit 0 is pass, 1 fail, 3 wait, the rest unknown",
    .probe = "command",
    .check = check,
    .judge = judge,
};
