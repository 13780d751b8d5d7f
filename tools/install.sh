#!/bin/sh
# SPDX-License-Identifier: MIT
# Put files below a folder, or remove again just what was put there.
#
#     tools/install.sh install FOLDER <LIST    lines MODE SOURCE TARGET, or
#                                              link NAME TARGET for a symlink
#     tools/install.sh uninstall FOLDER
#
# FOLDER/share/nachos/installed lists what was put there: files, and the folders
# that had to be made.  One that fails half-way is in the list as far as it went.
# An installation over an older one removes what the new one no longer has.
set -eu
what=$1 to=$2
manifest=$to/share/nachos/installed

# Put a line into the list of this installation, and into the one that stands there.
note() {
    echo "$1" >>"$new"
    [ ! -f "$manifest" ] || echo "$1" >>"$manifest"
}

# Make a folder below $to.
make_folder() {
    [ -d "$to/$1" ] && return
    case $1 in */*) make_folder "${1%/*}" ;; esac
    mkdir "$to/$1"
    note "folder $1"
}

put() { # put MODE SOURCE TARGET
    make_folder "${3%/*}"
    note "file $3"
    rm -f "$to/$3"
    case $1 in
    link) ln -s "$2" "$to/$3" ;;
    *) install -m "$1" "$2" "$to/$3" ;;
    esac
}

# Remove the files of stdin that are not in the list $1.
remove_others() {
    sed -n 's/^file //p' | while read -r name; do
        grep -qxF "file $name" "$1" || rm -f "$to/$name"
    done
}

case $what in
install)
    mkdir -p "$to"
    new=$(mktemp)
    trap 'rm -f "$new" "$manifest.new"' EXIT
    trap 'exit 1' HUP INT TERM
    make_folder share/nachos
    cat "$new" >>"$manifest"
    while read -r mode source target; do
        [ -z "$mode" ] || put "$mode" "$source" "$target"
    done
    remove_others "$new" <"$manifest"
    grep '^folder ' "$manifest" >>"$new" || true
    sort -u "$new" >"$manifest.new"
    chmod 644 "$manifest.new"
    mv "$manifest.new" "$manifest" ;;
uninstall)
    if [ ! -f "$manifest" ]; then
        echo "uninstall: nothing is installed in $to (no $manifest)" >&2
        exit 2
    fi
    remove_others /dev/null <"$manifest"
    # Folders inside others come first.
    sed -n 's/^folder //p' "$manifest" | sort -ru >"$manifest.folders"
    rm "$manifest"
    folders=$(cat "$manifest.folders")
    rm "$manifest.folders"
    for folder in $folders; do
        rmdir "$to/$folder" 2>/dev/null || true
    done ;;
esac
