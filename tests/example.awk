# SPDX-License-Identifier: MIT
# The examples of a header as functions, to be compiled behind it
# (libcommon/README.md says how one is written).

# Example (PARAMETERS):  the list may go on in the next lines
/^ \* Example( \(|:)/ {
    params = $0
    while (params !~ /:$/ && (getline next_line) > 0)
        params = params " " substr(next_line, 4)
    sub(/^ \* Example */, "", params)
    sub(/:$/, "", params)
    if (params == "")
        params = "(void)"
    if (inside)
        print "}"
    printf "int example_%d%s\n{\n#line %d \"%s\"\n", ++n, params, FNR + 1, FILENAME
    inside = 1
    next
}

# Its lines stand four blanks further in than the text; an empty one may stand
# between them.
inside && /^ \*(     |$)/ {
    sub(/^ \*/, "")
    sub(/ *\*\/$/, "")
    print
    next
}

inside {
    print "}"
    inside = 0
}

END {
    if (inside)
        print "}"
}
