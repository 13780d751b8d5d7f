# SPDX-License-Identifier: MIT
# The iterative search, whatever the space, the data set and the limits.
#
#   make -f pipelines/nachos.mk DATA=c10.mpz OUT=run1 SEED=1 -j2
#
# A preset (nachos.mk, cifar10.mk, images.mk, demo.mk) is a list of variables that includes
# this file; each of them can be given on the command line too.  This file has
# the variables and the targets, goals.mk what follows from objectives and
# limits, stages.mk the rules, search.sh the order in which they are made.
#
# What lands in OUT:
#
#   supernet/KEY-NNN.mpz         the supernet after NNN epochs; KEY is a digest of
#                                all that shapes it; supernet.mpz is the last of
#                                them, supernet.txt has its tables
#   it-00/archs.mpz              the first designs: corners and random ones
#   it-NN/NAME.surrogate.mpz, archs.mpz    the next ones (NN > 0)
#   it-NN/nets.mpz, rejects.mpz  those within the hard limits, and the others
#   it-NN/SS.design, slots.mk    arch id, genome and training of slot SS; all slots
#   it-NN/SS.result.mpz          that candidate, tuned
#   it-NN/archive.mpz            every result so far (cat)
#   it-NN/hypervolume            of its front
#   trained/KEY.mpz              trainings without weights: KEY is the arch id
#                                and a digest of all that shapes a training
#   reference                    of all hypervolumes: lines NAME=WORST[:BEST]
#   archive.mpz  front.mpz       of the last iteration
#   final/                       the winner: trained longer, tuned, run once on
#                                the test split
#   report.txt  front.svg  hypervolume.svg
#   params/                      the parameters in force, as the tools print
#                                them with --params, the calls that they came
#                                from; digests of files; what passed preflight
#   log/  checkpoints/  tmp/     what failed and what all took, trainings cut short, what is in
#                                the making; lock is held by who works here
#
# Every file is written whole or not at all: kill it anywhere, run make again,
# and the same bytes come out.  What shapes a file is a prerequisite of it: the
# files it is made of, and OUT/params/NAME.  Files from outside count by their
# digest, not by their time.

parts := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))/goals.mk
include $(dir $(parts))prologue.mk

# ---- what a preset sets ----
OUT          ?= run
DATA         ?=
SEED         ?= 1
# where candidates come from: a built-in space, or FILE or FILE:res=49x10,classes=12 for
# a network table of one's own, see nachos-space(5)
SPACE        ?= ofa-mbv3:width=1,res=32,classes=10,exits=4
N_START      ?= 100
# the search: N_ITER iterations of K candidates; it stops early when the
# hypervolume has not changed for N_TOL of them
N_ITER       ?= 30
K            ?= 8
N_TOL        ?= 10
# what the average cost of an image is: sequential, every head that ran, or
# paper, Eq. 13; and the metric of that, which follows from it
COST         ?= sequential
MACS         ?= $(if $(filter paper,$(COST)),macs_paper,macs)
# metrics of results to make large or small, joined by commas
OBJECTIVES   ?= accuracy:max,$(MACS):min
# limits (empty = none): those on MACs and accuracy, and any as words
# --max=NAME=V and --min=NAME=V, of which one on MACs or accuracy takes the place
# of the first two; then the winner's, the same as the search's where they say
# nothing
MAX_MACS     ?=
MIN_ACCURACY ?=
LIMITS       ?=
FINAL_MAX_MACS     ?=
FINAL_MIN_ACCURACY ?=
FINAL_LIMITS       ?=
# the probability with which the winner's limits on accuracy, min_class_accuracy,
# lost_answers and disagreement are to hold on unseen data; its thresholds are then
# found on the split cal of DATA, not on val (empty = no guarantee)
CONFIDENCE   ?=
# the worst value of each objective that counts for the hypervolume, and the best
# there could be, as words NAME=WORST:BEST or, where the best is 0, NAME=WORST;
# accuracy, error and the MACs need none
REFERENCE    ?=
# goals.mk also sets STEP_LIMITS, the limits that proposals are to keep, and EXACT,
# what is counted on networks and needs no surrogate

# weights to start from: those of a supernet that is trained first, by the
# phases of the list SUPERNET, epochs times SUPERNET_SCALE, at most
# SUPERNET_STEP of them in a run that can be killed; or given ones.  Neither =
# random weights
SUPERNET       ?=
SUPERNET_SCALE ?= 1
SUPERNET_STEP  ?= 5
SUPERNET_FLAGS ?=
WEIGHTS        ?= $(if $(SUPERNET),$(OUT)/supernet.mpz)
# training of a candidate and of the winner: epochs BACKBONE/EXITS/PEAK, images
# of the training split (empty = all)
EPOCHS       ?= 10/5/5
TRAIN_IMAGES ?=
FINAL_EPOCHS ?= $(EPOCHS)
FINAL_IMAGES ?=
# are training images mirrored: yes, no, or auto, as the recipe says, or else the
# data set; of the supernet, the candidates and the winner
FLIP         ?= auto
# class weights of the candidates' and the winner's training: balanced, or a list
CLASS_WEIGHTS ?=
# KEEP_TRAININGS=0 keeps no trainings: less disk, but other limits train anew
KEEP_TRAININGS ?= 1
# further options of the tools; PLACE_LIMITS are eec-place's hard limits: what
# breaks one is not trained, stands in the archive as failed and is never
# proposed again; PICK_FLAGS are pareto-select's when the winner is picked: the
# most accurate within the limits or, without limits, the best trade-off, unless
# they say otherwise
PLACE_FLAGS  ?=
PLACE_LIMITS ?=
TRAIN_FLAGS  ?=
TUNE_FLAGS   ?=
FINAL_TUNE_FLAGS ?= $(TUNE_FLAGS)
PICK_FLAGS   ?=
FIT_FLAGS    ?= --model=auto,rank-rbf,rank-gp
STEP_FLAGS   ?=
FINAL_FLAGS  ?= $(TRAIN_FLAGS)
# goals.mk also sets TRAIN_MAX_MACS, the MACs that a candidate's training is to
# keep: the limit on them unless it says otherwise, so that the limit can change
# and nothing is trained anew.
# Each candidate is one process with one thread; -j runs them side by side.
# The winner and the supernet have the machine to themselves.
FINAL_THREADS ?=
ifeq ($(FINAL_THREADS),)
override FINAL_THREADS := $(shell nproc)
endif
# Wraps a whole recipe, e.g. LAUNCH='srun -n1 -c1'.
LAUNCH       ?=

# (A preset names further targets of its own that only read in $(readers).)
status := $(filter status $(readers),$(MAKECMDGOALS))
ifeq ($(DATA)$(status),)
$(error DATA=FILE is missing: a dataset stream, see data-import(1), data-synth(1))
endif

include $(here)/goals.mk

# ---- parameters ----
# Lines NAME COMMAND: what the commands of a NAME print is OUT/params/NAME, a
# prerequisite of all that it shapes (search.sh).  A tool prints its parameters
# in force, of which some follow from the data set and from there being weights;
# after it `digests` says what files hold, `files` the same of those that
# options name, and `of` what a NAME is; `by` has tools asked again when a table has
# changed, whose hash they print.  A supernet is what its parameters make it.
own_space    := $(if $(wildcard $(firstword $(subst :, ,$(SPACE)))),--space=$(SPACE))
certified    := $(if $(CONFIDENCE),--confidence=$(CONFIDENCE) --seed=$(SEED))
class_weights := $(CLASS_WEIGHTS:%=--class-weights=%)
flip         := $(patsubst %,--flip=%,$(filter-out auto,$(FLIP)))
search_train := $(cost) --epochs=$(EPOCHS) $(if $(TRAIN_IMAGES),--train-images=$(TRAIN_IMAGES)) $(TRAIN_FLAGS) $(flip) $(class_weights)
final_train  := $(cost) --epochs=$(FINAL_EPOCHS) $(if $(FINAL_IMAGES),--train-images=$(FINAL_IMAGES)) $(FINAL_FLAGS) $(flip) $(class_weights)
max_macs      = $(if $1,--max-macs=$1)
final_macs   := $(call bound_of,$(final_limits))
supernet     := $(if $(filter $(OUT)/supernet.mpz,$(WEIGHTS)),$(SUPERNET))
weights      := $(if $(supernet),of supernet,$(WEIGHTS:%=digests weights=%))
# options that name the weights, as --teacher may, whose digest is known already; others
of_weights    = $(if $(WEIGHTS),$(filter --%=$(WEIGHTS),$1))
others        = $(filter-out $(call of_weights,$1),$1)
named_weights = $(patsubst %,$2 echo %,$(patsubst --%=$(WEIGHTS),%=weights,$(call of_weights,$1)))
given        := --dataset="$$DATA" $(if $(WEIGHTS),--init-weights="$$WEIGHTS")

define PARAMS
$(if $(supernet),supernet ofa-train --params --dataset="$$DATA" --space=$(SPACE) --schedule=$(SUPERNET) --scale=$(SUPERNET_SCALE) --seed=$(SEED) $(SUPERNET_FLAGS) $(flip)
supernet by $(SPACE)
supernet digests dataset=$(DATA) schedule=$(SUPERNET)
supernet files $(SUPERNET_FLAGS))
space ofa-sample --params --space=$(SPACE) --corners --seed=$(SEED)
space by $(SPACE)
place eec-place --params $(PLACE_FLAGS)
place-limits eec-place --params $(PLACE_FLAGS) $(PLACE_LIMITS)
train eenn-train --params $(given) --seed=$(SEED) $(call max_macs,$(TRAIN_MAX_MACS)) $(search_train)
$(call named_weights,$(TRAIN_FLAGS),train)
train digests dataset=$(DATA)
$(if $(weights),train $(weights))
train files $(call others,$(TRAIN_FLAGS))
tune thresh-tune --params $(tune_limits) $(TUNE_FLAGS)
pick pareto-select --params $(select_goals) $(PICK_FLAGS)
step surrogate-fit --params --target=accuracy --seed=$(SEED) $(FIT_FLAGS)
step nsga2-step --params --space=$(SPACE) $(step_goals) -k $(K) --seed=$(SEED) $(STEP_FLAGS)
step by $(SPACE)
step files $(STEP_FLAGS)
reference echo objectives=$(OBJECTIVES) cost=$(COST) $(references)
final eenn-train --params $(given) --seed=$(SEED) $(call max_macs,$(final_macs)) $(final_train)
$(call named_weights,$(FINAL_FLAGS),final)
final digests dataset=$(DATA)
$(if $(weights),final $(weights))
final files $(call others,$(FINAL_FLAGS))
final-tune thresh-tune --params $(final_tune_limits) $(certified) $(FINAL_TUNE_FLAGS)
final-limits pareto-select --params $(objectives) $(call short,$(final_limits))
endef
# What status.sh and a reader want to know of the last run.
define SETTINGS
N_START=$(N_START)
N_ITER=$(N_ITER)
K=$(K)
N_TOL=$(N_TOL)
OBJECTIVES=$(objectives)
LIMITS=$(call short,$(limits))
PICK_FLAGS=$(PICK_FLAGS)
SPACE=$(SPACE)
SUPERNET=$(supernet)
SUPERNET_SCALE=$(SUPERNET_SCALE)
endef

# ---- targets ----
.PHONY: all preflight plan supernet search finish retune prune status
ifneq ($(STAGE),)
include $(here)/stages.mk
else
# A preset whose settings follow from a data set that it makes sets `first' to the
# script that makes that and then calls make again.
first := $(if $(filter-out finish retune prune status,$(or $(MAKECMDGOALS),all)),$(first))
ifneq ($(first),)
export OUT DATA
all preflight plan supernet search:
	+@MAKE='$(MAKE)' PRESET='$(preset)' $(first) $@ '$(firstword -$(MAKEFLAGS))'
else
export PARAMS SETTINGS known $(known) faults limits final_limits references tune_limits \
       final_tune_limits select_goals step_goals
driver = MAKE='$(MAKE)' PRESET='$(preset)' SUPERNET='$(supernet)' $(here)/search.sh
all supernet search finish retune prune:
	+@$(driver) $@ '$(firstword -$(MAKEFLAGS))'
preflight:
	@SUPERNET='$(supernet)' $(here)/preflight.sh
plan:
	@PRESET='$(preset)' SUPERNET='$(supernet)' $(here)/plan.sh
endif
status:
	@$(here)/status.sh '$(OUT)' $(foreach v,N_START N_ITER K N_TOL,$(if \
	    $(filter command,$(firstword $(origin $v))),'$v=$($v)'))
endif
