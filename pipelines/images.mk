# SPDX-License-Identifier: MIT
# Pictures of one's own: a folder with a folder of pictures for each class, or whatever
# data-import reads, is imported, and the space follows from the data set.  With fewer than 2000 training images
# networks start from random weights and train for many epochs; with more a supernet
# is trained first, on as many images in all as that of cifar10.mk.
#   make -f pipelines/images.mk IMAGES=photographs SIZE=64 OUT=run -j2
IMAGES       ?=
SIZE         ?= 64
IMPORT_FLAGS ?=
OUT          ?= run
DATA         ?= $(OUT)/data.mpz
# the networks: a multiple of the channels of MobileNetV3, and exits at most
WIDTH        ?= 0.5
EXITS        ?= 3
SPACE        ?= ofa-mbv3:width=$(WIDTH),res=$(word 1,$(of_set)),classes=$(word 2,$(of_set)),exits=$(EXITS)$(patsubst %,$(comma)channels=%,$(filter-out 3,$(word 3,$(of_set))))
SUPERNET       ?= $(call by_size,,$(here)/supernet.tsv)
SUPERNET_SCALE ?= $(word 5,$(of_set))
N_START      ?= $(call by_size,8,24)
N_ITER       ?= $(call by_size,2,3)
K            ?= $(call by_size,4,8)
EPOCHS       ?= $(call by_size,20/20/2,2/1/1)
# the most accurate wins, within the limits where there are some
PICK_FLAGS   ?= --by=accuracy
TUNE_FLAGS   ?= --rule=best
FINAL_FLAGS  ?= --recipe=final $(call by_size,--batch=auto)
FINAL_EPOCHS ?= $(call by_size,0/76/4,0/56/4)

# What the data set says, as images.sh prints it: resolution, classes, channels, `few'
# or `many' training images, and the scale of a supernet.
of_set  = $(eval of_set := $(shell BIN='$(BIN)' $(here)/images.sh set '$(DATA)'))$(of_set)
by_size = $(if $(filter many,$(of_set)),$2,$1)
# Settings are known once the pictures are imported.  A DATA that is given is taken as
# it is.
import  = IMAGES='$(IMAGES)' SIZE='$(SIZE)' IMPORT_FLAGS='$(IMPORT_FLAGS)' BIN='$(BIN)' \
          DATA='$(DATA)' $(here)/images.sh
first   = $(if $(filter file,$(origin DATA)),$(if $(shell $(import) stale),$(import)))
include $(dir $(lastword $(MAKEFILE_LIST)))search.mk
