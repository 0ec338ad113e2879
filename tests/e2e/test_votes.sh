#!/usr/bin/env bash
# People turn HOLD into GO: votes, ticks and waivers by command, each written into the ledger first, and
# the ledger proves them.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

# shellcheck disable=SC2317 # verify_exit calls it
say() { "$GONOGO" "$1" -c "$people" "${@:2}"; }
ledger() { "$GONOGO" ledger "$1" -c "$people" "${@:2}"; }
entries() { ledger show --json --last 0 | jq -s "$1"; }

lab_start happy
people=$(dirname "$config")/people.yaml
db=$(dirname "$config")/state/people-ledger.db
"$GONOGO" ledger keygen "$(dirname "$config")/ledger.key" >"$scratch/public"
cat >"$scratch/gates" <<'Y'
  - {name: roll call, kind: votes, roles: [ops, support], veto: [ops], expires: 12h, when: before}
  - {name: docs updated, kind: checklist, link: true, when: before}
  - {name: smoke, kind: checklist, items: [tray, restart], when: before, approvals: 1}
Y
sed -e 's|^store: .*|store: sqlite:state/people.db|' -e '/kind: soak/d' -e '/kind: slo/d' -e '/kind: no-violations/d' \
    -e "/^gates:/r $scratch/gates" "$config" >"$people"
cat >>"$people" <<'Y'
people:
  - {name: ops-lead, roles: [ops]}
  - {name: support-lead, roles: [support]}
  - {name: pm, roles: [pm]}
waivers: {longest: 24h}
ledger: {key: file:ledger.key}
Y
config=$people
verify_check 'HOLD: three gates wait for people' 30 3 '.verdict == "HOLD" and ([.gates[] | select(.verdict == "wait") | .name] == ["roll call", "docs updated", "smoke"])'
verify 'the roll call is told in its order' json '[.gates[] | select(.name == "roll call").reason] == ["Ops — · Support — (say it with v)"]'
verify 'check --json: the fingerprint and the ledger' json '(.fingerprint | test("^[0-9a-f]{64}$")) and .ledger.state == "well"'

verify_exit 'a vote is written down' 0 say vote ops go --as ops-lead
verify_text 'and says so' 'ops-lead votes GO for ops'
verify_exit 'who may not speak is refused' 1 say vote support go --as ops-lead
verify_text 'with the reason' 'ops-lead may not speak for support'
verify_exit 'an unknown name is refused' 1 say vote ops go --as mallory
verify 'refusals are written down' test "$(entries '[.[] | select(.kind == "refused") | .who] == ["ops-lead", "mallory"]')" = true
verify_exit 'a NO-GO needs a reason' 1 say vote support no-go --as support-lead
verify_exit 'nonsense is a usage error' 2 say vote support perhaps --as support-lead
verify_exit 'a reason of a megabyte is refused' 2 say vote support go --as support-lead --reason "$(head -c 100000 /dev/zero | tr '\0' x)"
verify_exit 'a name with control characters is refused' 1 say vote ops go --as "$(printf 'ops-lead\033[2J')"

verify_exit 'support says NO-GO' 0 say vote support no-go --as support-lead --reason "$(printf 'nobody is \033[31mon call')"
verify_check 'a NO-GO is a NO-GO' 30 1 '.verdict == "NO-GO" and ([.gates[] | select(.name == "roll call").reason] == ["Ops GO · Support NO-GO · support-lead: nobody is ␛[31mon call"])'
verify_exit 'support says GO' 0 say vote support go --as support-lead
verify_exit 'a tick without a link is refused' 1 say tick 'docs updated' --as pm
verify_exit 'a tick with a link is written down' 0 say tick 'docs updated' --as pm --link https://docs.example.net/20
verify_exit 'a gate that is not there' 2 say tick 'docs' --as pm
verify_exit 'one item is ticked' 0 say tick smoke --item tray --as pm
verify_check 'one item is left' 30 3 '.verdict == "HOLD" and ([.gates[] | select(.counted and .verdict != "pass") | .reason] == ["1 of 2 ticked; restart: not ticked yet"])'

verify_exit 'a waiver without an end is refused' 1 say waive smoke --as ops-lead --reason hotfix
verify_exit 'a waiver is asked for' 0 say waive smoke --as ops-lead --reason hotfix --for 1h
verify_text 'and waits for another person' 'waits for 1 more person'
verify_check 'alone it changes nothing' 30 3 '.verdict == "HOLD" and ([.gates[] | select(.name == "smoke") | .waived, .waiver] == [false, "asked for by ops-lead, waits for 1 more person"])'
verify_exit 'who asked cannot approve' 1 say waive smoke --as ops-lead --approve
verify_exit 'somebody else can' 0 say waive smoke --as pm --approve
verify_check 'GO, and the waiver shows' 30 0 '.verdict == "GO" and ([.gates[] | select(.waived) | .name, .verdict] == ["smoke", "wait"])'
verify_exit 'a plain check shows it too' 0 "$GONOGO" check -c "$people"
verify_text 'with who and why' '⚑ waived by ops-lead until'

verify_exit 'the decision packet' 0 "$GONOGO" report -c "$people"
verify_text 'has the roll call' '| roll call | ops | GO | ops-lead |'
verify_text 'the checklists, with their proof' 'https://docs.example.net/20'
verify_text 'item by item' '| smoke | restart | — |'
verify_text 'and the waivers' '| smoke | ⚑ waived | by ops-lead until'
"$GONOGO" report -c "$people" --format json >"$scratch/check.json"
verify 'also in JSON: who says what' json '[.roll_call[] | [.role, .says, .who, .counts]] == [["ops", "GO", "ops-lead", true], ["support", "GO", "support-lead", true]]'
verify 'what is ticked' json '[.checklists[] | [.gate, .item, .counts]] == [["docs updated", null, true], ["smoke", "tray", true], ["smoke", "restart", false]]'
verify 'what is waived, by whom, and who approved' json '.waivers[0] | .gate == "smoke" and .counts and .who == "ops-lead" and .why == "hotfix" and .approvals == ["pm"]'

# A vote about other bytes counts for nothing.
verify_exit 'a vote about other bytes can be given' 0 say vote ops go --as ops-lead --target 2.0.0.20 --fingerprint "$(printf '%064d' 1)"
verify_exit 'but not without its version' 2 say vote ops go --as ops-lead --fingerprint "$(printf '%064d' 1)"
verify_check 'and is void' 30 3 '[.gates[] | select(.name == "roll call").reason] | .[0] | startswith("Ops — (its vote was for other bytes)")'
verify_exit 'said again for these it counts' 0 say vote ops go --as ops-lead
verify_check 'GO again' 30 0 '.verdict == "GO"'

# The ledger.
verify_exit 'the ledger is sound' 0 ledger verify
verify_text 'it has a head' 'head '
head=$(ledger verify | sed -n 's/^head //p')
verify_exit 'every signature holds' 0 ledger verify --every-signature
verify_exit 'entries are shown' 0 ledger show
verify_text 'who said what' 'ops-lead votes GO for ops'
verify 'the configuration is in it, once' test "$(entries '[.[] | select(.kind == "config")] | length == 1')" = true
# shellcheck disable=SC2016 # it is jq's
verify 'and each change of the verdict' test "$(entries '[.[] | select(.kind == "verdict") | .word] | .[0] == "HOLD" and index("GO") != null and index("NO-GO") != null and . as $w | all(range(1; length); $w[.] != $w[. - 1])')" = true
ledger export >"$scratch/export"
verify_exit 'the export verifies without the database' 0 "$GONOGO" ledger verify "$scratch/export" --public-key "$(cat "$scratch/public")" --head "$head"
"$GONOGO" ledger keygen "$scratch/other.key" >"$scratch/other"
verify_exit 'not by another key' 1 "$GONOGO" ledger verify "$scratch/export" --public-key "$(cat "$scratch/other")"
sed 3d "$scratch/export" >"$scratch/cut"
verify_exit 'a removed line is found' 1 "$GONOGO" ledger verify "$scratch/cut"
verify_text 'and named' 'entry 3 is missing'
sed -n '1,4p' "$scratch/export" >"$scratch/cut"
verify_exit 'a cut end is found' 1 "$GONOGO" ledger verify "$scratch/cut"
sed 's/"word":"no-go"/"word":"go"/' "$scratch/export" >"$scratch/changed"
verify_exit 'a changed line is found' 1 "$GONOGO" ledger verify "$scratch/changed"
verify_text 'and named too' 'was changed'

if command -v sqlite3 >/dev/null 2>&1; then
    # shellcheck disable=SC2317 # verify calls it
    change() { sqlite3 "$db" "UPDATE entry SET body = '{}'" 2>&1 | grep -q append-only; }
    verify 'the database refuses a change' change
    sqlite3 "$db" "DROP TRIGGER entry_not_removed; DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)"
    verify_exit 'a row that was deleted from the end is found' 1 ledger verify
    verify_text 'the file remembers' 'missing from the end'
    sqlite3 "$db" "DROP TRIGGER entry_not_changed; UPDATE entry SET body = replace(body, 'no-go', 'go') WHERE body LIKE '%no-go%'"
    verify_exit 'a row that was changed is found' 1 ledger verify
    verify_check 'nothing counts any more' 30 3 '.ledger.state == "tampered" and ([.gates[] | select(.name == "roll call").verdict] == ["unknown"])'
    verify_exit 'and nothing more is written into it' 1 say vote ops go --as ops-lead
fi

finish
