#!/usr/bin/env bash
# The command line as scripts and people meet it: exit codes, messages, help.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

unset GONOGO_CONFIG
export XDG_CONFIG_HOME="$scratch/none" XDG_STATE_HOME="$scratch/state"

verify_prints() { # NAME TEXT: $output is exactly TEXT
    if [ "$output" = "$2" ]; then pass "$1"; else fail "$1" "$output"; fi
}

commands='dashboard check demo feed version publish promote pull killswitch set-version verify serve config'
verify_exit '--version' 0 "$GONOGO" --version
verify_text '--version names gonogo' 'gonogo '
verify_exit '--help' 0 "$GONOGO" --help
for command in $commands; do
    verify_text "--help lists $command" "$command"
done
for command in $commands; do
    verify_exit "$command --help" 0 "$GONOGO" "$command" --help
    verify_text "$command --help has a usage line" "usage: gonogo $command"
    verify_exit "$command refuses an option that is none" 2 "$GONOGO" "$command" --no-such-option
    [ "$command" = version ] || verify_text "$command says which option" 'no-such-option'
done
verify_exit 'a command that is none' 2 "$GONOGO" chekc
verify_text 'the nearest command is offered' "did you mean 'check'?"

verify_exit 'version: older' 0 "$GONOGO" version 2.0.0.19 2.0.0.20
verify_prints 'version prints <' '<'
verify_exit 'version: the same' 0 "$GONOGO" version 1.0 1.0.0
verify_prints 'version prints =' '='
verify_exit 'version: newer' 0 "$GONOGO" version 1.0 1.0b1
verify_prints 'version prints >' '>'
verify_exit 'version needs two' 2 "$GONOGO" version 1.0

here=$PWD
cd "$scratch" || exit 1
verify_exit 'no configuration anywhere' 2 "$GONOGO" check
verify_exit 'a configuration that is not there' 2 "$GONOGO" check -c nowhere.yaml
verify_text 'it is named' 'nowhere.yaml'
printf 'product: Nexy\nenvironments: []\ngates: []\n' >empty.yaml
verify_exit 'no gates is no configuration' 2 "$GONOGO" check -c empty.yaml
verify_exit 'a bad --wait' 2 "$GONOGO" check -c empty.yaml --wait '5 parsecs'
verify_text 'a bad --wait is shown' '5 parsecs'
verify_exit 'a bad --target' 2 "$GONOGO" check -c empty.yaml --target 'the new one'
verify_exit 'the dashboard without a terminal' 2 "$GONOGO" -c "$here/config/samples/minimal.yaml"
verify_text 'it says what to use instead' 'gonogo check'
cd "$here" || exit 1

for sample in config/samples/*.yaml; do
    verify_exit "config check $sample" 0 "$GONOGO" config check "$sample"
done
verify_exit 'config options' 0 "$GONOGO" config options
for key in product environments probes gates every fail_after recover_after pin_sha256; do
    verify_text "config options documents $key" "$key"
done

# Two hosts that are not there: an honest HOLD, with reasons, and in time.
sed 's|"\{0,1\}https://[a-z.:0-9]*"\{0,1\}|"http://127.0.0.1:9"|' config/samples/minimal.yaml >"$scratch/minimal.yaml"
started=$SECONDS
verify_exit 'hosts that are down are HOLD' 3 "$GONOGO" check -c "$scratch/minimal.yaml"
verify_text 'the refusal is named' 'refused'
verify 'check answers as soon as it is settled' test $((SECONDS - started)) -lt 15

if [ -e /dev/full ]; then
    verify_exit 'output to a full disk is an error' 4 sh -c "\"$GONOGO\" config options >/dev/full"
fi
finish
