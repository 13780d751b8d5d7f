# SPDX-License-Identifier: MIT
# A trained network gets exits for a small device, in a minute or two on two cores:
# synthetic heart beats, a small residual network, a microcontroller of two cores.
# `make demo-augment` runs it.
OUT           ?= demo-augment
DATA          ?= $(OUT)/data.mpz
NET           ?= ecg-cnn
PLATFORM      ?= psoc6-measured
EPOCHS        ?= 20/0
TRAIN_FLAGS   ?= --roll=4
BRANCH_EPOCHS ?= 10
FINETUNE      ?= 5
FINETUNE_FLAGS ?= --recipe=scratch --lr=0.01 --roll=4
include $(dir $(lastword $(MAKEFILE_LIST)))augment.mk

$(OUT)/data.mpz:
	@mkdir -p $(@D)
	@data-synth --kind=signals --seed=1 -o $@
