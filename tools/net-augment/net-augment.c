/* SPDX-License-Identifier: MIT
 * net-augment: give networks an early exit wherever one can stand. */
#include <math.h>
#include <string.h>

#include "formats/plan.h"
#include "formats/platform.h"
#include "formats/policies.h"
#include "formats/trained.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/namelist.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/output.h"
#include "tools/net-augment/augmenting.h"

#define BRANCH "branch" /* --head: this, or a head of the table */

#define SIDE 4 /* what --pool and --max-branch are by default */
#define MOST 0.01

static struct {
    uint64_t first, side, seed;
    double most;
    char *head, *at, *keep, *platform, *costs;
    double max_latency;
    int precision;
    bool list;
    struct common_opts common;
} o = {
    .head = (char *)BRANCH,
    .side = SIDE,
    .most = MOST,
    .max_latency = NAN,
    .precision = PRECISION_INT8,
    .seed = 1,
    .common = COMMON_OPTS_INIT,
};

static const struct opt rows[] = {
    OPT_U64(0, "first", &o.first, 0, NET_MAX_LAYERS, "N",
            "first position that gets an exit, counted from 0"),
    OPT_STR(0, "exits", &o.at, "LAYER,...",
            "only the layers with these names get exits"),
    OPT_STR(0, "head", &o.head, "HEAD[:WIDTH]",
            "heads of the exits: branch, a small copy of the final head, or "
            "one of gap, mix, dw, conv, exitblock, static, fc"),
    OPT_U64(0, "pool", &o.side, 1, NET_MAX_SIDE, "S",
            "a branch pools its map to SxS pixels, fewer where it would cost "
            "too much"),
    OPT_F64(0, "max-branch", &o.most, 0, 1, "P",
            "most MACs of a branch as a share of the backbone's",
            .unit = NUMBER_SHARE),
    OPT_SEED(&o.seed),
    OPT_HEADING("Platform"),
    OPT_PATH(0, "platform", &o.platform, "FILE",
             "platform stream: leave out exits that its processors have no "
             "room for"),
    OPT_ENUM(0, "precision", &o.precision, precision_names, "PRECISION",
             "numbers that the platform computes with"),
    OPT_PATH(0, "costs", &o.costs, "FILE",
             "costs that were measured on the platform, in place of its rates"),
    OPT_F64_NIL(0, "max-latency", &o.max_latency, 0, 1e9, "S",
                "leave out exits with which the network cannot be through "
                "within so many seconds"),
    OPT_HEADING("Plan"),
    OPT_PATH(0, "keep", &o.keep, "PLAN",
             "plan stream: leave the network only those of its exits that the "
             "best plan has, and add none"),
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
    .reads = "net 1.x, trained 1.x, platform 1.x, plan 1.x",
    .writes = {&kind_net.id, &kind_trained.id},
    .stdin_is = "net or trained streams: networks",
    .stdout_is = "a stream of the same kind: the networks with their exits; "
                 "with --list text",
    .example = "net-augment trained.mpz -o exits.mpz",
    .text_if = &o.list,
};

/* What the options name. */
struct augment_inputs {
    struct reader *nets, *plan;
    struct platform_input on;
    struct policies plans;
};

static int open_inputs(struct augment_inputs *x, struct augment_job *job,
                       const struct operands *in, struct err *e)
{
    static const struct kind *const nets[] = {&kind_net, &kind_trained, NULL},
                                    *const plan[] = {&kind_plan, NULL};

    if (o.platform) {
        if (platform_read(&x->on, o.platform, o.costs, e) < 0)
            return e->code;
        job->fit.platform = &x->on.platform;
        job->fit.costs = x->on.costs;
    }
    if (o.keep) {
        if (!(x->plan = reader_open(&o.keep, 1, plan, e)) ||
            policies_read(x->plan, &x->plans, e) < 0)
            return e->code;
        job->keep = &x->plans;
    }
    return (x->nets = reader_open(in->v, in->n, nets, e)) ? 0 : e->code;
}

static int run(const struct augment_job *job, const struct operands *in,
               struct err *e)
{
    struct augment_inputs x = {0};
    struct augment_job whole = *job;
    struct writer *w = NULL;
    struct reader *inputs[3];
    size_t n = 1;
    int rc = open_inputs(&x, &whole, in, e);

    if (rc == 0)
        rc = augment_run(x.nets, &whole, &w, e);
    inputs[0] = x.nets;
    if (x.on.reader)
        inputs[n++] = x.on.reader;
    if (x.plan)
        inputs[n++] = x.plan;
    if (rc == 0 && w)
        rc = writer_finish(w, inputs, n, e);
    if (rc == 0 && job->list)
        rc = output_put(o.common.output, job->list->data, job->list->len, e);
    writer_free(w);
    reader_close(x.nets);
    reader_close(x.plan);
    platform_input_free(&x.on);
    policies_free(&x.plans);
    return rc;
}

/* Refuse options that have nothing to say beside others. */
static void check_options(const struct head_choice *head)
{
    bool branches = o.side != SIDE || o.most != MOST;

    if (o.list && o.common.output)
        tool_usage(&tool, "--list takes no -o");
    if (head->head && branches)
        tool_usage(&tool, "--pool and --max-branch are for --head=branch");
    if (o.keep &&
        (head->head || branches || o.first || o.at || o.platform || o.list))
        tool_usage(&tool,
                   "--keep adds no exits: leave out --first, --exits, --head, "
                   "--pool, --max-branch, --platform and --list");
    /* Like a file that is required, a platform may be missing with --params. */
    if (!o.platform && !o.common.params &&
        (o.costs || !isnan(o.max_latency) || o.precision != PRECISION_INT8))
        tool_usage(&tool,
                   "--precision, --costs and --max-latency need --platform");
}

int main(int argc, char **argv)
{
    struct augment_job job = {0};
    struct buf list = {0};
    struct namelist at = {0};
    struct head_choice head = {0};
    struct buf head_spelt = {0};
    struct operands in;
    struct err e;
    int rc;

    in = tool_start(&tool, argc, argv);
    if (namelist_read(&at, "--exits", &o.at, &e) < 0)
        tool_usage(&tool, "%s", e.text);
    if (strcmp(o.head, BRANCH) != 0) {
        if (head_parse(o.head, &head, &e) < 0)
            tool_usage(&tool, "--head: %s, and branch", e.text);
        head_text(&head, &head_spelt);
        o.head = head_spelt.data;
    }
    check_options(&head);
    tool_checked(&tool);
    job = (struct augment_job){
        .candidates = {.branch = {.head = head,
                                  .side = (int64_t)o.side,
                                  .most = o.most},
                       .first = (size_t)o.first,
                       .at = &at.names},
        .fit = {.precision = o.precision, .max_latency = o.max_latency},
        .seed = o.seed,
        .output = o.common.output,
        .writer = {.tool = &tool, .level = (int)o.common.level},
        .list = o.list ? &list : NULL,
    };
    rc = run(&job, &in, &e);
    namelist_free(&at);
    buf_free(&list);
    buf_free(&head_spelt);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
