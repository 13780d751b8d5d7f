# SPDX-License-Identifier: MIT
# A network that is given: trained, tuned, and run once on the test split.
#
#   make -f pipelines/network.mk NET=resnet8 DATA=c10.mpz OUT=run EPOCHS=200/0
#   make -f pipelines/network.mk SPACE=mb32 DESIGN=GENOME DATA=c10.mpz OUT=run
#
# The network is NET, the name of one that net-zoo knows or a net stream, or a DESIGN of
# a SPACE, as ofa-sample takes it.  What lands in OUT:
#
#   net.mpz  report.txt          the network; its figures
#   final/                       it, trained; its thresholds, by the split val; its run
#                                on the test split
#   params/  log/  checkpoints/  tmp/  lock     as of search.mk
#
# Kill it anywhere, run make again, and the same bytes come out.

parts :=
include $(dir $(lastword $(MAKEFILE_LIST)))prologue.mk

OUT          ?= run
DATA         ?=
SEED         ?= 1
NET          ?=
NET_FLAGS    ?=
SPACE        ?=
DESIGN       ?=
PLACE_FLAGS  ?=
# training: weights to start from, epochs BACKBONE/EXITS[/PEAK], images of the training
# split (empty = all); are training images mirrored
WEIGHTS      ?=
EPOCHS       ?= 10/5/5
TRAIN_IMAGES ?=
FLIP         ?= auto
TRAIN_FLAGS  ?=
# thresholds
MAX_MACS     ?=
MIN_ACCURACY ?=
TUNE_FLAGS   ?=
THREADS      ?=
ifeq ($(THREADS),)
override THREADS := $(shell nproc)
endif
# Wraps a whole recipe, e.g. LAUNCH='srun -n1 -c4'.
LAUNCH       ?=

ifeq ($(DATA),)
$(error DATA=FILE is missing: a dataset stream, see data-import(1), data-synth(1))
endif
ifneq ($(words $(NET) $(SPACE)),1)
$(error give NET, a network of net-zoo or a net stream, or SPACE and DESIGN)
endif

zoo   := $(if $(findstring /,$(NET))$(filter %.mpz,$(NET)),,$(NET))
own_space := $(if $(wildcard $(firstword $(subst :, ,$(SPACE)))),--space=$(SPACE))
train := --seed=$(SEED) --epochs=$(EPOCHS) $(if $(TRAIN_IMAGES),--train-images=$(TRAIN_IMAGES)) \
         $(if $(WEIGHTS),--init-weights=$(WEIGHTS)) $(TRAIN_FLAGS) $(patsubst %,--flip=%,$(filter-out auto,$(FLIP)))
tune  := $(MAX_MACS:%=--max-macs=%) $(MIN_ACCURACY:%=--min-accuracy=%) $(TUNE_FLAGS)

# As of search.mk.
define PARAMS
$(if $(SPACE),net ofa-sample --params --space=$(SPACE) "$$DESIGN"
net eec-place --params $(PLACE_FLAGS)
net by $(SPACE))
$(if $(zoo),net net-zoo --params $(NET) $(NET_FLAGS)
net digests dataset=$(DATA))
$(if $(zoo)$(SPACE),,net digests net=$(NET))
train eenn-train --params --dataset="$$DATA" $(train)
train digests dataset=$(DATA) $(WEIGHTS:%=weights=%)
train files $(TRAIN_FLAGS)
tune thresh-tune --params $(tune)
endef
define SETTINGS
PIPELINE=network
endef

.PHONY: all
ifneq ($(STAGE),)
include $(here)/network-stages.mk
else
export PARAMS SETTINGS known $(known)
all:
	+@MAKE='$(MAKE)' PRESET='$(preset)' $(here)/network.sh $@ '$(firstword -$(MAKEFLAGS))'
endif
