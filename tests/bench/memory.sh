#!/bin/sh
# SPDX-License-Identifier: MIT
# memory.sh KIND.MB...: what reading and writing the stream KIND.MB.mpz takes.
# Says, in MiB: memory.check.KIND.MB, memory.pick.KIND.MB
set -eu
export LC_ALL=C
say() {
    awk -v key="$1" '/^max_rss_kib/ { print key "\t" $2 / 1024 }' memory.report
}
for stream; do
    stream-check --report=memory.report "$stream.mpz" >/dev/null
    say "memory.check.$stream"
    stream-pick --index=0 --report=memory.report "$stream.mpz" -o picked.mpz
    say "memory.pick.$stream"
done
