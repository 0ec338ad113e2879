#!/usr/bin/env bash
# Gates that look by themselves, with the real program: commands and JSON answers.
# shellcheck disable=SC2317 # functions are called by their names
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

export XDG_STATE_HOME="$scratch/state"
lab_start happy
mkdir "$scratch/etc"

configure() { # GATE…: $config judges these and nothing else
    {
        printf 'product: Nexy\ntarget: "2.0.0.20"\nstore: none\nenvironments:\n'
        printf '  - {name: staging, url: "%s", probes: [{name: health, kind: health, path: /health}]}\n' "$staging"
        printf 'gates:\n'
        printf '  - %s\n' "$@"
    } >"$scratch/etc/gonogo.yaml"
    config=$scratch/etc/gonogo.yaml
}
gate() { jq -r --arg name "$1" '.gates[] | select(.name == $name) | "\(.verdict) \(.reason)"' "$scratch/check.json"; }
# verify_gate NAME GATE PATTERN: what the last check says of it.
verify_gate() {
    output=$(gate "$2")
    # shellcheck disable=SC2254 # it is a pattern
    case $output in
    $3) pass "$1" ;;
    *) fail "$1" "\"$output\" is not like \"$3\"" ;;
    esac
}
lab_config=$config

# ---- command -------------------------------------------------------------------------------------

# shellcheck disable=SC2016 # for the command to expand
configure \
    '{name: good, kind: command, run: [./suite, "a  b"], env: [SUITE_TOKEN]}' \
    '{name: agree, kind: versions-agree, sources: ["*"], want: target}' \
    '{name: fresh, kind: fresh}'
cat >"$scratch/etc/suite" <<'SUITE'
#!/bin/sh
# Where it runs, what it is given, what it knows.
echo "in ${PWD##*/} with <$1> and $# argument and ${SUITE_TOKEN:-nothing} and ${HUSH:-no more}"
SUITE
chmod +x "$scratch/etc/suite"
export SUITE_TOKEN=hush-hush HUSH=secret
check
verify 'a command that ends well: GO' json '.verdict == "GO"'
verify_gate 'it runs beside the configuration, by its words, in an environment of its own' good \
    'pass exit 0 after *: in etc with <a  b> and 1 argument and \*\*\* and no more'
verify 'its source is shown' json '.sources[] | select(.name == "good") | .environment == "gate" and .of_gate and .exit_code == 0 and (.output | test("argument"))'
verify 'patterns and fresh leave it out' json '.gates[] | select(.name == "fresh") | .reason | test("^1 source,")'
if grep -q hush-hush "$scratch/check.json"; then fail 'a secret is masked'; else pass 'a secret is masked'; fi

# shellcheck disable=SC2016 # for the commands to expand
configure \
    '{name: bad, kind: command, run: [sh, -c, "echo 3 of 214 failed; exit 1"]}' \
    '{name: waits, kind: command, run: [sh, -c, "exit 3"]}' \
    '{name: odd, kind: command, run: [sh, -c, "exit 2"]}' \
    '{name: dies, kind: command, run: [sh, -c, "kill -KILL $$"]}' \
    '{name: slow, kind: command, run: [sleep, "600"], timeout: 1s}' \
    '{name: none, kind: command, run: [./no-such-suite]}' \
    '{name: red, kind: command, run: [printf, "\\033[31mred\\n"]}'
check
verify_gate 'exit 1 fails, with its last line' bad 'fail exit 1 after *: 3 of 214 failed'
verify_gate 'exit 3 waits' waits 'wait exit 3 after *'
verify_gate 'exit 2 is unknown' odd 'unknown exit 2 after *'
verify_gate 'a signal is unknown' dies 'unknown died of signal KILL after *'
verify_gate 'what takes too long is unknown' slow 'unknown died of signal TERM after 1 s: it took too long*'
verify_gate 'what is not there is unknown' none 'unknown cannot be started: *'
verify_gate 'output is safe' red 'pass exit 0 after *: ␛\[31mred'

# A check that is over leaves no process behind.
# shellcheck disable=SC2016 # for the command to expand
configure '{name: hangs, kind: command, run: [sh, -c, "trap \"\" TERM; echo $$ >pid; while :; do sleep 1; done"]}'
verify_exit 'a command that hangs holds' 3 "$GONOGO" check -c "$config" --wait 1s
verify_text 'it is not known yet' 'hangs: has not been looked at yet'
gone() { [ -s "$scratch/etc/pid" ] && ! kill -0 "$(cat "$scratch/etc/pid")" 2>/dev/null; }
verify 'it is gone with its check' within 5 gone

# ---- http-json -----------------------------------------------------------------------------------

url="url: \"$staging/health\""
configure \
    "{name: version, kind: http-json, $url, pointer: /latest_version, value: \"2.0.0.20\"}" \
    "{name: word, kind: http-json, $url, pointer: /status, op: contains, value: K}" \
    "{name: there, kind: http-json, $url, pointer: /status, op: exists}" \
    "{name: other, kind: http-json, $url, pointer: /latest_version, op: \"!=\", value: \"2.0.0.20\"}" \
    "{name: type, kind: http-json, $url, pointer: /latest_version, op: \"<\", value: 3}" \
    "{name: missing, kind: http-json, $url, pointer: /no/such/place, value: 0}" \
    "{name: page, kind: http-json, url: \"$staging/no-such-page\", pointer: /a, op: absent}" \
    '{name: down, kind: http-json, url: "http://127.0.0.1:9/", pointer: /a, op: absent}'
check
verify_gate 'a text is the same' version 'pass /latest_version is "2.0.0.20"'
verify_gate 'a text contains another' word 'pass /status is "OK", contains "K"'
verify_gate 'something is there' there 'pass /status is there: "OK"'
verify_gate 'a wish that does not hold fails' other 'fail /latest_version is "2.0.0.20", want != "2.0.0.20"'
verify_gate 'another type is unknown' type 'unknown /latest_version is "2.0.0.20", which < 3 cannot be compared with'
verify_gate 'another shape is unknown' missing 'unknown the answer has no place for /no/such/place: *'
verify_gate 'absent is not what a 404 says' page 'unknown HTTP*404*'
verify_gate 'nor what nobody says' down 'unknown connection refused*'
verify 'the value is shown as it is' json '.sources[] | select(.name == "version") | .value == "2.0.0.20"'
verify_exit 'what is printed is read again' 0 bash -c "\"$GONOGO\" config show -c '$config' >'$scratch/shown.yaml' && \"$GONOGO\" config check -c '$scratch/shown.yaml'"

# ---- window, registry ------------------------------------------------------------------------------

cat >"$scratch/etc/FLAGS.md" <<'FLAGS'
# Feature flags

| name | type | owner | default | scope | kill_switch | description |
| --- | --- | --- | --- | --- | --- | --- |
| `new_tray` | release | desktop | off | client | `disable_new_tray`, NEXY_KS_DISABLE_NEW_TRAY | the tray |
| voice_v2 | release | voice | off | client | none yet | the second voice |
FLAGS
configure \
    '{name: open, kind: window, allow: ["00:00-24:00"], zone: America/Toronto}' \
    '{name: shut, kind: window, allow: ["2001-01-01 09:00-16:00"]}' \
    '{name: frozen, kind: window, deny: ["01-01..12-31"]}' \
    '{name: soon, kind: window, allow: ["2999-01-01"], zone: "+03:00"}' \
    '{name: one flag, kind: registry, file: FLAGS.md, flags: [new_tray]}' \
    '{name: all flags, kind: registry, file: FLAGS.md}' \
    '{name: no flag, kind: registry, file: FLAGS.md, flags: [new_tray, no_such_flag]}' \
    '{name: no file, kind: registry, file: no-such-file.md}'
check
verify_gate 'an open window passes' open 'pass open: 00:00-24:00*'
verify_gate 'what never opens again fails' shut 'fail shut, and no window is to come'
verify_gate 'a freeze fails' frozen 'fail frozen: 01-01..12-31 (UTC)*'
verify_gate 'a window to come waits' soon 'wait opens in * d*: 2999-01-01 (+03:00)'
verify_gate 'a flag with its kill switch passes' 'one flag' 'pass new_tray has disable_new_tray'
verify_gate 'a flag without one fails' 'all flags' 'fail voice_v2 has no kill switch'
verify_gate 'a flag that is not there fails' 'no flag' 'fail no_such_flag is not registered'
verify_gate 'a registry that is not there is unknown' 'no file' 'unknown cannot read *'

# ---- phase, tools, on the lab's own configuration ---------------------------------------------------

more_gates() {
    printf '  - {name: beta, kind: phase, phase: beta}\n  - {name: ga, kind: phase, phase: ga}\n'
    printf '  - {name: long beta, kind: phase, phase: beta, at_least: 365d}\n'
    printf '  - {name: tools, kind: tools}\n'
}
more_gates >"$scratch/more"
sed "/^gates:/r $scratch/more" "$lab_config" >"$(dirname "$lab_config")/more.yaml"
config=$(dirname "$lab_config")/more.yaml
verify_check 'the lab is in beta' 20 3 '.phase.name == "beta" and ([.gates[] | select(.name == "beta") | .verdict] == ["pass"])'
verify_gate 'ga is to come' ga 'wait beta, not ga yet'
verify_gate 'a stay is measured by the date in the feed' 'long beta' 'wait beta for * of 365 d'
verify_check 'the tools are in order' 20 3 '[.gates[] | select(.name == "tools") | .verdict] == ["pass"]'
verify_gate 'and say so' tools 'pass * sources are looked at, clocks agree within *, the store is kept*'

# ---- ramp: who turns it answers; here the lab's own service hands the answer out --------------------

downloads=$(dirname "$lab_config")/tree/assets/Update
printf '{"rollout": {"weight": 25, "at": "2020-01-01T00:00:00Z", "of": "2.0.0.20"}}' >"$downloads/rollout.json"
where="url: \"$production/updates/downloads/rollout.json\", share: /rollout/weight, since: /rollout/at"
configure "{name: ready, kind: ramp, $where, of_version: /rollout/of, stages: [\"1% 30m\", \"25% 2h\", \"100% 1d\"]}" \
    "{name: stuck, kind: ramp, $where, stages: [\"25% 2h..4h\"]}" \
    "{name: silent, kind: ramp, url: \"$production/updates/downloads/none.json\", stages: [\"1% 30m\"]}"
check
verify_gate 'a stage that had its time passes' ready 'pass 25 % of the servers for *, at least 2 h'
verify_gate 'one that lasts too long fails' stuck 'fail 25 % of the servers for *, at most 4 h'
verify_gate 'no answer is unknown' silent 'unknown *'

config=$lab_config
lab_stop 'the lab ends'
finish
