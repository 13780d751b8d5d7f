#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# The plan corpus: writes tests/formats/{valid,invalid}/plan-*.mpz.
#   BIN=build/release/bin tests/formats/make-plan.sh
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"

summary='{"space":null,"genome":[],"net":"89abcdef89abcdef89abcdef89abcdef",
"recipe":"00112233445566778899aabbccddeeff",
"gamma":[160000,360000,570000],"gamma_paper":[150000,290000,455000],
"prefix":[100000,250000,430000],"head":[60000,50000,30000],"params":1234,
"peak_bytes":4096}'

# Two cores that share their memory, and a server behind a link.
stores='{"name":"m0","memory":2048,"storage":5000},
{"name":"m4","memory":4096,"storage":6000,"memory_limit":8192},
{"name":"server","memory":4096,"storage":9000,"storage_limit":1000000},
{"name":"sram","pool":true,"memory":4096,"storage":0,"memory_limit":65536}'

# Three segments: an exit, a plain division, the end.
whole() {
    one '{"type":"plan","summary":'"$summary"',"platform":"two-and-server",
"platform_digest":"0123456789abcdef0123456789abcdef","precision":"int8",
"role":"plan","rule":"margin","segments":[
{"processor":"m0","from":null,"to":"block1","exit":true,"threshold":0.5,
"temperature":1.25,"macs":100000,"branch_macs":60000,"seconds":0.01,
"branch_seconds":0.006,"memory":2048,"storage":5000,"latency":0.016,
"energy":0.0016,"utilisation":0.75,"exit_accuracy":0.875,
"exit_accuracy_all":0.8125},
{"processor":"m4","from":"block1","to":"block2","exit":false,"threshold":null,
"temperature":1,"macs":150000,"seconds":0.002,"sent":1024,
"sent_seconds":0.0001,"memory":4096,"storage":6000},
{"processor":"server","from":"block2","to":"pool","exit":true,
"threshold":null,"temperature":1,"macs":180000,"branch_macs":30000,
"seconds":0.001,"branch_seconds":0.0001,"sent":2048,"sent_seconds":0.02,
"memory":4096,"storage":9000,"latency":0.0392,"energy":0.005,
"utilisation":0.25,"exit_accuracy":0.75,"exit_accuracy_all":0.9375}],
"stores":['"$stores"'],"split":"val","samples":16,"dataset":"digits",
"accuracy":0.84375,"final_accuracy":0.9375,"balanced_accuracy":0.84375,
"min_class_accuracy":0.75,"lost_answers":0.125,"disagreement":0.1875,
"macs":250000,"latency":0.0218,"energy":0.00245,"latency_p50":0.016,
"latency_p95":0.0392,"latency_p99":0.0392,"worst_latency":0.0392,
"minimise":"latency","weight":0.9,
"limits":[{"name":"accuracy","min":0.8},{"name":"worst_latency","max":0.05}],
"feasible":true,"violation":0,"guarantee":{"confidence":0.95,
"certified":false,"independent":true,"samples":16,"tested":1,"passed":0,
"needed":59,"limits":[
{"name":"accuracy","min":0.8,"estimate":0.84375,"bound":0.6,"samples":16}]},
"rank":0,"pareto":true}'
}
# No early exits: one segment on one processor, or two on two.
base() {
    one '{"type":"plan","summary":'"$summary"',"platform":"two-and-server",
"precision":"int8","role":"base","rule":"max-softmax","segments":[
{"processor":"m4","from":null,"to":"pool","exit":true,"threshold":null,
"temperature":1,"macs":430000,"branch_macs":30000,"seconds":0.03,
"branch_seconds":0.0025,"latency":0.0325,"utilisation":1,
"exit_accuracy":0.9375}],
"stores":['"$stores"'],"accuracy":0.9375,"macs":460000,"latency":0.0325,
"latency_p50":0.0325,"latency_p95":0.0325,"latency_p99":0.0325,
"worst_latency":0.0325}'
}
partition() {
    one '{"type":"plan","summary":'"$summary"',"platform":"two-and-server",
"precision":"int8","role":"partition","rule":"max-softmax","segments":[
{"processor":"m4","from":null,"to":"block1","exit":false,"threshold":null,
"temperature":1,"macs":100000,"seconds":0.002},
{"processor":"server","from":"block1","to":"pool","exit":true,
"threshold":null,"temperature":1,"macs":330000,"branch_macs":30000,
"seconds":0.001,"sent":1024,"sent_seconds":0.015,"latency":0.018,
"utilisation":1}],
"stores":['"$stores"'],"accuracy":null,"disagreement":0,"macs":460000,
"latency":0.018,"latency_p50":0.018,"latency_p95":0.018,"latency_p99":0.018,
"worst_latency":0.018,"limits":[{"name":"latency","max":0.0175}],
"violation":0.028571428571428571}'
}

whole | load valid/plan-whole.mpz
base | load valid/plan-plain.mpz --level=0
partition | load valid/plan-partition.mpz
{
    whole
    whole | sed 's/"rank":0/"rank":1/; s/"pareto":true/"pareto":false/
        s/"threshold":0.5/"threshold":0.25/; s/"limits".*"guarantee":{.*}]},//'
    base
    partition
} | load valid/plan-run.mpz

# Broken ones: bytes of a plain stream changed in place.
whole | load whole.tmp --level=0
partition | load partition.tmp --level=0
refused net 'without a net id' 's/(net)\xd9\x20.{32}/$1\xc0/s' whole.tmp
refused rule 'halting rule morgin' 's/(rule\xa6)margin/$1morgin/' whole.tmp
refused role 'key `role`' 's/(role\xa4)base/$1bass/'
refused precision 'key `precision`' 's/(precision\xa4)int8/$1int4/'
refused digest 'platform_digest is not an id' 's/(digest\xd9\x20)0/$1x/' whole.tmp
refused segments 'without segments' 's/(segments)\x91.*(\xa6stores)/$1\x90$2/s'
refused gap 'begins at block3, the one before it ends at block2' \
    's/(from\xa6block)2/${1}3/' whole.tmp
refused first 'begins at block1, the one before it ends at the input' \
    's/(from)\xc0/$1\xa6block1/' partition.tmp
refused twice 'two segments end at block1' 's/block2/block1/g' whole.tmp
refused processor 'on m1, which is no processor' 's/(processor\xa2)m0/$1m1/' \
    whole.tmp
refused pool 'on sram, which is no processor' \
    's/(processor)\xa6server/$1\xa4sram/' whole.tmp
refused backwards 'on m0, which stands before the processor' \
    's/(processor\xa2)m0/$1m4/; s/(processor\xa2)m4(\xa4from\xa6)/$1m0$2/' \
    whole.tmp
refused stores 'two processors or pools called m4' 's/(name\xa2)m0/$1m4/' \
    whole.tmp
refused order 'the processor server stands behind the pool sram' \
    's/(\x84\xa4name\xa6server.*?)(\x85\xa4name\xa4sram.*?)(\xa5split)/$2$1$3/s' \
    whole.tmp
refused last 'the last segment, to pool, has no exit' \
    's/(to\xa4pool\xa4exit)\xc3/$1\xc2/' whole.tmp
refused no-exit 'block1 has figures of an exit and no exit' \
    's/(to\xa6block1\xa4exit)\xc3/$1\xc2/' whole.tmp
refused no-latency 'the exit at block1 lacks its latency' \
    's/(latency)\xcb.{8}/$1\xc0/s' whole.tmp
refused no-threshold 'the exit at block1 has no threshold' \
    's/(threshold)\xcb.{8}/$1\xc0/s' whole.tmp
refused threshold 'pool has a threshold that cannot be' \
    's/(to\xa4pool\xa4exit\xc3\xa9threshold)\xc0/$1\xcb\x3f\xe0\0\0\0\0\0\0/' \
    whole.tmp
refused temperature 'temperature' 's/(temperature\xcb)\x3f\xf4/$1\x00\x00/' \
    whole.tmp
refused share 'take 1.0' 's/(utilisation\xcb\x3f)\xe8/$1\xea/' whole.tmp
refused worst 'the slowest exit takes 0.0392' \
    's/(worst_latency\xcb)\x3f/$1\x40/' whole.tmp
refused percentiles 'do not ascend' 's/(latency_p50\xcb)\x3f/$1\x40/' whole.tmp
refused answers 'without accuracy and disagreement' \
    's/(\xa8accuracy)\xcb.{8}/$1\xc0/s'
refused limit 'judged by balance without it' \
    's/(name)\xadworst_latency(\xa3max)/$1\xa7balance$2/' whole.tmp
refused limit-twice 'two limits on accuracy' \
    's/(name)\xadworst_latency(\xa3max)/$1\xa8accuracy$2/' whole.tmp
refused minimise 'searched by lateness' 's/(minimise)\xa7latency/$1\xa8lateness/' \
    whole.tmp
refused feasible 'feasible is true of a plan that violates' \
    's/(feasible)\xc2/$1\xc3/' partition.tmp
refused base-exits 'a base with early exits' 's/(role)\xa4plan/$1\xa4base/' \
    whole.tmp
refused base-segments 'a base of 2 segments' \
    's/(role)\xa9partition/$1\xa4base/' partition.tmp
refused guarantee 'a guarantee without confidence' \
    's/(guarantee\x86\xaaconfidence)\xcb.{8}/$1\xc0/s' whole.tmp
rm whole.tmp partition.tmp
