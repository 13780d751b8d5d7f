#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# A name out of a stream is never opened as a file, and a message names what it
# is about, standard input included.

# Measured designs of a space of the user's own, by that space's name or another.
printf '# nachos space 1\ncoding\t0\ta,b,c,d\nblock\t0\t1,2,4,8\n' >codec.tsv
results() {     # results SPACE
    ofa-sample --space=codec.tsv -n 12 --seed=1 | stream-dump -r |
        jq -c --arg space "$1" '{type: "result", summary: {space: $space,
            genome}, status: "ok", accuracy: (0.5 + .genome[0] / 10),
            macs: (100 + .genome[1] * (1 + .genome[0]))}' |
        stream-load -k result
}
step() {
    timeout 20 nsga2-step -k 2 --accuracy=accuracy.mpz --macs=macs.mpz "$@"
}
fit() {
    for target in accuracy macs; do
        surrogate-fit --target=$target --model=rbf "$1" -o $target.mpz
    done
}
own=$(ofa-sample --space=codec.tsv -n 1 | stream-dump -r | jq -r .space)
results "$own" >own.mpz
fit own.mpz
expect 0 'a file that the command line names is opened' \
    step --space=codec.tsv own.mpz
expect 2 'a table is not looked for' step own.mpz
contains "$ERR" "own.mpz names space '$own', which is not built in: give it with --space=FILE" \
    'what to do is said'
expect 2 "its name is no file's, either" step --space="$own" own.mpz

# A pipe that nobody writes: whoever opened it would wait for ever.
mkfifo pipe.tsv
for name in pipe.tsv ./pipe.tsv "$PWD/pipe.tsv" codec.tsv /etc/passwd - \
    'ofa-mbv4:width=1' 'table:../codec:0123456789abcdef'; do
    results "$name" >named.mpz
    fit named.mpz
    expect 2 "results that name $name" step named.mpz
    contains "$ERR" "names space '$name', which is not built in" 'so it is said'
    expect 3 "other genes than theirs for $name" \
        step --space=codec.tsv named.mpz
    expect 3 "designs that name $name" timeout 20 eec-place named.mpz
done
stream-dump -r "$VALID/weights-supernet.mpz" |
    jq -c 'if .type == "weights" then .space = "pipe.tsv" else . end' |
    stream-load -k weights -o weights.mpz
printf 'phase epochs\nfull 3\n' >schedule.txt
expect 3 'a supernet of a space that is a file' timeout 20 \
    ofa-train --plan -p schedule.txt weights.mpz
contains "$ERR" 'pipe.tsv is no built-in space' 'so it is said'

# Standard input that cannot be read has a name in each tool.
data-synth -n 30 --val=10 --test=10 --size=16 -q -o data.mpz
cp "$VALID/platform-plain.mpz" platform.mpz
while read -r command; do
    # shellcheck disable=SC2086
    expect 4 "$command <." $command <.
    holds "$command: and is named" grep -qi '<stdin>.*: is a directory' "$ERR"
done <<'EOF'
stream-check
stream-check -
stream-dump
stream-pick
stream-load -k result
stream-cmp data.mpz
eec-place
eenn-report
eenn-predict -m -
eenn-run -d data.mpz
eenn-run -d -
eenn-train -d data.mpz
exit-map --platform=platform.mpz
net-augment
nsga2-step --space=codec.tsv --accuracy=accuracy.mpz --macs=macs.mpz
ofa-train -d data.mpz -p schedule.txt
pareto-select
surrogate-fit --target=accuracy
thresh-tune
EOF
finish
