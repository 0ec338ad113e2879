#!/usr/bin/env bash
# `gonogo feed diff`: the lines, the document, the options.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

# shellcheck disable=SC2317 # what verify calls
diff_is() { "$GONOGO" feed diff "$@"; }
# shellcheck disable=SC2317
json_is() { # JQ ARGUMENT…
    local filter=$1
    shift
    diff_is --json "$@" | jq -e "$filter"
}
feed() { # ITEMS
    printf '<rss xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"><channel>\n%s\n</channel></rss>\n' "$1"
}
feed '<item><sparkle:version>2.1</sparkle:version><sparkle:channel>beta</sparkle:channel></item>
<item><sparkle:version>2.0</sparkle:version></item>
<item><sparkle:version>1.9</sparkle:version></item>' >"$scratch/old.xml"
feed '<item><sparkle:version>2.1</sparkle:version></item>
<item><sparkle:version>2.0</sparkle:version></item>
<item><sparkle:version>1.8</sparkle:version></item>' >"$scratch/new.xml"

verify_exit 'two feeds' 0 diff_is "$scratch/old.xml" "$scratch/new.xml"
verify_text 'what everybody is offered' 'newest for everybody: 2.0 -> 2.1'
verify_text 'a field' 'changed 2.1 (line 2): channel: beta -> none (everybody)'
verify_text 'an item more' 'added 1.8 (line 4): not signed'
verify_text 'an item less' 'removed 1.9'
verify 'the document' json_is \
    '(keys == ["changes", "newest", "same"]) and .same == false and .newest == {"old": "2.0", "new": "2.1"}
     and ([.changes[].change] == ["changed", "added", "removed"]) and all(.changes[]; keys == ["change", "fields", "new_line", "old_line", "version"])
     and .changes[0].fields == [{"field": "channel", "old": "beta", "new": null}]' \
    "$scratch/old.xml" "$scratch/new.xml"
cp "$scratch/old.xml" "$scratch/copy.xml"
verify_exit 'nothing changed' 0 diff_is "$scratch/old.xml" - <"$scratch/copy.xml"
verify_text 'it is said' 'no item was added, removed or changed'
verify 'as a document too' json_is '.same and .changes == []' "$scratch/old.xml" "$scratch/old.xml"
verify_exit 'one feed' 2 diff_is "$scratch/old.xml"
verify_exit 'three feeds' 2 diff_is "$scratch/old.xml" "$scratch/old.xml" "$scratch/old.xml"
verify_exit 'standard input twice' 2 diff_is - -
verify_exit 'an option that is none' 2 diff_is --jsn "$scratch/old.xml" "$scratch/new.xml"
verify_exit 'a feed that is none' 1 diff_is --json "$scratch/old.xml" tests/bad/feed/html.xml
if [ -z "$(diff_is --json "$scratch/old.xml" tests/bad/feed/truncated-item.xml 2>/dev/null)" ]; then
    pass 'nothing is said about half a feed'
else
    fail 'nothing is said about half a feed'
fi
verify_exit 'a full disk' 4 bash -c "'$GONOGO' feed diff '$scratch/old.xml' '$scratch/new.xml' >/dev/full"
finish
