#!/bin/sh
# SPDX-License-Identifier: MIT
# No thread is started that nobody asked for, threads that cannot be started are
# done without, and what the environment says of kernels and options is kept or
# refused.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

data-synth -q -n 40 --val=12 --test=12 --classes=4 --size=12 --seed=5 -o d.mpz
ofa-sample -n 1 --space=ofa-mbv3:width=0.2,res=12,classes=4,exits=1 --seed=3 |
    eec-place -o net.mpz
eenn-train -q -d d.mpz -e 1/0 -b 10 net.mpz -o trained.mpz
mkfifo pipe

# As many threads as there are while TOOL waits for its input.
threads_of() {  # threads_of TOOL ARGS...
    "$@" <pipe >/dev/null 2>waits.txt &
    waiting=$!
    exec 3>pipe
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        # It waits once it has opened its data set, which comes after all else.
        [ "$(sed -n 's/^State:.\(.\).*/\1/p' "/proc/$waiting/status")" = S ] &&
            break
        sleep 0.1
    done
    threads=$(sed -n 's/^Threads:[^0-9]*//p' "/proc/$waiting/status")
    exec 3>&-
    wait "$waiting"
}

for setting in OPENBLAS_NUM_THREADS= OPENBLAS_NUM_THREADS=8 OMP_NUM_THREADS=3; do
    for kernels in '' scalar; do
        threads_of env "$setting" KERNELS=$kernels \
            eenn-train -d d.mpz -e 1/0 -b 10
        holds "one thread under $setting, kernels '$kernels'" \
            test "$threads" = 1
    done
done
threads_of eenn-train -j3 -d d.mpz -e 1/0 -b 10
holds 'nor others before there is work' test "$threads" = 1

# ---- little room ----
# The sanitizers need an address space of terabytes.
if ! nm "$BIN/eenn-train" 2>/dev/null | grep -q '__[at]san_init'; then
    little() {  # little KIB CMD...
        # shellcheck disable=SC3045  # dash has it
        (ulimit -v "$1" && shift && exec timeout 60 "$@")
    }
    expect 0 'help in 60 MB' little 60000 eenn-train --help
    expect 0 'training in 100 MB' little 100000 \
        eenn-train -q -d d.mpz -e 1/0 -b 10 net.mpz -o little.mpz
    same trained.mpz little.mpz 'the same bytes'
    expect 4 'OpenBLAS in 100 MB' little 100000 env KERNELS=scalar \
        eenn-train -q -d d.mpz -e 1/0 -b 10 net.mpz -o no.mpz
    expect 4 'OpenBLAS in 30 MB' little 30000 env KERNELS=scalar \
        eenn-train -q -d d.mpz -e 1/0 -b 10 net.mpz -o no.mpz
    contains "$ERR" 'OpenBLAS' 'is named'
fi

# ---- no more processes than this one ----
# Root has no such limit, so another user runs it where one can.
drop='setpriv --reuid=65534 --regid=65534 --clear-groups'
chmod 755 .
$drop eenn-train --version >/dev/null 2>&1 || drop=
for j in 1 4; do
    # A sanitizer's search for leaks is a process of its own.
    # shellcheck disable=SC2016,SC2086
    expect 0 "-j$j where no thread can be started" sh -c '"$@" >alone.mpz' \
        sh env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" $drop prlimit --nproc=1 \
        eenn-train -q -j$j -d d.mpz -e 1/0 -b 10 net.mpz
    same trained.mpz alone.mpz 'the same bytes'
done

# ---- the number that a large machine has ----
for tool in 'eenn-train -q -d d.mpz -e 1/0 -b 10 net.mpz' \
    'eenn-run -d d.mpz trained.mpz' \
    "eenn-predict -q -m trained.mpz $TOP/tests/pictures" 'data-synth -n 30 --val=4 --test=4'; do
    # shellcheck disable=SC2086
    expect 0 "$tool" $tool -j1 -o one.mpz
    # shellcheck disable=SC2086
    expect 0 'with 520 threads' $tool -j520 -o many.mpz
    same one.mpz many.mpz 'the same bytes'
done
expect 2 'no threads' eenn-run -j0 -d d.mpz trained.mpz
expect 2 'too many to be meant' eenn-run -j4097 -d d.mpz trained.mpz

# ---- kernels ----
: >no-tables.txt
for tool in 'eenn-train -d d.mpz net.mpz' 'eenn-run -d d.mpz trained.mpz' \
    'eenn-predict -m trained.mpz' \
    'ofa-train -d d.mpz -p no-tables.txt -s ofa-mbv3:width=0.2,res=12,classes=4'; do
    # shellcheck disable=SC2086
    expect 2 "unknown kernels: $tool" env KERNELS=sse9 $tool -o no.mpz
    contains "$ERR" 'may be scalar' 'those of this machine are named'
    contains "$ERR" "not 'sse9'" 'and the one that is not'
done
holds 'nothing is written' test ! -e no.mpz
expect 0 'a name of nothing is none' env KERNELS= \
    eenn-train -q -d d.mpz -e 1/0 -b 10 net.mpz -o empty.mpz
same trained.mpz empty.mpz 'the best kernels'
expect 0 'help whatever kernels' env KERNELS=sse9 eenn-train --help
expect 0 'tools that do not compute need none' env KERNELS=sse9 \
    ofa-sample -n 1 -o /dev/null

# ---- options behind operands ----
for tool in 'stream-dump trained.mpz -r' 'stream-cmp net.mpz net.mpz -q' \
    'eenn-train net.mpz -d d.mpz -e 1/0 -b 10 -q -o posix.mpz'; do
    # shellcheck disable=SC2086
    expect 0 "$tool" env POSIXLY_CORRECT=1 $tool
done
same trained.mpz posix.mpz 'they are taken'
expect 0 'operands that begin with a dash' sh -c 'cp net.mpz ./-q &&
    POSIXLY_CORRECT=1 stream-check -- -q'
finish
