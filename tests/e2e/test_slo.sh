#!/usr/bin/env bash
# `gonogo slo`: exit codes, both forms, trouble, and the lab's own logs.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

# shellcheck disable=SC2317 # what verify calls
slo() { "$GONOGO" slo "$@"; }
# shellcheck disable=SC2317
slo_is() { # JQ ARGUMENT…
    local filter=$1
    shift
    slo --json "$@" 2>/dev/null | jq -e "$filter"
}

starts() { # N MS: that many series
    local i
    for ((i = 0; i < $1; i++)); do
        printf '2026-01-11 11:%02d:%02d,389 - tray - INFO - TRAY_ATTEMPT1 start (series_id=%x)\n' $((i / 60)) $((i % 60)) "$i"
        printf '2026-01-11 11:%02d:%02d,390 - tray - INFO - TRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n' $((i / 60)) $((i % 60)) "$i" "$2"
        printf 'TRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n' "$i" "$2"
    done
}
starts 60 842 >"$scratch/good.log"
{ cat "$scratch/good.log"; starts 6 61000 | sed 's/series_id=/series_id=aa/'; } >"$scratch/slow.log"
{ cat "$scratch/good.log"; echo 'TRAY_BACKOFF_NEXT=8ms (attempt=1, series_id=aa, jitter=±24%)'; } >"$scratch/jitter.log"

verify_exit 'good cold starts pass: exit 0' 0 slo --profile cold "$scratch/good.log"
verify_text 'with the number of samples' '842 <= 30000 ms  of 60'
verify_exit 'good warm starts pass' 0 slo --profile warm "$scratch/good.log"
verify_exit 'slow starts fail: exit 1' 1 slo --profile cold "$scratch/slow.log"
verify_exit 'no TAL hold: unknown: exit 3' 3 slo "$scratch/good.log"
verify_text 'and it is said' 'no data'
verify_exit 'fewer than 50 are unknown' 3 slo --profile cold - < <(head -90 "$scratch/good.log")
verify_exit 'unless fewer are asked for' 0 slo --profile cold --min-samples 30 - < <(head -90 "$scratch/good.log")
verify_exit 'a violation fails' 1 slo --profile cold "$scratch/jitter.log"
verify_text 'with file, line and text' 'jitter.log:181: jitter: a jitter outside ±15 %: TRAY_BACKOFF_NEXT=8ms'
verify_exit 'a log that says nothing is unknown' 3 slo /dev/null

verify 'the JSON has its members' slo_is \
    'keys == ["attempts", "attempts_ok", "bytes", "circuit", "duration_ms", "lines", "metrics", "restart_flags", "retries", "series", "series_ok", "tal_hold_s", "verdict", "violations"]' "$scratch/good.log"
verify 'and the inner ones' slo_is \
    '(.duration_ms | keys) == ["max", "mean", "min", "n", "p50", "p95", "p99"] and (.tal_hold_s | keys) == ["max", "mean", "min", "n"] and (.circuit | keys) == ["closes", "opens"] and (.metrics[0] | keys) == ["name", "op", "samples", "threshold", "unit", "value", "verdict"]' "$scratch/good.log"
verify 'echoes count once' slo_is \
    '[.series, .series_ok, .attempts, .attempts_ok, .retries, .lines] == [60, 60, 60, 60, 0, 180]' "$scratch/good.log"
verify 'violations stand in it' slo_is \
    '.verdict == "fail" and (.violations | length) == 1 and .violations[0].rule == "jitter" and .violations[0].line == 181 and (.violations[0].file | endswith("jitter.log"))' --profile cold "$scratch/jitter.log"
verify 'several files are one report' slo_is '.lines == 559' "$scratch/good.log" "$scratch/slow.log" /dev/null "$scratch/jitter.log" --every-line
verify 'a window' slo_is '.series == 10' --since 2026-01-11T11:00:10Z --until 2026-01-11T11:00:20Z "$scratch/good.log"

gzip -c "$scratch/good.log" >"$scratch/good.log.gz"
{ head -50 "$scratch/good.log" | gzip -c; tail -n +51 "$scratch/good.log" | gzip -c; } >"$scratch/parts.gz"
head -c 300 "$scratch/good.log.gz" >"$scratch/cut.gz"
{ head -c 200 "$scratch/good.log.gz"; echo noise; tail -c 300 "$scratch/good.log.gz"; } >"$scratch/noise.gz"
verify 'gzip reads the same' slo_is '[.series, .lines] == [60, 180]' "$scratch/good.log.gz"
verify 'of several members too' slo_is '[.series, .lines] == [60, 180]' "$scratch/parts.gz"
verify 'and from standard input' slo_is '[.series, .lines] == [60, 180]' - <"$scratch/parts.gz"
verify_exit 'gzip that is cut off' 1 slo "$scratch/cut.gz"
verify_text 'is no ground for a verdict' 'gzip does not end as it should'
verify_exit 'gzip that is damaged' 1 slo "$scratch/noise.gz"

verify_exit 'no file named' 2 slo
verify_exit 'no such file' 1 slo "$scratch/good.log" "$scratch/none.log"
verify_exit 'a folder' 4 slo "$scratch"
verify_exit 'a strange profile' 2 slo --profile hot "$scratch/good.log"
verify_exit 'a window that ends before it begins' 2 slo --since 2026-01-11T11:00:20Z --until 2026-01-11T11:00:10Z "$scratch/good.log"
verify 'a window in the zone that the client writes in' slo_is '.series == 10' --zone America/Toronto --since 2026-01-11T11:00:10 --until 2026-01-11T11:00:20 "$scratch/good.log"
verify 'the same, by UTC' slo_is '.series == 10' --zone America/Toronto --since 2026-01-11T16:00:10Z --until 2026-01-11T16:00:20Z "$scratch/good.log"
verify_exit 'a time of no zone' 2 slo --since 2026-01-11T11:00:10 "$scratch/good.log"
verify_exit 'a zone that there is not' 2 slo --zone Mars/Olympus --since 2026-01-11T11:00:10 "$scratch/good.log"
verify_text 'it is named' 'Mars/Olympus'
verify_exit 'a strange time' 2 slo --since yesterday "$scratch/good.log"
verify_exit 'a strange number' 2 slo --min-samples 0 "$scratch/good.log"
verify_exit 'a strange option' 2 slo --jsn "$scratch/good.log"
verify_exit 'a full disk' 4 bash -c "'$GONOGO' slo '$scratch/good.log' >/dev/full"

lab_start happy --keep "$scratch/happy"
logs=$scratch/happy/logs
verify_exit 'the lab, happy: all of its starts pass' 0 slo "$logs"/client-*.log
verify_text 'none' '0 violations'
verify_exit 'the lab, happy: the server passes' 0 slo --profile server "$logs/server.log"
# The lab goes on writing: both must read the same.
cp "$logs"/*.log "$scratch"
slo --json --profile all "$scratch"/client-*.log "$scratch/server.log" >"$scratch/some.json"
slo --json --profile all --every-line "$scratch"/client-*.log "$scratch/server.log" >"$scratch/every.json"
verify 'looking for words first changes nothing' cmp "$scratch/some.json" "$scratch/every.json"
kill -TERM "$lab_pid" && wait "$lab_pid"
lab_pid=

# shellcheck disable=SC2317
regression_is_seen() { slo "$scratch/bad"/logs/client-*.log >"$scratch/bad.txt" || [ $? = 1 ] && grep -q '^fail$' "$scratch/bad.txt"; }
lab_start slo-regression --keep "$scratch/bad"
if within 60 regression_is_seen; then pass 'the lab, slo-regression: fails'; else
    fail 'the lab, slo-regression: fails' "$(cat "$scratch/bad.txt")"
fi
kill -TERM "$lab_pid" && wait "$lab_pid"
lab_pid=
finish
