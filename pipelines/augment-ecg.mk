# SPDX-License-Identifier: MIT
# Exits for a classifier of heart beats on a microcontroller of two cores: beats of the
# MIT-BIH Arrhythmia Database, drawn at random or by patients.
#   make -f pipelines/augment-ecg.mk DATA=beats.mpz OUT=ecg
NET            ?= ecg-cnn
PLATFORM       ?= psoc6-measured
EPOCHS         ?= 12/0
TRAIN_FLAGS    ?= --recipe=scratch --batch=128 --weight-decay=1e-4 --warmup=1 --keep=best-final
# A beat is one pixel wide: its 16 means take no more than the 4x4 of a picture.
AUGMENT_FLAGS  ?= --pool=16
BRANCH_EPOCHS  ?= 20
FINETUNE       ?= 3
include $(dir $(lastword $(MAKEFILE_LIST)))augment.mk
