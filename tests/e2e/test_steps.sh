#!/usr/bin/env bash
# Steps that misbehave: one that hangs, one that ignores TERM, one that dies, one that leaves children, one
# that says a gibibyte.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh
cd "$scratch" || exit 1

echo 2.0.0.19 >VERSION
cat >steps.yaml <<'EOF'
product: Steps
store: sqlite:state/steps.db
environments:
  - {name: production, role: stable, probes: [{name: VERSION, kind: file-version, file: VERSION}]}
gates:
  - {name: fresh, kind: fresh, within: 1h}
actions:
  - {name: hang, requires: any, confirm: none, steps: [{name: it, run: [sleep, "600"], timeout: 1s}]}
  - name: stubborn
    requires: any
    confirm: none
    steps: [{name: it, run: [sh, -c, "trap '' TERM; echo $$ >pid; while :; do sleep 0.1; done"], timeout: 1s}]
  - {name: dies, requires: any, confirm: none, steps: [{name: it, run: [sh, -c, "kill -SEGV $$"]}]}
  - name: forks
    requires: any
    confirm: none
    steps: [{name: it, run: [sh, -c, "sleep 600 & echo $! >child; sleep 600 >/dev/null 2>&1 & echo $! >>child"]}]
  - name: flood
    requires: any
    confirm: none
    steps: [{name: it, run: [sh, -c, "head -c 1073741824 /dev/zero | tr '\\0' x"], timeout: 5m}]
EOF
run() { "$GONOGO" run -c steps.yaml --as ada "$@"; }
verify 'the configuration is good' "$GONOGO" config check -c steps.yaml

verify_exit 'a step that hangs is ended, and has failed' 1 run hang
verify_text 'for it took too long' 'died of signal TERM after 1 s: it took too long'
verify_exit 'one that ignores TERM too' 1 run stubborn
verify_text 'killed' 'signal KILL'
verify 'and nothing of it is left' sh -c "! kill -0 $(cat pid)"
verify_exit 'one that dies of a signal has failed' 1 run dies
verify_text 'and of which' 'died of signal SEGV'
verify_exit 'what it has forked does not hold it up' 0 run forks
while read -r pid; do
    verify 'and dies with it' within 5 sh -c "! kill -0 $pid"
done <child

# 1 GiB through a pipe, masked and digested on the way.
verify_exit 'one that says a gibibyte ends well' 0 run flood --json
digest=$(printf '%s' "$output" | jq -r '.steps[0].output_sha256')
want=$(head -c 1073741824 /dev/zero | tr '\0' x | sha256sum | cut -d ' ' -f 1)
if [ "$digest" = "$want" ]; then pass 'its digest is of all of it'; else fail 'its digest is of all of it' "$digest $want"; fi
bytes=$(wc -c <"$(echo state/steps-runs/*/step-01.log | tr ' ' '\n' | tail -n 1)")
if [ "$bytes" -gt 1000000 ] && [ "$bytes" -lt 1400000 ]; then pass 'its beginning and its end are kept'; else fail 'its beginning and its end are kept' "$bytes"; fi
id=$(run --list --json | jq -r '.runs[0].run')
verify_exit 'and shown' 0 run --output "$id"
verify_text 'as what they are' 'its beginning and its end; the digest is that of all of it'

finish
