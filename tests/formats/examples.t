#!/bin/bash
# SPDX-License-Identifier: MIT
# The examples of the man pages in section 5 work as they stand there, on streams of
# the corpus.  Those of section 1 run in the tests of the tools, that of nachos(7) and
# the README's in tests/slow/readme.t.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

valid=$TOP/tests/formats/valid
for pair in set:dataset-named c10:dataset-plain archive:result-samples macs:surrogate-rbf \
    run:trace-policy trained:trained-terms weights:weights-plain x:result-samples plans:plan-run; do
    cp "$valid/${pair#*:}.mpz" "${pair%%:*}.mpz"
done
cp "$valid"/checkpoint-plain.mpz run.ckpt
# The table that stands in its page.
sed -n '/^# nachos network space 1$/,/^\.Ed$/p' "$TOP/man/nachos-space.5" | sed '$d' >words.space

for page in "$TOP"/man/*.5; do
    name=${page##*/}
    mandoc -T ascii -O width=300 "$page" | sed 's/.\x08//g' |
        sed -n '/^EXAMPLES/,/^[A-Z]/p' | sed -n 's/^ \{10,\}//p' >examples
    if grep -q 'fq -d' examples && ! command -v fq >fq.path; then
        ok "$name # SKIP fq is not installed (make deps-dev)"
    elif grep -q 'import.*msgpack' examples &&
         ! /usr/bin/python3 -c 'import msgpack' 2>"$ERR"; then
        ok "$name # SKIP python3-msgpack is not installed (make deps-dev)"
    else
        holds "$name has examples" test -s examples
        rm -f mine.mpz
        expect_loose 0 "$name: they work" bash -eu -o pipefail examples
        holds "$name: they say or make something" test -s "$OUT" -o -s mine.mpz
    fi
done
finish
