#!/bin/sh
# SPDX-License-Identifier: MIT
# The checkpoint corpus: writes tests/formats/{valid,invalid}/checkpoint-*.mpz.
#   BIN=build/release/bin tests/formats/make-checkpoint.sh
# It takes the networks of valid/trained-plain.mpz (make-trained.sh).
# shellcheck disable=SC2016  # the dollars are for perl
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"

key=00112233445566778899aabbccddeeff
hash=0123456789abcdef0123456789abcdef

head_of() { # head_of TOOL FINISHED LOGGED
    one '{"type":"checkpoint","tool":"'"$1"'","key":"'$key'",
"finished":'"$2"',"logged":'"$3"'}'
}

copy() {    # copy WHICH
    one '{"type":"copy","which":"'"$1"'"}'
}

tensor() {  # tensor NAME ROLE SHAPE VALUES
    one '{"type":"tensor","name":"'"$1"'","role":"'"$2"'","value":{
"dtype":"f32","shape":'"$3"',"values":'"$4"'}}'
}

epoch='"lr":0.01,"loss":1.25,"loss_acc":1,"loss_conf":0.25,"loss_cost":null,
"loss_peak":null,"val_loss":1.125,"images":64'

training() {    # training BEST-EPOCH BEST-LOSS BEST-FINAL
    one '{"type":"training","net":"'$hash'","phase":"exits","done":2,"waited":1,
"best_epoch":'"$1"',"best_loss":'"$2"',"best_final":'"$3"',"log":[
{"phase":"backbone","epoch":0,'"$epoch"',"val_accuracy":[null,0.5]},
{"phase":"exits","epoch":1,'"$epoch"',"val_accuracy":[0.25,0.75]},
{"phase":"exits","epoch":2,'"$epoch"',"val_accuracy":[0.25,0.5]}]}'
}

# A network in its exits phase.
network() {
    training 1 1.125 0.75
    copy now
    tensor final.weight param '[3,2]' '[2,0,0,2,-2,-2]'
    tensor final.mean stat '[2]' '[0.0625,-0.5]'
    tensor final.weight momentum '[6]' '[0,0,1,0,-1,0]'
    copy best
    tensor final.weight param '[3,2]' '[1,0,0,1,-1,-1]'
    tensor final.mean stat '[2]' '[0,0]'
}

finished() {    # finished [NUMBER]: a network that was finished
    one '{"type":"finished","net":"fedcba9876543210fedcba987654321'"${1:-0}"'"
'"${1:+,\"logged\":$1}"'}'
    stream-dump -r valid/trained-plain.mpz
}

supernet() {
    one '{"type":"weights","space":"ofa-mbv3:width=1,res=32,classes=10,exits=4",
"net":null,"recipe":"'$key'","epoch":2,"log":[
{"phase":"full","epoch":0,"lr":0.1,"loss":1.5},
{"phase":"kernel","epoch":1,"lr":0.05,"loss":1.25}]}'
    one '{"type":"subnet","phase":"full","epoch":1,"which":"largest",
"genome":[2,2,1],"macs":15484704,"accuracy":0.5,"accuracy_as_cut":0.5}'
    copy now
    tensor stem.weight param '[2,1,1,3]' '[0.5,-1,2,0.25,0.125,-3]'
    tensor stem.weight momentum '[2,1,1,3]' '[0,0,1,0,-1,0]'
    copy teacher
    tensor stem.weight param '[2,1,1,3]' '[1,-1,1,-1,1,-1]'
}

{ head_of eenn-train 0 321; network; } | load valid/checkpoint-plain.mpz --level=0
{ head_of eenn-train 2 0; network; finished; finished 1; } |
    load valid/checkpoint-finished.mpz
{ head_of eenn-train 1 0; finished; } | load valid/checkpoint-between.mpz --level=0
{ head_of ofa-train 0 0; supernet; } | load valid/checkpoint-supernet.mpz --level=0
{
    head_of eenn-train 0 0
    training null null null
    copy now
} | load valid/checkpoint-no-best.mpz

{
    head_of eenn-train 0 321
    network
    copy average
    tensor final.weight param '[3,2]' '[1.5,0,0,1.5,-1.5,-1.5]'
    tensor final.mean stat '[2]' '[0.03125,-0.25]'
} | load valid/checkpoint-average.mpz

{ head_of eenn-train 0 321; network | sed '1s/"best_epoch":1,"best_loss":1.125,"best_final":0.75/"best_epoch":null,"best_loss":null,"best_final":null/
1s/}$/,"branches":[{"status":"hopeless","epochs":1,"waited":0,"best_epoch":1,"best_loss":1.5,"best_accuracy":0.25}]}/'; } |
    tee branches.tmp.json | load valid/checkpoint-branches.mpz
load branches.tmp --level=0 <branches.tmp.json

# Broken ones: bytes of a plain stream changed in place.
damage key 's/(key\xd9\x20)0011/${1}001G/'
damage negative 's/(logged)\xcd/$1\xd1\xff/'
damage no-epoch 's/(done)\x02/$1\x00/'
damage more-epochs 's/(done)\x02/$1\x04/'
damage waited 's/(waited)\x01/$1\x03/'
damage best 's/(best_epoch)\x01/$1\x03/'
damage best-nil 's/(best_final)\xcb.{8}/$1\xc0/s'
damage log-order 's/(backbone\xa5epoch)\x00/$1\x01/'
damage which 's/(which\xa4)best/$1bets/'
damage hash 's/(net\xd9\x20)0123/${1}01-3/'
damage nan 's/(data\xc4\x08)\x00\x00\x80\x3d/$1\x00\x00\xc0\x7f/'

# Records taken out, twice, or elsewhere.
map='[\x81-\x8f]\xa4type'
damage no-head "s/.\\xa4type\\xaacheckpoint.*?(?=$map)//s"
damage two-heads "s/(.\\xa4type\\xaacheckpoint.*?)(?=$map)/\$1\$1/s"
damage two-copies 's/(which\xa4)best/which\xa3now/'
damage early-tensor "s/$map\\xa4copy\\xa5which\\xa3now//s"
damage both 's/(.\xa4type\xa7weights.*?)(?=.\xa4type)/$1$1/s' valid/checkpoint-supernet.mpz
damage late-subnet 's/(\x88\xa4type\xa6subnet.*?)(\x82\xa4type\xa4copy.*?)(?=\x84)/$2$1/s' valid/checkpoint-supernet.mpz
damage more 's/(finished)\x01/$1\x00/' valid/checkpoint-between.mpz
damage unnamed "s/$map\\xa8finished.*?(?=$map\\xa7trained|.\\xa4type\\xa7trained)//s" valid/checkpoint-between.mpz
damage no-trace "s/$map\\xa5trace.*?(?=.\\xa4type\\xa6tensor)//s" valid/checkpoint-between.mpz
damage branch-waited 's/(hopeless\xa6epochs\x01\xa6waited)\x00/$1\x02/' branches.tmp
damage branch-best 's/(waited\x00\xaabest_epoch)\x01/$1\xc0/' branches.tmp
rm branches.tmp branches.tmp.json
