# SPDX-License-Identifier: MIT
# The rules of a search, which search.mk includes when search.sh asks for a
# stage:
#
#   STAGE=supernet-step KEY=.. STEP=NNN BEFORE=NNN TEACHER=NNN   the supernet KEY
#                             after NNN epochs, from that after BEFORE of them, if
#                             any; TEACHER is the end of the first phase, later on
#   STAGE=supernet KEY=.. STEP=NNN   the one that is the last step, and its tables
#   STAGE=designs IT=NN       what an iteration trains: archs, nets, slots
#   STAGE=candidates IT=NN    those of them that are not there, and the archive
#   STAGE=winner LAST=it-NN   who it is
#   STAGE=trained LAST=it-NN  its training and its thresholds
#   STAGE=report LAST=it-NN   its run, reports and drawings
#
# and that of recipes.mk, which has what every rule uses.  search.sh has made the
# folders and written OUT/params.

include $(here)/recipes.mk
.PHONY: supernet-step designs candidates winner trained report

final := $(OUT)/final
eec_place = eec-place $(own_space) $(PLACE_FLAGS)
train_cmd = eenn-train --dataset=$(DATA) --seed=$(SEED) $(call progress,$1) \
            $(call resume,$2) $(if $(WEIGHTS),--init-weights=$(WEIGHTS)) $(call max_macs,$3)

# ---- the supernet ----
ifneq ($(filter supernet%,$(STAGE)),)
super := $(OUT)/supernet/$(KEY)
$(super)-$(STEP).mpz:
	@$(call logged,supernet/$(STEP),ofa-train --dataset=$(DATA) --schedule=$(SUPERNET) \
	    --scale=$(SUPERNET_SCALE) $(if $(BEFORE),$(own_space),--space=$(SPACE)) \
	    $(TEACHER:%=--teacher=$(super)-%.mpz) --until=$$((10#$(STEP))) --seed=$(SEED) \
	    --threads=$(FINAL_THREADS) $(call progress,supernet/$(STEP)) $(call resume,supernet) \
	    $(SUPERNET_FLAGS) $(flip) $(BEFORE:%=$(super)-%.mpz) -o $(tmp); \
	    cp $(OUT)/tmp/supernet-$(STEP).report $(super)-$(STEP).report; $(call kept_as,$@))
	@$(common); while read -r line; do [[ $$line != phase* ]] || say "supernet/$(STEP)  $$line"; done \
	    <$(super)-$(STEP).report
supernet-step: $(super)-$(STEP).mpz
# A copy, as a link would have the time of the step: older than its parameters and
# than tables of another supernet.
$(OUT)/supernet.mpz: $(super)-$(STEP).mpz $(call param,supernet)
	@cp --reflink=auto $< $(tmp); mv -T $(tmp) $@
$(OUT)/supernet.txt: $(OUT)/supernet.mpz
	@eenn-report --view=subnets $< -o $@
supernet: $(OUT)/supernet.mpz $(OUT)/supernet.txt
endif

# ---- one iteration ----
ifdef IT
it   := it-$(IT)
dir  := $(OUT)/$(it)
prev := $(OUT)/it-$(shell printf %02d $$((10#$(IT) - 1)))
endif

ifeq ($(STAGE),designs)
ifeq ($(IT),00)
$(dir)/archs.mpz: $(call param,space) $(call param,drawn)
	@$(call logged,$(it)/archs,ofa-sample --space=$(SPACE) --corners \
	    -n $$(($$(<$(call param,drawn)))) --iteration=0 --seed=$(SEED) -o $@)
else
surrogates := $(fitted:%=$(dir)/%.surrogate.mpz)
$(surrogates): $(dir)/%.surrogate.mpz: $(prev)/archive.mpz $(call param,step)
	@$(call logged,$(it)/$*,surrogate-fit --target=$* --seed=$(SEED) $(call report,$(it)/$*) $(FIT_FLAGS) $< -o $@)
$(dir)/archs.mpz: $(prev)/archive.mpz $(surrogates) $(call param,step) $(call param,space)
	@$(call logged,$(it)/archs,nsga2-step --space=$(SPACE) $(surrogates:%=--surrogate=%) \
	    $(step_goals) -k $(K) --iteration=$$((10#$(IT))) --seed=$(SEED) $(call report,$(it)/archs) $(STEP_FLAGS) $< -o $@)
endif
# What breaks a hard limit is a failed result and is not trained.
$(dir)/nets.mpz $(dir)/rejects.mpz &: $(dir)/archs.mpz $(call param,place-limits)
	@$(eec_place) -q $(PLACE_LIMITS) --rejects=$(dir)/rejects.mpz $< \
	    -o $(dir)/nets.mpz
# A line ARCH GENOME KEY for each slot, KEY being the training or `rejected'.
# The file is as old as the slot has had this design and this training.
$(dir)/slots.mk: $(dir)/archs.mpz $(dir)/nets.mpz $(dir)/rejects.mpz \
        $(call param,place) $(call param,train) $(call if_gone,$(foreach s,\
        $(shell sed -n 's/^SLOTS := *//p' $(dir)/slots.mk 2>/dev/null),$(dir)/$s.design))
	@$(call write,$(here)/slots.sh $(dir) "$(call digest_of,place train)")
designs: $(dir)/slots.mk
endif

# slots.mk sets SLOTS, and KEY_SS of those that are trained.
ifeq ($(STAGE),candidates)
include $(dir)/slots.mk
train  = ofa-sample --space=$(SPACE) "$$genome" | $(eec_place) | \
         $(call train_cmd,$(it)/$*,$(KEY_$*),$(TRAIN_MAX_MACS)) $(search_train) --weights=none
tune   = thresh-tune -q --origin=$$((10\#$(IT)))/$$((10\#$*)) $(tune_limits) $(call report,$(it)/$*/tune) $(TUNE_FLAGS)
# A training is what its key says: one that is there is used again.  It is no
# target of its own, since make would begin all of them before the first result.
trained = $(if $(filter-out 0,$(KEEP_TRAININGS)),$(KEY_$*:%=$(OUT)/trained/%.mpz))
timed   = start=$$EPOCHREALTIME; $1; echo "$(KEY_$*) $$start $$EPOCHREALTIME" >>$(OUT)/log/times
result  = $(if $(trained),\
    [ -e $(trained) ] || { $(call timed,$(train) -o $(tmp)); $(call kept_as,$(trained)); }; \
    $(tune) $(trained) -o $@,\
    $(call timed,$(train) | $(tune) -o $(tmp)); $(call kept_as,$@))
$(SLOTS:%=$(dir)/%.result.mpz): $(dir)/%.result.mpz: $(dir)/%.design \
        $(call param,tune) $$(if $$(KEY_$$*),,$(dir)/rejects.mpz)
	@$(call logged,$(it)/$*,read -r arch genome _ <$<; $(if $(KEY_$*),$(result),\
	    stream-pick --id="$$arch" $(dir)/rejects.mpz -o $@))
	@$(common); say "$(it)/$*  $$(eenn-report $(select_goals) --line $@)"

$(dir)/archive.mpz: $(if $(filter-out 00,$(IT)),$(prev)/archive.mpz) \
                    $(SLOTS:%=$(dir)/%.result.mpz) $(dir)/slots.mk
	@$(call write,cat $(filter %.mpz,$^))
$(dir)/hypervolume: $(dir)/archive.mpz $(OUT)/reference
	@$(call write,$(if $(measurable),pareto-select --hypervolume $(objectives) \
	    $(reference) $<,echo 'left out: the hypervolume takes at most three objectives'))
candidates: $(dir)/archive.mpz $(dir)/hypervolume
endif

# The reference of the hypervolume; its MACs are those of the largest design with
# all its exits (D22).
reference = $$(sed 's/^/--reference=/' $(OUT)/reference)
$(OUT)/reference: $(call param,space) $(call param,place) $(call param,reference)
	@$(call write,{ $(if $(from_largest),ofa-sample --space=$(SPACE) --corners | $(eec_place) | \
	    stream-dump --records-only | \
	    jq -rs '"$(MACS)=\(.[-1].exits[-1].$(MACS:macs%=gamma%))"';) \
	$(if $(references),printf '%s\n' $(references:%='%'),:); })

# ---- the winner: trained longer, tuned on validation, run once on test ----
$(OUT)/archive.mpz: $(OUT)/$(LAST)/archive.mpz $(call param,last)
	@$(call write,cat $<)
$(final)/winner.mpz: $(OUT)/archive.mpz $(call param,tune) $(call param,pick)
	@pareto-select $(select_goals) $(PICK_FLAGS) -k 1 $< -o $@
# Its training has a name like a candidate's; the origin is that of its result.  The
# network gets its name last: once that is there, make takes all three as made.
$(final)/net.mpz: $(final)/winner.mpz $(call param,place) $(call param,final) \
        $(call if_gone,$(final)/key $(final)/origin)
	@read -r arch genome origin < <(stream-dump -r $< | $(design_of)); \
	ofa-sample --space=$(SPACE) "$$genome" | $(eec_place) -o $(tmp); \
	$(common); if_changed $(final)/key "$$arch-$(call digest_of,place final)"; \
	if_changed $(final)/origin "$$origin"; mv -T $(tmp) $@
design_of = jq -r '.summary | "\(.arch) \(.genome | map(tostring) | join(",")) \(.origin | "\(.iteration)/\(.slot)")"'
winner: $(final)/net.mpz

$(final)/trained.mpz: $(final)/key
	@$(call logged,final,$(call train_cmd,final,final,$(final_macs)) $(final_train) \
	    --threads=$(FINAL_THREADS) $(final)/net.mpz -o $(tmp); $(call kept_as,$@))
# With CONFIDENCE the thresholds are found on the split cal, which nothing else was
# chosen by; of a training that failed there is no trace.
$(final)/cal.mpz: $(final)/trained.mpz
	@if stream-dump -r --first $< | jq -e 'select(.status == "failed")' >/dev/null; \
	then cp $< $(tmp); else eenn-run --dataset=$(DATA) --split=cal \
	    --threads=$(FINAL_THREADS) --no-progress $(call report,final/cal) $< -o $(tmp); fi; $(call kept_as,$@)
$(final)/result.mpz: $(final)/$(if $(CONFIDENCE),cal,trained).mpz $(final)/origin $(call param,final-tune)
	@thresh-tune -q --origin=$$(<$(final)/origin) $(final_tune_limits) $(certified) \
	    $(call report,final/tune) $(FINAL_TUNE_FLAGS) $< -o $@
trained: $(final)/result.mpz
$(final)/test.mpz $(final)/times.txt &: $(final)/trained.mpz $(final)/result.mpz
	@eenn-run --dataset=$(DATA) --split=test --policy=$(final)/result.mpz \
	    --baseline --threads=$(FINAL_THREADS) --no-progress \
	    --report=$(final)/times.txt $< -o $(tmp); cp $(final)/times.txt $(OUT)/tmp/final-test.report; \
	    $(call kept_as,$(final)/test.mpz)
$(OUT)/front.mpz: $(OUT)/archive.mpz $(call param,tune) $(call param,pick)
	@pareto-select -q $(select_goals) $< -o $@

# FRONT says that there are results that have not failed; TEST that there is a
# test split; WINNER that one is trained.
section = echo; echo '$1:'; $2;
# A sentence that says by which rule the winner was chosen.
chosen  = stream-dump $(final)/winner.mpz | jq -rs '.[0].provenance.params.by as $$by | .[1] | \
    any(.limits[]?; .max or .min) as $$limited | "It was chosen as the " + \
    if .feasible | not then "candidate that breaks the limits least, since none keeps them" \
    else if $$by == "accuracy" or $$by == "error" then "most accurate candidate" \
        elif $$by == "tradeoff" then "candidate of the best trade-off" \
        else "candidate of the best \($$by)" end + \
        if $$limited then " within the limits" else "" end end + "."'
$(OUT)/report.txt: $(OUT)/archive.mpz $(OUT)/front.mpz $(OUT)/reference \
        $(call param,final-limits) $(call param,last) $(call param,reported) $(if $(WINNER),$(final)/winner.mpz $(final)/result.mpz $(if $(TEST),$(final)/test.mpz $(final)/times.txt))
	@$(call write,{ echo 'Front of the search (validation split):'; \
	   $(if $(FRONT),eenn-report $(select_goals) $(OUT)/front.mpz,echo 'none: no candidate could be trained'); \
	   $(call section,Iteration by iteration,\
	       eenn-report $(select_goals) --view=iterations $(reference) $<) \
	   $(if $(WINNER),$(call section,Winner$(comma) trained longer and tuned ($(if $(CONFIDENCE),split cal,validation split)),\
	       $(chosen); eenn-report --no-legend $(objectives) $(call short,$(final_limits)) $(final)/result.mpz) \
	     $(if $(TEST),$(call section,Winner$(comma) run once on the test split$(comma) really stopping,\
	       eenn-report $(final)/test.mpz))) })
$(OUT)/front.svg: $(OUT)/archive.mpz $(call param,tune) $(call param,pick)
	@id=$$(pareto-select -q $(select_goals) $(PICK_FLAGS) -k 1 $< | stream-dump -r - | \
	    jq -r '.summary | .arch // .net // empty'); \
	    eenn-report --format=svg $(select_goals) $${id:+--winner=$$id} $< -o $@
$(OUT)/hypervolume.svg: $(OUT)/archive.mpz $(call param,tune) $(call param,pick) $(OUT)/reference
	@eenn-report --format=svg --view=iterations $(select_goals) $(reference) $< -o $@
# DRAW says that there is gnuplot and something to draw.  Drawings of before that
# are not made now would belie the report.
drawn := $(if $(DRAW),$(if $(word 2,$(goals)),front) $(if $(measurable),hypervolume))
stale := $(wildcard $(filter-out $(drawn:%=$(OUT)/%.svg),$(OUT)/front.svg $(OUT)/hypervolume.svg))
report: $(OUT)/report.txt $(drawn:%=$(OUT)/%.svg)
	$(if $(stale),@rm $(stale))
