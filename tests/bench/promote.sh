#!/usr/bin/env bash
# A promote of a 276 MB disk image beside `cp` and `openssl dgst -sha256` of the same file: wall time of
# both, best of five, and the memory that the promote takes.
set -eu
cd "$(dirname "$0")/../.."
GONOGO=$PWD/${GONOGO:-build/gonogo}
size=${SIZE:-275899820}
rounds=${ROUNDS:-5}
tree=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/gonogo-bench-XXXXXX")
trap 'rm -rf "$tree"' EXIT
trap 'exit 1' INT TERM HUP

manifest() { # FILE VERSION TAG SIZE SHA256
    printf '{"version":"%s","build":"%s","artifact":{"type":"dmg","url":"https://cdn.example/download/%s/Nexy.dmg","size":%s,"sha256":"%s"}}\n' \
        "$2" "$2" "$3" "$4" "$5" >"$tree/server/updates/manifests/$1"
}
sha() { openssl dgst -sha256 -r "$1" | cut -d' ' -f1; }
now() { date +%s%N; }

mkdir -p "$tree"/server/updates/manifests "$tree"/assets/{Update,App,UpdateBeta,AppBeta}
head -c "$size" /dev/urandom >"$tree/assets/UpdateBeta/Nexy.dmg"
head -c 1000 /dev/urandom >"$tree/assets/Update/Nexy.dmg"
for tag in App AppBeta; do echo installer >"$tree/assets/$tag/Nexy.pkg"; done
for tag in Update UpdateBeta; do echo notes >"$tree/assets/$tag/LATEST_CHANGES.md"; done
manifest manifest_beta.json 2.0.0.20 UpdateBeta "$size" "$(sha "$tree/assets/UpdateBeta/Nexy.dmg")"
old=$(sha "$tree/assets/Update/Nexy.dmg")
cp "$tree/assets/Update/Nexy.dmg" "$tree/old.dmg"
sync

best_peer=0 best_own=0 rss=0
for ((round = 0; round < rounds; round++)); do
    rm -f "$tree/copy"
    started=$(now)
    cp "$tree/assets/UpdateBeta/Nexy.dmg" "$tree/copy"
    openssl dgst -sha256 "$tree/copy" >/dev/null
    took=$((($(now) - started) / 1000))
    [ "$best_peer" -ne 0 ] && [ "$best_peer" -le "$took" ] || best_peer=$took
    rm -f "$tree/copy"

    rm -rf "$tree/.gonogo"
    cp "$tree/old.dmg" "$tree/assets/Update/Nexy.dmg"
    manifest manifest.json 2.0.0.19 Update 1000 "$old"
    sync
    started=$(now)
    "$GONOGO" promote --from beta --to stable --root "$tree" >"$tree/out"
    took=$((($(now) - started) / 1000))
    grep -q '^promoted 2.0.0.20' "$tree/out"
    [ "$best_own" -ne 0 ] && [ "$best_own" -le "$took" ] || best_own=$took
done

# Its largest resident set, from the kernel, while it copies.
rm -rf "$tree/.gonogo"
cp "$tree/old.dmg" "$tree/assets/Update/Nexy.dmg"
manifest manifest.json 2.0.0.19 Update 1000 "$old"
"$GONOGO" promote --from beta --to stable --root "$tree" >"$tree/out" &
pid=$!
while kill -0 "$pid" 2>/dev/null; do
    if [ -r "/proc/$pid/status" ]; then
        seen=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null || :)
    else
        seen=$(ps -o rss= -p "$pid" 2>/dev/null | tr -d ' ' || :)
    fi
    [ -z "$seen" ] || [ "$seen" -le "$rss" ] || rss=$seen
done
wait "$pid"

awk -v own="$best_own" -v peer="$best_peer" -v rss="$rss" -v size="$size" 'BEGIN {
    printf "bytes                          %d\n", size
    printf "cp, then openssl dgst          %.3f s   (nothing of it on disk yet)\n", peer / 1e6
    printf "gonogo promote                 %.3f s   (on disk, verified, with its rollback point)\n", own / 1e6
    printf "promote / (cp + openssl)       %.2f     (goal: at most 1.20)\n", own / peer
    printf "largest resident set           %.1f MB  (goal: below 16)\n", rss / 1024
}'
