#!/usr/bin/env bash
# The linter and the offer on feeds of 1,000 and 100,000 items beside `xmllint --sax --noout`, and
# `lint --deep` of a 276 MB artifact beside `curl -o /dev/null` and `openssl dgst -sha256` of the same:
# wall time, best of seven (five downloads), and peak memory.
set -eu
cd "$(dirname "$0")/../.."
gonogo=$PWD/${GONOGO:-build/gonogo}
bench=build/bench
size=${SIZE:-275899820}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/gonogo-bench-XXXXXX")
server=
stop() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || :
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' INT TERM HUP

# least: wall ms of the fastest run and the largest peak RSS in MB, of what `meter run` said.
least() {
    awk '{ if (!ms || $1 < ms) ms = $1; if ($3 > kb) kb = $3 } END { printf "%.0f %.1f\n", ms, kb / 1024 }'
}
# best ROUNDS COMMAND…
best() {
    local rounds=$1
    shift
    for ((i = 0; i < rounds; i++)); do "$bench/meter" run "$@"; done | least
}
row() { # WHAT MS MB PEER-MS WORD
    awk -v what="$1" -v ms="$2" -v mb="$3" -v peer="$4" -v word="$5" \
        'BEGIN { printf "%-34s %7d ms %7.1f MB   peer %7d ms   ratio %.2f (%s)\n", what, ms, mb, peer, ms / peer, word }'
}

for items in 1000 100000; do
    "$bench/make_feed" $items >"$work/$items.xml"
    cat "$work/$items.xml" >/dev/null # all read from memory
    rm -f "$work/peer" "$work/lint" "$work/offer"
    for ((round = 0; round < 7; round++)); do # in turn, so that a busy machine is busy for all
        "$bench/meter" run xmllint --sax --noout "$work/$items.xml" >>"$work/peer"
        "$bench/meter" run "$gonogo" feed lint --json "$work/$items.xml" >>"$work/lint" || : # it finds something
        "$bench/meter" run "$gonogo" feed offer --json --host-version 2.0 "$work/$items.xml" >>"$work/offer"
    done
    read -r peer _ <<<"$(least <"$work/peer")"
    for what in lint offer; do
        read -r ms mb <<<"$(least <"$work/$what")"
        word='target ≤ 1.5'
        [ "$items" -ge 100000 ] || word='mostly the start of the program'
        row "$what of $items items" "$ms" "$mb" "$peer" "$word"
    done
done

# An artifact, its signature, and a server for it.
mkdir -p "$work"/tree/server/updates/manifests "$work"/tree/assets/{Update,App,UpdateBeta,AppBeta}
dmg=$work/tree/assets/Update/Nexy.dmg
head -c "$size" /dev/urandom >"$dmg"
echo 2.0.0.19 >"$work/tree/VERSION"
printf '{"version":"2.0.0.19","build":"2.0.0.19","artifact":{"type":"dmg","url":"https://cdn.example/download/Update/Nexy.dmg","size":%s,"sha256":"%s"}}\n' \
    "$size" "$(openssl dgst -sha256 -r "$dmg" | cut -d' ' -f1)" >"$work/tree/server/updates/manifests/manifest.json"
openssl genpkey -algorithm ed25519 -out "$work/key" 2>/dev/null
openssl pkey -in "$work/key" -pubout -out "$work/key.pem"
openssl pkeyutl -sign -inkey "$work/key" -rawin -in "$dmg" -out "$work/signature"
"$gonogo" serve --root "$work/tree" --listen 127.0.0.1:0 >"$work/serve" 2>&1 &
server=$!
url=
for ((i = 0; i < 100; i++)); do
    url=$(grep -om1 'http://127[^ ]*' "$work/serve" || :)
    [ -z "$url" ] || break
    sleep 0.1
done
url=${url%/}/updates/downloads/Nexy.dmg
printf '<rss xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle"><channel><item><sparkle:version>2.0.0.19</sparkle:version><enclosure url="%s" length="%s" sparkle:edSignature="%s"/></item></channel></rss>' \
    "$url" "$size" "$(base64 <"$work/signature" | tr -d '\n')" >"$work/deep.xml"
"$gonogo" feed lint --json --deep --public-key "$work/key.pem" "$work/deep.xml" >"$work/found" || :
if grep -Eq '"(signature-bad|url-unreachable|length-mismatch)"' "$work/found"; then
    echo "feed.sh: the artifact is not what was served: $(cat "$work/found")" >&2
    exit 1
fi
read -r fetch _ <<<"$(best 5 curl -sf -o /dev/null "$url")"
read -r digest _ <<<"$(best 5 openssl dgst -sha256 "$dmg")"
read -r ms mb <<<"$(best 5 "$gonogo" feed lint --json --deep --public-key "$work/key.pem" "$work/deep.xml")"
row "lint --deep of $((size / 1000000)) MB" "$ms" "$mb" $((fetch + digest)) 'target ≤ 1.2'
