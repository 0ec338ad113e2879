#!/usr/bin/env bash
# The publish flow on a running lab: what `gonogo promote`, `pull`, `set-version` and `killswitch` do to the tree is
# what the services say at once.
# shellcheck disable=SC2317 # the functions are called by name, by verify
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
feed_has() { curl -fsS "$production/updates/appcast.xml" | grep -q "sparkle:version=\"$1\""; }
health_has() { [ "$(curl -fsS "$production/updates/health" | jq -r '.latest_version + " " + .latest_build')" = "$1 $1" ]; }
main_has() { [ "$(curl -fsS "$production/health" | jq -r .latest_version)" = "$1" ]; }
served() { curl -fsS "$production/updates/downloads/Nexy.dmg" | openssl dgst -sha256 -r | cut -d' ' -f1; }
manifest_sha() { jq -r .artifact.sha256 "$tree/server/updates/manifests/manifest.json"; }
served_is_described() { [ "$(served)" = "$(manifest_sha)" ]; }
on_tree() { local command=$1; shift; "$GONOGO" "$command" "$@" --root "$tree" --allow-http-loopback; }

lab_start happy
tree=$(dirname "$config")/tree
verify 'the lab has its tree beside its configuration' test -f "$tree/VERSION"
verify 'verify finds the lab sound' on_tree verify --deep
verify 'before: production serves 2.0.0.19' feed_has 2.0.0.19

verify_exit 'publish to stable is refused' 1 on_tree publish --channel stable
verify_text 'the right way is named' 'promote'
verify_exit 'publish of what beta has is skipped' 0 on_tree publish --channel beta
verify_text 'it says so' 'already published, skip'

verify_exit 'a promote without https is refused' 1 "$GONOGO" promote --from beta --to stable --root "$tree"
verify_exit 'a dry run' 0 on_tree promote --from beta --to stable --dry-run
verify_text 'a dry run prints the steps' 'write server/updates/manifests/manifest.json'
verify 'a dry run changes nothing' feed_has 2.0.0.19

verify_exit 'promote' 0 on_tree promote --from beta --to stable
verify 'the production feed offers 2.0.0.20' feed_has 2.0.0.20
verify '/updates/health says 2.0.0.20' health_has 2.0.0.20
verify 'what is downloaded is what the manifest says' served_is_described
verify_exit 'promote again' 0 on_tree promote --source beta --target stable
verify_text 'promote again is skipped' 'PROMOTE SKIPPED'
verify_exit 'the versions do not agree yet' 1 on_tree set-version 2.0.0.20 --check
verify '/health still says 2.0.0.19' main_has 2.0.0.19
verify_exit 'set-version' 0 on_tree set-version 2.0.0.20
verify '/health says 2.0.0.20' main_has 2.0.0.20
verify 'verify finds the tree sound' on_tree verify --deep

verify_exit 'pull' 0 on_tree pull --channel stable
verify_text 'pull says what it cannot do' 'never downgrades'
verify 'the production feed offers 2.0.0.19 again' feed_has 2.0.0.19
verify 'and its bytes' served_is_described
verify_exit 'set-version back' 0 on_tree set-version 2.0.0.19
verify 'verify finds the tree sound again' on_tree verify --deep

verify_exit 'a kill switch by JSON' 0 on_tree killswitch set NEXY_KS_DISABLE_TRAY_SERIES --json
verify 'the document says what was done' jq -e '.outcome == "done" and .error == null' <<<"$output"
verify_exit 'UPDATE_BETA_ENABLED is never opened by leaving a word out' 2 on_tree killswitch set UPDATE_BETA_ENABLED
verify_exit 'the beta feed is opened' 0 on_tree killswitch set UPDATE_BETA_ENABLED --to true
verify 'the service opens it' curl -fsS "$production/updates/appcast-beta.xml"
verify_exit 'and shut' 0 on_tree killswitch clear UPDATE_BETA_ENABLED
verify_exit 'the service shuts it' 22 curl -fsS "$production/updates/appcast-beta.xml"

named=$(dirname "$config")/named.yaml
{ cat "$config"; printf 'release:\n  disk_image: Other.dmg\n  stable_tags: [Everybody, First]\n  url: "https://cdn.example.net/{tag}/{name}"\n'; } >"$named"
verify_exit 'a configuration names what is in the tree' 1 on_tree promote -c "$named"
verify_text 'the names are used' 'assets/UpdateBeta/Other.dmg'
cp "$tree/assets/UpdateBeta/Nexy.dmg" "$tree/assets/UpdateBeta/Other.dmg"
verify_exit 'with its file a plan is made' 0 on_tree promote --dry-run -c "$named"
verify_text 'under the tags of the configuration' 'to assets/Everybody/Other.dmg'
verify_exit 'an option wins over the configuration' 0 on_tree promote --dry-run --json --url 'https://other.example.net/{name}' -c "$named"
rm "$tree/assets/UpdateBeta/Other.dmg"
{ cat "$config"; printf 'release:\n  settings: ../secrets.yaml\n'; } >"$named"
verify_exit 'names that leave the tree are refused' 2 on_tree verify -c "$named"
verify_text 'with their place' 'release.settings'
rm "$named"

outcomes=$scratch/outcomes
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    on_tree promote --from beta --to stable --json 2>/dev/null | jq -r .outcome >>"$outcomes" &
    crowd="${crowd:-} $!"
done
# shellcheck disable=SC2086 # a list of numbers
wait $crowd
verify 'of sixteen promotes one does it' test "$(grep -c '^done$' "$outcomes")" = 1
verify 'and the others skip or are locked' test "$(grep -c -E '^(skipped|locked)$' "$outcomes")" = 15
verify 'the production feed offers 2.0.0.20, whole' feed_has 2.0.0.20
verify 'with its bytes' served_is_described
lab_stop 'the lab ends'
finish
