# gonogo: `make demo` to see it, `make test` to prove it, `make help` for the rest.

NAME     := gonogo
VERSION  := 0.1.0
PREFIX   ?= /usr/local
DESTDIR  ?=
ARGS     ?=

CC       ?= cc
CLANG    ?= clang
PKG_CONFIG ?= pkg-config
OS       := $(shell uname -s)
JOBS     ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# VARIANT: release (default), asan, tsan, fuzz. Each has a folder of its own under build/.
VARIANT  ?= release
ifeq ($(VARIANT),release)
OUT      := build
OPT      := -O2 -g
else ifeq ($(VARIANT),asan)
OUT      := build/asan
OPT      := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else ifeq ($(VARIANT),tsan)
OUT      := build/tsan
OPT      := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
else ifeq ($(VARIANT),fuzz)
OUT      := build/fuzz
OPT      := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CC       := $(CLANG)
else
$(error VARIANT is release, asan, tsan or fuzz, not "$(VARIANT)")
endif

# Alpine's gcc comes without the sanitizers' libraries, its clang with them.
ifneq ($(wildcard /etc/alpine-release),)
ifneq ($(VARIANT),release)
CC       := $(CLANG)
endif
endif

# Homebrew keeps these out of the system's way; pkg-config has to be told.
ifeq ($(OS),Darwin)
BREW     := $(shell brew --prefix 2>/dev/null)
export PKG_CONFIG_PATH := $(BREW)/opt/ncurses/lib/pkgconfig:$(BREW)/opt/curl/lib/pkgconfig:$(BREW)/opt/libxml2/lib/pkgconfig:$(BREW)/opt/sqlite/lib/pkgconfig:$(BREW)/opt/openssl@3/lib/pkgconfig:$(PKG_CONFIG_PATH)
export PATH := $(BREW)/opt/llvm/bin:$(PATH)
LATE     := -DLATE_FOLDERS='"$(BREW)/opt/curl/lib","$(BREW)/lib",'
else
LIBUTIL  := -lutil
LIBDL    := -ldl
# What GnuTLS asks this program when libcurl brings it: src/base/late_curl.c.
EXPORT   := -Wl,--export-dynamic-symbol=_gnutls_global_init_skip
endif

PACKAGES := ncursesw panelw jansson libxml-2.0 libcyaml yaml-0.1 sqlite3 libssl libcrypto libsodium zlib libpcre2-8
# Compiled against, but loaded only when they are needed: src/base/late.h.
LATE_PACKAGES := libcurl libmicrohttpd
TEST_PACKAGES := cmocka vterm libmicrohttpd
WARNINGS := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
CPPFLAGS += -I. -D_GNU_SOURCE -D_DARWIN_C_SOURCE -DGONOGO_VERSION='"$(VERSION)"' $(LATE)

# pkg-config is asked only by rules that compile: `make deps` must work before it exists.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(call packages,--cflags,$(PACKAGES) $(LATE_PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(call packages,--libs,$(PACKAGES)))$(PKG_LIBS)
TEST_LIBS  = $(eval TEST_LIBS := $$(call packages,--libs,$(TEST_PACKAGES)))$(TEST_LIBS)
packages   = $(shell $(PKG_CONFIG) $1 $2 || echo 'gonogo: a library is missing: run "make deps"' >&2)
COMPILE    = $(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(WARNINGS) $(OPT) $(CFLAGS) -pthread -MMD -MP
LINK       = $(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -pthread

LIB_SRC  := $(filter-out src/main.c,$(wildcard src/*/*.c src/*/*/*.c src/*.c probes/*.c ui/*.c config/*.c))
LIB      := $(OUT)/libgonogo.a
BIN      := $(OUT)/$(NAME)

# The program with failpoints that kill it: the same objects but for one (src/base/failpoint.h).
FAILING  := $(OUT)/$(NAME)-failpoints

# tests/KIND/test_X.c becomes one cmocka program, tests/KIND/test_X.sh is one script;
# every other .c in these folders helps all of them. tests/bench/X.c is a program as well.
HELP_SRC := $(filter-out $(wildcard tests/*/test_*.c),$(wildcard tests/unit/*.c tests/screens/*.c tests/e2e/*.c tests/support/*.c))
HELP     := $(OUT)/libtests.a
programs = $(patsubst tests/$1/%.c,$(OUT)/$1/%,$(wildcard tests/$1/$2_*.c))
UNIT_BIN := $(call programs,unit,test)
SCREEN_BIN := $(call programs,screens,test)
E2E_BIN  := $(call programs,e2e,test)
BENCH_BIN := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/bench/*.c))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
TEST_BIN := $(UNIT_BIN) $(SCREEN_BIN) $(E2E_BIN)

C_FILES  := $(LIB_SRC) src/main.c $(wildcard tests/*/*.c)
C_ALL    := $(C_FILES) $(wildcard src/*/*.h src/*/*/*.h probes/*.h ui/*.h config/*.h tests/*/*.h)
SCRIPTS  := assets/deps.sh assets/man.sh .ci/run $(wildcard tests/*.sh tests/*/*.sh)
SAMPLES  := $(wildcard config/samples/*.yaml)

# `make V=1` shows the commands.
V ?=
Q := $(if $(V),,@)
say = $(if $(V)$(QUIET),,@printf "  %-5s %s\n" "$1" "$2")

# A sub-make sees what `deps` has just installed. Within `make -jN` it shares N, else it takes all.
SUB = --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

.PHONY: all help demo deps deps-test deps-bench test tsan-test unit screens e2e fuzz fuzz-smoke \
	asan tsan programs bench-core bench-net lint lint-house lint-format lint-gcc lint-clang \
	lint-tidy lint-cppcheck lint-shell lint-man format install uninstall clean
.DELETE_ON_ERROR:

all: $(BIN) ## build/gonogo (release)
	@:

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo '  Variables: PREFIX=$(PREFIX) DESTDIR= CC=$(CC) CFLAGS= JOBS=$(JOBS) VARIANT=release|asan|tsan|fuzz T=part-of-a-test-name'

demo: deps ## the lab and the dashboard on it; ARGS="--headless" and the like are passed on
	@$(MAKE) $(SUB) all && exec $(BIN) demo $(ARGS)

deps: ## install what building needs and is missing
	@sh assets/deps.sh run

deps-test:
	@sh assets/deps.sh run test

deps-bench:
	@sh assets/deps.sh run bench

# ---- building ----------------------------------------------------------------------------------

# In one step: what runs meanwhile (a test, a demo) starts the old program or the new one, never half of it.
$(BIN): $(OUT)/obj/src/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(EXPORT) -o $@.new $^ $(PKG_LIBS) $(LIBDL) -lm && mv $@.new $@

$(FAILING): $(OUT)/obj/src/main.o $(OUT)/obj/tests/failpoint/failpoint.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(PKG_LIBS) $(LIBDL) -lm

$(LIB): $(LIB_SRC:%.c=$(OUT)/obj/%.o) $(OUT)/obj/gen/embedded.o
$(HELP): $(HELP_SRC:%.c=$(OUT)/obj/%.o)
$(LIB) $(HELP):
	@rm -f $@
	@$(AR) rcs $@ $^

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) -c -o $@ $<

# The samples as part of the program: the lab starts from one (src/lab/embedded.h).
$(OUT)/gen/embedded.c: $(SAMPLES) Makefile
	@mkdir -p $(@D)
	$(call say,EMBED,$@)
	@{ echo '#include "src/lab/embedded.h"'; i=0; \
	for f in $(SAMPLES); do \
		echo "static const unsigned char file_$$i[] = {"; \
		od -An -v -tu1 "$$f" | sed 's/[0-9][0-9]*/&,/g'; \
		echo '0};'; i=$$((i + 1)); \
	done; \
	echo 'const struct embedded embedded_samples[] = {'; i=0; \
	for f in $(SAMPLES); do \
		echo "{\"$${f##*/}\", (const char *)file_$$i, sizeof file_$$i - 1},"; i=$$((i + 1)); \
	done; \
	echo '{0, 0, 0}};'; } >$@

$(OUT)/obj/gen/embedded.o: $(OUT)/gen/embedded.c
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -c -o $@ $<

$(TEST_BIN) $(BENCH_BIN): $(OUT)/%: $(OUT)/obj/tests/%.o $(HELP) $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(EXPORT) -o $@ $^ $(PKG_LIBS) $(TEST_LIBS) $(LIBUTIL) $(LIBDL) -lm

ifeq ($(VARIANT),fuzz)
$(FUZZ_BIN): build/fuzz/%: build/fuzz/obj/tests/fuzz/%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) $(LIBDL) -lm
endif

.SECONDARY:

asan: ## the same with AddressSanitizer and UBSan, in build/asan
	@$(MAKE) $(SUB) VARIANT=asan all
tsan: ## the same with ThreadSanitizer, in build/tsan
	@$(MAKE) $(SUB) VARIANT=tsan all

# ---- testing -----------------------------------------------------------------------------------

programs: $(BIN) $(TEST_BIN) $(FAILING)

test: deps-test ## everything under ASan+UBSan, and 20 s of fuzzing; ends with "N passed, N failed"
	@{ $(MAKE) $(SUB) VARIANT=asan programs && $(MAKE) $(SUB) fuzz; } || { echo '0 passed, 1 failed'; exit 1; }
	@sh tests/run.sh asan unit screens e2e fuzz

tsan-test: deps-test ## units, screens and e2e under ThreadSanitizer
	@$(MAKE) $(SUB) VARIANT=tsan programs || { echo '0 passed, 1 failed'; exit 1; }
	@sh tests/run.sh tsan unit screens e2e

unit: $(BIN) $(UNIT_BIN) ## the units alone (VARIANT=asan|tsan, T=name)
	@sh tests/run.sh $(VARIANT) unit
screens: $(BIN) $(SCREEN_BIN) ## the screens alone
	@sh tests/run.sh $(VARIANT) screens
e2e: $(BIN) $(E2E_BIN) $(FAILING) ## the end-to-end tests alone
	@sh tests/run.sh $(VARIANT) e2e

ifeq ($(VARIANT),fuzz)
fuzz: $(FUZZ_BIN)
else
fuzz: ## the fuzz targets, in build/fuzz (run one: build/fuzz/fuzz_feed CORPUS)
	@$(MAKE) $(SUB) VARIANT=fuzz fuzz
endif
fuzz-smoke: fuzz ## 20 seconds over all fuzz targets
	@sh tests/run.sh fuzz fuzz

# ---- benchmarks --------------------------------------------------------------------------------

bench-core: deps-bench ## start-up, keys, rest, feeds, network beside htop, btop, xmllint, wrk
	@$(MAKE) $(SUB) all bench-programs
	@sh tests/bench/core.sh

bench-net: deps-bench ## the net worker beside wrk
	@$(MAKE) $(SUB) all bench-programs
	@sh tests/bench/core.sh net

bench-promote: all ## a promote of 276 MB beside cp and openssl dgst
	@bash tests/bench/promote.sh

bench-feed: deps-bench ## feed lint and offer beside xmllint, lint --deep beside curl and openssl
	@$(MAKE) $(SUB) all bench-programs
	@bash tests/bench/feed.sh

bench-run: ## from an intent to its record and to the first process, with fsync and without
	@$(MAKE) $(SUB) all bench-programs
	@build/bench/bench_run

bench-logs: deps-bench ## slo on a generated log beside rg, grep, Python and mtail; its memory; live logs
	@$(MAKE) $(SUB) all bench-programs
	@bash tests/bench/logs.sh

bench-ledger: ## an entry of the ledger: appended, on disk, signed, verified
	@$(MAKE) $(SUB) build/bench/bench_ledger
	@build/bench/bench_ledger

.PHONY: bench-ledger bench-programs bench-promote bench-feed bench-logs bench-run
bench-programs: $(BENCH_BIN)

# ---- lint --------------------------------------------------------------------------------------

lint: deps-test ## house rules, format, gcc and clang warnings, clang-tidy, cppcheck, shellcheck, man page
	@$(MAKE) $(SUB) -s -k lint-house lint-format lint-shell lint-man lint-gcc lint-clang lint-tidy lint-cppcheck

lint-house:
	@sh tests/lint.sh
	@sh tests/lint.sh --self-test

lint-format:
	@clang-format --dry-run -Werror $(C_ALL)

lint-gcc:
	@$(MAKE) --no-print-directory -s OUT=build/lint CFLAGS=-Werror QUIET=1 build/lint/$(NAME)

lint-clang: $(C_FILES:%.c=build/lint/clang/%.ok)
lint-tidy: $(C_FILES:%.c=build/lint/tidy/%.ok)

# How far the analyzer follows the paths through one function: a third of clang's own limit takes a
# quarter of the time. `make lint TIDY_NODES=225000` after `make clean` goes all the way.
TIDY_NODES ?= 75000

# Both look again when a file or anything that it includes has changed: the dependencies come from
# the compiler, in build/lint/clang/*.d. An empty answer is the only good one.
build/lint/clang/%.ok: %.c
	@mkdir -p $(@D)
	@$(CLANG) $(CPPFLAGS) $(PKG_CFLAGS) $(WARNINGS) -Werror -fsyntax-only -MMD -MP -MT $@ -MF $(@:.ok=.d) $<
	@touch $@

build/lint/tidy/%.ok: build/lint/clang/%.ok .clang-tidy tests/.clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet --warnings-as-errors='*' $*.c -- $(CPPFLAGS) $(PKG_CFLAGS) -std=c11 -pthread \
		-Xclang -analyzer-config -Xclang max-nodes=$(TIDY_NODES) >$@.log 2>&1 || { sed -n "s,^$(CURDIR)/,,; s,\(: error: .*\),\1: how it comes to this is in $@.log,p" $@.log; exit 1; }
	@touch $@

lint-cppcheck:
	@mkdir -p build/lint/cppcheck
	@cppcheck --quiet --std=c11 -j$(JOBS) --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 --cppcheck-build-dir=build/lint/cppcheck --template=gcc \
		--suppress=missingIncludeSystem --suppress=legacyUninitvar '--suppress=nullPointerRedundantCheck:tests/*' '--suppress=compareBoolExpressionWithInt:tests/*' --suppress=normalCheckLevelMaxBranches --suppress=unmatchedSuppression \
		-D_GNU_SOURCE -DGONOGO_VERSION='"$(VERSION)"' $(LATE) -I. $(C_FILES)

lint-shell:
	@shellcheck $(SCRIPTS)

lint-man: lint-gcc
	@sh assets/man.sh build/lint/$(NAME) assets/$(NAME).1 >build/lint/$(NAME).1
	@if command -v mandoc >/dev/null 2>&1; then mandoc -T lint -W warning build/lint/$(NAME).1; fi

format: ## clang-format over every C file
	clang-format -i $(C_ALL)

# ---- installing --------------------------------------------------------------------------------

DATA := $(DESTDIR)$(PREFIX)/share
build/$(NAME).1: assets/$(NAME).1 assets/man.sh $(BIN)
	$(call say,MAN,$@)
	@sh assets/man.sh $(BIN) assets/$(NAME).1 >$@

install: all build/$(NAME).1 ## into PREFIX: the program, its man page, the samples, licence and documents
	install -d $(DESTDIR)$(PREFIX)/bin $(DATA)/man/man1 $(DATA)/$(NAME)/samples $(DATA)/doc/$(NAME)
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/$(NAME)
	install -m 644 build/$(NAME).1 $(DATA)/man/man1/$(NAME).1
	$(if $(SAMPLES),install -m 644 $(SAMPLES) $(DATA)/$(NAME)/samples/)
	install -m 644 LICENSE CHANGELOG.md $(wildcard README.md) $(DATA)/doc/$(NAME)/

uninstall: ## takes away what install put there, and nothing else
	rm -f $(DESTDIR)$(PREFIX)/bin/$(NAME) $(DATA)/man/man1/$(NAME).1
	rm -f $(patsubst config/samples/%,$(DATA)/$(NAME)/samples/%,$(SAMPLES))
	rm -f $(DATA)/doc/$(NAME)/LICENSE $(DATA)/doc/$(NAME)/CHANGELOG.md $(DATA)/doc/$(NAME)/README.md
	-rmdir $(DATA)/$(NAME)/samples $(DATA)/$(NAME) $(DATA)/doc/$(NAME)

clean: ## removes build/
	rm -rf build

-include $(shell find $(OUT)/obj build/lint/clang -name '*.d' 2>/dev/null)
