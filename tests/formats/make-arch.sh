#!/bin/sh
# SPDX-License-Identifier: MIT
# The arch corpus: writes tests/formats/{valid,invalid}/arch-*.mpz.
#   BIN=build/release/bin tests/formats/make-arch.sh
# shellcheck disable=SC2016
set -eu
export LC_ALL=C
PATH=${BIN:?}:$PATH
cd "$(dirname "$0")"
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
    }' | stream-load --kind=arch --no-provenance --level=0 \
    -o valid/arch-predicted.mpz

damage() { # damage NAME REASON PERL-SUBSTITUTION [OF]
    perl -0777 -pe "$3" "valid/arch-${4:-plain}.mpz" >"invalid/arch-$1.mpz"
    if why=$(stream-check "invalid/arch-$1.mpz" 2>&1); then
        echo "$1: is taken" >&2
        exit 1
    fi
    case $why in
    *"$2"*) ;;
    *) echo "$1: not '$2' but $why" >&2; exit 1 ;;
    esac
}

damage id 'is not the id of its space and genome' 's/(genome\x92)\x02/$1\x01/'
damage id-short '32 hex digits' 's/(\xa2id)\xd9\x20.{32}/$1\xa2ab/s'
damage id-missing 'id' 's/\x86(\xa4type\xa4arch)\xa2id\xd9\x20.{32}/\x85$1/s'
damage genome-empty 'space without genome' 's/(genome)\x92\x02\x01/$1\x90/'
damage genome-negative 'genome' 's/(genome\x92)\x02/$1\xff/'
damage genome-claims 'genome' 's/(genome)\x92/$1\xdd\xff\xff\xff\xff/'
damage genome-text 'genome' 's/(genome)\x92\x02\x01/$1\xa221/'
damage space-nil 'space' 's/(space)\xd9\x1b.{27}/$1\xc0/s'
damage slot 'slot' 's/(slot)\x00/$1\xff/'
damage type "record type" 's/(type\xa4)arch/$1arck/'
damage twice 'twice' 's/origin/genome/'
damage predicted-twice 'two predictions of macs' \
    's/(name\xa4)time/$1macs/' predicted
damage predicted-nil 'predicted[1].value' \
    's/(time\xa5value)\xcb.{8}/$1\xc0/s' predicted
