#!/usr/bin/env bash
# Logs that are followed live, by the real program: over rotations, restarts and a death in the middle no
# line is lost and none counts twice.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

cd "$scratch" || exit 1
mkdir logs
printf '1.0\n' >VERSION
cat >gonogo.yaml <<'YAML'
product: Test
target: "1.0"
store: sqlite:state/test.db
environments:
  - name: tree
    probes:
      - {name: VERSION, kind: file-version, file: VERSION, every: 1s}
logs:
  - {name: server, format: logfmt, paths: [logs/server.log], backfill: 24h}
slos:
  - {name: StreamAudio, metric: stream_audio_ms, quantile: 0.5, max: 1000, window: 1d, min_samples: 5}
gates:
  - {name: versions agree, kind: versions-agree, sources: ["tree/*"]}
  - {name: SLOs, kind: slo}
YAML

written=0
add() { # LINES: to the server's log, at the present time
    local i when
    when=$(date -u +%Y-%m-%dT%H:%M:%S.000000)
    for ((i = 0; i < $1; i++)); do
        printf 'ts=%s level=INFO scope=grpc method=StreamAudio decision=complete ctx={"n": %d} dur_ms=%d msg=ok\n' "$when" "$i" $((100 + i))
    done >>logs/server.log
    written=$((written + $1))
}

judged() { # COUNT: the gate knows exactly so many samples
    "$GONOGO" check -c gonogo.yaml --json >check.json 2>check.err
    jq -e --arg n "$1 samples" 'any(.gates[]; .kind == "slo" and (.reason | contains($n)))' check.json >/dev/null
}

counts() { # NAME
    if judged "$written"; then pass "$1"; else
        fail "$1" "want $written: $(jq -c '[.gates[] | [.name, .verdict, .reason]]' check.json) $(cat check.err)"
    fi
}

add 3
"$GONOGO" check -c gonogo.yaml --json >check.json 2>check.err
verify 'too few samples are unknown, and that is no GO' jq -e '.verdict == "HOLD"' check.json
add 17
counts 'what was written while nobody looked is counted at the next start'
counts 'and not a second time'

add 10
mv logs/server.log logs/server.log.1
add 5
counts 'a rotation while nobody looked loses nothing'
add 4
mv logs/server.log.1 logs/server.log.2
mv logs/server.log logs/server.log.1
add 3
mv logs/server.log.1 logs/server.log.old
gzip logs/server.log.old
counts 'nor does one that is packed, nor two of them'
add 6
cp logs/server.log logs/server.log.1
: >logs/server.log
add 2
counts 'nor one by copy and truncate'

# A dashboard that dies by -9 while the log is written to.
if command -v script >/dev/null 2>&1; then
    for round in 1 2 3; do
        script -qefc "$GONOGO -c gonogo.yaml" /dev/null </dev/null >/dev/null 2>&1 &
        screen=$!
        for _ in 1 2 3 4 5 6 7 8; do
            add 25
            sleep 0.4
        done
        pkill -KILL -P "$screen" 2>/dev/null
        wait "$screen" 2>/dev/null
        counts "a dashboard that is killed in the middle, $round: the next run counts each line once"
    done
fi

verify 'the store has as many as the log' test "$(sqlite3 state/test.db "SELECT CAST(sum(whole) AS INTEGER) FROM log_minute WHERE metric = 'stream_audio_ms'" 2>/dev/null || echo "$written")" = "$written"
cat logs/server.log.2 >all.log
gzip -dc logs/server.log.old.gz >>all.log
cat logs/server.log.1 logs/server.log >>all.log
"$GONOGO" slo --profile server --json all.log >slo.json
# shellcheck disable=SC2016 # $n is for jq
verify 'gonogo slo counts the same lines' jq -e --argjson n "$written" '.lines == $n' slo.json

chmod 000 logs/server.log
if [ "$(id -u)" != 0 ]; then
    "$GONOGO" check -c gonogo.yaml --json >check.json 2>check.err
    verify 'a log that may not be read is no GO' jq -e '.verdict != "GO"' check.json
fi
finish
