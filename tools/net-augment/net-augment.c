/* SPDX-License-Identifier: MIT
 * net-augment: give networks an early exit wherever one can stand. */
#include <stdlib.h>
#include <string.h>

#include "formats/trained.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/output.h"
#include "tools/net-augment/augmenting.h"

enum { HEAD_BRANCH }; /* --head: this, or a row of exit_heads behind it */
static const char *head_names[EXIT_HEADS + 2];

#define SIDE 4 /* what --pool and --max-branch are by default */
#define MOST 0.01

static struct {
    uint64_t first, side, seed;
    int head;
    double most;
    char *at;
    bool list;
    struct common_opts common;
} o = {
    .side = SIDE,
    .most = MOST,
    .seed = 1,
    .common = COMMON_OPTS_INIT,
};

static const struct opt rows[] = {
    OPT_U64(0, "first", &o.first, 0, NET_MAX_LAYERS, "N",
            "first position that gets an exit, counted from 0"),
    OPT_STR(0, "at", &o.at, "LAYER,...",
            "only the layers with these names get exits"),
    OPT_ENUM(0, "head", &o.head, head_names, "HEAD",
             "heads of the exits: branch, a small copy of the final head, or "
             "one of those that searches use"),
    OPT_U64(0, "pool", &o.side, 1, NET_MAX_SIDE, "S",
            "a branch pools its map to SxS pixels, fewer where it would cost "
            "too much"),
    OPT_F64(0, "max-branch", &o.most, 0, 1, "P",
            "most MACs of a branch as a share of the backbone's",
            .unit = NUMBER_SHARE),
    OPT_SEED(&o.seed),
    OPT_FLAG(0, "list", &o.list,
             "print the positions with their costs as tab-separated values "
             "instead of writing networks"),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "net-augment",
    .purpose = "give networks an early exit wherever one can stand",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "net 1.x, trained 1.x",
    .writes = {&kind_net.id, &kind_trained.id},
    .stdin_is = "net or trained streams: networks",
    .stdout_is = "a stream of the same kind: the networks with their exits; "
                 "with --list text",
    .example = "net-augment trained.mpz -o exits.mpz",
    .text_if = &o.list,
};

/* Set names to those of a list with commas between, sorted, each once; *text
 * becomes what they are joined to. */
static void read_names(char **text, struct strs *names, struct buf *joined)
{
    char *copy = xstrdup(*text);
    size_t cap = 0, kept = 0;

    for (char *at = copy, *end = copy; end; at = end + 1) {
        if ((end = strchr(at, ',')))
            *end = '\0';
        if (!*at)
            tool_usage(&tool, "--at: '%.100s' has an empty name", *text);
        GROW(names->v, names->n, cap);
        names->v[names->n++] = at;
        if (!end)
            break;
    }
    qsort(names->v, names->n, sizeof *names->v, order_strings);
    for (size_t i = 0; i < names->n; i++)
        if (!i || strcmp(names->v[i], names->v[kept - 1]) != 0)
            names->v[kept++] = names->v[i];
    names->n = kept;
    for (size_t i = 0; i < kept; i++)
        buf_addf(joined, "%s%s", i ? "," : "", names->v[i]);
    *text = joined->data;
}

int main(int argc, char **argv)
{
    static const struct kind *const accepted[] = {&kind_net, &kind_trained,
                                                  NULL};
    struct augment_job job = {0};
    struct buf joined = {0}, list = {0};
    struct strs at = {0};
    struct operands in;
    struct err e;
    int rc;

    head_names[HEAD_BRANCH] = "branch";
    for (int i = 0; i < EXIT_HEADS; i++)
        head_names[HEAD_BRANCH + 1 + i] = exit_heads[i].name;
    in = tool_start(&tool, argc, argv);
    if (o.at)
        read_names(&o.at, &at, &joined);
    if (o.list && o.common.output)
        tool_usage(&tool, "--list takes no -o");
    if (o.head != HEAD_BRANCH && (o.side != SIDE || o.most != MOST))
        tool_usage(&tool, "--pool and --max-branch are for --head=branch");
    tool_checked(&tool);
    job = (struct augment_job){
        .candidates = {.branch = {.side = (int64_t)o.side, .most = o.most},
                       .first = (size_t)o.first,
                       .at = &at},
        .seed = o.seed,
        .output = o.common.output,
        .writer = {.tool = &tool, .level = (int)o.common.level},
        .list = o.list ? &list : NULL,
    };
    if (o.head != HEAD_BRANCH)
        job.candidates.branch.head = &exit_heads[o.head - 1];

    struct reader *r = reader_open(in.v, in.n, accepted, &e);
    struct writer *w = NULL;
    rc = r ? augment_run(r, &job, &w, &e) : e.code;
    if (rc == 0 && w)
        rc = writer_finish(w, &r, 1, &e);
    if (rc == 0 && o.list)
        rc = output_put(o.common.output, list.data, list.len, &e);
    writer_free(w);
    reader_close(r);
    buf_free(&joined);
    buf_free(&list);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
