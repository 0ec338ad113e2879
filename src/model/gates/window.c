/* window: release hours and freezes. Outside of the hours it waits, in a freeze it fails. */
#include <stdio.h>

#include "src/base/when.h"
#include "src/base/zone.h"
#include "src/model/calendar.h"
#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    (void)policy;
    if (!spec->calendar || spec->calendar->n_allow + spec->calendar->n_deny == 0)
        return err_set(err, ERR_CONFIG, where,
                       "add allow: [\"Mon-Thu 09:00-16:00\"] or deny: [\"12-20..01-05\"]",
                       "a window without a span of time");
    return ERR_OK;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    const struct calendar *c = spec->calendar;
    char left[32] = "";
    if (!c || c->n_allow + c->n_deny == 0) {
        gate_say(out, GATE_UNKNOWN, "names no hours and no freeze");
        return;
    }
    const struct calendar_state now = calendar_at(c, s->wall_ms);
    const char *zone = c->zone ? zone_name(c->zone) : "UTC";
    bool ends = now.until_ms != INT64_MAX;
    if (ends)
        duration_text(now.until_ms - s->wall_ms, left, sizeof left);
    switch (now.word) {
    case CALENDAR_OPEN:
        gate_say(out, GATE_PASS, "%s%s%s%s%s", now.by ? "open: " : "no freeze",
                 now.by ? now.by->text : "", ends ? ", for " : "", left, ends ? " more" : "");
        break;
    case CALENDAR_FREEZE:
        gate_say(out, GATE_FAIL, "frozen: %s (%s)%s%s%s", now.by->text, zone, ends ? ", for " : "",
                 left, ends ? " more" : "");
        break;
    case CALENDAR_SHUT:
        if (ends)
            gate_say(out, GATE_WAIT, "opens in %s: %s (%s)", left,
                     now.next ? now.next->text : c->allow[0].text, zone);
        else
            gate_say(out, GATE_FAIL, "shut, and no window is to come");
        break;
    }
}

const struct gate_kind gate_window = {
    .name = "window",
    .help = "release hours (allow: outside it waits) and freezes (deny: in one it fails)",
    .check = check,
    .judge = judge,
};
