#!/bin/bash
# SPDX-License-Identifier: MIT
# slots.sh DIR BASE: a file DIR/SS.design for each design of DIR/archs.mpz, one
# line ARCH GENOME KEY.  KEY names the training of the design, ARCH-BASE, where
# BASE stands for all else that shapes it; it is `rejected' of a design that is
# in DIR/rejects.mpz.  A file that says so already stays as it is: what is made
# of it is made again only when the slot has another design or another training.
# Makefile lines go to stdout: KEY_SS of those that are trained, and at last SLOTS.
set -eu -o pipefail
export LC_ALL=C
dir=$1 base=$2
# shellcheck source=pipelines/common.sh
. "${0%/*}/common.sh"

# Not `while read .. done < <(..)': the status that wait has of a process substitution
# is at times -1 in bash 5.2, when it ends as wait begins.
declare -A rejected=()
rejects=$(stream-dump -r "$dir/rejects.mpz" | jq -r .summary.arch)
for arch in $rejects; do
    rejected[$arch]=1
done

slots='' lines='' n=0
designs=$(stream-dump -r "$dir/archs.mpz" |
    jq -r '"\(.id) \(.genome | map(tostring) | join(","))"')
while read -r arch genome; do
    [ -n "$arch" ] || continue
    printf -v slot %02d "$n"
    key=$arch-$base
    if [ -n "${rejected[$arch]-}" ]; then
        key=rejected
    else
        lines+="KEY_$slot := $key"$'\n'
    fi
    slots+=" $slot"
    if_changed "$dir/$slot.design" "$arch $genome $key"
    n=$((n + 1))
done <<<"$designs"
# Slots of a time when there were more designs; their results stay.
for design in "$dir"/*.design; do
    slot=${design##*/} slot=${slot%.design}
    ((10#$slot < n)) || rm "$design"
done
printf '%sSLOTS :=%s\n' "$lines" "$slots"
