#!/bin/sh
# SPDX-License-Identifier: MIT
# status.sh over folders that only look like a search.
# shellcheck disable=SC2016
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"
how_far=$TOP/pipelines/status.sh
export how_far

mkdir -p run/params run/final
for i in 00 01 02 98 99 100 101; do
    mkdir -p run/it-$i
    printf 'hypervolume\t0.%03d\n' "$(echo $i | sed 's/^0*\(.\)/\1/')" >run/it-$i/hypervolume
    cp "$VALID/result-tuned.mpz" run/it-$i/00.result.mpz
done
cp "$VALID/result-failed.mpz" run/it-100/100.result.mpz
for i in run/it-*; do
    touch "$i/archs.mpz" "$i/slots.mk" "$i/00.design"
done
: >run/it-100/100.design
touch -d 2020-01-01 run/it-*/archs.mpz run/it-*/slots.mk run/it-*/*.design
settings() {
    cat >run/params/settings <<END
N_START=8
N_ITER=${1:-150}
K=2
N_TOL=10
OBJECTIVES=
LIMITS=${2:-}
PICK_FLAGS=${3:-}
SPACE=ofa-mbv3:width=1,res=32,classes=10,exits=4
SUPERNET=${4:-}
SUPERNET_SCALE=0.04
OTHER=thing
END
}
says() {        # says LINE
    holds "says $1" grep -qxE "$1" "$OUT"
}
settings
expect 0 'by itself' "$how_far" run
cp "$OUT" first
says 'iteration      101 of 150 \(fewer if the hypervolume does not change for 10\)'
says 'candidates     8 of 308'
says 'failed         1'
says 'hypervolume    0.0000, 0.0010, 0.0020, 0.0980, 0.0990, 0.1000, 0.1010'
says 'best so far    [0-9a-f]{8}  .*'
says 'time left      .* \(300 candidates, .*'
expect_loose 0 'through make' make -f "$TOP/pipelines/search.mk" OUT=run status
cp "$OUT" now
same now first 'the same through make'
settings 1
expect_loose 0 'as far as the last run went' make -f "$TOP/pipelines/search.mk" OUT=run status
says 'iteration      1 of 1 .*'
expect_loose 0 'N_ITER of the command line' make -f "$TOP/pipelines/search.mk" OUT=run N_ITER=150 status
cp "$OUT" now
same now first 'is in place of it'
settings
echo 8+5 >run/params/drawn
touch -d 2020-01-01 run/params/drawn
expect 0 'more first designs' "$how_far" run
says 'candidates     8 of 313'
rm run/params/drawn
touch -d 2020-01-02 run/params/step
expect 0 'when others are to be proposed' "$how_far" run
says 'candidates     1 of 308'
rm run/params/step
if localedef -i de_DE -f UTF-8 "$T/de_DE.UTF-8" >/dev/null 2>&1; then
    expect 0 'under a decimal comma' env LOCPATH="$T" LC_ALL=de_DE.UTF-8 "$how_far" run
    cp "$OUT" now
    same now first 'the same under a decimal comma'
fi
# It finds the tools of its own tree, where these are built.
if [ -x "$TOP/build/release/bin/eenn-report" ]; then
    expect 0 'from elsewhere' env PATH=/usr/bin:/bin BIN= sh -c \
        'cd / && exec "$how_far" "$0"' "$T/run"
    cp "$OUT" now
    same now first 'the same from elsewhere'
fi

printf '%s\n' 'N_START="8" N_ITER="150" K="2" N_TOL="10" OBJECTIVES="" LIMITS="--max-macs=1e6" PICK_FLAGS="" SPACE="ofa-mbv3:width=1,res=32,classes=10,exits=4" SUPERNET="" SUPERNET_SCALE="1"' \
    >run/params/settings
expect 0 'settings of an earlier version' "$how_far" run
says 'candidates     8 of 308'
says 'best so far .*  (feasible|violation [0-9.]+)'

settings 150 '' '' "$TOP/pipelines/supernet.tsv"
mkdir run/supernet
echo epochs=1100 >run/params/supernet
key=$(b2sum -l 64 <run/params/supernet | cut -c1-16)
touch "run/supernet/$key-007.mpz" "run/supernet/$key-1001.mpz" "run/supernet/$key-999.mpz"
touch run/supernet/0123456789abcdef-1002.mpz
expect 0 'a supernet' "$how_far" run
says 'supernet       1001 of [0-9]+ epochs'
settings 150 '' '' 'no/such file'
mv run/params/supernet .
expect 0 'a schedule that is gone' "$how_far" run
says 'supernet       0 of the epochs of no/such file, which cannot be read from here'
holds 'and no more is said of it' test ! -s "$ERR"
mv supernet run/params
says 'candidates     8 of 308'

touch run/report.txt
settings 150 '' '--objectives=accuracy:max'
expect 0 'with options and a report' "$how_far" run
says 'winner         done, see run/report.txt'
echo 1 >run/params/layout
expect 0 'a report of other settings' "$how_far" run
says 'winner         of earlier settings, see run/report.txt'
says 'time left .*'
echo '8 150 2 10' >run/params/ended
touch -d '1 hour ago' run/params/reported
expect 0 'a search that has ended early' "$how_far" run
says 'winner         done, see run/report.txt'
says 'iteration      101 of 150 \(ended\)'
holds 'nothing is left of it' sh -c '! grep "time left" "$1"' sh "$OUT"
expect 0 'with more iterations' "$how_far" run N_ITER=151
says 'time left .*'

# ---- settings that are none ----
refused() {     # refused WHAT TEXT: one line, status 2, nothing run
    "$how_far" run >"$OUT" 2>"$ERR"
    holds "$1: status 2" test $? = 2
    holds "$1: one line" test "$(grep -c '' <"$ERR")" = 1
    contains "$ERR" "$2" "$1: says what"
    holds "$1: nothing runs" test ! -e evil
}
settings 'a[$(touch evil)]'
refused 'a number that is code' 'N_ITER'
settings "$(printf '\033[31m')"
refused 'control characters' "N_ITER='?[31m'"
settings 150 '' '--output=evil'
refused 'an option that writes' "'--output=evil'"
printf 'touch evil\nN_START=$(touch evil)\n`touch evil`\n' >run/params/settings
refused 'a script' 'N_START'
printf 'N_START=8\nN_ITER=1\n' >run/params/settings
refused 'settings that are cut' "K=''"
: >run/params/settings
refused 'empty settings' 'N_START'
rm run/params/settings
refused 'no settings' 'no search in run'
mkdir run/params/settings
refused 'a folder' 'no search in run'
expect_loose 2 'no OUT' "$how_far"
finish
