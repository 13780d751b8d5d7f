#!/bin/sh
# SPDX-License-Identifier: MIT
# Tools that only read what networks said, and the stream formats, are compiled
# without sight of the engine, not even through other headers.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

lib=${BIN%/bin}

blind() {   # blind FOLDER: no object made from its sources depends on the engine
    seen=
    for c in "$TOP/$1"/*.c; do
        d=$lib/$1/$(basename "$c" .c).d
        grep -q 'nn/engine/' "$d"
        [ $? -eq 1 ] || seen="$seen $c"
    done
    holds "$1 does not see the engine" [ -z "$seen" ]
    [ -z "$seen" ] || say "these do:$seen"
}

blind tools/thresh-tune
blind tools/eenn-report
blind tools/nsga2-step
blind formats
finish
