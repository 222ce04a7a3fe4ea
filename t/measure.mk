# SPDX-License-Identifier: Apache-2.0
#
# What measures and strains, beside the tests: make bench, bench-docs, scale,
# simulate and stress. A part of the Makefile, whose flags it uses.

.PHONY: measures stress bench bench-docs simulate scale

measures: $(addprefix $(BUILD)/bench/,hash store simulate) \
          $(BUILD)/stress/identity_cache $(BUILD)/stress/pool

# -------------------------------------------------------------------- bench

BENCH_SRC := t/bench/hash.c t/bench/random.c
STORE_SRC := $(wildcard t/bench/store/*.c)
SIM_SRC   := $(wildcard t/bench/simulate/*.c)
RANDOM_OBJ = $(OBJ)/t/bench/random.o

$(OBJ)/t/bench/%.o: t/bench/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -Wconversion $(ERR) -iquote t/bench $(CORE_INC) \
	    -MMD -MP -c -o $@ $<

$(BUILD)/bench/hash: $(OBJ)/t/bench/hash.o
$(BUILD)/bench/store: $(STORE_SRC:%.c=$(OBJ)/%.o) $(RANDOM_OBJ)
$(BUILD)/bench/simulate: $(SIM_SRC:%.c=$(OBJ)/%.o) $(RANDOM_OBJ)

$(addprefix $(BUILD)/bench/,hash store simulate): $(LIBCORE)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBCORE) \
	    $(PKG_LIBS) $(APR_LIBS) $(APR_RPATH) -pthread -lm

bench: export ACCT_BUILD := $(BUILD)
bench:
	@scripts/install-deps bench
	@$(BUILT) all $(BUILD)/bench/hash
	@t/bench/run

bench-docs: export ACCT_BUILD := $(BUILD)
bench-docs:
	@t/bench/run --docs docs/performance.md

# The real cache under made-up traffic: PARTS="slots epochs fills feed".
simulate:
	@scripts/install-deps build
	@$(BUILT) $(BUILD)/bench/simulate
	@$(BUILD)/bench/simulate $(PARTS)

# What a database does in a second, asked through the store's own code.
scale: export ACCT_BUILD := $(BUILD)
scale:
	@scripts/install-deps test
	@$(BUILT) all $(BUILD)/bench/store
	@t/bench/scale $(PARTS)

# ------------------------------------------------------------------- stress

# The cache's code is compiled together with its driver, so that all of it is
# instrumented, and with stops.h in front of each file. gcc warns that it
# does not model fences; every word is an atomic, and what the fences are for
# is the driver's to find. Without address space randomisation where that can
# be had: older runtimes fail at some layouts.
STRESS_SAN ?= -fsanitize=thread
NO_ASLR    := $(shell setarch -R true 2>/dev/null && echo setarch -R)

STRESS_CACHE     = $(BUILD)/stress/identity_cache
STRESS_CACHE_SRC := $(filter-out %/pool.c %/last_used.c %/repeat.c,\
                      $(wildcard t/stress/*.c src/core/cache/*.c))
STRESS_CACHE_OBJ = $(STRESS_CACHE_SRC:%.c=$(BUILD)/stress/cache/%.o)

# The list of connections, in the same way.
STRESS_POOL     = $(BUILD)/stress/pool
STRESS_POOL_SRC = t/stress/pool.c src/core/base/ticks.c \
                  src/core/base/own_pool.c \
                  $(addprefix src/httpd/connections/,list.c stock.c queue.c \
                    breaker.c watch.c)
STRESS_POOL_OBJ = $(STRESS_POOL_SRC:%.c=$(BUILD)/stress/list/%.o)

STRESS_CC = $(CC) -g -O1 -std=gnu11 $(WARN) -Wno-unknown-warning-option \
            -Wno-tsan -Wconversion -Werror $(STRESS_SAN) $(APXS_CPP)

export STRESS_NOW = $(STRESS_CC) $(CORE_INC)
$(BUILD)/stress/.flags: FORCE | have
	@mkdir -p $(@D)
	@printf '%s\n' "$$STRESS_NOW" | cmp -s - $@ \
	    || printf '%s\n' "$$STRESS_NOW" > $@

$(BUILD)/stress/cache/%.o: %.c $(BUILD)/stress/.flags
	@mkdir -p $(@D)
	$(Q)$(STRESS_CC) $(CORE_INC) -include t/stress/stops.h -MMD -MP -c \
	    -o $@ $<

$(BUILD)/stress/list/%.o: %.c $(BUILD)/stress/.flags
	@mkdir -p $(@D)
	$(Q)$(STRESS_CC) -iquote src/httpd $(CORE_INC) -MMD -MP -c -o $@ $<

$(STRESS_CACHE): $(STRESS_CACHE_OBJ)
$(STRESS_POOL): $(STRESS_POOL_OBJ)
$(STRESS_CACHE) $(STRESS_POOL):
	$(Q)$(CC) -g $(STRESS_SAN) -o $@ $^ $(PKG_LIBS) $(APR_LIBS) \
	    $(APR_RPATH) -pthread

stress: export TSAN_OPTIONS := halt_on_error=1 exitcode=66 $(TSAN_OPTIONS)
stress:
	@scripts/install-deps build
	@$(BUILT) $(STRESS_CACHE) \
	    $(STRESS_POOL)
	@$(NO_ASLR) $(STRESS_CACHE) threads
	@$(NO_ASLR) $(STRESS_CACHE) kill
	@$(NO_ASLR) $(STRESS_POOL)

-include $(patsubst %.c,$(OBJ)/%.d,$(BENCH_SRC) $(STORE_SRC) $(SIM_SRC)) \
         $(STRESS_CACHE_OBJ:.o=.d) $(STRESS_POOL_OBJ:.o=.d)
