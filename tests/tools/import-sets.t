#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"
# data-import: layouts of folders, tables, IDX as it is found, the splits that are
# cut and the images that are in two, and what is said of a set.  data-import.t
# has the battery.

byte() {
    # shellcheck disable=SC2059
    printf "\\$(printf %03o "$1")"
}

# 2x2 pixels of one colour
ppm() {     # ppm FILE R G B
    pixel="$(printf '\\%03o\\%03o\\%03o' "$2" "$3" "$4")"
    # shellcheck disable=SC2059
    { printf 'P6\n2 2\n255\n'; printf "$pixel$pixel$pixel$pixel"; } >"$1"
}

# Pictures FOLDER/1.ppm ... of colours that no other folder of the test has.
folders=0
some() {    # some COUNT FOLDER
    folders=$((folders + 1)) i=0
    mkdir -p "$2"
    while [ $i -lt "$1" ]; do
        i=$((i + 1))
        ppm "$2/$i.ppm" $folders $i 9
    done
}

describe() {
    stream-dump "$1" | jq -c 'select(.type == "dataset") |
        [.shape, .splits, .samples, .classes]'
}

# How many images of each class a split has, by label: COUNT COUNT ...
counts() {  # counts STREAM SPLIT
    stream-dump --values "$1" | jq -sc --arg s "$2" '
        (.[] | select(.type == "dataset") | .classes | length) as $n |
        [.[] | select(.type == "chunk" and .split == $s) | .labels.values[]] as $l |
        [range($n) as $k | $l | map(select(. == $k)) | length]'
}

names() {   # names STREAM SPLIT
    stream-dump "$1" | jq -r --arg s "$2" 'select(.type == "chunk" and .split == $s) |
        .names.data // empty' | base64 -d | tr '\0' '\n'
}

refuse() {  # refuse WHAT REASON ARG...
    what=$1 reason=$2
    shift 2
    expect 3 "$what" data-import -o bad.mpz "$@" &&
        contains "$ERR" "$reason" "$what: reason"
}

silent() {  # silent WHAT: no warning
    holds "$1" sh -c "! grep -q warning: '$ERR'"
}

# ---- names ----

some 3 own/cat
some 3 own/dog
some 2 more/cat
expect 0 'a folder is read' data-import --val-share=0 --test-share=0 own -o own.mpz
printf '%s\n' cat/1.ppm cat/2.ppm cat/3.ppm dog/1.ppm dog/2.ppm dog/3.ppm >want
names own.mpz train >got
same want got 'pictures are named relative to the folder'
expect 0 'two folders are read' data-import --val-share=0 own/ --test more -o two.mpz
{ names two.mpz train; names two.mpz test; } >got
{ sed 's,^,own/,' want; echo more/cat/1.ppm; echo more/cat/2.ppm; } >want2
same want2 got 'of two folders relative to what both are in'
expect 0 'a split is cut' data-import own -o cut.mpz
{ names cut.mpz train; names cut.mpz val; names cut.mpz test; } | sort >got
same want got 'names follow their pictures into the splits'
holds 'and none is in two' test "$(names cut.mpz val | wc -l)$(names cut.mpz test | wc -l)" = 22

# ---- splits that are cut ----

some 20 s/a
some 3 s/b
some 2 s/c
some 1 s/d
expect 0 'small classes are read' data-import s -o s.mpz
holds 'a class of three is in all splits, one of two in two, one of one in training' \
    test "$(counts s.mpz train)$(counts s.mpz val)$(counts s.mpz test)" = \
    '[16,1,1,1][2,1,1,0][2,1,0,0]'
contains "$ERR" "warning: not every split has all classes: class 'c' has none in test, 'd' has none in val and test" \
    'small classes are named'
expect 0 'no test split is cut' data-import --test-share=0 s -o s.mpz
holds 'a class of two still gives one' \
    test "$(counts s.mpz train)$(counts s.mpz val)" = '[18,2,1,1][2,1,1,0]'
contains "$ERR" "class 'd' has none in val" 'what val lacks is said'
expect 0 'no split is cut' data-import --test-share=0 --val-share=0 s -o s.mpz
holds 'all images train' test "$(counts s.mpz train)" = '[20,3,2,1]'
silent 'and nothing is lacking'
refuse 'a share that cannot be had' \
    "--test-share: class 'c' has 2 images, too few to give one" --test-share=0.1 s
refuse 'nor of a single image' \
    "--val-share: class 'd' has 1 image, too few to give one" --val-share=0.1 s
rm -r s/c s/d
expect 0 'large shares are taken' data-import --test-share=0.9 --val-share=0.9 s -o s.mpz
holds 'each class keeps an image for training' \
    test "$(counts s.mpz train)$(counts s.mpz val)$(counts s.mpz test)" = '[1,1][1,1][18,1]'
expect 0 'two fifths' data-import --test-share=40% --val-share=0.5 s -o s.mpz
holds 'the test split is taken first' \
    test "$(counts s.mpz train)$(counts s.mpz val)$(counts s.mpz test)" = '[6,1][6,1][8,1]'
expect 0 'another seed' data-import --test-share=40% --val-share=0.5 --val-seed=2 s -o t.mpz
names s.mpz test >got
names t.mpz test >got2
holds 'another seed takes other test images' test "$(cmp got got2 2>&1)" != ''
mkdir many
i=100
while [ $i -lt 125 ]; do
    mkdir many/$i
    ppm many/$i/x.ppm $i 1 1
    i=$((i + 1))
done
expect 0 'many small classes' data-import many -o many.mpz
contains "$ERR" "'119' has none in val and test and 5 more classes lack some" '20 of them are named'
expect 0 'a set with val alone' data-import own --val more -o val.mpz
holds 'has a test split cut off' test "$(describe val.mpz)" = \
    '[[2,2,3],["train","val","test"],[4,2,2],["cat","dog"]]'

# ---- the split cal, and splits by group ----

expect 0 'a fourth split' data-import --cal-share=0.5 s -o cal.mpz
holds 'is cut off last' test "$(counts cal.mpz train)$(counts cal.mpz val)$(
    counts cal.mpz test)$(counts cal.mpz cal)" = '[8,1][2,1][2,0][8,1]'
expect 0 'or is named' data-import --test-share=0 own --cal more -o cal.mpz
holds 'and comes last' test "$(describe cal.mpz)" = \
    '[[2,2,3],["train","val","cal"],[4,2,2],["cat","dog"]]'
for who in ann bob cid dan eve fay gus hal ina jon; do
    some 3 "by/$who"
    mkdir -p people/cat people/dog
    i=1
    for class in cat dog dog; do
        mv "by/$who/$i.ppm" "people/$class/$who-$i.ppm"
        i=$((i + 1))
    done
done
whose() {   # whose STREAM SPLIT: the groups of a split
    stream-dump "$1" | jq -r --arg s "$2" 'select(.type == "chunk" and .split == $s) |
        .groups.data // empty' | base64 -d | tr '\0' '\n' | sort -u | tr '\n' ' '
}
expect 0 'people are kept together' data-import --group-by=name:- people -o people.mpz
silent 'and every class is everywhere'
holds 'a tenth of them in val, a tenth in test' \
    test "$(counts people.mpz train)$(counts people.mpz val)$(counts people.mpz test)" = \
    '[8,16][1,2][1,2]'
holds 'each in one split' test "$({ whose people.mpz train; whose people.mpz val
    whose people.mpz test; } | tr ' ' '\n' | sort | uniq -d | wc -w)" = 0
holds 'and all of them' test "$({ whose people.mpz train; whose people.mpz val
    whose people.mpz test; } | wc -w)" = 10
printf '%s\n' '# who goes where' 'ann test' 'bob cal' 'cid  train' 'zoe val' >list.txt
expect 0 'a list' data-import --group-by=name:- --split-list=list.txt --val-share=0.2 \
    people -o listed.mpz
holds 'says who goes where' test "$(whose listed.mpz test)$(whose listed.mpz cal)" = \
    'ann bob '
contains "$ERR" 'warning: list.txt does not name all groups: dan, eve, fay' \
    'names those that it leaves'
holds 'val is cut off the others' test "$(counts listed.mpz val)" = '[2,4]'
echo 'eve tset' >>list.txt
refuse 'a split of a list' "list.txt:6: split 'tset' is not none, train, val, test or cal" \
    --group-by=name:- --split-list=list.txt people
expect 0 'one by one' data-import --group-by=none people -o none.mpz
holds 'without groups' test "$(whose none.mpz train)" = ''
mkdir -p solo/cat
cp people/cat/ann* solo/cat/ann-8.ppm
cp people/dog/ann-2* people/dog/ann-3* solo/cat
refuse 'one person' '--val-share: there are not enough groups to give it one' \
    --group-by=name:- --val-share=0.1 solo
expect 2 'a list for no groups' data-import --split-list=list.txt people
expect 2 'groups by something else' data-import --group-by=folder people
mkdir -p parted/train parted/test
cp -r people/cat people/dog parted/train
cp -r people/cat parted/test
rm parted/test/cat/[b-j]*
expect 0 'the same people in two splits' data-import -q --group-by=name:- parted -o parted.mpz
data-import --group-by=name:- parted -o parted.mpz 2>"$ERR"
contains "$ERR" 'groups with samples in two splits, on which accuracies may be too high: ann (' \
    'are warned of'
rm -r by people parted

# ---- equal images ----

mkdir -p twice/train/a twice/train/b twice/test/a twice/test/b
ppm twice/train/a/1.ppm 1 2 3
ppm twice/train/a/2.ppm 1 2 3
ppm twice/train/b/1.ppm 2 2 3
ppm twice/test/a/1.ppm 3 2 3
ppm twice/test/b/1.ppm 4 2 3
expect 0 'a picture twice in training' data-import --val-share=0 twice -o twice.mpz
silent 'is nothing to warn of'
cp twice/train/b/1.ppm twice/test/b/b.ppm
expect 0 'a picture in two splits' data-import --val-share=0 twice -o twice.mpz
contains "$ERR" 'warning: equal images: test/b/b.ppm of test and train/b/1.ppm of train' 'is named'
contains "$ERR" 'warning: 1 image is in two splits: accuracies' 'and counted'
expect 0 'the same, quietly' data-import -q --val-share=0 twice -o twice.mpz
holds 'nothing is said with -q' test ! -s "$ERR"
rm twice/test/b/b.ppm
cp twice/train/b/1.ppm twice/train/a/b.ppm
expect 0 'a picture of two classes' data-import --val-share=0 --test-share=0 twice -o twice.mpz
contains "$ERR" 'warning: equal images of different classes: train/b/1.ppm of train and train/a/b.ppm of train' 'is named'
contains "$ERR" 'warning: 1 image is equal to one of another class: no network' 'and counted'
rm twice/train/a/b.ppm
i=0
while [ $i -lt 24 ]; do
    i=$((i + 1))
    ppm twice/train/b/x$i.ppm 5 $i 5
    ppm twice/test/b/y$i.ppm 5 $i 5
done
expect 0 'many pictures in two splits' data-import --val-share=0 twice -o twice.mpz
holds '20 pairs are named' test "$(grep -c 'equal images: ' "$ERR")" -eq 20
contains "$ERR" '24 images are in two splits, of which 20 are named' 'all are counted'

# ---- IDX ----

big_endian() {
    byte $(($1 >> 24)); byte $(($1 >> 16 & 255))
    byte $(($1 >> 8 & 255)); byte $(($1 & 255))
}

idx() {     # idx NAME COUNT FIRST CLASSES: images NAME-images..., labels from FIRST
    {
        printf '\0\0\010\003'
        big_endian "$2"; big_endian 2; big_endian 2
        i=0
        while [ $i -lt "$2" ]; do
            byte $i; byte ${#1}; byte 1; byte 2
            i=$((i + 1))
        done
    } >"$1-images-idx3-ubyte"
    {
        printf '\0\0\010\001'
        big_endian "$2"
        i=0
        while [ $i -lt "$2" ]; do
            byte $((i % $4 + $3))
            i=$((i + 1))
        done
    } >"$1-labels-idx1-ubyte"
}

mkdir -p once data/MNIST/raw
idx once/train 30 0 3
idx once/t10k 12 0 3
expect 0 'IDX is read' data-import --val-share=0 once -o once.mpz
holds 'IDX has no names of files' test -z "$(names once.mpz train)"
cp once/* data/MNIST/raw
gzip -k data/MNIST/raw/*
expect 0 'files with their .gz, two folders further in' data-import --val-share=0 data -o raw.mpz
same once.mpz raw.mpz 'each file counts once'
silent 'and nothing is wrong with them'
expect 0 'a file named twice' data-import --val-share=0 once once/t10k-images-idx3-ubyte -o raw.mpz
same once.mpz raw.mpz 'counts once, too'
gzip -c once/t10k-labels-idx1-ubyte >data/MNIST/raw/train-labels-idx1-ubyte.gz
expect 0 'another .gz' data-import --val-share=0 data -o raw.mpz
contains "$ERR" 'warning: data/MNIST/raw/train-labels-idx1-ubyte and data/MNIST/raw/train-labels-idx1-ubyte.gz do not hold the same data: the first is used' \
    'is told'
same once.mpz raw.mpz 'and not used'
echo rubbish >data/MNIST/raw/train-labels-idx1-ubyte.gz
expect 0 'rubbish for a .gz' data-import --val-share=0 data -o raw.mpz
contains "$ERR" 'do not hold the same data' 'is told, too'
head -c 30 data/MNIST/raw/t10k-images-idx3-ubyte.gz >data/MNIST/raw/train-labels-idx1-ubyte.gz
expect 0 'half a .gz' data-import --val-share=0 data -o raw.mpz
contains "$ERR" '; data/MNIST/raw/train-labels-idx1-ubyte is used' 'is told as well'

idx once/val 9 0 3
expect 0 'IDX with val-*' data-import once -o val.mpz
holds 'val-* is the validation split' test "$(describe val.mpz)" = \
    '[[2,2,1],["train","val","test"],[30,9,12],["0","1","2"]]'

mkdir letters
idx letters/train 20 1 4
idx letters/test 8 1 4
expect 0 'labels from 1' data-import --val-share=0 letters -o letters.mpz
holds 'become labels from 0, called from 1' test "$(describe letters.mpz)$(counts letters.mpz train)" = \
    '[[2,2,1],["train","test"],[20,8],["1","2","3","4"]][5,5,5,5]'
contains "$ERR" 'Labels begin at 1: class 0 is called 1, and so on to 4.' 'which is said'
printf 'w\nx\ny\nz\n' >letters.txt
expect 0 'with names' data-import --class-names=letters.txt letters -o letters.mpz
holds 'names are of the labels there are' test "$(describe letters.mpz | jq -c '.[3]')" = '["w","x","y","z"]'

mkdir wide
cp once/t10k-images-idx3-ubyte wide/train-images-idx3-ubyte
{
    printf '\0\0\014\002\0\0\0\014\0\0\0\003'
    i=0
    while [ $i -lt 12 ]; do
        big_endian $((300 * (i % 2))); big_endian 7; big_endian 8
        i=$((i + 1))
    done
} >wide/train-labels-idx2-int
expect 0 'labels of 32 bits, in rows' data-import --val-share=0 --test-share=0 wide -o wide.mpz
holds 'the first of each row is the label' test "$(counts wide.mpz train | jq -c '[length, .[0], .[300]]')" = \
    '[301,6,6]'
printf '\0\0\014\001\0\0\0\002\0\0\0\0\0\1\0\0' >most-labels-idx1-int
{ printf '\0\0\010\003\0\0\0\002\0\0\0\002\0\0\0\002'; echo abcdefg; } >most-images-idx3-ubyte
refuse 'more labels than classes' 'the labels reach 65536: a data set has at most 65536 classes' \
    most-images-idx3-ubyte most-labels-idx1-int
printf '\0\0\014\001\0\0\0\001\377\377\377\377' >minus-labels-idx1-int
{ printf '\0\0\010\003\0\0\0\001\0\0\0\002\0\0\0\002'; echo abc; } >minus-images-idx3-ubyte
refuse 'a negative label' 'minus-labels-idx1-int: label 0 is -1, which is not within 0..65536' \
    minus-images-idx3-ubyte minus-labels-idx1-int

mkdir -p py/cifar-10-batches-py
printf '\200\002}q\001(U\013' >py/cifar-10-batches-py/data_batch_1
for f in py py/cifar-10-batches-py py/cifar-10-batches-py/data_batch_1; do
    refuse "CIFAR of Python: $f" 'batches-py/data_batch_1: a pickle of Python, which is not read: CIFAR has a binary version, too (cifar-10-binary.tar.gz' $f
done

# ---- folders ----

mkdir -p up
some 4 up/Train/a
some 4 up/Train/b
some 2 up/VALID/a
some 2 up/Test/b
expect 0 'splits in upper case' data-import up -o up.mpz
holds 'are splits' test "$(describe up.mpz)$(counts up.mpz val)" = \
    '[[2,2,3],["train","val","test"],[8,2,2],["a","b"]][2,0]'
names up.mpz test >got
printf 'Test/b/%s.ppm\n' 1 2 >want
same want got 'names keep the name of the split'
mkdir -p deep/archive/up
cp -r up/* deep/archive/up
expect 0 'splits two folders further in' data-import deep -o deep.mpz
stream-dump up.mpz | jq -c 'del(.names)' >want
stream-dump deep.mpz | jq -c 'del(.names)' >got
grep '"type"' want >want2
grep '"type"' got >got2
same want2 got2 'are the same splits and pictures'
holds 'and names that say where' test "$(names deep.mpz test | head -n 1)" = archive/up/Test/b/1.ppm
for s in Train VALID Test; do
    for c in deep/archive/up/"$s"/*; do
        mkdir "$c/images"
        mv "$c"/*.ppm "$c/images"
    done
done
expect 0 'pictures in CLASS/images' data-import deep -o images.mpz
stream-dump images.mpz | jq -c 'del(.names)' | grep '"type"' >got2
same want2 got2 'are of CLASS'
expect 0 'and without splits' data-import deep/archive/up/Train -o images.mpz
holds 'likewise' test "$(describe images.mpz | jq -c '.[3]')" = '["a","b"]'
mkdir deep/archive/up/Train/a/more
refuse 'two folders in a class' 'Train/a/images: a folder in the folder of a class' deep
rmdir deep/archive/up/Train/a/more
echo 'as it came' >deep/README
refuse 'a file beside the folder' 'deep/README: a file where folders of classes are (--skip-other' deep
expect 0 '--skip-other passes over it' data-import --skip-other deep -o images.mpz
stream-dump images.mpz | jq -c 'del(.names)' | grep '"type"' >got2
same want2 got2 'and goes further in'
contains "$ERR" '1 other file was passed over' 'what was passed over is counted'
mkdir loop
ln -s . loop/loop
refuse 'a folder that holds itself' 'a folder in the folder of a class' loop

refuse 'a picture alone' 'own/cat/1.ppm: a picture, where a folder with a folder of files for each' \
    own/cat/1.ppm
refuse 'pictures without classes' 'own/cat: files without classes, where a folder with a folder' own/cat

# ---- channels ----

some 2 grey/a
some 2 grey/b
for f in grey/*/*; do
    ppm "$f" ${#f} ${#f} ${#f}
done
ppm grey/a/1.ppm 0 0 0
expect 0 'grey pictures' data-import --val-share=0 --test-share=0 grey -o grey.mpz
holds 'have one channel' test "$(describe grey.mpz | jq -c '.[0]')" = '[2,2,1]'
holds 'with their levels' test "$(stream-dump --values grey.mpz |
    jq -c 'select(.type == "chunk") | .images.values')" = '[0,0,0,0,12,12,12,12,12,12,12,12,12,12,12,12]'
contains "$ERR" 'All pictures are grey, so they have one channel (--channels=3 keeps three).' 'which is said'
expect 0 '--channels=3' data-import --channels=3 --val-share=0 --test-share=0 grey -o grey3.mpz
holds 'keeps three' test "$(describe grey3.mpz | jq -c '.[0]')" = '[2,2,3]'
ppm grey/b/2.ppm 7 7 8
expect 0 'one that is not grey' data-import --val-share=0 --test-share=0 grey -o grey.mpz
holds 'makes it three' test "$(describe grey.mpz | jq -c '.[0]')" = '[2,2,3]'

# ---- mirror images ----

flips() {   # flips WHAT VALUE FILE...
    holds "$1" test "$(stream-dump "$3" | jq -rs '.[1].flip')" = "$2"
}

flips 'IDX is not to be mirrored' no once.mpz
flips 'pictures are' yes own.mpz
contains "$ERR" 'Mirrored pictures count as of the same class (--no-flip says otherwise).' 'which is said'
expect 0 '--no-flip' data-import --no-flip own -o flip.mpz
flips 'says no' no flip.mpz
holds 'and nothing else' sh -c "! grep Mirror '$ERR'"
expect 0 '--flip' data-import --flip once -o flip.mpz
flips 'says yes of digits' yes flip.mpz
holds 'provenance has what was meant by auto' test "$(stream-dump own.mpz |
    jq -sc '.[0].provenance.params.flip')" = true

# ---- tables ----

cat >own/list.csv <<'END'
path,label,split
cat/1.ppm,tabby,train
cat/2.ppm,tabby,Test

"cat/3.ppm" , "a ""wild"", one",train
dog/1.ppm,dog,train
  dog/2.ppm , dog , val
dog/3.ppm,dog,
END
expect 0 'a table' data-import --format=images own/list.csv -o csv.mpz
holds 'says class and split' test "$(describe csv.mpz)" = \
    '[[2,2,3],["train","val","test"],[4,1,1],["a \"wild\", one","dog","tabby"]]'
{ names csv.mpz train; names csv.mpz val; names csv.mpz test; } >got
printf '%s\n' cat/1.ppm cat/3.ppm dog/1.ppm dog/3.ppm dog/2.ppm cat/2.ppm >want
same want got 'pictures are named as in the table'
{ printf '\357\273\277'; awk -F, -v OFS=, '{ print $3, "x", $1, $2 }' <<'END'; } |
path,label,split
cat/1.ppm,tabby,train
dog/1.ppm,dog,validation
dog/3.ppm,dog,train
cat/2.ppm,tabby,test
END
    sed 's/$/\r/; 1s/path,label/File,CLASS/' >own/Other.CSV
expect 0 'columns in another order' data-import own/Other.CSV -o csv.mpz
holds 'are found by their names' test "$(describe csv.mpz)" = \
    '[[2,2,3],["train","val","test"],[2,1,1],["dog","tabby"]]'
printf '%s,x\n' "$PWD/own/cat/1.ppm" own/cat/2.ppm >a.csv
printf 'own/dog/1.ppm,x\nown/dog/2.ppm,x' >b.csv
expect 0 'tables without names of columns' data-import a.csv --test b.csv --val-share=0 -o csv.mpz
names csv.mpz train >got
printf '%s\n' "$PWD/own/cat/1.ppm" own/cat/2.ppm >want
same want got 'have absolute paths, too'
holds 'and are of the split of the option' test "$(describe csv.mpz)" = \
    '[[2,2,3],["train","test"],[2,2],["x"]]'

row() {     # row WHAT REASON TEXT: a row that is refused
    printf 'own/cat/1.ppm,x\n%b' "$3" >bad.csv
    refuse "$1" "$2" bad.csv
}
row 'a row of one field' 'bad.csv:2: fields: 1, where path, label and perhaps split are expected' 'own\n'
row 'a row of four' 'bad.csv:4: fields: 4' '"own/cat/2\n.ppm",x\na,b,,\n'
row 'a row without a class' 'bad.csv:2: no class of a picture' 'own,\n'
row 'a row without a path' 'bad.csv:2: no path of a picture' ',x\n'
row 'another split' "bad.csv:2: split 'dev' is not train, val, test or cal" 'own,x,dev\n'
row 'an open quote' 'bad.csv:2: a quote that is not closed' 'own,"x\n'
row 'text behind a quote' 'bad.csv:2: a quote that is not closed' 'own,"x" y\n'
row 'a class with a control character' 'bad.csv:2: own: the name of a class' 'own,x\001\n'
row 'many fields' 'bad.csv:2: more than 64 fields' "$(seq -s, 70)"
row 'NUL bytes' 'bad.csv: has NUL bytes' 'own\0000,x\n'
: >bad.csv
refuse 'an empty table' 'there are no pictures' bad.csv
printf 'path,label\na,b,c\n' >bad.csv
refuse 'a row of more fields than names' 'bad.csv:2: fields: 3, where as many as names of columns' bad.csv
printf 'own/no.ppm,x\n' >bad.csv
expect 4 'a picture that is not there' data-import bad.csv
expect 4 'a table that is not there' data-import no.csv

# ---- arrays ----

# The lines of a script in the man page, as they are seen, and in the README.
mandoc -T ascii "$TOP/man/data-import.1" | sed 's/.\x08//g' |
    sed -n "/python3 -c/,/| stream-load/p" >man.sh
sed -n "/^[^ ]*python3 -c/,/| stream-load/p" "$TOP/README.md" >readme.sh
sed 's/^ *//' man.sh >got
sed 's/^ *//' readme.sh >want
same want got 'README and man page have one script for arrays'
contains man.sh '        import base64' 'it is indented in the man page'
mkdir arrays
cat >arrays/make.py <<'END'
import struct
import numpy as np
rng = np.random.default_rng(1)
arrays = {}
for s, n in (("train", 230), ("val", 7), ("test", 100)):
    x = rng.integers(0, 256, (n, 5, 4, 3), np.uint8)
    y = rng.integers(0, 2, n)
    arrays[s + "_x"], arrays[s + "_y"] = x, y
    with open("arrays/%s-images-idx4-ubyte" % s, "wb") as f:
        f.write(struct.pack(">5I", 0x804, *x.shape) + x.tobytes())
    with open("arrays/%s-labels-idx1-ubyte" % s, "wb") as f:
        f.write(struct.pack(">2I", 0x801, n) + bytes(y.tolist()))
np.savez("mine.npz", **arrays)
END
if /usr/bin/python3 arrays/make.py 2>/dev/null; then
    printf 'cat\ndog\n' >arrays.txt
    expect 0 'arrays in files' data-import --class-names=arrays.txt --name=mine arrays -o idx.mpz
    expect 0 'the script of the man page' \
        env PATH="$BIN:/usr/bin:/bin" bash -o pipefail man.sh
    for f in idx mine; do
        stream-dump --values $f.mpz >$f.dump
        jq -c 'select(.type == "dataset") | del(.flip) |
            .mean |= map(. * 1e12 | round) | .std |= map(. * 1e12 | round)' \
            $f.dump >$f.head
        jq -sc 'map(select(.type == "chunk")) | group_by(.split) | map([.[0].split,
            (map(.images.values) | add), (map(.labels.values) | add)])' $f.dump >$f.images
    done
    same idx.head mine.head 'and data-import say the same'
    same idx.images mine.images 'and have the same images'
    /usr/bin/python3 -c 'import numpy as np
x = np.arange(30 * 20, dtype="u1").reshape(30, 5, 4)
np.savez("mine.npz", train_x=x, train_y=np.arange(30) % 2)'
    expect 0 'grey arrays without a validation split' \
        env PATH="$BIN:/usr/bin:/bin" bash -o pipefail man.sh
    holds 'every tenth image is in it' test "$(stream-dump -r mine.mpz | jq -sc \
        '.[0] | [.shape, .splits, .samples]')" = '[[5,4,1],["train","val"],[27,3]]'
    rm mine.npz
    expect_loose 3 'arrays that are not there' env PATH="$BIN:/usr/bin:/bin" bash man.sh
    contains "$ERR" 'the stream has no record dataset' 'make no data set'
else
    ok 'arrays # SKIP /usr/bin/python3 has no numpy'
fi

# ---- what is said ----

rm own/list.csv own/Other.CSV
expect 0 'a set' data-import --name=pets --val-share=0 own --test more -o said.mpz
cat >want <<'END'
pets: 8 images of 2x2 pixels, 3 channels, 2 classes
class     train       val      test       sum
cat           3         0         2         5
dog           3         0         0         3
sum           6         0         2         8
mean 0.0059 0.0078 0.0353, std 0.0020 0.0032 1.0000 (pixels in 0..1)
END
grep -v warning "$ERR" | head -n 6 >got
same want got 'its classes and splits are said at the end'
finish
