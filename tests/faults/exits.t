#!/bin/sh
# SPDX-License-Identifier: MIT
# A network of 160 exits, as many as there can be, through all that reads one; 161
# are refused (tests/formats/invalid/net-exits-many.mpz).
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

cp "$VALID/net-deep.mpz" net.mpz
data-synth -q -n 64 --val=32 --test=16 --classes=2 --size=8 -o d.mpz

expect 3 '161 exits' stream-check "$INVALID/net-exits-many.mpz"
contains "$ERR" '161 elements, 160 are allowed' 'says how many there may be'

expect 0 'is trained in three phases' eenn-train -q -d d.mpz -e 1/1/1 net.mpz -o t.mpz
holds 'with a log of each exit' test "$(stream-dump -r t.mpz |
    jq -c 'select(.type == "trained") | .log[2].val_accuracy | length')" = 160
expect 0 'all exits are run' eenn-run -q -d d.mpz --split=val t.mpz -o all.mpz
expect 0 'a valid trace' stream-check all.mpz

expect 3 'a rule that takes earlier exits into account' thresh-tune -q t.mpz -o no.mpz
contains "$ERR" '160 exits' 'is tuned for 64 at most, which the message says'
for how in '--rule=margin' '--rule=best' '--rule=entropy --temperature=fit' \
    '--rule=max-softmax --method=grid'; do
    # shellcheck disable=SC2086
    expect 0 "tuned: $how" thresh-tune -q $how --max-macs=1900 --max-work=100000 t.mpz -o r.mpz
    expect 0 'a valid result' stream-check r.mpz
    expect 0 'stops where it should' eenn-run -q -d d.mpz --split=val \
        --policy=r.mpz t.mpz -o run.mpz
    eenn-report --format=json run.mpz | jq -c '.networks[0] | [.accuracy, .macs]' >seen
    eenn-report --format=json --view=table r.mpz |
        jq -c '.results[0] | [.accuracy, .macs]' >want
    same want seen 'at the cost and accuracy it was tuned for'
done
# ResNet-152 with an exit at each of its 74 boundaries between blocks.
net-zoo resnet152 --exits=all --width=0.1 --input=8x8x3 --classes=2 -o resnet.mpz
expect 0 'ResNet-152 is trained' eenn-train -q -d d.mpz -e 0/1 resnet.mpz -o resnets.mpz
expect 0 'tuned' thresh-tune -q --rule=margin --max-macs=2e6 --max-work=100000 \
    resnets.mpz -o policy.mpz
expect 0 'and run' eenn-run -q -d d.mpz --split=val --policy=policy.mpz resnets.mpz \
    -o resnet-run.mpz
eenn-report --format=json resnet-run.mpz | jq -c '.networks[0] | [.accuracy, .macs]' >seen
eenn-report --format=json --view=table policy.mpz |
    jq -c '.results[0] | [.accuracy, .macs]' >want
same want seen 'as it was tuned'

for view in 'default r' 'exits r' 'default all' 'exits all' 'exits run' 'confusion run' \
    'samples run' 'net t' 'log t'; do
    expect 0 "report: ${view% *} of a ${view#* }" eenn-report --view="${view% *}" \
        "${view#* }.mpz"
done
for stream in r all run; do
    expect 0 "figure of exits: $stream" eenn-report --view=exits --format=svg $stream.mpz
done
finish
