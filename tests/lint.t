#!/bin/sh
# shellcheck source=tests/lib.sh
# SPDX-License-Identifier: MIT
# tests/lint.sh finds what it says it finds: one fault of each kind is planted
# in a copy of the tree, and each is named with its place; the copy without
# them is clean.
. "${TOP:?}/tests/lib.sh"

tar -C "$TOP" -cf - libcommon formats tools pipelines man README.md Makefile \
    tests |
    tar -xf - || exit 1

if tests/lint.sh >out.txt 2>&1; then
    ok 'a clean copy of the tree has no faults'
else
    not_ok 'a clean copy of the tree has no faults'
    show out.txt
fi

# The lines that lint has to print, in wanted.txt, each with what it tests.
wanted() {  # wanted WHAT LINE
    printf '%s\t%s\n' "$1" "$2" >>wanted.txt
}

# plant WHAT FILE TEXT MESSAGE: TEXT becomes the last line of FILE, where lint
# has to find it.
plant() {
    printf '%s\n' "$3" >>"$2"
    wanted "$1" "$2:$(grep -c '' "$2"): $4"
}

# fresh FILE: a file of the tree's own making, with nothing in it yet.
fresh() {
    echo '/* SPDX-License-Identifier: MIT */' >"$1"
}

# ---- text ----
f=libcommon/base/planted_text.c
fresh $f
plant 'a tab' $f "int$(printf '\t')planted_a;" tab
plant 'a trailing blank' $f 'int planted_b; ' 'trailing blank'
plant 'a line that is too long' $f "/* $(printf '%0100d' 0) */" \
    'more than 100 columns'
echo 'int planted_c;' >libcommon/base/planted_licence.c
wanted 'a C file without a licence' \
    'libcommon/base/planted_licence.c:1: no SPDX line'
echo '#!/bin/sh' >tests/planted.sh
wanted 'a script without a licence' 'tests/planted.sh:1: no SPDX line'
wanted 'a script in any locale' 'tests/planted.sh: the locale is not set (export LC_ALL=C)'
fresh libcommon/base/planted_long.c
yes '' | head -n 500 >>libcommon/base/planted_long.c
wanted 'a file that is too long' \
    'libcommon/base/planted_long.c:501: file of more than 500 lines'
mkdir tools/data-synth/sub
fresh tools/data-synth/arena.h
wanted 'a second file of one name' \
    'tools/data-synth/arena.h:1: arena.h: more than one file of this name'

# ---- functions ----
f=libcommon/base/planted_calls.c
fresh $f
plant 'a forbidden function' $f 'int planted_d(char *s) { return atoi(s); }' \
    'forbidden function: atoi'
plant 'an allocation that may fail' $f \
    'void *planted_e(void) { return malloc(1); }' \
    'use the x... functions of base/mem.h, not malloc'
plant 'a library that prints' $f 'void planted_f(void) { puts("a"); }' \
    'the library neither prints nor exits: puts'
plant 'a library that exits' $f 'void planted_g(void) { exit(1); }' \
    'the library neither prints nor exits: exit'
plant 'an algorithm that sees a FILE' tools/data-synth/synth.c \
    'void planted_h(FILE *f);' \
    'algorithm files see no FILE, stdout, exit(): FILE'

# ---- rooms ----
f=libcommon/nn/exits/planted_rooms.c
fresh $f
plant 'an include that the table of rooms does not allow' $f \
    '#include "libcommon/nn/kern/kern.h"' \
    'room nn/exits may not include room nn/kern'
plant 'an include upwards' $f '#include "formats/schema.h"' \
    'room nn/exits may not include room formats'
plant 'an include of another tool' tools/data-synth/synth.c \
    '#include "tools/net-zoo/zoo.h"' \
    'includes another tool: tools/net-zoo/zoo.h'
plant 'a tool that must not see the engine' tools/nsga2-step/spread.c \
    '#include "libcommon/nn/train/bind.h"' \
    'nsga2-step must not see nn/engine, which comes with libcommon/nn/train/bind.h'
mkdir libcommon/planted
fresh libcommon/planted/planted_room.h
wanted 'a room that the table does not know' \
    'libcommon/planted/planted_room.h:1: room planted is not in the table of tests/lint.awk'
wanted 'a room that the map does not know' \
    'libcommon/README.md: no row for planted'

# ---- names ----
f=libcommon/base/planted_names.c
fresh $f
plant 'a second struct of one tag' $f 'struct arena { int a; };' \
    "struct arena stands twice, see libcommon/base/arena.h:$(grep -n \
    '^struct arena {' libcommon/base/arena.h | cut -d: -f1)"
plant 'a second public function of one name' $f 'void arena_free(void) { }' \
    "public function arena_free stands twice, see libcommon/base/arena.c:$(grep \
    -n '^void arena_free' libcommon/base/arena.c | cut -d: -f1)"
plant 'a banned word' $f 'void planted_i(int fetch_next);' \
    'banned word: fetch_next'
f=libcommon/base/planted_names.h
fresh $f
plant 'a function that libcommon declares and lacks' $f \
    'void planted_j(void);' \
    'planted_j is declared in libcommon and not defined there'
plant 'a table that libcommon declares and lacks' $f \
    'extern const char *const planted_names[];' \
    'planted_names is declared in libcommon and not defined there'

# ---- operators and windows ----
f=libcommon/nn/graph/planted_ops.c
fresh $f
plant 'a comparison with an operator' $f \
    'int planted_k(int op) { return op == OP_CONV; }' \
    'asks which operator it is: a row of a table should say it'
plant 'a comparison from the other side' $f \
    'int planted_n(int op) { return OP_CONV != op; }' \
    'asks which operator it is: a row of a table should say it'
plant 'a comparison with a cast' $f \
    'int planted_o(int op) { return op == (int)OP_ADD; }' \
    'asks which operator it is: a row of a table should say it'
plant 'a switch over activations' $f \
    'int planted_l(int a) { switch (a) { case ACT_RELU: return 1; } return 0; }' \
    'asks which operator it is: a row of a table should say it'
plant 'window arithmetic' $f \
    'int planted_m(int in, int pad) { return in + 2 * pad; }' \
    'window arithmetic outside libcommon/nn/graph/window.h'
plant 'window arithmetic with the 2 behind' $f \
    'int planted_p(const struct layer *l) { return l->pad.v[0] * 2; }' \
    'window arithmetic outside libcommon/nn/graph/window.h'
plant 'window arithmetic as a sum' $f \
    'int planted_q(int in, int pad) { return pad + pad + in; }' \
    'window arithmetic outside libcommon/nn/graph/window.h'

# ---- citations ----
no_such='is no decision of man/nachos-method.7'
f=libcommon/base/planted_cites.c
fresh $f
plant 'a decision that is not there' $f 'int planted_r; /* (D99) */' \
    "D99 $no_such"
plant 'an equation that is not there' $f '/* as in Eq. 99 */' \
    'Eq. 99 is no equation of man/nachos-method.7'
plant 'a page that is not there' $f '/* see nachos-planted(7) */' \
    'there is no page nachos-planted(7)'
echo 'int D98; char planted_s[] = "D97";' >>$f    # names, not decisions
plant 'a decision in the second line of a comment' $f '/* by
 * D96 and D2 */' "D96 $no_such"
plant 'a dangling reference of a man page' man/net-zoo.1 \
    '.Xr nachos-planted 5 ,' 'there is no page nachos-planted(5)'
plant 'a decision in a man page' man/nachos-net.5 '.Pq \&D95' "D95 $no_such"
echo '.D1 x = y' >>man/nachos-net.5               # mdoc's macro
plant 'the second of two equations' formats/net.md 'By Eqs. 6 and 98.' \
    'Eq. 98 is no equation of man/nachos-method.7'
plant 'a decision in a makefile' pipelines/search.mk '# (D94)' "D94 $no_such"
plant 'a decision in the README' README.md 'See D93.' "D93 $no_such"

echo '.It Sy D1 No Planted' >>man/nachos-method.7
wanted 'a decision that stands twice' 'man/nachos-method.7: D1 stands twice'

# shellcheck disable=SC2016  # text of a script
plant 'the status of a process substitution' pipelines/slots.sh 'wait $!' \
    'wait may lose this status: take it from $(..), or name the process'

# ---- what belongs together ----
mkdir tools/planted-tool
fresh tools/planted-tool/planted-tool.c
wanted 'a tool without a man page' 'planted-tool: there is no man/planted-tool.1'
wanted 'a tool without a test' \
    'planted-tool: there is no tests/tools/planted-tool.t'
wanted 'a tool without a row' 'README.md: no row for planted-tool'
sed -i 's/^battery /: /' tests/tools/net-zoo.t
wanted 'a tool without the battery' \
    'tests/tools/net-zoo.t: does not run the battery'
echo '# SPDX-License-Identifier: MIT' >tests/tools/planted.t
wanted 'a test that cannot be run' 'tests/tools/planted.t: not executable'
echo 'const struct kind kind_planted = {0};' >>formats/kinds.c
wanted 'a kind without a header' 'planted: there is no formats/planted.h'
wanted 'a kind without a document' 'planted: there is no formats/planted.md'
wanted 'a kind without a man page' 'planted: there is no man/nachos-planted.5'
wanted 'a kind without valid streams' 'planted: nothing in tests/formats/valid'
wanted 'a kind without broken streams' \
    'planted: nothing in tests/formats/invalid'

expect_loose 1 'faults make lint fail' tests/lint.sh
cp "$OUT" out.txt
while IFS="$(printf '\t')" read -r what line; do
    holds "lint names $what" grep -qFx -e "$line" out.txt
done <wanted.txt
cut -f2 wanted.txt | sort >wanted.lines
sort out.txt | grep -vFx -f wanted.lines >besides.txt
holds 'lint names nothing besides' test ! -s besides.txt
show besides.txt
finish
