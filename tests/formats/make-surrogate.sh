#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# The surrogate corpus: writes tests/formats/{valid,invalid}/surrogate-*.mpz.
# The models are made by hand, not fitted, so that the bytes do not depend on
# how a tool computes.
#   BIN=build/release/bin tests/formats/make-surrogate.sh
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"

record() {  # record MODEL SCORES ARRAYS
    printf '%s' '{"type":"surrogate","target":"macs",
"space":"table:toy:0123456789abcdef","genes":2,"points":16,"failed":1,
"duplicates":0,"low":100,"high":280,"folds":10,"pooled":true,
"scores":['"$2"'],"model":"'"$1"'","arrays":['"$3"']}' | tr '\n' ' '
    echo
}
array() {   # array NAME DTYPE SHAPE VALUES
    printf '{"name":"%s","value":{"dtype":"%s","shape":[%s],"values":[%s]}}' \
        "$1" "$2" "$3" "$4"
}
score() {   # score MODEL TAU RMSE
    printf '{"model":"%s","fitted":true,"tau":%s,"tau_std":0,"rho":0.75,"rmse":%s}' \
        "$1" "$2" "$3"
}
dropped() { # dropped MODEL REASON
    printf '{"model":"%s","fitted":false,"reason":"%s","tau":null,"tau_std":null,"rho":null,"rmse":null}' \
        "$1" "$2"
}
# 100 + 30 g0 + 10 g1 and a bump at (1, 1)
rbf=$(array centre u8 2,2 '1,1,0,0'),$(array coef f64 2 '0.5,0'),$(
    array mean f64 2 '1.5,1.5'),$(array tail f64 3 '160,30,10')
# two trees: one of three leaves, one of two; `right` counts from the start of
# the whole array
cart=$(array start i32 3 '0,5,8'),$(
    array gene i32 8 '0,-1,1,-1,-1,1,-1,-1'),$(
    array right i32 8 '2,0,4,0,0,7,0,0'),$(
    array value f64 8 '0.5,100,1.5,150,200,0.5,120,180')

# the score 0.5 g0 - 1 + 0.25 g1 of four values, two of which are equal
rank=$(array centre u8 2,2 '1,1,0,0'),$(array coef f64 2 '0,0'),$(
    array mean f64 2 '2,0'),$(array tail f64 3 '0,0.5,0.25'),$(
    array rank_score f64 3 '-1.25,0.25,1.25'),$(
    array rank_value f64 3 '100,130,280')
# two centres, one gene that never varied
gp=$(array centre u8 2,2 '1,1,0,1'),$(array coef f64 2 '40,-40'),$(
    array scale f64 2 '0.5,0'),$(array prior f64 3 '160,900,1.5')
# hidden layers of two, one and one units
mlp=$(array w1 f32 2,2 '1,-1,0.5,0.25'),$(array b1 f32 2 '0,0.5'),$(
    array w2 f32 2,1 '1,2'),$(array b2 f32 1 '0.125'),$(
    array w3 f32 1,1 '-0.5'),$(array b3 f32 1 '3'),$(
    array w4 f32 1,1 '1.5'),$(array b4 f32 1 '-1'),$(
    array target f64 2 '160,30')

record rbf "$(score rbf 0.75 12.5),$(score cart 0.5 25)" "$rbf" |
    load valid/surrogate-rbf.mpz
record cart "$(dropped rbf 'the system of 16 points is singular'),$(
    score cart 0.5 25)" "$cart" | load valid/surrogate-cart.mpz
record rbf "$(score rbf 0.75 12.5)" "$rbf" |
    load valid/surrogate-plain.mpz --level=0
record gp "$(score rbf 0.75 12.5),$(score gp 0.875 6)" "$gp" |
    load valid/surrogate-gp.mpz
record mlp "$(score gp 0.5 20),$(score mlp 0.625 15)" "$mlp" |
    load valid/surrogate-mlp.mpz
record rank-rbf "$(score rbf 0.75 12.5),$(score rank-rbf 0.875 6)" "$rank" |
    load valid/surrogate-rank.mpz
pairs() {   # pairs: four points, and what was said of them
    sed 's/"points":16/"points":4/
        s/"arrays"/"measured":[100,130,160,280],"predicted":[98.5,140,150.25,270],"arrays"/'
}
record rbf "$(score rbf 0.75 12.5)" "$rbf" | pairs |
    load valid/surrogate-pairs.mpz
# of earlier versions, as they were written then
for minor in 0 1; do
    echo '{"magic":"nachos","kind":"surrogate","version":[1,'$minor'],"provenance":null}'
    if [ $minor = 0 ]; then
        record rbf "$(score rbf 0.75 12.5)" "$rbf"
    else
        record rbf "$(score rbf 0.75 12.5)" "$rbf" | pairs
    fi
    echo '{"eos":true}'
done >old.tmp
sed -n 1,3p old.tmp | stream-load --level=0 -o valid/surrogate-1.0.mpz
sed -n 4,6p old.tmp | stream-load --level=0 -o valid/surrogate-1.1.mpz

record cart "$(score cart 0.5 25)" "$cart" | load cart.tmp --level=0
record rbf "$(score rbf 0.75 12.5)" "$rbf" | pairs | load pairs.tmp --level=0
record gp "$(score gp 0.875 6)" "$gp" | load gp.tmp --level=0
record mlp "$(score mlp 0.625 15)" "$mlp" | load mlp.tmp --level=0
record rank-rbf "$(score rank-rbf 0.875 6)" "$rank" | load rank.tmp --level=0
damage model 's/(model\xa3)rbf(\xa6arrays)/$1rbg$2/'
damage not-fitted 's/(fitted)\xc3/$1\xc2/'
damage genes 's/(genes)\x02/$1\x03/'
damage centre 's/(shape\x92)\x02\x02/$1\x01\x04/'
damage nan 's/(data\xc4\x10)\x00{6}\xe0\x3f/$1\x00\x00\x00\x00\x00\x00\xf8\x7f/'
damage dtype 's/(dtype\xa2)u8/$1f4/'
damage no-array 's/(name\xa4)tail/$1tale/'
damage loop 's/(right.*?data\xc4\x20)\x02/$1\x00/s' cart.tmp
damage child 's/(right.*?data\xc4\x20)\x02/$1\x07/s' cart.tmp
damage leaf 's/(\xa4gene.*?data\xc4\x20.{28})\xff{4}/$1\x00\x00\x00\x00/s' cart.tmp
damage gene 's/(\xa4gene.*?data\xc4\x20)\x00/$1\x02/s' cart.tmp
damage start 's/(start.*?data\xc4\x0c.{8})\x08/$1\x09/s' cart.tmp
damage pairs 's/(predicted)\x94\xcb.{8}/$1\x93/s' pairs.tmp
damage points 's/(points)\x04/$1\x05/' pairs.tmp
damage gp-centre 's/(shape\x92)\x02\x02/$1\x01\x04/' gp.tmp
damage gp-no-scale 's/(name\xa5)scale/$1scala/' gp.tmp
damage gp-prior 's/(prior.*?shape\x91)\x03/$1\x02/s' gp.tmp
damage gp-nan 's/(coef.*?data\xc4\x10)\x00{6}\x44\x40/$1\x00\x00\x00\x00\x00\x00\xf8\x7f/s' gp.tmp
damage mlp-inputs 's/(genes)\x02/$1\x03/' mlp.tmp
damage mlp-chain 's/(w2.*?shape\x92)\x02\x01/$1\x01\x02/s' mlp.tmp
damage mlp-bias 's/(name\xa2)b3/$1b5/' mlp.tmp
damage mlp-nan 's/(b4.*?data\xc4\x04)\x00\x00\x80\xbf/$1\x00\x00\xc0\x7f/s' mlp.tmp
damage rank-none 's/(name\xaa)rank_value/$1rank_valve/' rank.tmp
damage rank-order 's/(rank_score.*?data\xc4\x18.{6})\xf4\xbf/$1\xf4\x3f/s' rank.tmp
damage rank-count 's/(rank_value.*?shape\x91)\x03/$1\x02/s' rank.tmp
damage rank-inner 's/(name\xa4)tail/$1tale/' rank.tmp
rm rank.tmp gp.tmp mlp.tmp pairs.tmp cart.tmp old.tmp
