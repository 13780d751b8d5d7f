#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# The result corpus: writes tests/formats/{valid,invalid}/result-*.mpz.
#   BIN=build/release/bin tests/formats/make-result.sh
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"

# What a tuned network comes to.
summary='{"arch":"b29def407d707401db1f7ecca9329f72",
"space":"ofa-mbv3:width=0.35,res=32,classes=3,exits=4",
"genome":[0,1,0,0,0,0,1,0,0],"net":"89abcdef89abcdef89abcdef89abcdef",
"recipe":"00112233445566778899aabbccddeeff","origin":{"iteration":2,"slot":5},
"gamma":[160000,360000,570000],"gamma_paper":[150000,290000,455000],
"prefix":[100000,250000,430000],"head":[60000,50000,30000],"params":1234,
"peak_bytes":4096}'
tuned() {
    one '{"type":"result","summary":'"$summary"',"status":"ok",
"accuracy":0.75,"macs":286250,"macs_paper":240625,"final_accuracy":0.875,
"final_macs":460000,"split":"val","rule":"cumulative",
"thresholds":[0.3,null],"utilisation":[0.5,0.0,0.5],
"exit_accuracy":[0.75,null,0.75],"exit_accuracy_all":[0.625,null,0.875],
"ece":[0.125,null,0.25],
"limits":[{"name":"accuracy","min":0.65},{"name":"macs","max":300000}],
"feasible":true,"violation":0,"metrics":[{"name":"latency_ms","value":1.5}]}'
}
failed() {
    one '{"type":"result","summary":'"$summary"',"status":"failed",
"reason":"the loss is not a number in epoch 2","accuracy":null,"macs":null}'
}
# Of a problem that has neither accuracy nor MACs.
compressed() {
    one '{"type":"result","summary":{"space":"table:codec:0123456789abcdef",
"genome":[2,0]},"status":"ok","accuracy":null,"macs":null,
"limits":[{"name":"saved","min":0.25},{"name":"time","max":40,"min":-1}],
"feasible":false,"violation":0.125,"metrics":[
{"name":"saved","value":0.5},{"name":"time","value":45,"unit":"ms"}]}'
}
# The least there can be: results of a user's own, arch id left out.
own() { # own GENE0 GENE1 ACCURACY MACS
    one '{"type":"result","summary":{"space":"table:toy:0123456789abcdef",
"genome":['"$1,$2"']},"status":"ok","accuracy":'"$3"',"macs":'"$4"'}'
}
grid() {    # a front and what is behind it, 16 points in 4 x 4
    for a in 0 1 2 3; do
        for b in 0 1 2 3; do
            own $a $b "0.$((4 * a + b * (4 - a) + 10))" \
                $((100 + 30 * a + 10 * b * b))
        done
    done
}

tuned | load valid/result-tuned.mpz
tuned | sed 's/"split":"val"/&,"samples":8/' | load valid/result-samples.mpz
failed | load valid/result-failed.mpz
own 1 3 0.5 1000 | load valid/result-plain.mpz --level=0
grid | load valid/result-grid.mpz
{
    grid
    own 1 3 0.5 1000    # again: the last one wins
} | load valid/result-again.mpz
calibrated() { # a rule on the softmax, with temperatures, judged by Eq. 13
    tuned | sed 's/"rule":"cumulative"/"rule":"entropy"/
        s/"utilisation"/"temperatures":[1.5,1,0.75],&/
        s/"name":"macs"/"name":"macs_paper"/'
}
calibrated | load valid/result-calibrated.mpz
compressed | load valid/result-own.mpz
guaranteed() { # half of 2,000 samples certified two limits
    tuned | sed 's/"split":"val"/"min_class_accuracy":0.5,@/
        s/@/"balanced_accuracy":0.625,"lost_answers":0.005,@/
        s/@/"disagreement":0.125,"split":"cal","samples":1000/
        s/"metrics"/"guarantee":{"confidence":0.95,"certified":true,@,&/
        s/@/"independent":true,"samples":1000,"tested":9,"passed":8,@/
        s/@/"limits":[{"name":"accuracy","min":0.65,"estimate":0.75,@}]}/
        s/@/"bound":0.7264,"samples":1000},{"name":"lost_answers",@/
        s/@/"max":0.02,"estimate":0.005,"bound":0.0105,"samples":1000/'
}
unsure() { # too few samples, without labels, so that the early exits stay off
    one '{"type":"result","summary":'"$summary"',"status":"ok",
"accuracy":null,"macs":460000,"final_macs":460000,"disagreement":0,
"split":"val","samples":100,"rule":"margin","thresholds":[null,null],
"utilisation":[0,0,1],"limits":[{"name":"disagreement","max":0.01}],
"feasible":true,"violation":0,"guarantee":{"confidence":0.95,
"certified":true,"samples":100,"tested":1,"needed":299,"limits":[
{"name":"disagreement","max":0.01,"estimate":0,"bound":0,"samples":100}]}}'
}
guaranteed | load valid/result-guarantee.mpz
unsure | load valid/result-unsure.mpz
# result-1.0.mpz and result-1.1.mpz are as they were written then, with
# min_accuracy, max_macs and cost, which no tool writes any more.

# Broken ones: bytes of a plain stream changed in place.
tuned | load tuned.tmp --level=0
failed | load failed.tmp --level=0
damage status 's/(status\xa2)ok/$1no/' tuned.tmp
damage accuracy 's/(accuracy\xcb)\x3f\xe8/$1\x40\x00/' tuned.tmp
damage nan 's/(macs\xcb)\x41\x11/$1\x7f\xf8/' tuned.tmp
damage no-figures 's/(\xa8accuracy)\xcb.{8}/$1\xc0/s' tuned.tmp
damage arch-id 's/b29def40/b29def41/' tuned.tmp
damage feasible 's/(violation\xcb)\x00/$1\x3f/' tuned.tmp
damage exits 's/(utilisation)\x93\xcb.{8}/$1\x92/s' tuned.tmp
damage failed-feasible 's/(feasible)\xc2/$1\xc3/' failed.tmp
damage negative 's/(macs_paper\xcb)\x41/$1\xc1/' tuned.tmp
calibrated | load calibrated.tmp --level=0
damage temperatures 's/(temperatures)\x93\xcb.{8}/$1\x92/s' calibrated.tmp
damage temperature 's/(temperatures\x93\xcb)\x3f\xf8/$1\x00\x00/' calibrated.tmp
damage temperature-nan 's/(temperatures\x93\xcb)\x3f/$1\x7f/' calibrated.tmp
damage no-paper 's/(macs_paper)\xcb.{8}/$1\xc0/s' calibrated.tmp
zstdcat valid/result-1.1.mpz >before.tmp
damage cost 's/(cost\xa5)paper/$1peper/' before.tmp
damage no-paper-before 's/(macs_paper)\xcb.{8}/$1\xc0/s' before.tmp
compressed | load own.tmp --level=0
damage limit-twice 's/(name)\xa4time(\xa3max)/$1\xa5saved$2/' own.tmp
damage limit-of-nothing 's/(name\xa4)time(\xa3max)/$1tame$2/' own.tmp
damage limit-nan 's/(max\xcb)../$1\x7f\xf8/s' own.tmp
damage no-metrics 's/(metrics)\x92.*(\x84\xa3eos)/$1\x90$2/s' own.tmp
damage unit 's/(unit)\xa2ms/$1\x92\x00\x00/' own.tmp
guaranteed | load guarantee.tmp --level=0
damage guarantee-sure 's/(confidence\xcb).{8}/$1\x3f\xf0\0\0\0\0\0\0/s' guarantee.tmp
damage guarantee-bound 's/(bound\xcb)\x3f/$1\x3e/' guarantee.tmp
damage guarantee-limit 's/(min)(\xcb.{8}\xa8estimate)/max$2/s; s/(max)(\xcb.{8}\xa8estimate)/min$2/gs' guarantee.tmp
damage guarantee-passed 's/(passed)\x08/$1\x0a/' guarantee.tmp
damage guarantee-name 's/(name\xac)lost_answers(\xa3max)/$1most_answers$2/' guarantee.tmp
damage guarantee-none 's/(confidence)\xcb.{8}/$1\xc0/s' guarantee.tmp
rm guarantee.tmp
rm tuned.tmp failed.tmp calibrated.tmp before.tmp own.tmp
