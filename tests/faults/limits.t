#!/bin/sh
# SPDX-License-Identifier: MIT
# What one place takes, no other refuses; what cannot be is refused with a
# sentence before there is work, and one item that is too large ends no stream.
# shellcheck disable=SC2016
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

space=ofa-mbv3:width=0.1,res=8,classes=3,exits=1
data-synth -q -n 12 --val=6 --test=6 --classes=3 --size=8 -o d.mpz
ofa-sample -n 1 --space=$space --seed=7 | eec-place -o net.mpz
train='eenn-train -q -d d.mpz -b 4 net.mpz -o t.mpz'

# ---- the ends of ranges ----
# ends TOOL COMMAND SKIPPED: each number that TOOL --help gives a range is set to
# its ends (status 0) and to what is just beyond (status 2).
ends() {
    "$1" --help | tr '\n' ' ' | sed 's/  *-/\n-/g' | sed -n \
        's/^\(-., \)\{0,1\}--\([a-z-]*\)=.*(int \(-\{0,1\}[0-9]*\)\.\.\([0-9]*\)[,)].*/\2 \3 \4/p' \
        >ranges.txt
    holds "$1: ranges are found" test -s ranges.txt
    while read -r name low high; do
        case " $3 " in *" $name "*) continue ;; esac
        for value in "$low" "$high" $((low - 1)) $((high + 1)); do
            case $value in "$low" | "$high") want=0 ;; *) want=2 ;; esac
            # shellcheck disable=SC2086
            expect $want "$1 --$name=$value" timeout 60 $2 "--$name=$value"
        done
    done <ranges.txt
}
ends eenn-train "$train -e 1/1" 'batch crop-pad train-images recalibrate threads'
ends data-synth 'data-synth -n 4 --val=2 --test=2 --size=8 -o o.mpz' \
    'train val test threads'
ends net-zoo 'net-zoo resnet20 -o o.mpz' 'res'
ends eenn-run 'eenn-run -d d.mpz t.mpz -o o.mpz' 'threads repeat'
ends eenn-predict "eenn-predict -q -m t.mpz -d d.mpz $TOP/tests/pictures/a.jpg" threads
expect 0 'all shards there are' sh -c "$train -e 1/0 --shards=64 -j3"
expect 2 'one more' sh -c "$train -e 1/0 --shards=65"

# ---- names ----
long=$(printf '%0900d' 7)
stream-dump d.mpz | sed "s/\"name\":\"synth\"/\"name\":\"$long\"/" |
    stream-load --kind=dataset -o long.mpz
expect 0 'a data set with a long name' \
    eenn-train -q -d long.mpz -b 4 -e 1/0 net.mpz -o long-trained.mpz
expect 0 'is named in what was trained' stream-check long-trained.mpz
spec=table:$long$long:0123456789abcdef
result() {  # result SPEC: a result of the first design of SPEC
    printf '{"type":"result","summary":{"space":"%s","genome":[1,0]},' "$1"
    printf '"status":"ok","accuracy":0.5,"macs":%s}\n' "${2:-7}"
}
result "$spec" >long.json
expect 0 'a spec as long as that of an arch may be' \
    stream-load --kind=result long.json -o long-spec.mpz
expect 0 'is read' stream-check long-spec.mpz

# ---- what no stream holds ----
expect 2 'a log of too many epochs' sh -c "$train -e 9000/9000"
contains "$ERR" 'epochs is too large for a stream' 'is named before it is trained'
cat >wide.json <<'EOJ'
{"type":"dataset","name":"wide","shape":[2,2,1],"classes":CLASSES,
"splits":["train","val"],"samples":[2,1100],"mean":[0.5],"std":[0.5]}
EOJ
awk 'BEGIN { printf "["; for (i = 0; i < 16000; i++)
    printf "%s\"c%d\"", i ? "," : "", i; print "]" }' >classes.json
jq -cn --slurpfile c classes.json '{type: "dataset", name: "wide",
    shape: [8, 8, 3], classes: $c[0], splits: ["train", "val"],
    samples: [2, 1100], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}' >wide.json
chunk() {   # chunk SPLIT N
    printf '{"type":"chunk","split":"%s","images":{"dtype":"u8","shape":[%d,8,8,3],"data":"' \
        "$1" "$2"
    head -c $(($2 * 192)) /dev/zero | base64 -w0
    printf '"},"labels":{"dtype":"i32","shape":[%d],"data":"' "$2"
    head -c $(($2 * 4)) /dev/zero | base64 -w0
    printf '"}}\n'
}
{ cat wide.json; chunk train 2; chunk val 1100; } |
    stream-load --kind=dataset -o wide.mpz
net-zoo resnet20 --res=8 --width=0.1 --classes=16000 -o wide-net.mpz
expect 3 'a trace beyond a record' \
    eenn-train -q -d wide.mpz -b 2 -e 1/0 wide-net.mpz -o no.mpz
contains "$ERR" '1048 images fit' 'says how to mend it'
printf '%s\n' 'phase epochs warmup lr subnets largest distil' \
    'a 9000 0 0.1 1 1 0' 'b 9000 0 0.1 1 1 0' >long.txt
expect 3 'a schedule beyond a log' \
    ofa-train -d d.mpz -p long.txt -s $space --plan
contains "$ERR" 'line 3' 'names its line'

# ---- one design that is too large ----
ofa-sample --corners -n 6 --space=ofa-mbv3:width=5,res=160,classes=900 --seed=4 \
    --iteration=3 -o large.mpz
expect 0 'designs too large among others' eec-place -q large.mpz -o placed.mpz
placed=$(stream-pick --count placed.mpz)
holds 'are left out' test "$placed" -gt 0 -a "$placed" -lt 6
expect 0 'with --rejects' \
    eec-place --rejects=rejects.mpz large.mpz -o again.mpz
same placed.mpz again.mpz 'the others are the same'
contains "$ERR" 'is left out: layer ' 'each is named with its reason'
contains "$ERR" "$((6 - placed)) of 6" 'and counted'
expect 0 'the rejects' stream-check rejects.mpz
{ stream-dump -r placed.mpz; stream-dump -r rejects.mpz; } >both.json
stream-dump -r large.mpz >large.json
expect 0 'have ids, origin and reason' jq -se --slurpfile a large.json '
    (map(.arch // .summary.arch) | sort) == ($a | map(.id) | sort) and
    (map(select(.type == "result")) | all(.status == "failed" and
        .summary.origin.iteration == 3 and (.reason | test("too large"))))' \
    both.json
expect 0 'a limit beside it' eec-place -q --max-params=1 large.mpz -o none.mpz
holds 'leaves nothing' test "$(stream-pick --count none.mpz)" = 0

# ---- numbers whose squares are none ----
for v in 1e300 -1e160; do
    for i in 0 1 2 3 4 5 6 7 8; do
        printf '{"type":"result","summary":{"space":"mine","genome":[%d,%d]},' \
            $((i / 3)) $((i % 3))
        printf '"status":"ok","metrics":[{"name":"x","value":%s}]}\n' "$v"
    done | stream-load --kind=result -o far.mpz
    expect 3 "a target of $v" surrogate-fit --target=x far.mpz -o no.mpz
    contains "$ERR" 'x is ' 'is named'
    contains "$ERR" 'larger unit' 'says how to mend it'
done
finish
