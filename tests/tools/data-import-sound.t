#!/bin/sh
# SPDX-License-Identifier: MIT
# Sounds and heart beats.  What is computed of them is held against other programs by
# tests/unit/test_sound.c, test_wfdb.c and test_import_features.c.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

make_sounds() {
    perl "$TOP/tests/make-sounds.pl" "$@" || exit 1
}

refuse() {  # refuse WHAT TEXT ARGUMENTS...
    what=$1 text=$2
    shift 2
    expect 3 "$what" data-import -o refused.mpz "$@"
    contains "$ERR" "$text" "$what: the message"
    holds "$what: nothing is left" test ! -e refused.mpz
}

misuse() {  # misuse WHAT TEXT ARGUMENTS...
    what=$1 text=$2
    shift 2
    expect 2 "$what" data-import -o refused.mpz "$@"
    contains "$ERR" "$text" "$what: the message"
}

# names FILE KEY SPLIT: names or groups of a split, one a line
names() {
    stream-dump "$1" | jq -r "select(.type == \"chunk\" and .split == \"$3\") |
        .$2.data" | base64 -d | tr '\0' '\n'
}

# floats FILE SPLIT: its numbers, one a line
floats() {
    stream-dump "$1" | jq -r "select(.type == \"chunk\" and .split == \"$2\") |
        .images.data" | base64 -d | od -An -v -tf4 -w4 | tr -d ' '
}

rows() {    # 45 numbers a line: a sample
    awk '{ printf "%s%s", $1, NR % 45 ? " " : "\n" }'
}

# ---- sounds ----

make_sounds sounds words 2 6
small='--clip=0.1 --frame=20 --hop=10 --bands=8 --coefs=5'
# shellcheck disable=SC2086
expect 0 'sounds are read' data-import $small words -o words.mpz
contains "$ERR" 'Clips of 0.1 s at 4000 Hz; windows of 20 ms every 10 ms, FFT of 128' \
    'what becomes of sounds is said'
holds 'sounds have their description' test "$(stream-dump words.mpz | jq -sc '.[1] |
    [.name, .shape, .classes, .splits, .samples, .flip, (.mean | length),
     .input.kind, .input.sound.coefs, .input.sound.high]')" = \
    '["wav",[9,5,1],["no","yes"],["train","val","test"],[16,4,4],"no",5,"sound",5,2000]'
for s in train val test; do
    names words.mpz groups "$s" | sort -u | sed "s/\$/ $s/"
done >speakers
holds 'each speaker is in one split' test \
    "$(cut -d' ' -f1 speakers | sort | uniq -d | wc -l) $(wc -l <speakers)" = '0 6'
holds 'names of sounds are kept' \
    test "$(names words.mpz names test | grep -c '^yes/.*_nohash_[01].wav$')" -eq 2
# shellcheck disable=SC2086
expect 0 'samples may be split one by one' data-import $small --group-by=none \
    --test-share=0.25 words -o alone.mpz
# In _unknown_ the word is in front of the speaker.
mkdir -p unknown/train/a unknown/test/a
cp words/no/000000a0_nohash_0.wav unknown/train/a/cat_000000a0_nohash_0.wav
cp words/no/000000a1_nohash_0.wav unknown/train/a/x.wav
cp words/no/000000a0_nohash_1.wav unknown/test/a/my_dog_000000a0_nohash_1.wav
expect 0 'folders of splits are read' data-import --clip=.1 --val-share=0 unknown \
    -o unknown.mpz
holds 'speakers are found behind words' test \
    "$(names unknown.mpz groups train | tr '\n' ' ')" = '000000a0 train/a/x.wav '
contains "$ERR" 'groups with samples in two splits' 'a speaker in two splits is warned of'
contains "$ERR" '000000a0 (train, test)' 'and named'

mkdir unknown/test/b
cp words/no/000000a2_nohash_0.wav unknown/test/b
refuse 'a class that cannot be trained' "class 'b' has no training samples" --clip=.1 \
    --group-by=none --val-share=0 unknown

# shellcheck disable=SC2086
expect 0 'log-mel energies' data-import $small --features=log-mel --no-per-band \
    --rate=3000 words -o mel.mpz
contains "$ERR" 'Of 24 sounds 24 were of another rate and resampled.' 'resampling is said'
holds 'they have all bands and one mean' test "$(stream-dump mel.mpz | jq -sc '.[1] |
    [.shape, (.mean | length), .input.sound.rate, .input.sound.coefs]')" = '[[9,8,1],1,3000,0]'

mkdir -p odd/a
{
    printf 'RIFF\0\0\0\0WAVELIST\003\0\0\0odd\0fmt \020\0\0\0\001\0\002\0'
    printf '\240\017\0\0\200\076\0\0\004\0\020\0data\0\0\0\0'
    head -c 400 /dev/zero
} >odd/a/1.wav
cp words/no/000000a1_nohash_0.wav odd/a/2.wav
head -c -100 odd/a/2.wav >odd/a/3.wav
refuse 'a sound that is cut off' "odd/a/3.wav: is cut off: chunk 'data' announces 800" \
    --val-share=0 --test-share=0 odd
# shellcheck disable=SC2086
expect 0 'damaged sounds may be left out' data-import $small --features=log-mel --clip=.05 \
    --skip-corrupt --val-share=0 --test-share=0 odd -o odd.mpz
contains "$ERR" '1 of 3 sounds were corrupt and skipped' 'damaged sounds are counted'
contains "$ERR" 'Of 2 sounds 1 was longer and cut behind that.' 'cutting is said'
contains "$ERR" 'Of 2 sounds 1 was shorter and padded with silence.' 'padding is said'
contains "$ERR" 'Of 2 sounds 1 was of several channels, which were averaged.' \
    'mixing is said'
holds 'silence is the floor of the logarithm' test \
    "$(floats odd.mpz train | head -n 32 | sort -u)" = -13.815511

echo text >odd/a/note.txt
refuse 'a text among sounds' 'note.txt: the name does not end in wav' odd
cp "$TOP/tests/pictures/rgb.png" odd/a/note.png
rm odd/a/note.txt
refuse 'a picture among sounds' 'note.png: the name does not end in wav' odd
printf 'path,label\nodd/a/2.wav,a\nodd/a/note.png,b\n' >mixed.csv
refuse 'a table of both' 'is called as one of pictures among sounds' mixed.csv
printf 'path,label\nwords/no/000000a0_nohash_0.wav,x\nwords/yes/000000a1_nohash_0.wav,y\n' \
    >table.csv
expect 0 'a table of sounds' data-import --clip=.1 --val-share=0 --test-share=0 table.csv \
    -o table.mpz
holds 'has its classes' test "$(stream-dump table.mpz | jq -sc '.[1].classes')" = '["x","y"]'
printf 'fLaC....' >odd/a/2.wav
refuse 'another format in the name of WAV' 'is FLAC, which is not read' --format=wav \
    --skip-other odd
misuse 'features that cannot be' 'take fewer bands or a longer FFT' --bands=200 \
    --clip=.1 words
misuse 'more coefficients than bands' 'the number of coefficients, 10, is not within 0..8' \
    --bands=8 --clip=.1 words
misuse 'sounds have no size' '--size, --channels and --flip are for pictures, this is wav' \
    --size=8 --clip=.1 words
misuse 'sounds are not mirrored' '--size, --channels and --flip are for pictures' --flip words
misuse 'sounds have no leads' '--leads is for beats, this is wav' --leads=1 words
misuse 'a rate that is no whole number' '--rate of sounds is a whole number' --rate=4000.5 \
    --clip=.1 words

# ---- copies ----

# shellcheck disable=SC2086
expect 0 'copies are made' data-import $small --copies=2 words -o copies.mpz
contains "$ERR" 'Each training sample stands for 3: itself and 2 changed at random.' \
    'copies are said'
holds 'of training samples alone' test \
    "$(stream-dump copies.mpz | jq -sc '.[1].samples')" = '[48,4,4]'
floats words.mpz train | rows >plain
floats copies.mpz train | rows >all
awk 'NR % 3 == 1' all >first
same plain first 'originals stay as they are'
holds 'no copy equals another' test "$(sort -u all | wc -l)" -eq 48
floats words.mpz test >a
floats copies.mpz test >b
same a b 'other splits stay as they are'
holds 'copies have the names of their originals' test \
    "$(names copies.mpz names train | uniq -c | awk '{print $1}' | sort -u)" -eq 3
# shellcheck disable=SC2086
expect 0 'again' data-import $small --copies=2 words -o again.mpz
same copies.mpz again.mpz 'the same seed makes the same copies'
# shellcheck disable=SC2086
expect 0 'another seed' data-import $small --copies=2 --copy-seed=2 words -o other.mpz
floats other.mpz train >b
floats copies.mpz train >a
expect 1 'makes others' cmp -s a b
# shellcheck disable=SC2086
expect 0 'without any change' data-import $small --copies=1 --copy-shift=0 --copy-gain=0 \
    --copy-noise=0 words -o still.mpz
floats still.mpz train | rows | uniq >all
same plain all 'copies are the originals'

# ---- beats ----

make_sounds beats beats 101 106 100 103 102
expect 0 'beats are read' data-import --window=30,0.34s --skip-empty --val-share=.3 beats \
    -o beats.mpz
contains "$ERR" 'Windows of 30 samples before an R peak and 34 from it on, at 100 Hz.' \
    'windows are said'
contains "$ERR" 'leads have other names in other records' 'leads that change are warned of'
holds 'beats have their description' test "$(stream-dump beats.mpz | jq -sc '.[1] |
    [.name, .shape, .classes, (.samples | add), .flip, .input.kind, .input.signal.rate,
     .input.signal.before, .input.signal.after, .input.signal.leads]')" = \
    '["wfdb",[64,1,2],["N","S","V","F"],200,"no","signal",100,30,34,["MLII","V5"]]'
holds 'records are groups' test "$(for s in train val test; do
    names beats.mpz groups $s | sort -u; done | sort | uniq -c | awk '{print $1}' |
    sort -u)" -eq 1
holds 'beats are called by record and sample' test \
    "$(for s in train val test; do names beats.mpz names $s; done | grep -c '^103:[0-9]*50$')" \
    -eq 40
expect 0 'one record by its header' data-import --window=30,34 --skip-empty --leads=V5,1 \
    --val-share=0 --test-share=0 --group-by=none beats/100.hea -o one.mpz
contains "$ERR" 'Leads V5, MLII.' 'leads by name and number'
# (record 100: 8 and -5 times 120, + 50 % 7, at the R peak; 200 steps a millivolt)
holds 'samples are millivolts, lead by lead' test \
    "$(floats one.mpz train | sed -n '61,62p' | tr '\n' ' ')" = '-2.995 4.805 '
# (The lead of record 106 and 103 that is called so has the -5.)
expect 0 'a lead by its name' data-import --window=30,34 --skip-empty --leads=MLII beats \
    -o named.mpz
holds 'is found where it is' test "$(for s in train val test; do floats named.mpz $s; done |
    awk 'NR % 64 == 31 && $1 < 0 { n++ } END { print n + 0 }')" -eq 80
expect 0 'another rate' data-import --rate=50 --window=15,17 --skip-empty beats -o slow.mpz
holds 'of windows' test "$(stream-dump slow.mpz | jq -sc '.[1] |
    [.shape, .input.signal.rate]')" = '[[32,1,2],50]'
expect 0 'other classes' data-import --window=30,34 --beats=normal=N,rest=VF beats \
    -o two.mpz
contains "$ERR" 'Left out: 50 beats that no class has.' 'beats without a class are counted'
holds 'are named' test "$(stream-dump two.mpz | jq -sc '.[1].classes')" = '["normal","rest"]'
expect 0 'a wide window' data-import --window=128,128 --skip-empty beats -o wide.mpz
contains "$ERR" 'Left out: 10 beats whose windows reach beyond the record.' \
    'beats at the ends are counted'
expect 0 'the list of de Chazal' data-import --window=30,34 --skip-empty \
    --split-list=de-chazal --val-share=.5 beats -o list.mpz
holds 'is followed' test "$(for s in train val test; do
    names list.mpz groups "$s" | sort -u | tr '\n' ' '; done)" = \
    "$(names list.mpz groups train | head -n 1) $(names list.mpz groups val | head -n 1) 100 103 "
printf '101\n106\n' >beats/RECORDS
expect 0 'a list of records' data-import --window=30,34 --skip-empty --val-share=0 \
    beats/RECORDS --test beats/100.hea -o records.mpz
holds 'and a test split of its own' test "$(stream-dump records.mpz | jq -sc '.[1].samples')" = \
    '[80,40]'
expect 0 'copies of beats' data-import --window=30,34 --skip-empty --copies=1 \
    --copy-shift=.02 beats -o varied.mpz

refuse 'a class without beats' "class 'Q' has no beats (--skip-empty leaves" beats
refuse 'a lead that is not there' "there is no lead V9: it has 1 'MLII', 2 'V5'" \
    --leads=V9 beats
misuse 'a window without samples' '0 samples are not within 1..4096' --window=0,0 beats
misuse 'a window of parts of samples' 'has not whole numbers of samples' --window=1.5,2 beats
misuse 'an empty lead' "--leads is up to 64 of LEAD,..., not '1,'" --leads=1, beats
misuse 'a window that is none' '--window is BEFORE,AFTER' --window=1 beats
misuse 'classes that are none' '--beats is aami or NAME=SIGNS,...' --beats=x beats
misuse 'a sign that is no beat' "'+' is not the sign of a beat" --beats=x=+ beats
misuse 'a sign of two classes' "--beats has sign 'N' twice" --beats=x=NV,y=N beats
mkdir -p pictures/a
cp "$TOP/tests/pictures/rgb.png" pictures/a
misuse 'pictures have no rate' '--rate and --copies are for sounds and signals' --rate=8000 \
    --val-share=0 --test-share=0 pictures

broken() {  # broken WHAT TEXT: refuse the record `bad`, made anew behind this
    refuse "$1" "$2" --window=30,34 --skip-empty --val-share=0 --test-share=0 bad
    rm -r bad
    mkdir bad
    cp beats/101.* bad
}

mkdir bad
cp beats/101.* bad
head -c -1 beats/101.dat >bad/101.dat
broken 'samples that are cut off' 'bad/101.dat: is cut off: it has 3999 samples of 2'
head -c 12 beats/101.dat | tail -c 3 | dd of=bad/101.dat bs=1 seek=300 conv=notrunc 2>"$ERR"
broken 'samples that were changed' 'are not those of the header: their sum modulo 65536'
sed 's,^101.dat,../beats/101.dat,' beats/101.hea >bad/101.hea
broken 'a path that leads out' "line 2: the file of a signal must be a plain name"
sed 's,^101 2,101/2 2,' beats/101.hea >bad/101.hea
broken 'segments' 'line 1: a record of several segments'
head -n 2 beats/101.hea >bad/101.hea
broken 'a header that is cut off' 'is cut off: it has the lines of 1 of 2 signals'
sed 's/ 212 / 80 /' beats/101.hea >bad/101.hea
broken 'another format of samples' 'samples in format 80 are not read'
sed 's/ 212 / 212.5 /' beats/101.hea >bad/101.hea
broken 'a part of a format' "'212.5' is not a format: it is no whole number"
sed 's/MLII/M\o033[2J/' beats/101.hea >bad/101.hea
broken 'a lead called by a control character' 'the name of signal 1 is not UTF-8'
echo '# 101' >bad/101.hea
broken 'a header of remarks' 'is cut off: no line describes the record'
head -c -2 beats/101.atr >bad/101.atr
broken 'annotations that are cut off' 'bad/101.atr: is cut off: there is no end mark'
printf '\0\354\377\377\377\377\0\004\0\0' >bad/101.atr
broken 'annotations before the record' 'annotation 1, at sample -1, is before the beginning'
sed 's/ 4000$/ 3000/' beats/101.hea >bad/101.hea
broken 'annotations beyond the end' 'annotation 31, at sample 3050, is beyond the 3000'
mv bad/101.atr bad/101.qrs
expect 4 'no annotations' data-import bad -o refused.mpz
contains "$ERR" 'bad/101.atr: No such file' 'are named'
expect 0 'other annotations' data-import --annotator=qrs --window=30,34 --skip-empty \
    --val-share=0 --test-share=0 bad -o qrs.mpz
finish
