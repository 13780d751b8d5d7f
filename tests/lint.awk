# SPDX-License-Identifier: MIT
# The rules of tests/lint.sh for C files, which it names as arguments: prints
# FILE:LINE: WHAT.  mawk and gawk both take it.
#
# Every line is looked at twice: as it stands (raw), and without comments and
# with empty strings (text), where most rules look.

function say(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
}

function say_at(where, what) {
    print where ": " what
}

# A table of lines "NAME: WORDS", or of words alone.
function table(out, lines,    n, i, line, part) {
    n = split(lines, line, "\n")
    for (i = 1; i <= n; i++)
        if (split(line[i], part, ": *") && part[1] != "")
            out[part[1]] = " " part[2] " "
}

function words(out, list,    n, i, word) {
    n = split(list, word)
    for (i = 1; i <= n; i++)
        out[word[i]] = 1
}

# libcommon/nn/graph/net.h -> nn/graph; formats/net.h -> formats; tools/T/x.c
# -> tools.
function room_of(path) {
    if (path ~ /^tools\//)
        return "tools"
    sub(/\/[^\/]*$/, "", path)
    sub(/^libcommon\//, "", path)
    return path
}

# ---- the tables ----

BEGIN {
    # What each room may include, besides itself.
    table(edges, \
        "base:\n" \
        "io: base\n" \
        "picture: base io\n" \
        "sound: base io\n" \
        "cli: base io\n" \
        "stats: base\n" \
        "nn/graph: base\n" \
        "nn/kern: base nn/graph nn/kern/simd\n" \
        "nn/kern/simd: nn/graph nn/kern\n" \
        "nn/engine: base nn/graph nn/kern\n" \
        "nn/data: base sound nn/graph nn/kern\n" \
        "nn/exits: base nn/graph nn/data\n" \
        "nn/train: base nn/graph nn/kern nn/engine nn/data\n" \
        "nn/run: base nn/graph nn/engine nn/data nn/exits nn/train\n" \
        "space: base io nn/graph\n" \
        "surrogate: base stats nn/kern space\n" \
        "search: base stats nn/exits space\n" \
        "nn/policy: base stats nn/exits nn/graph search\n" \
        "platform: base nn/graph nn/exits search\n" \
        "mapping: base stats nn/graph nn/exits nn/policy platform search\n" \
        "formats: base cli io sound nn/graph nn/data nn/exits nn/train nn/run" \
        " space surrogate search platform\n" \
        "tools: base io picture sound cli stats nn/graph nn/kern nn/engine" \
        " nn/data nn/exits nn/train nn/run space surrogate search nn/policy" \
        " platform mapping formats")

    # Tools that design and judge, and never see an engine.
    words(without_engine, "thresh-tune eenn-report nsga2-step")

    # Who may ask which operator, node or activation it is: what sorts a
    # supernet's channels.
    words(asks_op, "tools/ofa-train/channels.c")

    forbidden = "strcpy strcat strncat sprintf vsprintf strtok atoi atol" \
        " atoll atof gets rand srand random drand48 localtime gmtime ctime" \
        " asctime alloca mktemp tmpnam tempnam system popen scanf sscanf fscanf"
    words(is_forbidden, forbidden)
    words(is_alloc, "malloc calloc realloc strdup strndup")
    words(is_print, "exit _exit printf puts perror fprintf")
    words(is_stdio, "FILE stdin stdout stderr argv")

    # Words that once meant something in this tree alone; the field's are
    # prefetch, epilogue, im2col, poison, pack, matmul, snapshot, report.
    banned = "^(fetch|spoil|product|carry|carried|tell)_" \
        "|^(spoil|spoiled|patches|carried|lay_out|laid_out|ask_ahead)$" \
        "|^given_(for|apply|larger|fini)$"
}

# ---- a line's text ----

# $0 without comments, strings and characters emptied.
function text_of(s) {
    gsub(/\\["'\\]/, "", s)
    gsub(/'[^']*'/, "''", s)
    if (!in_comment)
        gsub(/"[^"]*"/, "\"\"", s)
    if (in_comment) {
        if (!match(s, /\*\//))
            return ""
        s = substr(s, RSTART + 2)
        in_comment = 0
    }
    gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, " ", s)
    sub(/\/\/.*/, "", s)
    if (match(s, /\/\*/)) {
        s = substr(s, 1, RSTART - 1)
        in_comment = 1
    }
    return s
}

FNR == 1 {
    if (last_file != "")
        end_of_file()
    last_file = FILENAME
    path = FILENAME
    is_code = path !~ /^tests\//
    is_header = path ~ /\.h$/
    room = room_of(path)
    tool = main_file = ""
    if (path ~ /^tools\//) {
        split(path, part, "/")
        tool = part[2]
        main_file = path == "tools/" tool "/" tool ".c"
    }
    if (is_code) {
        base_name = path
        sub(/.*\//, "", base_name)
        if (room != "formats") {
            if (base_name in file_named)
                say(base_name ": more than one file of this name")
            file_named[base_name] = 1
        }
        if (!(room in edges))
            say("room " room " is not in the table of tests/lint.awk")
    }
    in_comment = depth = 0
    head = ""
    spdx = 0
}

FNR <= 3 && /SPDX-License-Identifier: MIT/ { spdx = 1 }

function end_of_file() {
    if (!spdx)
        say_at(last_file ":1", "no SPDX line")
    if (is_code && last_line > 500)
        say_at(last_file ":" last_line, "file of more than 500 lines")
}

{ last_line = FNR; text = text_of($0) }

/\t/ { say("tab") }
/[ \t]$/ { say("trailing blank") }
!is_code { next }
length($0) > 100 { say("more than 100 columns") }

# ---- words ----

{
    n = split(text, word, /[^A-Za-z0-9_]+/)
    rest = text
    for (i = 1; i <= n; i++) {
        w = word[i]
        if (w == "")
            continue
        at = index(rest, w)
        rest = substr(rest, at + length(w))
        one_word(w, substr(rest, 1, 1) == "(")
    }
}

function one_word(w, called) {
    if (w ~ banned)
        say("banned word: " w)
    if (called && w in is_forbidden)
        say("forbidden function: " w)
    if (called && w in is_alloc && path != "libcommon/base/mem.c")
        say("use the x... functions of base/mem.h, not " w)
    if (called && w in is_print && tool == "" && room != "cli" \
        && path !~ /^libcommon\/base\/(log|mem)\.c$/)
        say("the library neither prints nor exits: " w)
    if (tool != "" && !main_file && (w in is_stdio \
        || (called && (w == "exit" || w == "printf"))))
        say("algorithm files see no FILE, stdout, exit(): " w)
}

# ---- includes ----

/^#include "/ {
    split($0, part, "\"")
    to = part[2]
    includes[path] = includes[path] " " to
    include_line[path, to] = FNR
    to_room = room_of(to)
    if (room == "tools" && to ~ /^tools\//) {
        if (to !~ "^tools/" tool "/")
            say("includes another tool: " to)
    } else if (to_room != room && index(edges[room], " " to_room " ") == 0) {
        say("room " room " may not include room " to_room)
    }
}

# ---- operators, windows ----

(text ~ /(case|[!=]=) *(\([a-z_ ]+\) *)?(OP_|NODE_|ACT_)[A-Z]/ \
 || text ~ /(^|[^A-Za-z0-9_])(OP_|NODE_|ACT_)[A-Z0-9_]+ *[!=]=/) \
    && !(path in asks_op) {
    say("asks which operator it is: a row of a table should say it")
}

# 2 * pad, pad * 2, pad + pad, of members and elements too.
(text ~ /(^|[^A-Za-z0-9_.])2 *\* *([A-Za-z0-9_]+(->|\.))*pad/ \
 || text ~ /(^|[^A-Za-z0-9_])pad[A-Za-z0-9_.>\[\]-]* *\* *2([^A-Za-z0-9_.]|$)/ \
 || text ~ /(^|[^A-Za-z0-9_])pad[A-Za-z0-9_.>\[\]-]* *[+] *([A-Za-z0-9_]+(->|\.))*pad/) \
    && path != "libcommon/nn/graph/window.h" {
    say("window arithmetic outside libcommon/nn/graph/window.h")
}

# ---- names ----

# Outermost declarations and definitions: `head' gathers the text of one, up to
# its ; or {.
function take_head(ends,    h, n, i, part, name, is_static) {
    h = head
    head = ""
    gsub(/(PRINTF|__attribute__) *\(\(?[^()]*(\([^()]*\))?[^()]*\)?\)/, " ", h)
    gsub(/(MUST_CHECK|NORETURN|UNUSED|_Noreturn)/, " ", h)
    if (h ~ /^[ ]*(typedef|#)/ || h ~ /^ *$/)
        return
    is_static = h ~ /(^|[^A-Za-z0-9_])static([^A-Za-z0-9_]|$)/
    if (h ~ /(^|[^A-Za-z0-9_])extern([^A-Za-z0-9_]|$)/) {
        if (is_header && path ~ /^libcommon\// && room != "nn/kern/simd")
            declare_variables(h)
        return
    }
    if (match(h, /\(\*[A-Za-z0-9_]+\) *\(/)) {      # a pointer to a function
        name = substr(h, RSTART + 2)
        sub(/\).*/, "", name)
        is_defined[name] = 1
        return
    }
    if (match(h, /TYPED\([a-z_]*\)/)) {     # matmul_body.h, compiled twice
        name = substr(h, RSTART + 6, RLENGTH - 7)
        is_defined[name "_f32"] = is_defined[name "_f64"] = 1
        return
    }
    if (match(h, /[A-Za-z_][A-Za-z0-9_]* *\(/) \
        && substr(h, 1, RSTART - 1) !~ /[=(\[]/) {
        name = substr(h, RSTART, RLENGTH)
        sub(/ *\($/, "", name)
        if (ends == "{")
            define(name, is_static)
        else if (ends == ";" && is_header && path ~ /^libcommon\// && \
                 !is_static && name !~ /^[A-Z0-9_]+$/)  # a list of declarations
            declared[name] = path ":" head_line
        return
    }
    if (path !~ /^libcommon\//)
        return
    sub(/=.*/, "", h)
    gsub(/\[[^]]*\]/, "", h)
    n = split(h, part, ",")
    for (i = 1; i <= n; i++)
        is_defined[last_name(part[i])] = 1
}

function last_name(h) {
    sub(/ *$/, "", h)
    return match(h, /[A-Za-z_][A-Za-z0-9_]*$/) ? substr(h, RSTART) : ""
}

function declare_variables(h,    n, i, part) {
    gsub(/\[[^]]*\]/, "", h)
    if (match(h, /\(\*[A-Za-z0-9_]+\)/)) {
        declared[substr(h, RSTART + 2, RLENGTH - 3)] = path ":" head_line
        return
    }
    n = split(h, part, ",")
    for (i = 1; i <= n; i++)
        declared[last_name(part[i])] = path ":" head_line
}

# A function.  Files of kern/simd are templates, whose names carry the set of
# instructions they are compiled for.
function define(name, is_static) {
    if (path ~ /^libcommon\//)
        is_defined[name] = 1
    if (is_static || name == "main" || room == "nn/kern/simd")
        return
    if (name in defined)
        say_at(path ":" head_line, "public function " name \
               " stands twice, see " defined[name])
    else
        defined[name] = path ":" head_line
}

{
    line = text
    if (match(line, /(struct|enum|union) [A-Za-z0-9_]+ *\{/))
        take_tag(substr(line, RSTART, RLENGTH))
    if (line ~ /^ *#/ || continued) {
        continued = line ~ /\\$/
        next
    }
    scan(line)
}

function take_tag(tag,    part) {
    sub(/ *\{$/, "", tag)
    split(tag, part, " ")
    if (part[2] in tag_at)
        say(tag " stands twice, see " tag_at[part[2]])
    else
        tag_at[part[2]] = path ":" FNR
}

function scan(line,    c, at) {
    while (match(line, /[{};]/)) {
        at = RSTART
        c = substr(line, at, 1)
        if (depth == 0) {
            add_head(substr(line, 1, at - 1))
            if (c == "{" && head ~ /=/) {
                take_head("=")
                in_value = 1
            } else if (c != "}") {
                take_head(c)
            }
        }
        if (c == "{")
            depth++
        if (c == "}" && depth > 0)
            depth--
        line = substr(line, at + 1)
    }
    if (depth == 0)
        add_head(line)
}

function add_head(s) {
    if (head ~ /^ *$/)
        head_line = FNR
    head = head " " s
}

# ---- the whole tree ----

# The first include of `from' on a way to nn/engine, or "".
function way_to_engine(from,    n, i, to, next_file) {
    if (from in reaches)
        return reaches[from]
    reaches[from] = ""
    n = split(includes[from], next_file)
    for (i = 1; i <= n; i++) {
        to = next_file[i]
        if (to ~ /^libcommon\/nn\/engine\// || way_to_engine(to) != "") {
            reaches[from] = to
            break
        }
    }
    return reaches[from]
}

END {
    if (last_file != "")
        end_of_file()
    for (name in declared)
        if (!(name in is_defined))
            say_at(declared[name], name " is declared in libcommon and not" \
                   " defined there")
    for (from in includes) {
        split(from, part, "/")
        if (part[1] != "tools" || !(part[2] in without_engine))
            continue
        to = way_to_engine(from)
        if (to != "")
            say_at(from ":" include_line[from, to], part[2] \
                   " must not see nn/engine, which comes with " to)
    }
}
