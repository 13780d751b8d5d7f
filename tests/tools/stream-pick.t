#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

record() {  # record N [ID]: with a net id made of the digit N, or this one
    id=${2:-$(printf "%032d" 0 | tr 0 "$1")}
    echo '{"type":"result","summary":{"arch":null,"space":"toy","genome":[1,'"$1"'],"net":"'"$id"'"},"status":"ok","accuracy":0.5,"macs":1000}'
}
genes() {   # genes STREAM: the second gene of each result
    stream-dump -r "$1" | jq -j '.summary.genome[1]'
}
records() {
    for i in 0 1 2 3 4 5; do record $i; done
}
example_setup() {
    records | stream-load -k result -o archive.mpz
    cp archive.mpz front.mpz
    cp "$VALID/trace-two.mpz" trained.mpz
}
records | stream-load -k result -o in.mpz
zstd -dc in.mpz | sed 's/kind\xa6result/kind\xa6tluser/' >wrong.mpz
INPUT=in.mpz ARGS='--index 1-2' WRONG=wrong.mpz
battery stream-pick

pick() {    # pick GENES WHAT OPTION..
    picked=$1 pick_what=$2
    shift 2
    expect 0 "$pick_what" stream-pick in.mpz -o p.mpz "$@"
    got=$(genes p.mpz)
    holds "$pick_what: ${picked:-none}" test "$got" = "$picked"
    expect 0 "$pick_what: a good stream" stream-check p.mpz
}
pick 012345 'all'
pick 2 'one' --index 2
pick 0235 'several' -i 5 -i 2-3 -i 0
pick 45 'to the end' -i 4-
pick '' 'nothing behind the end' -i 6-
pick 0145 'all but some' -x -i 2-3
id3=33333333333333333333333333333333
pick 3 'by id' --id $id3
pick 3 'by the first digits of an id' --id 3333
pick 24 'by two ids' --id 2222 --id 44444
pick 013 'by id and index' --id $id3 --index 0-1
stream-pick in.mpz -i 1 -i 4 -o ids.mpz
pick 14 'by the ids of a stream' --ids ids.mpz
pick 0235 'all but those of a stream' --ids ids.mpz -x
stream-load -k result </dev/null >empty.mpz
pick '' 'by the ids of an empty stream' --ids empty.mpz
cat in.mpz in.mpz >twice.mpz
expect 0 '-c counts items' stream-pick --count twice.mpz
holds 'twelve items are counted' test "$(cat "$OUT")" -eq 12
expect 0 '-c counts what -i picks' stream-pick -c -i 3 -i 5 in.mpz
holds 'two picked items are counted' test "$(cat "$OUT")" -eq 2
expect 0 '-c may write to a terminal' script -qec 'stream-pick -c in.mpz' /dev/null \
    </dev/null

expect 3 'an index that is not there is refused' stream-pick -i 6 in.mpz
contains "$ERR" 'in.mpz: there is no item 6, the stream has 6' \
    'the message names the missing item and the size'
expect 3 'a range beyond the end is refused' stream-pick -i 4-6 in.mpz
expect 3 'an id that is not there is refused' stream-pick --id \
    99999999999999999999999999999999 in.mpz -o gone.mpz
holds 'a failed pick leaves no file' test ! -e gone.mpz
for i in '' x 1x 3-2 -1 1-2-3 18446744073709551616; do
    expect 2 "bad index '$i'" stream-pick "--index=$i" in.mpz
done
for i in '' 123 12345678g 1234567890123456789012345678901234 ABCD; do
    expect 2 "what is no id is refused: '$i'" stream-pick "--id=$i" in.mpz
done
contains "$ERR" 'give 4 to 32 hex digits' 'the message says what to give'
for i in 1 2 3 4 5; do
    record $i "abcd$i$(printf %027d 0)"
done | stream-load -k result -o alike.mpz
expect 3 'digits of several ids are refused' stream-pick --id abcd alike.mpz \
    -o gone.mpz
contains "$ERR" '5 ids begin with abcd, give more digits: abcd1000' \
    'and the ids are named'
contains "$ERR" 'abcd4000000000000000000000000000, ...' 'four of them'
expect 0 'more digits are an id' stream-pick --id abcd5 alike.mpz -o p.mpz
holds 'more digits: 5' test "$(genes p.mpz)" = 5
refuses_broken 'ids' in.mpz wrong.mpz stream-pick in.mpz --ids

# A net with all its records is one item.
V2=$VALID/trace-two.mpz
expect 0 '-c counts items of several records' stream-pick -c "$V2"
holds 'two items of several records are counted' test "$(cat "$OUT")" -eq 2
stream-dump -r "$V2" >all.json
first=$(grep -n '"type":"trace"' all.json | sed -n 2p | cut -d: -f1)
expect 0 'an item of several records is picked' stream-pick -i 1 "$V2" \
    -o second.mpz
stream-dump -r second.mpz >second.json
tail -n "+$first" all.json >want.json
same want.json second.json 'a picked item has all its records'
expect 0 'a picked item is a good stream' stream-check second.mpz
finish
