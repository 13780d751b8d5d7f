# SPDX-License-Identifier: MIT
# What the rules of a pipeline are written with; stages.mk and augment-stages.mk
# include this file when a stage is asked for.  The driver has made the folders and
# written OUT/params.  In a dry run it has not: then DIFFER names the parameters that
# are others than those there.
#
#   STAGE=data     DATA, where a preset makes it

param = $(OUT)/params/$1
$(DIFFER:%=$(OUT)/params/%): FORCE
	# $@ changes
FORCE:
# $(call if_gone,FILES): the target is made again when one of the files is not there.
# They are written beside it, and only where they are to change, so that make cannot
# go by their times.
if_gone = $(if $(filter-out $(wildcard $1),$1),FORCE)
.PHONY: FORCE
.SECONDEXPANSION:

run   := $(LAUNCH) bash -eu -o pipefail -c
common := . $(here)/common.sh
# $(call logged,NAME,COMMANDS): what fails says so in a line, and OUT/log/NAME
# has what it said, as it has warnings.  NAME is also that of its progress, with -
# for /.
name   = $(subst /,-,$1)
stderr = $(OUT)/tmp/$(name).stderr
log    = $(OUT)/log/$(name)
logged = $(run) '$2' 2>$(stderr) || { s=$$?; $(common); mv $(stderr) $(log); say "$1 failed: $$(\
	    tail -n 1 $(log) | grep . || echo status $$s) ($(log))"; exit $$s; }; \
	    [ ! -s $(stderr) ] || mv $(stderr) $(log)
progress = --no-progress --progress-file=$(OUT)/tmp/$(name).progress $(report)
# What it cost; the driver adds it up in OUT/log/cpu.
report   = --report=$(OUT)/tmp/$(name).report
# What is left of a training that was cut short, by the training's name.
resume   = --checkpoint=$(OUT)/checkpoints/$1.mpz
# $(call write,COMMANDS): their output becomes the target, whole.  No `&&': the
# shell would go on after one of them that fails.
tmp    = $(OUT)/tmp/$(subst /,-,$(patsubst $(OUT)/%,%,$@))
write  = $1 >$(tmp); mv -T $(tmp) $@
# $(call kept_as,FILE): what was trained becomes the file, if it was trained on what
# its name, or OUT/params, says.
kept_as = $(common); same_inputs; mv -T $(tmp) $1
# $(call digest_of,NAMES): of these parameters, for the names of trainings.
digest_of = $$(cat $(foreach p,$1,$(call param,$p)) | b2sum -l 64 | cut -c1-16)

data: $(DATA)
ifeq ($(STAGE),data)
# Catches every file without a rule: DATA, unless the preset has one for it.
.DEFAULT:
	@echo 'DATA=$@: there is no such file; data-import(1) and data-synth(1) make data sets' >&2; exit 2
endif
