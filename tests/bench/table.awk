# SPDX-License-Identifier: MIT
# bench.sh's table, from four files: groups, rows, notes (group, side, skipped
# or failed, why) and lines (group, round, side, key, value).
/^#/ { next }
file == "groups" { group[++groups] = $1; title[$1] = $3 }
file == "rows" { row[++rows] = $0 }
file == "notes" {
    off[$1, $2] = 1
    note[$1] = note[$1] sprintf("    %s %s: %s\n", $2, $3, $4)
    if ($3 == "failed")
        bad = bad $1 ": " $2 " failed: " $4 "\n"
}
file == "lines" && $4 ~ /^=/ { fact($1, $3, $4, $5); next }
file == "lines" {
    value[$1, $3, $4, $2] = $5
    if ($2 > last[$1])
        last[$1] = $2
}

# Both sides have to say the same of their work.
function fact(g, side, key, v,    other) {
    other = side == "ours" ? "peer" : "ours"
    known[g, side, key] = v
    if ((g, other, key) in known && known[g, other, key] != v)
        differ[g] = sprintf("not the same work: %s is %s, the peer's %s",
            substr(key, 2), known[g, "ours", key], known[g, "peer", key])
}

function median(a, n,    i, j, t) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && a[j] < a[j - 1]; j--) {
            t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
        }
    return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

# Over the rounds of a group: the median of a key, "" for none.
function figure(g, side, key,    r, n, a) {
    for (r = 1; r <= last[g]; r++)
        if ((g, side, key, r) in value)
            a[++n] = value[g, side, key, r]
    return n ? median(a, n) : ""
}

# The median of each round's ratio, above 1 where ours is the better.
function ratio_of(g, key, side, versus, better,    r, n, a, x, y, t) {
    for (r = 1; r <= last[g]; r++)
        if ((g, "ours", key, r) in value && (g, side, versus, r) in value) {
            x = value[g, "ours", key, r]; y = value[g, side, versus, r]
            if (better == "less") { t = x; x = y; y = t }
            if (y > 0)
                a[++n] = x / y
        }
    return n ? median(a, n) : ""
}

function show(v) {
    if (v == "") return "-"
    if (v >= 1000) return sprintf("%.0f", v)
    if (v >= 100) return sprintf("%.1f", v)
    if (v >= 1) return sprintf("%.2f", v)
    return sprintf("%.3g", v)
}

# Fields: group key title unit better versus target floor.
function table_row(f,    g, side, versus, ours, theirs, ratio, limit, share,
                   mark) {
    g = f[1]; side = f[6] == "peer" ? "peer" : "ours"
    versus = f[6] == "peer" ? f[2] : f[6]
    ours = figure(g, "ours", f[2])
    if (versus != "-") {
        theirs = figure(g, side, versus)
        if (side == "ours" || !(g in differ))
            ratio = ratio_of(g, f[2], side, versus, f[5])
    }
    if (f[7] != "-" && ours != "") {
        if (versus != "-") share = ratio == "" ? "" : ratio / f[7]
        else share = f[5] == "less" ? f[7] / ours : ours / f[7]
    }
    limit = f[7] == "-" ? "" : f[7] (versus != "-" ? " x" : "")
    if (f[8] != "-") {
        if (ratio == "") unknown = unknown "  " f[2] "\n"
        else judged++
        if (ratio != "" && ratio < f[8] + 0) {
            mark = "  below its floor, " f[8]
            low = low sprintf("  %s: %s, floor %s\n", f[2], show(ratio), f[8])
        }
    }
    printf "  %-46s %-9s %9s %9s %7s %7s %6s%s\n", f[3], f[4], show(ours),
        show(theirs), show(ratio), limit == "" ? "-" : limit,
        share == "" ? "-" : sprintf("%.0f%%", 100 * share), mark
    printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", g, f[2],
        f[3], f[4], f[5], ours, f[6], theirs, ratio, f[7], f[8], share,
        last[g] >tsv
}

END {
    printf "group\tkey\ttitle\tunit\tbetter\tours\tversus\ttheirs\tratio" \
           "\ttarget\tfloor\tshare\trounds\n" >tsv
    printf "%-48s %-9s %9s %9s %7s %7s %6s\n", "", "", "ours", "peer",
        "ratio", "limit", "share"
    for (i = 1; i <= groups; i++) {
        g = group[i]
        if (only != "  " && !index(only, " " g " "))
            continue
        turns = last[g] > 1 ? " (medians of " last[g] " rounds)" : ""
        printf "%s%s\n%s", title[g], turns, note[g]
        if (g in differ) {
            printf "    %s\n", differ[g]
            bad = bad g ": " differ[g] "\n"
        }
        for (k = 1; k <= rows; k++) {
            split(row[k], f, "\t")
            if (f[1] == g && !((g, "ours") in off))
                table_row(f)
        }
    }
    printf "\n%d cores, load %s before it began, %d min %02d s; %s\n", cores,
        load, int(took / 60), took % 60, tsv
    if (load > 0.5 * cores)
        print "the machine was not idle: times are rough"
    if (bad != "")
        printf "could not be run:\n%s", bad
    if (check && unknown != "")
        printf "not judged, for want of a figure:\n%s", unknown
    if (check && low != "")
        printf "below their floors:\n%s", low
    else if (check)
        print judged " ratios have floors, none is below"
    exit bad != "" || (check && low != "")
}
