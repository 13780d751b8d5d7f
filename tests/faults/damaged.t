#!/bin/bash
# SPDX-License-Identifier: MIT
# Files of a search that a crash, a full disk or a hand has damaged: each is
# named and made again, and the outcome is the same.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

search() {
    make -j2 -f "$TOP/pipelines/search.mk" BIN="$BIN" OUT=run DATA=data.mpz \
        SPACE=ofa-mbv3:width=0.1,res=16,classes=10,exits=2 N_START=8 N_ITER=1 K=2 \
        EPOCHS=0/1 TRAIN_FLAGS=--batch=20 "$@"
}
data-synth -n 60 --val=20 --test=20 --size=16 -o data.mpz
expect_loose 0 'a search' search
cp -rp run whole

again() {   # again FILE WHAT: the damage that was done to FILE, which is named
    expect_loose 0 "$1 $2" search
    [[ $2 = gone* ]] || contains "$ERR" "$1" "$2: it is named"
    holds "$2: whole again" stream-check -q run/archive.mpz run/final/trained.mpz
    same whole/archive.mpz run/archive.mpz "$2: the archive is the same"
    same whole/report.txt run/report.txt "$2: the report is the same"
}
# A training is made again when a tuning needs it, and so is put back for the next.
damage() {  # damage FILE: cut off at its end, in the middle, empty, another byte
    truncate -s -1 "run/$1"
    again "run/$1" "$1 without its last byte"
    cp "whole/$1" "run/$1"
    truncate -s $(($(size "whole/$1") / 2)) "run/$1"
    again "run/$1" "$1 cut in half"
    : >"run/$1"
    again "run/$1" "$1 empty"
    cp "whole/$1" "run/$1"
    flip "run/$1" $(($(size "whole/$1") / 2))
    again "run/$1" "$1 with another byte"
}
damage it-00/05.result.mpz
training=$(cd whole && echo trained/*.mpz)
damage "${training##* }"
# Several at once, which do not stand before one another in the search.
together() {    # together DAMAGE FILE..: done to each of the files by `harm'
    for file in "${@:2}"; do harm "run/$file"; done
    again "run/$2" "$1: ${*:2}"
    for file in "${@:2}"; do
        [ "$1" = gone ] || contains "$ERR" "run/$file" "$1: $file is named"
        holds "$1: $file is there again" test -s "run/$file"
    done
}
harm() { truncate -s -9 "$1"; }
together 'cut off' it-00/archs.mpz it-01/accuracy.surrogate.mpz archive.mpz final/trained.mpz
together 'cut off' it-00/nets.mpz it-01/archive.mpz final/result.mpz
harm() { : >"$1"; }
together empty it-00/hypervolume it-01/slots.mk report.txt final/key
together empty it-00/04.design params/train final/times.txt
harm() { rm "$1"; }
together gone it-00/00.result.mpz it-00/slots.mk reference
together gone it-01/01.result.mpz it-01/00.design front.mpz
truncate -s -1 run/it-01/archive.mpz
expect_loose 2 'the winner of an archive that is damaged' search finish
contains "$ERR" 'it-01/archive.mpz is missing; make search makes it again' 'is not looked for'
mkdir -p run/tmp
echo x >run/tmp/left-by-a-kill
# So a tool names a file that has a name while it is written.
echo x >run/.archive.mpz.1f2e3b9a12c
echo x >run/it-00/.03.result.mpz.1f2e3b9a12c
expect_loose 0 'what a kill left' search
holds 'is gone' test ! -e run/tmp/left-by-a-kill -a ! -e run/.archive.mpz.1f2e3b9a12c \
    -a ! -e run/it-00/.03.result.mpz.1f2e3b9a12c

# ---- what is not the search's ----

mkdir run/mine
: >run/mine/empty
head -c 300 data.mpz >run/mine/half.mpz
cp run/mine/half.mpz run/half.mpz
: >run/notes
for file in .archive.mpz.bak .report.txt.backup .front.mpz.2 .data.mpz.copy; do
    : >"run/$file"
done
expect_loose 0 'files of somebody else' search
holds 'stay' test -e run/mine/empty -a -e run/mine/half.mpz -a -e run/half.mpz -a -e run/notes
holds 'hidden ones, too' test "$(find run -maxdepth 1 -name '.*' | grep -c .)" = 4
expect_loose 2 'a damaged data set in OUT' search DATA=run/half.mpz
contains "$ERR" 'run/half.mpz: record' 'is named'
holds 'and stays' test -e run/half.mpz
finish
