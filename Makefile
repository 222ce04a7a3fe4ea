# SPDX-License-Identifier: Apache-2.0
#
#   make             build/mod_acctauth.so, build/acctauth and, where there is
#                    libcurl, build/acctauth-smtp; no network, no root
#   make deps        install what is missing to build and run (system packages)
#   make run         demo server on 127.0.0.1:$(PORT), state in $(RUN_DIR)
#   make check       all tests that what is here allows; says what it skipped;
#                    no network, no root
#   make test        the same after installing what is missing
#   make walk        longer walks by hand: every call of a request made to
#                    fail, one after the other
#   make sanitize    unit tests and black-box tests under ASan and UBSan
#   make coverage    which lines and branches of src the tests run, by gcov
#   make fuzz        each fuzz target FUZZ_SECONDS=20 long, with libFuzzer
#   make stress      the identity cache under ThreadSanitizer and SIGKILL;
#                    the connections to a server under ThreadSanitizer
#   make portability builds and tests in other releases of Debian
#   make lint        clang -Werror, musl's headers, clang-tidy, cppcheck
#   make bench       measurements, beside what else there is
#   make bench-docs  writes what was measured last into docs/performance.md
#   make simulate    the identity cache's limits, by simulation
#   make scale       what the databases do, measured
#   make install     with DESTDIR= and APXS=, DOCDIR=, INSTALL=,
#                    INSTALL_PROGRAM= and INSTALL_DATA=; make install-strip strips what it installs
#   make uninstall   undoes it, unless httpd's configuration still speaks of it
#                    (FORCE=1: all the same)
#   make clean       remove build/
#
# BUILD=dir chooses the output folder, CC= the compiler, WERROR=1 makes
# warnings errors, V=1 shows the commands.

VERSION = 0.2.0

BUILD   ?= build
PORT    ?= 8000
CONF    ?=
RUN_DIR ?= run

# What is chosen here, for want of a word of the user's, the makes that this
# one calls choose by themselves: there may be an apxs by then, and what was
# built by the one choice would be stale by the other.
ifeq ($(origin APXS),undefined)
APXS := $(shell command -v apxs || command -v apxs2 || echo apxs)
CHOSEN += -u APXS
endif
PKG_CONFIG ?= pkg-config
INSTALL = install
INSTALL_PROGRAM = $(INSTALL)
INSTALL_DATA = $(INSTALL) -m 644

Q = $(if $(V),,@echo '  $(notdir $@)';)

# ---------------------------------------------------------------- httpd says

# All in one question, since to start apxs costs most of it. The answers stand
# in a row with ";;" between them, and each can be empty or have spaces: here
# each becomes one word that begins with "=".
APXS_ASKED = APR_CONFIG APU_CONFIG INCLUDEDIR LIBEXECDIR SYSCONFDIR SBINDIR \
             MANDIR DATADIR PROGNAME CC CFLAGS CPPFLAGS EXTRA_CPPFLAGS
empty :=
space := $(empty) $(empty)
APXS_SAID := $(subst ;;, =,=$(subst $(space),^,\
               $(shell $(APXS) -q $(APXS_ASKED) 2>/dev/null)))
# up_to WORD,LIST: the list up to that word.
up_to  = $(if $(2),$(firstword $(2)) $(if $(filter $(1),$(firstword $(2))),,\
           $(call up_to,$(1),$(wordlist 2,99,$(2)))))
apxs_q = $(strip $(subst ^, ,$(patsubst =%,%,$(word \
           $(words $(call up_to,$(1),$(APXS_ASKED))),$(APXS_SAID)))))

APR_CONFIG := $(call apxs_q,APR_CONFIG)
APU_CONFIG := $(call apxs_q,APU_CONFIG)
HTTPD_INC  := $(call apxs_q,INCLUDEDIR)
LIBEXECDIR := $(call apxs_q,LIBEXECDIR)
SYSCONFDIR := $(call apxs_q,SYSCONFDIR)
SBINDIR    := $(call apxs_q,SBINDIR)
MANDIR     := $(call apxs_q,MANDIR)
DATADIR    := $(call apxs_q,DATADIR)
PROGNAME   := $(call apxs_q,PROGNAME)

ACCT_DATADIR = $(DATADIR)/acctauth
DIALECT_DIR  = $(ACCT_DATADIR)/dialects
SQL_DIR      = $(ACCT_DATADIR)/sql
MAIL_DIR     = $(ACCT_DATADIR)/mail

ifeq ($(origin CC),default)
CC := $(or $(call apxs_q,CC),gcc)
CHOSEN += -u CC
endif
ANEW = $(if $(CHOSEN),env $(CHOSEN))

# What is built before it is run is built by all processors, unless make was
# told how many there shall be.
CPUS := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null \
          || echo 2)
AT_ONCE = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(CPUS))
BUILT = $(ANEW) $(MAKE) $(AT_ONCE) --no-print-directory --silent

# ------------------------------------------------------------------- flags

# Link-time optimisation and specs files of the distribution's own builds
# are left out: other compilers refuse them and sanitizers break with them.
APXS_CFLAGS := $(filter-out -flto% -ffat-lto-objects -specs=%,\
                 $(call apxs_q,CFLAGS))
CFLAGS      ?= $(or $(APXS_CFLAGS),-O2 -g)
# Asked once: a recursive variable would ask again at each compilation.
APXS_CPPFLAGS := $(call apxs_q,CPPFLAGS)
CPPFLAGS    ?= $(APXS_CPPFLAGS)
APXS_CPP    := $(call apxs_q,EXTRA_CPPFLAGS)
LDFLAGS     ?= -Wl,--as-needed -Wl,-z,relro -Wl,-z,now

PKGS      = jansson libssl libcrypto libargon2 libutf8proc libidn2
PKG_INC  := $(patsubst -I%,-isystem %,\
              $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null))
# crypt(3) is in a library of its own, or an empty one, and not everywhere has
# it a file for pkg-config.
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lcrypt

# Of the program that speaks SMTP alone, which is built where there is libcurl.
CURL_INC := $(patsubst -I%,-isystem %,\
              $(shell $(PKG_CONFIG) --cflags libcurl 2>/dev/null))
CURL_LIBS := $(shell $(PKG_CONFIG) --libs libcurl 2>/dev/null)

# Foreign headers come in with -isystem: their warnings are not ours.
isystem   = $(patsubst -I%,-isystem %,$(filter-out -I/usr/include,$(1)))
# Without apxs there is none of them to ask; `have` says so.
ask       = $(if $(1),$(shell $(1) $(2) 2>/dev/null))
APR_INC  := $(call isystem,$(sort \
              $(call ask,$(APR_CONFIG),--includes) \
              $(filter -I%,$(call ask,$(APU_CONFIG),--includes))))
APR_LIBS := $(call ask,$(APU_CONFIG),--link-ld --libs) \
            $(call ask,$(APR_CONFIG),--link-ld --libs)
comma := ,
# An APR outside the system's library path must be found again at run time.
APR_RPATH := $(patsubst -L%,-Wl$(comma)-rpath$(comma)%,$(sort \
               $(filter-out -L/usr/lib% -L/lib%,$(filter -L%,$(APR_LIBS)))))

WARN   = -Wall -Wextra -Wshadow -Werror=implicit-function-declaration
ERR    = $(if $(WERROR),-Werror)
ifneq ($(SANITIZE),)
SAN    = -fsanitize=address,undefined -fno-sanitize-recover=all
override CPPFLAGS := $(filter-out -D_FORTIFY_SOURCE%,$(CPPFLAGS))
override CFLAGS   := $(filter-out -O%,$(CFLAGS)) -O1 \
                     -fno-omit-frame-pointer
endif

# What counts lines and branches. Threads count at once, and what the
# compiler would make one branch of two is left as it is written.
ifneq ($(COVERAGE),)
SAN      = --coverage -fprofile-update=atomic
COUNTED  = $(OBJ)/t/coverage/end.o
override CPPFLAGS := $(filter-out -D_FORTIFY_SOURCE%,$(CPPFLAGS))
override CFLAGS   := -g -O0
override LDFLAGS  += -Wl,--wrap=_exit,--wrap=abort
endif

# What libFuzzer looks for in objects, and in a program.
ifneq ($(FUZZ),)
SAN      = -fsanitize=fuzzer-no-link,address,undefined \
           -fno-sanitize-recover=all
FUZZ_SAN = -fsanitize=fuzzer,address,undefined
override CPPFLAGS := $(filter-out -D_FORTIFY_SOURCE%,$(CPPFLAGS))
override CFLAGS   := -g -O1 -fno-omit-frame-pointer
else
FUZZ_SAN = $(SAN)
endif

DEFS   = -DACCT_VERSION='"$(VERSION)"' \
         -DACCT_DIALECT_DIR='"$(DIALECT_DIR)"' \
         -DACCT_SQL_DIR='"$(SQL_DIR)"' \
         -DACCT_MAIL_DIR='"$(MAIL_DIR)"' \
         -DACCT_SMTP='"$(SBINDIR)/acctauth-smtp"' \
         -DACCT_HTTPD='"$(SBINDIR)/$(PROGNAME)"' \
         -DACCT_APACHECTL='"$(SBINDIR)/apachectl"'

# src/core sees no header of httpd, not even on the search path.
CORE_INC = -iquote src -iquote src/core $(APR_INC) $(PKG_INC)
CLI_INC  = -iquote src/cli $(CORE_INC)
GLUE_INC = -iquote . -iquote src/httpd -isystem $(HTTPD_INC) $(CORE_INC)
CC_ALL   = $(CFLAGS) -std=gnu11 -fPIC -fvisibility=hidden $(WARN) $(SAN) \
           $(APXS_CPP) $(CPPFLAGS) $(DEFS)

# What makes old objects stale. WERROR is not in it: it changes no object.
export FLAGS_NOW = $(CC) $(CC_ALL) $(GLUE_INC) $(LDFLAGS) $(PKG_LIBS) \
                   $(APR_LIBS) $(APXS)

# ----------------------------------------------------------------- sources

CORE_SRC := $(wildcard src/core/*/*.c)
GLUE_SRC := $(wildcard mod_acctauth.c src/httpd/*/*.c)
CLI_SRC  := $(wildcard src/cli/*/*.c)
SMTP_SRC := $(wildcard src/smtp/*.c)
UNIT_SRC := $(wildcard t/unit/test_*.c)
HELP_SRC := $(filter-out $(UNIT_SRC),$(wildcard t/unit/*.c))
FUZZ_SRC := $(wildcard t/fuzz/fuzz_*.c)

OBJ      = $(BUILD)/obj
CORE_OBJ = $(CORE_SRC:%.c=$(OBJ)/%.o)
GLUE_OBJ = $(GLUE_SRC:%.c=$(OBJ)/%.o)
CLI_OBJ  = $(CLI_SRC:%.c=$(OBJ)/%.o)
SMTP_OBJ = $(SMTP_SRC:%.c=$(OBJ)/%.o)
HELP_OBJ = $(HELP_SRC:%.c=$(OBJ)/%.o)
UNIT_BIN = $(UNIT_SRC:t/unit/%.c=$(BUILD)/unit/%)
LIBCORE  = $(OBJ)/libacctcore.a
# A target with libFuzzer, or for make test with a main() that replays.
FUZZ_OBJ = $(OBJ)/t/fuzz/fuzz.o $(if $(FUZZ),,$(OBJ)/t/fuzz/replay.o)
FUZZ_BIN = $(FUZZ_SRC:t/fuzz/fuzz_%.c=$(BUILD)/fuzz/%)

export APXS CC PKG_CONFIG

.PHONY: all unit replay have deps run check test walk sanitize fuzz \
        coverage portability lint lint-deps lint-clang lint-musl lint-tidy \
        lint-cppcheck lint-measures install install-strip uninstall clean \
        FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/mod_acctauth.so $(BUILD)/acctauth $(BUILD)/layout \
     $(if $(CURL_LIBS),$(BUILD)/acctauth-smtp)

unit: $(UNIT_BIN)

replay: $(FUZZ_BIN)

# One clear line about a missing compiler, header or library, instead of a
# page of errors about it.
have:
	@scripts/install-deps --check build

$(BUILD)/.flags: FORCE | have
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS_NOW" | cmp -s - $@ \
	    || printf '%s\n' "$$FLAGS_NOW" > $@

# Where httpd is, for the scripts and the tests: they need no apxs.
$(BUILD)/layout: $(BUILD)/.flags
	@printf "%s='%s'\n" HTTPD '$(SBINDIR)/$(PROGNAME)' \
	    LIBEXECDIR '$(LIBEXECDIR)' VERSION '$(VERSION)' > $@

$(OBJ)/src/core/%.o: src/core/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -Wconversion $(ERR) $(CORE_INC) -MMD -MP -c -o $@ $<

$(OBJ)/src/cli/%.o: src/cli/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -Wconversion $(ERR) $(CLI_INC) -MMD -MP -c -o $@ $<

$(OBJ)/src/smtp/%.o: src/smtp/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -Wconversion $(ERR) $(CORE_INC) $(CURL_INC) -MMD \
	    -MP -c -o $@ $<

$(OBJ)/src/httpd/%.o: src/httpd/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -Wconversion $(ERR) $(GLUE_INC) -MMD -MP -c -o $@ $<

$(OBJ)/mod_acctauth.o: mod_acctauth.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -Wconversion $(ERR) $(GLUE_INC) -MMD -MP -c -o $@ $<

# cmocka's macros convert freely, so -Wconversion is left out here. What is
# tested is optimised; the tests are not, which halves the time that they take
# to compile, and this is most of what make test builds.
CC_UNIT = $(filter-out -O% -D_FORTIFY_SOURCE% \
            -Wp$(comma)-D_FORTIFY_SOURCE%,$(CC_ALL)) -O0
$(OBJ)/t/unit/%.o: t/unit/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_UNIT) $(ERR) -iquote t/unit -iquote src/httpd $(CORE_INC) \
	    -MMD -MP -c -o $@ $<

$(OBJ)/t/fuzz/%.o: t/fuzz/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -Wconversion $(ERR) -iquote t/fuzz $(CORE_INC) \
	    -MMD -MP -c -o $@ $<

$(OBJ)/t/coverage/%.o: t/coverage/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -Wconversion $(ERR) -MMD -MP -c -o $@ $<

# What has the text of files in it.
$(OBJ)/src/core/dialect/builtin.o: conf/dialects/base.json
$(OBJ)/src/cli/console/schema_text.o: $(wildcard sql/*.sql)

$(LIBCORE): $(CORE_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

# httpd brings APR along; linking a second copy into the module would be
# wrong where httpd has its own. So the linker must accept undefined symbols;
# nm looks for those that should have been ours.
$(BUILD)/mod_acctauth.so: $(GLUE_OBJ) $(CORE_OBJ) $(COUNTED)
	$(Q)$(CC) -shared $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
	@! nm -D --undefined-only $@ | grep ' acct_'

$(BUILD)/acctauth: $(CLI_OBJ) $(COUNTED) $(LIBCORE)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ \
	    $(PKG_LIBS) $(APR_LIBS) $(APR_RPATH)

$(BUILD)/acctauth-smtp: $(SMTP_OBJ) $(COUNTED) $(LIBCORE)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ \
	    $(CURL_LIBS) $(PKG_LIBS) $(APR_LIBS) $(APR_RPATH)

$(BUILD)/unit/%: $(OBJ)/t/unit/%.o $(HELP_OBJ) $(COUNTED) $(LIBCORE)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $(filter %.o,$^) \
	    $(LIBCORE) -lcmocka $(PKG_LIBS) $(APR_LIBS) $(APR_RPATH) -pthread \
	    -ldl

$(BUILD)/fuzz/%: $(OBJ)/t/fuzz/fuzz_%.o $(FUZZ_OBJ) $(COUNTED) $(LIBCORE)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(FUZZ_SAN) $(LDFLAGS) -o $@ $^ \
	    $(PKG_LIBS) $(APR_LIBS) $(APR_RPATH) -ldl

# What of src/httpd needs no header of httpd can be tested like the core, and
# what of the command is a function.
POOL_OBJ = $(addprefix $(OBJ)/src/httpd/connections/,pool.o list.o stock.o \
             queue.o breaker.o)
POOL_TESTS = $(addprefix $(BUILD)/unit/test_,pool pool_idle pool_server \
               pool_silent)
$(POOL_TESTS): $(POOL_OBJ)
$(BUILD)/unit/test_gate $(BUILD)/unit/test_gate_processes: \
    $(addprefix $(OBJ)/src/httpd/,connections/gate.o connections/gate_table.o \
    connections/gate_memory.o memory/segment.o)
$(BUILD)/unit/test_table: $(OBJ)/src/httpd/request/table.o
$(BUILD)/unit/test_folder: $(OBJ)/src/cli/files/folder.o
$(BUILD)/unit/test_watch: $(OBJ)/src/httpd/connections/watch.o
$(BUILD)/unit/test_shared_memory: $(OBJ)/src/httpd/memory/segment.o \
                                  $(OBJ)/src/httpd/memory/shared.o

# Counts the calls.
$(BUILD)/unit/test_password_normal: private override LDFLAGS += \
    -Wl,--wrap=acct_password_verify
$(POOL_TESTS): \
    private override LDFLAGS += -Wl,--wrap=acct_queue_join

-include $(patsubst %.o,%.d,$(CORE_OBJ) $(GLUE_OBJ) $(CLI_OBJ) $(SMTP_OBJ) \
           $(HELP_OBJ) \
           $(UNIT_SRC:%.c=$(OBJ)/%.o) $(FUZZ_OBJ) \
           $(FUZZ_SRC:%.c=$(OBJ)/%.o))

# -------------------------------------------------------------- run and test

deps:
	@scripts/install-deps run

run: export PORT := $(PORT)
run: export CONF := $(CONF)
run: export RUN_DIR := $(RUN_DIR)
run: export ACCT_BUILD := $(BUILD)
run:
	@scripts/install-deps run
	@$(BUILT) all
	@scripts/run

# Nothing is installed: a build daemon runs it as an ordinary user. What the
# tests find missing they skip and say.
check: all replay
	@! $(PKG_CONFIG) --exists cmocka 2>/dev/null \
	    || $(MAKE) --no-print-directory unit
	@scripts/test --check $(BUILD)

test:
	@scripts/install-deps test
	@$(BUILT) WERROR=1 all unit replay
	@scripts/test $(BUILD)

walk: export ACCT_WALK := 1
walk: export ACCT_BUILD := $(BUILD)
walk:
	@scripts/install-deps test
	@$(BUILT) all
	@prove -v t/fault-sweep.t
	@ACCT_DRIVER=pgsql prove -v t/fault-sweep.t
	@prove -v t/pages.t t/front-ends.t

sanitize:
	@scripts/install-deps sanitize
	@$(BUILT) BUILD=build/asan SANITIZE=1 CC=gcc all unit replay
	@scripts/test --sanitize build/asan

# COVERAGE_FILES="src/core/form" lists what of these was not run.
coverage:
	@scripts/install-deps coverage
	@$(BUILT) BUILD=build/coverage COVERAGE=1 CC=gcc all unit replay
	@scripts/coverage build/coverage

# FUZZ_SECONDS=20 each, FUZZ_RUNS=1000000 instead, FUZZ_TARGETS="json phc".
fuzz:
	@scripts/install-deps fuzz
	@$(BUILT) BUILD=build/fuzzing FUZZ=1 CC="$${FUZZ_CC:-clang}" WERROR=1 \
	    replay
	@scripts/fuzz build/fuzzing

# By hand, as root: SUITES="bullseye trixie sid:i386".
portability:
	@scripts/portability $(SUITES)

include t/measure.mk

# --------------------------------------------------------------------- lint

lint: lint-clang lint-musl lint-tidy lint-cppcheck lint-measures
	@echo 'lint: clean'

lint-deps:
	@scripts/install-deps lint

lint-clang: lint-deps
	@$(BUILT) BUILD=build/clang CC=clang WERROR=1 all unit

# Flags of the distribution's own builds may be glibc's.
MUSL_FLAGS = -std=gnu11 -D_GNU_SOURCE $(filter -D%,$(APXS_CPP)) $(DEFS)
lint-musl: lint-deps
	@scripts/lint-musl $(CORE_SRC) $(CLI_SRC) -- $(MUSL_FLAGS) $(CLI_INC)
	@scripts/lint-musl $(GLUE_SRC) -- $(MUSL_FLAGS) $(GLUE_INC)

TIDY = clang-tidy --quiet --warnings-as-errors='*'
TIDY_FLAGS = -std=gnu11 $(APXS_CPP) $(DEFS)
lint-tidy: lint-deps
	@bad=0; for f in $(CORE_SRC) $(CLI_SRC); do \
	    $(TIDY) $$f -- $(TIDY_FLAGS) $(CORE_INC) || bad=1; done; \
	for f in $(GLUE_SRC); do \
	    $(TIDY) $$f -- $(TIDY_FLAGS) $(GLUE_INC) || bad=1; done; exit $$bad

lint-cppcheck: lint-deps
	@cppcheck --quiet --std=c11 --language=c --error-exitcode=1 \
	    --enable=warning,style,performance,portability \
	    --inline-suppr --suppressions-list=.cppcheck-suppressions \
	    -I src -I src/core -I src/httpd $(DEFS) \
	    $(CORE_SRC) $(CLI_SRC) $(GLUE_SRC)

# No test runs these: that they still build is seen here.
lint-measures: lint-deps
	@$(BUILT) WERROR=1 measures

# ------------------------------------------------------------------ install

# Where the configuration goes:
#   debian  mods-available, for a2enmod
#   redhat  ../conf.modules.d and ../conf.d beside the main conf folder
#   confd   conf.d, as on Alpine
#   plain   extra/httpd-acctauth.conf, to be named in an Include
ifneq ($(wildcard $(SYSCONFDIR)/mods-available/.),)
CONF_LAYOUT ?= debian
else ifneq ($(wildcard $(SYSCONFDIR)/../conf.modules.d/.),)
CONF_LAYOUT ?= redhat
else ifneq ($(wildcard $(SYSCONFDIR)/conf.d/.),)
CONF_LAYOUT ?= confd
else ifneq ($(filter %/apache2,$(SYSCONFDIR)),)
CONF_LAYOUT ?= debian
else
CONF_LAYOUT ?= plain
endif

# Beside the manual pages, where apxs knows none; a package has a name of its
# own for it.
DOCDIR ?= $(patsubst %/,%,$(dir $(MANDIR)))/doc/mod_acctauth

export CONF_LAYOUT DESTDIR LIBEXECDIR SYSCONFDIR SBINDIR MANDIR DOCDIR
export ACCT_DATADIR INSTALL_PROGRAM INSTALL_DATA FORCE

install: all
	@scripts/install-files install $(BUILD)

install-strip:
	@$(MAKE) --no-print-directory INSTALL_PROGRAM='$(INSTALL_PROGRAM) -s' \
	    install

uninstall: | have
	@scripts/install-files uninstall $(BUILD)

clean:
	rm -rf $(BUILD) build
