#!/usr/bin/env bash
# Actions in the lab: what is refused, a promote that truly promotes, the way back, a kill switch, and
# what a killed gonogo leaves.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

lab_start happy
folder=$(dirname "$config")
run() { "$GONOGO" run -c "$config" --as ada "$@"; }
feed() { curl -s "$production/updates/appcast.xml" | grep -o 'sparkle:version="[^"]*"' | head -n 1; }

# Before GO.
verify_exit 'a plan is shown without anything being done' 3 run promote --dry-run
verify_text 'the plan has the commands as they will be run' "set-version 2.0.0.20 --root tree"
verify_text 'the plan says what takes a step back' "taken back by:"
verify_text 'and what the feeds differ in' 'from production/stable feed to staging/beta feed:'
verify_text 'item by item' 'added 2.0.0.20 (line '
verify_exit 'HOLD: nothing is started' 3 run promote --confirm 2.0.0.20 --reason test
verify_exit 'without --confirm nothing is started' 2 run promote --reason test
verify_text 'and it says what to type' '--confirm 2.0.0.20'
verify_exit 'an action that is not there' 2 run promot
verify_text 'the nearest is named' 'did you mean "promote"?'
verify_exit 'rollback before anything was released has nowhere to go' 1 run rollback --confirm rollback
verify_text 'and says so' 'no stable version before the present one is known'
if [ "$(feed)" = 'sparkle:version="2.0.0.19"' ]; then pass 'nothing of all that changed the feed'; else fail 'nothing of all that changed the feed' "$(feed)"; fi

verify_check 'GO' 150 0 '.verdict == "GO"'
verify_exit 'the wrong version is refused' 1 run promote --confirm 2.0.0.21 --reason test
verify_exit 'a protected environment wants a reason' 1 run promote --confirm 2.0.0.20
verify_text 'and says so' 'production is protected: say why'

# The real thing.
verify_exit 'GO: it promotes' 0 run promote --confirm 2.0.0.20 --reason 'it soaked'
verify_text 'verified' 'promote done: verified'
if [ "$(feed)" = 'sparkle:version="2.0.0.20"' ]; then pass 'production serves the target'; else fail 'production serves the target' "$(feed)"; fi
verify_check 'the board asks the other question' 20 0 '.question == "Keep 2.0.0.20 rolling out?" and .verdict == "GO"'
run --list --json >"$scratch/runs.json"
verify 'the run is in the ledger' jq -e '.runs[0] | .action == "promote" and .state == "done" and .who == "ada" and .reason == "it soaked" and all(.steps[]; .state == "ok")' "$scratch/runs.json"
verify 'what its steps said is kept' grep -q 'promoted 2.0.0.20' "$folder"/state/*-runs/*/step-01.log

id=$(jq -r '.runs[0].run' "$scratch/runs.json")
verify_exit 'it is shown' 0 run --output "$id"
verify_text 'with its digest held against it' 'as it was said: its digest fits'
verify_text 'and its words' 'promoted 2.0.0.20'
mv "$folder"/state/*-runs/"$id"/step-01.log "$scratch/kept.log"
verify_exit 'output that is gone' 0 run --output "$id"
verify_text 'is said to be gone' 'gone: pruned (config: outputs), or removed'
"$GONOGO" report -c "$config" >"$scratch/report.md"
verify 'also in a report' grep -q ', gone |' "$scratch/report.md"
verify_exit 'a run that there never was' 1 run --output 20000101-000000-000-1

# And back.
verify_exit 'rollback asks no gate' 0 run rollback --confirm rollback
verify_text 'its stopwatch is compared with the goal' 'within the goal of 30 m'
if [ "$(feed)" = 'sparkle:version="2.0.0.19"' ]; then pass 'production serves the version before'; else fail 'production serves the version before' "$(feed)"; fi

# The kill switch.
verify_exit 'kill' 0 run kill --confirm kill
verify 'the flag is set' grep -q '^NEXY_KS_DISABLE_TRAY_SERIES=true' "$folder/tree/config.env"
verify 'kill as JSON' sh -c "\"$GONOGO\" run -c '$config' kill --confirm kill --json | jq -e '.state == \"done\"'"

# Requests.
cat >"$scratch/web.yaml" <<EOF
product: Web
store: sqlite:$scratch/web.db
environments:
  - {name: production, role: stable, url: "$production"}
gates:
  - {name: fresh, kind: fresh, within: 10s}
actions:
  - name: web
    requires: any
    confirm: none
    steps:
      - {name: it is there, http: {method: GET, url: "{environment.url}/health", status: 200}}
      - {name: it is not, http: {method: GET, url: "{environment.url}/no-such", status: 404}}
      - {name: it should be, http: {method: GET, url: "{environment.url}/no-such"}}
EOF
verify_exit 'a request that is not answered as it should be fails' 1 "$GONOGO" run -c "$scratch/web.yaml" --as ada web --json
printf '%s' "$output" >"$scratch/web.json"
verify 'those before it were' jq -e '[.steps[] | [.state, .text]] | .[0] == ["ok", "answered 200"] and .[1] == ["ok", "answered 404"] and .[2][0] == "failed"' "$scratch/web.json"
output=$("$GONOGO" run -c "$scratch/web.yaml" --output "$(jq -r .run "$scratch/web.json")")
verify_text 'what was answered is kept' 'latest_version'

# Killed on the way.
cat >"$scratch/slow.yaml" <<EOF
product: Slow
store: sqlite:$scratch/slow.db
environments:
  - {name: production, role: stable, url: "$production"}
gates:
  - {name: fresh, kind: fresh, within: 10s}
actions:
  - name: slow
    requires: any
    steps:
      - {name: first, run: [sh, -c, "echo first >>$scratch/trace"], undo: [sh, -c, "echo unfirst >>$scratch/trace"]}
      - {name: long, run: [sh, -c, "echo long >>$scratch/trace; exec sleep \$(cat $scratch/long)"]}
EOF
echo 600 >"$scratch/long"
slow() { "$GONOGO" run -c "$scratch/slow.yaml" --as bob "$@"; }
"$GONOGO" run -c "$scratch/slow.yaml" --as bob slow --confirm slow >"$scratch/slow.out" 2>&1 &
victim=$!
within 20 grep -q long "$scratch/trace"
children=$(pgrep -P "$victim")
within 5 test -n "$children"
kill -KILL "$victim"
wait "$victim" 2>/dev/null
verify_exit 'the list tells what is true before anybody has taken it over' 0 slow --list
verify_text 'interrupted, and by whose death' 'is gone, and nobody has taken its run over yet'
verify_text 'where it stands' 'interrupted at step 2, long'
verify_text 'and what to do' 'gonogo run slow --resume --confirm slow'
verify 'so does its JSON' sh -c "'$GONOGO' run -c '$scratch/slow.yaml' --list --json | jq -e '.runs[0] | .state == \"interrupted\" and .recorded == false and .step == 2'"
verify 'so does a report' sh -c "'$GONOGO' report -c '$scratch/slow.yaml' --format json | jq -e '.runs[0].state == \"interrupted\"'"
verify_exit 'what is left running is named' 1 slow slow --resume --confirm slow
verify_text 'with its process group' "still runs (process group $children)"
kill -KILL "$children"
verify 'it is ended' within 20 sh -c "! kill -0 $children"
echo 0 >"$scratch/long"
verify_exit 'the run is interrupted, and can be resumed' 0 slow slow --resume --confirm slow
output=$(cat "$scratch/trace")
if [ "$output" = "$(printf 'first\nlong\nlong')" ]; then pass 'what was done is not done again'; else fail 'what was done is not done again' "$output"; fi
verify_exit 'nothing waits for a decision any more' 1 slow slow --undo --confirm slow
output=$(slow --list)
verify_text 'it is done' 'done'

# Ctrl-C stops the run at its step. (A file of its own: what the killed one said is no sign of this one.)
echo 600 >"$scratch/long"
"$GONOGO" run -c "$scratch/slow.yaml" --as bob slow --confirm slow >"$scratch/stopped.out" 2>&1 &
victim=$!
within 20 grep -q 'step 2 started' "$scratch/stopped.out"
kill -TERM "$victim"
code=0
wait "$victim" || code=$?
output="$(cat "$scratch/stopped.out") $code"
verify_text 'stopped' 'slow interrupted: stopped at step 2: long'
verify_exit 'and taken back' 0 slow slow --undo --confirm slow
verify 'by its own command' grep -q unfirst "$scratch/trace"

# A ledger that breaks while a step runs: the run cannot go on, and nobody waits for it.
cat >"$scratch/breaks.yaml" <<EOF
product: Breaks
store: sqlite:$scratch/breaks.db
environments:
  - {name: production, role: stable, url: "$production"}
gates:
  - {name: fresh, kind: fresh, within: 10s}
actions:
  - name: breaks
    requires: any
    steps:
      - {name: breaks, run: [sqlite3, -cmd, .timeout 5000, $scratch/breaks-ledger.db, DROP TABLE entry]}
      - {name: after, run: [touch, $scratch/after]}
EOF
"$GONOGO" run -c "$scratch/breaks.yaml" --as bob breaks --confirm breaks >"$scratch/breaks.out" 2>&1 &
victim=$!
if within 20 sh -c "! kill -0 $victim"; then pass 'a run that cannot be recorded ends'; else fail 'a run that cannot be recorded ends' "$(cat "$scratch/breaks.out")"; fi
kill -KILL "$victim" 2>/dev/null
wait "$victim" 2>/dev/null
output=$(cat "$scratch/breaks.out")
verify_text 'and says why' 'the run is interrupted, for it cannot be recorded'
verify 'nothing more is started' test ! -e "$scratch/after"

lab_stop 'the lab ends'
finish
