#!/bin/sh
# SPDX-License-Identifier: MIT
# The trained corpus: writes tests/formats/{valid,invalid}/trained-*.mpz.
#   BIN=build/release/bin tests/formats/make-trained.sh
# shellcheck disable=SC2016  # the dollars are for perl
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"

# Two linear layers on two numbers: an early exit and the final one.
id=180c5eac6533c4d53389ced720137207
net='{"type":"net","id":"'$id'","arch":null,"space":null,"genome":[],
"origin":{"iteration":2,"slot":5},"input":[1,1,2],"classes":3,"params":18,
"peak_bytes":24,"size_bytes":72,"exits":[
{"stage":0,"tap":-1,"first":0,"last":0,"confidence":true,"pool":1,"head_macs":8,"gamma":8,"gamma_paper":8},
{"stage":1,"tap":-1,"first":1,"last":1,"confidence":false,"pool":1,"head_macs":6,"gamma":14,"gamma_paper":6}],
"layers":[{"name":"exit0.classifier","op":"linear","inputs":[-1],"in":[1,1,2],
"out":[1,1,4],"norm":false,"act":"none","bindings":[
{"slot":"weight","tensor":"exit0.classifier.weight","shape":[4,2]},
{"slot":"bias","tensor":"exit0.classifier.bias","shape":[4]}],
"macs":8,"macs_paper":8,"params":12,"act_bytes":16},
{"name":"final.classifier","op":"linear","inputs":[-1],"in":[1,1,2],
"out":[1,1,3],"norm":false,"act":"none","bindings":[
{"slot":"weight","tensor":"final.classifier.weight","shape":[3,2]}],
"macs":6,"macs_paper":6,"params":6,"act_bytes":12}]}'
summary='{"arch":null,"space":null,"genome":[],"net":"'$id'",
"recipe":"00112233445566778899aabbccddeeff","origin":{"iteration":2,"slot":5},
"gamma":[8,14],"gamma_paper":[8,6],"prefix":[0,0],"head":[8,6],"params":18,
"peak_bytes":24}'
recipe='[{"name":"epochs","value":"1/1"},{"name":"seed","value":"7"}]'
epoch='"lr":0.01,"loss":1.25,"loss_acc":1,"loss_conf":0.25,"loss_cost":null,
"loss_peak":null,"val_loss":1.125,"images":64'
log='[{"phase":"backbone","epoch":0,'$epoch',"val_accuracy":[null,0.5]},
{"phase":"exits","epoch":1,'$epoch',"val_accuracy":[0.25,0.75]}]'

trained() { # trained STATUS REASON LOG BEST
    one '{"type":"trained","summary":'"$summary"',"status":"'"$1"'",
"reason":'"$2"',"dataset":"points","seed":77,"recipe":'"$recipe"',
"log":'"$3"',"best_epoch":'"$4"'}'
    one "$net"
}

floats() {  # floats SHAPE VALUES
    printf '{"dtype":"f32","shape":%s,"values":%s}' "$1" "$2"
}

trace() {
    one '{"type":"trace","summary":'"$summary"',"split":"val","samples":4,
"classes":3,"exits":2,"policy":false,
"labels":{"dtype":"i32","shape":[4],"values":[0,1,2,0]},
"taken":{"dtype":"u8","shape":[0],"values":[]}}'
    one '{"type":"exit-trace","exit":0,
"logits":'"$(floats '[4,3]' '[2,0,0, 0,3,0, 1,0,0.5, 1,0.75,0]')"',
"confidence":'"$(floats '[4]' '[0.875,0.9375,0.25,0.375]')"'}'
    one '{"type":"exit-trace","exit":1,
"logits":'"$(floats '[4,3]' '[4,0,0, 0,4,0, 0,0,2, 0,0.5,0]')"',
"confidence":'"$(floats '[0]' '[]')"'}'
}

tensor() {  # tensor NAME SHAPE VALUES
    one '{"type":"tensor","name":"'"$1"'","role":"param",
"value":'"$(floats "$2" "$3")"'}'
}

whole() {
    trained ok null "$log" 1
    trace
    tensor exit0.classifier.weight '[4,2]' '[1,0,0,1,-1,-1,0.5,0.5]'
    tensor exit0.classifier.bias '[4]' '[0,0,0,0.125]'
    tensor final.classifier.weight '[3,2]' '[2,0,0,2,-2,-2]'
}

failed() {
    trained failed '"the loss is not a finite number in epoch 0 (backbone)"' \
        '[]' null
}

whole | load valid/trained-whole.mpz
whole | load valid/trained-plain.mpz --level=0
whole | grep -v '"tensor",' | load valid/trained-no-weights.mpz
# An imported network: no trace.
{ trained ok null '[]' null | sed 's/"recipe":"0011[^"]*"/"recipe":null/
s/"recipe":\[[^]]*\]/"recipe":[]/'; whole | grep '"tensor",'; } |
    load valid/trained-no-trace.mpz
whole | sed 's/"loss_peak":null/"loss_peak":0.25,"loss_distil":2.5/' |
    load valid/trained-peak.mpz
whole | sed '1s/"images":64,"val_accuracy":\[0.25/"images":64,"terms":[{"name":"loss_abc","value":0.5},{"name":"loss_abd","value":-2}],"val_accuracy":[0.25/' |
    tee terms.tmp.json | load valid/trained-terms.mpz
load terms.tmp --level=0 <terms.tmp.json
# What 1.4 adds.
whole | sed '1s/}$/,"input":{"kind":"image","size":[1,1],"channels":2,"mean":[0.5,0.25],"std":[0.25,0.125],"classes":["a","b","c"],"resize":"cover","crop":"centre"}}/' |
    tee input.tmp.json | load valid/trained-input.mpz
load input.tmp --level=0 <input.tmp.json
# And 1.5, but for nets and the other inputs.
whole | sed '1s/}$/,"input":{"kind":"image","size":[1,1],"channels":2,"mean":[0,0],"std":[1,1],"fit_unknown":true}}/' |
    load valid/trained-fit-unknown.mpz
whole | sed '1s/"val_accuracy":\[0.25,0.75\]/&,"val_balanced":[0.25,0.5]/' |
    tee balanced.tmp.json | load valid/trained-balanced.mpz
load balanced.tmp --level=0 <balanced.tmp.json
# And 1.6.
whole | sed '1s/}$/,"branches":[{"status":"stopped","epochs":1,"best_epoch":1}]}/; 1s/"best_epoch":1,/"best_epoch":null,/' |
    tee branches.tmp.json | load valid/trained-branches.mpz
load branches.tmp --level=0 <branches.tmp.json
failed | load valid/trained-failed.mpz
{ whole; failed; whole; } | load valid/trained-three.mpz
failed | load failed.tmp --level=0

# Broken ones: bytes of a plain stream changed in place.
damage status 's/(status\xa2)ok/$1no/'
damage no-reason 's/(reason\xd9.)[^\xa7]*\xa7dataset/reason\xc0\xa7dataset/s' failed.tmp
damage best 's/(best_epoch)\x01/$1\x02/'
damage epochs 's/(exits\xa5epoch)\x01/$1\x03/'
damage accuracy 's/(val_accuracy\x92\xcb)\x3f\xd0/$1\x3f\xf8/'
damage balanced 's/(val_balanced\x92\xcb)\x3f\xd0/$1\x3f\xf8/' balanced.tmp
damage other-net 's/(\x83\xa4type\xa3net\xa2id\xd9\x20)180c/${1}280c/ or s/(type\xa3net\xa2id\xd9\x20)180c/${1}280c/'
damage classes 's/(samples\x04\xa7classes)\x03/$1\x04/'
damage nan 's/(data\xc4\x30)\x00\x00\x00\x40/$1\x00\x00\xc0\x7f/'
damage other-id 's/(type\xa5trace.*?net\xd9\x20)180c/${1}280c/s'

# Records taken out, or put elsewhere.
damage missing-exit 's/\x84\xa4type\xaaexit-trace\xa4exit\x01.*?(?=\x84\xa4type\xa6tensor)//s'
damage tensor-first 's/(.\xa4type\xa7trained.*?)(\x84\xa4type\xa6tensor.*?)(?=\x84\xa4type\xa6tensor)/$2$1/s'
damage no-net 's/(\xde..|.)\xa4type\xa3net.*?(?=.\xa4type\xa5trace)//s'
damage failed-trace 's/(status\xa2)ok\xa6reason\xc0/status\xa6failed\xa6reason\xa3why/'
damage term-twice 's/loss_abd/loss_abc/' terms.tmp
damage term-name 's/loss_abd/loss\x1babd/' terms.tmp
damage term-key 's/loss_abd/loss_acc/' terms.tmp
damage term-nil 's/(loss_abd\xa5value)\xcb\xc0\0{7}/$1\xc0/' terms.tmp
refused input-size 'size has 1 numbers' 's/(input\x88.*?size)\x92\x01/$1\x91/s' input.tmp
refused input-mean '1 means and 2' 's/(mean)\x92\xcb.{8}/$1\x91/s' input.tmp
refused input-kind 'without a map' 's/(kind\xa5)image/$1sound/' input.tmp
refused input-channels 'input of 1x1x1 for net' 's/channels\x02(.*?mean)\x92(\xcb.{8})\xcb.{8}(.*?std)\x92(\xcb.{8})\xcb.{8}/channels\x01$1\x91$2$3\x91$4/s' input.tmp
refused input-classes 'input with 2 classes for net' 's/(std.*?classes)\x93(\xa1a\xa1b)\xa1c/$1\x92$2/s' input.tmp
refused branch-epoch 'branch 0 has epochs that are not in the log' 's/(stopped\xa6epochs)\x01/$1\x03/' branches.tmp
refused branch-status 'status' 's/(status\xa7)stopped/$1stoqqed/' branches.tmp
refused branches-two '2 branches of a net with 2 exits' 's/(branches)\x91(\x83\xa6status\xa7stopped\xa6epochs\x01\xaabest_epoch\x01)/$1\x92$2$2/' branches.tmp
rm branches.tmp branches.tmp.json balanced.tmp balanced.tmp.json failed.tmp terms.tmp terms.tmp.json input.tmp input.tmp.json
