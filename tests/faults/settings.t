#!/bin/sh
# SPDX-License-Identifier: MIT
# Settings are checked before work begins, and what means the same is the same.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# alike WHAT TOOL OPTIONS -- OPTIONS: both print the same parameters.
alike() {
    # shellcheck disable=SC2086
    if "$2" --params $3 >first && "$2" --params $5 >second; then
        same first second "$2: $1"
    else
        not_ok "$2: $1"
    fi
}
# unlike WHAT TOOL OPTIONS -- OPTIONS: they do not.
unlike() {
    # shellcheck disable=SC2086
    if "$2" --params $3 >first && "$2" --params $5 >second &&
        ! cmp -s first second; then
        ok "$2: $1"
    else
        not_ok "$2: $1"
    fi
}

# ---- what means the same ----

printf '%s\n' '# nachos space 1' 'depth	0	1,2	-	-' >genes.tsv
printf 'max-macs=2.7M\ntrain-images=10k\nsupport-share=5%%\n' >suffixes
mkdir elsewhere other
cp genes.tsv elsewhere
sed 's/1,2/1,2,3/' genes.tsv >other/genes.tsv
printf 'lr = 1e-1  # comment\nepochs=3/1\n' >recipe
alike 'a size' data-import --size=32 -- --size=032x32
alike 'a share' data-import --val-share=.1 -- --val-share=1e-1
alike 'a share by default' data-import --test-share=10% -- ''
alike 'a window' data-import --window=0128,1.50s -- --window=128,1.5s
unlike 'seconds' data-import --window=128,1s -- --window=128,1
alike 'classes of beats' data-import --beats=aami -- \
    '--beats=N=NLRBej,S=AaJSn,V=VEr,F=F,Q=/fQ?'
alike 'a real' data-synth --difficulty=0.5 -- '--difficulty 5.0e-1'
alike 'minus zero' data-synth --difficulty=-0 -- --difficulty=0
alike 'a count' data-synth -n100 -- --train=0100
alike 'a hard limit by its short form' eec-place --max-params=2e6 -- \
    --max=params=2000000
alike 'limits in another order' eec-place \
    '--max-params=2e6 --max=size_bytes=3' -- \
    '--max=size_bytes=3.0 --max=params=2e6'
alike 'a view' eenn-report --line -- --view=line
alike 'the default objectives' eenn-report '' -- \
    --objectives=accuracy:max,macs:min
alike 'a reference by its short form' eenn-report --ref-macs=2.7e6 -- \
    --reference=macs=2700000:0
alike 'the number of classes' eenn-predict '--top=03 -m a.mpz -j2' -- --top=3
alike 'a loss by its short form' exit-map --max-loss=2% -- --max=loss=0.02
alike 'the loss by default' exit-map '--weight=none --platform=p.mpz' -- --max-loss=0.01
alike 'exits in another order' exit-map --exits=s2,s1,s2 -- '--exits s1,s2'
alike 'a set of layers' net-augment --exits=s2.b0.add,stem,stem -- \
    '--exits stem,s2.b0.add'
alike 'the share of a branch by default' net-augment '--max-branch=1% --pool=04' -- ''
alike 'a split' eenn-run --split=test -- '--split test -j4 --repeat=3'
# what a recipe of one's own stands on
paper='--recipe=paper --batch=auto --flip=auto'
alike 'a recipe is what it says' eenn-train --recipe=recipe -- \
    "$paper --lr=0.1 --epochs=3/1/0"
alike 'what overrides a recipe' eenn-train '--recipe=recipe --lr=1e-2 -j2' -- \
    "$paper -e 03/01"
alike 'a path is no parameter' eenn-train \
    '--recipe=paper --flip --batch=32 -d a.mpz --init-weights=x' -- \
    '--recipe=paper --flip --batch=32'
alike 'an image' net-zoo 'resnet20 --res=64' -- 'resnet20 --input=64x64x3'
alike 'early exits' net-zoo 'resnet8 --exits=s1.b0,s2' -- 'resnet8 --exits=all'
alike 'class weights' eenn-train '-d d.mpz --class-weights=1,2.0,+3' -- \
    '-d d.mpz --class-weights=1e0,02,3'
alike 'what a network is by itself' net-zoo resnet20 -- \
    'resnet20 --input=32x32x3 --classes=10'
alike 'a size and numbers' net-import '--input=08x8x3 --mean=.10,5e-1,0' -- \
    '--mean=0.1,0.5,-0 --input=8x8x3'
alike 'the samples are in a file' net-import '-d a.mpz --classes=b' -- ''
alike 'objectives, spread and limits' nsga2-step '--max-macs=2.7e6' -- \
    '--objectives=accuracy:max,macs:min --spread=macs --max=macs=2700000'
alike 'a space' nsga2-step --space=ofa-mbv3 -- --space=ofa-mbv3:exits=4
printf '%s\n' '# nachos network space 1' 'a mb c=8 k=3,5 e=1' 'final gap' >net.space
printf '%s\r\n' '# nachos network space 1' '# mine' 'a mb e=1 k=03,5 c=8 act=relu s=1' \
    'final gap' >elsewhere/net.space
alike 'a network table in other words' ofa-sample -snet.space:res=32 -- \
    -selsewhere/net.space:width=1.0,res=32x32
unlike 'an image that is not square' ofa-sample -snet.space:res=32x31 -- \
    -snet.space:res=31x32
alike 'a gene table elsewhere' nsga2-step --space=genes.tsv -- \
    --space=elsewhere/genes.tsv
alike 'exits of a space' ofa-sample --max-exits=2 -- \
    '--space=ofa-mbv3:exits=2,res=32'
alike 'a gene table elsewhere' ofa-sample -sgenes.tsv -- -selsewhere/genes.tsv
alike 'a space' ofa-train --space=ofa-mbv3:width=1.0 -- -sofa-mbv3
alike 'a floor' pareto-select --min-accuracy=.65 -- --min=accuracy=0.650
alike 'a reference' pareto-select '--reference=accuracy=0 --ref-macs=1e6' -- \
    '--reference=macs=1000000'
alike 'a schema' stream-check --schema=net -- '--schema net'
alike 'a tolerance' stream-cmp --rtol=1e-5 -- --rtol=0.00001
alike 'a count' stream-dump --max-values=07 -- --max-values=7
alike 'a kind' stream-load -knet -- --kind=net
alike 'a range' stream-pick -i02-2 -- --index=2
alike 'models' surrogate-fit '--target=macs --model=auto' -- \
    '--target=macs --model=mlp,rbf,cart,gp'
alike 'limits by their short forms' thresh-tune \
    '--max-macs=2.7e6 --min-accuracy=.65' -- \
    '--min=accuracy=0.65 --max=macs=2700000'
alike 'the cost that a limit names' thresh-tune --max=macs_paper=3e6 -- \
    '--cost=paper --max-macs=3000000'
alike 'an origin' thresh-tune --origin=02/3 -- --origin=2/03

# Suffixes: as exact as the number in full (1001 is not 1.001 times 1000).
alike 'mega' thresh-tune --max-macs=2.7M -- --max=macs=2700000
alike 'per cent' thresh-tune --min-accuracy=65% -- --min=accuracy=0.65
alike 'in a limit' thresh-tune --max=params=64Ki -- --max=params=65536
alike 'in a share by name' thresh-tune --min=accuracy=0.1% -- \
    --min=accuracy=1e-3
alike 'an exponent' data-synth -n2e3 -- -n2000
alike 'an exponent and a suffix' data-synth -n1E3k -- -n1000000
alike 'kilo' data-synth -n1.001k -- -n1001
alike 'kibi' eec-place --max-peak-bytes=1.5Ki -- --max=peak_bytes=1536
alike 'giga' stream-dump --max-values=1G -- --max-values=1000000000
alike 'tera' pareto-select --ref-macs=1T -- --reference=macs=1e12
alike 'in a recipe' eenn-train --recipe=suffixes -- \
    "$paper --max-macs=2700000 --train-images=10000 --support-share=0.05"
for call in 'thresh-tune --max-macs=2.7m' 'thresh-tune --max-macs=3%' \
    'thresh-tune --max=macs=2K' 'thresh-tune --max=macs=2Mi5' \
    'thresh-tune --min-accuracy=65k' 'thresh-tune --max=params=5%' \
    'data-synth -n1.0005k' 'data-synth -n+1k' 'data-synth -n-1k' 'data-synth -n1e-1' \
    'data-synth -n1E17' \
    'data-synth -n1%' 'eenn-train --lr=1k' 'pareto-select --ref-macs=1e999'; do
    # shellcheck disable=SC2086
    expect 2 "refused: $call" $call --params
done
expect 2 'a blank in front of the suffix' thresh-tune --params '--max-macs=3 M'
contains "$ERR" 'suffixes, right behind the digits, are k M G T' \
    'the suffixes are named'

expect 2 'far too many' data-synth --params -n5000000000T
contains "$ERR" '5000000000T is too large' 'are not called a text'

# A recipe's texts are checked where they stand, and errors are always said.
printf 'lr=0.1\nepochs=3\n' >bad.recipe
expect 3 'a bad line of a recipe' eenn-train --params --recipe=./bad.recipe
contains "$ERR" './bad.recipe:2: ' 'is named'
expect 2 'an error under -q -q -q' eenn-train -q -q -q --epochs=3

unlike 'another bound' thresh-tune --max-macs=2.7e6 -- --max-macs=2700001
unlike 'another cost' thresh-tune --max-macs=2.7e6 -- --max=macs_paper=2.7e6
unlike 'another real, the last bit of it' eenn-train --lr=0.1 -- \
    --lr=0.10000000000000001388
unlike 'a table of other genes' ofa-sample -sgenes.tsv -- -sother/genes.tsv
unlike 'another seed' nsga2-step --seed=1 -- --seed=2

# ---- what is refused before anything is read ----

expect 0 'a value that would make a line is written in one' \
    data-import --params "--group-by=name:a
seed=3\\"
contains "$OUT" 'group-by=name:a\x0aseed=3\x5c' 'a value stays on its line'
for call in 'eenn-train --epochs=3' 'eenn-train --lr=x' \
    'nsga2-step --spread=latency' 'nsga2-step --exact=macs' \
    'nsga2-step --space=no-such-space' 'nsga2-step --macs=only.mpz' \
    'ofa-train --space=genes.tsv' 'ofa-sample --space=ofa-mbv3:exits=5' \
    'pareto-select --reference=latency=3' 'pareto-select --min=accuracy=2' \
    'surrogate-fit --target=macs --model=svm' 'surrogate-fit' \
    'thresh-tune --min=size_bytes=3' 'thresh-tune --max=accuracy=1' \
    'exit-map --max=params=3' 'exit-map --rule=eq8' 'exit-map --method=paper' \
    'thresh-tune --origin=3' 'eec-place --max=macs=3e6' 'stream-pick -i x' \
    'stream-pick --id=x' 'stream-load -k x' 'stream-check --schema=x' \
    'data-import --size=0' 'net-zoo no-such-net' 'eenn-report --max=macs' \
    'net-augment --exits=' 'net-augment --keep=p.mpz --first=1' \
    'eenn-run --baseline' 'data-synth --size=512 -n 10000000'; do
    # shellcheck disable=SC2086
    expect 2 "refused: $call" $call --params
done
printf 'phase epochs lr\nall 3 x\n' >bad.tsv
expect 3 'a schedule that cannot be read' \
    ofa-train --params --space=ofa-mbv3 --schedule=bad.tsv
printf 'phase epochs warmup lr subnets largest distil\nall 3 0 .1 2 .5 0\n' >3.tsv
expect 2 'more epochs than the schedule has' \
    ofa-train --params --space=ofa-mbv3 --schedule=3.tsv --until=4

# Every tool has been tried.
for tool in "$BIN"/*; do
    holds "${tool##*/} is tried" grep -q "^alike .*. ${tool##*/} " "$TOP/tests/faults/settings.t"
done

finish
