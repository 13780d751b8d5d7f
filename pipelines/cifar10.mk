# SPDX-License-Identifier: MIT
# The whole method on CIFAR-10 in an evening on two cores: a supernet trained on
# the 45,000 training images, a search of 48 candidates that take their weights
# from it, the winner trained on.
#   make -f pipelines/cifar10.mk DATA=c10.mpz OUT=c10 -j2
SUPERNET       ?= $(here)/supernet.tsv
SUPERNET_SCALE ?= 0.04
N_START      ?= 24
N_ITER       ?= 3
K            ?= 8
EPOCHS       ?= 2/1/1
TRAIN_IMAGES ?= 20000
MAX_MACS     ?= 2.7e6
MIN_ACCURACY ?= 0.65
# short trainings on inherited weights; the winner long, at a tighter limit
TRAIN_FLAGS  ?= --recipe=inherited
TUNE_FLAGS   ?= --rule=best
FINAL_FLAGS    ?= --recipe=final
FINAL_EPOCHS   ?= 0/56/4
FINAL_MAX_MACS ?= 2.44e6
FINAL_TUNE_FLAGS ?= --rule=best --grid-step=0.02
include $(dir $(lastword $(MAKEFILE_LIST)))search.mk
