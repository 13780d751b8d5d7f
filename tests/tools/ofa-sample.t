#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

TAB=$(printf '\t')
SOURCE=1 ARGS='--corners -n 6'
SLOW='-n 1000000'
battery ofa-sample

expect 0 'fifty designs are a valid stream' sh -c 'ofa-sample -n 50 -o a.mpz && stream-check a.mpz'
stream-dump a.mpz >a.json
expect 0 'fifty designs are distinct' jq -se 'map(select(.type == "arch")) |
    length == 50 and ([.[].id] | unique | length) == 50' a.json
ofa-sample -n 20 -o fewer.mpz
expect 0 'fewer designs are the first of more' sh -c '
    stream-dump fewer.mpz | grep \"id\" >few &&
    grep \"id\" a.json | head -n 20 | cmp - few'
ofa-sample -n 20 --seed=2 -o other.mpz
expect 1 'another seed gives other designs' stream-cmp fewer.mpz other.mpz

# ---- corners, given genomes ----
max=2222222222222222222222222222222222222222222221111
min=0000000000000000000000000000000000000000000001000
design() { # design FILE: the genomes, a line each
    stream-dump "$1" | jq -r 'select(.type == "arch") | .genome | map(tostring) | add'
}
ofa-sample --corners -o c.mpz
printf '%s\n' "$min" "$max" >want
design c.mpz >have
same want have 'the corners come first: one exit only, all exits'
ofa-sample --corners -n 1 -o c.mpz
holds '-n 1 gives the smallest design' test "$(design c.mpz)" = "$min"
ofa-sample --corners -n 3 --iteration=0 -o c.mpz
expect 0 'designs have their origins' sh -c 'stream-dump c.mpz | jq -se "
    [.[] | .origin // empty | [.iteration, .slot]] == [[0,0],[0,1],[0,2]]"'
given=2000000000000000000000000000000000000000000000110
printf '# mine\n\n%s\n%s\n' "$max" "$given" >genomes.txt
ofa-sample "$min" --genomes=genomes.txt -o g.mpz
printf '%s\n' "$min" "$max" "$given" >want
design g.mpz >have
same want have 'given genomes: operands, then the file'
expect 0 'genomes of stdin are filled up to -n' sh -c '
    ofa-sample --genomes=- -n 5 <genomes.txt -o g.mpz'
design g.mpz >have
holds 'five genomes of stdin and more come out' test "$(grep -c '' have)" = 5
ofa-sample 0002000000000000000000000000000000000000000001000 -o g.mpz
holds 'unused slots of a given genome become 0' test "$(design g.mpz)" = "$min"
ofa-sample -n 5 | stream-dump | jq -r '.design // empty' >designs.txt
ofa-sample --genomes=designs.txt -o d.mpz
ofa-sample -n 5 -o e.mpz
expect 0 'the readable form of a genome is taken' stream-cmp d.mpz e.mpz
expect 2 'an incomplete readable form is refused' ofa-sample 'd=2,2,2,2,2'
expect 2 'a genome given twice is refused' ofa-sample "$min" "$min"
expect 2 'a genome too short is refused' ofa-sample 0120
expect 2 'a choice out of range is refused' \
    ofa-sample 3000000000000000000000000000000000000000000001000
expect 2 'a genome without exits is refused' \
    ofa-sample 0000000000000000000000000000000000000000000000000
expect 2 'more genomes than -n are refused' ofa-sample -n 1 --genomes=genomes.txt "$min"
expect 3 'a line that is no genome is refused' sh -c 'echo 01x | ofa-sample --genomes=-'
contains "$ERR" 'stdin: line 1: ' 'the message names the line of the bad genome'
expect 4 'a file of genomes that is not there gives status 4' ofa-sample --genomes=none.txt

# ---- spaces ----
ofa-sample --space=ofa-mbv3:exits=2,width=0.50 -o s.mpz
expect 0 'the stream has the canonical spec' sh -c 'stream-dump s.mpz | grep -q \
    "\"space\":\"ofa-mbv3:width=0.5,res=32,classes=10,exits=2\""'
ofa-sample --space=ofa-mbv3:exits=4,width=0.5 --max-exits=2 -o t.mpz
expect 0 '--max-exits says the same as exits=' stream-cmp s.mpz t.mpz
expect 2 'too many exits are refused' ofa-sample --max-exits=5
expect 2 'too many exits in the spec are refused' ofa-sample --space=ofa-mbv3:exits=5
expect 2 'an unknown parameter of a space is refused' ofa-sample --space=ofa-mbv3:depth=5
expect 2 'an unknown space is refused' ofa-sample --space=ofa-mbv9
expect 2 'a table by its name alone is refused' ofa-sample --space=table:mine:0011223344556677
printf '%s\n' '# nachos space 1' "layers${TAB}0${TAB}1,2,3" \
    "units${TAB}0${TAB}8,16,32${TAB}layers>=1" >mine.tsv
expect 0 'a table gives every design it has' ofa-sample -s mine.tsv -n 7 -o m.mpz
holds 'a table of seven designs gives seven' test "$(design m.mpz | sort -u | grep -c '')" = 7
expect 2 'more designs than a table has are refused' ofa-sample -s mine.tsv -n 8
contains "$ERR" 'the space has 7' 'the message says how many designs there are'
expect 2 '--max-exits is refused for a table' ofa-sample -s mine.tsv --max-exits=2
sed 's/layers>=1/layers>=9/' mine.tsv >bad.tsv
expect 3 'a broken table is refused' ofa-sample -s bad.tsv
contains "$ERR" 'bad.tsv: line 3: ' 'the message names the line of the table'
expect 3 'a stream in place of a table is refused' ofa-sample -s m.mpz
: >empty.tsv
expect 3 'an empty table is refused' ofa-sample -s empty.tsv
head -c 20000000 /dev/zero >large.tsv
expect 3 'a table too large is refused' ofa-sample -s large.tsv

# ---- info ----
expect 0 '--info describes a space' ofa-sample --info
contains "$OUT" '# size 3.2638e20' '--info has the size of the space'
contains "$OUT" "# max $max" '--info has the largest design'
contains "$OUT" "s1.k3${TAB}1${TAB}3,5,7${TAB}s1.depth>=1" '--info has the genes'
expect 0 '--info describes a table' ofa-sample -s mine.tsv --info
contains "$OUT" '# size 7' '--info has the exact size of a table'
cp "$OUT" again.tsv
ofa-sample -s again.tsv -n 7 -o n.mpz
design m.mpz >want
design n.mpz >have
same want have '--info of a table is that table'
in_terminal 'ofa-sample --info'
holds '--info may write to a terminal' test $? -eq 0
expect 2 '--info refuses designs' ofa-sample --info "$min"
finish
