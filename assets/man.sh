#!/bin/sh
# The man page: assets/gonogo.1 with what each command says of itself in the place of @COMMANDS@.
#
#   assets/man.sh PROGRAM PAGE
set -eu
program=$1
page=$2

commands() {
    "$program" --help | awk '/^  [a-z]/ { print $1 }'
}

literal() {
    sed -e 's/\\/\\e/g' -e "s/^\([.']\)/\\\\\&\1/" -e 's/-/\\-/g'
}

while IFS= read -r line; do
    if [ "$line" != @COMMANDS@ ]; then
        printf '%s\n' "$line"
        continue
    fi
    for name in $(commands); do
        printf '.Ss %s %s\n' "gonogo" "$name"
        help=$("$program" "$name" --help)
        # The first line is the table's: `gonogo NAME: what it does`.
        printf '%s.\n' "$(printf '%s\n' "$help" | sed -n "1s/^gonogo $name: //p")"
        echo '.Bd -literal'
        printf '%s\n' "$help" | sed -e 1d | sed -e '1{/^$/d;}' | literal
        echo '.Ed'
    done
done <"$page"
