#!/bin/sh
# SPDX-License-Identifier: MIT
# Put files below a folder, or remove again just what was put there.
#
#     tools/install.sh install FOLDER <LIST    lines MODE SOURCE TARGET, or
#                                              link NAME TARGET for a symlink
#     tools/install.sh uninstall FOLDER
#
# FOLDER/share/nachos/installed lists what was put there: files, and the folders
# that had to be made.  An installation over an older one removes what the new
# one no longer has.
set -eu
what=$1 to=$2
manifest=$to/share/nachos/installed

# Make a folder below $to, printing each one that was not there.
make_folder() {
    [ -d "$to/$1" ] && return
    case $1 in */*) make_folder "${1%/*}" ;; esac
    mkdir "$to/$1"
    echo "folder $1"
}

put() { # put MODE SOURCE TARGET
    make_folder "${3%/*}"
    rm -f "$to/$3"
    case $1 in
    link) ln -s "$2" "$to/$3" ;;
    *) install -m "$1" "$2" "$to/$3" ;;
    esac
    echo "file $3"
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
    trap 'rm -f "$new"' EXIT
    make_folder share/nachos >"$new"
    while read -r mode source target; do
        [ -z "$mode" ] || put "$mode" "$source" "$target" >>"$new"
    done
    if [ -f "$manifest" ]; then
        remove_others "$new" <"$manifest"
        grep '^folder ' "$manifest" >>"$new" || true
    fi
    sort -u "$new" >"$manifest"
    chmod 644 "$manifest" ;;
uninstall)
    if [ ! -f "$manifest" ]; then
        echo "uninstall: nothing is installed in $to (no $manifest)" >&2
        exit 2
    fi
    remove_others /dev/null <"$manifest"
    # Folders inside others come first.
    sed -n 's/^folder //p' "$manifest" | sort -r >"$manifest.folders"
    rm "$manifest"
    folders=$(cat "$manifest.folders")
    rm "$manifest.folders"
    for folder in $folders; do
        rmdir "$to/$folder" 2>/dev/null || true
    done ;;
esac
