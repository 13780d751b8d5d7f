#!/bin/bash
# SPDX-License-Identifier: MIT
# First designs of which too few can be trained to fit a model: others are drawn
# besides, and a search without a model, or without a winner, ends with a report.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Trainings after so many as the file last says fail.
mkdir tools
for tool in "$BIN"/*; do ln -s "$tool" tools; done
rm tools/eenn-train
cat >tools/eenn-train <<END
#!/bin/bash
case " \$* " in
*' --params '*) ;;
*)  echo >>"$T/calls"
    [ \$(wc -l <"$T/calls") -le \$(cat "$T/last") ] || { echo 'no space left' >&2; exit 4; } ;;
esac
exec "$BIN/eenn-train" "\$@"
END
chmod +x tools/eenn-train

search() {      # search LAST VARIABLE=VALUE..
    : >calls
    echo "$1" >last
    make -f "$TOP/pipelines/search.mk" BIN="$T/tools" DATA=data.mpz OUT=run N_START=8 \
        N_ITER=1 K=2 SPACE=ofa-mbv3:width=0.1,res=16,classes=10,exits=2 EPOCHS=1/1 \
        "${@:2}"
}
data-synth -n 60 --val=20 --test=20 --size=16 -o data.mpz

# A hard limit that the smallest of the first designs keep, as they are drawn.
ofa-sample --space=ofa-mbv3:width=0.1,res=16,classes=10,exits=2 --corners -n 8 \
    --iteration=0 | eec-place | stream-dump -r | jq .params | sort -n >params
limit=$(sed -n 7p params)
expect_loose 0 'all but one of the first designs keep a limit' search 99 \
    PLACE_LIMITS="--max=params=$limit" TRAIN_FLAGS=--batch=20
contains "$ERR" 'it-00  7 candidates could be trained, and a surrogate needs 8: designs drawn besides N_START: 1' \
    'another one is drawn'
holds 'the search goes on' test -e run/it-01/archive.mpz
expect_loose 0 'again' search 0 PLACE_LIMITS="--max=params=$limit" TRAIN_FLAGS=--batch=20
holds 'draws and trains none' test ! -s calls
rm -r run

expect_loose 2 'a training that fails among those besides' search 8 \
    TRAIN_FLAGS='--batch=20 --lr=1e9'
contains "$OUT" 'failed: no space left (run/log/it-00-' 'it is named'
holds 'the search does not count as ended' test ! -e run/params/last
expect_loose 0 'no candidate that can be trained' search 99 \
    TRAIN_FLAGS='--batch=20 --lr=1e9'
contains "$ERR" 'too few candidates could be trained to fit a surrogate: the search ends here' \
    'is said'
contains "$ERR" 'run: no candidate could be trained, so that there is no winner' 'nor is there a winner'
holds 'twice as many as N_START were tried' sh -c 'set -- run/it-00/*.design; test $# = 16'
contains run/report.txt 'none: no candidate could be trained' 'there is a report'
expect_loose 0 'retune then' search 0 TRAIN_FLAGS='--batch=20 --lr=1e9' retune
finish
