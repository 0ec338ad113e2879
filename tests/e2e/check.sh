#!/usr/bin/env bash
# `gonogo check` against the lab: each scenario gives the verdict that its trouble deserves.
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

lab_start drift
verify_check 'drift: NO-GO, and the gate names the source that disagrees' 20 1 '.verdict == "NO-GO" and any(.gates[]; .verdict == "fail" and (.reason | test("production/") and test("2\\.0\\.0\\.18")))'
lab_stop 'drift: the lab ends'

lab_start closed-beta
verify_check 'closed-beta: HOLD, and closed is its own state' 20 3 '.verdict == "HOLD" and ([.sources[] | select(.environment == "staging" and .state == "closed")] | length == 1)'
lab_stop 'closed-beta: the lab ends'

lab_start bad-feed
verify_check 'bad-feed: HOLD, and the source says what is wrong' 20 3 'any(.sources[]; .environment == "staging" and .kind == "feed" and .state == "error" and (.error | length > 0))'
lab_stop 'bad-feed: the lab ends'

lab_start slow
verify_check 'slow: HOLD, staging does not answer in time, production does' 40 3 'any(.sources[]; .environment == "staging" and .state == "error") and all(.sources[] | select(.environment == "production"); .state == "ok" or .state == "closed")'
lab_stop 'slow: the lab ends'

lab_start slo-regression
verify_check 'slo-regression: the endpoints are well' 20 3 '[.gates[] | select(.verdict != "pass") | .kind] == ["soak"]'
lab_stop 'slo-regression: the lab ends'

lab_start staging-down
verify_check 'staging-down: HOLD once staging is gone' 60 3 'all(.sources[] | select(.environment == "staging"); .state == "error")'
lab_stop 'staging-down: the lab ends'

finish
