#!/bin/sh
# SPDX-License-Identifier: MIT
# The weights corpus: writes tests/formats/{valid,invalid}/weights-*.mpz.
#   BIN=build/release/bin tests/formats/make-weights.sh
# shellcheck disable=SC2016  # the dollars are for perl
set -eu
PATH=${BIN:?}:$PATH
cd "$(dirname "$0")"
mkdir -p valid invalid

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

load() {    # load FILE [OPTION..]
    file=$1
    shift
    stream-load --kind=weights --no-provenance "$@" -o "$file"
}

small | load valid/weights-small.mpz
small | load valid/weights-plain.mpz --level=0
{
    echo '{"type":"weights","space":"ofa-mbv3:width=1,res=32,classes=10,exits=4",'
    echo '"net":null,"recipe":"00112233445566778899aabbccddeeff","epoch":null}'
} | tr -d '\n' | load valid/weights-none.mpz

# Broken ones: bytes of the plain stream changed in place.
damage() {  # damage NAME PERL-SUBSTITUTION
    perl -0777 -pe "$2" valid/weights-plain.mpz >"invalid/weights-$1.mpz"
    ! cmp -s valid/weights-plain.mpz "invalid/weights-$1.mpz"
}
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
