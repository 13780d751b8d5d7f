#!/bin/sh
# SPDX-License-Identifier: MIT
# peer.sh NAME [ARG...]: the peer peer_NAME.py, by $PYTHON.  Status 77 and a
# line on stderr where that, or what the peer needs, is not installed.
set -eu
export LC_ALL=C
python=${PYTHON:-/usr/bin/python3}
command -v "$python" >/dev/null || { echo "there is no $python" >&2; exit 77; }
program=$(dirname -- "$0")/peer_$1.py
shift
exec "$python" "$program" "$@"
