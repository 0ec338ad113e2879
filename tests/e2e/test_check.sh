#!/usr/bin/env bash
# `gonogo check` against the lab: its document, its exit codes, and the soak that turns HOLD into GO.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

# happy: HOLD while the soak fills, then GO by itself.
lab_start happy
verify_check 'happy: HOLD at first, only the soak waits' 10 3 '.verdict == "HOLD" and [.gates[] | select(.verdict != "pass") | .kind] == ["soak"]'
verify 'check --json: product, target, stable, stage' json '.product == "Nexy" and .target == "2.0.0.20" and .stable == "2.0.0.19" and .stage == "before"'
verify 'check --json: the question names the target' json '.question | test("2\\.0\\.0\\.20")'
verify 'check --json: every key of a gate' json '[.gates[] | has("name","kind","verdict","reason","since")] | length > 0 and all'
verify 'check --json: every key of a source' json '[.sources[] | has("name","environment","kind","state","version","build","http","latency_ms","age_ms","error")] | length >= 8 and all'
verify 'check --json: states are of the list' json '[.sources[].state | IN("ok","closed","error","stale","pending")] | all'
verify 'check --json: times are RFC 3339 UTC' json '[.at, .gates[].since] | map(test("^[0-9-]{10}T[0-9:]{8}(\\.[0-9]+)?Z$")) | all'
verify 'happy: production keeps its beta feed closed' json '[.sources[] | select(.environment == "production" and .state == "closed")] | length == 1'
verify_exit 'a plain check says HOLD too' 3 "$GONOGO" check -c "$config"
verify_text 'a plain check names the soak' 'soak'
verify_exit 'another target is not what the feed offers: NO-GO' 1 "$GONOGO" check -c "$config" --target 2.0.0.21
verify_text 'it says what the feed offers' '2.0.0.20'
verify_check 'happy: GO within two minutes' 120 0 '.verdict == "GO" and all(.gates[]; .verdict == "pass")'
lab_stop 'happy: SIGTERM ends the lab and removes it'

finish
