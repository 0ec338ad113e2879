#!/usr/bin/env bash
# Logs judged live, with the real program: service levels, burn rates, a canary, rules and clean files, over
# restarts that neither lose nor count twice.
# shellcheck disable=SC2317 # functions are called by their names
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

export XDG_STATE_HOME="$scratch/state"
etc=$scratch/etc
mkdir -p "$etc/rebuild_logs"
config=$etc/gonogo.yaml
cat >"$config" <<'YAML'
product: Nexy
target: "2.0.0.20"
store: sqlite:state.db
environments:
  - {name: local, role: none, url: "http://127.0.0.1:9", probes: [{name: health, kind: health, path: /health, timeout: 500ms}]}
logs:
  - {name: new, format: tray, paths: ["new-*.log"], backfill: 24h, release: candidate}
  - {name: old, format: tray, paths: [old.log], backfill: 24h, release: baseline, zone: America/Toronto}
  - {name: build, format: text, paths: [log.md, rebuild_logs/]}
metrics:
  - {name: upload_ms, log: new, regex: 'uploaded in (?<value>\d+) ms'}
slos:
  - {name: start, metric: tray_start_ms, quantile: 0.95, max: 1000, window: 1h, burn: true}
  - {name: upload, metric: upload_ms, quantile: 0.5, max: 50, if_seen: true}
gates:
  - {name: SLOs, kind: slo}
  - {name: burn, kind: burn}
  - {name: canary, kind: canary, metrics: [tray_start_ms]}
  - {name: quiet, kind: no-violations}
  - {name: clean, kind: logs-clean}
YAML
starts() { # FILE ZONE FIRST COUNT MS: successful starts, at this moment
    local now i
    now=$(TZ=$2 date '+%Y-%m-%d %H:%M:%S')
    for ((i = $3; i < $3 + $4; i++)); do
        printf '%s,123 - modules.tray - INFO - TRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n' \
            "$now" "$i" $(($5 + i % 50)) >>"$etc/$1"
    done
}
gate() { jq -r --arg name "$1" '.gates[] | select(.name == $name) | "\(.verdict) \(.reason)"' "$scratch/check.json"; }
verify_gate() { # NAME GATE PATTERN: what the last check says of it
    output=$(gate "$2")
    # shellcheck disable=SC2254 # it is a pattern
    case $output in
    $3) pass "$1" ;;
    *) fail "$1" "\"$output\" is not like \"$3\"" ;;
    esac
}

echo 'all fine' >"$etc/log.md"
echo 'all fine' >"$etc/rebuild_logs/1.txt"
check
verify_gate 'no file yet: a level is unknown' SLOs 'unknown start: log new: no file is there*'
verify_gate 'no file yet: the rules are unknown' quiet 'unknown log new: no file is there*'
verify_gate 'files without an error are clean' clean 'pass 2 files, 2 lines, none of the patterns'

starts new-1.log UTC 1 60 400
starts old.log America/Toronto 1000 60 420
check
verify_exit 'lines of both releases: GO' 0 "$GONOGO" check -c "$config"
verify_gate 'the level counts both, each in its zone' SLOs 'pass 1 met, of 120 samples or more; start: p95 4?? ms ≤ 1000 ms, 120 samples in 1h'
verify_gate 'the budget does not burn' burn 'pass start: 0.0× over 1 h*120 events in 1 h'
verify_gate 'the candidate is no worse' canary 'pass 1 metric no worse; tray_start_ms: shift*'
verify 'check --json: a level with its sides and its budget' json '.slos[0] | .name == "start" and .samples == 120 and .candidate.samples == 60 and .baseline.samples == 60 and .burn.level == "none" and .verdict == "pass" and .window_ms == 3600000'
verify 'check --json: a level that nobody reports is left out' json '.slos[1] | .counted == false and .value == null'
verify 'check --json: logs are caught up, in their zone' json '.logs | length == 3 and all(.caught_up and .trouble == null and .ahead == 0 and .untimed == 0)'

check
verify 'another start counts nothing twice' json '.slos[0].samples == 120 and ([.logs[:2][].lines] | add) == 0'
verify_gate 'and remembers that the logs are spoken to' quiet 'pass none in 1 d, the last line * ago'
starts new-2.log UTC 61 40 400
mv "$etc/new-1.log" "$etc/gone.log"
check
verify 'a file that came and one that was moved away lose nothing' json '.slos[0].samples == 160'

for i in $(seq 60); do echo "it uploaded in 7$((i % 10)) ms" >>"$etc/new-2.log"; done
check
verify_gate 'a pattern of ones own is measured' SLOs 'fail upload: p50 7* ms > 50 ms, * samples in 1h'
starts new-2.log UTC 101 500 2000
check
verify_gate 'slow starts page' burn 'fail start: page: *× over 1h and *× over 5m, more than 14.4×* bad of *'
verify_gate 'and the candidate is worse' canary 'fail the candidate is worse: tray_start_ms: shift*'

echo 'TRAY_BACKOFF_NEXT=8ms (attempt=1, series_id=aa, jitter=±24%)' >>"$etc/new-2.log"
printf 'fine\nERROR: \033[31mboom\n' >"$etc/rebuild_logs/1.txt"
check
verify_gate 'a broken rule is told with its place' quiet 'fail 1 in 1 d, the last: a jitter outside ±15 %: */new-2.log:601: TRAY_BACKOFF*'
verify_gate 'an error in a file is told with its place, safely' clean 'fail 1 line in */rebuild_logs/1.txt, the first 2: ERROR: ␛*boom'
check
verify_gate 'the broken rule outlives a restart' quiet 'fail 1 in 1 d*'
echo 'mended' >"$etc/rebuild_logs/1.txt"
check
verify_gate 'a file that was mended is clean' clean 'pass 2 files*'
finish
