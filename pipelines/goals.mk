# SPDX-License-Identifier: MIT
# Objectives and limits of search.mk, which includes this file: what each tool
# gets of them, and what cannot be.

# Metrics that results have, and those that are counted on a network.
metrics := accuracy error macs macs_paper final_accuracy final_macs min_class_accuracy balanced_accuracy \
           lost_answers disagreement params peak_bytes
counted := params size_bytes peak_bytes final_macs

comma   := ,
goals   := $(subst $(comma), ,$(OBJECTIVES))
targets := $(patsubst %:max,%,$(patsubst %:min,%,$(goals)))

# ---- limits: words --max=NAME=V and --min=NAME=V ----
# Of one limit, its metric and a pattern of all limits of its sense on it.
name_of = $(word 2,$(subst =, ,$1))
like    = $(firstword $(subst =, ,$1))=$(name_of)=%
# $(call besides,LIMITS,MORE): LIMITS, and those of MORE that have no like there.
besides = $1 $(foreach l,$2,$(if $(filter $(call like,$l),$1),,$l))
# $(call limits_of,MACS,ACCURACY), and from limits the MACS.
limits_of = $(1:%=--max=$(MACS)=%) $(2:%=--min=accuracy=%)
bound_of  = $(patsubst --max=$(MACS)=%,%,$(filter --max=$(MACS)=%,$1))

limits       := $(call besides,$(LIMITS),$(call limits_of,$(MAX_MACS),$(MIN_ACCURACY)))
final_limits := $(call besides,$(FINAL_LIMITS),$(call limits_of,$(FINAL_MAX_MACS),$(FINAL_MIN_ACCURACY)))
final_limits := $(call besides,$(final_limits),$(limits))
# What a candidate's training keeps by the cost loss.
TRAIN_MAX_MACS ?= $(call bound_of,$(limits))
# The search leaves the limit on accuracy to the choice of the winner (D13).
STEP_LIMITS  ?= $(filter-out --min=accuracy=% --max=error=%,$(limits))

# Surrogates predict what is searched by and not counted.
searched := $(sort $(targets) $(foreach l,$(STEP_LIMITS),$(call name_of,$l)))
EXACT    ?= $(filter $(counted),$(searched))
fitted   := $(filter-out $(EXACT),$(searched))

# ---- options of the tools ----
# Short forms where there are such: of an option that is given again in
# TUNE_FLAGS or the like the last one counts.
ifeq ($(COST)/$(OBJECTIVES),sequential/accuracy:max$(comma)macs:min)
objectives :=
else
objectives := --objectives=$(OBJECTIVES)
endif
short = $(if $(filter sequential,$(COST)),$(patsubst --max=macs=%,--max-macs=%,$(patsubst --min=accuracy=%,--min-accuracy=%,$1)),$1)
# What thresholds decide; thresh-tune judges two other metrics, too.
tuned = $(call short,$(filter --max=$(MACS)=% --min=accuracy=% --max=lost_answers=% \
        --max=disagreement=% --min=min_class_accuracy=% --min=balanced_accuracy=% $(foreach \
        m,params peak_bytes,--max=$m=% --min=$m=%),$1))
cost        := $(filter --cost=paper,--cost=$(COST))
tune_limits := $(cost) $(call tuned,$(limits))
final_tune_limits := $(cost) $(call tuned,$(final_limits))
# The front, the winner, reports and drawings.
select_goals := $(objectives) $(call short,$(limits))
# nsga2-step takes no short forms beside --objectives.
step_goals  := $(objectives) $(if $(objectives),$(STEP_LIMITS),$(call short,$(STEP_LIMITS))) \
               $(if $(EXACT),$(EXACT:%=--exact=%) $(filter --mac-rule=% --pool-rule=%,$(PLACE_FLAGS)))

# ---- the reference of the hypervolume, which takes three objectives at most ----
measurable := $(if $(word 4,$(goals)),,yes)
references := $(filter $(targets:%=%=%),$(REFERENCE))
referenced := $(foreach r,$(references),$(firstword $(subst =, ,$r)))
# The MACs of the largest design are the worst there are.
from_largest := $(filter-out $(referenced),$(patsubst %:min,%,$(filter $(MACS):min,$(goals))))

# ---- what cannot be ----
# A line of $(faults) for each; preflight says them, with all else that is wrong.
faults :=
define newline


endef
ifeq ($(status)$(STAGE),)
ifneq ($(filter-out sequential paper,$(COST))$(words $(COST)),1)
faults := $(faults)COST=$(COST): the cost is sequential or paper$(newline)
else ifneq ($(MACS),$(if $(cost),macs_paper,macs))
faults := $(faults)MACS=$(MACS): MACS follows from COST: macs from sequential, macs_paper from paper$(newline)
endif

named := with a NAME that results have: $(metrics)
bad   := $(filter-out $(metrics:%=%:max) $(metrics:%=%:min),$(goals)) $(wordlist 2,99,$(OBJECTIVES))
ifneq ($(strip $(bad)),)
faults := $(faults)OBJECTIVES=$(OBJECTIVES): '$(firstword $(bad))' is not NAME:max or NAME:min, joined by commas, $(named)$(newline)
endif
either = $(foreach m,$1,--max=$m=% --min=$m=%)
bad   := $(filter-out $(call either,$(metrics)),$(limits) $(final_limits))
ifneq ($(bad),)
faults := $(faults)LIMITS: '$(firstword $(bad))' is not --max=NAME=V or --min=NAME=V $(named) (size_bytes is for PLACE_LIMITS=--max=size_bytes=N)$(newline)
endif
bad   := $(filter-out $(call either,$(metrics) $(counted)),$(STEP_LIMITS))
ifneq ($(bad),)
faults := $(faults)STEP_LIMITS: '$(firstword $(bad))' is not --max=NAME=V or --min=NAME=V $(named)$(newline)
endif
bad   := $(filter-out $(counted),$(EXACT))
ifneq ($(bad),)
faults := $(faults)EXACT=$(EXACT): $(firstword $(bad)) cannot be computed from a network alone, only $(counted) can$(newline)
endif
bad   := $(filter --mac-rule --pool-rule,$(PLACE_FLAGS))
ifneq ($(and $(EXACT),$(bad)),)
faults := $(faults)PLACE_FLAGS: with EXACT write $(firstword $(bad))=RULE, one word$(newline)
endif
bad   := $(filter-out accuracy error final_accuracy $(referenced) $(from_largest),$(targets))
ifneq ($(and $(measurable),$(bad)),)
faults := $(faults)REFERENCE=$(firstword $(bad))=WORST is missing: the hypervolume needs the worst value of $(firstword $(bad)); NAME=WORST:BEST if the best is not 0$(newline)
endif
ifneq ($(filter --limits=penalty,$(lastword $(filter --limits=%,$(STEP_FLAGS)))),)
ifneq ($(filter-out $(call either,$(targets)),$(STEP_LIMITS))$(word 2,$(filter --max=%,$(STEP_LIMITS))),)
faults := $(faults)STEP_FLAGS: --limits=penalty accepts one maximum, on an objective, and STEP_LIMITS are $(STEP_LIMITS)$(newline)
endif
endif
bad   := $(filter-out $(metrics:%=%=%),$(REFERENCE))
ifneq ($(strip $(bad)),)
faults := $(faults)REFERENCE: '$(firstword $(bad))' is not NAME=WORST or NAME=WORST:BEST $(named)$(newline)
endif
ifneq ($(words $(referenced)),$(words $(sort $(referenced))))
faults := $(faults)REFERENCE=$(REFERENCE): a metric has two references$(newline)
endif
endif
