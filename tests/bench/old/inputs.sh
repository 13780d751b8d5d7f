#!/bin/sh
# SPDX-License-Identifier: MIT
# inputs.sh WHAT...: files in the current folder, those of prepare.sh among them,
# unless they are there.
#     NET          a network, NET.mpz
#     NET.trained  the same with random weights, as eenn-run wants it
#     data         images, data.mpz
#     list         a schedule for ofa-train, list.tsv
#     archive      measured designs, archive.mpz
set -eu
export LC_ALL=C
for what; do
    [ ! -e "$what.mpz" ] || continue
    case $what in
    ofa | exits)
        prepare.sh "$what" ;;
    small32 | large160)
        prepare.sh shapes ;;
    resnet20 | alexnet | ds-cnn-1d | mobilenetv1)
        prepare.sh zoo ;;
    *.trained)
        net=${what%.trained}
        eenn-train -q -d data.mpz -e 0/0 "$net.mpz" -o "$net.trained.mpz" ;;
    data)
        data-synth -n 800 --val=40 --test=400 -o data.mpz ;;
    list)
        printf '%s\n' \
            'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?' \
            'full 1 0 0.1 1 0 0 4 7 6' \
            'all 1 0 0.02 2 0.2 1 2,3,4 3,5,7 3,4,6' >list.tsv ;;
    archive)
        ofa-sample -n 150 --corners | stream-dump -r | jq -c '
            (.genome | length) as $n | .genome as $g |
            {type: "result", summary: {arch: .id, space, genome, origin},
             status: "ok", macs: 1, accuracy: (0.3 +
             ([range($n) | $g[.] * (. % 7 + 1)] | add) / ($n * 16))}' |
            stream-load -k result -o archive.mpz ;;
    esac
done
