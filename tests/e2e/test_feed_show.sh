#!/usr/bin/env bash
# `gonogo feed show` as scripts and people meet it: both forms, all three sources, and trouble of every
# kind. An error in the middle must never leave JSON that looks complete.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

bad=tests/bad/feed
equal() { # NAME WANT GOT [DETAIL]
    if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "$3, want $2: ${4:-}"; fi
}
# shellcheck disable=SC2317 # what verify calls
show() { "$GONOGO" feed show "$@"; }
# shellcheck disable=SC2317
json_is() { # FILE JQ
    show --json "$1" | jq -e "$2"
}
shows_json() { # NAME FILE JQ
    verify "$1" json_is "$2" "$3"
}

shows_json 'JSON has the title, the items and the newest' $bad/untidy-filters.xml \
    '.title == "Nexy" and (.items | length) == 9 and .newest == "2.0" and (keys | length) == 3'
shows_json 'an item has its twelve members' $bad/untidy-filters.xml \
    '.items[0] | keys == ["channel", "critical", "dsa_signature", "ed_signature", "length", "minimum_system_version", "os", "phased_rollout_interval_s", "pub_date", "short_version", "url", "version"]'
shows_json 'what is absent is null' $bad/untidy-filters.xml \
    '.items[3] | .version == null and .length == null and .phased_rollout_interval_s == null and .critical == false'
shows_json 'attributes and elements are the same' $bad/untidy-attributes.xml \
    '.items[0] | .version == "2.0.0.20" and .short_version == "2.0" and .length == 0 and .minimum_system_version == "11.0" and .dsa_signature == "c2lnbmF0dXJl" and .ed_signature == ""'
shows_json 'deltas are not the item' $bad/untidy-deltas.xml \
    '.items[0] | .version == "2.0.0.21" and .length == 275899820 and .critical'
shows_json 'a rollout interval is read as Sparkle reads it' $bad/untidy-rollout.xml \
    '[.items[].phased_rollout_interval_s][0:3] == [86400, 1, 0]'
shows_json 'a title behind the items is found' $bad/untidy-elsewhere.xml '.title == "Title behind the items"'
shows_json 'a feed without items is a feed' $bad/untidy-no-items.xml '.items == [] and .newest == null'
shows_json 'UTF-16 is understood' $bad/untidy-utf16.xml '.newest == "2.0.0.20"'

for file in "$bad"/[!u]*.xml "$bad"/u[!n]*.xml "$bad"/un[!t]*.xml; do
    [ -e "$file" ] || continue
    name=$(basename "$file" .xml)
    verify_exit "$name is refused" 1 show "$file"
    verify_text "$name: the file is named" "gonogo: $file"
    verify_exit "$name is refused as JSON" 1 show --json "$file"
    if show --json "$file" 2>/dev/null | jq -es 'length > 0' >/dev/null 2>&1; then
        fail "$name leaves no whole JSON document"
    else
        pass "$name leaves no whole JSON document"
    fi
done

verify_exit 'the table' 0 show $bad/untidy-filters.xml
verify_text 'the newest is marked' '*  2.0 '
verify_text 'the newest is named' 'newest for a reader on no extra channel: 2.0 (line 12)  https://e.net/g.dmg'
printf '%s' '<rss><channel><title>a&#x202e;b&#x9b;31m</title><item><title>t</title>' \
    '<enclosure url="u" xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"' \
    ' sparkle:version="1&#x9b;2J&#x202e;"/></item></channel></rss>' >"$scratch/escapes.xml"
for form in '' --json; do
    # shellcheck disable=SC2086 # an option, or nothing
    if show $form "$scratch/escapes.xml" | LC_ALL=C grep -q "$(printf '\302\233')"; then
        fail "no control character comes through ${form:-the table}"
    else
        pass "no control character comes through ${form:-the table}"
    fi
done

# shellcheck disable=SC2317
json_of_stdin() { show --json - <"$bad/untidy-deltas.xml" | jq -e '.newest == "2.0.0.21"'; }
verify 'standard input' json_of_stdin
verify_exit 'a file that is not there' 1 show "$scratch/none.xml"
verify_text 'it says so' 'there is no such file'
verify_exit 'a folder' 4 show "$scratch"
verify_text 'it says what to name instead' 'Is a directory: name a file'
verify_exit 'http to another machine' 1 show http://192.0.2.1/feed.xml
verify_text 'it says what to do' 'ask by https'
verify_exit 'a URL where nobody listens' 1 show http://127.0.0.1:1/feed.xml
verify_exit 'no source' 2 show
verify_exit 'two sources' 2 show a b
verify_exit 'no such verb' 2 "$GONOGO" feed shwo
verify_exit 'an option behind -- is a file' 1 show -- --json

big() { # N: a feed of N items
    awk -v n="$1" 'BEGIN {
        print "<rss xmlns:s=\"http://www.andymatuschak.org/xml-namespaces/sparkle\"><channel><title>Big</title>"
        for (i = 1; i <= n; i++)
            printf "<item><title>%d</title><s:version>1.%d</s:version><enclosure url=\"https://e.net/%d.dmg\" length=\"%d\"/></item>\n", i, i, i, i
        print "</channel></rss>"
    }'
}
big 20000 >"$scratch/big.xml"
shows_json '20,000 items' "$scratch/big.xml" '(.items | length) == 20000 and .newest == "1.20000" and .items[19999].length == 20000'
verify_exit '20,000 items as a table' 0 show "$scratch/big.xml"
verify_text 'the last line names the newest' 'Big: 20000 items; newest for a reader on no extra channel: 1.20000 (line 20001)'
equal 'a row each' 20002 "$(printf '%s\n' "$output" | wc -l | tr -d ' ')"
head -c 1000000 "$scratch/big.xml" >"$scratch/cut.xml"
verify_exit 'a long feed that is cut off' 1 show --json "$scratch/cut.xml"
verify_text 'it says so behind what was read' 'the feed is cut off'

# A reader that goes away, and a disk that is full, are the machine's fault.
show --json "$scratch/big.xml" 2>/dev/null | head -c 100 >/dev/null
equal 'a reader that goes away: exit 4' 4 "${PIPESTATUS[0]}"
if [ -c /dev/full ]; then
    for form in '' --json; do
        # shellcheck disable=SC2086
        show $form $bad/untidy-deltas.xml >/dev/full 2>"$scratch/full"
        equal "a full disk${form:+, $form}: exit 4" 4 $?
        output=$(cat "$scratch/full")
        verify_text "a full disk${form:+, $form}: stdout is named" 'stdout: cannot be written'
    done
fi
show --json $bad/untidy-deltas.xml >&- 2>/dev/null
equal 'a closed stdout: exit 4' 4 $?

finish
