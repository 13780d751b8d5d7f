#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

yes() {
    jq -e "$@" >"$OUT"
}

# The platforms that come with nachos make streams, say where each number is from,
# and stand in nachos-platform(5).
for f in "$TOP"/pipelines/platforms/*.json; do
    name=${f##*/} name=${name%.json}
    expect 0 "$name makes a stream" stream-load -k platform "$f" -o one.mpz
    stream-dump -r one.mpz >one.json
    holds "$name has its name" test "$(jq -r .name one.json)" = "$name"
    holds "$name: every processor and link has its origin" \
        yes '[., .processors[], .links[]?] | all(.origin | length > 10)' one.json
    holds "$name: no rate is below a million" \
        yes '[.processors[].rates[].macs_per_s] | min >= 1e6' one.json
    contains "$TOP/man/nachos-platform.5" "$name.json" "$name: the page lists it"
done

# Rates follow from throughputs of MLPerf Tiny and the MACs of its networks.
json=$TOP/pipelines/platforms/psoc6-measured.json
rate() {    # rate PROCESSOR OP PRECISION THROUGHPUT MACS
    holds "psoc6-measured: $1 $2 $3" yes --arg p "$1" --arg o "$2" --arg q "$3" "
        [.processors[] | select(.name == \$p) | .rates[] |
         select(.op == \$o and .precision == \$q) | .macs_per_s][0] / ($4 * $5) |
        . > 0.995 and . < 1.005" "$json"
}
dscnn=$(net-zoo ds-cnn | stream-dump -r | jq '[.layers[].macs] | add')
mobilenet=$(net-zoo mobilenetv1 --width=0.25 --res=96 --classes=2 |
    stream-dump -r | jq '[.layers[].macs] | add')
rate m4 conv int8 6.165 12501632
rate m4 pointwise int8 18.466 "$dscnn"
rate m4 depthwise float 2.773 "$mobilenet"
rate m4 linear int8 167.543 264192
rate m0 conv int8 '0.657 * 100 / 64' 12501632
rate m0 depthwise int8 '2.107 * 100 / 64' "$dscnn"
finish
