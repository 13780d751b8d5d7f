#!/bin/bash
# SPDX-License-Identifier: MIT
# narrow.sh PLAN FILE NAME [OPTION OF net-zoo..]: writes to FILE the network NAME, made
# as narrow as the mean cost of PLAN is low: the widest one that costs no more.
set -eu -o pipefail
export LC_ALL=C
plan=$1 file=$2
shift 2

cost() {        # cost WIDTH: in MACs
    net-zoo "${net[@]}" --width="$1" | stream-dump -r | jq '.exits[-1].gamma'
}

net=("$@")
macs=$(stream-dump -r "$plan" | jq .macs)
whole=$(net-zoo --params "${net[@]}" </dev/null | sed -n 's/^width=//p')
# In 256ths of the whole width, of which few at least have channels.
low=1 high=256
while ((low < high)); do
    middle=$(((low + high + 1) / 2))
    width=$(awk "BEGIN {w = $whole * $middle / 256; print w < 0.05 ? 0.05 : w}")
    if awk "BEGIN {exit !($(cost "$width") <= $macs)}"; then
        low=$middle
    else
        high=$((middle - 1))
    fi
done
width=$(awk "BEGIN {w = $whole * $low / 256; print w < 0.05 ? 0.05 : w}")
net-zoo "${net[@]}" --width="$width" -o "$file"
