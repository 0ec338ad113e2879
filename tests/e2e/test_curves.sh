#!/usr/bin/env bash
# What a chart is laid over, by the real program: the same hours a day earlier, and, once lines tell of two
# releases, the one before at the same age. The store keeps both; a report shows them.
# shellcheck disable=SC2317 # functions are called by their names
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

cd "$scratch" || exit 1
printf '2.0.0.20\n' >VERSION
cat >gonogo.yaml <<'YAML'
product: Test
target: "2.0.0.20"
store: sqlite:state/test.db
environments:
  - name: tree
    probes:
      - {name: VERSION, kind: file-version, file: VERSION, every: 1s}
logs:
  - {name: server, format: logfmt, paths: [server.log], backfill: 10d, version: version}
slos:
  - {name: StreamAudio, metric: stream_audio_ms, quantile: 0.5, max: 1000, window: 1h, min_samples: 5}
gates:
  - {name: SLOs, kind: slo}
YAML

add() { # SECONDS-AGO MS [VERSION]: ten calls
    local i when
    i=$(($(date +%s) - $1))
    when=$(date -u -d "@$i" +%Y-%m-%dT%H:%M:%S.000000 2>/dev/null || date -u -r "$i" +%Y-%m-%dT%H:%M:%S.000000)
    for ((i = 0; i < 10; i++)); do
        printf 'ts=%s level=INFO scope=grpc method=StreamAudio decision=complete%s dur_ms=%d msg=ok\n' \
            "$when" "${3:+ version=$3}" "$2"
    done >>server.log
}
report() { "$GONOGO" report -c gonogo.yaml --format html >report.html 2>report.err; }
curve() { # NAME PATTERN
    report
    if grep -q "$2" report.html; then pass "$1"; else fail "$1" "$(grep -o 'grey: [^<]*' report.html) $(cat report.err)"; fi
}
no_curve() { ! grep -q 'grey: ' report.html; }

add 60 200
"$GONOGO" check -c gonogo.yaml --json >check.json 2>check.err
report
verify 'nothing is kept of earlier: no curve' no_curve
add $((86400 + 1200)) 300
"$GONOGO" check -c gonogo.yaml --json >check.json 2>check.err
curve 'the same hours a day earlier, and said to be that' 'grey: a day earlier'

# Three releases: the one before the target was first heard of five days ago, the target an hour ago.
hour=3600 day=86400
add $((8 * day)) 100 2.0.0.18
add $((5 * day)) 100 2.0.0.19
add $((5 * day - hour + 600)) 400 2.0.0.19
add $hour 200 2.0.0.20
"$GONOGO" check -c gonogo.yaml --json >check.json 2>check.err
curve 'which release came before is not known: still a day earlier' 'grey: a day earlier'
if command -v sqlite3 >/dev/null; then # as an earlier run left it that had seen the stable feed
    sqlite3 state/test.db "UPDATE release SET baseline = '2.0.0.19'"
    curve 'the release before at the same age' 'grey: 2.0.0.19 at the same age'
fi
finish
