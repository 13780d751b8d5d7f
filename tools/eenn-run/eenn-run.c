/* SPDX-License-Identifier: MIT
 * eenn-run: run trained networks on a split, every exit for every image or
 * really stopping at the exits. */
#include "formats/dataset.h"
#include "formats/policies.h"
#include "formats/trace.h"
#include "formats/trained.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/nn/kern/kernels.h"
#include "tools/eenn-run/running.h"

static struct {
    char *dataset, *policy;
    int split;
    bool baseline;
    uint64_t batch, repeat, threads;
    struct common_opts common;
} o = {.split = SPLIT_TEST,
       .batch = 128,
       .repeat = 1,
       .threads = 1,
       .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_PATH_REQUIRED('d', "dataset", &o.dataset, "FILE", "samples to run on"),
    OPT_ENUM(0, "split", &o.split, split_names, "SPLIT", "split to run on"),
    OPT_PATH(0, "policy", &o.policy, "FILE",
             "results or plans, with thresholds: stop each sample at its exit; "
             "default: compute every exit for every sample"),
    OPT_U64(0, "batch", &o.batch, 1, 4096, "N",
            "largest number of samples in a batch; 1 = one by one"),
    {.type = OPT_T_U64,
     .name = "repeat",
     .target = &o.repeat,
     .min = 1,
     .max = 1000,
     .arg = "N",
     .flags = OPT_NOPROV,
     .help = "run the split N times and report the shortest times"},
    {.type = OPT_T_FLAG,
     .name = "baseline",
     .target = &o.baseline,
     .flags = OPT_NOPROV,
     .help = "also time the network without early exits"},
    OPT_THREADS(&o.threads),
    OPT_COMMON(&o.common),
    OPT_END};

static const struct tool tool = {
    .name = "eenn-run",
    .purpose =
        "run trained networks on a data set, with or without early exits",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "trained 1.x, dataset 1.x, result 1.x, plan 1.x",
    .writes = {&kind_trace.id},
    .arithmetic = kernels_name,
    .stdin_is = "trained stream: networks with their weights",
    .stdout_is = "trace stream: the networks' outputs for every sample",
    .example = "eenn-run -d data.mpz --policy=result.mpz trained.mpz "
               "-o test.mpz",
};

/* Holds the inputs.  Images and policies are read whole; readers stay open for
 * their digests. */
struct run_inputs {
    struct reader *of[3]; /* trained, dataset, policy */
    size_t n;
    struct dataset data;
    struct policies policies;
};

static int read_inputs(struct run_inputs *in, struct operands files,
                       struct err *e)
{
    static const struct kind *const trained[] = {&kind_trained, NULL};

    in->n = o.policy ? 3 : 2;
    if (!(in->of[1] = dataset_open(o.dataset, e)) ||
        dataset_read(in->of[1], 1u << o.split, &in->data, e) < 0)
        return e->code;
    if (o.policy &&
        (!(in->of[2] = reader_open(&o.policy, 1, policy_kinds, e)) ||
         policies_read(in->of[2], &in->policies, e) < 0))
        return e->code;
    in->of[0] = reader_open(files.v, files.n, trained, e);
    return in->of[0] ? 0 : e->code;
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    struct run_inputs in = {0};
    struct progress p;
    struct run_job job = {.data = &in.data,
                          .split = o.split,
                          .batch = o.batch,
                          .threads = (int)o.threads,
                          .policies = o.policy ? &in.policies : NULL,
                          .repeat = o.repeat,
                          .baseline = o.baseline,
                          .progress = &p};
    struct writer *w = NULL;
    struct err e;
    if (o.baseline && !o.policy)
        tool_usage(&tool, "--baseline needs a --policy to compare with");
    tool_checked(&tool);
    progress_start(&p, "samples", 0, o.common.progress);
    bool done = read_inputs(&in, files, &e) == 0 &&
                (w = writer_open(o.common.output, &kind_trace, &wo, &e)) &&
                run_stream(in.of[0], w, &job, &e) == 0 &&
                writer_finish(w, in.of, in.n, &e) == 0;
    progress_end(&p);
    writer_free(w);
    for (size_t i = 0; i < in.n; i++)
        reader_close(in.of[i]);
    dataset_fini(&in.data);
    policies_free(&in.policies);
    return done ? tool_done(&tool) : tool_fail(&tool, &e);
}
