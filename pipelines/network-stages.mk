# SPDX-License-Identifier: MIT
# The rules of network.mk, which includes this file when network.sh asks for a stage:
#
#   STAGE=trained           the network, its training and its thresholds
#   STAGE=report TEST=yes   its run on the test split, if there is one, and the report
#
# and that of recipes.mk, which has what every rule uses.

include $(here)/recipes.mk
.PHONY: trained report

final := $(OUT)/final
$(OUT)/net.mpz: $(call param,net)
	@$(call logged,net,$(if $(SPACE),ofa-sample --space=$(SPACE) "$$DESIGN" | \
	    eec-place $(own_space) $(PLACE_FLAGS) -o $@,$(if $(zoo),$(common); net-zoo $(NET) \
	    $$(net_shape $(DATA)) $(NET_FLAGS) -o $@,stream-pick --index=0 $(NET) -o $@)))
$(final)/trained.mpz: $(OUT)/net.mpz $(call param,train)
	@$(call logged,final,eenn-train --dataset=$(DATA) $(call progress,final) $(call resume,final) \
	    $(train) --threads=$(THREADS) $< -o $(tmp); $(call kept_as,$@))
$(final)/result.mpz: $(final)/trained.mpz $(call param,tune)
	@thresh-tune -q $(call report,final/tune) $(tune) $< -o $@
trained: $(final)/result.mpz

$(final)/test.mpz $(final)/times.txt &: $(final)/trained.mpz $(final)/result.mpz
	@eenn-run --dataset=$(DATA) --split=test --policy=$(final)/result.mpz \
	    --baseline --threads=$(THREADS) --no-progress --report=$(final)/times.txt $< -o $(tmp); \
	    cp $(final)/times.txt $(OUT)/tmp/final-test.report; $(call kept_as,$(final)/test.mpz)
$(OUT)/report.txt: $(final)/result.mpz $(if $(TEST),$(final)/test.mpz $(final)/times.txt)
	@$(call write,{ echo 'Validation split:'; eenn-report --no-legend $<; \
	    $(if $(TEST),echo; echo 'Test split$(comma) once$(comma) really stopping:'; \
	        eenn-report $(final)/test.mpz;) })
report: $(OUT)/report.txt
comma := ,
