#!/bin/sh
# SPDX-License-Identifier: MIT
# stopping.sh BATCH THREADS [REPEAT]: eenn-run on the test split of what
# `prepare.sh stop` made.  Says, bBATCH.jTHREADS being the last part of a key:
#     stop          images a second, really stopping at the exits
#     forward.stop  of the same network without early exits
#     saved.time, saved.macs      %, what the exits save
set -eu
export LC_ALL=C
eenn-run -d data.mpz --policy=stop.result.mpz --batch="$1" -j"$2" \
    --repeat="${3:-3}" --baseline --report=stop.report stop.trained.mpz \
    -o /dev/null
awk -v key="b$1.j$2" '
/^net / { print "stop." key "\t" $(NF - 1) }
/^without early exits/ { print "forward.stop." key "\t" $(NF - 1) }
/^saved/ { print "saved.time." key "\t" $3; print "saved.macs." key "\t" $6 }
' stop.report
