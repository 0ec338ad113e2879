#!/bin/sh
# The table of `make bench-core`: gonogo beside programs that people know, on this machine.
# Figures, never a pass or a fail. `core.sh net` prints only the network's part.
#
# GONOGO, SECONDS_AT_REST (30) and FEED_ITEMS (100000) may be set.
set -eu
gonogo=${GONOGO:-build/gonogo}
bench=build/bench
meter=$bench/meter
rest_s=${SECONDS_AT_REST:-30}
items=${FEED_ITEMS:-100000}
size=120x40
work=$(mktemp -d "${TMPDIR:-/tmp}/gonogo-bench.XXXXXX")
lab='' hung=''
cleanup() {
    for pid in $lab $hung; do kill "$pid" 2>/dev/null || :; done
    for pid in $lab $hung; do wait "$pid" 2>/dev/null || :; done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

has() {
    command -v "$1" >/dev/null 2>&1
}

row() { # WHAT GONOGO PEER BAR
    printf '| %-44s | %16s | %28s | %-26s |\n' "$1" "$2" "$3" "$4"
}

head_of_table() {
    printf '\n| %-44s | %16s | %28s | %-26s |\n' "what" "gonogo" "beside" "bar"
    printf '| %s | %s: | %s: | %s |\n' "$(dashes 44)" "$(dashes 15)" "$(dashes 27)" "$(dashes 26)"
}

dashes() {
    printf "%$1s" '' | tr ' ' -
}

machine() {
    cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
    system=$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null)
    echo "$("$gonogo" --version) on ${cpu:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores; $(uname -sr); ${system:-}"
}

# Eight sources, every 5 s, at two addresses.
config() { # FILE PRODUCTION STAGING
    cat >"$1" <<YAML
product: Nexy
target: 2.0.0.20
poll: {every: 5s, timeout: 4s}
store: none
environments:
  - name: production
    role: stable
    url: $2
    probes:
      - {name: health, kind: health, path: /health}
      - {name: updates, kind: health, path: /updates/health}
      - {name: stable feed, kind: feed, path: /updates/appcast.xml}
      - {name: beta feed, kind: feed, path: /updates/appcast-beta.xml, closed_on: 404}
  - name: staging
    role: candidate
    url: $3
    probes:
      - {name: health, kind: health, path: /health}
      - {name: updates, kind: health, path: /updates/health}
      - {name: stable feed, kind: feed, path: /updates/appcast.xml}
      - {name: beta feed, kind: feed, path: /updates/appcast-beta.xml, closed_on: 404}
gates:
  - {name: versions agree, kind: versions-agree, sources: ["staging/*", "!staging/stable feed"], want: target, when: before}
  - {name: stable untouched, kind: stable-untouched, sources: ["production/stable feed"], when: before}
  - {name: beta shut, kind: closed, sources: ["production/beta feed"]}
  - {name: fresh, kind: fresh, within: 30s}
  - {name: soak, kind: soak, of: [versions agree], for: 24h, max_gap: 10m, when: before}
YAML
}

# Ten thousand sources, looked at rarely: what a full list costs its terminal.
long_list() { # FILE PRODUCTION
    awk -v url="$2" 'BEGIN {
        print "product: Nexy\ntarget: 2.0.0.20\nstore: none\npoll: {every: 60s, timeout: 4s}\nenvironments:"
        for (site = 0; site < 100; site++) {
            printf "  - name: site %02d\n    role: %s\n    url: %s\n    probes:\n", site, site ? "none" : "stable", url
            for (host = 0; host < 100; host++)
                printf "      - {name: host %02d, kind: health, path: %s}\n", host, host % 2 ? "/health" : "/updates/health"
        }
        print "gates:\n  - {name: fresh, kind: fresh, within: 3m}"
    }' >"$1"
}

wait_for_line() { # FILE PATTERN
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { echo "core.sh: $1 never said $2" >&2; exit 1; }
        sleep 0.1
    done
}

screen() {
    "$gonogo" demo --headless >"$work/lab" 2>"$work/lab.err" &
    lab=$!
    wait_for_line "$work/lab" '^config '
    config "$work/rest.yaml" "$(sed -n 's/^production //p' "$work/lab")" "$(sed -n 's/^staging //p' "$work/lab")"
    long_list "$work/list.yaml" "$(sed -n 's/^production //p' "$work/lab")"
    "$meter" hang >"$work/port" &
    hung=$!
    wait_for_line "$work/port" '[0-9]'
    config "$work/hang.yaml" "http://127.0.0.1:$(cat "$work/port")" "http://127.0.0.1:$(cat "$work/port")"

    "$bench/bench_ui" --head
    "$bench/bench_ui" --size $size --rest "$rest_s" --keys 200 "gonogo" "$gonogo" -c "$work/rest.yaml"
    "$bench/bench_ui" --size $size --rest "$rest_s" --keys 200 "htop -d 10" htop -d 10
    "$bench/bench_ui" --size $size --rest "$rest_s" --keys 200 "btop" btop --utf-force ||
        echo "btop: does not start here"
    "$bench/bench_ui" --size $size --rest 5 --keys 1000 "gonogo, all hang" "$gonogo" -c "$work/hang.yaml"
    "$bench/bench_ui" --size $size --rest 5 --keys 200 --press 2 "10,000 listed" "$gonogo" -c "$work/list.yaml"
    echo "bars: first ≤ 30 ms; key p99 ≤ 16 ms while all hang; repaint ≤ 1.2 bytes a cell; at rest CPU and"
    echo "bytes ≤ htop's; RSS ≤ 16 MB"
}

mb() {
    case $1 in -) echo - ;; *) awk -v kb="$1" 'BEGIN { printf "%.1f", kb / 1024 }' ;; esac
}

best() { # FILE of `wall_ms cpu_ms rss_kb` a line: the fastest
    sort -n "$1" | head -n 1
}

feed() {
    "$bench/make_feed" "$items" >"$work/feed.xml"
    bytes=$(wc -c <"$work/feed.xml")
    cat "$work/feed.xml" >/dev/null # both read from memory
    for _ in 1 2 3 4 5 6 7; do # in turn, so that a busy machine is busy for both
        "$meter" run "$gonogo" feed show --json "$work/feed.xml" >>"$work/show"
        "$meter" run xmllint --sax --noout "$work/feed.xml" >>"$work/xmllint"
    done
    # shellcheck disable=SC2046
    set -- $(best "$work/show") $(best "$work/xmllint")
    row "feed of $items items, $((bytes / 1000000)) MB: ms" "$1" "xmllint --sax $4" "≥ 0.9 × its speed"
    row "  MB/s" "$(rate "$bytes" "$1")" "xmllint --sax $(rate "$bytes" "$4")" \
        "ratio $(awk -v a="$1" -v b="$4" 'BEGIN { printf "%.2f", b / a }')"
    row "  peak RSS MB" "$(mb "$3")" "xmllint --sax $(mb "$6")" "≤ 10"
}

rate() {
    awk -v bytes="$1" -v ms="$2" 'BEGIN { printf "%.0f", bytes / ms / 1000 }'
}

net() {
    if [ -x "$bench/bench_net" ]; then
        "$bench/bench_net"
    else
        echo "core.sh: tests/bench/bench_net.c is not built" >&2
        return 1
    fi
}

for peer in htop btop wrk xmllint; do
    has $peer || { echo "core.sh: $peer is missing: run \"make bench-core\", which installs it" >&2; exit 1; }
done
machine
if [ "${1:-}" != net ]; then
    echo
    echo "screen, $size, 8 sources every 5 s, at rest for $rest_s s"
    screen
    head_of_table
    feed
    echo
fi
net
