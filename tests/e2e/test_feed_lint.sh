#!/usr/bin/env bash
# `gonogo feed lint` and `feed rules`: exit codes, both forms, trouble.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

# shellcheck disable=SC2317 # what verify calls
lint() { "$GONOGO" feed lint "$@"; }
# shellcheck disable=SC2317
json_is() { # JQ ARGUMENT…
    local filter=$1
    shift
    lint --json "$@" | jq -e "$filter"
}

# shellcheck disable=SC2317
output_is() { printf '%s' "$output" | jq -e "$1"; }

signature=5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbvioUUUGjnYdsAg==
feed() { # ITEM…
    printf '<rss version="2.0" xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle">\n<channel>\n'
    printf '%s\n' "$@"
    printf '</channel></rss>\n'
}
item() { # VERSION DATE URL
    printf '<item><pubDate>%s</pubDate><sparkle:version>%s</sparkle:version>' "$2" "$1"
    printf '<sparkle:shortVersionString>2</sparkle:shortVersionString>'
    printf '<enclosure url="%s" length="5" sparkle:edSignature="%s"/></item>' "$3" "$signature"
}
new=$(item 2.0.0.20 'Thu, 26 Feb 2026 19:57:35 +0000' https://a.example/N.dmg)
old=$(item 2.0.0.19 'Tue, 20 Jan 2026 19:57:35 +0000' https://a.example/N.dmg)
feed "$new" "$old" >"$scratch/good.xml"
feed "$new" "$(item 2.0.0.19 'gestern' http://a.example/N.dmg)" >"$scratch/bad.xml"

verify_exit 'a correct feed: exit 0' 0 lint --at 2026-03-01T00:00:00Z "$scratch/good.xml"
verify_text 'and nothing to say' '2 items: nothing to find fault with'
verify 'as JSON' json_is '. == {"findings": []}' "$scratch/good.xml"
verify_exit 'mistakes: exit 1' 1 lint "$scratch/bad.xml"
verify_text 'a line says where, what and why' "bad.xml:4: error: url-not-https: 2.0.0.19: the enclosure's url is \"http://a.example/N.dmg\": anybody on the way"
verify_text 'and how to mend it' 'write it in English: Thu, 26 Feb 2026'
verify_text 'they are counted' '2 items: 2 errors'
verify 'the JSON has the six members' json_is \
    '[.findings[] | keys == ["item", "line", "message", "remedy", "rule", "severity"]] == [true, true]' "$scratch/bad.xml"
verify 'the JSON says what the lines say' json_is \
    '[.findings[] | [.rule, .severity, .line, .item]] == [["url-not-https", "error", 4, "2.0.0.19"], ["pubdate-format", "error", 4, "2.0.0.19"]]' "$scratch/bad.xml"
verify_exit 'a feed with all that generate_appcast and its users write' 0 lint --at 2026-03-01T00:00:00Z tests/bad/feed/untidy-generated.xml
verify_text 'has nothing to find fault with' '3 items: nothing to find fault with'
verify_exit 'a note alone: exit 0' 0 lint tests/bad/feed/untidy-no-items.xml
verify_text 'notes are counted' '0 items: 1 note'

for file in tests/bad/feed/[!uw]*.xml; do
    verify_exit "$(basename "$file"): exit 1" 1 lint --json "$file"
    if printf '%s' "$output" | jq -e '.findings[-1].rule | . == "xml-error" or . == "feed-limit"' >/dev/null; then
        pass "$(basename "$file"): a whole document"
    else
        fail "$(basename "$file"): a whole document" "$output"
    fi
done

verify_exit 'standard input' 0 lint - <"$scratch/good.xml"
verify_exit 'no such file' 1 lint "$scratch/none.xml"
verify_exit 'no file named' 2 lint
verify_exit 'two files' 2 lint a b
verify_exit 'a strange option' 2 lint --jsn a
verify_exit 'a strange word' 2 "$GONOGO" feed lnit a
verify_text 'that is near one that is none' 'it cannot "lnit": did you mean lint?'
verify_exit 'a strange time' 2 lint --at yesterday a
verify_exit 'a full disk' 4 bash -c "'$GONOGO' feed lint '$scratch/bad.xml' >/dev/full"
verify 'a reader that goes away does no harm' bash -c "'$GONOGO' feed lint --json '$scratch/bad.xml' | true"

# A key of its own, and an artifact signed with it.
openssl genpkey -algorithm ed25519 -out "$scratch/key" 2>/dev/null
openssl pkey -in "$scratch/key" -pubout -out "$scratch/key.pem"
key=$(openssl pkey -in "$scratch/key" -pubout -outform DER | tail -c 32 | base64 | tr -d '\n')
head -c 100000 /dev/zero >"$scratch/N.dmg"
openssl pkeyutl -sign -inkey "$scratch/key" -rawin -in "$scratch/N.dmg" -out "$scratch/signature"
signature=$(base64 <"$scratch/signature" | tr -d '\n')
feed "$(item 2.0.0.20 'Thu, 26 Feb 2026 19:57:35 +0000' https://a.example/N.dmg | sed 's/length="5"/length="100000"/')" \
    "$old" >"$scratch/signed.xml"
verify 'a signature that holds' lint --public-key "$key" --artifact "$scratch/N.dmg" "$scratch/signed.xml"
verify 'the key from a file' lint --public-key "$scratch/key.pem" --artifact "$scratch/N.dmg" "$scratch/signed.xml"
echo x >>"$scratch/N.dmg"
verify_exit 'other bytes' 1 lint --public-key "$key" --artifact "$scratch/N.dmg" "$scratch/signed.xml"
verify_text 'their number is compared' 'error: length-mismatch: 2.0.0.20: the feed says 100000 bytes, the artifact has 100002'
verify_text 'and the signature does not hold' 'error: signature-bad: 2.0.0.20: '
verify_exit 'another item' 1 lint --item 2.0.0.19 --artifact "$scratch/N.dmg" "$scratch/signed.xml"
verify_text 'is compared with its own length' '2.0.0.19: the feed says 5 bytes'
verify_exit 'no such item' 1 lint --item 7 --artifact "$scratch/N.dmg" "$scratch/signed.xml"
verify_exit 'no such artifact' 1 lint --artifact "$scratch/none" "$scratch/signed.xml"
verify_exit 'a key and nothing to check' 2 lint --public-key "$key" "$scratch/signed.xml"
verify_exit 'a key that is none' 2 lint --public-key nokey --artifact "$scratch/N.dmg" "$scratch/signed.xml"
verify_exit 'broken XML is told before the artifact' 1 lint --json --artifact "$scratch/N.dmg" tests/bad/feed/html.xml
verify 'and the document is whole' output_is '.findings[0].rule == "xml-error"'

lab_start happy
verify_exit 'a feed with a URL, its enclosures asked for' 1 lint --online --deep --json "$production/updates/appcast.xml"
verify 'they are what the feed says' output_is '[.findings[].rule] | contains(["url-not-https"]) and all(.[]; . != "length-mismatch" and . != "url-unreachable" and . != "pubdate-unstable")'
lab_stop 'the lab ends'

verify_exit 'rules' 0 "$GONOGO" feed rules
verify_text 'a rule has its reason' 'phased-interval-format    error    Sparkle reads the digits'
for rule in url-not-https length-zero length-mismatch signature-missing signature-misplaced \
    signature-malformed signature-bad version-missing version-order version-duplicate version-lower \
    pubdate-missing pubdate-format pubdate-future pubdate-unstable phased-interval-format \
    channel-stable no-fallback enclosure-is-feed enclosure-missing unknown-element xml-error; do
    verify_text "rule $rule" "$rule "
done
verify 'rules as JSON' bash -c "'$GONOGO' feed rules --json | jq -e '.rules | length > 22 and all(.[]; keys == [\"remedy\", \"rule\", \"severity\", \"why\"])'"
finish
