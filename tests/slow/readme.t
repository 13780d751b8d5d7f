#!/bin/bash
# SPDX-License-Identifier: MIT
# Every command of the README, and of the examples of nachos(7), works as it stands
# there: the blocks run in order, in a folder with the files that they read, which are
# small.  The searches take
# their settings from the environment, so that they are small, too.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# ---- the blocks: indented by four blanks, or between fences; but ```text is output ----
mkdir blocks
awk '
    function end() { if (n) close(name); n = 0 }
    /^```text/ { output = 1; end(); next }
    output { if (/^```/) output = 0; next }
    /^```/ { fence = !fence; end(); next }
    fence || /^    / {
        if (!n++) {
            for (; held > 0; held--) ;
            name = sprintf("blocks/%02d", ++blocks)
        }
        for (; held > 0; held--) print "" >name
        print fence ? $0 : substr($0, 5) >name
        next
    }
    n && /^$/ { held++; next }
    { end(); held = 0 }' "$TOP/README.md"
holds 'the README has its blocks' test "$(find blocks -type f | wc -l)" -ge 15

# ---- what they read ----
mkdir work
cd work || exit 1
for shared in Makefile man pipelines tests; do ln -s "$TOP/$shared" $shared; done
export BIN

# CIFAR-10's binary files: a byte of label, then the planes of an image.
mkdir cifar-10-batches-bin
data-synth -n 240 --val=1 --test=60 -o synth.mpz
# shellcheck disable=SC2016  # the dollars are for perl
stream-dump -r synth.mpz | perl -MJSON::PP -MMIME::Base64 -ne '
    my $r = decode_json($_);
    next if $r->{type} ne "chunk" || $r->{split} eq "val";
    my $x = decode_base64($r->{images}{data});
    my @labels = unpack "l<*", decode_base64($r->{labels}{data});
    my $file = $r->{split} eq "test" ? "test_batch" : "data_batch_1";
    open my $f, ">>:raw", "cifar-10-batches-bin/$file.bin" or die $!;
    for my $i (0 .. $#labels) {
        my @pixels = unpack "C*", substr $x, 3072 * $i, 3072;
        my @planes = map { my $c = $_; @pixels[map { 3 * $_ + $c } 0 .. 1023] } 0 .. 2;
        print $f pack "C*", $labels[$i], @planes;
    }'
# shellcheck source=tests/pipelines/photographs.sh
. "$TOP/tests/pipelines/photographs.sh"
photographs photographs 12
cp photographs/fox/01.jpg picture.jpg
perl "$TOP/tests/make-sounds.pl" sounds sounds 2 8
SIGNS=NVAFQ perl "$TOP/tests/make-sounds.pl" beats records 101 102 103 104 105 106 107 108 109 110
cp "$TOP/tests/onnx/mobilenetv2.onnx" model.onnx
data-synth -n 200 --val=20 --test=20 --size=16 -o own.mpz
# shellcheck source=tests/pipelines/codec.sh
. "$TOP/tests/pipelines/codec.sh"
codec_tables

# Searches of eight first designs and two proposals, and augmentations, trained for an
# epoch.
export SUPERNET_SCALE=0.001 N_START=8 N_ITER=1 K=2 EPOCHS=0/1 FINAL_EPOCHS=0/1/0 \
    TRAIN_IMAGES=100 MIN_ACCURACY=0 BRANCH_EPOCHS=1 FINETUNE=1

# nachos(7) has the same files and settings.
mandoc -T ascii -O width=300 "$TOP/man/nachos.7" | sed 's/.\x08//g' |
    sed -n '/^EXAMPLES/,/^[A-Z]/p' | sed -n 's/^ \{10,\}//p' >../blocks/99
holds 'nachos(7) has examples' test -s ../blocks/99

# ---- all of them ----
for block in ../blocks/*; do
    first=$(sed -n '/[^ ]/{p;q;}' "$block")
    case $first in
    'data-import / data-synth'*)    # the figure of the pipeline
        for tool in "$BIN"/*; do
            case ${tool##*/} in stream-*) continue ;; esac
            contains "$TOP/README.md" "\`${tool##*/}\`" "the README has ${tool##*/}"
        done ;;
    tools/TOOL/*)
        sed -n 's/^\([a-z]*\)\/.*/\1/p' "$block" | while read -r folder; do
            [ -d "$TOP/$folder" ] || echo "$folder"
        done >missing
        holds 'the folders of the README are there' test ! -s missing ;;
    'make deps '* | 'make -j2 '*)
        sed ':more; /\\$/{N; s/\\\n/ /; b more}' "$TOP/Makefile" >rules
        sed 's/#.*//; s/^make //' "$block" | tr ' ' '\n' | grep '^[a-z-]*$' |
            while read -r target; do
                grep -Eq "^(.* )?$target( .*)?:" rules || echo "$target"
            done >missing
        holds "the Makefile has the targets of: $first" test ! -s missing
        sed 's/^/# no target /' missing ;;
    *)
        if grep -q 'fq -d' "$block" && ! command -v fq >/dev/null; then
            ok "$first # SKIP fq is not installed (make deps-dev)"
            continue
        fi
        if grep -q 'import.*numpy' "$block" && ! /usr/bin/python3 -c 'import numpy' 2>"$ERR"; then
            ok "$first # SKIP NumPy is not installed (make deps-dev)"
            continue
        fi
        if grep -q 'import.*msgpack' "$block" &&
           ! /usr/bin/python3 -c 'import msgpack' 2>"$ERR"; then
            ok "$first # SKIP python3-msgpack is not installed (make deps-dev)"
            continue
        fi
        if [[ $first == *mine.npz* ]] || grep -q 'mine\.npz' "$block"; then
            /usr/bin/python3 -c 'import numpy as np
x = np.arange(40 * 64 * 3, dtype="u1").reshape(40, 8, 8, 3)
np.savez("mine.npz", train_x=x, train_y=np.arange(40) % 2)'
        fi
        if grep -q 'cifar10\.mk' "$block"; then
            export SPACE=ofa-mbv3:width=0.1,res=32,classes=10,exits=2
        else
            unset SPACE
        fi
        expect_loose 0 "README: $first" bash -eu -o pipefail "$block" ;;
    esac
done
finish
