#!/usr/bin/env bash
# `gonogo feed phase`: a rollout is paused, resumed and re-timed, and no other byte of the feed changes.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

# shellcheck disable=SC2317 # what verify calls
phase() { "$GONOGO" feed phase "$@"; }
# The item's date is A, its interval B, and the rest is as it was.
# shellcheck disable=SC2317
feed_is() {
    sed -e "s|Thu, 26 Feb 2026 12:00:00 +0000|$1|" -e "s|>86400<|>$2<|" "$scratch/original.xml" |
        cmp - "$scratch/feed.xml"
}
# shellcheck disable=SC2317
offered() { # GROUP TIME VERSION
    [ "$("$GONOGO" feed offer --host-version 1.0 --group "$1" --at "$2" --json "$scratch/feed.xml" | jq -r .offered)" = "$3" ]
}

printf '\357\273\277<?xml version="1.0"?>\r\n<rss xmlns:s="http://www.andymatuschak.org/xml-namespaces/sparkle"><channel>
<!-- 2.0 --><item><pubDate>Tue, 20 Jan 2026 09:00:00 +0300</pubDate><s:version>1.9</s:version></item>
  <item><title>Голос</title><s:version>2.0</s:version>
\t<pubDate> Thu, 26 Feb 2026 12:00:00 +0000 </pubDate><s:phasedRolloutInterval>86400</s:phasedRolloutInterval>
  </item></channel></rss>   ' >"$scratch/original.xml"
cp "$scratch/original.xml" "$scratch/feed.xml"
chmod 640 "$scratch/feed.xml"
ln -s feed.xml "$scratch/link.xml"

feed=$scratch/feed.xml

# 60 hours in: groups 0, 1 and 2.
verify_exit 'a dry run' 0 phase pause --dry-run --at 2026-03-01T00:00:00Z "$feed"
verify_text 'shows the line as it is' '<pubDate> Thu, 26 Feb 2026 12:00:00 +0000 </pubDate>'
verify_text 'and as it would be' '<pubDate> Sun, 03 Jan 2100 12:00:00 +0000 </pubDate>'
verify 'and no line that stays' test "$(printf '%s\n' "$output" | grep -c '^[-+]')" = 2
verify 'and writes nothing' cmp "$scratch/original.xml" "$feed"

verify_exit 'pause' 0 phase pause --at 2026-03-01T00:00:00Z "$scratch/link.xml"
verify_text 'what it does is said' '2.0: 0 of 7 groups are in; paused for automatic checks'
verify 'one date changes and no other byte' feed_is 'Sun, 03 Jan 2100 12:00:00 +0000' 86400
verify 'a link stays a link' test -L "$scratch/link.xml"
verify 'the mode stays' test "$(find "$feed" -perm 640)" = "$feed"
verify 'no group is offered it, but the one before' offered 0 2026-03-02T00:00:00Z 1.9
verify_exit 'pausing twice is refused' 1 phase pause --at 2026-03-02T00:00:00Z "$feed"
verify_text 'and says so' 'item 2.0 is paused already'

verify_exit 'a paused rollout is re-timed where it waits' 0 phase interval 12h --at 2026-03-02T00:00:00Z "$feed"
verify 'by its interval and date' feed_is 'Sat, 02 Jan 2100 06:00:00 +0000' 43200
verify_exit 'resume' 0 phase resume --at 2026-03-11T00:00:00Z "$feed"
verify_text 'goes on where it was' '2.0: 3 of 7 groups are in; the next at 2026-03-11T06:00:00'
verify 'by its date' feed_is 'Mon, 09 Mar 2026 18:00:00 +0000' 43200
verify 'group 2 is in' offered 2 2026-03-11T00:00:00Z 2.0
verify 'group 3 is not yet' offered 3 2026-03-11T00:00:00Z 1.9
verify_exit 'resuming twice is refused' 1 phase resume --at 2026-03-11T00:00:00Z "$feed"
verify_exit 'another speed' 0 phase interval 86400 --at 2026-03-11T00:00:00Z "$feed"
verify_text 'keeps who has it' '3 of 7 groups are in'
verify 'nothing is left beside it' test "$(find "$scratch" -name '.*gonogo*')" = ''

sed 's|Thu, 26 Feb 2026|Fri, 26 Feb 2027|' "$scratch/original.xml" >"$feed"
verify_exit 'a pause that is not ours needs its elapsed time' 1 phase resume --at 2026-03-11T00:00:00Z "$feed"
verify_text 'and names the option' 'say how far the rollout was: --elapsed 30h'
verify_exit 'which is taken' 0 phase resume --elapsed 60h --at 2026-03-11T00:00:00Z "$feed"
verify 'and counts' feed_is 'Sun, 08 Mar 2026 12:00:00 +0000' 86400

# The same in UTF-16, and on one line.
tr -d '\r\n' <"$scratch/original.xml" | tail -c +4 | sed 's|Голос|Voice|' | od -An -v -to1 |
    awk 'BEGIN { printf "\\0377\\0376" } { for (i = 1; i <= NF; i++) printf "\\0%s\\0000", $i }' >"$scratch/octal"
printf '%b' "$(cat "$scratch/octal")" >"$scratch/wide.xml"
cp "$scratch/wide.xml" "$scratch/wide-before.xml"
verify_exit 'UTF-16: pause' 0 phase pause --at 2026-03-01T00:00:00Z "$scratch/wide.xml"
verify_text 'its line is shown' 'Voice</title><s:version>2.0</s:version>'
verify 'only the date changes' bash -c "cmp -l '$scratch/wide-before.xml' '$scratch/wide.xml' | wc -l | grep -qx '[0-9]\|1[0-9]'"
verify_exit 'UTF-16: resume' 0 phase resume --at 2026-03-01T00:00:00Z "$scratch/wide.xml"
verify 'it is as it was' cmp "$scratch/wide-before.xml" "$scratch/wide.xml"

# What phasing does not hold for cannot be paused.
sed 's|<title>|<s:criticalUpdate/><title>|' "$scratch/original.xml" >"$scratch/critical.xml"
verify_exit 'a critical item is refused' 1 phase pause "$scratch/critical.xml"
verify_text 'and says why' 'item 2.0 is critical: phasing does not hold'
sed 's|<title>|<s:criticalUpdate s:version="1.5"/><title>|' "$scratch/original.xml" >"$scratch/critical.xml"
verify_exit 'critical for some is paused for the rest' 0 phase pause "$scratch/critical.xml"
verify_text 'and says so' 'it is critical for some hosts: those are offered it whatever their group'

# Whatever kills it, the feed is the old one or the new one.
{
    sed '/<pubDate> Thu/,$d' "$scratch/original.xml"
    printf '<description>%s</description>' "$(head -c 900000 /dev/zero | tr '\0' x)"
    sed -n '/<pubDate> Thu/,$p' "$scratch/original.xml"
} >"$scratch/large.xml"
cp "$scratch/large.xml" "$scratch/killed.xml"
verify_exit 'a large feed is paused' 0 phase pause --at 2026-03-01T00:00:00Z "$scratch/killed.xml"
mv "$scratch/killed.xml" "$scratch/paused.xml"
torn=0
for delay in 0.002 0.004 0.006 0.008 0.010 0.015 0.020 0.030 0.040 0.050 0.060 0.070 0.080 0.100 0.150 0.200; do
    cp "$scratch/large.xml" "$scratch/killed.xml"
    { timeout -s KILL "$delay" "$GONOGO" feed phase pause --at 2026-03-01T00:00:00Z "$scratch/killed.xml"; } >/dev/null 2>&1
    cmp -s "$scratch/large.xml" "$scratch/killed.xml" || cmp -s "$scratch/paused.xml" "$scratch/killed.xml" || torn=1
done
verify 'killed at any moment' test "$torn" = 0
cp "$scratch/large.xml" "$scratch/killed.xml"
verify_exit 'and the next one works' 0 phase pause --at 2026-03-01T00:00:00Z "$scratch/killed.xml"
verify 'and clears up' test "$(find "$scratch" -name '.*gonogo*')" = ''

cp "$feed" "$scratch/before.xml"
verify_exit 'what is not phased is refused' 1 phase pause --item 1.9 "$feed"
verify_text 'and says why' 'item 1.9 is not phased: everybody is offered it already: name another with --item'
verify_exit 'no such item' 1 phase pause --item 7 "$feed"
verify_exit 'no such file' 1 phase pause "$scratch/none.xml"
verify_exit 'what is no feed' 1 phase pause tests/bad/feed/html.xml
verify_exit 'no action' 2 phase
verify_exit 'a strange action' 2 phase halt "$feed"
verify_exit 'no interval' 2 phase interval "$feed"
verify_exit 'a strange interval' 2 phase interval 1.5h "$feed"
verify 'and none of them changes it' cmp "$scratch/before.xml" "$feed"
finish
