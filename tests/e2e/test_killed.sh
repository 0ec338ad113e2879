#!/usr/bin/env bash
# gonogo killed (SIGKILL) at every place where a run can be: what the next start finds, and the three ways
# on. The program is gonogo-failpoints, the same objects with failpoints that kill it.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

failing=$GONOGO-failpoints
cd "$scratch" || exit 1

appcast 2.0.0.19 >old.xml
appcast 2.0.0.20 >new.xml

# A promote by files. What the second step does the third can see, so it is not done again when that
# holds; the first can only be done again.
cat >kill.yaml <<'EOF'
product: Killed
store: sqlite:state/kill.db
poll: {every: 200ms}
environments:
  - {name: production, role: stable, probes: [{name: stable feed, kind: feed, file: stable.xml}]}
  - {name: staging, role: candidate, probes: [{name: beta feed, kind: feed, file: new.xml}]}
gates:
  - {name: untouched, kind: stable-untouched, sources: [production/stable feed], when: before}
  - {name: promoted, kind: feed-at-target, sources: [production/stable feed], when: after}
  - {name: back, kind: stable-untouched, sources: [production/stable feed], when: before}
actions:
  - name: promote
    requires: go
    steps:
      - {name: copy, run: [sh, -c, "echo copy >>trace"], undo: [sh, -c, "echo uncopy >>trace"]}
      - name: swap
        run: [sh, -c, "echo swap >>trace; cp new.xml next.xml; mv next.xml stable.xml"]
        undo: [sh, -c, "echo unswap >>trace; cp old.xml next.xml; mv next.xml stable.xml"]
      - {name: it is there, expect: [promoted], within: 20s}
EOF

fresh() {
    rm -rf state trace
    : >trace
    cp old.xml stable.xml
}
run() { "$GONOGO" run -c kill.yaml --as ada "$@"; }
# killed N OPTION…: died at its N-th failpoint, or not (then it came to its end); $died says where.
killed() {
    local n=$1 code=0
    shift
    { GONOGO_FAILPOINT=$n "$failing" run -c kill.yaml --as ada "$@" >out 2>&1; } 2>/dev/null || code=$?
    died=$(sed -n 's/^killed at //p' out)
    [ "$code" = 137 ] && [ -n "$died" ]
}
count() { grep -c "^$1\$" trace; }
state() { run --list --json | jq -r '.runs[0] | "\(.state) \(.step) \(.recorded)"'; }
chain() { "$GONOGO" ledger verify -c kill.yaml >verified 2>&1; }
# What a step has started goes to its end although gonogo is dead; only then is anything decided.
decide() { # OPTION…: within the deadline not refused because something still runs
    local end=$((SECONDS + 30)) code
    while :; do
        code=0
        run promote "$@" >out 2>&1 || code=$?
        grep -q 'still runs' out && [ "$SECONDS" -lt "$end" ] || return "$code"
    done
}

# --- a run, killed at each place; then resumed ---
places=
for ((n = 0; ; n++)); do
    fresh
    killed "$n" promote --confirm promote --reason test || break
    places="$places $died"
    found=$(state)
    case $died:$found in
    # Nothing is on record yet.
    unwritten:null*) [ "$n" = 0 ] || fail "killed at place $n, $died" "$found" ;;
    # Before it was confirmed nothing was begun: there is nothing to decide.
    prepared:abandoned*null*false | unwritten:abandoned*null*false) ;;
    *:interrupted*[123]*false) ;;
    done:done*3*true) ;;
    *) fail "killed at place $n, $died: the list" "$found" ;;
    esac
    case $found in
    interrupted*)
        decide --resume --confirm promote || fail "killed at place $n, $died: resumed" "$(cat out)"
        ;;
    done*) ;;
    *)
        [ ! -s trace ] || fail "killed at place $n, $died: nothing was done before it was confirmed" "$(cat trace)"
        run promote --confirm promote --reason test >out 2>&1 || fail "killed at place $n, $died: begun anew" "$(cat out)"
        ;;
    esac
    found=$(state)
    [ "$found" = 'done 3 true' ] || fail "killed at place $n, $died: it is done" "$found: $(cat out)"
    cmp -s new.xml stable.xml || fail "killed at place $n, $died: the feed is at the target" "$(cat trace)"
    # A step of which nothing is known is done again, and at most once; what the world shows is not.
    copies=$(count copy)
    swaps=$(count swap)
    { [ "$copies" -ge 1 ] && [ "$copies" -le 2 ] && [ "$swaps" = 1 ]; } ||
        fail "killed at place $n, $died: what holds is not done again" "$copies $swaps: $(cat trace)"
    chain || fail "killed at place $n, $died: the chain holds" "$(cat verified)"
done
[ "$failed" = 0 ] && pass "killed at each of $n places, it is shown, resumed and done:$places"
for place in prepared started spawned grouped over unwritten "done"; do
    case " $places " in *" $place "*) ;; *) fail "a run comes by the place $place" "$places" ;; esac
done
if [ "$n" -ge 15 ]; then pass 'every state of a run was killed'; else fail 'every state of a run was killed' "$n places: $places"; fi

# --- each way on, killed at each place, and taken again ---
interrupt() { # where the first step is done, and the second's result is not on record
    fresh
    killed over:1 promote --confirm promote --reason test || fail 'it is killed behind the second step' "$(cat out)"
}

for ((n = 0; ; n++)); do
    interrupt
    killed "$n" promote --resume --confirm promote || break
    found=$(state)
    case $found in
    interrupted*) decide --resume --confirm promote || fail "a resume killed at $died is resumed" "$found: $(cat out)" ;;
    'done 3 true') ;;
    *) fail "a resume killed at place $n, $died" "$found" ;;
    esac
    { [ "$(state)" = 'done 3 true' ] && [ "$(count copy)" = 1 ] && [ "$(count swap)" = 1 ] && chain; } ||
        fail "a resume killed at place $n, $died: it is done, and nothing twice" "$(state): $(cat trace verified)"
done
if [ "$n" -ge 4 ]; then pass "a resume killed at each of $n places is resumed"; else fail 'a resume is killed at each place' "$n"; fi

for ((n = 0; ; n++)); do
    interrupt
    killed "$n" promote --undo --confirm promote || break
    found=$(state)
    case $found in
    interrupted*) decide --undo --confirm promote || fail "an undo killed at $died is undone" "$found: $(cat out)" ;;
    undone*true) ;;
    *) fail "an undo killed at place $n, $died" "$found" ;;
    esac
    case $(state) in undone*true) ;; *) fail "an undo killed at place $n, $died: it is undone" "$(state): $(cat out)" ;; esac
    { cmp -s old.xml stable.xml && chain; } || fail "an undo killed at place $n, $died: as it was" "$(cat trace verified)"
    # In reverse order, each once or, when nothing was known of it, twice.
    order=$(grep '^un' trace | uniq | tr '\n' ' ')
    [ "$order" = 'unswap uncopy ' ] || fail "an undo killed at place $n, $died: in reverse order" "$(cat trace)"
done
if [ "$n" -ge 10 ]; then pass "an undo killed at each of $n places is undone"; else fail 'an undo is killed at each place' "$n"; fi

for ((n = 0; ; n++)); do
    interrupt
    killed "$n" promote --abandon || break
    found=$(state)
    case $found in
    interrupted*) run promote --abandon >out 2>&1 || fail "an abandon killed at $died is abandoned" "$found: $(cat out)" ;;
    abandoned*true) ;;
    *) fail "an abandon killed at place $n, $died" "$found" ;;
    esac
    case $(state) in abandoned*true) ;; *) fail "an abandon killed at place $n, $died" "$(state): $(cat out)" ;; esac
    [ "$(cat trace)" = "$(printf 'copy\nswap')" ] || fail 'who abandons does nothing' "$(cat trace)"
done
if [ "$n" -ge 2 ]; then pass "an abandon killed at each of $n places is abandoned"; else fail 'an abandon is killed at each place' "$n"; fi

finish
