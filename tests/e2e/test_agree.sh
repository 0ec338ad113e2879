#!/usr/bin/env bash
# What is judged live and what `gonogo slo` finds in the same file agree: as many samples, least and
# greatest alike, quantiles within 1 %, whatever the distribution looks like.
# shellcheck disable=SC2317 # functions are called by their names
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

cd "$scratch" || exit 1
printf '2.0.0.20\n' >VERSION
config() { # NAME: of the file that is judged
    mkdir -p "$1"
    cat >"$1.yaml" <<YAML
product: Test
target: "2.0.0.20"
store: sqlite:$1/test.db
environments:
  - {name: tree, probes: [{name: VERSION, kind: file-version, file: VERSION, every: 1s}]}
logs:
  - {name: client, format: tray, paths: [$1.log], backfill: 24h}
slos:
$(for q in p50:0.5 p95:0.95 p99:0.99 min:0 max:1; do
        echo "  - {name: ${q%:*}, metric: tray_start_ms, quantile: ${q#*:}, max: 1000, window: 1d}"
    done)
gates:
  - {name: SLOs, kind: slo}
YAML
}
agree() { # the files of slo and of check, by quantile
    jq -en --slurpfile file slo.json --slurpfile live check.json '
        $file[0].duration_ms as $want |
        $want.n == 5000 and ($live[0].slos | length) == 5 and all($live[0].slos[]; .samples == $want.n and
            ((.value - $want[.name]) | fabs) <= (if .name == "min" or .name == "max" then 0 else 0.01 * $want[.name] end))'
}

at() { date -u -d "@$1" '+%Y-%m-%d %H:%M:%S' 2>/dev/null || date -u -r "$1" '+%Y-%m-%d %H:%M:%S'; }
starts() { # SHAPE: 5000 starts in ten of the minutes that were, an awk expression for the duration of the i-th
    local minute from
    from=$(($(date +%s) - 660))
    for minute in {0..9}; do
        awk -v minute="$minute" -v when="$(at $((from + minute * 60)))" '
            BEGIN { srand(7 + minute); for (i = minute * 500; i < minute * 500 + 500; i++)
                printf "%s,%03d - modules.tray - INFO - TRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n",
                    when, i % 1000, i, int('"$1"') }'
    done
}

shapes=(
    'uniform:1 + rand() * 30000'
    'one-value:842'
    'two-far-apart:i % 20 == 0 ? 59999 : 3'
    'long-tail:exp(2 + 7 * rand() * rand())'
    'edges-of-buckets:2 ^ (i % 16)'
    'just-below-edges:2 ^ (1 + i % 16) - 1'
)
for shape in "${shapes[@]}"; do
    name=${shape%%:*}
    config "$name"
    starts "${shape#*:}" >"$name.log"
    "$GONOGO" slo --profile tray --json "$name.log" >slo.json 2>slo.err
    "$GONOGO" check -c "$name.yaml" --json >check.json 2>check.err
    if agree >/dev/null; then pass "$name: live and exact agree"; else
        fail "$name: live and exact agree" "$(jq -c .duration_ms slo.json) $(jq -c '[.slos[] | [.name, .value, .samples]]' check.json) $(cat slo.err check.err)"
    fi
done
finish
