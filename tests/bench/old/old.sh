#!/bin/sh
# SPDX-License-Identifier: MIT
# old.sh COMMAND...: the command, with the tools and the bench programs of the
# build in the folder $OLD in front of ours.
set -eu
export LC_ALL=C
for f in bin/eenn-train bench/bench_train; do
    [ -x "${OLD:-}/$f" ] || { echo "OLD='${OLD:-}': there is no $f" >&2; exit 1; }
done
PATH=$OLD/bin:$OLD/bench:$PATH
export PATH
exec "$@"
