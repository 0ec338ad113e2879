#!/usr/bin/env bash
# `gonogo report`: the decision packet in its three formats, against the lab.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

report() { "$GONOGO" report -c "$config" "$@"; }
# What the lab's own gonogo wrote into the ledger: it is a moment behind the first answers.
# shellcheck disable=SC2317 # called by within
has_verdict() { report --format json | jq -e '[.entries[] | select(.kind == "verdict")] | length > 0'; }

lab_start happy
if within 20 has_verdict; then pass 'a verdict is in the ledger'; else fail 'a verdict is in the ledger' "$(report --format json)"; fi

verify_exit 'Markdown: exit 0 whatever the verdict is' 0 report
verify_text 'Markdown: the title says the verdict' '# Nexy 2.0.0.20: HOLD'
verify_text 'Markdown: a gate with its numbers' '| pass | stable untouched | stable-untouched | production/stable feed still 2.0.0.19 |'
verify_text 'Markdown: the soak and how far it is' '| wait | soak | soak |'
verify_text 'Markdown: what the feeds differ in' '    added 2.0.0.20 (line '
verify_text 'Markdown: a source with its version' '| ok | staging/health | 2.0.0.20 |'
verify_text 'Markdown: the ledger and its chain' 'The chain holds up to its last entry, number '
verify_text 'Markdown: the verdict is in it' 'HOLD'

report --format html >"$scratch/report.html"
verify 'HTML: one document that a parser takes' xmllint --html --noout --nowarning "$scratch/report.html"
output=$(cat "$scratch/report.html")
verify_text 'HTML: says its character set' '<meta charset="utf-8">'
verify_text 'HTML: the same gate' '<td>production/stable feed still 2.0.0.19</td>'
case $output in
*'src="http'* | *'href="http'* | *'<script'*) fail 'HTML: asks nobody for anything' ;;
*) pass 'HTML: asks nobody for anything' ;;
esac

report --format json >"$scratch/check.json"
verify 'JSON: what check --json says' json '.product == "Nexy" and .verdict == "HOLD" and (.gates | length) > 5'
verify 'JSON: the difference of the feeds, line by line' json '.feed_note == null and (.feed_diff | any(startswith("added 2.0.0.20")))'
# shellcheck disable=SC2016 # jq's own variable
verify 'JSON: entries are linked' json '.entries as $e | [range(1; $e | length) | $e[.].prev == $e[. - 1].hash] | all'

verify_exit 'an unknown format is refused' 2 report --format pdf
verify_text 'it says which there are' 'write md, html or json'
verify_exit 'another target is reported on as such' 0 report --target 2.0.0.21
verify_text 'with the verdict on it' 'Nexy 2.0.0.21: NO-GO'

# The candidate's server goes away: a packet all the same.
sed "s|$staging|http://127.0.0.1:9|" "$config" >"$(dirname "$config")/gone.yaml"
verify_exit 'a feed that cannot be had: a report all the same' 0 "$GONOGO" report -c "$(dirname "$config")/gone.yaml" --wait 2s
verify_text 'and why it cannot be compared' 'The feeds cannot be compared: staging/beta feed'
lab_stop 'the lab ends'

finish
