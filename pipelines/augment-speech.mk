# SPDX-License-Identifier: MIT
# Exits for a spotter of key words on a microcontroller of two cores: DS-CNN L, trained
# on the features of Speech Commands.
#   make -f pipelines/augment-speech.mk DATA=speech.mpz OUT=speech
NET            ?= ds-cnn-l
PLATFORM       ?= psoc6-measured
EPOCHS         ?= 60/0
TRAIN_FLAGS    ?= --recipe=scratch --batch=64 --weight-decay=1e-4 --warmup=1 --keep=best-final \
                  --roll=5 --time-mask=10 --band-mask=2
BRANCH_EPOCHS  ?= 20
FINETUNE       ?= 10
FINETUNE_FLAGS ?= --recipe=scratch --batch=64 --lr=0.01 --weight-decay=1e-4 --keep=best-loss \
                  --roll=5 --time-mask=10 --band-mask=2
include $(dir $(lastword $(MAKEFILE_LIST)))augment.mk
