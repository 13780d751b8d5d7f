#!/bin/sh
# SPDX-License-Identifier: MIT
# A network space of a user's own: designs, networks and a step of the search by
# --space=FILE; streams name it, and no tool opens what a stream names.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

cat >mine.space <<'END'
# nachos network space 1
stem   conv c=8  k=3 s=2 act=hswish
s1     mb   c=16 s=2 depth=1,2 k=3,5 e=2,3
s2     mb   c=24 depth=1,2 k=3,5 e=2,3 se=4 act=hswish
final  conv c=32 k=1 act=hswish
exits  after=stem,s1 head=off,gap,mix,conv width=16,32
END
SPACE=mine.space:res=49x10,channels=1,classes=12

# ---- designs ----
ofa-sample --space=$SPACE --corners -n 12 -o arch.mpz
stream-dump -r arch.mpz >arch.json
hash=$(jq -r .space arch.json | head -n 1 | cut -d: -f3)
jq -r .space arch.json | sort -u >have
echo "net:mine:$hash:width=1,res=49x10,classes=12,exits=2,channels=1" >spec
same spec have 'designs name the table by its hash'
jq -r .design arch.json | sed -n 1,2p >have
printf '%s\n' 'd=1,1 k=3,3 e=2,2 exits=gap,off' \
    'd=2,2 k=55,55 e=33,33 exits=conv:32,conv:32' >want
same want have 'designs are readable'
jq -r .design arch.json | ofa-sample --space=$SPACE --genomes=- -n 12 -o again.mpz
expect 0 'and are read back' sh -c 'stream-dump -r again.mpz | cmp - arch.json'
cp mine.space other-name
ofa-sample --space=other-name:res=49x10 -n 1 | stream-dump -r >b.json
contains b.json "net:other-name:$hash:" 'the name is the file'"'"'s, the hash is not'
expect 0 '--max-exits changes the places' sh -c "
    ofa-sample --space=$SPACE --max-exits=1 -n 2 | stream-dump -r | grep -q exits=1,"
expect 2 'more places than the table has are refused' \
    ofa-sample --space=$SPACE --max-exits=3
contains "$ERR" 'from 1 to 2' 'with their number'

# ---- the table itself ----
expect 0 '--table prints it' ofa-sample --space=mine.space --table
cp "$OUT" printed
ofa-sample --space=printed --table >have
same printed have 'which gives itself'
expect 0 'its hash is that of the file' sh -c "
    ofa-sample --space=printed:res=49x10 -n 1 | stream-dump -r | grep -q :$hash:"
expect 0 '--table prints a built-in table' ofa-sample --space=mb32 --table
contains "$OUT" 'head=off,gap,mix,dw,conv width=64,96,128' 'with its exits'
in_terminal 'ofa-sample --table'
holds '--table may write to a terminal' test $? -eq 0
expect 2 '--table refuses designs' ofa-sample --table 0120
expect 2 '--table and --info are refused together' ofa-sample --table --info
printf '# nachos space 1\na\t0\t1,2\n' >genes.tsv
expect 2 '--table refuses a gene table' ofa-sample --table --space=genes.tsv
expect 2 'parameters of a gene table are refused' ofa-sample --space=genes.tsv:res=32
contains "$ERR" 'it has no parameters' 'the message says so'
expect 2 'a spec of a table is refused' ofa-sample --space="$(cat spec)"
sed 's/k=3,5 e=2,3$/k=3,4 e=2,3/' mine.space >bad.space
expect 3 'a broken table is refused' ofa-sample --space=bad.space
contains "$ERR" 'bad.space: line 3: s1: k=4: not an odd number' \
    'with its line and what is wrong there'

# ---- networks ----
expect 0 'networks by the table' eec-place --space=mine.space arch.mpz -o net.mpz
expect 0 'parameters behind it are passed over' \
    sh -c "eec-place --space=$SPACE arch.mpz | stream-cmp - net.mpz"
stream-dump -r net.mpz >net.json
holds 'of every design' test "$(grep -c '' net.json)" = 12
expect 0 'inputs are oblong' jq -es 'all(.input == [49, 10, 1] and .classes == 12)' net.json
expect 0 'heads are named by their kind' jq -es '
    .[1].layers | any(.name == "exit2.conv.classifier")' net.json
expect 2 'no table' eec-place arch.mpz
contains "$ERR" 'give the file with --space=FILE' 'is asked for'
sed 's/c=24/c=32/' mine.space >wide.space
expect 3 'another table is refused' eec-place --space=wide.space arch.mpz
contains "$ERR" 'another table than --space' 'and said to be one'
expect 3 'a gene table is refused' eec-place --space=genes.tsv arch.mpz
contains "$ERR" 'is a gene table: it has no networks' 'as what it is'
expect 4 'no such folder' eec-place --space=/dev/null/x arch.mpz
expect 2 'no such file' eec-place --space=none arch.mpz
ofa-sample -n 1 -o ofa.mpz
expect 0 'built-in spaces need no table' eec-place --space=mine.space ofa.mpz -o ofa-net.mpz
expect 0 'whose name is no table' eec-place --space=ofa-mbv3 ofa.mpz -o ofa-net.mpz

# ---- a step of the search ----
jq -c '{type: "result", status: "ok", summary: {arch, space, genome, params,
    peak_bytes}, accuracy: (0.5 + 0.01 * (.params | log)), macs:
    .exits[-1].gamma}' net.json | stream-load -k result -o archive.mpz
surrogate-fit --target=accuracy --model=rbf archive.mpz -o accuracy.mpz
step() { # step [ARG...]
    nsga2-step --surrogate=accuracy.mpz --objectives=accuracy:max,final_macs:min \
        --exact=final_macs --generations=3 --pop=10 -k 3 "$@" archive.mpz >step.mpz
}
expect 0 'a step by the table' step --space=mine.space
stream-dump -r step.mpz | jq -r .space | sort -u >have
same spec have 'goes on with the parameters of the results'
expect 0 'its designs have networks' eec-place --space=mine.space step.mpz -o step-net.mpz
cp step.mpz first.mpz
expect 0 'parameters may be said again' step --space=$SPACE
expect 0 'to no effect' stream-cmp first.mpz step.mpz
expect 3 'other parameters are refused' step --space=mine.space:res=32
expect 2 'the table is needed' step
contains "$ERR" 'give it with --space=FILE' 'and asked for'
expect 3 'another table is refused' step --space=wide.space

# ---- the example of the man page ----
page=$TOP/man/nachos-space.5
sed -n '/^# nachos network space 1$/,/^\.Ed$/p' "$page" | sed '$d' >words.space
sed -n '/^SPACE=words/,/^\.Ed$/p' "$page" | sed '$d' >example.sh
expect 0 'nachos-space(5) has a table and what to do with it' sh example.sh
holds 'which makes networks' test "$(grep -c '^\[' "$OUT")" = 20
sed -n 's/^ *\[KEY_[A-Z]*\] = {"\([a-z]*\)".*/\1/p' "$TOP/libcommon/space/blocks.c" >keys
holds 'keys are found' test "$(grep -c '' keys)" = 8
while read -r word; do
    contains "$page" ".It Cm $word" "the key $word is in the page"
done <keys
finish
