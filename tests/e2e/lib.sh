# shellcheck shell=bash
# What every end-to-end test needs: `ok`/`FAIL` lines, waiting with a deadline, a lab that is always
# stopped. Sourced; $GONOGO is the binary under test.

GONOGO=${GONOGO:-build/gonogo}
GONOGO=$(cd "$(dirname "$GONOGO")" && pwd)/$(basename "$GONOGO")
scratch=$(mktemp -d)
lab_pid=
failed=0

cleanup() {
    [ -z "$lab_pid" ] || { kill -TERM "$lab_pid" 2>/dev/null; wait "$lab_pid" 2>/dev/null; }
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

pass() { printf 'ok %s\n' "$1"; }
fail() {
    printf 'FAIL %s\n' "$1"
    [ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/    /'
    failed=1
}

# The last line of every test: its exit code.
finish() { exit "$failed"; }

# verify NAME COMMAND…: the command succeeds.
verify() {
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then pass "$name"; else fail "$name" "$* → exit $?: $out"; fi
}

# verify_exit NAME CODE COMMAND…: exactly this exit code; what it printed is in $output.
verify_exit() {
    local name=$1 want=$2 got=0
    shift 2
    output=$("$@" 2>&1) || got=$?
    if [ "$got" = "$want" ]; then pass "$name"; else fail "$name" "exit $got, want $want: $output"; fi
}

# verify_text NAME TEXT: $output holds TEXT.
verify_text() {
    case $output in
    *"$2"*) pass "$1" ;;
    *) fail "$1" "\"$2\" is not in: $output" ;;
    esac
}

# within SECONDS COMMAND…: tries again until it succeeds; fails at the deadline.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# appcast VERSION: the smallest feed that offers it.
appcast() {
    cat <<EOF
<rss version="2.0" xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"><channel><item>
<enclosure url="https://a.example.net/a.dmg" length="1" sparkle:version="$1" sparkle:shortVersionString="$1"/>
</item></channel></rss>
EOF
}

# lab_start SCENARIO [OPTION…]: sets $lab_pid, $production, $staging, $config.
lab_start() {
    local scenario=$1
    shift
    : >"$scratch/lab" # nothing of the lab before
    "$GONOGO" demo --headless --scenario "$scenario" "$@" >"$scratch/lab" 2>"$scratch/lab.err" &
    lab_pid=$!
    if ! within 20 grep -q '^config ' "$scratch/lab"; then
        fail "lab $scenario starts" "$(cat "$scratch/lab" "$scratch/lab.err")"
        exit 1
    fi
    production=$(sed -n 's/^production //p' "$scratch/lab")
    staging=$(sed -n 's/^staging //p' "$scratch/lab")
    config=$(sed -n 's/^config //p' "$scratch/lab")
    export production staging config
}

# lab_stop NAME: ends the lab by SIGTERM; it must end well and leave nothing behind.
lab_stop() {
    local code=0
    kill -TERM "$lab_pid"
    wait "$lab_pid" || code=$?
    lab_pid=
    if [ "$code" = 0 ] && [ ! -e "$config" ]; then
        pass "$1"
    else
        fail "$1" "exit $code, $(ls -d "$config" 2>&1): $(cat "$scratch/lab.err")"
    fi
}

# check: `check --json` into $scratch/check.json; its exit code.
check() { "$GONOGO" check -c "$config" --json >"$scratch/check.json" 2>"$scratch/check.err"; }
json() { jq -e "$1" "$scratch/check.json"; }
# check_says CODE JQ: a check exits with CODE and its document satisfies the filter.
check_says() {
    local code=0
    check || code=$?
    [ "$code" = "$1" ] && json "$2"
}
# verify_check NAME SECONDS CODE JQ: check_says becomes true in time; shows the last document if not.
verify_check() {
    if within "$2" check_says "$3" "$4"; then pass "$1"; else
        fail "$1" "$4 $(jq -c '{verdict, gates: [.gates[] | [.name, .verdict, .reason]], sources: [.sources[] | [.environment, .name, .state, .error]]}' "$scratch/check.json") $(cat "$scratch/check.err")"
    fi
}
