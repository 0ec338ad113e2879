#!/usr/bin/env bash
# `gonogo slo` on a generated log of SIZE MiB (1024), read from memory, beside those that only count:
# grep -F, and rg where it is installed. CPU seconds, best of five taken in turn, so that a busy machine is busy for all.
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
