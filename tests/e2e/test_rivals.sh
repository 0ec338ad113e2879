#!/usr/bin/env bash
# Two operators press the same key in the same second, in two processes: one run, and the other is told.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

rounds=100
[ "${VARIANT:-}" != tsan ] || rounds=25 # it is ten times as slow
cd "$scratch" || exit 1

appcast 2.0.0.19 >stable.xml
appcast 2.0.0.20 >beta.xml
# The step goes on when one of the two has been told no: until then nobody comes too late.
cat >rivals.yaml <<'EOF'
product: Rivals
store: sqlite:state/rivals.db
poll: {every: 200ms}
environments:
  - {name: production, role: stable, probes: [{name: stable feed, kind: feed, file: stable.xml}]}
  - {name: staging, role: candidate, probes: [{name: beta feed, kind: feed, file: beta.xml}]}
gates:
  - {name: untouched, kind: stable-untouched, sources: [production/stable feed], when: before}
actions:
  - name: promote
    requires: go
    confirm: version
    steps:
      - {name: it, run: [sh, -c, "echo run >>trace; until [ -e told ]; do sleep 0.01; done"], timeout: 30s}
EOF

ends() { ! kill -0 "$1" 2>/dev/null || ! kill -0 "$2" 2>/dev/null; }
press() { "$GONOGO" run -c rivals.yaml --as "$1" promote --confirm 2.0.0.20 --reason test >"$1.out" 2>&1; }

clean=0
for ((i = 1; i <= rounds; i++)); do
    rm -f told trace
    press ada &
    a=$!
    press bob &
    b=$!
    end=$((SECONDS + 30))
    until ends "$a" "$b" || [ "$SECONDS" -ge "$end" ]; do sleep 0.01; done
    touch told
    codes=0
    wait "$a" || codes=$((codes + $?))
    wait "$b" || codes=$((codes + $?))
    runs=$(grep -c run trace)
    refused=$(cat ./*.out | grep -cE '^gonogo: run: (run: another run is under way: process [0-9]+ on |.*another run has begun since the plan was shown|promote is (prepared|confirmed|running) at step)')
    if [ "$codes" = 1 ] && [ "$runs" = 1 ] && [ "$refused" = 1 ]; then
        clean=$((clean + 1))
    else
        fail "round $i" "$codes $runs $refused: $(cat ada.out bob.out trace)"
        break
    fi
done
[ "$clean" = "$rounds" ] && pass "of two who press at once one runs, $rounds times"
"$GONOGO" run -c rivals.yaml --list --json >list.json
verify 'all that is shown of them is done or was refused' jq -e 'all(.runs[]; .state == "done" or .state == "refused")' list.json
"$GONOGO" ledger export -c rivals.yaml >export.json
verify 'and nothing was confirmed but what ran' test "$(grep -c '"word":"confirmed"' export.json)" = "$rounds"
verify 'the chain holds' "$GONOGO" ledger verify -c rivals.yaml

finish
