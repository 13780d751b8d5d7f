#!/bin/sh
# SPDX-License-Identifier: MIT
# Pictures of one's own, from a folder to a report.  A search that has to learn
# something is in tests/slow.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

images() {
    make -j2 -f "$TOP/pipelines/images.mk" IMAGES=photos SIZE=16 WIDTH=0.1 EXITS=2 \
        N_START=2 N_ITER=0 EPOCHS=0/1 FINAL_EPOCHS=0/1 "$@"
}
lines() {   # candidates the last search trained
    grep -c '^it-[0-9]*/' "$OUT"
}

perl "$TOP/tests/make-photos.pl" photos 60
space=ofa-mbv3:width=0.1,res=16,classes=4,exits=2

expect_loose 0 'what can be checked before' images OUT=run preflight
holds 'begins nothing' test ! -e run
expect_loose 0 'how long it takes' images OUT=run plan
contains "$OUT" 'candidates     2 (2 first designs)' 'is said'
holds 'and begins nothing' test ! -e run
expect_loose 0 'what would be done' images OUT=run -n
contains "$OUT" 'data-import --size=16 photos -o run/data.mpz' 'the import comes first'
holds 'nothing is done' test ! -e run
expect_loose 2 'settings are checked before' images OUT=run K=few preflight
contains "$ERR" 'preflight: K=few: not a whole number' 'and refused'
expect_loose 2 'no folder' make -f "$TOP/pipelines/images.mk" OUT=run
contains "$ERR" 'IMAGES=FOLDER is missing' 'is named'
expect_loose 2 'none of that name' images IMAGES=photo OUT=run
contains "$ERR" 'IMAGES=photo: there is no such folder' 'is named'
expect_loose 2 'a name with a blank' images 'IMAGES=my photos' OUT=run
contains "$ERR" 'IMAGES: white space is not allowed in a path' 'is refused'
expect_loose 2 'an option that data-import has not' images OUT=run IMPORT_FLAGS=--no
contains "$ERR" "data-import: there is no option '--no'" 'says so'
holds 'nothing was begun' test ! -e run

expect_loose 0 'a search' images OUT=run
holds 'trains its candidates' test "$(lines)" = 2
contains run/params/settings "SPACE=$space" 'the space follows from the set'
contains run/params/settings 'SUPERNET=' 'without a supernet'
holds 'random weights' sh -c "stream-dump -r run/final/trained.mpz |
    jq -se '.[0].recipe | from_entries | .batch == \"8\" and (has(\"init-weights\") | not)' >/dev/null"
holds 'there is a report' test -s run/report.txt
expect_loose 0 'again' images OUT=run
holds 'trains nothing' test "$(lines)" = 0
holds 'and imports nothing' test ! run/data.mpz -nt run/report.txt
touch photos/rings/002.ppm
expect_loose 0 'a picture that is as it was' images OUT=run
holds 'trains nothing' test "$(lines)" = 0
cp photos/rings/002.ppm photos/rings/new.ppm
expect_loose 0 'another picture' images OUT=run
holds 'trains anew' test "$(lines)" = 2
expect_loose 0 'without the folder' make -f "$TOP/pipelines/images.mk" OUT=run status
contains "$OUT" 'candidates     2 of 2' 'it is known how far it is'

perl "$TOP/tests/make-photos.pl" grey 40 1 grey
expect_loose 0 'grey pictures of another size' images IMAGES=grey SIZE=24 OUT=grey-run \
    IMPORT_FLAGS=--channels=1
contains grey-run/params/settings "SPACE=ofa-mbv3:width=0.1,res=24,classes=4,exits=2,channels=1" \
    'have a space of one channel'
for file in photos/*/*.ppm; do
    class=${file%/*}
    echo "$file,${class#*/}"
done >list.csv
expect_loose 0 'a table of pictures' images IMAGES=list.csv OUT=listed search
contains listed/params/settings "SPACE=$space" 'stands for a folder'
expect_loose 0 'again' images IMAGES=list.csv OUT=listed search
holds 'trains nothing' test "$(lines)" = 0
: >photos/rings/bad.ppm
expect_loose 2 'a picture that cannot be read' images OUT=run
contains "$ERR" "IMPORT_FLAGS='..' takes options of data-import" 'says where options go'
rm photos/rings/bad.ppm
expect_loose 0 'a data set that is there' images IMAGES= OUT=given DATA=run/data.mpz search
contains given/params/settings "SPACE=$space" 'is taken as it is'

# ---- the rule ----

says() {    # says WANTED TRAIN: of so many training images
    data-synth -q --train="$2" --val=1 --test=0 --size=8 --classes=3 -o set.mpz
    holds "$2 training images: $1" test "$("$TOP/pipelines/images.sh" set set.mpz)" = "8 3 3 $1"
}
says 'few 0.504' 1999
says 'many 0.504' 2000
says 'many 0.303' 6000
says 'many 0.04' 45000
finish
