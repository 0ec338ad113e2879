#!/bin/sh
# Runs the test programs and scripts of some kinds, a few at a time, and adds up their cases.
#
#   tests/run.sh VARIANT KIND...      VARIANT release|asan|tsan|fuzz, KIND unit|screens|e2e|fuzz
#
# A program (tests/KIND/test_X.c) speaks cmocka's TAP, a script (tests/KIND/test_X.sh) prints
# `ok NAME` or `FAIL NAME` per case. Each gets a fresh HOME and TMPDIR, GONOGO (the program to test),
# no standard input and a deadline. Whatever a sanitizer has to say, in any process a test starts,
# fails that test. Logs are in build/test/VARIANT/, those of failures are shown; the last line is
# `N passed, N failed`. T=text runs only tests whose name holds it.
set -u

variant=$1
shift
top=$(pwd)
case $variant in
release | fuzz) out=$top/build ;;
*) out=$top/build/$variant ;;
esac
logs=$top/build/test/$variant
# More at a time than there are processors: most tests wait for most of their time. Fuzzers do not.
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
jobs=${JOBS:-$((cores * 2))}
FUZZ_SECONDS=${FUZZ_SECONDS:-20} # over all targets together

# A deadline for one test file, in seconds: the lab's verdict alone takes two minutes to turn GO.
# ThreadSanitizer is slow.
deadline=240
[ "$variant" = tsan ] && deadline=480

within() { # SECONDS COMMAND...: exit code 124 when time ran out
    if command -v timeout >/dev/null 2>&1; then
        timeout -k 5 "$@"
    elif command -v gtimeout >/dev/null 2>&1; then
        gtimeout -k 5 "$@"
    else
        echo "tests/run.sh: no timeout command: run \"make deps\"" >&2
        return 127
    fi
}

# How many cases passed and failed, from what the test said.
count() { # LOG
    awk '
        /^[ \t]*1\.\.[0-9]+/ { planned += substr($1, 4) }
        /^[ \t]*ok .*# SKIP/ || /^[ \t]*not ok .*# SKIP/ { skipped++; next }
        /^[ \t]*ok / { passed++ }
        /^[ \t]*not ok / || /^FAIL / { failed++ }
        END {
            lost = planned - passed - failed - skipped
            print passed + 0, failed + (lost > 0 ? lost : 0)
        }' "$1"
}

# Where the tests' folders go: memory, when it is roomy and programs may run there. Thousands of tests
# sync to the disk before they go on; on a busy disk that is most of their time.
scratch() {
    [ -z "${TMPDIR:-}" ] || { echo "$TMPDIR"; return; }
    free_kb=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
    if [ "${free_kb:-0}" -ge $((4 << 20)) ] && probe=$(mktemp /dev/shm/gonogo-probe.XXXXXX 2>/dev/null); then
        printf '#!/bin/sh\n' >"$probe"
        chmod +x "$probe"
        "$probe" 2>/dev/null && free_kb=yes
        rm -f "$probe"
        [ "$free_kb" != yes ] || { echo /dev/shm; return; }
    fi
    echo /tmp
}

one() { # KIND NAME
    name=$1/$2
    log=$logs/$1-$2
    rm -rf "$log".*
    TMPDIR=$(mktemp -d "$(scratch)/gonogo-test.XXXXXX") || exit 1
    export TMPDIR
    export HOME="$TMPDIR/home" XDG_STATE_HOME="$TMPDIR/home/state" XDG_CONFIG_HOME="$TMPDIR/home/config"
    mkdir -p "$HOME"
    unset GONOGO_CONFIG NO_COLOR
    export GONOGO="$out/gonogo" OUT="$out" VARIANT="$variant" CMOCKA_MESSAGE_OUTPUT=TAP
    san="log_path=$log.san"
    export ASAN_OPTIONS="$san:detect_stack_use_after_return=1"
    export UBSAN_OPTIONS="$san:print_stacktrace=1"
    export TSAN_OPTIONS="$san:second_deadlock_stack=1:suppressions=$top/tests/tsan.supp"
    export LSAN_OPTIONS="suppressions=$top/tests/lsan.supp:print_suppressions=0"
    began=$(date +%s)
    case $1 in
    fuzz) fuzz "$2" ;;
    *)
        if [ -f "tests/$1/$2.sh" ]; then
            within $deadline bash "tests/$1/$2.sh"
        else
            within $deadline "$out/$1/$2"
        fi
        ;;
    esac >"$log.log" 2>&1 </dev/null
    code=$?
    took=$(($(date +%s) - began))
    # shellcheck disable=SC2046 # two numbers
    set -- $(count "$log.log")
    passed=$1 failed=$2
    if [ $code -eq 124 ] || [ $code -eq 137 ]; then
        echo "hung: not done after $deadline s, killed" >>"$log.log"
        failed=$((failed > 0 ? failed : 1))
    elif [ $code -ne 0 ] && [ "$failed" -eq 0 ]; then
        echo "exit code $code" >>"$log.log"
        failed=1
    elif [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then
        echo "it ran no case at all" >>"$log.log"
        failed=1
    fi
    for report in "$log".san.*; do
        [ -s "$report" ] || continue
        cat "$report" >>"$log.log"
        # Not their remarks about themselves, such as a missing symbolizer.
        grep -Eq 'ERROR: |WARNING: ThreadSanitizer|runtime error: ' "$report" || continue
        [ $code -ne 0 ] || failed=$((failed + 1))
        code=1
    done
    echo "$passed $failed" >"$log.count"
    rm -rf "$TMPDIR"
    if [ "$failed" -eq 0 ]; then
        printf '%-32s %4s passed %15s s\n' "$name" "$passed" "$took"
    else
        printf '%-32s %4s passed, %s FAILED %5s s\n' "$name" "$passed" "$failed" "$took"
    fi
}

# One fuzz target for its share of the time, on copies: what it finds interesting stays in build/.
fuzz() { # fuzz_X
    subject=${1#fuzz_}
    work=$TMPDIR/corpus
    mkdir -p "$work"
    for from in "tests/fuzz/corpus/$subject" "tests/bad/$subject"; do
        [ ! -d "$from" ] || find "$from" -type f -size -512k -exec cp {} "$work" \;
    done
    set --
    [ ! -f "tests/fuzz/$subject.dict" ] || set -- "-dict=tests/fuzz/$subject.dict"
    if within $((FUZZ_SHARE + 90)) "$top/build/fuzz/fuzz_$subject" -max_total_time="$FUZZ_SHARE" -timeout=10 \
        -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$logs/fuzz-" "$@" "$work"; then
        echo "ok fuzz_$subject"
    else
        echo "FAIL fuzz_$subject"
        return 1
    fi
}

if [ "${1:-}" = --one ]; then
    one "${2%%/*}" "${2#*/}"
    exit 0
fi

# ThreadSanitizer and AddressSanitizer of older compilers do not start where the kernel spreads
# mappings over more bits than they know of.
again=
if [ "$variant" != release ] && [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ] &&
    setarch "$(uname -m)" -R true 2>/dev/null; then
    again="setarch $(uname -m) -R"
fi

mkdir -p "$logs"
list=$logs/list
for kind; do
    # e2e first: they wait most, the units fill the gaps.
    for file in "tests/$kind"/test_*.c "tests/$kind"/test_*.sh "tests/$kind"/fuzz_*.c; do
        [ -f "$file" ] || continue
        case $kind/$(basename "$file") in fuzz/test_* | [!f]*/fuzz_*) continue ;; esac
        name=$kind/$(basename "${file%.*}")
        case $name in *"${T:-}"*) echo "$name" ;; esac
    done
done | sort -u >"$list"

targets=$(grep -c '^fuzz/' "$list")
FUZZ_SHARE=$((targets > 0 ? (FUZZ_SECONDS + targets - 1) / targets : 0))
export FUZZ_SHARE FUZZ_SECONDS T

rm -f "$logs"/*.count
# shellcheck disable=SC2086 # a command with words, or nothing
[ ! -s "$list" ] || xargs -n 1 -P "$jobs" $again sh tests/run.sh "$variant" --one <"$list"

while IFS= read -r name; do
    counts=$logs/$(echo "$name" | tr / -)
    read -r passed failed 2>/dev/null <"$counts.count" || passed=0 failed=1
    [ "$failed" -eq 0 ] && continue
    printf '\n==== %s: the end of %s\n' "$name" "build/test/$variant/${counts##*/}.log"
    grep -E -A 3 '^(FAIL|[ \t]*not ok) ' "$counts.log" | head -n 60
    echo ...
    tail -n 60 "$counts.log"
done <"$list"

# `N passed, N failed`, and success only when something ran and nothing failed.
missing=0
while IFS= read -r name; do
    [ -s "$logs/$(echo "$name" | tr / -).count" ] || missing=$((missing + 1))
done <"$list"
cat "$logs"/*.count 2>/dev/null | awk -v missing=$missing '
    { passed += $1; failed += $2 }
    END {
        failed += missing
        printf "%d passed, %d failed\n", passed, failed
        exit !(failed == 0 && passed > 0)
    }'
