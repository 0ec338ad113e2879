#!/usr/bin/env bash
# `notify:` with the real program: a verdict that turns is told to a command, past a webhook that is not
# there.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

config=$scratch/gonogo.yaml
told=$scratch/told
dashboard_pid=
trap '[ -z "$dashboard_pid" ] || kill "$dashboard_pid" 2>/dev/null; cleanup' EXIT

printf 'http://127.0.0.1:9/T0KEN' >"$scratch/hook"
chmod 600 "$scratch/hook"
echo 2.0.0.20 | tee "$scratch/one" >"$scratch/two"
cat >"$config" <<YAML
product: Nexy
target: 2.0.0.20
store: none
poll: {every: 200ms, timeout: 200ms}
environments:
  - name: tree
    probes:
      - {name: one, kind: file-version, file: one}
      - {name: two, kind: file-version, file: two}
gates:
  - {name: both agree, kind: versions-agree, sources: ["tree/*"], want: same}
notify:
  - {name: nobody, webhook: "file:hook"}
  - {name: file, on: [verdict], command: [sh, -c, 'printf "%s\n" "\$1" >>"\$0"', $told, "{title}: {text}"]}
YAML
verify_exit 'the configuration is good, and all is well' 0 "$GONOGO" check -c "$config"
verify_exit 'config show names where the webhook comes from' 0 "$GONOGO" config show "$config"
verify_text 'and not what it is' 'file:hook'
case $output in
*T0KEN*) fail 'config show hides the webhook' "$output" ;;
*) pass 'config show hides the webhook' ;;
esac

# TERM=dumb: a line for each change, on a terminal of its own whose keyboard stays quiet.
mkfifo "$scratch/keys"
TERM=dumb script -qfec "$GONOGO -c $config" "$scratch/typescript" <>"$scratch/keys" >/dev/null 2>&1 &
dashboard_pid=$!
verify 'it begins with GO' within 20 grep -q ' GO  ' "$scratch/typescript"
echo 2.0.0.19 >"$scratch/two"
if within 40 grep -q 'GO → NO-GO: ' "$told"; then pass 'GO → NO-GO is told'; else fail 'GO → NO-GO is told' "$(cat "$told" "$scratch/typescript" 2>&1)"; fi
verify 'with the gate that says so' grep -q 'fail: both agree: ' "$told"
verify 'it was told once' test "$(grep -c 'NO-GO: ' "$told")" = 1
kill "$dashboard_pid" 2>/dev/null
wait "$dashboard_pid" 2>/dev/null
dashboard_pid=
if grep -q T0KEN "$scratch/typescript" "$told"; then fail "the webhook's URL is nowhere to be seen" "$(cat "$scratch/typescript")"; else pass "the webhook's URL is nowhere to be seen"; fi

finish
