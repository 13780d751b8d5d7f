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

mkfifo stalled
exec 8<>stalled
example_setup() {
    mkdir cifar-10-batches-bin
    cp ../c10/* cifar-10-batches-bin
    cp ../mnist/train-images-idx3-ubyte mine-images-idx3-ubyte
    cp ../mnist/train-labels-idx1-ubyte mine-labels-idx1-ubyte
}
SOURCE=1 ARGS='c10' SLOW='--format=cifar10 stalled'
battery data-import

# ---- what comes out ----

describe() {
    stream-dump "$1" | jq -sc '.[1] | [.name, .shape, .splits, .samples,
        (.classes | length), .classes[0], .classes[9]]'
}

holds 'CIFAR-10: description' test "$(describe a.mpz)" = \
    '["cifar10",[32,32,3],["train","val","test"],[54,6,10],10,"airplane","truck"]'
stream-dump a.mpz | jq -r 'select(.type == "chunk" and .split == "test") |
    .images.data' | base64 -d | tail -c 6 | od -An -tu1 >pixels
holds 'pixels are NHWC' test "$(tr -s ' ' <pixels)" = ' 9 64 128 9 64 128'
stream-dump a.mpz | jq -r 'select(.type == "chunk" and .split == "val") |
    .labels.data' | base64 -d | od -An -v -tu4 -w4 | sort -n | uniq -c >classes
holds 'no class twice among 6 validation images of 10 classes' \
    test "$(grep -c ' 1 ' classes)" -eq 6
expect 0 'other files in another order' data-import -o files.mpz \
    c10/test_batch.bin c10/data_batch_1.bin c10/data_batch_2.bin
same a.mpz files.mpz 'files = folder'
expect 0 'another seed' data-import --val-seed=2 c10 -o seed.mpz
expect 1 'takes other images' stream-cmp a.mpz seed.mpz
expect 0 'no validation split' data-import --val-share=0 c10 -o noval.mpz
holds 'has all training images' test "$(describe noval.mpz | cut -c 12-55)" = \
    '[32,32,3],["train","test"],[60,10],10,"airpl'
expect 0 'test files by option' data-import --name=mine c10/data_batch_1.bin \
    --test c10/data_batch_2.bin -o mine.mpz
holds 'are the test split' test "$(describe mine.mpz | cut -c 1-56)" = \
    '["mine",[32,32,3],["train","val","test"],[36,4,20],10,"a'

expect 0 'CIFAR-100' data-import c100 -o c100.mpz
holds 'fine labels' test "$(describe c100.mpz)" = \
    '["cifar100",[32,32,3],["train","val","test"],[180,20,100],100,"0","9"]'
expect 0 'CIFAR-100 coarse' data-import --coarse c100 -o coarse.mpz
holds 'coarse labels' test "$(describe coarse.mpz)" = \
    '["cifar100-coarse",[32,32,3],["train","val","test"],[180,20,100],20,"0","9"]'

expect 0 'IDX' data-import mnist -o mnist.mpz
holds 'grey images' test "$(describe mnist.mpz)" = \
    '["idx",[9,9,1],["train","val","test"],[27,3,12],3,"0",null]'
expect 0 'IDX in gzip' data-import zipped -o zipped.mpz
same mnist.mpz zipped.mpz 'gzip = plain'
printf 'one\ntwo\nthree\n' >names
expect 0 'class names' data-import --class-names=names mnist -o named.mpz
holds 'are taken' test "$(describe named.mpz | tail -c 15)" = ',3,"one",null]'

# ---- what is refused ----

refuse() {  # refuse WHAT REASON ARG...
    what=$1 reason=$2
    shift 2
    expect 3 "$what" data-import -o bad.mpz "$@" &&
        contains "$ERR" "$reason" "$what: reason"
}

expect 2 'no operands' data-import
expect 2 'share of 1' data-import --val-share=1 c10
expect 2 '--coarse for CIFAR-10' data-import --coarse c10
expect 4 'no such file' data-import nowhere
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
holds 'no failure left a file' test ! -e bad.mpz
finish
