#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# make install and uninstall, the script nachos, and the completion.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

build=$(basename "$(dirname "$BIN")")
into() { # into TARGET: from another folder, into ./root/usr
    make -s -C "$TOP" "$1" B="build/$build" "DESTDIR=$T/root" PREFIX=/usr
}
below() { # what stands below a folder
    (cd "$1" && find . | sort)
}
mkdir -p root/usr/bin root/usr/share/man/man1
echo mine >root/usr/bin/mine
echo mine >root/usr/share/man/man1/mine.1
below root >before
expect 0 'install' into install-files
below root >first
expect 0 'install again' into install-files
below root >second
same first second 'and the same is there'
for tool in "$BIN"/*; do
    tool=${tool##*/}
    case $tool in nachos) continue ;; esac
    for file in "bin/$tool" "share/man/man1/$tool.1" \
        "share/bash-completion/completions/$tool"; do
        [ -r "root/usr/$file" ] || echo "$file"
    done
done >missing
holds 'every tool has program, page and completion' test ! -s missing
holds 'scripts can be run' sh -c '
    for f in root/usr/share/nachos/pipelines/*.sh root/usr/bin/*; do
        case $f in */mine) ;; *) [ -x "$f" ] || exit 1 ;; esac
    done'

# ---- nachos ----

PATH=/usr/bin:/bin
nachos=$T/root/usr/bin/nachos
expect 0 'the list' "$nachos"
sed -nE 's/^  ([a-z0-9-]+) +.*/\1/p' "$OUT" | sort >named
for tool in "$BIN"/*; do echo "${tool##*/}"; done | grep -vx nachos >tools
holds 'names every tool' test -z "$(comm -13 named tools)"
contains "$OUT" '  ofa-sample      draw designs from a search space' 'and its purpose'
contains "$OUT" '  cifar10  ' 'and the presets'
contains "$OUT" "  images          Pictures of one's own" 'with their purpose'
expect 0 'a tool by it' "$nachos" ofa-sample -n 1 -o arch.mpz
expect 0 'gives its status and output' "$nachos" stream-check arch.mpz
expect 3 'and an error' "$nachos" stream-check "$nachos"
expect 0 'version' "$nachos" --version
holds 'is one line' grep -qx 'nachos [0-9.]*' "$OUT"
expect 0 'through a link' sh -c 'ln -s root/usr/bin/nachos n && ./n stream-check arch.mpz'
mkdir -p tree/build/release tree/tools
cp "$TOP/tools/nachos" tree/tools/
ln -s "$BIN" tree/build/release/bin
expect 0 'from the source tree' tree/tools/nachos --version
expect 2 'no such tool' "$nachos" rm -f arch.mpz
expect 2 'no such option' "$nachos" -x
expect 2 'no such preset' "$nachos" make no-such-preset
expect 2 'no preset' "$nachos" make
expect 2 'a makefile that is a part of the presets' "$nachos" make goals OUT=run1
contains "$ERR" "there is no preset 'goals'" 'is none'
cp root/usr/bin/nachos alone
PATH=$T/root/usr/bin:$PATH expect 0 'a tool in PATH' ./alone stream-check arch.mpz
echo 'all: ; @echo $(BIN) $(OUT)' >mine.mk
expect 0 'make of a preset' "$nachos" make ./mine.mk OUT=run1
holds 'knows where the tools are' grep -qx "$T/root/usr/bin run1" "$OUT"

# ---- completion ----

cat >complete.sh <<'END'
. root/usr/share/bash-completion/completions/nachos
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_nachos
printf '%s\n' "${COMPREPLY[@]}"
END
completes() { # completes WHAT WANTED WORD...
    completes_what=$1 wanted=$2
    shift 2
    bash --norc complete.sh "$@" >found 2>&1
    printf '%s\n' "$wanted" | tr ' ' '\n' >want
    same want found "$completes_what"
}
completes 'an option' --max-macs= thresh-tune --max-m
completes 'a flag, and what is against it' '--nesterov' eenn-train --nest
completes 'the flag against' '--no-nesterov' eenn-train --no-nest
completes 'choices' 'max-softmax margin' thresh-tune --rule = m
completes 'all choices' 'sequential paper' thresh-tune --cost =
completes 'a choice behind a letter' arch.mpz ofa-sample -o arch
completes 'a built-in recipe' inherited eenn-train --recipe = inh
completes 'an operand' arch.mpz stream-check arch
completes 'a tool of nachos' 'stream-check stream-cmp' nachos stream-c
completes 'its option' --max-exits= nachos ofa-sample --max
completes 'a preset' cifar10 nachos make ci
completes 'all presets' 'augment-cifar10 augment-ecg augment-speech augment cifar10 demo-augment demo headline images nachos network' nachos make ''

# ---- uninstall ----

echo mine >root/usr/share/nachos/pipelines/mine.mk
expect 0 'uninstall' into uninstall
below root >after
{ cat before; printf '%s\n' ./usr/share/nachos ./usr/share/nachos/pipelines \
    ./usr/share/nachos/pipelines/mine.mk; } | sort >want
same want after 'leaves what is the user'\''s'
holds 'with its content' test "$(cat root/usr/bin/mine)" = mine
expect_loose 2 'nothing is installed any more' into uninstall
rm root/usr/share/nachos/pipelines/mine.mk
rm -r root/usr/share/nachos
printf '644 %s share/nachos/one\n644 no-such-file share/nachos/two\n' "$TOP/README.md" |
    TMPDIR=$T "$TOP/tools/install.sh" install root/usr 2>/dev/null
holds 'an installation that fails' test -e root/usr/share/nachos/one
expect_loose 0 'is uninstalled as far as it went' "$TOP/tools/install.sh" uninstall root/usr
below root >after
same before after 'and nothing of it is left'
holds 'nor a file of its own' test -z "$(find . -maxdepth 1 -name 'tmp.*')"
into install-files && into uninstall
below root >after
same before after 'without it, nothing is left'

finish
