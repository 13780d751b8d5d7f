# SPDX-License-Identifier: MIT
# How the makefiles of a pipeline begin: the shell, the tools, and what of the
# settings is refused at once (settings.mk).  search.mk and augment.mk include this
# file before all else and get from it
#
#   here, preset   the folder of the makefiles; the one that make was asked for
#   STAGE          of the stage that search.sh or augment.sh asks for, if any

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
export LC_ALL := C

here := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
include $(here)/settings.mk

# The driver names a stage on the command line; a STAGE of the environment is not its.
STAGE := $(if $(filter command,$(firstword $(origin STAGE))),$(STAGE))

# Tools: those just built, or the installed ones.
preset := $(firstword $(MAKEFILE_LIST))
ifneq ($(wildcard $(here)/../build/release/bin),)
BIN ?= $(abspath $(here)/../build/release/bin)
endif
ifdef BIN
override export PATH := $(BIN):$(PATH)
endif
