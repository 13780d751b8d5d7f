#!/bin/sh
# SPDX-License-Identifier: MIT
# The trace corpus: writes tests/formats/{valid,invalid}/trace-*.mpz.
#   BIN=build/release/bin tests/formats/make-trace.sh
# shellcheck disable=SC2016
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"

# Eight samples of three classes at two early exits and the final one.
summary='{"arch":"b29def407d707401db1f7ecca9329f72",
"space":"ofa-mbv3:width=0.35,res=32,classes=3,exits=4",
"genome":[0,1,0,0,0,0,1,0,0],"net":"89abcdef89abcdef89abcdef89abcdef",
"recipe":"00112233445566778899aabbccddeeff","origin":{"iteration":2,"slot":5},
"gamma":[160000,360000,570000],"gamma_paper":[150000,290000,455000],
"prefix":[100000,250000,430000],"head":[60000,50000,30000],"params":1234,"peak_bytes":4096}'
labels='{"dtype":"i32","shape":[8],"values":[0,1,2,0,1,2,0,1]}'
logits0='[2,0,0, 0,3,0, 1,0,0.5, 1,0.75,0, 0,0,1, 0,1,0, 0.25,0,0, 0,0.5,0]'
logits1='[3,0,0, 0,3,0, 0,0,1, 0,1,0, 0,2,0, 0,1,0.5, 2,0,0, 0,1,0]'
logits2='[4,0,0, 0,4,0, 0,0,2, 3,0,0, 0,2,0, 0,0,2, 2,0,0, 0,0,1]'
conf0='[0.875,0.9375,0.25,0.375,0.125,0.0625,0.5,0.1875]'
conf1='[0.875,0.875,0.5,0.25,0.625,0.125,0.75,0.5]'
none='{"dtype":"f32","shape":[0],"values":[]}'

head_record() { # head_record SPLIT POLICY EXTRA TAKEN
    one '{"type":"trace","summary":'"$summary"',"split":"'"$1"'",
"samples":8,"classes":3,"exits":3,"policy":'"$2$3"',"labels":'"$labels"',
"taken":{"dtype":"u8",'"$4"'}}'
}

exit_record() { # exit_record EXIT LOGITS CONFIDENCE
    one '{"type":"exit-trace","exit":'"$1"',"logits":{"dtype":"f32",
"shape":[8,3],"values":'"$2"'},"confidence":'"$3"'}'
}

unit() {
    printf '{"dtype":"f32","shape":[8],"values":%s}' "$1"
}

whole() { # whole SPLIT
    head_record "$1" false '' '"shape":[0],"values":[]'
    exit_record 0 "$logits0" "$(unit "$conf0")"
    exit_record 1 "$logits1" "$(unit "$conf1")"
    exit_record 2 "$logits2" "$none"
}

# The same with cumulative thresholds 0.5 and 0.625: each where it leaves.
stopped() {
    head_record test true \
        ',"rule":"cumulative","thresholds":[0.5,0.625]' \
        '"shape":[8],"values":[0,0,1,2,1,2,0,2]'
    exit_record -1 '[2,0,0, 0,3,0, 0,0,1, 3,0,0, 0,2,0, 0,0,2, 0.25,0,0,
        0,0,1]' "$none"
}

# The same exits by the margin at other temperatures.
margin() {
    stopped | sed 's/"cumulative"/"margin"/
        s/"labels"/"temperatures":[2,1.5,1],&/'
}

whole val | load valid/trace-whole.mpz
stopped | load valid/trace-policy.mpz
margin | load valid/trace-temperatures.mpz
# of the first version, as it was written then
{
    echo '{"magic":"nachos","kind":"trace","version":[1,0],"provenance":null}'
    whole val
    echo '{"eos":true}'
} | stream-load -o valid/trace-1.0.mpz
whole val |
    sed '1s/}$/,"names":{"dtype":"u8","shape":[17],"values":[97,0,98,0,99,0,233,0,101,0,102,0,103,0,104,47,0]}}/' |
    tee names.tmp.json | load valid/trace-names.mpz
load names.tmp --level=0 <names.tmp.json
stopped |
    sed '1s/}$/,"dataset":"letters","class_names":["a","b","é"]}/' |
    tee classes.tmp.json | load valid/trace-classes.mpz
load classes.tmp --level=0 <classes.tmp.json
{
    whole val
    whole test | sed 's/89abcdef/76543210/g'
} | load valid/trace-two.mpz
whole val | load valid/trace-plain.mpz --level=0

# The smallest that shows all there is: two samples, two exits, two classes.
{
    one '{"type":"trace","summary":{"arch":null,"space":null,"genome":[]},
"split":"val","samples":2,"classes":2,"exits":2,"policy":false,"labels":{"dtype":
"i32","shape":[2],"values":[0,1]},"taken":{"dtype":"u8","shape":[0],"values":[]}}'
    one '{"type":"exit-trace","exit":0,"logits":{"dtype":"f32","shape":[2,2],
"values":[1,0,0.5,0]},"confidence":{"dtype":"f32","shape":[2],
"values":[0.75,0.25]}}'
    one '{"type":"exit-trace","exit":1,"logits":{"dtype":"f32","shape":[2,2],
"values":[2,0,0,2]},"confidence":'"$none"'}'
} | load valid/trace-tiny.mpz --level=0

# Broken ones: bytes of the plain stream changed in place.
stopped | load policy.tmp --level=0
damage label 's/(data\xc4\x20)\x00/$1\x09/'
damage samples 's/(samples)\x08/$1\x09/'
damage classes 's/(classes)\x03/$1\x02/'
damage exits 's/(exits)\x03/$1\x04/'
damage policy 's/(policy)\xc2/$1\xc3/'
damage nan 's/(data\xc4\x60)\x00\x00\x00\x40/$1\x00\x00\xc0\x7f/'
damage confidence 's/(data\xc4\x20)\x00\x00\x60\x3f/$1\x00\x00\x80\x40/'
damage taken 's/(data\xc4\x08)\x00/$1\x03/' policy.tmp
damage rule 's/(rule\xaa)cumulative/${1}cumul\xff\xfeive/' policy.tmp
damage order 's/(exit)\x01/$1\x02/'
damage missing 's/\x84\xa4type\xaaexit-trace\xa4exit\x02.*(?=\x84\xa3eos)//s'
margin | load policy.tmp --level=0
damage temperatures 's/(temperatures)\x93\xcb.{8}/$1\x92/s' policy.tmp
damage temperature-zero 's/(temperatures\x93\xcb)\x40/$1\x00/' policy.tmp
refused names '7 file names for 8 samples' 's/(names.*?data\xc4\x11a)\0b/$1xb/s' names.tmp
refused class-names '2 names of classes for 3 classes' \
    's/(class_names)\x93\xa1a/$1\x92/' classes.tmp
rm policy.tmp names.tmp names.tmp.json classes.tmp classes.tmp.json
