/* logs-clean: no line of these files holds one of the patterns. The files are read whole, as they are
 * now: what is mended and written anew is clean again. */
#include <inttypes.h>

#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    (void)policy;
    if (spec->n_logs == 0)
        return err_set(err, ERR_CONFIG, where,
                       "add logs: [{name: build, format: text, paths: [log.md, rebuild_logs/]}]",
                       "there is no log of format text");
    return ERR_OK;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    unsigned gate = (unsigned)(spec - s->policy->gates);
    struct gate_tally tally = {0};
    char text[REASON_CAP];
    uint64_t files = 0, lines = 0;
    if (log_view_silent(s->log, s->mono_ms, text, sizeof text)) {
        gate_say(out, GATE_UNKNOWN, "%s", text);
        return;
    }
    for (size_t i = 0; i < s->log->n_findings; i++) {
        const struct digest_finding *f = &s->log->findings[i];
        if (f->gate == gate)
            gate_tally_fail(&tally, "%" PRIu64 " line%s in %s, the first %" PRIu64 ": %s",
                            f->matches, f->matches == 1 ? "" : "s", f->file, f->line, f->text);
    }
    for (size_t i = 0; i < spec->n_logs; i++) {
        const struct log_state *log = &s->log->logs[spec->logs[i]];
        if (log_view_doubt(s->policy, s->log, spec->logs[i], text, sizeof text))
            gate_tally_doubt(&tally, "%s", text);
        else if (log->files == 0)
            gate_tally_doubt(&tally, "log %s: there is no file",
                             s->policy->logs[spec->logs[i]].name);
        files += log->files;
        lines += log->lines;
    }
    if (s->log->more_findings > 0)
        gate_tally_doubt(&tally, "more files are unclean than can be listed");
    if (gate_tally_clean(&tally, out))
        gate_say(out, GATE_PASS, "%" PRIu64 " file%s, %" PRIu64 " lines, none of the patterns",
                 files, files == 1 ? "" : "s", lines);
}

const struct gate_kind gate_logs_clean = {
    .name = "logs-clean",
    .help = "no line of these files holds one of `patterns`; they are read whole",
    .check = check,
    .judge = judge,
};
