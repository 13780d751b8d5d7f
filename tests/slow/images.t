#!/bin/bash
# SPDX-License-Identifier: MIT
# Pictures of one's own, by defaults alone: 300 of four classes become a network in ten
# minutes on two cores that is right for 40 % of the test split (chance: 25 %), and
# 10,000 digits one that is right for 97 % after three epochs.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

at_least() {    # at_least WHAT LEAST VALUE
    echo "# $1: $3"
    holds "$1: $2 at least" awk -v least="$2" -v value="$3" 'BEGIN {exit !(value >= least)}'
}

perl "$TOP/tests/make-photos.pl" photos 300
start=$SECONDS
expect_loose 0 'a folder of pictures' make -j2 -f "$TOP/pipelines/images.mk" IMAGES=photos \
    SIZE=64 OUT=run
took=$((SECONDS - start))
echo "# $took s"
holds 'in ten minutes' test "$took" -le 600
at_least 'accuracy on the test split' 0.4 "$(eenn-report --format=json run/final/test.mpz |
    jq '(.networks // .results)[0].accuracy')"

perl "$TOP/tests/make-digits.pl" digits 10000 2000
data-import digits -o digits.mpz
ofa-sample --space=ofa-mbv3:width=0.5,res=28,classes=10,exits=3,channels=1 -n 1 |
    eec-place -o net.mpz
expect_loose 0 'three epochs' eenn-train -d digits.mpz --epochs=1/2 -j2 net.mpz -o trained.mpz
eenn-run -d digits.mpz --split=test trained.mpz -o test.mpz
at_least 'accuracy of digits' 0.97 "$(eenn-report --format=json test.mpz |
    jq '(.networks // .results)[0].final_accuracy // (.networks // .results)[0].accuracy')"
finish
