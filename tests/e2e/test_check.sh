#!/usr/bin/env bash
# `gonogo check` against the lab: its document, its exit codes, and the soak that turns HOLD into GO.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

# happy: HOLD while the soak fills, then GO by itself.
lab_start happy
verify_check 'happy: HOLD at first, only the soak waits' 10 3 '.verdict == "HOLD" and [.gates[] | select(.counted and .verdict != "pass") | .kind] == ["soak"]'
verify 'check --json: product, target, stable, stage' json '.product == "Nexy" and .target == "2.0.0.20" and .stable == "2.0.0.19" and .stage == "before"'
verify 'check --json: the question names the target' json '.question | test("2\\.0\\.0\\.20")'
verify 'check --json: every key of a gate' json '[.gates[] | has("name","kind","verdict","reason","since")] | length > 0 and all'
verify 'check --json: every key of a source' json '[.sources[] | has("name","environment","kind","state","version","build","http","latency_ms","age_ms","error")] | length >= 8 and all'
verify 'check --json: states are of the list' json '[.sources[].state | IN("ok","closed","error","stale","pending")] | all'
verify 'check --json: times are RFC 3339 UTC' json '[.at, .gates[].since] | map(test("^[0-9-]{10}T[0-9:]{8}(\\.[0-9]+)?Z$")) | all'
verify 'happy: production keeps its beta feed closed' json '[.sources[] | select(.environment == "production" and .state == "closed")] | length == 1'
verify 'check --json: how far both feeds have got' json '.exposure | keys == ["candidate", "stable"] and .stable.version == "2.0.0.19" and .candidate.version == "2.0.0.20" and all(.groups == 7 and .check_interval_ms == 86400000)'
verify_exit 'a plain check says HOLD too' 3 "$GONOGO" check -c "$config"
verify_text 'a plain check names the soak' 'soak'
verify_exit 'another target is not what the feed offers: NO-GO' 1 "$GONOGO" check -c "$config" --target 2.0.0.21
verify_text 'it says what the feed offers' '2.0.0.20'
verify_check 'happy: GO within two minutes' 120 0 '.verdict == "GO" and all(.gates[] | select(.counted); .verdict == "pass")'
lab_stop 'happy: SIGTERM ends the lab and removes it'

# The exposure clock, from a feed in a file: two days of a rollout that lets a group in each day.
date=$(LC_ALL=C date -u -d '-49 hours' '+%a, %d %b %Y %H:%M:%S +0000' 2>/dev/null ||
    LC_ALL=C date -u -v-49H '+%a, %d %b %Y %H:%M:%S +0000')
cat >"$scratch/appcast.xml" <<X
<rss xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"><channel><item><pubDate>$date</pubDate>
<sparkle:version>2.0</sparkle:version><sparkle:phasedRolloutInterval>86400</sparkle:phasedRolloutInterval></item></channel></rss>
X
config=$scratch/file.yaml
cat >"$config" <<'Y'
product: Nexy
store: none
check_interval: 1h
environments:
  - name: tree
    role: stable
    probes: [{name: feed, kind: feed, file: appcast.xml}]
gates:
  - {name: fresh, kind: fresh}
Y
verify_check 'a rollout of two days' 10 3 '.exposure.candidate == null and (.exposure.stable | .phased and (.paused | not) and .source == "tree/feed" and .groups_open == 3 and .interval_ms == 86400000 and .share_reached == .share_eligible and (.next_group < .complete))'
sed 's|<pubDate>.*</pubDate>||' "$scratch/appcast.xml" >"$scratch/plain" && mv "$scratch/plain" "$scratch/appcast.xml"
verify_check 'without a date nobody waits' 10 3 '.exposure.stable | (.phased | not) and .published == null and .groups_open == 7 and .next_group == null'

finish
