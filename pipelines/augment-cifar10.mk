# SPDX-License-Identifier: MIT
# Exits for a classifier of small pictures on a phone and a server: ResNet-32, trained on
# CIFAR-10.
#   make -f pipelines/augment-cifar10.mk DATA=c10.mpz OUT=c10-exits
NET            ?= resnet32
PLATFORM       ?= rk3588-lte
PRECISION      ?= float
EPOCHS         ?= 30/0
TRAIN_FLAGS    ?= --batch=128 --lr=0.1 --warmup=1 --nesterov --weight-decay=5e-4 --crop-pad=4 \
                  --keep=best-final
# A large network's last exits are trained at a low rate; the margin's thresholds are fine.
BRANCH_FLAGS   ?= --recipe=scratch --lr=0.01
MAP_FLAGS      ?= --rule=margin --grid-step=0.02
FINETUNE       ?= 5
FINETUNE_FLAGS ?= --recipe=scratch --batch=128 --lr=0.005 --clip-norm=1 --weight-decay=1e-4 --crop-pad=4
include $(dir $(lastword $(MAKEFILE_LIST)))augment.mk
