# SPDX-License-Identifier: MIT
# nachos: build, test, install.  `make help` lists what there is.
#   make SAN=address,undefined check     sanitizers, in a build folder of its own
#   make WERROR=1 CC=clang               warnings are errors
#   make V=1                             show the commands

CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
PYTHON  ?= /usr/bin/python3
V       ?= 0
include pipelines/settings.mk
Q       := $(if $(filter 0,$(V)),@)
comma   := ,
# The machine of a cross compiler, MACHINE-gcc, is in the folder's name.
CROSS   := $(patsubst %-gcc,%,$(filter %-gcc,$(notdir $(CC))))
VARIANT := $(if $(SAN),san-$(subst $(comma),-,$(SAN)),$(if $(COV),cov,release))$(if $(filter clang%,$(notdir $(CC))),-clang)$(CROSS:%=-%)
B       := build/$(VARIANT)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wwrite-strings -Wpointer-arith -Wformat=2 -Wundef
# What Debian builds programs with: checked string functions, guarded stacks and
# addresses, and tables of functions that cannot be written to.
HARDEN  := -fstack-protector-strong -fPIE -Wformat -Werror=format-security \
           $(if $(filter -O%,$(filter-out -O0,$(CFLAGS))),$(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARDEN_LD := -pie -Wl,-z,relro,-z,now
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -I. $(WARNINGS) -fno-common \
             -ffp-contract=off -pthread $(HARDEN) $(CFLAGS) \
             $(if $(WERROR),-Werror) \
             $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
             $(if $(COV),--coverage)
# Only what a program uses is linked in.  OpenBLAS is loaded when scalar kernels
# first need it (nn/kern/blas.h), since it starts threads as it is loaded.
LIBS    := $(HARDEN_LD) $(LDFLAGS) -Wl,--as-needed -lmsgpackc -lzstd -lxxhash -ljansson -lpng -ljpeg -lprotobuf-c -lkissfft-float -lsamplerate -lz -ldl -lm

# ---- sources, found by where they stand ----
# Two archives of the same names: the rooms that compute with `real' stand in
# libnachos.a for float, in libnachos-f64.a for double (see kern/real.h).  For
# float alone are nn/run and libcommon/nn/kern/simd, which is compiled once for
# each vector instruction set of the machine.
REAL_C  := $(foreach room,nn/kern nn/engine nn/data nn/train surrogate,$(wildcard libcommon/$(room)/*.c))
RUN_C   := $(wildcard libcommon/nn/run/*.c)
# (`make deps demo' reads this before there is a compiler: then this machine.)
MACHINE := $(or $(shell $(CC) -dumpmachine 2>/dev/null),$(shell uname -m))
SIMD_C  := $(if $(filter x86_64%,$(MACHINE)),$(wildcard libcommon/nn/kern/simd/*.c))
LIB_C   := $(filter-out $(REAL_C) $(RUN_C),$(wildcard libcommon/*/*.c \
             libcommon/nn/*/*.c formats/*.c))
TOOLS   := $(notdir $(patsubst %/,%,$(wildcard tools/*/)))
TOOL_C  := $(wildcard tools/*/*.c)
MAIN_C  := $(foreach t,$(TOOLS),tools/$t/$t.c)
UNIT    := $(patsubst tests/unit/%.c,$B/tests/%,$(wildcard tests/unit/test_*.c))
BENCH   := $(patsubst tests/bench/%.c,$B/bench/%,$(wildcard tests/bench/bench_*.c))
FUZZ    := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
HEADERS := $(wildcard libcommon/*/*.h libcommon/*/*/*.h libcommon/*/*/*/*.h formats/*.h tools/*/*.h)
SCRIPTS := $(wildcard tools/nachos tools/*.sh pipelines/*.sh tests/*.sh tests/*.t tests/*/*.t tests/*/*.sh tests/bench/old/*.sh .ci/run)
MAN     := $(wildcard man/*.[157])

LIB_O   := $(LIB_C:%.c=$B/%.o)
F32_O   := $(patsubst %.c,$B/%.o,$(REAL_C) $(RUN_C)) $(SIMD_C:%.c=$B/%.avx2.o) $(SIMD_C:%.c=$B/%.avx512.o)
F64_O   := $(REAL_C:%.c=$B/%.f64.o)
ALGO_O  := $(patsubst %.c,$B/%.o,$(filter-out $(MAIN_C),$(TOOL_C)))

AVX2    := -mavx2 -mfma -mf16c -ffp-contract=fast -fno-math-errno -fno-trapping-math
# Their templates unroll far: instrumented for undefined behaviour they would
# take minutes to compile, so sanitizers build them for addresses only.
SIMD_SAN := $(if $(SAN),-O1 -fno-sanitize=undefined)
# AVX-512: a loop of a few lines of the instruction cache may lose a fifth of its
# speed by where it begins, so all begin a line.  AVX2's measured no better so, and
# its wide epilogue worse; clang has no -falign-jumps.
ALIGN   := $(if $(findstring clang,$(CC)),,-falign-loops=64 -falign-jumps=64)
AVX512  := $(AVX2) -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512 $(ALIGN)

.PHONY: fuzz all deps deps-dev demo demo-augment check check-port check-san check-slow check-tsan bench \
        bench-check bench-same bench-candidate same lint hdrcheck simdcheck format stat install install-files uninstall clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:
.SECONDEXPANSION:

# On a terminal one line, which changes, says what is being built and how much of
# `all' is left; elsewhere, under -s and with V=1 there is none.  The recipes are
# expanded one by one, so each counts itself.  (COUNT: flags are compared, not written.)
ifeq ($(if $(MAKE_TERMOUT),$(V))$(findstring s,$(firstword -$(MAKEFLAGS))),0)
STEPS   := $(shell $(MAKE) -n $(MAKEOVERRIDES) V=1 COUNT=1 all 2>/dev/null | grep -c ' -o $B/')
say      = $(eval done += x)printf '\r\033[K[%s] %.60s\r' '$(words $(done))/$(STEPS)' '$1';
endif

## all: every tool, in build/VARIANT/bin
all: $(TOOLS:%=$B/bin/%)
	$(if $(done),@printf '\r\033[K')

$B/%.o: %.c $B/flags
	$(Q)$(call say,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$B/%.f64.o: %.c $B/flags
	$(Q)$(call say,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -DREAL_DOUBLE -MMD -MP -c -o $@ $<
$B/%.avx2.o: %.c $B/flags
	$(Q)$(call say,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(AVX2) $(SIMD_SAN) -DSIMD_AVX2 -MMD -MP -c -o $@ $<
$B/%.avx512.o: %.c $B/flags
	$(Q)$(call say,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(AVX512) $(SIMD_SAN) -DSIMD_AVX512 -MMD -MP -c -o $@ $<

# Flags that change rebuild everything.
FLAGS   := $(CC) $(ALL_CFLAGS) $(AVX512) $(SIMD_SAN)
$B/flags: $(if $(if $(COUNT),$(subst [$(FLAGS)],,[$(file <$B/flags)]),yes),FORCE)
	@mkdir -p $(@D); printf '%s\n' '$(FLAGS)' | cmp -s - $@ || printf '%s\n' '$(FLAGS)' >$@

# net-import reads ONNX by a description of its messages, which becomes C code.  That
# has casts and names of its own, so it is compiled without our warnings.
ONNX_O  := $B/tools/net-import/onnxfile.pb-c.o
$B/%.pb-c.c $B/%.pb-c.h: %.proto
	$(Q)mkdir -p $(@D) && protoc-c -I$(<D) --c_out=$(@D) $<
$(ONNX_O): $(ONNX_O:.o=.c) $B/flags
	$(Q)$(call say,$@)$(CC) $(filter-out -W%,$(ALL_CFLAGS)) -w -c -o $@ $<
$B/tools/net-import/onnxread.o: private ALL_CFLAGS += -I$B/tools/net-import
$B/tools/net-import/onnxread.o: $(ONNX_O:.o=.h)
$B/bin/net-import: $(ONNX_O)

$B/libnachos.a: $(LIB_O) $(F32_O)
$B/libnachos-f64.a: $(LIB_O) $(F64_O)
# The tools' algorithm files, for their unit tests.
$B/libtools.a: $(ALGO_O) $(ONNX_O)
$B/%.a:
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$B/bin/%: $$(addprefix $B/,$$(addsuffix .o,$$(basename $$(wildcard tools/$$*/*.c)))) $B/libnachos.a
	$(Q)$(call say,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) $B/libnachos.a $(LIBS)
$B/tests/%: $B/tests/unit/%.o $B/libtools.a $B/libnachos.a
	$(Q)$(call say,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -o $@ $< $B/libtools.a $B/libnachos.a -lcmocka $(LIBS)
# test_*_f64 computes in double; libtools has no place there.
$B/tests/unit/%_f64.o: private ALL_CFLAGS += -DREAL_DOUBLE
$B/tests/test_engine_ref_f64: $(patsubst %,$B/tools/net-zoo/%.o,zoo zoobuild)
$B/tests/%_f64: $B/tests/unit/%_f64.o $B/libnachos-f64.a
	$(Q)$(call say,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) $B/libnachos-f64.a -lcmocka $(LIBS)
$B/bench/%: $B/tests/bench/%.o $B/libtools.a $B/libnachos.a
	$(Q)$(call say,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -o $@ $< $B/libtools.a $B/libnachos.a $(LIBS)

$B/fuzz/%: $B/tests/fuzz/%.o $B/libtools.a $B/libnachos.a
	$(Q)$(call say,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -o $@ $< $B/libtools.a $B/libnachos.a $(LIBS)

-include $(patsubst %.o,%.d,$(LIB_O) $(F32_O) $(F64_O)) $(TOOL_C:%.c=$B/%.d) \
  $(UNIT:$B/tests/%=$B/tests/unit/%.d) $(BENCH:$B/bench/%=$B/tests/bench/%.d)

## demo: a whole search on synthetic images, in a few minutes, in demo/
demo: all
	$(Q)$(MAKE) --no-print-directory -f pipelines/demo.mk OUT=demo $(if $(filter -j%,$(MAKEFLAGS)),,-j2)
## demo-augment: a trained network gets exits for a microcontroller of two cores, in
##   demo-augment/
demo-augment: all
	$(Q)$(MAKE) --no-print-directory -f pipelines/demo-augment.mk OUT=demo-augment

.PHONY: headline headline-plan headline-status headline-hand headline-random headline-static \
        headline-curve headline-second headline-compare headline-report headline-check
## headline headline-hand headline-compare headline-check: CIFAR-10 in five CPU-hours
##   (DATA=c10.mpz OUT=headline), one or all of what it is compared with, and whether
##   what is promised holds; all targets are in pipelines/headline.mk
headline headline-plan headline-status headline-hand headline-random headline-static headline-curve \
headline-second headline-compare headline-report headline-check: all
	$(Q)$(MAKE) --no-print-directory -f pipelines/headline.mk $(if $(OUT),,OUT=headline) \
	    $(if $(filter -j%,$(MAKEFLAGS)),,-j2) $(or $(patsubst headline-%,%,$(@:headline=)),all)

# ---- tests ----
export BIN := $(abspath $B/bin)
export BENCH_BIN := $(abspath $B/bench)
export PYTHON
export TOP := $(CURDIR)
PROVE := CMOCKA_MESSAGE_OUTPUT=TAP prove -j2 --failures -e '$(EMULATOR)'
# The longest ones are behind the unit tests, so that no core idles in the end.
TESTS ?= $(UNIT) $(wildcard tests/faults/*.t tests/pipelines/*.t tests/tools/*.t tests/formats/*.t tests/unit/*.t tests/*.t)

## check: all tests but the slow ones (TESTS=... for some of them)
check: all $(UNIT)
	$(Q)$(PROVE) $(TESTS)
## check-san: the same under AddressSanitizer and UBSan
check-san:
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined check
## check-tsan: unit tests, and every tool with threads, under ThreadSanitizer
check-tsan:
	$(Q)$(MAKE) --no-print-directory SAN=thread check \
	    TESTS='tests/threads/threads.t $$(UNIT)'
## check-port: unit tests of a build for AArch64, in qemu (deps-dev; half an hour)
# test_blas runs itself again, which would leave the emulator.
check-port: ARM := $(CURDIR)/build/arm64-root
check-port:
	$(Q)tests/port.sh $(ARM) arm64 $(filter %-dev,$(DEPS))
	$(Q)$(MAKE) --no-print-directory check CC=aarch64-linux-gnu-gcc \
	    AR=aarch64-linux-gnu-ar CFLAGS='$(CFLAGS) --sysroot=$(ARM)' \
	    EMULATOR='qemu-aarch64-static -L $(ARM)' \
	    TESTS='$$(filter-out %/test_blas,$$(UNIT))'
## check-slow: whole searches: killed, resumed, equal, and as good as they should be
check-slow: all $B/bench/bench_pick
	$(Q)prove -v -e '' $(wildcard tests/slow/*.t)
## same: results are those of another build, OLD=build/release of another tree, to
##   the bit (ONLY='train ofa')
same bench-same: $(if $(OLD),,$(if $(filter same bench-same,$(MAKECMDGOALS)),$(error OLD=build/release of another tree is missing)))
same: all
	$(Q)tests/same.sh '$(OLD)/bin' $B/bin $(ONLY)
## fuzz: build/fuzz/*, libFuzzer on readers of streams, pictures, sounds and records
##   (clang)
fuzz:
	$(Q)$(MAKE) --no-print-directory CC=clang SIMD_C= B=build/fuzz-objects \
	    SAN=address,undefined,fuzzer-no-link $(FUZZ:%=build/fuzz-objects/fuzz/%)
	$(Q)mkdir -p build/fuzz && cp $(FUZZ:%=build/fuzz-objects/fuzz/%) build/fuzz

## bench: every figure there is, beside its peers' (deps-dev), in turns; TSV
bench: all $(BENCH)
	$(Q)tests/bench/bench.sh
## bench-check: the same; fails when a ratio is below its floor
bench-check: all $(BENCH)
	$(Q)tests/bench/bench.sh --check
## bench-same: speed beside that of another build, OLD=, 0.97 of it at least
bench-same: export OLD := $(abspath $(OLD))
bench-same: all $(BENCH)
	$(Q)tests/bench/bench.sh --check tests/bench/old
## bench-candidate: one candidate at the paper's setting (DATA=), and a search
bench-candidate: all
	$(Q)tests/bench/candidate.sh '$(DATA)'

# ---- looking after the source ----
## lint: headers alone, their examples, benchmarks, man pages, scripts, house rules
lint: hdrcheck simdcheck $(BENCH)
	$(Q)mandoc -T lint -W warning $(MAN)
	$(Q)shellcheck -x $(SCRIPTS)
	$(Q)clang-format --dry-run -Werror $(FORMATTED)
	$(Q)tests/lint.sh
hdrcheck: $(HEADERS:%=$B/hdr/%.o)
# Each header alone, and behind it its examples (libcommon/README.md).
HDR_CFLAGS := -Wno-unused -Wno-unused-macros -Wno-unused-but-set-variable \
              -Wno-missing-prototypes -Wno-return-type
$B/hdr/%.o: % tests/example.awk $B/flags
	$(Q)mkdir -p $(@D) && awk -f tests/example.awk $< | \
	    $(CC) $(ALL_CFLAGS) $(HDR_CFLAGS) -x c -c -include $< -o $@ -
# Code compiled for an instruction set is entered through its table alone: no
# name without the set's suffix may come out of its objects.
simdcheck: $(SIMD_C:%.c=$B/%.avx2.o) $(SIMD_C:%.c=$B/%.avx512.o)
	$(Q)nm -g --defined-only $^ | awk 'NF == 3 && $$3 !~ /_avx(2|512)$$/ { \
	    print "simdcheck: " $$3 " has no suffix"; bad = 1 } END { exit bad }'
## format: the house style, .clang-format, on every C file but frozen values
FORMATTED = $(shell git ls-files '*.c' '*.h' ':!*_ref.h')
format:
	$(Q)clang-format -i $(FORMATTED)
## stat: lengths of functions and files, static functions of one use
stat:
	$(Q)tests/stat.sh

## install: DESTDIR= PREFIX=/usr/local; tools, nachos, man pages, pipelines, completion
# The lines MODE SOURCE TARGET, or "link" NAME TARGET, of all that is installed.
INSTALLED = $(foreach t,$(TOOLS),755 $B/bin/$t bin/$t\n) 755 tools/nachos bin/nachos\n \
  $(foreach p,$(MAN),644 $p share/man/man$(subst .,,$(suffix $p))/$(notdir $p)\n) \
  $(foreach p,$(wildcard pipelines/*.* pipelines/*/*),$(if $(filter %.sh,$p),755,644) $p share/nachos/$p\n) \
  644 $B/completion $(COMPLETIONS)/nachos\n \
  $(foreach t,$(TOOLS),link nachos $(COMPLETIONS)/$t\n)
COMPLETIONS = share/bash-completion/completions
install: all
	$(Q)$(MAKE) --no-print-directory install-files
# What is built already is put there.
install-files:
	$(Q)tools/completion.sh $B/bin $(TOOLS) >$B/completion
	$(Q)printf ' $(INSTALLED)' | tools/install.sh install '$(DESTDIR)$(PREFIX)'
## uninstall: remove what install put there, and nothing else
uninstall:
	$(Q)tools/install.sh uninstall '$(DESTDIR)$(PREFIX)'

# ---- packages (Debian) ----
APT := $(if $(filter 0,$(shell id -u)),,sudo )env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=500
DEPS := gcc libc6-dev make libopenblas-dev libmsgpack-dev libzstd-dev libxxhash-dev \
        libjansson-dev zlib1g-dev libpng-dev libjpeg-dev libprotobuf-c-dev protobuf-c-compiler \
        libkissfft-dev libsamplerate0-dev libcmocka-dev gnuplot-nox jq zstd mandoc perl
DEPS_DEV := clang clang-format libclang-rt-14-dev shellcheck universal-ctags fq python3-msgpack python3-pil \
        python3-numpy python3-torch python3-sklearn python3-scipy python3-deap \
        gcc-aarch64-linux-gnu qemu-user-static
## deps: what building, running and testing need (Debian packages)
deps:
	$(APT) update -qq
	$(APT) install -y -qq --no-install-recommends $(DEPS)
## deps-dev: what making reference values, linting and `bench` need besides
deps-dev: deps
	$(APT) install -y -qq --no-install-recommends $(DEPS_DEV)

clean:
	$(Q)rm -rf build
help:
	$(Q)sed -n 's/^## //p' Makefile
