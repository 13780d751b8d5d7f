# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by search.sh: what files hold, by digests that are kept in
# OUT/params/digests, a line DIGEST INODE SIZE MTIME CTIME PATH for each file
# that was read, so that a large data set is read again only when it may have
# changed.
# shellcheck disable=SC2154  # here, tmp: of search.sh

folders=("$OUT"/it-[0-9]*/ "$OUT"/{params,trained,final,supernet,checkpoints}/)
files=("$OUT"/{supernet,archive,front}.mpz "$OUT"/{supernet,report}.txt
    "$OUT"/{front,hypervolume}.svg "$OUT/reference")

declare -A digest_was=() stat_was=()    # by path; stat: INODE SIZE MTIME CTIME
digests_load() {
    local digest inode size mtime ctime path
    [ -e "$OUT/params/digests" ] || return 0
    while read -r digest inode size mtime ctime path; do
        digest_was[$path]=$digest
        stat_was[$path]="$inode $size $mtime $ctime"
    done <"$OUT/params/digests"
}

digests_save() {
    local path
    for path in "${!digest_was[@]}"; do
        [[ ! -e $path || $path = "$tmp"/* ]] || echo "${digest_was[$path]} ${stat_was[$path]} $path"
    done | sort -k 6 | "$here/if-changed.sh" "$OUT/params/digests"
}

# The digest of a file, in $digest.
digest_of() {
    local now
    now=$(stat -L -c '%i %s %.9Y %.9Z' "$1")
    if [ "${stat_was[$1]-}" != "$now" ]; then
        digest=$(b2sum -l 128 <"$1")
        digest_was[$1]=${digest%% *} stat_was[$1]=$now
    fi
    digest=${digest_was[$1]}
}

# digests NAME=FILE..: lines NAME=DIGEST.
digests() {
    local word
    for word; do
        digest_of "${word#*=}"
        echo "${word%%=*}=$digest"
    done
}

# files OPTION..: the same of files that options name, as --NAME=FILE or FILE.
files() {
    local word
    for word; do
        [ ! -f "${word#--*=}" ] || digests "$word"
    done
}

# The files of the search; others that lie in OUT are not its business.
files_there() {
    local path paths=()
    for path in "${folders[@]}" "$DATA" "${files[@]}"; do
        [[ ! -e $path || $path != "$OUT"/* ]] || paths+=("$path")
    done
    find "${paths[@]}" -type f ! -name '.*' ! -path "$OUT/params/digests" \
        -printf '%i %s %T@ %C@ %p\n' | sed -E 's/(\.[0-9]{9})0 /\1 /g'
}

# Temporary files that a killed tool left beside its output.
leftovers() {
    local path
    find "${folders[@]}" -type f -name '.*.??????'
    for path in "$DATA" "${files[@]}"; do
        [[ $path != "$OUT"/* ]] || find "$OUT" -maxdepth 1 -type f -name ".${path##*/}.??????"
    done
}

# They are looked at: $1 is `check' at the start, when one that is damaged is named
# and removed, and so made again, or `note' at the end.  A file that was only
# touched gets its time back, since its content is what counts; a time in the
# future would let make start over and over.  What is known is written down at the
# start, too: a file that a search makes and that is killed, and another search
# makes as it was before, is none that was only touched.
digests_of_all() {
    local path inode size mtime ctime now new=() sums=() i digest
    now=$(date +%s)
    while read -r inode size mtime ctime path; do
        [[ ${stat_was[$path]-} = "$inode $size $mtime $ctime" && ${mtime%.*} -le $now ]] ||
            new+=("$path")
    done < <(files_there)
    [ ${#new[@]} -gt 0 ] || return 0
    mapfile -t sums < <(b2sum -l 128 "${new[@]}" | cut -d' ' -f1)
    for i in "${!new[@]}"; do
        path=${new[i]} digest=${sums[i]}
        if [ "$1" = check ]; then
            if [ "${digest_was[$path]-}" = "$digest" ]; then
                read -r inode size mtime ctime <<<"${stat_was[$path]}"
                touch -d "@$mtime" "$path"
            elif damaged "$path"; then
                rm "$path"
                continue
            fi
            [ "$(stat -c %Y "$path")" -le "$now" ] || touch "$path"
        fi
        digest_was[$path]=$digest
        stat_was[$path]=$(stat -c '%i %s %.9Y %.9Z' "$path")
    done
    digests_save
}

# Says what is wrong with a file; status 1 when nothing is.
damaged() {
    local why
    case $1 in
    *.mpz) ! why=$(stream-check -q "$1" 2>&1 >/dev/null) || return 1 ;;
    */reference) return 1 ;;        # without objectives that need one
    *.design)
        [ "$(wc -w <"$1")" != 3 ] || return 1
        why="$1: is not ARCH GENOME KEY" ;;
    */slots.mk)
        ! { head -n 1 "$1" | grep -q '^SLOTS :=' && tail -c 1 "$1" | cmp -s - <(echo); } || return 1
        why="$1: is not whole" ;;
    *)
        [ ! -s "$1" ] || return 1
        why="$1: is empty" ;;
    esac
    why=${why#stream-check: }
    [ "$1" != "$DATA" ] || refuse "$why; remove it, or give another DATA"
    say "$why; it is made again"
}
