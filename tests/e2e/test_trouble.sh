#!/usr/bin/env bash
# Trouble of every kind, met with the real program: a store that cannot be had, servers that go away
# or talk nonsense, TLS that is not to be trusted, secrets that are not secret.
# shellcheck disable=SC2317 # functions are called by their names
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

export XDG_STATE_HOME="$scratch/state"
tls_pid="" mounted=""
cleanup_trouble() {
    [ -z "$tls_pid" ] || kill "$tls_pid" 2>/dev/null
    [ -z "$mounted" ] || umount "$mounted" 2>/dev/null
    cleanup
}
trap cleanup_trouble EXIT

verify_absent() { # NAME TEXT: $output does not hold TEXT
    case $output in
    *"$2"*) fail "$1" "\"$2\" is in: $output" ;;
    *) pass "$1" ;;
    esac
}
fingerprint() { cksum <"$1"; }

# ---- the store -----------------------------------------------------------------------------------

lab_start happy --keep "$scratch/kept"
folder=$scratch/kept

with_store() { # PATH: $folder/other.yaml, the lab with this store
    sed "s|sqlite:state/gonogo.db|sqlite:$1|" "$folder/gonogo.yaml" >"$folder/other.yaml"
}
check_other() { "$GONOGO" check -c "$folder/other.yaml" "$@"; }

# What every lost store means: an answer all the same, HOLD, and words.
verify_lost() { # NAME WORDS
    verify_exit "$1: check answers, and it is HOLD" 3 check_other
    verify_text "$1: what is wrong is said" "$2"
    verify_text "$1: soak cannot pass" 'the store remembers nothing: soak cannot pass'
    verify_text "$1: the other gates are judged" 'production agrees: 7 sources at 2.0.0.19'
    verify_exit "$1: check --json answers too" 3 check_other --json
    verify "$1: the store is lost, with its reason, for scripts too" store_is lost '.note | length > 20'
}
store_is() { # STATE [CONDITION]: in the last check --json
    jq -e --arg state "$1" ".store | .state == \$state and (${2:-.note == null})" <<<"$output" >/dev/null
}
verify_lost_file() { # NAME WORDS FILE: and the file is left as it is
    local before
    before=$(fingerprint "$3")
    with_store "$3"
    verify_lost "$1" "$2"
    if [ "$before" = "$(fingerprint "$3")" ]; then pass "$1: the file is left as it is"; else
        fail "$1: the file is left as it is" "$before became $(fingerprint "$3")"
    fi
}

# A sound store, closed, to be damaged in its copies.
sound=$scratch/sound.db
with_store "$sound"
verify_exit 'a store is made' 3 check_other
verify_text 'the soak begins' 'soak: '
verify_exit 'a store is read again' 3 check_other
verify_absent 'nothing is wrong with it' 'store:'
verify_exit 'a store is kept, and scripts are told' 3 check_other --json
verify 'a store is kept: the state' store_is keeping

head -c 20000 /dev/urandom >"$scratch/noise.db"
verify_lost_file 'no database' 'noise.db is no database' "$scratch/noise.db"
: >"$scratch/text.db"
printf 'SQLite format 3, or so it says\n%.0s' {1..400} >"$scratch/text.db"
verify_lost_file 'a text' 'text.db is ' "$scratch/text.db"
cp "$sound" "$scratch/damaged.db"
head -c 6000 /dev/urandom | dd of="$scratch/damaged.db" bs=1 seek=2000 conv=notrunc 2>/dev/null
verify_lost_file 'a damaged store' 'damaged.db is damaged' "$scratch/damaged.db"
head -c 5000 "$sound" >"$scratch/cut.db"
verify_lost_file 'a store cut short' 'cut.db is damaged' "$scratch/cut.db"
cp "$sound" "$scratch/newer.db"
printf '\0\0\0\143' | dd of="$scratch/newer.db" bs=1 seek=60 conv=notrunc 2>/dev/null
verify_lost_file 'a newer schema' 'was written by a newer gonogo' "$scratch/newer.db"
cp "$sound" "$scratch/foreign.db"
printf 'ELSE' | dd of="$scratch/foreign.db" bs=1 seek=68 conv=notrunc 2>/dev/null
verify_lost_file "another program's database" "is another program's database" "$scratch/foreign.db"

# Another program's transaction on it that does not end: its words go in through a pipe that stays open.
cp "$sound" "$scratch/locked.db"
mkfifo "$scratch/words"
sqlite3 "$scratch/locked.db" <"$scratch/words" >"$scratch/held" &
holder=$!
exec 8>"$scratch/words"
printf '.timeout 1000\nPRAGMA locking_mode=EXCLUSIVE;\nBEGIN EXCLUSIVE;\nSELECT "locked";\n' >&8
is_locked() { grep -q '^locked' "$scratch/held"; }
if within 10 is_locked; then pass 'another program locks the store'; else fail 'another program locks the store' "$(cat "$scratch/held")"; fi
verify_lost_file "a store that another program locks" 'locked.db is locked' "$scratch/locked.db"
exec 8>&-
wait "$holder"
verify_exit 'a store that is free again' 3 check_other --json
verify 'a store that is free again is kept' store_is keeping

mkdir "$scratch/folder.db"
with_store "$scratch/folder.db"
verify_lost 'a folder for a store' 'folder.db is no database'
with_store "$scratch/text.db/gonogo.db"
verify_lost 'a file for its folder' 'cannot be made'

mkdir "$scratch/full"
if mount -t tmpfs -o size=128k gonogo-full "$scratch/full" 2>/dev/null; then
    mounted=$scratch/full
    cp "$sound" "$mounted/gonogo.db"
    dd if=/dev/zero of="$mounted/fill" bs=4k 2>/dev/null
    verify_lost_file 'a full disk' 'the disk is full' "$mounted/gonogo.db"
    umount "$mounted" && mounted=""
else
    echo '# SKIP a full disk: no tmpfs can be mounted here'
fi

# ---- two on one store ----------------------------------------------------------------------------

# The lab's own gonogo keeps state/gonogo.db; checks read what it writes.
soaked() { "$GONOGO" check -c "$config" --json | jq -re '.gates[] | select(.kind == "soak") | .reason | capture("^(?<s>[0-9]+) s of 45 s").s'; }
soaks_beyond() {
    local now
    now=$(soaked) && [ "$now" -gt "$1" ]
}
if within 20 soaks_beyond 0; then pass 'a second gonogo sees the soak of the first'; else
    fail 'a second gonogo sees the soak of the first' "$(soaked)"
fi
first=$(soaked) || first=99
if within 20 soaks_beyond "$first"; then pass 'the soak goes on in the view of both'; else
    fail 'the soak goes on in the view of both' "$first, then $(soaked)"
fi

# ---- time and a server that goes away ------------------------------------------------------------

verify_exit 'check --wait 0s answers at once with what is not known: HOLD' 3 "$GONOGO" check -c "$config" --wait 0s
disown "$lab_pid" # bash has nothing to say about it
kill -KILL "$lab_pid"
lab_pid=
started=$SECONDS
verify_exit 'servers that went away: HOLD' 3 "$GONOGO" check -c "$config"
verify_text 'servers that went away: named' 'production/health: connection refused'
verify_check 'servers that went away: the files are still read' 20 3 '[.sources[] | select(.environment == "tree") | .state == "ok"] | length == 4 and all'
verify_absent 'servers that went away: no GO' 'GO  '
verify 'servers that went away: an answer in time' test $((SECONDS - started)) -lt 20

# ---- TLS -----------------------------------------------------------------------------------------

tls=$scratch/tls
mkdir -p "$tls/updates"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tls/key.pem" -out "$tls/cert.pem" -days 30 \
    -subj /CN=staging -addext subjectAltName=IP:127.0.0.1 2>/dev/null
pin=$(openssl x509 -in "$tls/cert.pem" -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)
other_pin=$(printf 'another key' | openssl dgst -sha256 -binary | base64)

reply() { # FILE STATUS TYPE BODY: what the server sends for it, headers and all
    printf 'HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
        "$2" "$3" "${#4}" "$4" >"$tls/$1"
}
reply health '200 OK' application/json '{"status":"OK","latest_version":"2.0.0.20","latest_build":"2.0.0.20"}'
reply number '200 OK' application/json '{"status":"OK","latest_version":2.0,"latest_build":"2.0"}'
reply html '200 OK' text/html '<html>Sign in to the network</html>'
printf 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/health\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' >"$tls/plain"
head -c 3000 /dev/urandom | tr '\0' x >"$tls/noise"
printf 'HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\nConnection: close\r\n\r\n{' >"$tls/huge"
printf 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{"status":"OK","late' >"$tls/cut"

# Serves a file as the whole answer to GET /FILE. Its standard input must not end before it does.
mkfifo "$scratch/hold"
(cd "$tls" && exec openssl s_server -HTTP -accept 127.0.0.1:0 -cert cert.pem -key key.pem) \
    >"$scratch/tls.log" 2>&1 <>"$scratch/hold" &
tls_pid=$!
within 20 grep -q '^ACCEPT .*:[0-9]' "$scratch/tls.log" || fail 'the TLS server starts' "$(cat "$scratch/tls.log")"
tls_port=$(sed -n 's/^ACCEPT .*:\([0-9]*\).*/\1/p' "$scratch/tls.log" | head -n 1)

ask() { # FILE TLS [ENVIRONMENT-KEYS]: a configuration with one source
    cat >"$scratch/tls.yaml" <<YAML
product: Nexy
target: "2.0.0.20"
store: none
poll: {every: 300ms, timeout: 3s, connect_timeout: 2s, fail_after: 1}
environments:
  - name: staging
    role: candidate
    url: https://127.0.0.1:$tls_port
    ${2:+tls: $2}
    probes:
      - {name: health, kind: health, path: /$1}
gates:
  - {name: versions agree, kind: versions-agree, sources: [staging/health]}
YAML
}
check_tls() { "$GONOGO" check -c "$scratch/tls.yaml"; }

ask health ''
verify_exit 'a self-signed certificate is refused: HOLD' 3 check_tls
verify_text 'a self-signed certificate is refused in words' 'self-signed'
verify_text 'and what to do about it' 'ca_file'
ask health "{ca_file: $tls/cert.pem}"
verify_exit 'with ca_file it is accepted: GO' 0 check_tls
verify_text 'with ca_file its version counts' '2.0.0.20'
ask health "{pin_sha256: \"$pin\"}"
verify_exit 'with its pin it is accepted: GO' 0 check_tls
ask health "{pin_sha256: \"$other_pin\"}"
verify_exit 'with another pin it is refused: HOLD' 3 check_tls
verify_text 'with another pin it is refused in words' 'pin'

# ---- HTTP/2 --------------------------------------------------------------------------------------

# nghttpd speaks nothing else. It cannot tell a port that the system chose: it is given one until one is free.
mkdir -p "$tls/h2"
echo '{"status":"OK","latest_version":"2.0.0.20","latest_build":"2.0.0.20"}' >"$tls/h2/health"
h2_listens() { grep -q ': listen ' "$scratch/h2.log" || ! kill -0 "$h2_pid" 2>/dev/null; }
for _ in {1..20}; do
    h2_port=$((20000 + RANDOM % 20000))
    nghttpd -v -a 127.0.0.1 -d "$tls/h2" "$h2_port" "$tls/key.pem" "$tls/cert.pem" >"$scratch/h2.log" 2>&1 &
    h2_pid=$!
    within 10 h2_listens
    kill -0 "$h2_pid" 2>/dev/null && break
done
ask health "{ca_file: $tls/cert.pem}"
sed -i "s|127.0.0.1:$tls_port|127.0.0.1:$h2_port|" "$scratch/tls.yaml"
verify_exit 'a server that speaks HTTP/2 is read: GO' 0 check_tls
verify 'it was asked in HTTP/2' grep -q ':path: /health' "$scratch/h2.log"
kill "$h2_pid" 2>/dev/null
wait "$h2_pid" 2>/dev/null

# ---- answers that are none -----------------------------------------------------------------------

verify_answer() { # NAME FILE WORDS: HOLD, and the source says so
    ask "$2" "{ca_file: $tls/cert.pem}"
    verify_exit "$1: HOLD" 3 check_tls
    verify_text "$1: said" "$3"
    verify_text "$1: the source is named" 'staging/health'
}
verify_answer 'a redirect from https to http is refused' plain 'redirect refused, it leads from https to http'
verify_answer 'noise for an answer' noise 'the answer is not HTTP'
verify_answer 'a page where JSON is due' html 'answered text/html, not JSON'
verify_answer 'four gigabytes announced' huge 'announces more than'
verify_answer 'an answer cut short' cut 'broke off after 20 bytes'
verify_answer 'a text for JSON' missing 'no valid JSON'

# A number where a version is due is a defect: named, and no GO.
ask number "{ca_file: $tls/cert.pem}"
check_tls >"$scratch/number" 2>&1
code=$?
output=$(cat "$scratch/number")
if [ "$code" -ne 0 ]; then pass 'a version that is a number is no GO'; else fail 'a version that is a number is no GO' "$output"; fi
verify_text 'a version that is a number is named as the defect' 'number'

kill "$tls_pid" 2>/dev/null
wait "$tls_pid" 2>/dev/null
tls_pid=

# ---- what the configuration refuses --------------------------------------------------------------

configure() { # URL ENVIRONMENT-LINE
    printf 'product: Nexy\nenvironments:\n  - name: staging\n    role: candidate\n    url: %s\n%s\ngates:\n  - {name: versions agree, kind: versions-agree, sources: ["staging/*"]}\n' \
        "$1" "${2:+    $2}" >"$scratch/config.yaml"
}
configure http://192.0.2.1 ''
verify_exit 'http beyond loopback is refused' 2 "$GONOGO" check -c "$scratch/config.yaml"
verify_text 'it says which way out there is' 'insecure: true'
verify_text 'and where it stands' 'config.yaml:5:'
configure http://192.0.2.1 'insecure: true'
verify_exit 'http with insecure: true is taken' 0 "$GONOGO" config check "$scratch/config.yaml"
configure http://127.0.0.1:9 ''
verify_exit 'http to loopback is taken' 0 "$GONOGO" config check "$scratch/config.yaml"

unset NEXY_TOKEN
configure https://192.0.2.1 'headers: {Authorization: env:NEXY_TOKEN}'
verify_exit 'a secret that is not in the environment' 2 "$GONOGO" config check "$scratch/config.yaml"
verify_text 'it says which' 'NEXY_TOKEN'
export NEXY_TOKEN='very secret'
verify_exit 'a secret from the environment' 0 "$GONOGO" config check "$scratch/config.yaml"
verify_exit 'config show' 0 "$GONOGO" config show "$scratch/config.yaml"
verify_absent 'config show hides it' 'very secret'
printf 'very secret\n' >"$scratch/token"
configure https://192.0.2.1 'headers: {Authorization: "file:token"}'
chmod 644 "$scratch/token"
verify_exit 'a secret in a file that others can read' 2 "$GONOGO" config check "$scratch/config.yaml"
verify_text 'it says what to do' 'chmod 600'
verify_absent 'and does not show it' 'very secret'
chmod 600 "$scratch/token"
verify_exit 'a secret in a file of its own' 0 "$GONOGO" config check "$scratch/config.yaml"
configure https://192.0.2.1 'headers: {Authorization: very secret}'
verify_exit 'a secret in the configuration itself' 2 "$GONOGO" config check "$scratch/config.yaml"
verify_absent 'it is not repeated' 'very secret'

finish
