# SPDX-License-Identifier: MIT
# Exits for a classifier of small pictures on a phone and a server: ResNet-32, trained on
# CIFAR-10.
#   make -f pipelines/augment-cifar10.mk DATA=c10.mpz OUT=c10-exits
NET            ?= resnet32
PLATFORM       ?= rk3588-lte
EPOCHS         ?= 60/0
TRAIN_FLAGS    ?= --recipe=scratch --batch=128 --lr=0.1 --weight-decay=1e-4 --warmup=1 --keep=best-final \
                  --crop-pad=4
FINETUNE       ?= 5
FINETUNE_FLAGS ?= --recipe=scratch --batch=128 --lr=0.01 --weight-decay=1e-4 --crop-pad=4
include $(dir $(lastword $(MAKEFILE_LIST)))augment.mk
