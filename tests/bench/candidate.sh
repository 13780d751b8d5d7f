#!/bin/sh
# SPDX-License-Identifier: MIT
# candidate.sh DATASET: one NACHOS candidate at the paper's setting, placed,
# trained (10+5+5 epochs on 45,000 images, a network of 6.4 M MACs and its four
# early exits, 2 threads) and tuned, against the clock; and what a search of
# 340 candidates would take, from that and the other stages' times.
#   EPOCHS=1/1/1 IMAGES=2000    for a trial
set -eu
LC_ALL=C
export LC_ALL
[ -n "${1:-}" ] || { echo 'candidate.sh: DATA=FILE is missing' >&2; exit 2; }
data=$(CDPATH='' cd -- "$(dirname -- "$1")" && pwd)/${1##*/}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
epochs=${EPOCHS:-10/5/5} images=${IMAGES:-45000}
PATH=$here:${BIN:-}:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/nachos-bench.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

seconds() {     # of the run that wrote this report
    sed -n 's/^seconds: //p' "$1.report"
}

# ---- a candidate ----
prepare.sh exits
echo "candidate: $epochs epochs on $images images of $data" >&2
eenn-train -d "$data" --recipe=paper --epochs="$epochs" --max-macs=2.7e6 \
    --train-images="$images" --weights=none -j2 --report=train.report \
    exits.mpz -o trained.mpz
thresh-tune --method=grid --max-macs=2.7e6 --min-accuracy=0.65 \
    --report=tune.report trained.mpz -o result.mpz

# ---- what an iteration takes besides, with a whole search's archive ----
ofa-sample -n 340 | stream-dump -r | jq -c '
    {type: "result", status: "ok", summary: {arch: .id, space, genome, origin},
     accuracy: ((.genome | to_entries | map(.value * (.key % 7 + 1)) | add) /
                1000 + 0.4),
     macs: ((.genome | add) * 1e5 + 1e6)}' |
    stream-load -k result -o archive.mpz
for target in accuracy macs; do
    surrogate-fit --target=$target --report=$target.report archive.mpz \
        -o $target.mpz
done
nsga2-step --accuracy=accuracy.mpz --macs=macs.mpz --max-macs=2.7e6 -k 8 \
    --report=step.report archive.mpz -o next.mpz

eenn-report result.mpz
awk -v train="$(seconds train)" -v tune="$(seconds tune)" \
    -v fit1="$(seconds accuracy)" -v fit2="$(seconds macs)" \
    -v step="$(seconds step)" -v epochs="$epochs" -v images="$images" '
BEGIN {
    one = train + tune
    iteration = fit1 + fit2 + step
    printf "\n%s epochs, %s images, 2 threads\n", epochs, images
    printf "  %-28s %9.1f s\n", "training", train
    printf "  %-28s %9.1f s\n", "thresholds", tune
    printf "  %-28s %9.1f s   limit 360 s, share %.0f%%\n", "candidate", one,
        36000 / one
    printf "  %-28s %9.1f s   two fits %.1f and %.1f, step %.1f\n",
        "iteration, besides", iteration, fit1, fit2, step
    printf "a search of 340 candidates in 30 iterations, extrapolated from " \
        "these, every\ncandidate as large as this one and no supernet to be " \
        "trained: %.1f h\n", (340 * one + 30 * iteration) / 3600
}'
