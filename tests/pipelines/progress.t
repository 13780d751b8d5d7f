#!/bin/sh
# SPDX-License-Identifier: MIT
# The line that says how far a search is, over folders that only look like one.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"
P=$TOP/pipelines
TERM=vt100
# The best candidate is the file best.
mkdir tools
printf '#!/bin/sh\ncat "%s/best"\n' "$T" >tools/eenn-report
chmod +x tools/eenn-report
PATH=$T/tools:$PATH
export P TERM

folder() {      # folder NAME: 14 candidates are done, one runs
    mkdir -p "$1/tmp" "$1/it-00" "$1/it-100"
    for i in 00 01 02 03 04 05 06 07 08 09 10 11; do
        : >"$1/it-00/$i.result.mpz"
    done
    : >"$1/it-100/00.result.mpz"
    : >"$1/it-100/100.result.mpz"
    echo '420 1000 images 47.3 exits 3, loss 0.412' >"$1/tmp/it-100-101.progress"
    printf 'c7227454  71.20 %% (68.1-74.2)    1.920 M  eps 0.10\n' >best
}
# on_terminal COLUMNS SECONDS [COMMAND]: the lines that it draws, in $T/drawn,
# and what is on the screen at the end, in $T/left.
on_terminal() {
    in_terminal "stty cols $1; \"$P/progress.sh\" run 48 & \
        ${3:-:}; sleep $2; kill \$!; wait"
    sed 's/\r$//' "$T/.screen" | tr '\r' '\n' | sed 's/\x1b\[K//' |
        sed '/^$/d' >drawn
}
fits() {        # fits COLUMNS FILE
    awk -v n="$1" 'length >= n { exit 1 }' "$2" && test -s "$2"
}

folder run
expect_loose 2 'a folder and a number' "$P/progress.sh" run x
on_terminal 80 3.3
contains drawn '[14/48] it-100/101 42 %  best 71.20 % at 1.920M' 'its form'
contains run/tmp/spent 'it-100-101 47.3' 'what a step took is noted when it ends'
holds 'it changes at least every two seconds' \
    test "$(uniq drawn | grep -c '')" -ge 3
holds 'it is erased at the end' sh -c \
    'tail -c 4 "$0" | od -An -c | grep -q "\\\\r 033   \\[   K"' "$T/.screen"
on_terminal 20 1.5
holds 'it is cut to 20 columns' fits 20 drawn
contains drawn '[14/48] it-100/' 'and says the first there is'
on_terminal 60 0 'sleep 1.5; stty cols 30; sleep 1.5'
sed 1,2d drawn >later
holds 'it is cut to the new width of a terminal' fits 30 later
on_terminal 0 1.5
holds 'a terminal without a width has 80 columns' fits 80 drawn

# The time that is left comes from what has been done since it was started.
on_terminal 80 4.4 'sleep 2; touch run/it-100/01.result.mpz; sleep 1.2; \
    echo "630 1000 images" >run/tmp/it-100-101.progress'
holds 'it says no time at first' sh -c 'head -n 1 drawn | grep -qv left'
holds 'it says the time that is left' grep -Eq '[0-9] (s|min) left' drawn
contains drawn '[15/48] it-100/101 63 %' 'it goes on'

printf 'c7227454 \033[31m %% 1\n' >best
echo '1 0 x[$(touch evil)] y' >run/tmp/it-00-12.progress
echo 'a[$(touch evil)] 7 x y' >run/tmp/final.progress
: >run/tmp/supernet-012.progress
on_terminal 80 1.5
holds 'what stands in a file does not run' test ! -e evil
contains drawn '?[31m' 'control characters are masked'
contains drawn 'final, it-00/12, it-100/101 63 % and 1 more' 'several steps'
rm -r run/tmp
on_terminal 40 1.5
contains drawn '[15/48]' 'nothing runs yet'

# What is not of this search, or not of these settings.
cp -r run kept
mkdir run/params
for i in 00 100; do touch run/it-$i/archs.mpz run/it-$i/slots.mk; done
for i in run/it-*/*.result.mpz; do : >"${i%.result.mpz}.design"; done
touch -d 2020-01-01 run/it-*/*.design run/it-*/archs.mpz run/it-*/slots.mk
touch -d 2020-01-02 run/it-*/*.result.mpz
on_terminal 40 1.5
contains drawn '[15/48]' 'results of the designs there are'
echo 8+5 >run/params/drawn
touch -d 2020-01-01 run/params/drawn
rm run/it-00/11.design
touch run/it-00/10.design
N_ITER=99 on_terminal 40 1.5
contains drawn '[10/53]' 'neither later iterations, nor other designs'
touch -d 2020-01-03 run/params/tune
on_terminal 40 1.5
contains drawn '[0/53]' 'nor other thresholds'
touch run/it-*/*.result.mpz
touch run/params/train run/it-100/slots.mk
on_terminal 40 1.5
contains drawn '[3/53]' 'nor other trainings'
counts() {      # counts WHAT N: of the results there are, without a terminal
    holds "$1" test "$(OUT=run bash -O nullglob -c '. "$P/common.sh"
        find_iterations 100; find_results; echo ${#results[@]}')" = "$2"
}
touch run/it-00/slots.mk
touch -d 2020-01-02 run/params/step
counts 'nor other proposals' 11
touch -d 2020-01-03 run/it-00/archs.mpz
touch -d 2020-01-02 run/it-100/archs.mpz
counts 'nor those that followed from other first designs' 11
touch -d 2020-01-03 run/it-100/archs.mpz
counts 'but those of now' 14
touch -d 2020-01-04 run/params/drawn
counts 'and none when other designs are drawn first' 0
rm -r run
mv kept run

# Lines of recipes: no rest of what was drawn stands behind them.
folder run
on_terminal 80 1.5 'sleep 0.5; bash -c ". \"$P/common.sh\"; say it-00/13 \" 71.2 %\""'
holds 'a line is printed over what was drawn' \
    grep -q "$(printf '\r\033\\[K')it-00/13  71.2 %.\$" "$T/.screen"
holds 'lines are as they are without a terminal' test \
    "$(bash -c '. "$P/common.sh"; say "$1"' - 'a\n  b %s')" = 'a\n  b %s'

# Elsewhere: whole lines, and the end comes with SIGTERM or that of the parent.
expect_loose 0 'ends by SIGTERM' sh -c \
    '"$P/progress.sh" run 48 & sleep 1; kill $!; wait $!'
holds 'nothing is printed within the first minute' test ! -s "$ERR"
sed 's/^next=60/next=1/; s/+ 60/+ 1/' "$P/progress.sh" >faster.sh
cp "$P/common.sh" .
sh -c 'bash ./faster.sh run 48 & sleep 4; touch run/it-00/12.result.mpz; sleep 2
    kill $!; wait' 2>lines
holds 'one whole line for each change elsewhere' \
    test "$(cut -d' ' -f1,2 lines | tr '\n' ' ')" = \
    '[15/48] it-100/101 [16/48] it-100/101 '
TERM=dumb in_terminal 'bash ./faster.sh run 48 & sleep 2.5; kill $!; wait'
holds 'so it is on a dumb terminal' \
    sh -c '! grep -q "$(printf "\033")" "$0" && grep -q 16/48 "$0"' "$T/.screen"
(sh -c '"$P/progress.sh" run 48 & echo $! >pid; exec sleep 1')
holds 'it ends when its parent is gone' sh -c 'for i in 1 2 3 4 5 6 7 8; do
    kill -0 "$(cat pid)" 2>/dev/null || exit 0; sleep 0.5; done; exit 1'
finish
