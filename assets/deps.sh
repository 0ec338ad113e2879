#!/bin/sh
# Installs what is missing for `run` (build and use gonogo), `test` (tests and lint), `bench`
# (the peers that benchmarks stand beside), with the system's own package manager.
# Says nothing, and needs no network, when everything is there.
#
# Run for real on Debian 12. The names for Ubuntu are Debian's; those for Fedora, Alpine, Arch and
# Homebrew are their usual ones and have not been run (Alpine has libcyaml in its edge branch only).
set -eu

# set | how to see that it is there | apt | dnf | apk | pacman | brew      ("-" = nothing to install)
#   cmd:NAME    a program             pc:NAME  a library pkg-config knows
#   file:PATH   a file                san:     clang's sanitizer and fuzzer libraries
table() {
    cat <<'TABLE'
run|cmd:cc|gcc libc6-dev|gcc|build-base|gcc|-
run|cmd:pkg-config|pkg-config|pkgconf-pkg-config|pkgconf|pkgconf|pkgconf
run|pc:ncursesw|libncurses-dev|ncurses-devel|ncurses-dev|ncurses|ncurses
run|pc:panelw|libncurses-dev|ncurses-devel|ncurses-dev|ncurses|ncurses
run|pc:libcurl|libcurl4-openssl-dev|libcurl-devel|curl-dev|curl|curl
run|pc:jansson|libjansson-dev|jansson-devel|jansson-dev|jansson|jansson
run|pc:libxml-2.0|libxml2-dev|libxml2-devel|libxml2-dev|libxml2|libxml2
run|pc:libcyaml|libcyaml-dev|libcyaml-devel|libcyaml-dev|libcyaml|libcyaml
run|pc:yaml-0.1|libyaml-dev|libyaml-devel|yaml-dev|libyaml|libyaml
run|pc:sqlite3|libsqlite3-dev|sqlite-devel|sqlite-dev|sqlite|sqlite
run|pc:libmicrohttpd|libmicrohttpd-dev|libmicrohttpd-devel|libmicrohttpd-dev|libmicrohttpd|libmicrohttpd
run|pc:libcrypto|libssl-dev|openssl-devel|openssl-dev|openssl|openssl@3
run|pc:libsodium|libsodium-dev|libsodium-devel|libsodium-dev|libsodium|libsodium
run|pc:zlib|zlib1g-dev|zlib-devel|zlib-dev|zlib|zlib
run|pc:libpcre2-8|libpcre2-dev|pcre2-devel|pcre2-dev|pcre2|pcre2
run|file:/etc/ssl|ca-certificates|ca-certificates|ca-certificates|ca-certificates|-
test|pc:cmocka|libcmocka-dev|libcmocka-devel|cmocka-dev|cmocka|cmocka
test|pc:vterm|libvterm-dev|libvterm-devel|libvterm-dev|libvterm|libvterm
test|cmd:clang|clang|clang|clang|clang|llvm
test|san:|libclang-rt-dev|compiler-rt libasan libubsan libtsan|compiler-rt|compiler-rt|llvm
test|cmd:llvm-symbolizer|llvm|llvm|llvm|llvm|llvm
test|cmd:clang-format|clang-format|clang-tools-extra|clang-extra-tools|clang|llvm
test|cmd:clang-tidy|clang-tidy|clang-tools-extra|clang-extra-tools|clang|llvm
test|cmd:cppcheck|cppcheck|cppcheck|cppcheck|cppcheck|cppcheck
test|cmd:shellcheck|shellcheck|ShellCheck|shellcheck|shellcheck|shellcheck
test|cmd:xmllint|libxml2-utils|libxml2|libxml2-utils|libxml2|libxml2
test|cmd:curl|curl|curl|curl|curl|curl
test|cmd:jq|jq|jq|jq|jq|jq
test|cmd:sqlite3|sqlite3|sqlite|sqlite|sqlite|sqlite
test|cmd:nghttpd|nghttp2-server|nghttp2|nghttp2|nghttp2|nghttp2
test|cmd:openssl|openssl|openssl|openssl|openssl|openssl@3
test|cmd:pgrep|procps|procps-ng|procps|procps-ng|-
test|cmd:timeout|coreutils|coreutils|coreutils|coreutils|coreutils
test|cmd:mandoc|mandoc|mandoc|mandoc|mandoc|-
bench|pc:cmocka|libcmocka-dev|libcmocka-devel|cmocka-dev|cmocka|cmocka
bench|pc:vterm|libvterm-dev|libvterm-devel|libvterm-dev|libvterm|libvterm
bench|cmd:htop|htop|htop|htop|htop|htop
bench|cmd:btop|btop|btop|btop|btop|btop
bench|cmd:wrk|wrk|wrk|wrk|wrk|wrk
bench|cmd:xmllint|libxml2-utils|libxml2|libxml2-utils|libxml2|libxml2
bench|cmd:rg|ripgrep|ripgrep|ripgrep|ripgrep|ripgrep
bench|cmd:python3|python3|python3|python3|python|python
bench|cmd:mtail|mtail|-|-|-|-
TABLE
}

has() {
    command -v "$1" >/dev/null 2>&1
}

there() {
    case $1 in
    cmd:*) has "${1#cmd:}" ;;
    pc:*) [ "$libraries" = all ] || { has pkg-config && pkg-config --exists "${1#pc:}"; } ;;
    file:/etc/ssl) [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/ssl/cert.pem ] ||
        [ -e /etc/pki/tls/certs/ca-bundle.crt ] ;;
    file:*) [ -e "${1#file:}" ] ;;
    san:) has clang && [ -n "$(find "$(clang -print-resource-dir)/" -name '*clang_rt.fuzzer*' 2>/dev/null)" ] ;;
    esac
}

manager() {
    if [ "$(uname -s)" = Darwin ]; then
        has brew && echo brew
    elif has apt-get; then
        echo apt
    elif has dnf; then
        echo dnf
    elif has apk; then
        echo apk
    elif has pacman; then
        echo pacman
    fi
}

sets=" ${*:-run} "
case $sets in *[!a-z\ ]*)
    echo "usage: deps.sh [run] [test] [bench]" >&2
    exit 2
    ;;
esac

# One question to pkg-config instead of a dozen, when nothing is missing.
libraries=some
names=$(table | awk -F'|' -v sets="$sets" 'index(sets, " " $1 " ") && sub(/^pc:/, "", $2) { print $2 }')
# shellcheck disable=SC2086 # a list of words
if has pkg-config && pkg-config --exists $names; then
    libraries=all
fi

with=$(manager)
case $with in
apt) column=3 ;;
dnf) column=4 ;;
apk) column=5 ;;
pacman) column=6 ;;
brew) column=7 ;;
*) column=2 ;;
esac

packages=
while IFS='|' read -r set check rest; do
    case $sets in *" $set "*) ;; *) continue ;; esac
    there "$check" && continue
    for package in $(printf '%s|%s|%s\n' "$set" "$check" "$rest" | cut -d'|' -f$column); do
        case " $packages - " in *" $package "*) ;; *) packages="$packages $package" ;; esac
    done
done <<EOT
$(table)
EOT
packages=${packages# }

if [ "$with" = brew ] && ! has cc; then
    echo "gonogo: no C compiler: run \"xcode-select --install\"" >&2
    exit 1
fi
[ -n "$packages" ] || exit 0

case $with in
apt) command="apt-get install -y --no-install-recommends $packages" ;;
dnf) command="dnf install -y --setopt=install_weak_deps=False $packages" ;;
apk) # libcyaml is in Alpine's testing repository only
    case " $packages " in *libcyaml*) edge="--repository=https://dl-cdn.alpinelinux.org/alpine/edge/testing " ;; *) edge= ;; esac
    command="apk add $edge$packages"
    ;;
pacman) command="pacman -S --needed --noconfirm $packages" ;;
brew) command="brew install $packages" ;;
*)
    echo "gonogo: no package manager that is known here (apt-get, dnf, apk, pacman, brew): install: $packages" >&2
    exit 1
    ;;
esac

# As root, else through sudo (or doas) without a password, else with one when somebody is there to type it.
as=
if [ "$with" != brew ] && [ "$(id -u)" != 0 ]; then
    if has sudo && sudo -n true 2>/dev/null; then
        as="sudo -n"
    elif has doas && doas -n true 2>/dev/null; then
        as="doas -n"
    elif has sudo && [ -t 0 ] && [ -t 2 ] && [ -z "${CI:-}" ]; then
        as=sudo
    else
        update=
        [ "$with" != apt ] || update="apt-get update && "
        echo "gonogo: packages are missing and this user may not install them: run as root: $update$command" >&2
        exit 1
    fi
fi

log=build/deps.log
mkdir -p build
quiet() {
    # shellcheck disable=SC2086 # commands are lists of words
    $as "$@" >>"$log" 2>&1 </dev/null
}
: >"$log"
echo "gonogo: installing: $packages"
[ "$as" != sudo ] || sudo -v

case $with in
apt)
    install() {
        # shellcheck disable=SC2086
        quiet env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            -o DPkg::Lock::Timeout=120 $packages
    }
    # The lists are fetched when they do not know the packages, or when what they name is gone.
    # shellcheck disable=SC2086
    if apt-get install -s --no-install-recommends $packages >>"$log" 2>&1 && install; then
        exit 0
    fi
    if quiet apt-get update && install; then exit 0; fi
    ;;
pacman)
    # shellcheck disable=SC2086
    if quiet $command; then exit 0; fi
    # shellcheck disable=SC2086
    if quiet pacman -Sy --needed --noconfirm $packages; then exit 0; fi
    ;;
*)
    # shellcheck disable=SC2086
    if quiet $command; then exit 0; fi
    ;;
esac
tail -n 15 "$log" >&2
echo "gonogo: installing failed (all of it in $log): run as root: $command" >&2
exit 1
