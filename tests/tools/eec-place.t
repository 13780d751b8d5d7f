#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

ofa-sample --corners -n 4 --iteration=2 -o in.mpz
INPUT=in.mpz
battery eec-place

eec-place in.mpz -o net.mpz
expect 0 'a valid stream' stream-check net.mpz
stream-dump in.mpz | grep '"type"' >archs.json
stream-dump net.mpz >net.json
expect 0 'design and origin are carried through' jq -se --slurpfile a archs.json '
    map(select(.type == "net")) |
    map([.arch, .space, .genome, .origin]) ==
    ($a | map([.id, .space, .genome, .origin]))' net.json
expect 0 'gamma grows from exit to exit' jq -se 'map(select(.type == "net")) |
    all(.exits | map(.gamma) | . == (sort | unique))' net.json

# Eq. 13 by the paper's rule, 32 pixels, recomputed from the authors' code
printf '%s\n' 0000000000000000000000000000000000000000000001111 \
    1111011101111011101111011101111011101111011101111 \
    2222222222222222222222222222222222222222222221111 |
    ofa-sample --genomes=- -o golden.mpz
for rule in divisors legacy; do
    eec-place --mac-rule=paper --pool-rule=$rule golden.mpz -o g.mpz
    stream-dump g.mpz >g.json
    expect 0 "published costs ($rule)" jq -se 'map(select(.type == "net")) |
        map(.exits | map(.gamma_paper / 1000 + 0.5 | floor)) ==
        [[1221,1603,1939,2586,4026],[2042,2904,3610,5098,7240],
         [5454,7598,7898,11451,15485]]' g.json
    expect 0 "published pools ($rule)" jq -se 'map(select(.type == "net")) |
        map(.exits | map(.pool)) == [[4,2,1,1,1],[4,2,1,1,1],[2,1,1,1,1]]' g.json
done
eec-place golden.mpz -o g.mpz
stream-dump g.mpz >true.json
expect 0 'cost by the true rule, heads included' jq -se '.[1].exits |
    map(.gamma) == [.[0].gamma, .[1].gamma, .[2].gamma, .[3].gamma,
        2539984 + (map(.head_macs) | add)]' true.json

# ---- results are designs too ----
tr '\n' ' ' >result.json <<'EOF'
{"type":"result","summary":{"arch":"ARCH",
"space":"ofa-mbv3:width=1,res=32,classes=10,exits=4","genome":GENOME,
"origin":{"iteration":2,"slot":0}},"status":"ok","accuracy":0.5,"macs":1e6}
EOF
arch=$(jq -r 'select(.origin.slot == 0) | .id' archs.json)
genome=$(jq -c 'select(.origin.slot == 0) | .genome' archs.json)
sed "s/ARCH/$arch/; s/GENOME/$genome/" result.json |
    stream-load --kind=result -o result.mpz
expect 0 'a result' eec-place result.mpz -o r.mpz
stream-pick --index=0 in.mpz | eec-place -o a.mpz
expect 0 'gives the network of its design' stream-cmp r.mpz a.mpz
sed 's/"arch":"ARCH", "space":"[^"]*","genome":GENOME/"arch":null,"space":null,"genome":[]/' \
    result.json | stream-load --kind=result -o none.mpz
expect 3 'a result without a design' eec-place none.mpz

# ---- limits ----
expect 0 'a limit nothing breaks' eec-place --max-params=1e9 \
    --max-peak-bytes=1e9 --max-size-bytes=1e9 --max-final-macs=1e9 in.mpz -o l.mpz
expect 0 'leaves all as it is' stream-cmp net.mpz l.mpz
expect 0 'a limit some break' eec-place --max-params=3e6 in.mpz -o l.mpz
left=$(grep -c 'is left out: params [0-9]* > 3000000$' "$ERR")
kept=$(stream-pick --count l.mpz)
holds 'each is named' test "$((left + kept))" = 4
holds 'some are kept' test "$left" -gt 0 -a "$kept" -gt 0
contains "$ERR" "$left of 4 networks break a limit" 'and counted'
expect 0 'quietly' eec-place -q --max-params=3e6 in.mpz -o l.mpz
holds 'no word' test ! -s "$ERR"
expect 0 'those left out, on the side' \
    eec-place --max-params=3e6 --rejects=rejects.mpz in.mpz -o l.mpz
expect 0 'as a stream' stream-check rejects.mpz
stream-dump rejects.mpz >rejects.json
expect 0 'of failed results' jq -se --argjson n "$left" \
    'map(select(.type == "result")) | length == $n and all(.status == "failed"
        and (.reason | startswith("params ")) and .accuracy == null)' rejects.json
head -c 200 in.mpz >cut.mpz
expect 3 'a cut input' eec-place --rejects=r2.mpz cut.mpz -o l2.mpz
holds 'leaves neither file' test ! -e r2.mpz -a ! -e l2.mpz
expect 0 'a limit all break' eec-place --max-peak-bytes=1 --max-params=1 in.mpz \
    -o l.mpz
holds 'each that breaks is told' grep -q 'params [0-9]* > 1, peak_bytes [0-9]* > 1' \
    "$ERR"
holds 'nothing left' test "$(stream-pick --count l.mpz)" = 0
expect 0 'final MACs' eec-place --max-final-macs=3935184 golden.mpz -o l.mpz
holds 'the smallest just keeps them' test "$(stream-pick --count l.mpz)" = 1
expect 0 'final MACs by name' eec-place --max=final_macs=3935184 golden.mpz \
    -o l2.mpz
expect 0 'are the same' stream-cmp l.mpz l2.mpz
expect 0 'size' eec-place --max-size-bytes=0 in.mpz -o l.mpz
expect 2 'no negative limits' eec-place --max-params=-1 in.mpz
expect 0 'limits from both sides' eec-place --min=params=3.4e6 --max=params=6e6 \
    --min=size_bytes=1 in.mpz -o l.mpz
contains "$ERR" '< 3400000' 'say on which side it is'
for wrong in --max=latency=1 --max=accuracy=0.5 --max=params=x --max=params \
    '--max=params=5 --max-params=6' '--min=params=5 --min=params=5'; do
    # shellcheck disable=SC2086  # some are two
    expect 2 "refused: $wrong" eec-place $wrong in.mpz
done
expect 2 'an unknown rule' eec-place --mac-rule=other in.mpz
expect 0 'report' eec-place --report=report.txt --max-params=3e6 in.mpz -o l.mpz
contains report.txt "networks: $kept, left out: $left" 'counts in the report'

# ---- what cannot be built ----
net-zoo resnet20 -o zoo.mpz
expect 3 'a network made by hand has no design with exits' eec-place zoo.mpz
contains "$ERR" 'reads arch 1.x, result 1.x, got net 1.' 'names the kinds'
expect 3 'a gene table has no networks' eec-place "$VALID/arch-table.mpz"
contains "$ERR" 'record 0' 'names the record'
record() {  # record ID SPEC GENOME
    printf '{"type":"arch","id":"%s","space":"%s","genome":[%s],
"origin":{"iteration":null,"slot":null}}' "$1" "$2" \
        "$(echo "$3" | sed 's/./&,/g; s/,$//')" | tr '\n' ' '
}
bad() { # bad WHAT SPEC GENOME: an arch record with the id it should have
    record "$(printf %032d 0)" "$2" "$3" |
        stream-load --kind=arch -o bad.mpz 2>id
    record "$(sed 's/.*, //' id)" "$2" "$3" |
        stream-load --kind=arch -o bad.mpz
    expect 3 "$1" eec-place bad.mpz
}
spec=ofa-mbv3:width=1,res=32,classes=10,exits=4
bad 'a genome of another length' $spec 0120
bad 'a choice out of range' $spec \
    3000000000000000000000000000000000000000000001000
bad 'an unused slot that is not 0' $spec \
    0002000000000000000000000000000000000000000001000
bad 'no exit' $spec 0000000000000000000000000000000000000000000000000
bad 'a spec out of range' ofa-mbv3:width=99,res=32,classes=10,exits=4 \
    0000000000000000000000000000000000000000000001000
bad 'a spec that is not canonical' ofa-mbv3:width=1 \
    0000000000000000000000000000000000000000000001000
bad 'an unknown space' some-space \
    0000000000000000000000000000000000000000000001000
printf '%b\n' '# nachos space 1' 'a\t0\t1,2' >mine.tsv
bad 'a path as a space' "$T/mine.tsv" 1
contains "$ERR" 'no built-in space' 'which is not opened'
finish
