# SPDX-License-Identifier: MIT
# A whole search in a few minutes on two cores: synthetic images, a narrow
# space.  `make demo` runs it.
DATA         ?= $(OUT)/data.mpz
OUT          ?= demo
SPACE        ?= ofa-mbv3:width=0.5,res=32,classes=10,exits=4
N_START      ?= 12
N_ITER       ?= 3
K            ?= 6
EPOCHS       ?= 2/3
TRAIN_IMAGES ?= 3000
FINAL_EPOCHS ?= 6/10
MAX_MACS     ?= 1.3e6
MIN_ACCURACY ?= 0.70
# short runs from random weights: more and larger steps, each exit for itself
TRAIN_FLAGS  ?= --batch=32 --lr=0.05 --nesterov --crop-pad=2 --acc-loss=joint
include $(dir $(lastword $(MAKEFILE_LIST)))search.mk

$(OUT)/data.mpz:
	@mkdir -p $(@D)
	@data-synth --seed=1 -o $@
