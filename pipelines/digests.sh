# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by driver.sh: what files hold, by digests that are kept in
# OUT/params/digests, a line DIGEST INODE SIZE MTIME CTIME PATH for each file
# that was read, so that a large data set is read again only when it may have
# changed.  A path in OUT begins with `$OUT', unexpanded, so that a folder that
# was moved, or copied without its times, is known again.

# places, of the driver, sets $folders and $files to what the pipeline makes; others
# that lie in OUT are not its business.

# shellcheck disable=SC2016
in_out='$OUT/'
declare -A digest_was=() stat_was=()    # by path; stat: INODE SIZE MTIME CTIME
digests_load() {
    local digest inode size mtime ctime path
    [ -e "$OUT/params/digests" ] || return 0
    while read -r digest inode size mtime ctime path; do
        path=${path/#"$in_out"/"$OUT/"}
        digest_was[$path]=$digest
        stat_was[$path]="$inode $size $mtime $ctime"
    done <"$OUT/params/digests"
}

digests_save() {
    local path
    if_changed "$OUT/params/digests" "$(for path in "${!digest_was[@]}"; do
        [ ! -e "$path" ] || echo "${digest_was[$path]} ${stat_was[$path]} ${path/#"$OUT/"/"$in_out"}"
    done | sort -k 6)"
}

# The digest of a file, in $digest.  A run looks at each of them once.
declare -A looked_at=()
digest_of() {
    local now
    if [ -z "${looked_at[$1]-}" ]; then
        now=$(stat -L -c '%i %s %.9Y %.9Z' "$1")
        if [ "${stat_was[$1]-}" != "$now" ]; then
            digest=$(b2sum -l 128 <"$1")
            digest_was[$1]=${digest%% *} stat_was[$1]=$now
        fi
        looked_at[$1]=yes
    fi
    digest=${digest_was[$1]}
}

# What was looked at, for same_inputs of common.sh.
note_inputs() {
    local path
    for path in "${!looked_at[@]}"; do
        echo "${digest_was[$path]}  $path"
    done >"$OUT/tmp/inputs"
}

# digests NAME=FILE..: lines NAME=DIGEST, added to $lines.
digests() {
    local word digest
    for word; do
        digest_of "${word#*=}"
        lines+="${word%%=*}=$digest"$'\n'
    done
}

# files OPTION..: the same of files that options name, as --NAME=FILE or FILE.
files() {
    local word
    for word; do
        [ ! -f "${word#--*=}" ] || digests "$word"
    done
}

# Files to be looked at; of reports of the supernet's training none is made again.
files_there() {
    local folders files path paths=()
    places
    for path in "${folders[@]}" "${files[@]}"; do
        [ ! -e "$path" ] || paths+=("$path")
    done
    find "${paths[@]}" -type f ! -name '.*' ! -path "$OUT/params/digests" \
        ! -path "$OUT/supernet/*.report" \
        -printf '%i %s %T@ %C@ %p\n'
}

# Removes temporary files that a killed tool left beside its output, .NAME. and hex
# digits (libcommon/io/tempfile.c).
remove_leftovers() {
    local folders files path file name left
    places
    mapfile -t left < <(find "${folders[@]}" -type f -regextype posix-extended \
        -regex '.*/[.][^/]+[.][0-9a-f]{4,}')
    for path in "${files[@]}"; do
        name=${path%/*}/.${path##*/}.
        for file in "$name"*; do
            [[ ! ${file#"$name"} =~ ^[0-9a-f]{4,}$ ]] || left+=("$file")
        done
    done
    [ ${#left[@]} = 0 ] || rm -f "${left[@]}"
}

# They are looked at: $1 is `check' at the start, when one that is damaged is named
# and removed, and so made again, or `note' at the end.  A file that was only
# touched gets its time back, since its content is what counts; a time in the
# future would let make start over and over.  What is known is written down at the
# start, too: when a search that has made a file anew is killed, and the next one makes
# it as it was before, that file is not taken for one that was only touched.
digests_of_all() {
    local path inode size mtime ctime now keep text new=() stats=() sums=() i digest
    printf -v now '%(%s)T'
    while read -r inode size mtime ctime path; do
        mtime=${mtime::-1} ctime=${ctime::-1}       # nanoseconds
        [[ ${stat_was[$path]-} != "$inode $size $mtime $ctime" || ${mtime%.*} -gt $now ]] ||
            continue
        new+=("$path")
        stats+=("$inode $size $mtime $ctime")
    done < <(files_there)
    [ ${#new[@]} -gt 0 ] || return 0
    text=$(b2sum -l 128 "${new[@]}")
    mapfile -t sums <<<"$text"
    for i in "${!new[@]}"; do
        path=${new[i]} digest=${sums[i]%% *}
        if [ "$1" = check ]; then
            read -r _ _ mtime _ <<<"${stats[i]}"
            keep=$mtime
            if [ "${digest_was[$path]-}" = "$digest" ]; then
                read -r _ _ keep _ <<<"${stat_was[$path]}"
            elif damaged "$path"; then
                rm "$path"
                continue
            fi
            ((${keep%.*} <= now)) || keep=$now
            if [ "$keep" != "$mtime" ]; then
                touch -d "@$keep" "$path"
                stats[i]=$(stat -c '%i %s %.9Y %.9Z' "$path")
            fi
        fi
        digest_was[$path]=$digest stat_was[$path]=${stats[i]}
    done
    digests_save
}

# Says what is wrong with a file; status 1 when nothing is.
damaged() {
    local why text status=0
    case $1 in
    *.mpz)
        why=$(stream-check -q "$1" 2>&1 >/dev/null) || status=$?
        [ "$status" != 0 ] || return 1
        # Memory that ran out, or a signal, says nothing of the file.
        [ "$status" = 3 ] || refuse "$1: the file cannot be checked: ${why:-status $status}" ;;
    *)
        # The reference is empty when no objective needs one.
        [[ -s $1 || $1 != */reference ]] || return 1
        text_of "$1"
        # SLOTS is the last line of slots.mk; an earlier version wrote it first.
        [[ $text = *$'\n' && ( $1 != */slots.mk || $text = *'SLOTS :='* ) ]] && return 1
        why="$1: the file is incomplete"
        [ -s "$1" ] || why="$1: the file is empty" ;;
    esac
    why=${why#stream-check: }
    [ "$1" != "$DATA" ] || refuse "$why; remove the file, or give another DATA"
    case $1 in
    */trained/* | */checkpoints/*) warn "$why; the file is removed, and made again when a training needs it" ;;
    *) warn "$why; the file is made again" ;;
    esac
}
