#!/bin/sh
# SPDX-License-Identifier: MIT
# Write bash's completion of `nachos' and of every tool to stdout, made of what
# TOOL --options says.
#
#     tools/completion.sh FOLDER TOOL...      the tools stand in FOLDER
#
# Presets are the makefiles of pipelines/ that include a pipeline, as in tools/nachos.
# What is written expands later.
# shellcheck disable=SC2016
set -eu
folder=$1
shift
presets=$(grep -El '^include .*MAKEFILE_LIST.*(search|augment|prologue)\.mk$' "${0%/*}"/../pipelines/*.mk |
    sed 's,.*/,,; s,\.mk$,,' | xargs)

echo '# bash completion of the tools of nachos, made of their --options.'
echo '_nachos_options() {'
echo '    case $1 in'
for tool; do
    "$folder/$tool" --options | awk -F '\t' -v tool="$tool" '
        NR == 1 { next }
        { words = words " --" $1 ($3 == "-" ? "" : "=") }
        $7 ~ /(^|,)no(,|$)/ { words = words " --no-" $1 }
        END { print "    " tool ") echo \"" substr(words, 2) "\" ;;" }'
done
echo '    esac'
echo '}'
echo '_nachos_values() {'
echo '    case $1:$2 in'
for tool; do
    "$folder/$tool" --options | awk -F '\t' -v tool="$tool" '
        NR == 1 || $3 == "-" { next }
        {
            words = $4 ~ /^(choice|set)$/ ? $5 : ""
            gsub(/,/, " ", words)
            name = tool ":--" $1
            if ($2 != "-") name = name " | " tool ":-" $2
            print "    " name ") echo " ($4 ~ /file|set/ ? "-f " : "") words " ;;"
        }' | sed 's/^\(.*\)) echo  ;;$/\1) echo - ;;/'
done
echo '    esac'
echo '}'
cat <<END
_nachos() {
    local tool=\${COMP_WORDS[0]##*/} word=\${COMP_WORDS[COMP_CWORD]}
    local option=\${COMP_WORDS[COMP_CWORD - 1]} words files=
    COMPREPLY=()
    if [ "\$tool" = nachos ]; then
        if [ "\$COMP_CWORD" = 1 ]; then
            mapfile -t COMPREPLY < <(compgen -W "make $*" -- "\$word")
            return
        fi
        tool=\${COMP_WORDS[1]}
        if [ "\$tool:\$COMP_CWORD" = make:2 ]; then
            mapfile -t COMPREPLY < <(compgen -W '$presets' -- "\$word")
            return
        fi
    fi
    # In "--name=word" each of the three parts is a word.
    [ "\$word" != = ] || word=
    [ "\$option" != = ] || option=\${COMP_WORDS[COMP_CWORD - 2]}
    words=\$(_nachos_values "\$tool" "\$option")
    case \$words in
    '') case \$word in -*) words=\$(_nachos_options "\$tool") ;; *) files=1 ;; esac ;;
    -) return ;; # a number or a text of the user's own
    -f*) files=1 words=\${words#-f} ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "\$words" -- "\$word"
        [ -z "\$files" ] || compgen -f -- "\$word")
    case \${COMPREPLY[*]-} in *=) compopt -o nospace 2>/dev/null ;; esac
    [ -z "\$files" ] || compopt -o filenames 2>/dev/null
    return 0
}
complete -F _nachos nachos $*
END
