#!/bin/bash
# SPDX-License-Identifier: MIT
# What a search does not make and cannot choose: an environment with names of its
# own, options of make, files that change, are copied or are cut, closed outputs.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# A tool with which a test interferes: `meddle' is run when a network is trained.
mkdir tools
for tool in "$BIN"/*; do
    ln -s "$tool" tools/
done
rm tools/eenn-train
cat >tools/eenn-train <<END
#!/bin/sh
case "\$*" in *--params*) ;; *) [ ! -x "$T/meddle" ] || "$T/meddle" ;; esac
exec "$BIN/eenn-train" "\$@"
END
chmod +x tools/eenn-train
BIN=$T/tools PATH=$T/tools:$PATH

search() {
    make -f "$TOP/pipelines/search.mk" BIN="$BIN" DATA=data.mpz \
        SPACE=ofa-mbv3:width=0.1,res=16,classes=10,exits=1 N_START=2 N_ITER=0 \
        EPOCHS=0/1 TRAIN_FLAGS=--batch=20 "$@"
}
data-synth -q -n 40 --val=20 --test=20 --size=16 -o first.mpz
data-synth -q -n 40 --val=20 --test=20 --size=16 --seed=2 -o other.mpz
cp first.mpz data.mpz
expect_loose 0 'a search, with FINAL_THREADS of nothing' search OUT=run FINAL_THREADS=

# ---- the environment, and options of make ----

expect_loose 0 'names of an environment' env STAGE=production final=nowhere IT=help \
    make -f "$TOP/pipelines/search.mk" BIN="$BIN" OUT=env DATA=data.mpz EPOCHS=0/1 \
    SPACE=ofa-mbv3:width=0.1,res=16,classes=10,exits=1 N_START=2 N_ITER=0 \
    TRAIN_FLAGS=--batch=20
same run/report.txt env/report.txt 'are not those of a search'
expect_loose 0 'make -e' search OUT=run -e
expect_loose 2 'make -t' search OUT=run -t
contains "$ERR" 'make -t: ' 'is refused'
search OUT=run -i EPOCHS=0/2 >"$OUT" 2>"$ERR"
contains "$ERR" 'make -i: ' 'so is make -i'
same run/report.txt env/report.txt 'and nothing is made'
expect_loose 2 'make supernet without one' search OUT=none supernet
contains "$ERR" 'SUPERNET is empty' 'is said'
for closed in '<&- >&-' '>&- 2>&-' '-j2 <&-' '-j2 >&-' '-j2 2>&-'; do
    rm -r env
    eval "search OUT=env $closed" >"$OUT" 2>"$ERR"
    same run/report.txt env/report.txt "closed: $closed"
done

# ---- files that change ----

printf '#!/bin/sh\ncp other.mpz new.mpz && mv new.mpz data.mpz\n' >meddle
chmod +x meddle
expect_loose 2 'DATA is replaced while the search is at work' search OUT=swapped
contains "$OUT" 'data.mpz: the file has changed since the search began' 'which it says'
holds 'no training is kept under the name of the first' \
    test -z "$(ls swapped/trained)"
printf '#!/bin/sh\nrm -f data.mpz\n' >meddle
expect_loose 2 'DATA is removed' search OUT=swapped
rm meddle
cp first.mpz data.mpz
expect_loose 0 'DATA is what it was' search OUT=swapped
expect 0 'so are the trainings' stream-cmp run/archive.mpz swapped/archive.mpz

texts='it-00/00.design it-00/slots.mk reference final/key final/origin'
for text in $texts; do
    head -c $(($(size "run/$text") - 1)) "run/$text" >shorter
    cp shorter "run/$text"
done
expect_loose 0 'texts are cut' search OUT=run
for text in $texts; do
    contains "$ERR" "run/$text: the file is incomplete" "which is said of $text"
done
same run/report.txt swapped/report.txt 'and they are made again'

# A search that was cut short after its parameters were written, copied without times.
mv tools/thresh-tune thresh-tune
printf '#!/bin/sh\ncase "$*" in *--params*) exec "%s" "$@" ;; esac\nexit 4\n' \
    "$T/thresh-tune" >tools/thresh-tune
chmod +x tools/thresh-tune
expect_loose 2 'a search that fails' search OUT=run MIN_ACCURACY=0.99
mv thresh-tune tools/thresh-tune
cp -r run copy
find copy -name '*.result.mpz' -exec touch {} +
expect_loose 0 'goes on in a copy' search OUT=copy MIN_ACCURACY=0.99
holds 'and knows what is older than its parameters' sh -c "stream-dump -r copy/archive.mpz |
    jq -se 'all(.[]; .limits | any(.name == \"accuracy\"))' >/dev/null"

# ---- what is not drawn any more ----

expect_loose 0 'no candidate can be trained' search OUT=copy TRAIN_FLAGS='--batch=20 --lr=1e9'
holds 'no drawing of before is left' test ! -e copy/front.svg -a ! -e copy/hypervolume.svg
rm -r copy/report.txt
mkdir copy/report.txt
expect_loose 2 'a folder in the place of a file' search OUT=copy
contains "$ERR" "copy/report.txt" 'is named'
holds 'and nothing is put into it' test -z "$(ls copy/report.txt)"
finish
