#!/bin/bash
# SPDX-License-Identifier: MIT
# cpu.sh KEY COMMAND...: says KEY and the CPU seconds, user and system, that the
# command took from its start to its end; and of what it says itself the lines
# "=KEY VALUE", what its work was.
set -eu
export LC_ALL=C
key=$1 TIMEFORMAT='%3U %3S'
shift
export OPENBLAS_NUM_THREADS=1
{ time "$@" >cpu.said 2>cpu.errors; } 2>cpu.time || {
    cat cpu.errors >&2
    exit 1
}
awk -v key="$key" '{ printf "%s\t%.3f\n", key, $1 + $2 }' cpu.time
sed -n '/^=/p' cpu.said
