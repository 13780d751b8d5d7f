#!/bin/bash
# SPDX-License-Identifier: MIT
# The data set of images.mk: what it says, and how it is made of a folder of pictures.
#
#   images.sh set DATA          a line `RES CLASSES CHANNELS few|many SCALE' of what the
#                               data set says, RES being HEIGHTxWIDTH where these differ;
#                               nothing if it cannot be read
#   images.sh stale             `yes' if DATA is not there, or was made of other pictures
#                               or with other options than IMAGES, SIZE and IMPORT_FLAGS
#                               now say
#   images.sh TARGET MAKEFLAGS  makes DATA and then, with PRESET, the target
#
# DATA.from says what DATA was made of.
set -eu -o pipefail
export LC_ALL=C
here=${0%/*}
for dir in "${BIN:-}" "$here/../build/release/bin" "$here/../../../bin"; do
    [ ! -x "$dir/data-import" ] || { export PATH="$dir:$PATH" && break; }
done

# Fewer training images are too few for a supernet; a larger one sees 1,080,000 in all,
# but each at least 24 and at most 300 times.  The list has 595 epochs.
few=2000 seen=1080000 least=24 most=300 listed=595

refuse() {
    printf '%s\n' "$1" >&2
    exit 2
}

of_set() {      # of_set DATA
    stream-dump -r --first "$1" 2>/dev/null | jq -r \
        --argjson few $few --argjson seen $seen --argjson least $least \
        --argjson most $most --argjson listed $listed 'select(.type == "dataset") |
        ((.splits | index("train")) as $i | if $i then .samples[$i] else 0 end) as $n |
        ([[$seen / ([$n, 1] | max), $least] | max, $most] | min) as $epochs |
        [(.shape[:2] | map(tostring) | if .[0] == .[1] then .[0] else join("x") end),
            (.classes | length), .shape[2], if $n < $few then "few" else "many" end,
            ($epochs / $listed * 1000 | round / 1000)] | join(" ")' ||
        true
}

# What the data set is made of: the options as the tool prints them, and the files by
# name, size and time; of a table it is the table alone.
made_of() {
    # shellcheck disable=SC2086  # a list of words
    data-import --params ${SIZE:+--size="$SIZE"} ${IMPORT_FLAGS-} </dev/null &&
        echo "images=$(find -L "$IMAGES" -type f ! -name '.*' \
            -printf '%P %s %T@\n' | sort | b2sum -l 128)"
}

stale() {
    local now
    if [ -e "$DATA" ]; then
        [ -n "$IMAGES" ] || return 0
        now=$(made_of 2>/dev/null) || now=
        [ "$now" != "$(cat "$DATA.from" 2>/dev/null)" ] || return 0
    fi
    echo yes
}

# import FILE: makes it, whole or not at all, of what $now says.
import() {
    # shellcheck disable=SC2086  # a list of words
    data-import ${SIZE:+--size="$SIZE"} ${IMPORT_FLAGS-} "$IMAGES" -o "$1" || {
        local status=$?
        echo "images.mk: IMPORT_FLAGS='..' takes options of data-import, SIZE= leaves out --size" >&2
        exit $status
    }
    printf '%s\n' "$now" >"$1.from"
}

case $1 in
set) of_set "$2" ;;
stale) stale ;;
*)
    [ -n "$IMAGES" ] ||
        refuse "IMAGES=FOLDER is missing: a folder with a folder of pictures for each class"
    [ -e "$IMAGES" ] || refuse "IMAGES=$IMAGES: there is no such folder or CSV file"
    now=$(made_of 2>&1) || refuse "SIZE or IMPORT_FLAGS: ${now%%$'\n'*}"
    case $1,$2 in
    preflight,* | plan,*)
        tmp=$(mktemp -d "${TMPDIR:-/tmp}/nachos-images.XXXXXX")
        trap 'rm -rf "$tmp"' EXIT
        trap 'exit 1' HUP INT TERM
        import "$tmp/data.mpz"
        "$MAKE" -f "$PRESET" "$1" DATA="$tmp/data.mpz" ;;
    *,*[nq]*)
        echo "data-import ${SIZE:+--size=$SIZE }${IMPORT_FLAGS:+$IMPORT_FLAGS }$IMAGES -o $DATA"
        echo '# the next stages depend on the results' ;;
    *)
        said=$(mkdir -p "$OUT" 2>&1) || refuse "OUT=$OUT: ${said##*: }"
        # Another make at work here: the search says so.
        if [ ! -e "$OUT/lock" ] || flock -n "$OUT/lock" true; then
            import "$DATA"
        fi
        # DATA is in the environment, and so it is given.
        exec "$MAKE" -f "$PRESET" "$1" ;;
    esac ;;
esac
