#!/bin/sh
# SPDX-License-Identifier: MIT
# The weights corpus: writes tests/formats/{valid,invalid}/weights-*.mpz.
#   BIN=build/release/bin tests/formats/make-weights.sh
# shellcheck disable=SC2016  # the dollars are for perl
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"

tensor() {  # tensor NAME ROLE SHAPE VALUES
    printf '{"type":"tensor","name":"%s","role":"%s","value":{"dtype":"f32",' \
        "$1" "$2"
    printf '"shape":%s,"values":%s}}\n' "$3" "$4"
}

small() {
    echo '{"type":"weights","space":null,"net":null,"recipe":null,"epoch":3}'
    tensor stem.weight param '[2,1,1,3]' '[0.5,-1,2, 0.25,0.125,-3]'
    tensor stem.gamma param '[2]' '[1,0.75]'
    tensor stem.mean stat '[2]' '[0.0625,-0.5]'
    tensor stem.weight momentum '[2,1,1,3]' '[0,0,1, 0,-1,0]'
    tensor scale param '[]' '[1.5]'
    tensor none param '[0]' '[]'
}

small | load valid/weights-small.mpz
small | load valid/weights-plain.mpz --level=0
{
    echo '{"type":"weights","space":"ofa-mbv3:width=1,res=32,classes=10,exits=4",'
    echo '"net":null,"recipe":"00112233445566778899aabbccddeeff","epoch":null}'
} | tr -d '\n' | load valid/weights-none.mpz

subnet() {  # subnet PHASE EPOCH WHICH GENOME MACS ACCURACY AS-CUT
    printf '{"type":"subnet","phase":"%s","epoch":%s,"which":"%s",' "$1" "$2" "$3"
    printf '"genome":%s,"macs":%s,"accuracy":%s,"accuracy_as_cut":%s}\n' \
        "$4" "$5" "$6" "$7"
}
# What a supernet's training adds.
supernet() {
    echo '{"type":"weights","space":"ofa-mbv3:width=1,res=32,classes=10,exits=4",
"net":null,"recipe":"00112233445566778899aabbccddeeff","epoch":2,"log":[
{"phase":"full","epoch":0,"lr":0.1,"loss":1.5},
{"phase":"kernel","epoch":1,"lr":0.05,"loss":1.25}]}' | tr -d '\n'
    echo
    subnet full 1 largest '[2,2,1]' 15484704 0.5 0.5
    subnet kernel 2 smallest '[0,0,1]' 4025600 0.375 0.125
    tensor s1.b0.depthwise.7to5 param '[1,1]' '[1]'
}
supernet | load valid/weights-supernet.mpz --level=0
# What 1.2 adds.
supernet | sed '1s/}$/,"input":{"kind":"image","size":[32,32],"channels":1,"mean":[0.5],"std":[0.25],"classes":["a","b"]}}/' |
    load valid/weights-input.mpz

# What 1.4 adds.
supernet | sed 's/"accuracy_as_cut":0.125/&,"exits":[0.25]/' |
    load valid/weights-heads.mpz --level=0

# Broken ones: bytes of the plain stream changed in place.
damage nan 's/(data\xc4\x18)\x00\x00\x00\x3f/$1\x00\x00\xc0\x7f/'
damage shape 's/(shape\x94\x02\x01\x01)\x03/$1\x04/'
damage huge-shape 's/(shape\x94)\x02\x01\x01\x03/$1\x7f\x7f\x7f\x7f/'
damage role 's/(role\xa5)param/$1parts/'
damage dtype 's/(dtype\xa3)f32/$1f64/'
damage name 's/(name\xab)stem.weight/$1stem.w\xffight/'
damage epoch 's/(epoch)\x03/$1\xff/'
damage order 's/weights(\xa5space)/weighty$1/'
damage record 's/(type\xa6)tensor/$1tensos/'

# Records taken out, or twice.
damage no-head 's/\x85\xa4type\xa7weights.*?(?=\x84\xa4type)//s'
damage two-heads 's/(\x85\xa4type\xa7weights.*?)(?=\x84\xa4type)/$1$1/s'

# A supernet's records.
supernet=valid/weights-supernet.mpz
damage log-short 's/(recipe\xd9\x20.{32}\xa5epoch)\x02/$1\x03/s' $supernet
damage log-order 's/(epoch)\x01(\xa2lr)/$1\x00$2/' $supernet
damage accuracy 's/(\xa8accuracy\xcb)\x3f\xd8/$1\x40\xd8/' $supernet
damage exits 's/(exits\x91\xcb)\x3f/$1\x40/' valid/weights-heads.mpz
damage genome 's/(genome)\x93\x02/$1\x93\xff/' $supernet
damage macs 's/(macs)\xce\x00/$1\xd2\xff/' $supernet
damage late-subnet \
    's/(\x88\xa4type\xa6subnet.*)(\x84\xa4type\xa6tensor.*?\xc4\x04.{4})/$2$1/s' $supernet
