#!/usr/bin/env bash
# The gates artifact and edge, with the real program and the real update service.
# shellcheck disable=SC2317 # functions are called by their names
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

export XDG_STATE_HOME="$scratch/state"
servers=
# shellcheck disable=SC2154 # lib.sh makes $scratch
stop_servers() {
    # shellcheck disable=SC2086 # a list
    [ -z "$servers" ] || { kill $servers 2>/dev/null; wait $servers 2>/dev/null; } || :
    cleanup
}
trap stop_servers EXIT
size=3000000

# serve_tree NAME VERSION: a release tree and its service; its address in $address.
serve_tree() {
    local tree=$scratch/$1 dmg sha
    mkdir -p "$tree"/server/updates/manifests "$tree"/assets/{Update,App,UpdateBeta,AppBeta}
    dmg=$tree/assets/Update/Nexy.dmg
    head -c "$size" /dev/urandom >"$dmg"
    sha=$(openssl dgst -sha256 -r "$dmg" | cut -d' ' -f1)
    echo "$2" >"$tree/VERSION"
    printf '{"version":"%s","build":"%s","artifact":{"type":"dmg","url":"https://cdn.example/Nexy.dmg","size":%s,"sha256":"%s"}}\n' \
        "$2" "$2" "$size" "$sha" >"$tree/server/updates/manifests/manifest.json"
    "$GONOGO" serve --root "$tree" --listen 127.0.0.1:0 >"$scratch/$1.log" 2>&1 &
    servers="$servers $!"
    within 20 grep -q 'http://127' "$scratch/$1.log" || fail "$1 is served"
    address=$(grep -om1 'http://127[^ ]*' "$scratch/$1.log")
}
gate_is() { # VERDICT PATTERN of the only gate that is not "fresh"
    jq -e --arg verdict "$1" --arg pattern "$2" \
        '.gates[] | select(.kind != "fresh") | .verdict == $verdict and (.reason | test($pattern))' "$scratch/check.json"
}
# expect NAME EXIT-CODE VERDICT PATTERN
expect() {
    local code=0
    check || code=$?
    if [ "$code" = "$2" ] && gate_is "$3" "$4" >/dev/null; then pass "$1"; else
        fail "$1" "exit $code: $(jq -c '[.gates[] | [.name, .verdict, .reason]]' "$scratch/check.json") $(cat "$scratch/check.err")"
    fi
}

serve_tree old 2.0.0.19
old=$address
serve_tree new 2.0.0.20
new=$address

# ---- artifact --------------------------------------------------------------------------------------

dmg=$scratch/old/assets/Update/Nexy.dmg
url=$old/updates/downloads/Nexy.dmg
openssl genpkey -algorithm ed25519 -out "$scratch/key" 2>/dev/null
openssl pkey -in "$scratch/key" -pubout -out "$scratch/key.pem"
openssl pkeyutl -sign -inkey "$scratch/key" -rawin -in "$dmg" -out "$scratch/signature"
signature=$(openssl base64 -A -in "$scratch/signature")
manifest() { # SIZE SHA256
    printf '{"version":"2.0","build":"2.0","artifact":{"type":"dmg","url":"%s","size":%s,"sha256":"%s"}}\n' "$url" "$1" "$2"
}
feed() { # LENGTH SIGNATURE
    printf '<rss xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"><channel><item><sparkle:version>2.0</sparkle:version><enclosure url="%s" length="%s" sparkle:edSignature="%s"/></item></channel></rss>\n' "$url" "$1" "$2"
}
config=$scratch/honest.yaml
configure() { # MORE-OPTIONS-OF-THE-GATE
    cat >"$config" <<Y
product: Nexy
target: "2.0"
store: sqlite:honest.db
environments:
  - name: tree
    role: stable
    probes: [{name: feed, kind: feed, file: feed.xml}, {name: manifest, kind: manifest, file: manifest.json}]
gates:
  - {name: honest, kind: artifact, sources: ["tree/*"], public_key: key.pem$1}
Y
}
sha=$(openssl dgst -sha256 -r "$dmg" | cut -d' ' -f1)
manifest "$size" "$sha" >"$scratch/manifest.json"
feed "$size" "$signature" >"$scratch/feed.xml"
configure ''
expect 'the bytes are what everybody says' 0 pass '^3 000 000 B, sha256 [0-9a-f]{8}…, signature holds \(2 sources\)$'
verify 'what was proven is shown' json \
    '.sources[] | select(.of_gate) | .value.artifacts[0] | .bytes == 3000000 and .signatures[0].holds'

# The same inode and size, other bytes: whoever asked again would see.
verify 'it is remembered' test -s "$scratch/honest-artifacts.json"
touch -r "$dmg" "$scratch/time"
printf 'x' | dd of="$dmg" bs=1 conv=notrunc 2>/dev/null
touch -r "$scratch/time" "$dmg"
expect 'nothing is downloaded again while the ETag is the same' 0 pass 'signature holds'
touch "$dmg"
expect 'other bytes are found out' 1 fail 'does not hold over what its url serves \(and 1 more\)'
rm -f "$scratch/honest-artifacts.json"
manifest "$size" "$(openssl dgst -sha256 -r "$dmg" | cut -d' ' -f1)" >"$scratch/manifest.json"
expect 'and their signature' 1 fail 'the signature does not hold'
openssl pkeyutl -sign -inkey "$scratch/key" -rawin -in "$dmg" -out "$scratch/signature"
feed "$size" "$(openssl base64 -A -in "$scratch/signature")" >"$scratch/feed.xml"
expect 'a new signature is checked at once' 0 pass 'signature holds'
feed 2999999 "$(openssl base64 -A -in "$scratch/signature")" >"$scratch/feed.xml"
expect 'a wrong length' 1 fail 'tree/feed says 2999999 bytes, its url serves 3000000'
feed "$size" "$(openssl base64 -A -in "$scratch/signature")" >"$scratch/feed.xml"

rm -f "$scratch/honest-artifacts.json"
configure ', rate: 300000'
verify_exit 'a slow download holds' 3 "$GONOGO" check -c "$config" --wait 1s
verify_text 'and says how far it is' 'of 3 000 000 B'

# ---- edge ------------------------------------------------------------------------------------------

config=$scratch/edge.yaml
edge() { # OPTIONS
    cat >"$config" <<Y
product: Nexy
target: "2.0.0.20"
store: none
environments:
  - {name: web, role: stable, url: "$old", probes: [{name: feed, kind: feed, path: /updates/appcast.xml}]}
gates:
  - {name: edge, kind: edge, $1}
Y
}
edge "url: \"$old/updates/appcast.xml\""
expect 'no edge in between, and dates that are made anew' 0 pass '^edge and origin serve the same'
edge "url: \"$old/updates/appcast.xml\", origin: \"$new/updates/appcast.xml\""
expect 'an edge that still has yesterday'"'"'s feed' 3 wait '^the edge serves 2.0.0.19, sha256 [0-9a-f]{8}….*; the origin 2.0.0.20, sha256'
edge "url: \"$old/updates/none.xml\""
expect 'an edge that answers with an error' 3 unknown '^edge: '
finish
