#!/bin/bash
# SPDX-License-Identifier: MIT
# Print the lines of stdin while progress.sh draws on the terminal: what is drawn
# is erased first, and drawn again below.
set -u
export LC_ALL=C
erase=
[[ -t 2 && ${TERM:-} != dumb ]] && erase=$'\r\033[K'
while IFS= read -r line || [[ $line ]]; do
    if [[ -t 1 ]]; then
        printf '%s%s\n' "$erase" "$line"
    else
        printf '%s' "$erase" >&2
        printf '%s\n' "$line"
    fi
done
