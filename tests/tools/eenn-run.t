#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq and awk in quotes; functions that expect calls.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

space=ofa-mbv3:width=0.25,res=32,classes=4,exits=4
data-synth --classes=4 -n 160 --val=40 --test=120 -o data.mpz
ofa-sample --space=$space -n 2 | eec-place -o net.mpz
eenn-train -d data.mpz --epochs=1/1 net.mpz -o trained.mpz
thresh-tune trained.mpz -o result.mpz
stream-pick --index=0 trained.mpz -o one.mpz

example_setup() {
    cp ../data.mpz ../trained.mpz ../result.mpz .
}
INPUT=one.mpz WRONG=net.mpz ARGS='-d data.mpz'
battery eenn-run
refuses_broken 'dataset' data.mpz net.mpz eenn-run trained.mpz -d
refuses_broken 'policy' result.mpz net.mpz \
    eenn-run trained.mpz -d data.mpz --policy

# ---- a whole trace ----
run() { # run [ARG...]: the trace as JSON lines in t.json
    eenn-run -d data.mpz "$@" -o t.mpz &&
        stream-dump --records-only --values t.mpz >t.json
}
is_true() {
    jq -es "$@" t.json >/dev/null
}
expect 0 'the split that was trained with' run --split=val trained.mpz
thresh-tune t.mpz -o again.mpz
expect 0 'gives the thresholds of the training trace again' \
    stream-cmp --rtol=1e-4 --atol=1e-4 result.mpz again.mpz
holds 'results name the data set that the trace names' test "$(stream-dump -r \
    again.mpz result.mpz | jq -c '[.dataset, .samples]' | uniq -c |
    tr -s ' ')" = ' 4 ["synth",40]'
expect 0 'the test split' run trained.mpz
cp t.json whole.json
holds 'every exit of every sample' is_true '
    map(select(.type == "trace")) | length == 2 and
    all(.[]; .split == "test" and .samples == 120 and .policy == false)'
holds 'names of the set and of its classes' is_true '
    map(select(.type == "trace")) | all(.[]; .dataset == "synth" and
    .class_names == '"$(stream-dump -r data.mpz | sed 1q | jq -c .classes)"')'
stream-dump -r trained.mpz | jq -c 'select(.type == "trained") |= del(.input)' |
    stream-load -k trained -o unmapped.mpz
expect_loose 0 'a network that does not say what it is fed with' run unmapped.mpz
holds 'has the names of the set, too' is_true '.[0].class_names | length == 4'
run trained.mpz
holds 'labels of the split' is_true '.[0].labels.values | length == 120
    and (unique == [0, 1, 2, 3])'
expect 0 'smaller batches' eenn-run -d data.mpz --batch=7 trained.mpz \
    -o small.mpz
eenn-run -d data.mpz trained.mpz -o whole.mpz
expect 0 'say the same' stream-cmp --rtol=1e-3 --atol=1e-4 whole.mpz small.mpz

# ---- really stopping ----
# From the whole trace, worked out apart from the tool: thresholds half-way
# between two neighbouring scores far apart (for the last bits), so that up to
# half of those who come leave at each exit, and who then leaves where. $off:
# exits that are off; $t: temperatures.
cat >policy.jq <<'END'
def rows($n): [range(0; length; $n) as $i | .[$i:$i + $n]];
def softmax($t): map(. / $t) | max as $m | map(. - $m | exp)
    | add as $s | map(. / $s);
def sure: sort | reverse | if $rule == "max-softmax" then .[0]
    elif $rule == "margin" then .[0] - .[1]
    else 1 + (map(select(. > 0) | . * log) | add) / (length | log) end;
def chained: $rule == "cumulative" or $rule == "eq8";
def values($t): if chained then .confidence.values else .logits as $z
    | $z.values | rows($z.shape[1]) | map(softmax($t) | sure) end;
def score($rest; $v): if $rule == "cumulative" then 1 - $rest * (1 - $v)
    elif $rule == "eq8" then $rest * $v else $v end;
def threshold: sort | . as $s | length as $n
    | ([range($n / 2 | floor; $n * 5 / 6 | floor)]
       | max_by($s[.] - $s[. - 1])) as $at
    | ($s[$at] + $s[$at - 1]) / 2;
def walk($val; $off):
    reduce range($val | length) as $i (
        {rest: [$val[0][] | 1], thresholds: [], taken: [$val[0][] | -1]};
        if ($off | index($i)) then .thresholds += [null] else
            .rest as $rest | .taken as $taken | $val[$i] as $v
            | [range($v | length) | score($rest[.]; $v[.])] as $score
            | ([range($v | length) | select($taken[.] < 0) | $score[.]]
               | threshold) as $eps
            | .thresholds += [$eps]
            | .rest = [range($v | length) | $rest[.] * (1 - $v[.])]
            | .taken = [range($v | length) as $k | if $taken[$k] >= 0
                then $taken[$k] elif $score[$k] >= $eps then $i else -1 end]
        end);
def nets: reduce .[] as $r ([]; if $r.type == "trace"
    then . + [{head: $r, exits: []}] else .[-1].exits += [$r] end);
nets | map(.head as $h | .exits as $x | ($h.exits - 1) as $last
    | walk([range($last) as $i | $x[$i] | values($t[$i] // 1)]; $off)
    | [.taken[] | if . < 0 then $last else . end] as $taken
    | {net: $h.summary.net, thresholds, taken: $taken,
       temperatures: $t[:$last + 1],
       logits: [range($h.samples) as $k | $x[$taken[$k]].logits.values
                [$k * $h.classes:($k + 1) * $h.classes][]]})
END
guesses='def guesses($n): [range(0; length; $n) as $i | .[$i:$i + $n]
    | max as $m | index($m)];'
stops() { # stops WHAT RULE TEMPERATURES OFF: the run with the policy agrees
          # with the whole trace
    jq -s --arg rule "$2" --argjson t "$3" --argjson off "$4" -f policy.jq \
        whole.json >want.json
    stream-dump --records-only result.mpz |
        jq -c --slurpfile want want.json --arg rule "$2" '.summary.net as $n
            | ($want[0][] | select(.net == $n)) as $w
            | .thresholds = $w.thresholds | .rule = $rule
            | if $w.temperatures == [] then .
              else .temperatures = $w.temperatures end' |
        stream-load --kind=result -o policy.mpz
    expect 0 "$1" run --policy=policy.mpz trained.mpz
    jq -s --slurpfile want want.json '[map(select(.type == "trace")),
        map(select(.type == "exit-trace")), $want[0]]' t.json >both.json
    holds "$1: each sample leaves where the whole trace says" both \
        '. as [$t, $x, $w] | ($t | map(.taken.values)) == ($w | map(.taken))'
    holds "$1: as the class it says there" both "$guesses"'. as [$t, $x, $w]
        | ($x | map(.logits | .shape[1] as $n | .values | guesses($n))) ==
          ($w | map(.logits | guesses(4)))'
    holds "$1: with that exit's outputs" both '. as [$t, $x, $w]
        | [range(2) as $i | $w[$i].logits | range(length) as $k
           | .[$k] - $x[$i].logits.values[$k] | fabs < 1e-3] | all'
    holds "$1: and says so" both '. as [$t, $x, $w]
        | ($t | all(.policy and .rule == "'"$2"'"))
        and ($t | map(.thresholds)) == ($w | map(.thresholds))
        and ($t | map(.temperatures // [])) == ($w | map(.temperatures))'
}
both() {
    jq -e "$1" both.json >/dev/null
}

for rule in eq8 max-softmax margin entropy; do
    stops "$rule" $rule '[]' '[]'
    stops "$rule, an exit off" $rule '[]' '[1]'
done
# nets have up to five exits; those of these two have as many temperatures
warm='[0.5,1.5,2,0.75,1.25]'
for rule in max-softmax margin entropy; do
    stops "$rule with temperatures" $rule "$warm" '[]'
done
stops 'all exits on' cumulative '[]' '[]'
holds 'every exit has its share' both \
    '.[2] | all((.thresholds | length + 1) == (.taken | unique | length))'
stops 'an exit off' cumulative '[]' '[0]'
holds 'nobody leaves there' both '.[2] | all(.taken | index(0) | not)'
expect 0 'one by one' run --policy=policy.mpz --batch=1 trained.mpz
holds 'they leave at the same exits' is_true \
    --slurpfile want want.json 'map(select(.type == "trace").taken.values)
    == ($want[0] | map(.taken))'
eenn-run -d data.mpz --policy=policy.mpz -j2 trained.mpz -o two.mpz
eenn-run -d data.mpz --policy=policy.mpz -j1 trained.mpz -o single.mpz
same two.mpz single.mpz 'two threads give the same bytes'
expect 0 'times' eenn-run -d data.mpz --policy=policy.mpz one.mpz \
    --report=times.txt -o single.mpz
contains times.txt 'samples/s' 'go to the report'
holds 'exit by exit' grep -q '^ *1 *120 ' times.txt
expect 0 'latency' eenn-run -d data.mpz --policy=policy.mpz one.mpz \
    --batch=1 --baseline --repeat=3 --report=times.txt -o single.mpz
for what in 'latency ms: mean ' 'p99 ' 'without early exits: ' 'saved: time '; do
    contains times.txt "$what" "report: $what"
done
eenn-run -d data.mpz --policy=policy.mpz one.mpz --batch=1 -o plain.mpz
same plain.mpz single.mpz 'the stream has nothing of it'
expect 2 'nothing to compare with' eenn-run -d data.mpz --baseline one.mpz
expect 0 'a report of it' sh -c 'eenn-report t.mpz >t.txt'
contains t.txt 'leaving %' 'has the utilisation'

# ---- what does not fit ----
expect 2 'no dataset' eenn-run trained.mpz
expect 2 'no such split' eenn-run -d data.mpz --split=dev trained.mpz
data-synth --classes=5 -n 20 --val=5 --test=0 -o five.mpz
expect 3 'a split that is not there' eenn-run -d five.mpz one.mpz
expect 3 'classes that do not fit' eenn-run -d five.mpz --split=val one.mpz
contains "$ERR" 'in 4 classes' 'the message names those of the net'
contains "$ERR" ' in 5' 'and those of the data'
data-synth --classes=4 --size=16 -n 20 --val=4 --test=4 -o little.mpz
expect 3 'images that do not fit' eenn-run -d little.mpz one.mpz
contains "$ERR" '16x16x3' 'the message has their size'
stream-pick --index=1 result.mpz -o other.mpz
expect 3 'a policy for another net' eenn-run -d data.mpz --policy=other.mpz \
    one.mpz
contains "$ERR" "$(stream-dump -r one.mpz | jq -r 'select(.type == "net").id')" \
    'the message names the net'
contains "$ERR" "$(stream-dump -r other.mpz | jq -r .summary.net)" \
    'and that of the policy'
edit_policy() {
    stream-dump -r result.mpz | jq -c "$1" |
        stream-load --kind=result -o edited.mpz
}
edit_policy '.thresholds = [] | .utilisation = [] | .exit_accuracy = [] |
    .exit_accuracy_all = [] | .ece = []'
expect 3 'a policy without thresholds' eenn-run -d data.mpz \
    --policy=edited.mpz one.mpz
edit_policy '.thresholds += [0.5] | .utilisation = [] | .exit_accuracy = [] |
    .exit_accuracy_all = [] | .ece = []'
expect 3 'a policy with a threshold too many' eenn-run -d data.mpz \
    --policy=edited.mpz one.mpz
edit_policy '.temperatures = [1, 2] | .utilisation = [] | .exit_accuracy = [] |
    .exit_accuracy_all = [] | .ece = []'
expect 3 'a policy with temperatures too few' eenn-run -d data.mpz \
    --policy=edited.mpz one.mpz
contains "$ERR" 'temperatures' 'the message says so'
edit_policy '.rule = "coin"'
expect 3 'a rule that is not known' eenn-run -d data.mpz \
    --policy=edited.mpz one.mpz
edit_policy '{type, summary, status: "failed", reason: "x", accuracy: null,
    macs: null}'
expect 3 'a policy of a failed training' eenn-run -d data.mpz \
    --policy=edited.mpz one.mpz
eenn-train -d data.mpz --epochs=1/0 --weights=none --train-images=40 net.mpz \
    -o bare.mpz
expect 3 'a network without weights' eenn-run -d data.mpz bare.mpz
contains "$ERR" 'without weights' 'the message says so'
stream-dump -r one.mpz | jq -c 'select(.name != "stem.weight")' |
    stream-load --kind=trained -o lacking.mpz
expect 3 'a tensor is missing' eenn-run -d data.mpz lacking.mpz
contains "$ERR" 'stem.weight' 'the message names it'

# ---- what a network is fed with comes from its own training set ----
edit_data() {   # edit_data FILTER: data.mpz with another description
    stream-dump -r data.mpz | jq -c "if .type == \"dataset\" then $1 else . end" |
        stream-load --kind=dataset -o edited-data.mpz
}
outputs() {     # outputs FILE: the outputs in a trace, as lines
    stream-dump -r "$1" | grep '"exit-trace"'
}
eenn-run -q -d data.mpz one.mpz -o own.mpz
outputs own.mpz >own
says() {    # says WHAT TEXT: the run on the edited data has the same outputs, and TEXT
            # on stderr
    expect 0 "$1" eenn-run -v -d edited-data.mpz one.mpz -o edited.mpz
    contains "$ERR" "$2" "$1: is said"
    outputs edited.mpz >edited
    same own edited "$1: the outputs are those on its own set"
}
edit_data '.classes[2] = "no-such"'
expect 3 'classes of other names' eenn-run -d edited-data.mpz one.mpz
contains "$ERR" "class 2 of net $(stream-dump -r one.mpz |
    jq -r 'select(.type == "net").id') is '$(stream-dump -r data.mpz |
    jq -r 'select(.type == "dataset").classes[2]')', of data set synth 'no-such'" \
    'the first difference is named'
edit_data '.classes = ["0", "1", "2", "3"]'
says 'classes with numbers for names' 'warning: the classes of synth have numbers'
edit_data '.mean[1] = 0.125 | .std[0] = 0.0625'
says 'another mean and deviation' 'another mean and deviation than data set synth'
expect 0 'which is no warning' eenn-run -d edited-data.mpz one.mpz -o edited.mpz
holds 'so nothing is said without -v' test ! -s "$ERR"
edit_data '.resize = "cover" | .crop = "centre"'
says 'another way of scaling' 'warning: the images that net '
contains "$ERR" 'set synth (resize cover, crop centre)' 'with both ways'
# Streams before 1.4 have no map: the set's own moments are used.
stream-dump -r one.mpz | jq -c 'if .type == "trained" then del(.input) else . end' |
    stream-load --kind=trained -o old.mpz
expect 0 'a network that does not say' eenn-run -d data.mpz old.mpz -o old-trace.mpz
contains "$ERR" 'does not say how its images were normalised' 'is warned of'
outputs old-trace.mpz >edited
same own edited 'on its own set it says the same'
edit_data '.mean[1] = 0.125 | .classes[2] = "no-such"'
expect 0 'on another set' eenn-run -q -d edited-data.mpz old.mpz -o old-trace.mpz
outputs old-trace.mpz >edited
holds 'it does not' test "$(cmp own edited 2>&1)"
printf '%s\n' '{"type":"dataset","name":"points","shape":[1,1,2],"classes":["0","1","2"],"splits":["test"],"samples":[1],"mean":[0.5,0.5],"std":[0.25,0.5]}' \
    '{"type":"chunk","split":"test","images":{"dtype":"u8","shape":[1,1,1,2],"values":[1,2]},"labels":{"dtype":"i32","shape":[1],"values":[0]}}' |
    stream-load --kind=dataset -o points.mpz
expect 0 'a stream of version 1.3' eenn-run -d points.mpz \
    "$VALID/trained-whole.mpz" -o old-trace.mpz
contains "$ERR" 'does not say how its images were normalised' 'is warned of, too'

# ---- networks that failed ----
stream-dump -r net.mpz | sed -n 1p | jq -c --arg failed \
    "$(stream-dump -r net.mpz | sed -n 1p | jq -r .id)" \
    -f "$TOP/tests/tools/trained.jq" | stream-load --kind=trained -o failed.mpz
cat failed.mpz one.mpz >mixed.mpz
expect 0 'a failed network is passed over' sh -c \
    'eenn-run -d data.mpz mixed.mpz >mixed-trace.mpz'
contains "$ERR" 'failed in training' 'with a warning'
eenn-run -d data.mpz one.mpz -o t1.mpz
expect 0 'the other one is run' stream-cmp mixed-trace.mpz t1.mpz
finish
