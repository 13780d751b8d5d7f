# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the scripts make-KIND.sh share.  Sourced, it goes to tests/formats with
# the tools of $BIN in PATH; $kind is the script's kind.
set -eu
PATH=$(cd "${BIN:?}" && pwd):$PATH
cd "$(dirname "$0")"
mkdir -p valid invalid
kind=${0##*/make-}
kind=${kind%.sh}

one() {     # one JSON..: as one line
    printf '%s' "$*" | tr '\n' ' '
    echo
}

load() {    # load FILE [OPTION..]: stdin as a stream
    file=$1
    shift
    stream-load --kind="$kind" --no-provenance "$@" -o "$file"
}

# Changes bytes of a plain stream in place.
damage() {  # damage NAME PERL-SUBSTITUTION [STREAM]
    from=${3:-valid/$kind-plain.mpz}
    perl -0777 -pe "$2" "$from" >"invalid/$kind-$1.mpz"
    ! cmp -s "$from" "invalid/$kind-$1.mpz"
}

# The reason must be the first thing that a reader finds.
refused() { # refused NAME REASON PERL-SUBSTITUTION [STREAM]
    damage "$1" "$3" "${4:-}"
    if why=$(stream-check "invalid/$kind-$1.mpz" 2>&1); then
        echo "$1: is taken" >&2
        exit 1
    fi
    case $why in
    *"$2"*) ;;
    *) echo "$1: not '$2' but $why" >&2; exit 1 ;;
    esac
}
