#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# The key tables of formats/KIND.md are those the readers check by, and each
# kind has its page and corpus.
for f in "$TOP"/formats/*.md; do
    kind=${f##*/} kind=${kind%.md}
    [ "$kind" = 00-stream ] && continue
    expect 0 "$kind: schema" stream-check --schema "$kind"
    cp "$OUT" want
    sed -n '/^<!-- schema: /,/^<!-- \/schema -->/p' "$f" >have
    same want have "$kind.md has the table of stream-check --schema $kind"
done
for kind in dataset arch net weights trained trace result surrogate; do
    holds "formats/$kind.md" test -s "$TOP/formats/$kind.md"
    holds "man/nachos-$kind.5" test -s "$TOP/man/nachos-$kind.5"
    for corpus in "$VALID" "$INVALID"; do
        set -- "$corpus/$kind"-*.mpz
        holds "${corpus##*/} $kind" test -e "$1"
    done
done
finish
