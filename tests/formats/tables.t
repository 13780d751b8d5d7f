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
for kind in dataset arch net weights trained trace result surrogate checkpoint platform plan; do
    holds "formats/$kind.md" test -s "$TOP/formats/$kind.md"
    holds "man/nachos-$kind.5" test -s "$TOP/man/nachos-$kind.5"
    for corpus in "$VALID" "$INVALID"; do
        set -- "$corpus/$kind"-*.mpz
        holds "${corpus##*/} $kind" test -e "$1"
    done
done

# The newest version in a kind's history is the one that is written, and the one
# that every tool says it writes.
newest() {  # newest KIND
    sed -n 's/^- \*\*\([0-9.]*\)\*\* (.*/\1/p' "$TOP/formats/$1.md" | head -n 1
}
for kind in dataset arch net weights trained trace result surrogate checkpoint platform plan; do
    set -- "$VALID/$kind"-*.mpz
    stream-dump -r "$1" | stream-load -k "$kind" -o loaded.mpz
    expect 0 "$kind: a stream loaded anew" stream-check loaded.mpz
    holds "$kind is written as version $(newest $kind), the newest in its history" \
        grep -q "^$kind $(newest $kind)," "$OUT"
done
for tool in "$BIN"/*; do
    "$tool" --version | sed -n 's/.*writes //p' | tr ',' '\n' |
        grep '[0-9][.][0-9]' | while read -r kind version; do
            [ "$version" = "$(newest "$kind")" ] || echo "$kind $version"
        done >stale
    holds "${tool##*/} says the version of each kind that it writes" \
        test ! -s stale
done
finish
