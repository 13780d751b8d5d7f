#!/bin/sh
# SPDX-License-Identifier: MIT
# The benchmark: what groups.tsv says is run, our side and the peer's in turns,
# what rows.tsv says is shown of it, as a table on stdout and as TSV.
#
#     bench.sh [--check] [FOLDER]     FOLDER has groups.tsv and rows.tsv; the
#                                     default is this script's own
#   ONLY='train run'  these groups    OUT=FILE      the TSV (build/bench.tsv)
#   ROUNDS=1          for each group  PYTHON=...    of the peers (peer.sh)
#
# Status 1 when something could not be run, or, with --check, when a ratio is
# below its floor.  A command that is skipped, a peer that is not installed or
# a tool that is not there, says so and ends with 77; the table shows what it
# said.  README tells more.
set -u
LC_ALL=C
export LC_ALL
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
check=0
[ "${1:-}" != --check ] || { check=1; shift; }
folder=$(CDPATH='' cd -- "${1:-$here}" && pwd) || exit 2
out=${OUT:-build/bench.tsv}
mkdir -p "$(dirname -- "$out")" || exit 2
out=$(CDPATH='' cd -- "$(dirname -- "$out")" && pwd)/${out##*/}
only=" ${ONLY:-} "
PATH=$folder:$here:${BENCH_BIN:-}:${BIN:-}:$PATH
PYTHONDONTWRITEBYTECODE=1
export PATH PYTHONDONTWRITEBYTECODE

work=$(mktemp -d "${TMPDIR:-/tmp}/nachos-bench.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/room"
cd "$work/room" || exit 2
: >"$work/lines"
: >"$work/notes"

# turn SIDE COMMAND: its lines, with group, round and side in front.  Whatever
# is wrong is noted, and the command not run again: status 1.
turn() {
    sh -euc "$2" >"$work/said" 2>"$work/errors" </dev/null
    status=$?
    if [ "$status" -eq 0 ]; then
        sed "s/^/$group	$round	$1	/" "$work/said" >>"$work/lines"
        return 0
    fi
    how=failed
    [ "$status" -ne 77 ] || how=skipped
    printf '%s\t%s\t%s\t%s\n' "$group" "$1" "$how" \
        "$(tail -n 1 "$work/errors")" >>"$work/notes"
    return 1
}

# In turns; sides take the lead by turns, too.
run_group() {
    turn ours "$prepare" || return
    ours_on=1 peer_on=1 round=1
    [ "$theirs" != - ] || peer_on=0
    while [ "$round" -le "${ROUNDS:-$rounds}" ] && [ "$ours_on" -eq 1 ]; do
        if [ $((round % 2)) -eq 0 ] && [ "$peer_on" -eq 1 ]; then
            turn peer "$theirs" || peer_on=0
        fi
        turn ours "$ours" || ours_on=0
        if [ $((round % 2)) -eq 1 ] && [ "$peer_on" -eq 1 ]; then
            turn peer "$theirs" || peer_on=0
        fi
        round=$((round + 1))
    done
}

begin=$(date +%s)
load=$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo 0)
tab=$(printf '\t')
grep -v '^#' "$folder/groups.tsv" >"$work/groups"
while IFS=$tab read -r group rounds title prepare ours theirs; do
    case $only in
    '  ' | *" $group "*) ;;
    *) continue ;;
    esac
    echo "bench: $group: $title" >&2
    round=0
    run_group
done <"$work/groups"

awk -F '\t' -v check="$check" -v only="$only" -v tsv="$out" -v load="$load" \
    -v took=$(($(date +%s) - begin)) -v cores="$(nproc)" \
    -f "$here/table.awk" file=groups "$work/groups" \
    file=rows "$folder/rows.tsv" file=notes "$work/notes" \
    file=lines "$work/lines"
