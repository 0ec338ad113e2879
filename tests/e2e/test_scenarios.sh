#!/usr/bin/env bash
# Each scenario of the lab gives the verdict that its trouble deserves.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

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
# Two signals are there when it goes on, and one is waited for: the other one changes nothing.
for signal in STOP HUP TERM CONT; do kill -"$signal" "$lab_pid"; done
lab_stop 'slow: the lab ends, told twice'

lab_start slo-regression
verify_check 'slo-regression: the service levels say NO-GO, the endpoints are well' 90 1 '.verdict == "NO-GO" and any(.gates[]; .kind == "slo" and .verdict == "fail") and ([.gates[] | select(.counted and .kind != "slo" and .kind != "no-violations" and .kind != "soak" and .verdict != "pass")] == [])'
lab_stop 'slo-regression: the lab ends'

lab_start staging-down
verify_check 'staging-down: HOLD once staging is gone' 60 3 'all(.sources[] | select(.environment == "staging"); .state == "error")'
lab_stop 'staging-down: the lab ends'

finish
