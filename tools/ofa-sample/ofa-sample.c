/* SPDX-License-Identifier: MIT
 * ofa-sample: draw genomes from a search space. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/arch.h"
#include "formats/io.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/textfile.h"
#include "libcommon/space/nettable.h"
#include "tools/ofa-sample/draw.h"

#define MAX_TEXT ((size_t)256 << 20)

static char default_space[] = "ofa-mbv3";

static struct {
    char *space, *genomes;
    uint64_t count, max_exits, seed;
    int64_t iteration;
    bool corners, info, table;
    struct common_opts common;
} o = {.space = default_space,
       .seed = 1,
       .iteration = -1,
       .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_STR('s', "space", &o.space, "SPEC|FILE",
            "search space: a spec such as "
            "ofa-mbv3:width=0.5,res=32,classes=10,exits=4, a file with a "
            "network table, FILE or FILE:res=49x10, or a gene table"),
    OPT_U64(0, "max-exits", &o.max_exits, 0, 63, "E",
            "places for early exits (0 = as in the spec)"),
    OPT_U64('n', "count", &o.count, 0, 1000000, "N",
            "number of designs in all (0 = the corners and the given "
            "designs, or else one)",
            .unit = NUMBER_SI),
    OPT_FLAG(0, "corners", &o.corners,
             "write the smallest and the largest design first"),
    OPT_PATH(0, "genomes", &o.genomes, "FILE",
             "text file with one design per line (- = stdin)"),
    OPT_SEED(&o.seed),
    OPT_I64(0, "iteration", &o.iteration, -1, 1000000000, "I",
            "iteration of a search, recorded in the designs (-1 = none)"),
    OPT_FLAG(0, "info", &o.info,
             "print the space's size, corners and gene table as text "
             "instead of designs"),
    OPT_FLAG(0, "table", &o.table,
             "print the network table that the space is made of instead of "
             "designs, to start a table of one's own from",
             .flags = OPT_PLAIN | OPT_NOPROV),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "ofa-sample",
    .purpose = "draw designs from a search space",
    .rows = rows,
    .operands = "[GENOME...]",
    .writes = {&kind_arch.id},
    .stdout_is = "arch stream; with --info and --table text",
    .example = "ofa-sample --corners -n 4 -o arch.mpz",
    .reads_no_stdin = true,
    .text_if = &o.info,
    .text_or = &o.table,
};

/* Open the space again with so many places of exits. */
static int change_exits(struct space **s, uint64_t exits, struct err *e)
{
    struct buf spec = {0};
    const char *old = (*s)->spec, *at = strstr(old, ",exits=");
    struct space *now;
    int rc;

    if (!at)
        return err_set(e, ERR_ARG, "--max-exits: space %.200s has no exits",
                       old);
    at += strlen(",exits=");
    buf_add(&spec, old, (size_t)(at - old));
    buf_addf(&spec, "%" PRIu64 "%s", exits, at + strspn(at, "0123456789"));
    rc = space_open_spec(spec.data, space_table(*s), &now, e);
    buf_free(&spec);
    if (rc < 0)
        return e->code = ERR_ARG;
    space_free(*s);
    *s = now;
    return 0;
}

static int open_space(struct space **s, struct err *e)
{
    int rc = space_open(o.space, s, e);

    if (rc < 0 || (o.max_exits && (rc = change_exits(s, o.max_exits, e)) < 0))
        return rc;
    o.space = (*s)->spec; /* provenance shows the final spec, */
    o.max_exits = 0;      /* which has it */
    return 0;
}

/* ---- --info ---- */

static void print_corner(const struct space *s, const char *name,
                         void (*corner)(const struct space *, int64_t *),
                         struct buf *out)
{
    struct ints genome = {xcalloc(s->genes.n, sizeof(int64_t)), s->genes.n};

    corner(s, genome.v);
    buf_addf(out, "# %s ", name);
    genome_print(&genome, out);
    buf_adds(out, "\n");
    free(genome.v);
}

/* Print the gene table with the space's size and corners as comments, so that
 * --space can read the output. */
static void print_info(const struct space *s)
{
    struct buf table = {0}, out = {0};
    uint64_t exact;
    double size = genes_log10_size(&s->genes, &exact);
    size_t first;

    genes_print(&s->genes, &table);
    first = strcspn(table.data, "\n") + 1;
    buf_add(&out, table.data, first);
    buf_addf(&out, "# space %s\n# genes %zu\n# size ", s->spec, s->genes.n);
    if (exact)
        buf_addf(&out, "%" PRIu64, exact);
    else
        buf_addf(&out, "%.4fe%.0f", pow(10, size - floor(size)), floor(size));
    buf_addf(&out, "\n# log10(size) %.17g\n", size);
    print_corner(s, "min", space_min_corner, &out);
    print_corner(s, "max", space_max_corner, &out);
    buf_adds(&out, table.data + first);
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    buf_free(&table);
}

/* Print the network table that the space is made of. */
static int print_table(const struct space *s, struct err *e)
{
    struct buf out = {0};

    if (!space_table(s))
        return err_set(e, ERR_ARG, "--table: %.200s is a gene table", s->spec);
    net_table_print(space_table(s), &out);
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return 0;
}

static int choose(struct genomes *set, const struct space *s,
                  const struct operands *in, struct err *e)
{
    size_t count = o.count;
    struct buf text = {0};
    int rc = 0;

    if (o.corners)
        draw_corners(set, s, count ? count : 2);
    for (size_t i = 0; i < in->n; i++)
        if (draw_given(set, s, in->v[i], e) < 0)
            return e->code = ERR_ARG;
    if (o.genomes) {
        rc = text_read(o.genomes, MAX_TEXT, &text, e);
        if (rc == 0 && (rc = draw_lines(set, s, text.data, text.len, e)) < 0)
            err_prefix(e, "%s", strcmp(o.genomes, "-") ? o.genomes : "stdin");
        buf_free(&text);
        if (rc < 0)
            return rc;
    }
    if (!count)
        count = set->n || o.genomes ? set->n : 1;
    if (set->n > count)
        return err_set(e, ERR_ARG, "%zu designs are given, more than -n %zu",
                       set->n, count);
    return draw_random(set, s, count, o.seed, e);
}

static int write_archs(struct writer *w, const struct space *s,
                       const struct genomes *set, struct err *e)
{
    struct ints genome = {xcalloc(s->genes.n, sizeof(int64_t)), s->genes.n};
    struct buf design = {0};
    char id[HASH_HEX];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < set->n; i++) {
        struct arch a = {
            .id = id,
            .space = s->spec,
            .genome = genome,
            .origin = {NIL_INT, NIL_INT},
            .predicted_accuracy = NAN,
            .predicted_macs = NAN,
        };

        memcpy(genome.v, genomes_at(set, i), genome.n * sizeof *genome.v);
        if (o.iteration >= 0)
            a.origin = (struct origin){o.iteration, (int64_t)i};
        space_arch_id(s, &genome, id);
        buf_clear(&design);
        space_describe(s, &genome, &design);
        a.design = design.data;
        rc = writer_put(w, &schema_arch, &a, e);
    }
    buf_free(&design);
    free(genome.v);
    return rc;
}

int main(int argc, char **argv)
{
    struct operands in = tool_start(&tool, argc, argv);
    struct writer_opts opts = {.tool = &tool, .level = (int)o.common.level};
    struct genomes set = {0};
    struct writer *w = NULL;
    struct space *s;
    struct err e;

    if (open_space(&s, &e) < 0)
        return tool_fail(&tool, &e);
    if ((o.info || o.table) && (o.common.output || in.n || o.genomes))
        tool_usage(&tool, "--%s takes neither designs nor -o",
                   o.info ? "info" : "table");
    if (o.info && o.table)
        tool_usage(&tool, "--info and --table: one of them");
    tool_checked(&tool);
    if (o.info || o.table) {
        if (o.info)
            print_info(s);
        else if (print_table(s, &e) < 0)
            return tool_fail(&tool, &e);
        space_free(s);
        return tool_done(&tool);
    }
    genomes_init(&set, s->genes.n);
    if (choose(&set, s, &in, &e) < 0 ||
        !(w = writer_open(o.common.output, &kind_arch, &opts, &e)) ||
        write_archs(w, s, &set, &e) < 0 || writer_finish(w, NULL, 0, &e) < 0) {
        writer_free(w);
        return tool_fail(&tool, &e);
    }
    writer_free(w);
    genomes_free(&set);
    space_free(s);
    return tool_done(&tool);
}
