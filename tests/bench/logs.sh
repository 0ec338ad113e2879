#!/usr/bin/env bash
# `gonogo slo` on a generated log of SIZE MiB (1024), read from memory, beside those that only count
# (rg and grep -F, with the words that slo looks for), and on the first SCRIPT_MIB (16) of it beside those that also
# judge line by line: a Python script with the same expressions, and mtail. Then its memory over FLAT_MIB
# (10240), and what following ten live logs costs. CPU seconds, best of five taken in turn, so that a busy
# machine is busy for all.
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
printf '%s\n' TRAY_ CIRCUIT_ TAL= RESTART_FLAG tray.ready -Aux[ CC_READY >"$work/tray"
{ cat "$work/tray" && printf '%s\n' decision= _latency tcc_prompt_ network_online_ stream_open stream.open \
    permission_flo permission_restart_succ permissions.first_run_; } >"$work/all"
grep -m1 'model name' /proc/cpuinfo 2>/dev/null || uname -m

cpu() { # NAME COMMAND…: user and system seconds, added to $work/NAME
    local name=$1 TIMEFORMAT='%U %S'
    shift
    # A file, for grep stops at the first hit when nobody reads its answer.
    { time "$@" >"$work/out" 2>&1 || :; } 2>&1 | awk '{ print $1 + $2 }' >>"$work/$name"
}
best() { sort -n "$work/$1" | head -n 1; }
row() { # NAME BYTES [PEER ASKED]: its speed, and how many times that of the peer it is
    [ -e "$work/$1" ] || { echo "$1: not installed" && return; }
    awk -v name="$1" -v bytes="$2" -v s="$(best "$1")" 'BEGIN {
        printf "%-34s %6.2f s of CPU %7.3f GB/s", name, s, bytes / s / 1e9 }'
    if [ $# -eq 4 ] && [ -e "$work/$3" ]; then
        awk -v peer="$3" -v asked="$4" -v mine="$bytes" -v s="$(best 'gonogo slo')" -v b="$2" -v t="$(best "$3")" \
            'BEGIN { printf "   gonogo slo is %.2f times as fast (asked: %s)", (mine / s) / (b / t), asked }'
    fi
    echo
}
for _ in 1 2 3 4 5; do
    cpu 'gonogo slo' "$gonogo" slo "$log"
    cpu 'gonogo slo --profile all' "$gonogo" slo --profile all "$log"
    cpu 'grep -cF (7 words)' env LC_ALL=C grep -cFf "$work/tray" "$log"
    if command -v rg >/dev/null 2>&1; then
        cpu 'rg -j1 --no-mmap -cF (7 words)' rg -j1 --no-mmap -cFf "$work/tray" "$log"
        cpu 'rg -j1 --no-mmap -cF (16 words)' rg -j1 --no-mmap -cFf "$work/all" "$log"
    fi
done
row 'gonogo slo' "$bytes"
row 'rg -j1 --no-mmap -cF (7 words)' "$bytes" 'rg -j1 --no-mmap -cF (7 words)' '1.0'
row 'grep -cF (7 words)' "$bytes"
row 'gonogo slo --profile all' "$bytes"
row 'rg -j1 --no-mmap -cF (16 words)' "$bytes"
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
peer() { # NAME ASKED COMMAND…
    local name=$1 asked=$2
    shift 2
    command -v "$1" >/dev/null 2>&1 || { echo "$name: not installed" && return; }
    cpu "$name" "$@"
    row "$name" "$part_bytes" "$name" "$asked"
}
peer 'python3, a script per line' 80 python3 "$work/script.py" "$part"
peer 'mtail --one_shot' 100 mtail --one_shot --logs "$part" --progs "$work/tray.mtail"

flat() { # MIB: peak memory of slo over so much of it
    build/bench/make_log --size "$1" | build/bench/meter run "$gonogo" slo --profile all - | awk -v mib="$1" \
        'END { printf "slo --profile all over %6d MiB: peak %d KB (asked: 10,000)\n", mib, $3 }'
}
flat 256
flat "${FLAT_MIB:-10240}"

build/bench/bench_tail "$log"
