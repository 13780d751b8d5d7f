# SPDX-License-Identifier: MIT
# NACHOS as published: 100 first designs, at most 30 iterations of 8, done when
# the hypervolume stands still for 10; 65 % and 2.7 M MACs on CIFAR-10; Eq. 19
# for the limit on MACs, proposals spread along the MACs, grid and repair of the
# thresholds; the best trade-off wins.  The supernet is one's own, a tenth as long
# as its authors trained theirs.
#   make -f pipelines/nachos.mk DATA=c10.mpz OUT=run1 SEED=1 -j2
SUPERNET       ?= $(here)/supernet.tsv
SUPERNET_SCALE ?= 0.1
N_START      ?= 100
N_ITER       ?= 30
K            ?= 8
N_TOL        ?= 10
EPOCHS       ?= 10/5/5
TRAIN_FLAGS  ?= --recipe=paper --flip=auto
TUNE_FLAGS   ?= --method=grid
FIT_FLAGS    ?= --model=auto
STEP_FLAGS   ?= --limits=penalty --pick=spread
PICK_FLAGS   ?= --by=tradeoff
MAX_MACS     ?= 2.7e6
MIN_ACCURACY ?= 0.65
include $(dir $(lastword $(MAKEFILE_LIST)))search.mk
