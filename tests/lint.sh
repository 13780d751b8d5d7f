#!/bin/sh
# SPDX-License-Identifier: MIT
# The house rules that a script can check: those for C in lint.awk, here those
# for what belongs together.  Prints FILE:LINE: WHAT, or FILE: WHAT; status 1 if
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

tree() {    # tree FOLDERS PATTERN...: the files of these names
    folders=$1
    shift
    for pattern; do
        # shellcheck disable=SC2086
        find $folders -name "$pattern" -type f
    done 2>/dev/null | sort
}

tools=$(for d in tools/*/; do [ -d "$d" ] && basename "$d"; done)

c_files() {
    tree 'libcommon formats tools tests' '*.c' '*.h' | sort |
        xargs awk -f tests/lint.awk >>"$bad" || exit 2
}

scripts() {
    tree 'tests pipelines' '*.sh' '*.t' '*.mk' '*.awk' | while read -r f; do
        head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT' ||
            say "$f:1: no SPDX line"
        case $f in *.sh)
            ! head -n 1 "$f" | grep -q '^#!' || grep -q 'LC_ALL' "$f" ||
                say "$f: the locale is not set (export LC_ALL=C)" ;;
        esac
    done
    # bash 5.2 loses the status of a process substitution that ends as wait begins.
    # shellcheck disable=SC2016  # text
    tree pipelines '*.sh' '*.mk' | xargs grep -Hn 'wait \$\$*!' | cut -d: -f1,2 |
        sed 's/$/: wait may lose this status: take it from $(..), or name the process/' >>"$bad"
    for f in tests/*.t tests/*/*.t; do
        [ -x "$f" ] || say "$f: not executable"
    done
}

# libcommon/README.md is the map: a row for each room.
rooms() {
    tree libcommon '*.h' | sed 's,^libcommon/,,; s,/[^/]*$,,' | sort -u |
    while read -r room; do
        grep -q "^| \`$room\` |" libcommon/README.md ||
            say "libcommon/README.md: no row for $room"
    done
}

whole_tools() {
    for t in $tools; do
        for f in "tools/$t/$t.c" "man/$t.1" "tests/tools/$t.t"; do
            [ -f "$f" ] || say "$t: there is no $f"
        done
        [ ! -f "tests/tools/$t.t" ] ||
            grep -Eq '^battery(_| |$)' "tests/tools/$t.t" ||
            say "tests/tools/$t.t: does not run the battery"
        grep -Eq "^\| *\`?$t\`? *\|" README.md || say "README.md: no row for $t"
    done
}

whole_kinds() {
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
}

# What is cited exists: nachos-method(7) has the decisions and equations, each
# a tagged item, `.It Sy D28' and `.It Sy Eq. 18'.
citations() {
    method=man/nachos-method.7
    decisions=$(sed -nE 's/^\.It Sy (\\&)?(D[0-9]+)( .*)?$/\2/p' $method |
        tr '\n' ' ')
    for d in $(printf '%s' "$decisions" | tr ' ' '\n' | sort | uniq -d); do
        say "$method: $d stands twice"
    done
    equations=$(sed -nE 's/^\.It Sy Eq\. ([0-9]+)$/\1/p' $method | tr '\n' ' ')
    pages=$(tree man '*.[1-9]' | sed -E 's,^man/(.*)\.(.)$,\1(\2),' |
        tr '\n' ' ')
    {
        tree 'libcommon formats tools tests' '*.c' '*.h' '*.md'
        tree man '*.[1-9]'
        tree 'tests pipelines' '*.sh' '*.t' '*.mk' '*.awk' '*.tsv' '*.py'
        ls Makefile README.md NEWS.md RESULTS.md 2>/dev/null
    } | grep -vxF -e tests/lint.t |
        xargs awk -f tests/cites.awk \
            -v decisions=" $decisions" -v equations=" $equations" \
            -v pages=" $pages" >>"$bad" || exit 2
}

c_files
scripts
citations
rooms
whole_tools
whole_kinds
cat "$bad"
[ ! -s "$bad" ]
