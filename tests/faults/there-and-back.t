#!/bin/bash
# SPDX-License-Identifier: MIT
# A setting is changed and changed back, and both searches are stopped before
# their end: what the first of them left is not taken for the second's.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Tools that fail while a file stop-NAME is there, in place of a kill.
mkdir tools
ln -s "$BIN"/* tools
stops() {   # stops TOOL NAME PATTERN: where its arguments are like that
    rm "tools/$1"
    printf '#!/bin/sh\ncase "$*" in %s) [ ! -e "%s/stop-%s" ] || exit 4 ;; esac\nexec "%s/%s" "$@"\n' \
        "$3" "$T" "$2" "$BIN" "$1" >"tools/$1"
    chmod +x "tools/$1"
}
stops thresh-tune tuning '*--origin*'
stops pareto-select volume '*--hypervolume*'
search() {
    make -f "$TOP/pipelines/search.mk" BIN="$T/tools" OUT=run DATA=data.mpz \
        SPACE=ofa-mbv3:width=0.1,res=16,classes=10,exits=1 N_START=2 N_ITER=0 \
        EPOCHS=0/1 TRAIN_FLAGS=--batch=20 "$@" search
}
sums() {
    cksum run/it-00/*.mpz
}
data-synth -n 40 --val=20 --test=20 --size=16 -o data.mpz
expect_loose 0 'a search' search
sums >whole

: >stop-volume
expect_loose 2 'another limit, stopped behind the tunings' search MIN_ACCURACY=0.05
rm stop-volume
sums >other
holds 'it made other results' sh -c '! cmp -s whole other'
: >stop-tuning
expect_loose 2 'the former limit, stopped before the first tuning' search
rm stop-tuning
expect_loose 0 'and again' search
sums >back
same whole back 'the results are those of the former limit'
finish
