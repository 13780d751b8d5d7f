#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Records that stand where none of theirs can, or are missing: what stream-check
# refuses every reader refuses with the same text, and none ends by a signal.

# vary KIND RECORDS: streams of variants of these lines in v/.  Each record is dropped,
# written twice, moved behind the next one, and the last one that there is.
vary() {
    rm -rf v
    mkdir v
    n=$(grep -c '' "$2")
    i=1
    while [ "$i" -le "$n" ]; do
        sed "${i}d" "$2" >"v/drop-$i"
        sed "${i}p" "$2" >"v/twice-$i"
        [ "$i" -eq "$n" ] || sed "${i}{h;d;};$((i + 1))G" "$2" >"v/swap-$i"
        [ "$i" -eq "$n" ] || head -n "$i" "$2" >"v/head-$i"
        i=$((i + 1))
    done
    : >verdicts
    for v in v/*; do
        stream-load -k "$1" --any-order --no-provenance "$v" -o "$v.mpz"
        text=$(stream-check "$v.mpz" 2>&1 >/dev/null)
        echo "$? $v.mpz ${text#stream-check: }" >>verdicts
    done
    holds "$1: some variants are refused" grep -q '^3 ' verdicts
    holds "$1: the others are fine" \
        test "$(grep -vc '^3 ' verdicts)" -eq "$(grep -c '^0 ' verdicts)"
}

# agree WHAT COMMAND: COMMAND, in which $s is the stream, gives the same as
# stream-check of each variant that is refused, and 0 or 3 of the others.
agree() {
    wrong=
    while read -r want s text; do
        eval "$2" >"$OUT" 2>"$ERR" </dev/null
        got=$?
        said=$(cat "$ERR")
        case $want$got$said in
        33*"$text"* | 0[03]*) ;;
        *) wrong="$wrong $s: status $got, $said" ;;
        esac
    done <verdicts
    holds "$1: $2" test -z "$wrong"
    [ -z "$wrong" ] || say "$wrong"
}

# Networks of two numbers, and images of theirs.
two='"images":{"dtype":"u8","shape":[2,1,1,2],"values":[1,2,3,4]},"labels":{"dtype":"i32","shape":[2],"values":[0,2]}'
cat >dataset.json <<EOF
{"type":"dataset","name":"points","shape":[1,1,2],"classes":["a","b","c"],"splits":["train","val"],"samples":[4,2],"mean":[0.5,0.5],"std":[0.25,0.5]}
{"type":"chunk","split":"train",$two}
{"type":"chunk","split":"train",$two}
{"type":"chunk","split":"val",$two}
EOF
stream-load -k dataset dataset.json -o data.mpz
stream-dump -r "$VALID/trained-whole.mpz" >whole.json
sed -n 2p whole.json | stream-load -k net -o net.mpz
{ stream-dump -r "$VALID/trained-failed.mpz"; head -n 6 whole.json; } \
    >trained.json
stream-dump -r "$VALID/trace-two.mpz" >trace.json
zeros=$(printf '0,%.0s' $(seq 48))0
stream-dump -r "$VALID/weights-supernet.mpz" |
    sed "s/\"genome\":\[[^]]*\]/\"genome\":[$zeros]/" >weights.json
printf 'phase epochs\nfull 3\n' >schedule.txt

# shellcheck disable=SC2016  # $s is for agree
{
    vary dataset dataset.json
    agree dataset 'stream-dump $s'
    agree dataset 'stream-pick $s'
    agree dataset 'stream-cmp $s $s'
    agree dataset 'eenn-run --split=val -d $s "$VALID/trained-whole.mpz"'
    agree dataset 'eenn-train --epochs=0/0 -d $s net.mpz'
    vary trained trained.json
    agree trained 'stream-pick --count $s'
    agree trained 'stream-pick --ids=$s net.mpz'
    agree trained 'eenn-run --split=val -d data.mpz $s'
    agree trained 'eenn-predict -d data.mpz -m $s /dev/null'
    agree trained 'thresh-tune $s'
    agree trained 'net-augment $s'
    agree trained 'eenn-report $s'
    agree trained 'eenn-train --epochs=0/0 -d data.mpz --init-weights=$s net.mpz'
    vary trace trace.json
    agree trace 'stream-pick $s'
    agree trace 'thresh-tune $s'
    agree trace 'eenn-report $s'
    vary weights weights.json
    agree weights 'eenn-report --view=log $s'
    agree weights 'ofa-train -d data.mpz -p schedule.txt $s'
}

# The same in the middle of a stream of several segments.
sed 2d whole.json | stream-load -k trained --any-order -o no-net.mpz
cat "$VALID/trained-whole.mpz" no-net.mpz >two.mpz
expect 3 'a network without its net, in the second segment' \
    eenn-run -q --split=val -d data.mpz two.mpz
contains "$ERR" 'a trace record where it cannot stand' 'which is said'
expect 0 'stream-dump --unchecked shows it' stream-dump --unchecked no-net.mpz
holds 'all of it' test "$(grep -c '"exit-trace"' "$OUT")" -eq 2
cat data.mpz data.mpz >two-sets
expect 3 'two sets in one stream are no set' \
    eenn-run --split=val -d two-sets "$VALID/trained-whole.mpz"
contains "$ERR" 'a second data set' 'which is said'
finish
