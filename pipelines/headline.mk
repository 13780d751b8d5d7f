# SPDX-License-Identifier: MIT
# CIFAR-10 as well as five CPU-hours allow, at 2.44 M MACs on average: a supernet of the
# space mb32, a search, a long training of the winner; and what it is compared with.
#   make -f pipelines/headline.mk DATA=c10.mpz OUT=headline -j2
#
# Besides search.mk's targets, each resumable, in folders of their own in OUT:
#
#   hand     a network picked by hand, all hours in its training      OUT/hand
#   random   random search, the same training of its winner           OUT/random
#   static   networks without early exits                             OUT/resnet8, ..
#   curve    the search for other limits, from the same supernet      OUT/curve-MACS
#            and the first winner, only tuned again for these         OUT/retuned-MACS
#   second   the search with another seed                             OUT/seed-N
#   compare  all of these
#   report   all figures there are: OUT/headline.txt, OUT/headline.md
#   check    status 0 only if the winner has what was promised

# ---- the run ----
SPACE          ?= mb32
SUPERNET       ?= $(here)/supernet-mb32.tsv
SUPERNET_SCALE ?= 0.12
N_START        ?= 24
N_ITER         ?= 3
K              ?= 8
EPOCHS         ?= 2/1/1
TRAIN_IMAGES   ?= 20000
TRAIN_FLAGS    ?= --recipe=inherited
TUNE_FLAGS     ?= --rule=best
MIN_ACCURACY   ?= 0.65
MAX_MACS       ?= 2.44e6
# a hundredth below the promise, as the mean cost on the test split is another
FINAL_MAX_MACS   ?= 2.415e6
FINAL_EPOCHS     ?= 0/190/10
# (--distil=W $(WEIGHTS:%=--teacher=%) has the supernet's largest network teach)
FINAL_FLAGS      ?= --recipe=final
FINAL_TUNE_FLAGS ?= --rule=best --grid-step=0.02
# ---- what is promised, on the test split; hours of all tools together ----
ACCURACY       ?= 0.84
MACS_AT_MOST   ?= 2.44e6
CPU_HOURS      ?= 5
# ---- what it is compared with ----
# a genome of SPACE, and epochs that take all hours
HAND           ?= d=1,2,2,3,3 k=3,33,33,333,333 e=1,33,33,333,333 exits=off,gap,off,mix:64
HAND_EPOCHS    ?= 0/900/50
HAND_FLAGS     ?= --recipe=scratch
N_RANDOM       ?= 48
STATIC_EPOCHS  ?= 200/0
STATIC_FLAGS   ?= --recipe=scratch
STATIC_NET_FLAGS ?=
CURVE          ?= 1.5e6 4e6 6e6
SECOND_SEED    ?= 2
# the second seed trains a supernet of its own: yes, or takes the first one: no
SECOND_SUPERNET ?= no

readers := report check
include $(dir $(lastword $(MAKEFILE_LIST)))search.mk

ifeq ($(STAGE),)
.PHONY: hand random static curve second compare check report
# Each has the machine; candidates and threads are what runs side by side.
.NOTPARALLEL:
# A run of this pipeline, and one of a given network, whose settings are not those of
# the search that the command line may have.  What follows from other settings, or stands
# in the makefiles, is theirs to find: it is not handed on.
fresh    := +@env $(foreach v,$(known),$(if $(filter file,$(origin $v)),-u $v))
again    := $(fresh) $(MAKE) -f $(preset)
given_net := $(fresh) $(MAKE) -f $(here)/network.mk SPACE= NET= DESIGN= NET_FLAGS= WEIGHTS= TRAIN_IMAGES= \
            MAX_MACS= MIN_ACCURACY= PLACE_FLAGS= TUNE_FLAGS='$(FINAL_TUNE_FLAGS)'
inherit  := $(if $(supernet),SUPERNET= WEIGHTS=$(OUT)/supernet.mpz)
# what SPACE says of the images
options  := $(subst $(space),$(comma),$(filter res=% classes=% channels=%,$(subst \
            $(comma), ,$(word 2,$(subst :, ,$(SPACE))))))
figures  := $(here)/headline-report.sh
export CURVE SECOND_SEED ACCURACY MACS_AT_MOST CPU_HOURS OUT

hand:
	$(given_net) OUT=$(OUT)/hand SPACE='$(SPACE)' DESIGN='$(HAND)' EPOCHS='$(HAND_EPOCHS)' \
	    TRAIN_FLAGS='$(cost) --max-macs=$(FINAL_MAX_MACS) $(HAND_FLAGS)' \
	    MAX_MACS='$(FINAL_MAX_MACS)' MIN_ACCURACY='$(MIN_ACCURACY)' all
random: $(if $(supernet),supernet)
	$(again) OUT=$(OUT)/random $(inherit) N_START=$(N_RANDOM) N_ITER=0 all
# The second one has as many MACs as the winner may have on average.
static:
	$(given_net) OUT=$(OUT)/resnet8 NET=resnet8 NET_FLAGS='$(STATIC_NET_FLAGS)' \
	    EPOCHS='$(STATIC_EPOCHS)' TRAIN_FLAGS='$(STATIC_FLAGS)' all
	$(given_net) OUT=$(OUT)/mobilenetv2 SPACE=$(here)/mobilenetv2.space$(options:%=:%) DESIGN=0 \
	    EPOCHS='$(STATIC_EPOCHS)' TRAIN_FLAGS='$(STATIC_FLAGS)' all
second: $(if $(filter no,$(SECOND_SUPERNET)),$(if $(supernet),supernet))
	$(again) OUT=$(OUT)/seed-$(SECOND_SEED) SEED=$(SECOND_SEED) $(if $(filter no,$(SECOND_SUPERNET)),$(inherit)) all
curve: all $(CURVE:%=curve-%)
.PHONY: $(CURVE:%=curve-%)
$(CURVE:%=curve-%): curve-%: all
	$(again) OUT=$(OUT)/$@ $(inherit) MAX_MACS=$* FINAL_MAX_MACS=$* all
	@mkdir -p $(OUT)/retuned-$*/final
	@thresh-tune -q $(cost) --max-macs=$* $(MIN_ACCURACY:%=--min-accuracy=%) $(FINAL_TUNE_FLAGS) \
	    $(OUT)/final/trained.mpz -o $(OUT)/retuned-$*/final/result.mpz
	@eenn-run -q --dataset=$(DATA) --split=test --policy=$(OUT)/retuned-$*/final/result.mpz \
	    $(OUT)/final/trained.mpz -o $(OUT)/retuned-$*/final/test.mpz
compare: all hand random static curve second report
report:
	@$(figures) report
check:
	@$(figures) check
endif
