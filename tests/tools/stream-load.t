#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

record() {  # record GENE ACCURACY
    echo '{"type":"result","summary":{"arch":null,"space":"toy","genome":[1,'"$1"']},"status":"ok","accuracy":'"$2"',"macs":1000}'
}
example_setup() {
    { record 0 0.5; record 1 0.75; } >mine.json
    stream-load --kind result mine.json -o archive.mpz
}
# The parts of the battery that do not need a stream as input.
tool=stream-load ARGS='--kind result' SOURCE='' INPUT=in.json
{ record 0 0.5; record 1 0.1; record 2 1; } >in.json
feed=$INPUT
battery_help
battery_output
battery_kill
battery_man
battery_examples

expect 0 'keys may come in any order' sh -c \
    'jq -cS . in.json | stream-load -k result -o sorted.mpz'
same a.mpz sorted.mpz 'sorted keys load to the same bytes'
stream-dump a.mpz >dump.json
expect 0 'a dump loads' stream-load dump.json -o again.mpz
same a.mpz again.mpz 'a dump loads to the bytes it came from'
cat a.mpz a.mpz | stream-dump | stream-load --level=0 >two
{ zstd -dc a.mpz; zstd -dc a.mpz; } >want
same two want 'two segments of a dump come back as two'
expect 0 'an edited dump loads' sh -c \
    'jq -c "if .type then .accuracy = 0.25 else . end" dump.json |
     stream-load | stream-check'
expect 0 'a dump with a record less loads' sh -c 'sed 3d dump.json | stream-load | stream-check'
contains "$OUT" ', 2 records' 'the trailer counts the records that are left'
expect 0 'a stream of no records loads' sh -c 'stream-load -k result </dev/null | stream-check'

jq . in.json >tall.json
expect 0 'objects on several lines load' stream-load -k result tall.json -o tall.mpz
same a.mpz tall.mpz 'they load to the same bytes'
expect 0 'so they do with text in them that looks like brackets' sh -c \
    'printf "%s\n" "{\"type\": \"result\"," "\"reason\": \"a \\\" } ] {\"," \
        "\"summary\": {\"space\": null, \"genome\": []}, \"status\": \"failed\"}" |
     stream-load -k result | stream-dump -r'
contains "$OUT" '"reason":"a \" } ] {"' 'which comes back'

# ---- level ----
expect 0 'a dataset is made' data-synth -n 20 --val=0 --test=0 -o data.mpz
stream-dump data.mpz >data.json
stream-load data.json -o back.mpz
same data.mpz back.mpz 'a loaded dataset is compressed as datasets are'
stream-load --level=-1 data.json -o back.mpz
same data.mpz back.mpz 'datasets are compressed at level -1'
stream-load --level=1 data.json -o back.mpz
holds 'another level gives another size' sh -c \
    '[ "$(wc -c <data.mpz)" -ne "$(wc -c <back.mpz)" ]'
expect 0 'another level gives the same stream' stream-cmp data.mpz back.mpz
stream-pick data.mpz -o picked.mpz
stream-pick --level=-1 data.mpz -o back.mpz
same picked.mpz back.mpz 'stream-pick compresses a dataset as datasets are'
stream-load --level=1 dump.json -o back.mpz
same a.mpz back.mpz 'records of other kinds are at level 1'

bad() {     # bad TEXT WHAT [OPTION]: bad.json is refused with TEXT
    bad_text=$1 bad_what=$2
    shift 2
    expect 3 "$bad_what" stream-load "$@" bad.json
    contains "$ERR" "bad.json: $bad_text" "$bad_what: says where"
}
cp in.json bad.json
bad 'line 1: a record before the header line' 'no header'
{ record 0 1; record 0 1 | sed s/accuracy/acuracy/; } >bad.json
bad 'line 2: key `acuracy`: unknown key' 'a key misspelt' -k result
record 0 1 | sed s/status/state/ >bad.json
bad 'line 1: key `status`: is missing' 'unknown keys dropped' \
        -k result --skip-unknown
record 0 1.5 >bad.json
bad 'line 1: key `accuracy`: 1.5 is not in 0..1' 'out of range' \
    -k result
record 0.5 1 >bad.json
bad 'line 1: key `summary.genome[1]`: a real where an integer belongs' \
        'a gene that is no integer' -k result
record 0 '"much"' >bad.json
bad 'line 1: key `accuracy`: a string where a number belongs' 'a string' \
        -k result
record 0 1e400 >bad.json
bad 'line 1: not a JSON object' 'beyond double' -k result
record 0 1 | sed 's/}$/,"macs":1}/' >bad.json
bad 'line 1: not a JSON object' 'a key twice' -k result
{ record 0 1 | jq .; record 0 '"much"' | jq .; } >bad.json
bad "line $(($(record 0 1 | jq . | wc -l) + 1)): key \`accuracy\`: a string where" \
    'an object that begins in a later line' -k result
record 0 1 | jq . | sed '$d' >bad.json
bad 'line 1: not a JSON object (line ' 'a bracket that stays open' -k result
record 0 1 | jq . | sed '3s/:/=/' >bad.json
bad 'line 1: not a JSON object (line 3 of it, column ' 'no JSON in its third line' \
    -k result
printf '{"type":"res\nult"}\n' >bad.json
bad 'line 1: not a JSON object' 'a string over two lines' -k result
record 0 1 | sed s/result/arch/ >bad.json
bad 'line 1: key `type`' 'another type' \
    -k result
echo '[1,2]' >bad.json
bad 'line 1: key `type` is missing' 'an array' -k result
printf '{"type":"\377"}' >bad.json
bad 'line 1: not a JSON object' 'not UTF-8' -k result
sed '$d' dump.json >bad.json
bad 'line 4: truncated' 'a dump without its trailer'
sed -n '1p;1p' dump.json >bad.json
bad 'line 2: a header line before' 'two headers'
sed 's/"version":\[1,/"version":[2,/' dump.json >bad.json
bad 'line 1: writes result 1.x, got result 2.' 'another major'
sed 's/"kind":"result"/"kind":"thing"/' dump.json >bad.json
bad 'line 1: unknown kind thing' 'unknown kind'
: >bad.json
bad 'empty input' 'empty'
expect 2 'an unknown kind is refused' stream-load --kind thing in.json
expect 4 'a file that is not there gives status 4' stream-load --kind result none.json

# Typed arrays by hand.
chunk() {   # chunk IMAGES LABELS
    head -n 2 tiny.json
    echo '{"type":"chunk","split":"train","images":'"$1"',"labels":'"$2"'}'
}
stream-dump "$VALID/dataset-tiny.mpz" >tiny.json
labels='{"dtype":"i32","shape":[1],"values":[0]}'
chunk '{"dtype":"u8","shape":[1,2,2,1],"values":[1,2,3,256]}' "$labels" >bad.json
bad 'line 3: key `images`: values[3] is no u8' 'a value that does not fit'
chunk '{"dtype":"u8","shape":[1,2,2,1],"data":"AQID"}' "$labels" >bad.json
bad 'line 3: key `images`: 3 bytes of data, the shape needs 4' 'too short'
chunk '{"dtype":"u8","shape":[1,2,2,1],"data":"AQIDB"}' "$labels" >bad.json
bad 'line 3: key `images`: data is not base64' 'not base64'
chunk '{"dtype":"u9","shape":[1,2,2,1],"data":"AQIDBA=="}' "$labels" >bad.json
bad 'line 3: key `images`: dtype is none of' 'unknown dtype'
sed 2d tiny.json >bad.json
bad 'line 2: a chunk record before any dataset record' \
    'a chunk without its dataset'
sed '2{p;p}' tiny.json >bad.json
bad 'line 3: a second record dataset' 'two datasets'
sed 3d tiny.json >bad.json
bad 'line 4: 3 samples fewer in split train' 'fewer chunks'
finish
