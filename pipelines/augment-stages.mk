# SPDX-License-Identifier: MIT
# The rules of augment.mk, which includes this file when augment.sh asks for a stage:
#
#   STAGE=base KEY=..       the network that is augmented, in training KEY
#   STAGE=branches KEY=..   every candidate exit of it
#   STAGE=map               the best plan
#   STAGE=tune KEY=..       its exits and the backbone together
#   STAGE=tune-plan         thresholds for these
#   STAGE=tune-base KEY=..  the base for the same epochs
#   STAGE=take TAKE=tuned|chosen    what the search ends with
#   STAGE=static-net        the network to compare with
#   STAGE=static KEY=..     its training
#   STAGE=test RUNS=..      each of these once on the test split
#   STAGE=report ..         the report and the pictures
#
# and that of recipes.mk, which has what every rule uses.  A training is kept by its
# key, a digest of all that shapes it: one that is there is never made again, whatever
# the time of what it was made of.  What is made of it follows the copy that has a name,
# which is made again when OUT/params/NAME-key says another.

include $(here)/recipes.mk
.PHONY: base branches map tune tune-plan tune-base take static-net static test report

final  := $(OUT)/final
train   = eenn-train --dataset=$(DATA) $(call progress,$1) $(call resume,$1-$(KEY)) --threads=$(THREADS)
# $(call training,NAME): where it is kept.
training = $(OUT)/trained/$1-$(KEY).mpz
# $(call copied,NAME): the training under its name.
define copied
$(OUT)/$1.mpz: $(call training,$1) $(call param,$1-key)
	@cp --reflink=auto $$< $$(tmp); mv -T $$(tmp) $$@
$1: $(OUT)/$1.mpz
endef
of_platform := --platform=$(OUT)/platform.mpz

# ---- the network, the platform ----
$(OUT)/platform.mpz: $(call param,platform)
	@$(call logged,platform,if [ "$$(head -c 1000 $(platform) | tr -d "[:space:]" | head -c 1)" = "{" ]; \
	    then stream-load --kind=platform $(platform) -o $@; else cp $(platform) $(tmp); mv -T $(tmp) $@; fi)

ifeq ($(STAGE),base)
$(OUT)/net.mpz: $(call param,net)
	@$(call logged,net,$(if $(zoo),$(common); net-zoo $(zoo) $$(net_shape $(DATA)) $(NET_FLAGS) -o $@,\
	    stream-pick --index=0 $(NET) -o $@))
$(call training,base): | $(if $(trained_net),$(OUT)/net.mpz)
	@$(call logged,base,$(if $(trained_net),$(call train,base) $(base_train) $(OUT)/net.mpz -o $(tmp),\
	    $(if $(imported),net-import --dataset=$(DATA) $(IMPORT_FLAGS) $(MODEL) -o $(tmp),\
	    stream-pick --index=0 $(MODEL) -o $(tmp))); $(call kept_as,$@))
$(eval $(call copied,base))
base: $(OUT)/platform.mpz
endif

# ---- every candidate exit ----
ifeq ($(STAGE),branches)
$(OUT)/candidates.mpz: $(OUT)/base.mpz $(call param,augment) $(if $(early),$(OUT)/platform.mpz)
	@$(call logged,candidates,net-augment --seed=$(SEED) $(early) $(if $(early),$(COSTS:%=--costs=%)) \
	    $(AUGMENT_FLAGS) $< -o $@)
$(call training,branches): | $(OUT)/candidates.mpz
	@$(call logged,branches,$(call train,branches) --init-weights=$| $(branch_train) $| \
	    -o $(tmp); $(call kept_as,$@))
$(eval $(call copied,branches))
endif

# ---- the plan ----
map  = exit-map --no-progress $(of_platform) $(COSTS:%=--costs=%) $(on_platform)
# $(call best,PLANS): the first one of rank 0.
best = n=$$(stream-dump -r $1 | jq -s "map(.role == \"plan\" and .rank == 0) | index(true)"); \
       stream-pick --index=$$n $1
# $(call settled,PLAN): thresholds alone are searched.  Accuracy is measured by that of
# the base, since that of a fine-tuned network is another.
settled = $(map) --plan=$1 $(goals) --max-loss=none $(if $(MAX_LOSS),--min=accuracy=$$(stream-dump -r \
          $(OUT)/plans.mpz | jq -rs --arg loss "$(MAX_LOSS)" "map(select(.role == \"base\"))[0].accuracy - \
          (\$$loss | if endswith(\"%\") then (.[:-1] | tonumber) / 100 else tonumber end) | [., 0] | max"))
ifeq ($(STAGE),map)
$(OUT)/plans.mpz: $(OUT)/branches.mpz $(OUT)/platform.mpz $(call param,map)
	@$(call logged,plans,$(map) $(goals) $(loss) $(places) $(MAP_FLAGS) $< -o $@)
$(OUT)/plan.mpz: $(OUT)/plans.mpz
	@$(call best,$<) -o $@
# The exits that are on, by which a fine-tuning is known.
$(OUT)/exits: $(OUT)/plan.mpz
	@$(call write,stream-dump -r $< | jq -r '.segments[:-1][] | select(.exit) | .to')
$(OUT)/chosen.mpz: $(OUT)/branches.mpz $(OUT)/plan.mpz
	@net-augment --keep=$(OUT)/plan.mpz $< -o $@
map: $(OUT)/exits $(OUT)/chosen.mpz
endif

# ---- fine-tuning ----
ifeq ($(STAGE),tune)
$(call training,tuned): | $(OUT)/chosen.mpz
	@$(call logged,tuned,$(call train,tuned) --init-weights=$| $(tuning) $| \
	    -o $(tmp); $(call kept_as,$@))
$(eval $(call copied,tuned))
tune: $(OUT)/tuned.mpz
endif
ifeq ($(STAGE),tune-plan)
$(OUT)/tuned-plans.mpz: $(OUT)/tuned.mpz $(OUT)/plan.mpz $(OUT)/platform.mpz $(call param,map)
	@$(call logged,tuned-plans,$(call settled,$(OUT)/plan.mpz) $(MAP_FLAGS) $< -o $@)
$(OUT)/tuned-plan.mpz: $(OUT)/tuned-plans.mpz
	@$(call best,$<) -o $@
tune-plan: $(OUT)/tuned-plan.mpz
endif
ifeq ($(STAGE),tune-base)
$(call training,tuned-base): | $(OUT)/base.mpz
	@$(call logged,tuned-base,$(call train,tuned-base) --init-weights=$| $(tuning) $| \
	    -o $(tmp); $(call kept_as,$@))
$(eval $(call copied,tuned-base))
tune-base: $(OUT)/tuned-base.mpz
endif
ifeq ($(STAGE),take)
# With CONFIDENCE the thresholds are found on the split cal, which nothing else was
# chosen by: a training of no epochs has its trace.
taken_plan := $(OUT)/$(if $(filter tuned,$(TAKE)),tuned-)plan.mpz
$(final)/trained.mpz: $(OUT)/$(TAKE).mpz $(call param,taken)
	@$(if $(CONFIDENCE),$(call logged,cal,eenn-train --no-progress --dataset=$(DATA) \
	    --init-weights=$< --epochs=0/0 --recalibrate=0 --split=cal --threads=$(THREADS) \
	    --seed=$(SEED) $< -o $(tmp); $(call kept_as,$@)),cp --reflink=auto $< $(tmp); mv -T $(tmp) $@)
$(final)/plans.mpz: $(final)/trained.mpz $(taken_plan) $(OUT)/plans.mpz $(if $(CONFIDENCE),$(call param,certify))
	@$(call logged,certified,$(call settled,$(taken_plan)) $(certified) $(MAP_FLAGS) $< -o $@)
$(final)/plan.mpz: $(if $(CONFIDENCE),$(final)/plans.mpz,$(taken_plan)) $(call param,taken)
	@$(if $(CONFIDENCE),$(call best,$<) >$(tmp),cp --reflink=auto $< $(tmp)); mv -T $(tmp) $@
take: $(final)/trained.mpz $(final)/plan.mpz
endif

# ---- a network without exits of the same mean cost ----
ifeq ($(STAGE),static-net)
$(OUT)/static.net.mpz: $(final)/plan.mpz $(call param,net) $(call param,static)
	@$(call logged,static.net,$(if $(filter auto,$(STATIC)),$(here)/narrow.sh $(final)/plan.mpz $(tmp) \
	    $(zoo) $$($(common); net_shape $(DATA)) $(NET_FLAGS); mv -T $(tmp) $@,\
	    $(if $(call named,$(STATIC)),$(common); net-zoo $(STATIC) $$(net_shape $(DATA)) -o $@,\
	    stream-pick --index=0 $(STATIC) -o $@)))
static-net: $(OUT)/static.net.mpz
endif
ifeq ($(STAGE),static)
$(call training,static): | $(OUT)/static.net.mpz
	@$(call logged,static,$(call train,static) $(base_train) $| -o $(tmp); $(call kept_as,$@))
$(eval $(call copied,static))
endif

# ---- the test split, once ----
ifeq ($(STAGE),test)
run_on = eenn-run --dataset=$(DATA) --split=test --threads=$(THREADS) --no-progress
$(final)/test.mpz $(final)/times.txt &: $(final)/trained.mpz $(final)/plan.mpz
	@$(run_on) --policy=$(final)/plan.mpz --baseline --report=$(final)/times.txt $< -o $(tmp); \
	    $(call kept_as,$(final)/test.mpz)
$(RUNS:%=$(final)/%-test.mpz): $(final)/%-test.mpz: $(OUT)/%.mpz
	@$(run_on) $< -o $(tmp); $(call kept_as,$@)
test: $(final)/test.mpz $(RUNS:%=$(final)/%-test.mpz)
endif

# ---- the report ----
ifeq ($(STAGE),report)
export OUT TAKE TEST RUNS FINETUNE MINIMISE COSTS
# Measured costs are those of the network itself, whose layers have the same names.
$(OUT)/static-plans.mpz: $(OUT)/static.mpz $(OUT)/platform.mpz $(call param,map)
	@exit-map --no-progress $(of_platform) $(on_platform) $< -o $@
$(OUT)/report.txt: $(OUT)/plans.mpz $(final)/plan.mpz $(call param,reported) \
        $(if $(TEST),$(final)/test.mpz $(final)/times.txt $(RUNS:%=$(final)/%-test.mpz)) \
        $(if $(filter static,$(RUNS)),$(OUT)/static-plans.mpz)
	@$(call write,$(here)/augment-report.sh report)
$(OUT)/plan.svg: $(final)/plan.mpz
	@eenn-report --view=plan --format=svg $< -o $@
$(OUT)/curve.svg: $(OUT)/plans.mpz
	@eenn-report --view=curve --format=svg $< -o $@
# DRAW says that there is gnuplot; drawings of before would belie the report.
drawn := $(if $(DRAW),plan curve)
stale := $(wildcard $(filter-out $(drawn:%=$(OUT)/%.svg),$(OUT)/plan.svg $(OUT)/curve.svg))
report: $(OUT)/report.txt $(drawn:%=$(OUT)/%.svg)
	$(if $(stale),@rm $(stale))
endif
