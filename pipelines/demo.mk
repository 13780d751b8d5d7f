# SPDX-License-Identifier: MIT
# The whole method in a few minutes on two cores: synthetic images, a narrow
# space, a small supernet.  `make demo` runs it.
DATA         ?= $(OUT)/data.mpz
OUT          ?= demo
SPACE        ?= ofa-mbv3:width=0.5,res=32,classes=10,exits=4
SUPERNET       ?= $(here)/supernet.tsv
SUPERNET_SCALE ?= 0.016
SUPERNET_FLAGS ?= --batch=32 --crop-pad=2 --measure=1
N_START      ?= 12
N_ITER       ?= 3
K            ?= 6
EPOCHS       ?= 1/3/1
TRAIN_IMAGES ?= 3000
TRAIN_FLAGS  ?= --recipe=inherited --batch=32 --lr-scale-heads=5
MAX_MACS     ?= 1.3e6
MIN_ACCURACY ?= 0.70
FINAL_EPOCHS ?= 0/14/2
FINAL_FLAGS  ?= --recipe=final
include $(dir $(lastword $(MAKEFILE_LIST)))search.mk

$(OUT)/data.mpz:
	@mkdir -p $(@D)
	@data-synth --seed=1 -o $@
