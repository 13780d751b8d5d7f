/* SPDX-License-Identifier: MIT
 * net-zoo: write a network designed by hand. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "formats/io.h"
#include "formats/net.h"
#include "libcommon/base/buf.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "tools/net-zoo/zoo.h"

static struct {
    const char *network, *input, *exits, *head;
    uint64_t res, classes;
    double width;
    bool list;
    struct common_opts common;
} o = {.width = 1, .exits = "none", .head = "gap", .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_FLAG(0, "list", &o.list,
             "print the networks with input, classes, MACs and parameters as "
             "text instead of writing a network"),
    OPT_OPERAND("network", &o.network),
    OPT_STR(0, "input", &o.input, "HxWxC",
            "height, width and channels of a "
            "sample; default: those the network was designed for"),
    OPT_U64_NOPROV(0, "res", &o.res, 0, NET_MAX_SIDE, "N",
                   "height and width of a square image (0 = those the network "
                   "was designed for)"),
    OPT_U64(0, "classes", &o.classes, 0, NET_MAX_CHANNELS - 1, "N",
            "number of classes (0 = that the network was designed for)"),
    OPT_F64(0, "width", &o.width, 0.05, 10, "R",
            "width multiplier: factor on channels and hidden units"),
    OPT_STR(0, "exits", &o.exits, "none|all|BLOCKS",
            "early exits: none, behind all blocks, or behind the blocks and "
            "stages with these names"),
    OPT_STR(
        0, "head", &o.head, "HEAD[:WIDTH]",
        "heads of early exits: gap, mix, dw, conv, exitblock, static or fc"),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "net-zoo",
    .purpose = "write a network designed by hand",
    .rows = rows,
    .operands = "NAME",
    .writes = {&kind_net.id},
    .stdout_is = "net stream of one network; with --list text",
    .example = "net-zoo resnet20 -o net.mpz",
    .reads_no_stdin = true,
    .text_if = &o.list,
};

static void put_size(struct buf *out, const int64_t *input)
{
    buf_addf(out, "%" PRId64 "x%" PRId64 "x%" PRId64, input[0], input[1],
             input[2]);
}

/* ---- --list ---- */

static int list(const struct operands *in, struct err *e)
{
    struct arena a = {0};
    int rc = 0;

    if (o.common.output || in->n)
        tool_usage(&tool, "--list takes neither NAME nor -o");
    tool_checked(&tool);
    for (const struct zoo_net *z = zoo_nets; rc == 0 && z->name; z++) {
        struct zoo_opts opts = zoo_defaults(z);
        struct buf size = {0};
        struct net net;

        arena_reset(&a);
        put_size(&size, z->input);
        if ((rc = zoo_make(z, &opts, &a, &net, e)) == 0)
            printf("%-11s %9s %5" PRId64 " %9" PRId64 " %7" PRId64 "  %s\n",
                   z->name, size.data, net.classes, net_exit_at(&net, 0)->gamma,
                   net.params, z->about);
        buf_free(&size);
    }
    arena_free(&a);
    return rc;
}

/* ---- one network ---- */

/* Set *z and *opts from the operand and the options, or end with a usage
 * error. */
static void choose(const struct operands *in, struct zoo_net *z,
                   struct zoo_opts *opts)
{
    struct err e;

    if (!in->n) {
        tool_checked(&tool); /* --params asks for no network */
        tool_usage(&tool, "the name of a network is missing; see --list");
    }
    if (in->n > 1)
        tool_usage(&tool, "'%s' is one operand too many", in->v[1]);
    if (!zoo_find(in->v[0], z)) {
        if (zoo_is_resnet(in->v[0]))
            tool_usage(&tool,
                       "there is no network '%.60s'; ResNets have 6n+2 layers, "
                       "%d to %d; see --list",
                       in->v[0], ZOO_RESNET_LEAST, ZOO_RESNET_MOST);
        tool_usage(&tool, "there is no network '%.60s'; see --list", in->v[0]);
    }
    *opts = zoo_defaults(z);
    if (o.input && o.res)
        tool_usage(&tool, "--res and --input both give the size of a sample");
    if (o.input && zoo_parse_input(o.input, opts->input, &e) < 0)
        tool_usage(&tool, "--input: %s", e.text);
    if (o.res && z->input[0] != z->input[1])
        tool_usage(&tool, "--res: %s is not for square images; use --input",
                   z->name);
    if (o.res)
        opts->input[0] = opts->input[1] = (int64_t)o.res;
    if (o.classes)
        opts->classes = (int64_t)o.classes;
    opts->width = o.width;
    if (zoo_parse_exits(z, o.exits, opts, &e) < 0)
        tool_usage(&tool, "--exits: %s", e.text);
    if (head_parse(o.head, &opts->head, &e) < 0)
        tool_usage(&tool, "--head: %s", e.text);
}

static int make(const struct operands *in, struct err *e)
{
    const struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    struct zoo_net z;
    struct zoo_opts opts;
    struct arena a = {0};
    struct buf size = {0}, exits = {0}, head = {0};
    struct writer *w = NULL;
    struct net net;
    int rc;

    choose(in, &z, &opts);
    rc = zoo_make(&z, &opts, &a, &net, e);

    /* Provenance shows the settled values: the network's own where no option
     * was given. */
    put_size(&size, opts.input);
    zoo_exits_text(&z, &opts, &exits);
    head_text(&opts.head, &head);
    o.network = z.name;
    o.input = size.data;
    o.exits = exits.data;
    o.head = head.data;
    o.classes = (uint64_t)opts.classes;
    if (rc == 0)
        tool_checked(&tool);
    if (rc == 0 && !(w = writer_open(o.common.output, &kind_net, &wo, e)))
        rc = e->code;
    if (rc == 0 && (rc = writer_put(w, &schema_net, &net, e)) == 0)
        rc = writer_finish(w, NULL, 0, e);
    writer_free(w);
    buf_free(&size);
    buf_free(&exits);
    buf_free(&head);
    arena_free(&a);
    return rc;
}

int main(int argc, char **argv)
{
    struct operands in = tool_start(&tool, argc, argv);
    struct err e;

    if ((o.list ? list(&in, &e) : make(&in, &e)) < 0)
        return tool_fail(&tool, &e);
    return tool_done(&tool);
}
