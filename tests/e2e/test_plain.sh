#!/usr/bin/env bash
# A line for each change (TERM=dumb): runs that somebody else starts, what undoes them, a ledger that was
# tampered with.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh
cd "$scratch" || exit 1

appcast 2.0.0.19 >old.xml
appcast 2.0.0.20 >new.xml
cp old.xml stable.xml
cat >plain.yaml <<'EOF'
product: Plain
store: sqlite:state/plain.db
poll: {every: 200ms}
environments:
  - {name: production, role: stable, probes: [{name: stable feed, kind: feed, file: stable.xml}]}
  - {name: staging, role: candidate, probes: [{name: beta feed, kind: feed, file: new.xml}]}
gates:
  - {name: untouched, kind: stable-untouched, sources: [production/stable feed], when: before}
  - {name: promoted, kind: feed-at-target, sources: [production/stable feed], when: after}
actions:
  - name: promote
    steps:
      - {name: swap, run: [sh, -c, "until [ -e go ]; do sleep 0.05; done; cp new.xml next.xml; mv next.xml stable.xml"]}
      - {name: it is there, expect: [promoted], within: 20s}
EOF
run() { "$GONOGO" run -c plain.yaml --as ada promote --confirm promote --reason test; }
touch go
verify_exit 'a run of before' 0 run
rm go
cp old.xml stable.xml

mkfifo keys
TERM=dumb script -qfec "$GONOGO -c plain.yaml" typescript <>keys >/dev/null 2>&1 &
board=$!
verify 'it begins with GO' within 20 grep -q ' GO  Promote' typescript
run >run.out 2>&1 &
runner=$!
verify 'a run that somebody starts is told, with its step' within 20 grep -q 'run      promote 2.0.0.20 running, step 1 of 2 (ada)' typescript
touch go
if wait "$runner"; then pass 'it ends well'; else fail 'it ends well' "$(cat run.out)"; fi
verify 'the run is told to its end' within 20 grep -q 'run      promote 2.0.0.20 done in .* (ada): verified' typescript
cp old.xml stable.xml
verify 'that it was undone by another hand is told' within 20 grep -q 'since then: stable offers 2.0.0.19' typescript
verify 'what was over before is not news' test "$(grep 'done in' typescript | grep -vc 'since then')" = 1
sqlite3 -cmd '.timeout 5000' state/plain-ledger.db \
    "DROP TRIGGER entry_not_changed; UPDATE entry SET body = replace(body, 'ada', 'eve') WHERE seq = (SELECT max(seq) FROM entry)"
verify_exit 'on a ledger that was tampered with nothing is promoted' 1 run
verify_text 'and it says why' 'was changed'
verify_exit 'what was run is listed all the same' 1 "$GONOGO" run -c plain.yaml --list
verify_text 'with what stands behind the entry' 'refused'
verify_text 'and with what is wrong' 'was changed'
verify 'nor is the ledger believed on the board' within 20 grep -q 'ledger   tampered: ' typescript
kill "$board" 2>/dev/null
wait "$board" 2>/dev/null

finish
