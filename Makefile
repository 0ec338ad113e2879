# gonogo: `make demo` to see it, `make test` to prove it, `make help` for the rest.

NAME     := gonogo
VERSION  := 0.1.0
PREFIX   ?= /usr/local
DESTDIR  ?=

CC       ?= cc
PKG_CONFIG ?= pkg-config
# VARIANT: release (default), asan, tsan. Each has a folder of its own under build/.
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
else
$(error VARIANT is release, asan or tsan, not "$(VARIANT)")
endif

PACKAGES := ncursesw panelw libcurl jansson libxml-2.0 libcyaml yaml-0.1 sqlite3 libmicrohttpd libcrypto
WARNINGS := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
CPPFLAGS += -I. -D_GNU_SOURCE -D_DARWIN_C_SOURCE -DGONOGO_VERSION='"$(VERSION)"'

# pkg-config is asked only by rules that compile: `make deps` must work before it exists.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell $(PKG_CONFIG) --libs $(PACKAGES)))$(PKG_LIBS)
COMPILE    = $(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(WARNINGS) $(OPT) $(CFLAGS) -pthread -MMD -MP
LINK       = $(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -pthread

LIB_SRC  := $(filter-out src/main.c,$(wildcard src/*/*.c src/*/*/*.c src/*.c probes/*.c ui/*.c config/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(OUT)/obj/%.o)
LIB      := $(OUT)/libgonogo.a
BIN      := $(OUT)/$(NAME)

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/unit/%)

.PHONY: all unit clean
all: $(BIN)

$(BIN): $(OUT)/obj/src/main.o $(LIB)
	$(LINK) -o $@ $^ $(PKG_LIBS) -lm

$(LIB): $(LIB_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

$(OUT)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(COMPILE) -MF $@.d -o $@ $< $(LIB) $(LDFLAGS) $(PKG_LIBS) -lcmocka -lm

unit: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do echo "== $$t"; $$t || exit 1; done

clean:
	rm -rf build

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
