#!/bin/sh
# SPDX-License-Identifier: MIT
# Variables of make that cannot be right: names that nothing reads, and paths and
# words with characters that make or a shell would take for its own.  Each is one
# line, status 2, and nothing is made.
# Makefiles stand in single quotes.
# shellcheck disable=SC2016,SC2317
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES OUT DATA WEIGHTS SUPERNET PREFIX DESTDIR
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

mkdir empty
search() {      # in a folder where whatever is made can be seen
    (cd empty && make -f "$TOP/pipelines/search.mk" "$@")
}
nothing_made() {
    test -z "$(ls -A empty)"
}
one_line() {    # one_line TEXT: what make says ends in that
    test "$(grep -c '' <"$ERR")" -eq 1 && grep -qF -e "*** $1" "$ERR"
}

# ---- unknown names ----

unknown() {     # unknown MESSAGE VARIABLE=VALUE..
    message=$1
    shift
    expect_loose 2 "$*" search DATA=set.mpz "$@"
    holds "says: $message" one_line "$message.  Stop."
}
unknown 'N_STAR: there is no such variable; N_START?' N_STAR=9
unknown 'min_accuracy: there is no such variable; MIN_ACCURACY?' min_accuracy=1
unknown 'EPOCH: there is no such variable; EPOCHS?' EPOCH=1/1 status
unknown 'FINAL_TUNEFLAGS: there is no such variable; FINAL_TUNE_FLAGS?' \
    FINAL_TUNEFLAGS=--rule=best -n
unknown 'COLOUR: there is no such variable' COLOUR=blue
unknown 'limits: there is no such variable; LIMITS?' limits=
unknown 'CC: there is no such variable' CC=gcc
expect_loose 2 'two of them' search K_=1 SEEDS=2
contains "$ERR" 'K_: there is no such variable; K?' 'are both named'
contains "$ERR" 'SEEDS: there is no such variable; SEED?' 'in one line'
expect_loose 2 'an odd name' search "a'b=1"
holds 'is named' one_line "a'b: there is no such variable"

# `status' of an OUT without a search says so, when nothing is refused before.
taken() {       # taken WHAT COMMAND..
    what=$1
    shift
    expect_loose 2 "$what" "$@"
    contains "$ERR" 'status: no search in' 'is taken'
}
taken 'one that every makefile has' search OUT=x K=3 EXACT= status
taken "make's own" search OUT=x MAKEFLAGS=k SHELL=/bin/bash status
taken 'one of the environment' env COLOUR=blue N_STAR=3 \
    make -C empty -f "$TOP/pipelines/search.mk" OUT=x status
printf 'WIDTH ?= 1\nSPACE ?= ofa-mbv3:width=$(WIDTH)\ninclude %s/pipelines/search.mk\n' \
    "$TOP" >own.mk
taken "a preset's own" make -C empty -f ../own.mk WIDTH=0.5 OUT=x status
printf 'all:\n\t$(MAKE) -C empty -f %s/pipelines/search.mk OUT=x status\n' "$TOP" >above.mk
taken "those of a make above, a build's" make -f above.mk CC=clang V=1
expect_loose 2 'another of a make above' make -f above.mk N_STAR=1
contains "$ERR" 'N_STAR: there is no such variable; N_START?' 'is refused'

# ---- paths ----

tab=$(printf '\t')
newline='
'
# each VARIABLE CHARACTERS: that any of them is refused and named, on the command
# line and in the environment.
each() {
    variable=$1 left=$2 bad=
    while [ -n "$left" ]; do
        rest=${left#?}
        c=${left%"$rest"} left=$rest
        make -C empty -f "$TOP/pipelines/search.mk" "$variable=a${c}b" >"$OUT" 2>"$ERR"
        refused || bad="$bad $c"
        env "$variable=a/b$c" make -C empty -f "$TOP/pipelines/search.mk" >"$OUT" 2>"$ERR"
        refused || bad="$bad environment:$c"
    done
    holds "$variable: each is refused${bad:+, but not$bad}" test -z "$bad"
}
refused() {
    test $? -eq 2 && test "$(grep -c '' <"$ERR")" -eq 1 || return 1
    case $c in
    [[:space:]]) grep -qF "*** $variable: white space is not allowed in a path" "$ERR" ;;
    *) grep -qF "*** $variable: $c is not allowed in a path" "$ERR" ;;
    esac
}
each OUT "'\"\`\$#;&|<>\\()*?%:[]{}$tab$newline "
for variable in DATA WEIGHTS SUPERNET BIN; do
    each $variable "'\"\$#\\(%:$newline "
done
holds 'nothing was made' nothing_made
for variable in OUT DATA WEIGHTS SUPERNET BIN; do
    for value in -x \~/x; do
        expect_loose 2 "$variable=$value" search "$variable=$value"
        holds 'is named' one_line "$variable=$value: a path cannot begin with - or ~.  Stop."
    done
done
expect_loose 2 'no OUT' search DATA=set.mpz OUT=
holds 'is said' one_line 'OUT is empty: it names the folder that all files go to'
expect_loose 2 'OUT of blanks' env "OUT= " make -C empty -f "$TOP/pipelines/search.mk"
contains "$ERR" 'OUT: white space is not allowed' 'is said'
taken 'every other character' search 'OUT=Ab9_.,+=@^!~é' status
taken 'WEIGHTS and SUPERNET of nothing' search OUT=x WEIGHTS= SUPERNET= status

# A path that a preset composes is as bad as what it is made of.
printf 'OUT ?= x\nDATA ?= $(HOME)/set.mpz\ninclude %s/pipelines/search.mk\n' "$TOP" >home.mk
expect_loose 2 'a blank from elsewhere' env "HOME=/a b" make -C empty -f ../home.mk
holds 'is named' one_line 'DATA: white space is not allowed in a path'

# ---- words and numbers ----

word() {        # word VARIABLE=VALUE CHARACTER
    expect_loose 2 "$1" search DATA=set.mpz "$1"
    holds "$2 is named" one_line "${1%%=*}: $2 is not allowed in a name or a number.  Stop."
}
word 'N_START=9;id' ';'
word "EPOCHS=1/1'" "'"
word 'TRAIN_FLAGS=--lr=0.1 | cat' '|'
word 'SEED=$(shell touch made)' '$'
word 'SPACE=ofa-mbv3:*' '*'
holds 'and nothing is run or made' nothing_made
taken 'several words, and a share' search OUT=x 'TRAIN_FLAGS=--lr=0.1 --batch=32' \
    MIN_ACCURACY=65% "LAUNCH=env A='b c'" status

# ---- building and installing ----

build() {
    make -C "$TOP" -n "$@"
}
installs() {    # installs WHAT VARIABLE=VALUE
    expect_loose 2 "$1" build install "$2"
    holds 'is one line' one_line "$3"
}
installs 'PREFIX with a blank' 'PREFIX=/a b' 'PREFIX: white space is not allowed in a path.  Stop.'
installs 'DESTDIR with a quote' "DESTDIR=/it's" "DESTDIR: ' is not allowed in a path.  Stop."
installs 'DESTDIR that looks like an option' DESTDIR=-x 'DESTDIR=-x: a path cannot begin with'
expect_loose 2 'BIN with a blank' build check 'BIN=/a b'
holds 'is one line' one_line 'BIN: white space is not allowed in a path.  Stop.'
expect_loose 2 'PREFIX of the environment' env 'PREFIX=/a;b' make -C "$TOP" -n uninstall
holds 'is one line' one_line 'PREFIX: ; is not allowed in a path.  Stop.'
expect_loose 0 'which no build needs' env 'PREFIX=/a;b' make -C "$TOP" -n help
finish
