#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Small files in the publishers' formats.  Pixels of an image: red all R, green
# all G, blue all B, with R the number of the image.
bytes() {   # bytes N OCTAL: N times the same byte
    head -c "$1" /dev/zero | tr '\0' "\\$2"
}

byte() {
    # shellcheck disable=SC2059
    printf "\\$(printf %03o "$1")"
}

planes() {  # planes NUMBER
    bytes 1024 "$(printf %03o "$1")"
    bytes 1024 100
    bytes 1024 200
}

cifar10() { # cifar10 COUNT
    i=0
    while [ $i -lt "$1" ]; do
        byte $((i % 10))
        planes $i
        i=$((i + 1))
    done
}

cifar100() {
    i=0
    while [ $i -lt "$1" ]; do
        byte $((i % 20))
        byte $((i % 100))
        planes $i
        i=$((i + 1))
    done
}

big_endian() {
    byte $(($1 >> 24)); byte $(($1 >> 16 & 255))
    byte $(($1 >> 8 & 255)); byte $(($1 & 255))
}

idx_images() {  # idx_images COUNT SIDE
    printf '\0\0\010\003'
    big_endian "$1"; big_endian "$2"; big_endian "$2"
    i=0
    while [ $i -lt "$1" ]; do
        bytes $(($2 * $2)) "$(printf %03o $i)"
        i=$((i + 1))
    done
}

idx_labels() {  # idx_labels COUNT CLASSES
    printf '\0\0\010\001'
    big_endian "$1"
    i=0
    while [ $i -lt "$1" ]; do
        byte $((i % $2))
        i=$((i + 1))
    done
}

mkdir c10 c100 mnist zipped
cifar10 40 >c10/data_batch_1.bin
cifar10 20 >c10/data_batch_2.bin
cifar10 10 >c10/test_batch.bin
printf 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\r\n%s\n\n' \
    truck >c10/batches.meta.txt
cifar100 200 >c100/train.bin
cifar100 100 >c100/test.bin
idx_images 30 9 >mnist/train-images-idx3-ubyte
idx_labels 30 3 >mnist/train-labels-idx1-ubyte
idx_images 12 9 >mnist/t10k-images-idx3-ubyte
idx_labels 12 3 >mnist/t10k-labels-idx1-ubyte
for f in mnist/*; do
    gzip -c "$f" >"zipped/${f#mnist/}.gz"
done

# Pictures: two classes of PNG and JPEG.
pictures=$TOP/tests/pictures
mkdir -p own/cat own/Dog splits/train splits/valid
for i in 1 2 3 4 5; do
    cp "$pictures/rgb.png" own/cat/$i.png
    cp "$pictures/grey.png" own/Dog/$i.png
done
cp -r own/* splits/train
cp -r own/* splits/valid
rm splits/valid/*/[345].png

mkfifo stalled
exec 8<>stalled
example_setup() {
    mkdir cifar-10-batches-bin
    cp ../c10/* cifar-10-batches-bin
    cp ../mnist/train-images-idx3-ubyte mine-images-idx3-ubyte
    cp ../mnist/train-labels-idx1-ubyte mine-labels-idx1-ubyte
    mkdir -p cinic-10 imagenette
    cp -r ../splits/* cinic-10
    echo text >cinic-10/README
    cp -r ../splits/train imagenette
    cp -r ../splits/valid imagenette/val
    for i in 1 2 3 4 5; do
        echo "../own/cat/$i.png,cat"
        echo "../own/Dog/$i.png,dog"
    done >photos.csv
    perl "$TOP/tests/make-sounds.pl" sounds speech-commands 2 6
    perl "$TOP/tests/make-sounds.pl" beats mitdb 101 106 100 103
}
SOURCE=1 ARGS='c10' SLOW='--format=cifar10 stalled'
battery data-import

# ---- what comes out ----

describe() {
    stream-dump "$1" | jq -sc '.[1] | [.name, .shape, .splits, .samples,
        (.classes | length), .classes[0], .classes[9]]'
}

holds 'CIFAR-10 has its description' test "$(describe a.mpz)" = \
    '["cifar10",[32,32,3],["train","val","test"],[50,10,10],10,"airplane","truck"]'
holds 'CIFAR-10 may be mirrored' test "$(stream-dump a.mpz | jq -rs '.[1].flip')" = yes
stream-dump a.mpz | jq -r 'select(.type == "chunk" and .split == "test") |
    .images.data' | base64 -d | tail -c 6 | od -An -tu1 >pixels
holds 'pixels are NHWC' test "$(tr -s ' ' <pixels)" = ' 9 64 128 9 64 128'
stream-dump a.mpz | jq -r 'select(.type == "chunk" and .split == "val") |
    .labels.data' | base64 -d | od -An -v -tu4 -w4 | sort -n | uniq -c >classes
holds 'each of 10 classes has one of 6 images for validation' \
    test "$(grep -c ' 1 ' classes)" -eq 10
expect 0 'files may come in any order' data-import -o files.mpz \
    c10/test_batch.bin c10/data_batch_1.bin c10/data_batch_2.bin
same a.mpz files.mpz 'files and their folder give the same bytes'
expect 0 '--val-seed is taken' data-import --val-seed=2 c10 -o seed.mpz
expect 1 'another seed takes other validation images' stream-cmp a.mpz seed.mpz
expect 0 '--val-share=0 is taken' data-import --val-share=0 c10 -o noval.mpz
holds 'without a validation split all images train' test "$(describe noval.mpz | cut -c 12-55)" = \
    '[32,32,3],["train","test"],[60,10],10,"airpl'
expect 0 'test files are named by --test' data-import --name=mine c10/data_batch_1.bin \
    --test c10/data_batch_2.bin -o mine.mpz
holds 'files of --test are the test split' test "$(describe mine.mpz | cut -c 1-57)" = \
    '["mine",[32,32,3],["train","val","test"],[30,10,20],10,"a'

expect 0 'CIFAR-100 is read' data-import c100 -o c100.mpz
holds 'CIFAR-100 has its fine labels' test "$(describe c100.mpz)" = \
    '["cifar100",[32,32,3],["train","val","test"],[100,100,100],100,"0","9"]'
expect 0 'CIFAR-100 --coarse is read' data-import --coarse c100 -o coarse.mpz
holds '--coarse takes the coarse labels' test "$(describe coarse.mpz)" = \
    '["cifar100-coarse",[32,32,3],["train","val","test"],[180,20,100],20,"0","9"]'

expect 0 'IDX is read' data-import mnist -o mnist.mpz
holds 'IDX has grey images' test "$(describe mnist.mpz)" = \
    '["idx",[9,9,1],["train","val","test"],[27,3,12],3,"0",null]'
expect 0 'IDX in gzip is read' data-import zipped -o zipped.mpz
same mnist.mpz zipped.mpz 'IDX in gzip gives the same bytes'
printf 'one\ntwo\nthree\n' >names
expect 0 '--class-names is read' data-import --class-names=names mnist -o named.mpz
holds 'class names of a file are taken' \
    test "$(describe named.mpz | tail -c 15)" = ',3,"one",null]'

# ---- what is refused ----

refuse() {  # refuse WHAT REASON ARG...
    what=$1 reason=$2
    shift 2
    expect 3 "$what" data-import -o bad.mpz "$@" &&
        contains "$ERR" "$reason" "$what: reason"
}

expect 2 'a call without operands is refused' data-import
expect 2 '--val-share=1 is refused' data-import --val-share=1 c10
expect 2 '--coarse is refused for CIFAR-10' data-import --coarse c10
expect 4 'a file that is not there gives status 4' data-import nowhere
mkdir empty
refuse 'empty folder' 'no *.bin' empty
: >empty.bin
refuse 'empty file' 'neither' empty.bin
refuse 'empty file as CIFAR-10' 'whole number' --format=cifar10 empty.bin
refuse 'empty file as IDX' 'no IDX magic' --format=idx empty.bin
head -c 5000 c10/data_batch_1.bin >short.bin
refuse 'short file' 'neither' short.bin
refuse 'short CIFAR-10' 'whole number of 3073-byte' --format=cifar10 short.bin
cp c10/data_batch_1.bin label.bin
printf '\012' | dd of=label.bin bs=1 seek=6146 conv=notrunc status=none
refuse 'label 10' 'label.bin: record 2 (byte 6146): label 10 is not below 10' \
    --format=cifar10 label.bin
refuse 'label 10, format not known' 'neither' label.bin
refuse 'only test images' 'no training images' c10/test_batch.bin
refuse 'mixed formats' 'is idx, the files before it are cifar10' \
    c10/data_batch_1.bin mnist/train-labels-idx1-ubyte
refuse 'names that do not fit' 'fewer than 10 class names' \
    --class-names=names c10
bytes 9446402 000 >zeros.bin
refuse 'two formats fit' 'one of several formats' zeros.bin

cd mnist || exit 1
head -c 1000 train-images-idx3-ubyte >../cut-images-idx3-ubyte
{ cat train-labels-idx1-ubyte; echo; } >../long-labels-idx1-ubyte
idx_labels 29 3 >../less-labels-idx1-ubyte
{ printf '\0\0\010\003'; big_endian 4294967295; big_endian 4096
  big_endian 4096; } >../huge-images-idx3-ubyte
{ printf '\0\0\010\003'; big_endian 4; big_endian 4294967295
  big_endian 4294967295; } >../wide-images-idx3-ubyte
{ printf '\0\0\010\003'; big_endian 0; big_endian 9; big_endian 9
} >../none-images-idx3-ubyte
{ printf '\0\0\015\003'; big_endian 4; big_endian 9; big_endian 9
} >../float-images-idx3-ubyte
gzip -c ../huge-images-idx3-ubyte >../huge-images-idx3-ubyte.gz
cd .. || exit 1
labels=mnist/train-labels-idx1-ubyte
refuse 'IDX cut' 'truncated: 984 bytes' --format=idx cut-images-idx3-ubyte $labels
refuse 'IDX too long' 'more than the 30 bytes' --format=idx \
    mnist/train-images-idx3-ubyte long-labels-idx1-ubyte
refuse 'counts differ' '29 labels for the 30 images' \
    mnist/train-images-idx3-ubyte less-labels-idx1-ubyte
refuse 'images without labels' 'no file of labels' \
    mnist/train-images-idx3-ubyte
refuse 'labels without images' 'no file of images' $labels
for f in huge wide none; do
    refuse "IDX sizes: $f" 'not within' --format=idx \
        $f-images-idx3-ubyte $labels
done
refuse 'IDX sizes: huge in gzip' 'not within' --format=idx \
    huge-images-idx3-ubyte.gz $labels
refuse 'IDX of floats' 'type 0x0d' --format=idx float-images-idx3-ubyte $labels
head -c 100 zipped/train-images-idx3-ubyte.gz >cut-ubyte.gz
refuse 'gzip cut' 'gzip' --format=idx cut-ubyte.gz $labels
cp zipped/train-images-idx3-ubyte.gz flipped-ubyte.gz
flip flipped-ubyte.gz $(($(size flipped-ubyte.gz) - 6))
refuse 'gzip checksum' 'gzip' --format=idx flipped-ubyte.gz $labels
gzip -c c10/data_batch_1.bin >c10-ubyte.gz
refuse 'gzip of something else' 'gzip data that are not IDX' c10-ubyte.gz
# ---- folders of pictures ----

pixels() {  # pixels STREAM SPLIT: as decimal numbers
    stream-dump "$1" | jq -r "select(.type == \"chunk\" and .split == \"$2\") |
        .images.data" | base64 -d | od -An -v -tu1 -w1 | tr -d ' '
}

labels() {  # labels STREAM SPLIT
    stream-dump "$1" | jq -r "select(.type == \"chunk\" and
        .split == \"$2\") | .labels.data" | base64 -d | od -An -v -tu4 -w4 |
        tr -s ' \n' ' '
}

expect 0 'a folder of pictures per class is read' data-import --val-share=0.2 --test-share=0 own -o own.mpz
holds 'pictures have their description' test "$(describe own.mpz)" = \
    '["images",[9,13,3],["train","val"],[8,2],2,"Dog",null]'
holds 'labels follow the order of the folders' test \
    "$(labels own.mpz train)/$(labels own.mpz val)" = ' 0 0 0 0 1 1 1 1 / 0 1 '
expect 0 'folders of splits are read' data-import --test-share=0 splits -o splits.mpz
holds 'splits are taken from the names of folders' test "$(describe splits.mpz)" = \
    '["images",[9,13,3],["train","val"],[10,4],2,"Dog",null]'
expect 0 'folders of splits are named by options' data-import splits/train --val splits/valid \
    --test splits/valid -o options.mpz
holds 'folders of options are of their splits' test "$(describe options.mpz)" = \
    '["images",[9,13,3],["train","val","test"],[10,4,4],2,"Dog",null]'
mkdir made
for n in 5 3 1 4 2; do      # another order in the file system
    mkdir -p made/cat made/Dog
    cp own/cat/$n.png made/cat
    cp own/Dog/$n.png made/Dog
done
expect 0 'files made in another order are read' data-import --val-share=0.2 --test-share=0 made \
    -o made.mpz
same own.mpz made.mpz 'the order of making files does not matter'
ln -s own linked
mkdir links
ln -s ../own/cat ../own/Dog links
expect 0 'symbolic links are read' data-import --val-share=0.2 --test-share=0 links -o links.mpz
same own.mpz links.mpz 'symbolic links are followed'
touch own/.hidden own/cat/.hidden.png
mkdir own/__MACOSX own/.AppleDouble
touch own/Thumbs.db own/cat/desktop.ini own/__MACOSX/._cat
expect 0 'a folder with hidden files is read' data-import --val-share=0.2 --test-share=0 \
    linked/ -o hidden.mpz
same own.mpz hidden.mpz 'what systems leave in folders is passed over'
printf 'chien\nchat\n' >names
expect 0 'class names of folders are read' data-import --class-names=names own \
    -o names.mpz
holds 'class names of a file are taken for folders' test "$(describe names.mpz | tail -c 14)" = \
    '"chien",null]'

mkdir -p mixed/a mixed/b
cp "$pictures"/*.png mixed/a
cp "$pictures"/*.j* "$pictures"/*.JPG "$pictures"/*.p?m "$pictures"/*.bmp mixed/b
expect 0 'all kinds of pictures are read at one size' data-import --size=8x10 \
    --val-share=0 --test-share=0 mixed -o mixed.mpz
set -- mixed/*/*
holds 'pictures are brought to one size' test "$(describe mixed.mpz | cut -c 11-)" = \
    "[8,10,3],[\"train\"],[$#],2,\"a\",null]"
expect 0 '--size is taken' data-import --size=9x13 --val-share=0 \
    --test-share=0 own -o sized.mpz
expect 0 'pictures without --size are read' data-import --val-share=0 --test-share=0 own \
    -o plain.mpz
pixels sized.mpz train >got
pixels plain.mpz train >want
same want got 'a size that they have changes no pixel'
how() {
    stream-dump "$1" | jq -sc '.[1] | [.resize, .crop]'
}
holds 'the set says how pictures came to the size' test "$(how sized.mpz)$(how plain.mpz)$(how a.mpz)" = \
    '["cover","centre"][null,null][null,null]'
expect 0 '--channels=1 is read' data-import --channels=1 --val-share=0 --test-share=0 own \
    -o grey.mpz
holds '--channels=1 gives one channel' test "$(describe grey.mpz | cut -c 11-18)" = '[9,13,1]'
pixels plain.mpz train | sed -n '1~3p' | head -585 >want
pixels grey.mpz train | head -585 >got
same want got 'grey pictures keep their levels'

# ---- pictures that are refused ----

broken() {  # broken NAME REASON: fold/x/NAME is damaged in that way
    refuse "$1" "fold/x/$1: $2" fold
    contains "$ERR" '(--skip-corrupt leaves such files out)' "$1: what helps"
    expect 0 "$1 is skipped" data-import --skip-corrupt fold -o skipped.mpz
    contains "$ERR" "fold/x/$1: $2" "$1 is named"
    contains "$ERR" '1 of 5 pictures' "$1 is counted"
    expect 0 "the pictures beside $1 stay" stream-cmp good.mpz skipped.mpz
    rm "fold/x/$1"
}

mkdir -p fold/x fold/y
for i in 2 3; do
    cp "$pictures/rgb.png" fold/x/$i.png
    cp "$pictures/rgb.png" fold/y/$i.png
done
expect 0 'four good pictures are read' data-import fold -o good.mpz
: >fold/x/1.png
broken 1.png 'is empty'
head -c 200 "$pictures/rgb.png" >fold/x/1.png
broken 1.png 'damaged PNG, before byte 200: the file ends too early'
head -c -12 "$pictures/rgb.png" >fold/x/1.png
broken 1.png 'damaged PNG, before byte 374: the file ends too early'
cp "$pictures/rgb.png" fold/x/1.png
flip fold/x/1.png 200
broken 1.png 'damaged PNG, before byte 370: IDAT: '
head -c 700 "$pictures/a.jpg" >fold/x/1.jpg
broken 1.jpg 'damaged JPEG, near byte 623: Premature end of JPEG file'
head -c -2 "$pictures/a.jpg" >fold/x/4.jpeg
broken 4.jpeg 'damaged JPEG, near byte 885: Premature end of JPEG file'
echo text >fold/x/1.jpg
broken 1.jpg 'none of PNG, JPEG, PPM, PGM, PBM and BMP'
printf 'GIF89a' >fold/x/1.jpg
broken 1.jpg 'GIF, which is not read: convert it'
cp "$pictures/rgb.png" fold/x/4.png
expect 0 'five good pictures are read' data-import --val-share=0 fold -o five.mpz
pixels five.mpz train >want
for name in 4.jpg 4.JPE 4.jfif; do
    mv fold/x/4.* fold/x/$name
    expect 0 "a PNG called $name is read" data-import --val-share=0 fold -o named.mpz
    pixels named.mpz train >got
    same want got "the name $name does not change the pixels"
done
rm fold/x/4.*
# IHDR of 65535x65535 with its right checksum
{ printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\377\377\0\0\377\377\010\002'
  printf '\0\0\0\071\147\116\007'; tail -c +34 "$pictures/rgb.png"; } >fold/x/1.png
broken 1.png 'damaged PNG, before byte 41: the file is too short'
sed 's/\xff\xc0\x00\x11\x08\x00\x11\x00\x12/\xff\xc0\x00\x11\x08\xff\xff\xff\xff/' \
    "$pictures/a.jpg" >fold/x/1.jpg
broken 1.jpg 'damaged JPEG, near byte 623: Maximum supported image dimension is 65500'
sed 's/\xff\xc0\x00\x11\x08\x00\x11\x00\x12/\xff\xc0\x00\x11\x08\xff\x00\xff\x00/' \
    "$pictures/a.jpg" >fold/x/1.jpg
broken 1.jpg '65280x65280 pixels are not within 1 and 67108864'

head -c -1 "$pictures/rgb.ppm" >fold/x/1.PPM
broken 1.PPM 'damaged PNM: '
head -c -1 "$pictures/rgb.bmp" >fold/x/1.bmp
broken 1.bmp 'damaged BMP, before byte 413: the file is too short'
printf 'P7\n' >fold/x/1.pnm
broken 1.pnm 'PAM, which is not read: convert it'

refuse 'another size' \
    ', the pictures before it are 9x13 (--size' mixed
refuse 'another size is not corrupt' 'makes them one size' --skip-corrupt mixed
echo text >fold/x/notes.txt
echo text >fold/README
mkdir fold/x/deep
refuse 'a file beside the folders' 'fold/README: a file where folders' fold
mkfifo fold/y/pipe.png
expect 0 '--skip-other reads the pictures' data-import --skip-other fold -o other.mpz
contains "$ERR" '4 other files were passed over' 'files that are no pictures are counted'
expect 0 '--skip-other keeps all pictures' stream-cmp good.mpz other.mpz
rm fold/README fold/y/pipe.png
refuse 'a folder in a class' 'fold/x/deep: a folder in the folder' fold
rmdir fold/x/deep
refuse 'a file that is no picture' \
    'fold/x/notes.txt: the name does not end in one of png jpg jpeg jpe jfif ppm pgm pbm pnm bmp' fold
rm fold/x/notes.txt
ln -s nowhere fold/x/9.png
expect 4 'a link to nothing gives status 4' data-import --skip-corrupt --skip-other fold
rm fold/x/9.png
mkdir fold/z
refuse 'an empty class' "no pictures in the folder of class 'z' (--skip-empty" fold
expect 0 '--skip-empty passes over it' data-import --skip-empty fold -o full.mpz
expect 0 'an empty class is passed over' stream-cmp good.mpz full.mpz
mkdir fold/q
refuse 'two empty classes' "no pictures in the folders of classes 'q', 'z'" fold
rmdir fold/q
echo no >fold/z/1.png
expect_loose 3 'a class without good pictures ends the import' data-import --skip-corrupt fold
contains "$ERR" "class 'z' has no training images" 'a class without good pictures is named'
rm -r fold/z
mkdir -p late/v/x late/v/z
cp "$pictures/rgb.png" late/v/x
cp "$pictures/rgb.png" late/v/z
refuse 'a class of another split alone' "class 'z' has no training images" \
    fold --val late/v
rm -r late/v/z
expect 0 'a class may be missing from another split' data-import fold --test late/v
mkdir fold/test
refuse 'splits beside classes' "holds 'test', which is a split, and 'y'" fold
rmdir fold/test
mkdir "fold/$(printf 'a\001b')"
refuse 'a name with a control character' 'fold/a?b: the name of a class' fold
rmdir fold/a*
mkdir "fold/$(printf '\303(')"
refuse 'a name that is not UTF-8' 'the name of a class must be UTF-8' fold
rmdir fold/*'('
odd=$(printf 'fold/x/a b\n\377%%s.png')
cp "$pictures/rgb.png" "$odd"
expect 0 'pictures may have any name' data-import fold
: >"$odd"
refuse 'and are still named in one line' '%s.png: is empty' fold
rm "$odd"
if [ "$(id -u)" -eq 0 ]; then
    ok 'a folder that cannot be read (not seen: root reads everything)'
else
    chmod 0 fold/x
    expect 4 'a folder that cannot be read' data-import fold
    chmod 755 fold/x
fi
i=0
while [ $i -lt 30 ]; do
    : >"fold/x/empty$i.png"
    i=$((i + 1))
done
expect 0 'many corrupt files are skipped' data-import --skip-corrupt fold -o many.mpz
holds 'corrupt files are named up to 20 times' test "$(grep -c 'is empty' "$ERR")" -eq 20
contains "$ERR" '30 of 34 pictures were corrupt' 'all corrupt files are counted'
expect 0 'the pictures beside many corrupt ones stay' stream-cmp good.mpz many.mpz
rm fold/x/empty*
expect 4 'a file in place of a folder gives status 4' \
    data-import --format=images "$pictures/rgb.png"

expect 2 'a size that is none is refused' data-import --size=32x fold
expect 2 'a size too large is refused' data-import --size=4096 fold
expect 2 '--size is refused for CIFAR-10' data-import --size=32 c10
expect 2 '--skip-other is refused for IDX' data-import --skip-other mnist
expect 2 '--coarse is refused for pictures' data-import --coarse fold
printf 'one\n' >names
refuse 'names that do not fit the folders' 'fewer than 2 class' \
    --class-names=names fold
holds 'no failure left a file' test ! -e bad.mpz
finish
