#!/usr/bin/env bash
# `gonogo feed offer`: the document, the lines, the options.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

# shellcheck disable=SC2317 # what verify calls
offer() { "$GONOGO" feed offer "$@"; }
# shellcheck disable=SC2317
json_is() { # JQ ARGUMENT…
    local filter=$1
    shift
    offer --json "$@" | jq -e "$filter"
}
cat >"$scratch/feed.xml" <<'X'
<rss version="2.0" xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"><channel>
<item><sparkle:version>2.2</sparkle:version><sparkle:channel>beta</sparkle:channel></item>
<item><sparkle:version>2.1</sparkle:version><pubDate>Thu, 26 Feb 2026 12:00:00 +0000</pubDate>
<sparkle:phasedRolloutInterval>86400</sparkle:phasedRolloutInterval></item>
<item><sparkle:version>2.0</sparkle:version><sparkle:minimumSystemVersion>13</sparkle:minimumSystemVersion></item>
<item><sparkle:version>1.9</sparkle:version></item>
<item><sparkle:version>1.0</sparkle:version></item>
</channel></rss>
X
feed=$scratch/feed.xml
at=(--at 2026-02-28T12:00:00Z) # two days later: groups 0, 1 and 2 are in

verify 'a group that is in' json_is '.offered == "2.1"' --host-version 1.0 --group 2 "${at[@]}" "$feed"
verify 'a group that is not falls back' json_is \
    '.offered == "2.0" and ([.items[].dropped_by] == ["channel", "phased", null, "not-highest", "not-newer"])' \
    --host-version 1.0 --group 3 "${at[@]}" "$feed"
verify 'items have their four members' json_is \
    '(keys == ["items", "offered"]) and all(.items[]; keys == ["dropped_by", "offered", "reason", "version"]) and ([.items[].offered] | map(select(.)) | length == 1)' \
    --host-version 1.0 --group 3 "${at[@]}" "$feed"
verify 'a manual check asks for no group' json_is '.offered == "2.1"' --host-version 1.0 --group 6 --manual "${at[@]}" "$feed"
verify 'a channel that is asked for' json_is '.offered == "2.2"' --host-version 1.0 --channels alpha,beta "${at[@]}" "$feed"
verify 'an old system' json_is '.offered == "1.9"' --host-version 1.0 --group 6 --os 12.7 "${at[@]}" "$feed"
verify 'nothing is offered' json_is '.offered == null and all(.items[]; .offered == false)' --host-version 3.0 "$feed"
verify_exit 'and that is no failure' 0 offer --host-version 3.0 "$feed"
verify_text 'it is said' 'offers nothing to a client at 3.0'
verify_exit 'lines' 0 offer --host-version 1.0 --group 3 "${at[@]}" "$feed"
verify_text 'the offer comes first' 'offers 2.0 to a client at 1.0, by an automatic check of group 3'
verify_text 'a line for each item' 'group 3 comes in at 2026-03-01T12:00:00'
verify_text 'what makes Sparkle refuse it all comes last' 'Sparkle refuses the whole feed: the item of line 2 has neither an enclosure nor a link'
verify_exit 'standard input' 0 offer --host-version 1.0 - <"$feed"

# Many items: what waits for the winner goes to a temporary file, and none is lost.
{
    printf '<rss xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"><channel>\n'
    seq 1 30000 | sed 's|.*|<item><sparkle:version>1.&</sparkle:version></item>|'
    printf '<item><sparkle:version>1.5</sparkle:version></item></channel></rss>\n'
} >"$scratch/many.xml"
verify 'thirty thousand items' json_is \
    '.offered == "1.30000" and (.items | length) == 30001 and (.items[29999].offered) and ([.items[] | select(.offered)] | length == 1)' \
    --host-version 1.0 "$scratch/many.xml"

cat >"$scratch/steps.xml" <<'X'
<rss version="2.0" xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"><channel>
<item><sparkle:version>4.0</sparkle:version><sparkle:hardwareRequirements>arm64</sparkle:hardwareRequirements></item>
<item><sparkle:version>3.0</sparkle:version><sparkle:minimumUpdateVersion>2.5</sparkle:minimumUpdateVersion></item>
<item><sparkle:version>2.0</sparkle:version></item>
</channel></rss>
X
verify 'hardware is not asked for unless it is known' json_is '.offered == "4.0"' --host-version 1.0 "$scratch/steps.xml"
verify 'hardware drops' json_is '.offered == "2.0" and ([.items[].dropped_by] == ["hardware", "minimum-update", null])' \
    --host-version 1.0 --hardware x86_64 "$scratch/steps.xml"
verify 'step by step' json_is '.offered == "3.0"' --host-version 2.5 --hardware x86_64 "$scratch/steps.xml"
sed -e '/2\.[12]</d; /phasedRollout/d' -e 's|<sparkle:version>2.0<|<sparkle:minimumAutoupdateVersion>1.5</sparkle:minimumAutoupdateVersion>&|' "$feed" >"$scratch/major.xml"
verify_exit 'a major upgrade by hand' 0 offer --host-version 1.0 --manual "$scratch/major.xml"
verify_text 'is not what Sparkle shows first' 'but Sparkle shows 1.9 of line '
verify_exit 'strange hardware' 2 offer --host-version 1 --hardware ppc "$feed"

verify_exit 'no host' 2 offer "$feed"
verify_exit 'a strange host' 2 offer --host-version 'v 1' "$feed"
verify_exit 'a strange group' 2 offer --host-version 1 --group 7 "$feed"
verify_exit 'a strange channel' 2 offer --host-version 1 --channels 'be ta' "$feed"
verify_exit 'a strange time' 2 offer --host-version 1 --at noon "$feed"
verify_exit 'no feed' 2 offer --host-version 1
verify_exit 'a feed that is none' 1 offer --host-version 1 --json tests/bad/feed/html.xml
if [ -z "$(offer --host-version 1 --json tests/bad/feed/truncated-item.xml 2>/dev/null)" ]; then
    pass 'nothing is said about half a feed'
else
    fail 'nothing is said about half a feed'
fi
verify_exit 'a full disk' 4 bash -c "'$GONOGO' feed offer --host-version 1 '$feed' >/dev/full"
finish
