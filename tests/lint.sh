#!/bin/sh
# The house rules that no compiler knows. Quiet when all is well; else one line per finding:
#
#   FILE:LINE: RULE: what is wrong: what to do
#
#   tests/lint.sh [ROOT]         judge a tree (default: this one)
#   tests/lint.sh --self-test    plant one breach of every rule and expect exactly those
#
# A line may be excused where it stands, with a reason: `lint: allow RULE, because …` in a comment
# on it or on the line before; or for the rest of a file: `lint: allow RULE in this file, because …`.
set -u
export LC_ALL=C

files() { # every file of the tree that is ours
    if [ -e .git ]; then
        git ls-files -co --exclude-standard
    else
        find . -type f ! -path './build/*' | sed 's,^\./,,'
    fi | while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done | sort -u
}

# Corpora and saved screens are data: they hold what they must hold.
prose() {
    grep -Ev '^(tests/bad/|tests/fuzz/corpus/|tests/screens/.*\.(txt|ansi|svg)$|assets/.*\.(svg|png|gif)$|LICENSE$)' || :
}

lint_text() { # FILE...: what holds for all text
    awk '
    function bad(rule, what, todo) { printf "%s:%d: %s: %s: %s\n", FILENAME, FNR, rule, what, todo }
    { allowed = index($0, "lint: allow") || index(before, "lint: allow"); before = $0 }
    /\r$/ { bad("line-end", "carriage return at the end of the line", "end lines with LF") }
    /[ \t]$/ { bad("blank", "blanks at the end of the line", "remove them") }
    /\t/ && FILENAME !~ /(^|\/)Makefile$/ { bad("tab", "a tab", "indent with four spaces, write \\t in a string") }
    /\342\200[\252-\256]|\342\201[\246-\251]/ { bad("bidi", "a character that turns the writing direction", "write it as an escape") }
    !allowed {
        line = $0
        while (match(line, "(^|[^A-Za-z0-9_.~}])/" "(home|Users|root|work)/[A-Za-z0-9_.-]+")) {
            name = substr(line, RSTART, RLENGTH); sub(/.*\//, "", name)
            line = substr(line, RSTART + RLENGTH)
            if (name !~ /^(user|ops|nobody)$/) # those are nobody, for examples
                bad("machine", "a path of somebody'\''s machine", "make it relative, or take it from the environment")
        }
    }
    ' "$@"
    for file; do
        [ -z "$(tail -c 1 "$file")" ] || echo "$file:$(wc -l <"$file"): final-newline: the last line does not end: end it with a newline"
    done
}

lint_c() { # FILE...: the .c and .h files, one pass
    awk '
    BEGIN {
        for (i = 1; i < ARGC; i++)
            if (ARGV[i] ~ /\.h$/) header[ARGV[i]] = 1

        # Who may include whom; see CONTRIBUTING.md.
        may["base"] = "base"
        may["model"] = "base model"
        may["config"] = "base model config"
        may["probes"] = "base model probes"
        may["release"] = "base model release"
        may["engine"] = "base model engine"
        may["ui"] = "base model ui"
        may["lab"] = "base model release lab"
        may["cmd"] = "base model config probes release engine ui lab cmd"
        may["main"] = may["cmd"] " main"
        may["tests"] = may["main"] " tests"

        # The rooms in which a library may be seen: a prefix of its header, then the rooms.
        only["curses.h"] = only["ncurses"] = only["panel.h"] = only["term.h"] = "ui"
        only["sqlite3.h"] = "engine"
        only["microhttpd.h"] = "base release lab"
        only["cyaml/"] = "config"
        only["yaml.h"] = "base config release"
        only["pcre2.h"] = "base"
        only["curl/"] = "base config probes release cmd"
        only["sodium"] = "base"
        only["libxml/"] = "base model probes release cmd"
        # The model computes; it neither reads, nor waits, nor asks for the time.
        only["pthread.h"] = only["poll.h"] = only["unistd.h"] = only["fcntl.h"] = only["sys/"] = "base config probes release engine ui lab cmd main"

        n = split("strcpy strcat strncat strncpy sprintf vsprintf gets stpcpy", names, " ")
        while (n) banned[names[n--]] = "use snprintf, buf_*() or mem_format()"
        banned["strtok"] = "use strsep, strchr or strcspn"
        n = split("atoi atol atoll atof", names, " ")
        while (n) banned[names[n--]] = "use strtoll or strtod and check where it stopped"
        banned["system"] = banned["popen"] = "start a child by argv, never a shell"
        banned["alloca"] = "use the heap with a cap, or a fixed array"
        banned["rand"] = banned["srand"] = "use base/random or a seed of your own"
        banned["signal"] = "use sigaction"
        n = split("localtime gmtime ctime asctime strerror_l", names, " ")
        while (n) banned[names[n--]] = "use the _r variant, or when.h"
        banned["assert"] = "return an error; a condition that cannot be false is no condition"
        n = split("malloc calloc realloc reallocarray strdup strndup asprintf vasprintf", names, " ")
        while (n) heap[names[n--]] = 1
        n = split("time clock_gettime gettimeofday ftime", names, " ")
        while (n) now[names[n--]] = 1
        n = split("sleep usleep nanosleep", names, " ")
        while (n) naps[names[n--]] = 1
    }
    function bad(rule, what, todo) { say(FILENAME, FNR, rule, what, todo) }
    function say(file, line, rule, what, todo) {
        if (file == excused[rule]) return
        if (index(raw, "lint: allow " rule ",") || index(before, "lint: allow " rule ",")) return
        printf "%s:%d: %s: %s: %s\n", file, line, rule, what, todo
    }
    function word(list, one) { return index(" " list " ", " " one " ") }
    function room(path) {
        if (path ~ /^tests\//) return "tests"
        if (path == "src/main.c") return "main"
        if (path ~ /^src\/[a-z]+\//) { split(path, part, "/"); return part[2] }
        if (path ~ /^(config|probes|ui)\//) { split(path, part, "/"); return part[1] }
        return ""
    }
    function include(line,    to, file) {
        if (line ~ /^[ \t]*#[ \t]*include[ \t]*</) {
            file = line; sub(/^[^<]*</, "", file); sub(/>.*/, "", file)
            if (first_include == "") first_include = "<" file ">"
            if (here != "tests")
                for (to in only)
                    if (index(file, to) == 1 && !word(only[to], here))
                        bad("library", "<" file "> in " here, "it belongs in " only[to])
            return
        }
        file = line; sub(/^[^"]*"/, "", file); sub(/".*/, "", file)
        if (first_include == "") first_include = file
        to = room(file)
        if (to == "" || file ~ /(^|\/)\.\.?\//) {
            bad("include-path", "\"" file "\" is not a path from the root", "write \"src/…\", \"probes/…\", \"ui/…\" or \"config/…\"")
            return
        }
        if (!word(may[here], to)) bad("direction", here " includes " to " (" file ")", here " may see only: " may[here])
        edge[FILENAME, ++edges[FILENAME]] = file
        edge_line[FILENAME, edges[FILENAME]] = FNR
    }
    # The code of a line: no comments, no contents of strings.
    function code(line,    out, at) {
        gsub(/\\\\/, "", line); gsub(/\\"/, "", line); gsub(/\047(\\.|[^\\\047])\047/, "0", line)
        out = ""
        while (line != "") {
            if (comment) {
                at = index(line, "*/")
                if (!at) return out
                line = substr(line, at + 2); comment = 0
                continue
            }
            if (!match(line, /"|\/\*|\/\//)) return out line
            out = out substr(line, 1, RSTART - 1)
            at = substr(line, RSTART, RLENGTH)
            line = substr(line, RSTART + RLENGTH)
            if (at == "//") return out
            if (at == "/*") { comment = 1; continue }
            at = index(line, "\"")
            if (!at) return out "\"\""
            out = out "\"\""; line = substr(line, at + 1)
        }
        return out
    }
    function calls(text,    rest, name) {
        rest = text
        while (match(rest, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
            name = substr(rest, RSTART, RLENGTH); sub(/[ \t]*\($/, "", name)
            at = RSTART > 1 ? substr(rest, RSTART - 1, 1) : ""
            rest = substr(rest, RSTART + RLENGTH)
            if (at == "." || at == ">") continue # a member that happens to have the name
            if (name in banned && !(here == "tests" && name == "assert") && !(name == "signal" && rest ~ /^SIG[A-Z0-9]+, SIG_(IGN|DFL)\)/)) bad("banned", name "()", banned[name])
            if (name in heap && here != "tests" && FILENAME != "src/base/mem.c") bad("heap", name "()", "use mem_*(): it checks, and never returns NULL")
            if (name in now && here != "tests" && FILENAME != "src/base/clock.c") bad("clock", name "()", "take the time from clock.h, or as a parameter")
            if (name in naps) bad("sleep", name "()", "wait for a condition with a deadline")
            if (name == "exit" && here != "tests" && FILENAME !~ /^src\/(main|base\/mem)\.c$/) bad("exit", "exit()", "return an error: only main and out-of-memory end the program")
            if (name ~ /^(pthread_(mutex|cond|rwlock|spin)_|mtx_|cnd_|sem_)/ && FILENAME != "src/base/queue.c" && here != "tests") bad("mutex", name "()", "threads share queues, the mailbox and atomics only")
        }
    }
    # Variables outside functions, and static ones inside, that are not const.
    function globals(text, line,    name, decl) {
        decl = text
        if (here == "tests" || FILENAME ~ /\.h$/) return
        sub(/[ \t]+$/, "", decl)
        gsub(/_Alignas\([^)]*\)/, "", decl)
        if (!depth && decl ~ /^(static )?(struct|union)[ a-z_0-9]* \{$/) opened_at = line # of a variable, or of a type
        if (!depth && decl ~ /^static const /) opened_at = 0
        if (depth == 1 && decl ~ /^\}[ *]*[a-z_]/ && opened_at) {
            say(FILENAME, opened_at, "global", "a variable that outlives its function", "put it into the context of its thread, or make it const")
            opened_at = 0
        }
        if (decl !~ /^static / && decl !~ /^[ \t]+static / && (depth || decl !~ /^[A-Za-z_]/)) return
        if (decl ~ /^[ \t]*(typedef|extern|return|goto|case|else|struct [a-z_0-9]+ *\{|enum|union [a-z_0-9]+ *\{|#)/ || decl ~ /^[A-Za-z_0-9]+:/ || decl ~ /^ *struct [a-z_0-9]+;/) return
        if (decl !~ /[=;]/) return
        sub(/[ \t]*=.*/, "", decl); sub(/;.*/, "", decl)
        if (decl ~ /\)/ && decl !~ /\(\*/) return # a function
        if (decl ~ /\(\*[ ]*const/) return
        if (decl ~ /sig_atomic_t/) return
        gsub(/\[[^]]*\]/, "", decl)
        if (decl ~ /\*/) { name = decl; sub(/.*\*/, "", name); if (name ~ /^[ ]*const /) return }
        else if (decl ~ /(^|[ \t])const[ \t]/ || decl !~ /[A-Za-z_0-9][ \t]+[A-Za-z_]/) return
        say(FILENAME, line, "global", "a variable that outlives its function", "put it into the context of its thread, or make it const")
    }
    function closing() {
        if (file == "") return
        if (file ~ /\.h$/ && file !~ /^tests\// && !guarded) printf "%s:1: guard: no include guard %s: add #ifndef and #define\n", file, guard
        if (lines > 700) printf "gonogo lint: note: %s has %d lines: does it hold two rooms?\n", file, lines | "cat >&2"
        if (file ~ /\.c$/ && (own = file) && sub(/\.c$/, ".h", own) && (own in header) && first_include != own)
            printf "%s:1: own-header: the first include is %s: include \"%s\" first\n", file, first_include, own
    }
    FNR == 1 {
        closing()
        file = FILENAME; here = room(file); comment = 0; depth = 0; first_include = ""; guarded = 0; raw = before = ""
        guard = toupper(file); sub(/^SRC\//, "", guard); gsub(/[^A-Z0-9]/, "_", guard); guard = "GONOGO_" guard
        if (file ~ /\.h$/ && $0 !~ /^\/\*/) bad("header-comment", "the header does not begin with a comment", "say what it is for, in two or three lines")
    }
    {
        before = raw; raw = $0; lines = FNR
        if (match($0, /lint: allow [a-z-]+ in this file, ./)) {
            split(substr($0, RSTART), part, " ")
            excused[part[3]] = FILENAME
        }
        if ($0 ~ /(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)/) bad("unfinished", "a word for unfinished work", "finish it")
        if (!comment && $0 ~ /^[ \t]*#[ \t]*include[ \t]*[<"]/) { include($0); next }
        if ($0 ~ "^#ifndef " guard "$") guarded = 1
        text = code($0)
        if (text ~ /^[ \t]*$/) next
        if (text ~ /^[ \t]*#/) { calls(text ~ /define/ ? substr(text, index(text, "define") + 6) : ""); next }
        if (text ~ /^typedef struct/) bad("typedef", "a typedef of a struct", "say struct NAME where it is used")
        globals(text, FNR)
        calls(text)
        opened = gsub(/\{/, "{", text); closed = gsub(/\}/, "}", text)
        depth += opened - closed
    }
    # Circles: walk the includes from every file; a path that meets itself is one.
    function walk(at, path,    i, next_file) {
        if (done[at]) return
        if (index(path, "|" at "|")) {
            sub(/.*/, path, loop)
            loop = substr(path, index(path, "|" at "|") + 1)
            gsub(/\|/, " → ", loop)
            printf "%s:1: circle: %s%s: break it: move what both need into a third header\n", at, loop, at
            done[at] = 1
            return
        }
        for (i = 1; i <= edges[at]; i++) walk(edge[at, i], path at "|")
        done[at] = 1
    }
    END {
        closing()
        for (key in edge) {
            split(key, part, SUBSEP)
            if (!(edge[key] in seen) && (getline line < edge[key]) < 0)
                printf "%s:%d: include-path: there is no %s: correct the path\n", part[1], edge_line[key], edge[key]
            else close(edge[key])
            seen[edge[key]] = 1
        }
        for (at in edges) walk(at, "|")
    }
    ' "$@"
}

lint_tree() {
    list=$(files)
    printf '%s\n' "$list" | awk -F/ '
        NF == 1 && $1 !~ /^(Makefile|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE|\.clang-format|\.clang-tidy|\.editorconfig|\.gitignore|\.gitattributes)$/ ||
        NF > 1 && $1 !~ /^(src|ui|probes|config|tests|assets|\.ci)$/ {
            printf "%s:1: top-level: the top level holds only what design says: move it\n", $0
        }'
    # File names have no blanks here: a name with one would be found as missing.
    # shellcheck disable=SC2046
    lint_text $(printf '%s\n' "$list" | grep -E '\.(c|h|sh|md|y?aml|json|1|supp|dict)$|(^|/)Makefile$|^\.ci/|^\.clang|^\.editorconfig$|^\.gitignore$' | prose)
    # shellcheck disable=SC2046
    lint_c $(printf '%s\n' "$list" | grep -E '\.[ch]$')
}

# ---- the self-test -----------------------------------------------------------------------------

plant() { # FILE: its text on stdin; lines that end in `//! RULE` must be found, under that rule
    mkdir -p "$(dirname "$1")"
    cat >"$1"
    grep -n '//! ' "$1" | sed -E "s,^([0-9]+):.*//! ([a-z-]+).*,$1:\1: \2," >>expected
}

self_test() {
    root=$(cd "$(dirname "$0")/.." && pwd)
    here=$root/tests/lint.sh
    tree=$(mktemp -d "${TMPDIR:-/tmp}/gonogo-lint.XXXXXX") || exit 4
    trap 'rm -rf "$tree"' EXIT
    cd "$tree" || exit 4
    : >expected
    plant src/base/good.h <<'C'
/* A header as it should be. */
#ifndef GONOGO_BASE_GOOD_H
#define GONOGO_BASE_GOOD_H
/* strcpy(a, b) and TAL in a comment are no code */
struct good;
int good_time(struct good *good);
#endif
C
    plant src/base/good.c <<'C'
#include "src/base/good.h"

#include <string.h>

struct good {
    int (*time)(void);
};
static const char *const names[] = {"strcpy(", "system(", "time("};
static volatile sig_atomic_t stopped;
struct plain {
    int a;
};
static int twice(int n);
const int good_answer = 42;
static const struct {
    int a;
} table[] = {{1}, {2}};

static int twice(int n) {
    static const int two = 2;
    return two * n; /* malloc( */
}

int good_time(struct good *good) {
    return good->time() + twice((int)strlen(names[0])) + stopped + table[0].a;
}
C
    plant src/base/bad.c <<'C'
#include <string.h>
#include "src/model/thing.h" //! direction
#include "../base/good.h" //! include-path
#include "src/base/absent.h" //! include-path
static int counter; //! global
static const char *name = "x"; //! global
char buffer[10]; //! global
static struct { //! global
    int a;
} state;
static _Alignas(16) char stack[9]; //! global
typedef struct bad { int a; } bad_t; //! typedef
int bad(char *a, const char *b) {
    static int calls; //! global
    strcpy(a, b); //! banned
    if (a) system (b); //! banned
    char *c = strdup(b); //! heap
    long t = time(NULL); //! clock
    pthread_mutex_lock(&m); //! mutex
    sleep(1); //! sleep
    assert(a); //! banned
    exit(1); //! exit
    /* TODO */ //! unfinished
    atoi("strcpy(") + (int)strtoul(b, 0, 10); //! banned
    signal(SIGINT, f); signal(SIGPIPE, SIG_IGN); //! banned
    gets(a); /* lint: allow banned, this line shows how */
    return calls + counter;
C
    printf "%s \n" "}" >>src/base/bad.c
    echo "src/base/bad.c:28: blank" >>expected
    plant src/model/thing.h <<'C'
#ifndef MODEL_THING_H //! header-comment
#endif
C
    echo 'src/model/thing.h:1: guard' >>expected
    plant src/model/thing.c <<'C'
#include <pthread.h> //! library
#include "src/base/good.h"
#include "ui/view.h" //! direction
C
    echo 'src/model/thing.c:1: own-header' >>expected
    plant ui/view.h <<'C'
/* One half of a circle. */
#ifndef GONOGO_UI_VIEW_H
#define GONOGO_UI_VIEW_H
#include "probes/look.h" //! direction
#include "ui/draw.h"
#endif
C
    plant ui/draw.h <<'C'
/* The other half. */
#ifndef GONOGO_UI_DRAW_H
#define GONOGO_UI_DRAW_H
#include "ui/view.h"
#endif
C
    echo 'ui/view.h:1: circle|ui/draw.h:1: circle' >>expected
    plant probes/look.h <<'C'
/* It draws, which is not its business. */
#ifndef GONOGO_PROBES_LOOK_H
#define GONOGO_PROBES_LOOK_H
#include <curses.h> //! library
#endif
C
    plant tests/unit/test_look.c <<'C'
#include "probes/look.h"
#include <assert.h>
int main(void) {
    assert(1);
    usleep(10); //! sleep
}
C
    mkdir -p docs config
    echo x >docs/plan.md
    printf 'a:\tb\r\nc: /%s/somebody/x\n' home >config/x.yaml
    printf 'end' >README.md
    printf 'x\342\200\256y\n' >CHANGELOG.md
    cat >>expected <<'E'
docs/plan.md:1: top-level
config/x.yaml:1: tab
config/x.yaml:1: line-end
config/x.yaml:2: machine
README.md:0: final-newline
CHANGELOG.md:1: bidi
E
    mv expected ../"${tree##*/}.expected"
    sh "$here" . 2>/dev/null | sed -E 's/^([^:]+:[0-9]+: [a-z-]+):.*/\1/' | sort >"$tree.found"
    # A circle is found from one of its ends; the others may each name one.
    sed -E 's/^(ui\/(view|draw).h:1: circle).*/a circle/' "$tree.found" | sort >"$tree.a"
    sed -E 's/^(ui\/(view|draw).h:1: circle).*/a circle/' "$tree.expected" | sort >"$tree.b"
    diff "$tree.b" "$tree.a" >"$tree.diff"
    code=$?
    [ $code -eq 0 ] || {
        echo "tests/lint.sh: self-test: planted (<) and found (>) differ:" >&2
        cat "$tree.diff" >&2
    }
    rm -f "$tree".*
    tools_test || code=1
    return $code
}

# The tools that `make lint` runs, with this tree's settings: each must find what is planted for it.
tools_test() {
    # shellcheck disable=SC2016 # it is the plant that expands
    printf '#!/bin/sh\nrm -rf $1/*\n' >plant.sh
    cat >plant.c <<'C'
#include <stdlib.h>
int plant(int n);
int plant(int n) {
  char *text = malloc(4);
    if (n) { int n = 2; text[n] = 0; }
    int lost[2];
    return text[0] == 1 || text[0] == 1 ? lost[n > 0] : lost[4];
}
C
    failures=0
    must_fail() {
        if "$@" >/dev/null 2>&1; then
            echo "tests/lint.sh: self-test: $1 finds nothing in a file made for it" >&2
            failures=1
        fi
    }
    must_fail cc -std=c11 -Wshadow -Werror -fsyntax-only plant.c
    must_fail clang -std=c11 -Wshadow -Werror -fsyntax-only plant.c
    must_fail clang-format --style="file:$root/.clang-format" --dry-run -Werror plant.c
    must_fail clang-tidy --quiet --config-file="$root/.clang-tidy" plant.c -- -std=c11
    must_fail cppcheck --quiet --enable=warning,performance,portability --error-exitcode=1 plant.c
    must_fail shellcheck plant.sh
    return $failures
}

if [ "${1:-}" = --self-test ]; then
    self_test
    exit
fi
cd "${1:-.}" || exit 2
found=$(lint_tree)
[ -z "$found" ] && exit 0
printf '%s\n' "$found" | sort -u | sort -s -t: -k1,1 -k2,2n
exit 1
