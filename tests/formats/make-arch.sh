#!/bin/sh
# SPDX-License-Identifier: MIT
# The arch corpus: writes tests/formats/{valid,invalid}/arch-*.mpz.
#   BIN=build/release/bin tests/formats/make-arch.sh
# shellcheck disable=SC2016
export LC_ALL=C
# shellcheck source=tests/formats/corpus.sh
. "$(dirname "$0")/corpus.sh"
table=$(mktemp -d)/tiny.tsv
trap 'rm -r "${table%/*}"' EXIT

ofa-sample --corners -n 3 --iteration=0 --no-provenance -o valid/arch-small.mpz
ofa-sample --space=ofa-mbv3:width=0.35,exits=2,channels=1 -n 2 \
    --no-provenance -o valid/arch-narrow.mpz
printf '%b\n' '# nachos space 1' 'layers\t0\t1,2,3' \
    'units\t0\t8,16,32\tlayers>=1' >"$table"
ofa-sample --space="$table" -n 7 --no-provenance -o valid/arch-table.mpz
ofa-sample --space="$table" 21 --iteration=3 --no-provenance --level=0 \
    -o valid/arch-plain.mpz
# What nsga2-step adds, in another order.  (arch-1.0.mpz has the two keys that
# it added once; no tool writes them any more.)
stream-dump valid/arch-plain.mpz | sed '/"type"/{
    s/"design"/"predicted":[{"name":"macs","value":1.5e6},{"value":-0.5,"name":"time"}],&/
    }' | load valid/arch-predicted.mpz --level=0

refused id 'is not the id of its space and genome' 's/(genome\x92)\x02/$1\x01/'
refused id-short '32 hex digits' 's/(\xa2id)\xd9\x20.{32}/$1\xa2ab/s'
refused id-missing 'id' 's/\x86(\xa4type\xa4arch)\xa2id\xd9\x20.{32}/\x85$1/s'
refused genome-empty 'space without genome' 's/(genome)\x92\x02\x01/$1\x90/'
refused genome-negative 'genome' 's/(genome\x92)\x02/$1\xff/'
refused genome-claims 'genome' 's/(genome)\x92/$1\xdd\xff\xff\xff\xff/'
refused genome-text 'genome' 's/(genome)\x92\x02\x01/$1\xa221/'
refused space-nil 'space' 's/(space)\xd9\x1b.{27}/$1\xc0/s'
refused slot 'slot' 's/(slot)\x00/$1\xff/'
refused type "record type" 's/(type\xa4)arch/$1arck/'
refused twice 'twice' 's/origin/genome/'
refused predicted-twice 'two predictions of macs' \
    's/(name\xa4)time/$1macs/' valid/arch-predicted.mpz
refused predicted-nil 'predicted[1].value' \
    's/(time\xa5value)\xcb.{8}/$1\xc0/s' valid/arch-predicted.mpz
