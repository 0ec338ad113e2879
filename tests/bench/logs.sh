#!/usr/bin/env bash
# `gonogo slo` on a generated log of SIZE MiB (1024), read from memory, beside those that only count
# (grep -F, and rg where it is installed), and on the first SCRIPT_MIB (16) of it beside those that also
# judge line by line: a Python script with the same expressions, and mtail. At the end, what following
# ten live logs costs. CPU seconds, best of five taken in turn, so that a busy machine is busy for all.
set -eu
cd "$(dirname "$0")/../.."
gonogo=$PWD/${GONOGO:-build/gonogo}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/gonogo-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
log=$work/client.log
build/bench/make_log --size "${SIZE:-1024}" >"$log"
bytes=$(wc -c <"$log")
cat "$log" >/dev/null
printf '%s\n' TRAY_ CIRCUIT_ TAL= RESTART_FLAG tray.ready -Aux[ CC_READY >"$work/words"

cpu() { # NAME COMMAND…: user and system seconds, added to $work/NAME
    local name=$1 TIMEFORMAT='%U %S'
    shift
    # A file, for grep stops at the first hit when nobody reads its answer.
    { time "$@" >"$work/out" 2>&1 || :; } 2>&1 | awk '{ print $1 + $2 }' >>"$work/$name"
}
for _ in 1 2 3 4 5; do
    cpu 'gonogo slo' "$gonogo" slo "$log"
    cpu 'gonogo slo --profile all' "$gonogo" slo --profile all "$log"
    cpu 'grep -cF (7 words)' env LC_ALL=C grep -cFf "$work/words" "$log"
    if command -v rg >/dev/null 2>&1; then
        cpu 'rg -j1 --no-mmap -cF (7 words)' rg -j1 --no-mmap -cFf "$work/words" "$log"
    fi
done
for name in 'gonogo slo' 'gonogo slo --profile all' 'grep -cF (7 words)' 'rg -j1 --no-mmap -cF (7 words)'; do
    [ -e "$work/$name" ] || { echo "$name: not installed" && continue; }
    sort -n "$work/$name" | awk -v name="$name" -v bytes="$bytes" \
        'NR == 1 { printf "%-32s %6.2f s of CPU %6.2f GB/s\n", name, $1, bytes / $1 / 1e9 }'
done
build/bench/bench_logbook "$log"

# Slow peers, on a part. Each counts the same words, with one expression per kind of line.
part=$work/part.log
head -c "$((${SCRIPT_MIB:-16} << 20))" "$log" >"$part"
part_bytes=$(wc -c <"$part")
cat >"$work/script.py" <<'PY'
import re, sys

kinds = [
    re.compile(p)
    for p in (
        r"TRAY_SERIES_ID=([0-9a-f-]+)",
        r"TRAY_ATTEMPT(\d+) start \(series_id=([0-9a-f-]+)\)",
        r"TRAY_ATTEMPT(\d+) result=ok \(series_id=([0-9a-f-]+), duration=(\d+)ms\)",
        r"TRAY_ATTEMPT(\d+) result=error \(code=(\w+), series_id=([0-9a-f-]+), duration=(\d+)ms\)",
        r"TRAY_BACKOFF_NEXT=(\d+)ms \(attempt=(\d+), series_id=([0-9a-f-]+), jitter=",
        r"CIRCUIT_OPEN reason=(\w+), series_errors=(\d+), after=(\d+)ms",
        r"CIRCUIT_CLOSE after=(\d+)ms",
        r"TAL=hold \(ts=([\d.]+)\)",
        r"TAL=released \(ts=([\d.]+), duration=([\d.]+)s\)",
        r"RESTART_FLAG seen_ts=([\d.]+), age_ms=(\d+), pid=(\d+), reason=(\w+)",
        r"tray\.ready (\d+)ms",
        r"-Aux\[(\d+)\]-NSStatusItemView",
    )
]
counts = [0] * len(kinds)
with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
    for line in log:
        for i, kind in enumerate(kinds):
            if kind.search(line):
                counts[i] += 1
print(counts)
PY
cat >"$work/tray.mtail" <<'MTAIL'
counter series
counter attempts
counter ok
counter failed
counter backoffs
counter opens
counter closes
counter holds
counter releases
counter flags
counter ready
counter aux
/TRAY_SERIES_ID=[0-9a-f-]+/ {
  series++
}
/TRAY_ATTEMPT\d+ start \(series_id=[0-9a-f-]+\)/ {
  attempts++
}
/TRAY_ATTEMPT\d+ result=ok \(series_id=[0-9a-f-]+, duration=\d+ms\)/ {
  ok++
}
/TRAY_ATTEMPT\d+ result=error/ {
  failed++
}
/TRAY_BACKOFF_NEXT=\d+ms/ {
  backoffs++
}
/CIRCUIT_OPEN reason=\w+/ {
  opens++
}
/CIRCUIT_CLOSE after=\d+ms/ {
  closes++
}
/TAL=hold \(ts=[\d.]+\)/ {
  holds++
}
/TAL=released \(ts=[\d.]+, duration=[\d.]+s\)/ {
  releases++
}
/RESTART_FLAG seen_ts=[\d.]+/ {
  flags++
}
/tray\.ready \d+ms/ {
  ready++
}
/-Aux\[\d+\]-NSStatusItemView/ {
  aux++
}
MTAIL
peer() { # NAME COMMAND…
    local name=$1
    command -v "$2" >/dev/null 2>&1 || { echo "$name: not installed" && return; }
    cpu "$@"
    sort -n "$work/$name" | awk -v name="$name" -v bytes="$part_bytes" \
        'NR == 1 { printf "%-32s %6.2f s of CPU %6.3f GB/s\n", name, $1, bytes / $1 / 1e9 }'
}
peer 'python3, a script per line' python3 "$work/script.py" "$part"
peer 'mtail --one_shot' mtail --one_shot --logs "$part" --progs "$work/tray.mtail"

build/bench/bench_tail "$log"
