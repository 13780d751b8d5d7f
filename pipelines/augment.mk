# SPDX-License-Identifier: MIT
# A trained network gets early exits for the processors of a device: see augmentation
# in nachos-pipelines(7).
#
#   make -f pipelines/augment.mk NET=ds-cnn-l DATA=speech.mpz PLATFORM=psoc6-measured OUT=run
#   make -f pipelines/augment.mk MODEL=model.onnx DATA=own.mpz PLATFORM=mine.json OUT=run
#
# A preset (augment-*.mk, demo-augment.mk) is a list of variables that includes this
# file; each of them can be given on the command line too.  This file has the variables
# and the targets, augment-stages.mk the rules, augment.sh the order in which they are
# made.
#
# What lands in OUT:
#
#   net.mpz  base.mpz            the graph of NET; the trained or imported network,
#                                with its trace
#   platform.mpz                 PLATFORM as a stream
#   branches.mpz                 the base with every candidate exit, trained
#   plans.mpz  plan.mpz  exits   what the search found; the best plan; its exits
#   chosen.mpz                   the network with these exits alone
#   tuned.mpz  tuned-plan.mpz    fine-tuned, and its thresholds searched again
#   tuned-base.mpz               the base fine-tuned for the same epochs
#   static.net.mpz  static.mpz   a network without exits of the same mean cost
#   final/                       the network and the plan that are taken, and all runs
#                                on the test split
#   report.txt  plan.svg  curve.svg
#   trained/KEY.mpz              each training; KEY is a digest of all that shapes it
#   params/  log/  checkpoints/  tmp/  lock     as of search.mk
#
# Every file is written whole or not at all: kill it anywhere, run make again,
# and the same bytes come out.

parts :=
include $(dir $(lastword $(MAKEFILE_LIST)))prologue.mk

# ---- what a preset sets ----
OUT          ?= run
DATA         ?=
SEED         ?= 1
# the network: NET, the name of one that net-zoo knows or a net stream, is trained;
# MODEL, an ONNX model or a trained stream, is taken as it is.  NET_FLAGS and
# IMPORT_FLAGS are further options of net-zoo and net-import
NET          ?=
NET_FLAGS    ?=
MODEL        ?=
IMPORT_FLAGS ?=
# the device: the name of one in pipelines/platforms, a JSON file or a platform stream;
# measured costs in place of its model; what networks compute with on it
PLATFORM     ?=
COSTS        ?=
PRECISION    ?= int8

# training of NET, of the branches on the frozen backbone, and of the chosen exits and
# the backbone together: epochs (0 = no fine-tuning); samples of the training split
# (empty = all)
EPOCHS        ?= 30/0
BRANCH_EPOCHS ?= 10
FINETUNE      ?= 5
TRAIN_IMAGES  ?=
# are training images mirrored: yes, no, or auto; class weights: balanced, or a list
FLIP          ?= auto
CLASS_WEIGHTS ?=

# the plan: what to make small, by which share the accuracy may be below the base's,
# other limits as words --max=NAME=V and --min=NAME=V, the longest time that a sample
# may take in seconds, and how many exits a processor may have (empty = no limit)
MINIMISE     ?= latency
MAX_LOSS     ?= 0.01
LIMITS       ?=
MAX_LATENCY  ?=
EXITS_PER_PROCESSOR ?=
# the split by which exits and thresholds are chosen; the probability with which the
# limit on accuracy is to hold on unseen data, certified on the split cal (empty = no
# guarantee)
SPLIT        ?= val
CONFIDENCE   ?=
# a network to compare with, without exits and trained as NET is: a name of net-zoo, a
# net stream, auto for NET made as narrow as the mean cost of the plan is low, or no
STATIC       ?= $(if $(call named,$(NET)),auto,no)

# further options of the tools.  Branches are trained on samples as they are, so that
# the features of the frozen backbone are computed once.  Fine-tuning clips gradients:
# the losses of the exits add up, and an imported backbone has no norms
TRAIN_FLAGS    ?=
AUGMENT_FLAGS  ?=
BRANCH_FLAGS   ?= --recipe=scratch
MAP_FLAGS      ?=
FINETUNE_FLAGS ?= --recipe=scratch --lr=0.01 --clip-norm=1
# One step runs at a time, with so many threads.
THREADS      ?=
ifeq ($(THREADS),)
override THREADS := $(shell nproc)
endif
# Wraps a whole recipe, e.g. LAUNCH='srun -n1 -c4'.
LAUNCH       ?=

# Names of net-zoo have neither a folder nor a suffix.
named = $(if $(findstring /,$1)$(filter %.mpz,$1),,$1)
status := $(filter status,$(MAKECMDGOALS))
ifeq ($(DATA)$(status),)
$(error DATA=FILE is missing: a dataset stream, see data-import(1), data-synth(1))
endif
# A platform by its name.
platform := $(firstword $(wildcard $(if $(findstring /,$(PLATFORM)),,$(here)/platforms/$(PLATFORM).json)) $(PLATFORM))

# ---- what cannot be ----
# A line of $(faults) for each; augment-preflight.sh says them, with all else that is
# wrong.
define newline


endef
faults :=
ifeq ($(status)$(STAGE),)
ifeq ($(NET)$(MODEL),)
faults := $(faults)NET or MODEL is missing: NET is a network of net-zoo or a net stream, MODEL an ONNX model or a trained stream$(newline)
endif
ifneq ($(and $(NET),$(MODEL)),)
faults := $(faults)NET=$(NET) and MODEL=$(MODEL): give one of them$(newline)
endif
ifeq ($(PLATFORM),)
faults := $(faults)PLATFORM is missing: $(patsubst $(here)/platforms/%.json,%,$(sort $(wildcard $(here)/platforms/*.json))) or a file$(newline)
endif
endif

# ---- parameters ----
# As in search.mk: what the commands of a NAME print is OUT/params/NAME.
common_train  := --seed=$(SEED) $(if $(TRAIN_IMAGES),--train-images=$(TRAIN_IMAGES)) \
                 $(patsubst %,--flip=%,$(filter-out auto,$(FLIP))) $(CLASS_WEIGHTS:%=--class-weights=%)
base_train    := --epochs=$(EPOCHS) $(common_train) $(TRAIN_FLAGS)
# Trainings that begin with what there is; their digests follow from those before.
inherit       := --init-weights=$(OUT)/base.mpz
branch_train  := --epochs=0/$(BRANCH_EPOCHS) --backbone=frozen --acc-loss=independent --recalibrate=0 \
                 --split=$(SPLIT) $(common_train) $(BRANCH_FLAGS)
tuning        := --epochs=0/$(FINETUNE) --backbone=trained --recalibrate=0 --split=$(SPLIT) $(common_train) $(FINETUNE_FLAGS)
on_platform   := --precision=$(PRECISION)
worst         := $(MAX_LATENCY:%=--max=worst_latency=%)
goals         := --minimise=$(MINIMISE) $(LIMITS) $(worst)
loss          := --max-loss=$(or $(MAX_LOSS),none)
# The same as a limit on accuracy, whose value is known once the base's is.
least         := --max-loss=none $(if $(MAX_LOSS),--min=accuracy=0)
places        := $(EXITS_PER_PROCESSOR:%=--exits-per-processor=%)
certified     := $(if $(CONFIDENCE),--confidence=$(CONFIDENCE) --seed=$(SEED))
early         := $(if $(MAX_LATENCY),--platform=$(OUT)/platform.mpz $(on_platform) --max-latency=$(MAX_LATENCY))
trained_net   := $(if $(MODEL),,$(NET))
zoo           := $(call named,$(NET))
imported      := $(filter %.onnx,$(MODEL))

define PARAMS
$(if $(zoo),net net-zoo --params $(zoo) $$(net_shape "$$DATA") $(NET_FLAGS)
net digests dataset=$(DATA),net digests net=$(or $(NET),$(MODEL)))
$(if $(trained_net),base eenn-train --params --dataset="$$DATA" $(base_train)
base digests dataset=$(DATA)
base files $(TRAIN_FLAGS),$(if $(imported),base net-import --params $(IMPORT_FLAGS)
base files $(IMPORT_FLAGS))
base digests model=$(MODEL) dataset=$(DATA))
platform digests platform=$(platform)
augment net-augment --params --seed=$(SEED) $(early) $(AUGMENT_FLAGS)
$(if $(early),augment digests platform=$(platform) $(COSTS:%=costs=%))
branches eenn-train --params --dataset="$$DATA" $(inherit) $(branch_train)
branches digests dataset=$(DATA)
branches files $(BRANCH_FLAGS)
map exit-map --params $(on_platform) $(goals) $(loss) $(places) $(MAP_FLAGS)
$(if $(COSTS),map digests costs=$(COSTS))
$(if $(CONFIDENCE),certify exit-map --params $(on_platform) $(goals) $(least) $(certified) $(MAP_FLAGS))
finetune eenn-train --params --dataset="$$DATA" $(inherit) $(tuning)
finetune digests dataset=$(DATA)
finetune files $(FINETUNE_FLAGS)
static echo static=$(STATIC)
$(if $(filter-out auto no,$(if $(call named,$(STATIC)),,$(STATIC))),static digests net=$(STATIC))
endef
# What status.sh and a reader want to know of the last run.
define SETTINGS
PIPELINE=augment
NET=$(or $(NET),$(MODEL))
PLATFORM=$(PLATFORM)
MINIMISE=$(MINIMISE)
LIMITS=$(MAX_LOSS:%=--max=loss=%) $(LIMITS) $(worst)
FINETUNE=$(FINETUNE)
endef

# ---- targets ----
.PHONY: all preflight plan prune status
ifneq ($(STAGE),)
include $(here)/augment-stages.mk
else
export PARAMS SETTINGS known $(known) faults platform on_platform goals loss least places certified early \
       base_train branch_train tuning inherit
all prune:
	+@MAKE='$(MAKE)' PRESET='$(preset)' $(here)/augment.sh $@ '$(firstword -$(MAKEFLAGS))'
preflight:
	@$(here)/augment-preflight.sh
plan:
	@PRESET='$(preset)' $(here)/augment-plan.sh
endif
status:
	@WHAT=augmentation $(here)/status.sh '$(OUT)'
