#!/bin/sh
# SPDX-License-Identifier: MIT
# What eenn-report says of the predictions in traces: confusion matrix, classes
# and samples, against scikit-learn (tests/reference/answers.py).
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

stream-load --kind=trace -o both.mpz "$TOP/tests/tools/answers.json"
report() { # report [ARG...]: the report in r.out
    eenn-report "$@" >r.out
}
tsv() { # tsv RUN ARG...: the three views in the form of answers.tsv
    run=$1
    shift
    eenn-report --view=confusion --format=tsv "$@" both.mpz | sed 1d |
        cut -f 1,3- | sed 's/^/confusion\t/'
    eenn-report --view=classes --format=tsv "$@" both.mpz | awk -F '\t' '
        /^#/ { table = $2; getline; next }
        table ~ /^$/ && NF == 10 { print "class", $2, $4, $7, $8, $9 }
        NF == 8 { print "overall", $3, $4, $5, $6 }' OFS='\t'
    eenn-report --view=samples --format=tsv "$@" both.mpz | sed 1d |
        awk -F '\t' '{ print "sample", $2, $3, $4, $5, $7, $8 }' OFS='\t'
}
# Undefined precision and F1 are 0 to scikit-learn.
alike() { # alike FILE FILE: the same texts, and numbers up to 1e-12
    paste -d '\n' "$1" "$2" | awk -F '\t' '
        NR % 2 { n = split($0, want); next }
        NF != n { exit 1 }
        { for (i = 1; i <= n; i++) {
              d = $i == "-" ? want[i] : $i - want[i]
              if ($i ~ /^[-0-9]/ ? d * d > 1e-24 : $i != want[i]) {
                  print $0; exit 1
              }
          } }'
}
for run in exit3 exit2 policy policy2; do
    case $run in
    exit3) set -- --id=0000 ;;
    exit2) set -- --id=0000 --exit=2 ;;
    policy) set -- --id=1111 ;;
    policy2) set -- --id=1111 --exit=2 ;;
    esac
    tsv $run "$@" >got
    grep "^$run$(printf '\t')" "$TOP/tests/tools/answers.tsv" | cut -f 2- >want
    holds "$run: as many rows as scikit-learn has" test \
        "$(grep -c '' got)" -eq "$(grep -c '' want)"
    holds "$run: the same figures" alike want got
done

# ---- text ----
narrow() { # narrow FILE: no line has more than 80 characters
    awk 'length > 80 { exit 1 }' "$1"
}
expect 0 'a confusion matrix' report --view=confusion --id=1111 both.mpz
contains r.out 'animals, test, 90 samples (policy: margin): 71.11 % right (61.0-79.5)' \
    'has set, split, policy and accuracy in its title'
holds 'and the counts in columns' grep -Eqx '1  dog +12 +14 +0 +0 +0' r.out
contains r.out 'dog    cat             12     46.2' 'most frequent confusions first'
holds 'is 80 columns wide at most' narrow r.out
expect 0 'classes' report --view=classes --id=1111 both.mpz
contains r.out 'worst class' 'with the worst one'
holds 'by its name' grep -Eq ' 71\.11 \(61\.0-79\.5\) .* dog +53\.85$' r.out
holds 'are 80 columns wide at most' narrow r.out
expect 0 'wrong samples' report --view=samples --wrong --id=0000 both.mpz
holds 'are all of them' test "$(grep -c '\.png' r.out)" -eq 18
contains r.out 'at the final exit, the wrong ones; score: max-softmax' \
    'of the final exit, by the largest probability'
holds 'in the order of the trace' sh -c "grep -o '/[0-9]*\.png' r.out | sort -c"
holds 'are 80 columns wide at most' narrow r.out
stream-load --kind=trace -o right.mpz <<'EOF'
{"type":"trace","summary":{"arch":null,"space":null,"genome":[],"net":"00112233445566778899aabbccddeeff","recipe":null,"origin":{"iteration":null,"slot":null},"gamma":[1],"gamma_paper":[1]},"split":"test","samples":1,"classes":2,"exits":1,"policy":false,"labels":{"dtype":"i32","shape":[1],"values":[1]},"taken":{"dtype":"u8","shape":[0],"values":[]}}
{"type":"exit-trace","exit":0,"logits":{"dtype":"f32","shape":[1,2],"values":[0,1]},"confidence":{"dtype":"f32","shape":[0],"values":[]}}
EOF
expect 0 'no wrong samples' report --view=samples --wrong right.mpz
contains r.out 'at the final exit, none of them wrong' 'are said to be none'
expect 0 'a rule that needs more than logits' report --view=samples \
    "$VALID/trace-policy.mpz"
contains r.out '(policy: cumulative); score: max-softmax' 'has its stand-in named'
expect 0 'a trained network' report --view=classes "$VALID/trained-whole.mpz"
contains r.out 'at the final exit' 'by its validation trace'
jq -c 'if .type == "trace" then .classes = 40 | .class_names =
    [range(40) | "class \(.)"] else .logits = {dtype: "f32", shape: [90, 40],
    values: [range(3600) | . * 7919 % 40]} end' "$TOP/tests/tools/answers.json" |
    tail -n 2 | stream-load --kind=trace -o many.mpz
expect 0 'forty classes' report --view=confusion many.mpz
contains r.out 'wider than 80 columns: --wide shows it' 'are too many for text'
holds 'and are not shown' narrow r.out
expect 0 'forty classes, wide' report --view=confusion --wide many.mpz
holds 'have a row each' test "$(grep -c '^ *[0-9][0-9]*  class' r.out)" -eq 40

# ---- drawing ----
expect 0 'SVG of a confusion matrix' report --view=confusion --format=svg \
    --id=1111 both.mpz
for text in 'animals, test, 90 samples' '>predicted<' '>label<' '>horse<' '>14<'; do
    contains r.out "$text" "has $text"
done
expect 0 'SVG of forty classes' report --view=confusion --format=svg many.mpz

# ---- what cannot be ----
refused() { # refused STATUS WHAT WORDS ARG...
    refused_status=$1 refused_what=$2 refused_words=$3
    shift 3
    expect "$refused_status" "$refused_what" eenn-report "$@"
    contains "$ERR" "$refused_words" "says: $refused_words"
}
refused 3 'one matrix of two networks' 'pick one by --id' --view=confusion both.mpz
refused 3 'an exit that is not there' 'there is no exit 4: the network has 3' \
    --view=classes --exit=4 both.mpz
refused 2 'an exit of another view' '--exit goes with --view=confusion' --exit=1 \
    both.mpz
refused 2 'wrong ones of another view' '--wrong goes with --view=samples' --wrong \
    --view=classes both.mpz
refused 2 'a drawing of samples' 'has no drawing of the view samples' \
    --view=samples --format=svg both.mpz
refused 2 'classes of results' 'has no text of the view classes' --view=classes \
    "$VALID/result-tuned.mpz"
refused 3 'a failed training' 'no network has a trace' --view=samples \
    "$VALID/trained-failed.mpz"
jq -c 'if .type == "trace" then .classes = 1025 | del(.class_names) else .logits =
    {dtype: "f32", shape: [90, 1025], values: [range(92250) | 0]} end' \
    "$TOP/tests/tools/answers.json" | tail -n 2 |
    stream-load --kind=trace -o most.mpz
refused 3 'a matrix of 1025 classes' '1024 are the most' --view=confusion most.mpz
jq -c 'if .type == "trace" then .classes = 201 | del(.class_names) else .logits =
    {dtype: "f32", shape: [90, 201], values: [range(18090) | 0]} end' \
    "$TOP/tests/tools/answers.json" | tail -n 2 |
    stream-load --kind=trace -o most.mpz
refused 3 'a drawing of 201 classes' '200 are the most' --view=confusion \
    --format=svg most.mpz

# ---- differences: against a count of the samples ----
eenn-report --view=samples --format=tsv --id=0000 both.mpz | cut -f 6 >first
eenn-report --view=samples --format=tsv --id=1111 both.mpz | cut -f 6 >second
paste first second | awk 'NR > 1 {
    all++; a += $1 == "true"; b += $2 == "true"
    this += $1 == "false" && $2 == "true"; other += $1 == "true" && $2 == "false"
} END {printf("%.9f %d %d\n", (b - a) / all, this, other)}' >want
eenn-report --view=differences --format=tsv both.mpz |
    awk -F '\t' 'NR == 3 {printf("%.9f %d %d\n", $3, $4, $5)}' >got
same want got 'differences are those of the samples'
holds 'and there are some' grep -qv ' 0 0$' got
expect 0 'differences' report --view=differences both.mpz
holds 'the first has none' grep -Eq '^00000000 .* - +- +-$' r.out
holds 'is 80 columns wide at most' narrow r.out
refused 3 'other samples' 'was not run on the samples of the first one' \
    --view=differences --exit=1 both.mpz
refused 3 'one network' 'join the streams by cat' --view=differences --id=0000 both.mpz
refused 2 'a drawing of differences' 'has no drawing of the view differences' \
    --view=differences --format=svg both.mpz
cat "$VALID/trace-classes.mpz" "$VALID/trace-classes.mpz" >twice.mpz
expect 0 'a network beside itself' report --view=differences twice.mpz
holds 'does not differ' grep -Eq ' 0\.00 \(-[0-9.]+ to [0-9.]+\) ' r.out
refuses_broken differences twice.mpz "$VALID/arch-plain.mpz" \
    eenn-report --view=differences
for view in confusion classes samples; do
    refuses_broken "$view" "$VALID/trace-classes.mpz" "$VALID/arch-plain.mpz" \
        eenn-report --view=$view
done
finish
