# SPDX-License-Identifier: MIT
# Whether citations resolve: decisions, equations and pages of nachos.  Names
# FILE:LINE: WHAT for each that does not.  The variables decisions, equations
# and pages hold what there is, with blanks around each word: " D1 D2 ",
# " 3 5 ", " nachos-net(5) ".  mawk and gawk both take it.
#
# Equations and pages are looked for in whole lines, decisions in whole lines of
# other files but only in comments of C, where D1 may be a name.  mdoc's macro
# .D1 is none of them.

function say(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
}

# The text of the comments in a line of C.
function comments_of(s,    out) {
    out = ""
    while (s != "") {
        if (in_comment) {
            if (!match(s, /\*\//))
                return out s
            out = out substr(s, 1, RSTART - 1) " "
            s = substr(s, RSTART + 2)
            in_comment = 0
        } else {
            if (!match(s, /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\/\*|\/\//))
                return out
            if (substr(s, RSTART, 2) == "//")
                return out substr(s, RSTART + 2)
            in_comment = substr(s, RSTART, 2) == "/*"
            s = substr(s, RSTART + RLENGTH)
        }
    }
    return out
}

FNR == 1 {
    in_comment = 0
    is_c = FILENAME ~ /\.[ch]$/
    is_page = FILENAME ~ /\.[1-9]$/
}

{
    line = $0
    if (is_page) {
        sub(/^\.D1 /, "", line)
        gsub(/\\&/, "", line)
    }
    text = is_c ? comments_of(line) : line
    decisions_in(text)
    equations_in(line)
    pages_in(line)
}

function decisions_in(s,    n, i, word) {
    n = split(s, word, /[^A-Za-z0-9_]+/)
    for (i = 1; i <= n; i++)
        if (word[i] ~ /^D[0-9][0-9]?$/ && \
            !index(decisions, " " word[i] " "))
            say(word[i] " is no decision of man/nachos-method.7")
}

# Eq. 6, Eq.6, Eqs. 6 and 7, Eq. 6-7.
function equations_in(s,    list, number) {
    while (match(s, /Eqs?\. *[0-9]+((-|, | and | or | to )[0-9]+)*/)) {
        list = substr(s, RSTART, RLENGTH)
        s = substr(s, RSTART + RLENGTH)
        while (match(list, /[0-9]+/)) {
            number = substr(list, RSTART, RLENGTH)
            list = substr(list, RSTART + RLENGTH)
            if (!index(equations, " " number " "))
                say("Eq. " number " is no equation of man/nachos-method.7")
        }
    }
}

# .Xr nachos-net 5, nachos-net(5).
function pages_in(s,    part, page) {
    if (is_page && s ~ /Xr nachos/) {
        page = s
        sub(/.*Xr /, "", page)
        split(page, part, " ")
        page_is(part[1] "(" part[2] ")")
    }
    while (match(s, /(^|[^A-Za-z0-9_\/.-])nachos(-[a-z0-9-]+)?\([1-9]\)/)) {
        page = substr(s, RSTART, RLENGTH)
        s = substr(s, RSTART + RLENGTH)
        sub(/^[^n]/, "", page)
        page_is(page)
    }
}

function page_is(page) {
    if (!index(pages, " " page " "))
        say("there is no page " page)
}
