# SPDX-License-Identifier: MIT
# The iterative search, whatever the space, the data set and the limits.
#
#   make -f pipelines/nachos.mk DATA=c10.mpz OUT=run1 SEED=1 -j2
#
# A preset (nachos.mk, cifar10.mk, demo.mk) is a list of variables that includes
# this file; each of them can be given on the command line too.  `make -f ...
# status` says how far a search is.  What lands in OUT:
#
#   supernet/NNN.mpz             the supernet after NNN epochs; supernet.mpz the
#                                last of them, supernet.txt its tables
#   it-00/archs.mpz              the first designs: corners and random ones
#   it-NN/NAME.surrogate.mpz, archs.mpz    the next ones (NN > 0)
#   it-NN/SS.result.mpz          one candidate: placed, trained, tuned
#   it-NN/archive.mpz            every result so far (cat)
#   it-NN/hypervolume            of its front
#   reference                    of all hypervolumes: lines NAME=WORST[:BEST]
#   archive.mpz  front.mpz       of the last iteration
#   final/                       the winner: trained longer, tuned, run once on
#                                the test split
#   report.txt  front.svg  hypervolume.svg
#
# Candidates are not known before their iteration, so files are slots and each
# iteration is a sub-make.  Every file is written whole or not at all: kill it
# anywhere, run make again, and the same bytes come out.  Parameters are
# prerequisites (OUT/params/NAME): changing one re-runs what depends on it.
# Raising N_ITER continues a finished search.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules --no-print-directory
export LC_ALL := C
export OPENBLAS_NUM_THREADS := 1

# Tools: those just built, or the installed ones.
here := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
preset := $(firstword $(MAKEFILE_LIST))
ifneq ($(wildcard $(here)/../build/release/bin),)
BIN ?= $(abspath $(here)/../build/release/bin)
endif
ifdef BIN
export PATH := $(BIN):$(PATH)
endif

# ---- what a preset sets ----
OUT          ?= run
SEED         ?= 1
# where candidates come from
SPACE        ?= ofa-mbv3:width=1,res=32,classes=10,exits=4
N_START      ?= 100
# the search: N_ITER iterations of K candidates; it stops early when the
# hypervolume has not changed for N_TOL of them
N_ITER       ?= 30
K            ?= 8
N_TOL        ?= 10
# what the average cost of an image is: sequential, every head that ran, or
# paper, Eq. 13; and the metric of that, which follows from it
COST         ?= sequential
MACS         ?= $(if $(filter paper,$(COST)),macs_paper,macs)
# metrics of results to make large or small, joined by commas
OBJECTIVES   ?= accuracy:max,$(MACS):min
# limits (empty = none): those on MACs and accuracy, and any as words
# --max=NAME=V and --min=NAME=V, of which one on MACs or accuracy takes the place
# of the first two; then the winner's, the same as the search's where they say
# nothing
MAX_MACS     ?=
MIN_ACCURACY ?=
LIMITS       ?=
FINAL_MAX_MACS     ?=
FINAL_MIN_ACCURACY ?=
FINAL_LIMITS       ?=
# the worst value of each objective that counts for the hypervolume, and the best
# there could be, as words NAME=WORST:BEST or, where the best is 0, NAME=WORST;
# accuracy, error and the MACs need none
REFERENCE    ?=
# goals.mk also sets STEP_LIMITS, the limits that proposals are to keep, and EXACT,
# what is counted on networks and needs no surrogate

# weights to start from: those of a supernet that is trained first, by the
# phases of the list SUPERNET, epochs times SUPERNET_SCALE, at most
# SUPERNET_STEP of them in a run that can be killed; or given ones.  Neither =
# random weights
SUPERNET       ?=
SUPERNET_SCALE ?= 1
SUPERNET_STEP  ?= 5
SUPERNET_FLAGS ?=
WEIGHTS        ?= $(if $(SUPERNET),$(OUT)/supernet.mpz)
# training of a candidate and of the winner: epochs BACKBONE/EXITS/PEAK, images
# of the training split (empty = all)
EPOCHS       ?= 10/5/5
TRAIN_IMAGES ?=
FINAL_EPOCHS ?= $(EPOCHS)
FINAL_IMAGES ?=
# further options of the tools; PLACE_LIMITS are eec-place's hard limits: what
# breaks one is not trained, stands in the archive as failed and is never
# proposed again; PICK_FLAGS are pareto-select's when the winner is picked, the
# best trade-off unless they say otherwise
PLACE_FLAGS  ?=
PLACE_LIMITS ?=
TRAIN_FLAGS  ?=
TUNE_FLAGS   ?=
FINAL_TUNE_FLAGS ?= $(TUNE_FLAGS)
PICK_FLAGS   ?=
FIT_FLAGS    ?= --model=auto,rank-rbf,rank-gp
STEP_FLAGS   ?=
FINAL_FLAGS  ?= $(TRAIN_FLAGS)
# Each candidate is one process with one thread; -j runs them side by side.
# The winner and the supernet have the machine to themselves.
FINAL_THREADS ?= $(shell nproc)
# Wraps a whole recipe, e.g. LAUNCH='srun -n1 -c1'.
LAUNCH       ?=

status := $(filter status,$(MAKECMDGOALS))
ifeq ($(DATA)$(status),)
$(error DATA=FILE is missing: a dataset stream, see data-import(1), data-synth(1))
endif

# $(call param,NAME,VALUE): the file OUT/params/NAME, rewritten when VALUE is
# another than last time, but for blanks; a prerequisite of whatever VALUE
# shapes.  To ask for the status changes nothing.
param = $(OUT)/params/$1$(if $(status),,$(shell file='$(OUT)/params/$1'; set -f; \
    [ -e "$$file" ] && old=($$(<"$$file")) && [ "$${old[*]}" = '$(strip $2)' ] || \
    { mkdir -p '$(OUT)/params'; printf '%s\n' '$(strip $2)' >"$$file"; }))

include $(here)/goals.mk

run       := $(LAUNCH) bash -eu -o pipefail -c
train_cmd  = eenn-train --dataset=$(DATA) --seed=$(SEED) --no-progress \
             $(if $(WEIGHTS),--init-weights=$(WEIGHTS)) \
             $(if $1,--max-macs=$1)
search_train := $(cost) --epochs=$(EPOCHS) $(if $(TRAIN_IMAGES),--train-images=$(TRAIN_IMAGES)) $(TRAIN_FLAGS)
final_train  := $(cost) --epochs=$(FINAL_EPOCHS) $(if $(FINAL_IMAGES),--train-images=$(FINAL_IMAGES)) $(FINAL_FLAGS)

P_SUPERNET := $(call param,supernet,$(SPACE) $(if $(SUPERNET),$(shell cksum <'$(SUPERNET)')) $(SUPERNET_SCALE) $(SUPERNET_FLAGS) $(SEED))
P_SPACE  := $(call param,space,$(SPACE) $(N_START) $(SEED))
P_PLACE  := $(call param,place,$(PLACE_FLAGS) $(PLACE_LIMITS))
P_TRAIN  := $(call param,train,$(search_train) $(WEIGHTS) $(SEED))
P_TUNE   := $(call param,tune,$(tune_limits) $(TUNE_FLAGS))
P_PICK   := $(call param,pick,$(filter-out $(tune_limits),$(select_goals)) $(PICK_FLAGS))
P_FINAL_TUNE := $(call param,final-tune,$(final_tune_limits) $(FINAL_TUNE_FLAGS))
P_FINAL_LIMITS := $(call param,final-limits,$(final_limits))
P_STEP   := $(call param,step,$(K) $(step_params) $(SEED) $(FIT_FLAGS) $(STEP_FLAGS))
P_REFERENCE := $(call param,reference,$(OBJECTIVES) $(COST) $(references))
P_FINAL  := $(call param,final,$(call bound_of,$(final_limits)) $(final_train) $(WEIGHTS) $(SEED))

.PHONY: all supernet search finish iteration status
ifndef IT
all:
	$(if $(SUPERNET),+@$(MAKE) -f $(preset) STAGE=supernet supernet)
	+@$(MAKE) -f $(preset) search
	+@$(MAKE) -f $(preset) finish
endif

# ---- the supernet ----
# STEPS: epochs after which it is saved, at the end of each phase and every
# SUPERNET_STEP in between; BEFORE_NNN the one that NNN goes on from, TEACHER
# the end of the first phase.
ifeq ($(STAGE),supernet)
super := $(OUT)/supernet
include $(super)/steps.mk
$(super)/steps.mk: $(P_SUPERNET) $(call param,supernet-step,$(SUPERNET_STEP)) | $(super)
	@ofa-train --plan --schedule=$(SUPERNET) --scale=$(SUPERNET_SCALE) \
	    --space=$(SPACE) | awk -v step=$(SUPERNET_STEP) ' \
	    {for (e = $$2 + step; ; e += step) { \
	        if (e > $$3) e = $$3; \
	        n = sprintf("%03d", e); steps = steps " " n; \
	        if (last != "") print "BEFORE_" n " := " last; \
	        last = n; \
	        if (e == $$3) break }} \
	    NR == 1 {print "TEACHER := " last} \
	    END {print "STEPS :=" steps}' >$@.tmp; mv $@.tmp $@
.SECONDEXPANSION:
before  = $(if $(BEFORE_$*),$(super)/$(BEFORE_$*).mpz)
teacher = $(if $(filter-out $(firstword $(STEPS)),$*),$(if \
          $(shell [ '$*' -gt '$(TEACHER)' ] && echo 1),$(super)/$(TEACHER).mpz))
$(STEPS:%=$(super)/%.mpz): $(super)/%.mpz: $$(before) $$(teacher) $(DATA) $(P_SUPERNET)
	@$(run) 'ofa-train --dataset=$(DATA) --schedule=$(SUPERNET) \
	    --scale=$(SUPERNET_SCALE) $(if $(before),,--space=$(SPACE)) \
	    $(if $(teacher),--teacher=$(teacher)) --until=$$((10#$*)) --seed=$(SEED) \
	    --threads=$(FINAL_THREADS) --no-progress --report=$(super)/$*.report \
	    $(SUPERNET_FLAGS) $(before) -o $@'
	@sed -n 's|^phase|supernet/$*  phase|p' $(super)/$*.report
$(super):
	@mkdir -p $@
$(OUT)/supernet.mpz: $(super)/$(lastword $(STEPS)).mpz
	@ln -f $< $@
$(OUT)/supernet.txt: $(OUT)/supernet.mpz
	@eenn-report --view=subnets $< -o $@
supernet: $(OUT)/supernet.mpz $(OUT)/supernet.txt
endif

# ---- one iteration ----
ifdef IT
dir  := $(OUT)/it-$(IT)
prev := $(OUT)/it-$(shell printf %02d $$((10#$(IT) - 1)))

# SLOTS: as many as there are designs.  Made from archs.mpz before anything
# else; make then starts over with it.
include $(dir)/slots.mk
$(dir)/slots.mk: $(dir)/archs.mpz
	@n=$$(stream-pick --count $<); \
	{ printf 'SLOTS :='; for ((i = 0; i < n; i++)); do printf ' %02d' $$i; done; \
	  echo; } >$@.tmp; mv $@.tmp $@

ifeq ($(IT),00)
$(dir)/archs.mpz: $(P_SPACE) | $(dir)
	@$(run) 'ofa-sample --space=$(SPACE) --corners -n $(N_START) \
	    --iteration=0 --seed=$(SEED) -o $@'
else
$(dir)/%.surrogate.mpz: $(prev)/archive.mpz $(P_STEP) | $(dir)
	@$(run) 'surrogate-fit --target=$* --seed=$(SEED) $(FIT_FLAGS) $< -o $@'
surrogates := $(fitted:%=$(dir)/%.surrogate.mpz)
$(dir)/archs.mpz: $(prev)/archive.mpz $(surrogates) $(P_STEP) $(P_SPACE) | $(dir)
	@$(run) 'nsga2-step --space=$(SPACE) $(surrogates:%=--surrogate=%) \
	    $(step_goals) -k $(K) \
	    --iteration=$(shell echo $$((10#$(IT)))) --seed=$(SEED) $(STEP_FLAGS) $< -o $@'
endif

$(dir)/%.result.mpz: $(dir)/archs.mpz $(DATA) $(WEIGHTS) $(P_PLACE) $(P_TRAIN) $(P_TUNE)
	@$(run) 'stream-pick --index=$$((10#$*)) $< | \
	    eec-place $(PLACE_FLAGS) $(if $(PLACE_LIMITS),$(PLACE_LIMITS) --rejects=$@.rejects) | \
	    $(call train_cmd,$(call bound_of,$(limits))) $(search_train) --weights=none | \
	    thresh-tune $(tune_limits) $(TUNE_FLAGS) -o $@$(if $(PLACE_LIMITS),.placed; \
	    cat $@.placed $@.rejects >$@.tmp; mv $@.tmp $@; rm $@.placed $@.rejects)'
	@eenn-report $(select_goals) --line $@ | sed 's|^|$(patsubst $(OUT)/%,%,$(dir))/$*  |'

$(dir)/archive.mpz: $(if $(filter-out 00,$(IT)),$(prev)/archive.mpz) \
                    $(SLOTS:%=$(dir)/%.result.mpz)
	@cat $^ >$@.tmp; mv $@.tmp $@
$(dir)/hypervolume: $(dir)/archive.mpz $(OUT)/reference
	@$(if $(measurable),pareto-select --hypervolume $(objectives) \
	    $(reference) $<,echo 'left out: it takes three objectives at most') \
	    >$@.tmp; mv $@.tmp $@

iteration: $(dir)/archive.mpz $(dir)/hypervolume
$(dir):
	@mkdir -p $@
endif

# The reference of the hypervolume; its MACs are those of the largest design with
# all its exits (D22).
reference = $$(sed 's/^/--reference=/' $(OUT)/reference)
$(OUT)/reference: $(P_SPACE) $(P_PLACE) $(P_REFERENCE)
	@{ $(if $(from_largest),ofa-sample --space=$(SPACE) --corners -n 2 | \
	    stream-pick --index=1 | eec-place $(PLACE_FLAGS) | \
	    stream-dump --records-only | \
	    jq -r '"$(MACS)=\(.exits[-1].$(MACS:macs%=gamma%))"';) \
	printf '$(references:%=%\n)'; } >$@.tmp; mv $@.tmp $@

# ---- the loop over iterations ----
# First of all, what a kill -9 left of unfinished outputs.
search:
	@mkdir -p $(OUT); find $(OUT) -type f -name '.*.mpz.??????' -delete
	+@stale=0 last=; \
	for i in $$(seq -f %02g 0 $(N_ITER)); do \
	    $(MAKE) -f $(preset) IT=$$i iteration; \
	    volume=$$(cat $(OUT)/it-$$i/hypervolume); \
	    if [[ $$volume = hypervolume* && $$volume = "$$last" ]]; then \
	        stale=$$((stale + 1)); else stale=0; fi; \
	    last=$$volume; \
	    if [ $$stale -ge $(N_TOL) ]; then \
	        echo "it-$$i  hypervolume unchanged for $(N_TOL) iterations: done"; break; fi; \
	done; \
	cmp -s $(OUT)/it-$$i/archive.mpz $(OUT)/archive.mpz || \
	    { cp $(OUT)/it-$$i/archive.mpz $(OUT)/archive.mpz.tmp; \
	      mv $(OUT)/archive.mpz.tmp $(OUT)/archive.mpz; }

# ---- the winner: trained longer, tuned on validation, run once on test ----
final := $(OUT)/final
drawn := $(if $(word 2,$(goals)),front) $(if $(measurable),hypervolume)
finish: $(OUT)/report.txt $(drawn:%=$(OUT)/%.svg)
	@cat $(OUT)/report.txt

$(OUT)/front.mpz: $(OUT)/archive.mpz $(P_TUNE) $(P_PICK)
	@pareto-select $(select_goals) $< -o $@
$(final)/winner.mpz: $(OUT)/archive.mpz $(P_TUNE) $(P_PICK) | $(final)
	@pareto-select $(select_goals) $(PICK_FLAGS) -k 1 $< -o $@
$(final)/net.mpz: $(final)/winner.mpz $(P_PLACE)
	@eec-place $(PLACE_FLAGS) $< -o $@
$(final)/trained.mpz: $(final)/net.mpz $(DATA) $(WEIGHTS) $(P_FINAL)
	@$(run) '$(call train_cmd,$(call bound_of,$(final_limits))) $(final_train) --threads=$(FINAL_THREADS) $< -o $@'
$(final)/result.mpz: $(final)/trained.mpz $(P_FINAL_TUNE)
	@thresh-tune $(final_tune_limits) $(FINAL_TUNE_FLAGS) $< -o $@
$(final)/test.mpz: $(final)/trained.mpz $(final)/result.mpz $(DATA)
	@eenn-run --dataset=$(DATA) --split=test --policy=$(final)/result.mpz \
	    --threads=$(FINAL_THREADS) $< -o $@
$(final):
	@mkdir -p $@

$(OUT)/report.txt: $(OUT)/archive.mpz $(OUT)/front.mpz $(final)/result.mpz \
                   $(final)/test.mpz $(OUT)/reference $(P_FINAL_LIMITS)
	@{ echo 'Front of the search (validation split):'; \
	   eenn-report $(select_goals) $(OUT)/front.mpz; echo; \
	   echo 'Iteration by iteration:'; \
	   eenn-report $(select_goals) --view=iterations $(reference) $<; echo; \
	   echo 'Winner, trained longer and tuned (validation split):'; \
	   eenn-report $(objectives) $(call short,$(final_limits)) $(final)/result.mpz; echo; \
	   echo 'Winner, run once on the test split, really stopping:'; \
	   eenn-report $(final)/test.mpz; } >$@.tmp; mv $@.tmp $@
$(OUT)/front.svg: $(OUT)/archive.mpz $(P_TUNE) $(P_PICK)
	@eenn-report --format=svg $(select_goals) $< -o $@
$(OUT)/hypervolume.svg: $(OUT)/archive.mpz $(P_TUNE) $(P_PICK) $(OUT)/reference
	@eenn-report --format=svg --view=iterations $(select_goals) $(reference) $< -o $@

# ---- how far it is ----
# By the settings of the last run.
P_SETTINGS := $(call param,settings,N_START="$(N_START)" N_ITER="$(N_ITER)" \
    K="$(K)" N_TOL="$(N_TOL)" OBJECTIVES="$(objectives)" \
    LIMITS="$(call short,$(limits))" PICK_FLAGS="$(PICK_FLAGS)" SPACE="$(SPACE)" \
    SUPERNET="$(SUPERNET)" SUPERNET_SCALE="$(SUPERNET_SCALE)")
status:
	@$(here)/status.sh '$(OUT)'
