#!/bin/sh
# SPDX-License-Identifier: MIT
# bench.sh DIR: our training step beside PyTorch's, in turns, so that a slow
# spell of the machine hits both.  DIR has bench_train.  ROUNDS=5 STEPS=9.
# Exit status 1 when the ratio at 2 threads is below the limit.
set -eu
dir=$1
here=$(dirname "$0")
python=${PYTHON:-/usr/bin/python3}
rounds=${ROUNDS:-5} steps=${STEPS:-9} limit=2.0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT INT TERM HUP

if ! "$python" -c 'import torch' 2>/dev/null; then
    echo "bench: no PyTorch for $python (make deps-dev): ours only"
    for threads in 1 2; do
        echo "threads $threads, ms per train step, forward:" \
            "$("$dir/bench_train" "$threads" "$steps")"
    done
    exit 0
fi

# Lines: threads, our train step and forward, BLAS core, kernels, the peer's
for threads in 2 1; do
    r=0
    while [ "$r" -lt "$rounds" ]; do
        ours=$("$dir/bench_train" "$threads" "$steps")
        peer=$(OMP_NUM_THREADS=$threads "$python" "$here/peer_torch.py" \
            "$threads" "$steps")
        echo "$threads $ours $peer" >>"$tmp/rounds"
        r=$((r + 1))
    done
done

awk -v limit="$limit" -v batch=128 '
function median(a, n,    i, j, t) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && a[j] < a[j - 1]; j--) {
            t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
        }
    return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}
function row(what, threads, mine, theirs,    i, n, o, p, q, r) {
    for (i = 1; i <= NR; i++)
        if (line[i, 1] == threads) {
            n++
            o[n] = line[i, mine]; p[n] = line[i, theirs]; q[n] = p[n] / o[n]
        }
    r = median(q, n)
    printf "%-22s %8.1f %8.1f %9.0f %9.0f %7.2f", what, median(o, n),
        median(p, n), 1e3 * batch / median(o, n), 1e3 * batch / median(p, n), r
    return r
}
{ for (i = 1; i <= NF; i++) line[NR, i] = $i }
END {
    printf "batch %d, %s %s; medians of %d rounds in turn, the ratio too\n",
        batch, $4, $5, NR / 2
    printf "%-22s %8s %8s %9s %9s %7s %6s %6s\n", "", "ours ms", "torch ms",
        "ours /s", "torch /s", "ratio", "limit", "share"
    r = row("train, 2 threads", 2, 2, 6)
    printf " %6.1f %5.0f%%\n", limit, 100 * r / limit
    row("train, 1 thread", 1, 2, 6); printf "\n"
    row("forward, 2 threads", 2, 3, 7); printf "\n"
    row("forward, 1 thread", 1, 3, 7); printf "\n"
    exit r < limit
}' "$tmp/rounds"
