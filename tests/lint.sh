#!/bin/sh
# SPDX-License-Identifier: MIT
# The house rules that a grep can check.  Prints FILE:LINE: WHAT; status 1 if
# there was anything to print.
set -u
cd "$(dirname -- "$0")/.." || exit 2
LC_ALL=C
export LC_ALL
bad=$(mktemp) || exit 2
trap 'rm -f "$bad"' EXIT

say() {
    printf '%s\n' "$*" >>"$bad"
}

# find_lines WHAT REGEX FILE...: each matching line is a fault; strings and
# comments do not count, unless WHAT begins with a blank.
find_lines() {
    what=$1 regex=$2
    shift 2
    [ $# -gt 0 ] || return
    grep -nHE -- "$regex" "$@" | WHAT=$what REGEX=$regex awk -F : '{
        what = ENVIRON["WHAT"]
        text = $0
        sub(/^[^:]*:[0-9]+:[ ]*/, "", text)
        if (what !~ /^ /) {
            if (text ~ /^\*/)
                next
            gsub(/"([^"\\]|\\.)*"/, "\"\"", text)
            sub(/\/\*.*/, "", text)
            if (text !~ ENVIRON["REGEX"])
                next
        }
        sub(/^ /, "", what)
        print $1 ":" $2 ": " what
    }' >>"$bad"
}

tree() {    # tree FOLDERS PATTERN...: files, without those of build/
    folders=$1
    shift
    for pattern; do
        # shellcheck disable=SC2086
        find $folders -name "$pattern" -type f
    done 2>/dev/null | sort
}

code=$(tree 'libcommon formats tools' '*.c' '*.h')
tests=$(tree 'tests' '*.c' '*.h')
scripts=$(tree 'tests pipelines' '*.sh' '*.t' '*.mk')
tools=$(for d in tools/*/; do [ -d "$d" ] && basename "$d"; done)
word='(^|[^A-Za-z0-9_])'

# shellcheck disable=SC2086
text_rules() {
    tab=$(printf '\t')
    find_lines ' tab' "$tab" $code $tests
    find_lines ' trailing blank' '[[:blank:]]$' $code $tests
    find_lines ' more than 100 columns' '^.{101,}' $code
    for f in $code $tests $scripts; do
        head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT' ||
            say "$f:1: no SPDX line"
    done
    for f in $code; do
        n=$(grep -c '' "$f")
        [ "$n" -le 500 ] || say "$f:$n: file of more than 500 lines"
    done
}

# shellcheck disable=SC2086
forbidden_functions() {
    f='strcpy|strcat|strncat|sprintf|vsprintf|strtok|atoi|atol|atoll|atof|gets'
    f="$f|rand|srand|random|drand48|localtime|gmtime|ctime|asctime|alloca"
    f="$f|mktemp|tmpnam|tempnam|system|popen|scanf|sscanf|fscanf"
    find_lines 'forbidden function' "$word($f)\\(" $code
    for f in $code; do
        case $f in
        libcommon/base/mem.c) ;;
        *) find_lines 'use the x... functions of base/mem.h' \
            "$word(malloc|calloc|realloc|strdup|strndup)\\(" "$f" ;;
        esac
        case $f in
        libcommon/cli/* | libcommon/base/log.c | libcommon/base/mem.c) ;;
        libcommon/* | formats/*)
            find_lines 'the library neither prints nor exits' \
                "$word(exit|_exit|printf|puts|perror|fprintf)\\(" "$f" ;;
        esac
    done
    for t in $tools; do
        for f in tools/"$t"/*.[ch]; do
            case $f in "tools/$t/$t.c") continue ;; esac
            find_lines 'algorithm files see no FILE, stdout, exit()' \
                "$word((FILE|stdin|stdout|stderr|argv)($|[^A-Za-z0-9_])|exit\\(|printf\\()" "$f"
        done
    done
}

# libcommon <- formats <- tools; no tool includes another; base stands alone.
includes() {
    for f in $code; do
        case $f in
        libcommon/base/*) up='"(formats|tools|libcommon/([^b]|b[^a]))' ;;
        libcommon/*) up='"(formats|tools)/' ;;
        formats/*) up='"tools/' ;;
        tools/*) t=${f#tools/} t=${t%%/*}
            grep -nHE '^#include "tools/' "$f" | grep -v "\"tools/$t/" |
                sed 's/$/: includes another tool/' >>"$bad"
            continue ;;
        esac
        find_lines ' includes upwards' "^#include $up" "$f"
    done
}

# formats/KIND.c may stand beside the libcommon file of the struct it reads.
unique_names() {
    for f in $code; do
        case $f in formats/*) ;; *) basename "$f" ;; esac
    done | sort | uniq -d | while read -r name; do
        say "$name: more than one file of this name"
    done
}

things_belong_together() {
    for t in $tools; do
        for f in "tools/$t/$t.c" "man/$t.1" "tests/tools/$t.t"; do
            [ -f "$f" ] || say "$t: there is no $f"
        done
        [ ! -f "tests/tools/$t.t" ] ||
            grep -Eq '^battery(_| |$)' "tests/tools/$t.t" ||
            say "tests/tools/$t.t: does not run the battery"
        grep -Eq "^\| *\`?$t\`? *\|" README.md || say "README.md: no row for $t"
    done
    kinds=$(sed -nE 's/^const struct kind kind_([a-z]+).*/\1/p' formats/*.c)
    for k in $kinds; do
        for f in "formats/$k.h" "formats/$k.md" "man/nachos-$k.5"; do
            [ -f "$f" ] || say "$k: there is no $f"
        done
        for c in valid invalid; do
            ls tests/formats/$c/"$k"-*.mpz >/dev/null 2>&1 ||
                say "$k: nothing in tests/formats/$c"
        done
    done
    for f in tests/*/*.t; do
        [ -x "$f" ] || say "$f: not executable"
    done
}

text_rules
forbidden_functions
includes
unique_names
things_belong_together
cat "$bad"
[ ! -s "$bad" ]
