#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Streams are little-endian, and so must the machine be: another one, or one of
# which the compiler does not say it, ends the build with a sentence.
build() {   # build [OPTION...]: the part of the sources that knows numbers
    ${CC:-cc} -std=c11 -I"$TOP" "$@" -fsyntax-only \
        "$TOP/libcommon/base/values.c"
}
expect 0 'this machine is little-endian' build
expect 1 'a big-endian machine is refused' build -U__BYTE_ORDER__ \
    -D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__
contains "$ERR" 'only little-endian machines may do' 'with a sentence'
expect 1 'and one of an unknown order' build -U__BYTE_ORDER__
contains "$ERR" 'only little-endian machines may do' 'with the same'

# What a stream holds is little-endian whatever wrote it.
echo '{"type":"dataset","name":"x","shape":[1,1,1],"classes":["a","b"],"splits":["train"],"samples":[2],"mean":[0.5],"std":[0.5]}
{"type":"chunk","split":"train","images":{"dtype":"u8","shape":[2,1,1,1],"values":[7,8]},"labels":{"dtype":"i32","shape":[2],"values":[1,0]}}' |
    stream-load -k dataset --level=0 -o set.mpz
holds 'label 1 is the bytes 1 0 0 0' \
    grep -qaP 'data\xc4\x08\x01\x00\x00\x00\x00\x00\x00\x00' set.mpz
finish
