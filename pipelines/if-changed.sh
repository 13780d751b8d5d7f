#!/bin/bash
# SPDX-License-Identifier: MIT
# if-changed.sh FILE: write stdin to FILE, whole, unless FILE says so already,
# so that what is made of it is made again only when there is something new.
# Until then it is in OUT/tmp.
set -eu -o pipefail
export LC_ALL=C
new=${OUT:?}/tmp/$$-${1##*/}
cat >"$new"
if cmp -s "$new" "$1"; then rm "$new"; else mv "$new" "$1"; fi
