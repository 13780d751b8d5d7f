/* SPDX-License-Identifier: MIT
 * thresh-tune: thresholds of early exits under limits on accuracy and MACs,
 * from the traces of trained networks. */
#include <math.h>

#include "formats/io.h"
#include "formats/result.h"
#include "formats/trained.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "tools/thresh-tune/tuning.h"

static struct {
    int rule;
    double max_macs, min_accuracy, first_floor;
    struct common_opts common;
} o = { .rule = HALT_CUMULATIVE, .max_macs = NAN, .min_accuracy = NAN,
        .first_floor = NAN, .common = COMMON_OPTS_INIT };

static const struct opt rows[] = {
    OPT_F64_NIL(0, "max-macs", &o.max_macs, 1, 1e15, "M",
                "limit on the average cost of a sample"),
    OPT_F64_NIL(0, "min-accuracy", &o.min_accuracy, 0, 1, "A",
                "limit on the share of right answers"),
    OPT_ENUM(0, "rule", &o.rule, halt_rule_names, "RULE",
             "halting rule: cumulative 1-prod(1-c), or eq8, the local score"),
    OPT_F64_NIL(0, "first-floor", &o.first_floor, 0, 1, "T",
                "lowest threshold of the first exit in the grid (0.7 in the "
                "published tables)"),
    OPT_COMMON(&o.common), OPT_END };

static const struct tool tool = {
    .name = "thresh-tune",
    .purpose = "find the thresholds of early exits under two limits",
    .rows = rows, .operands = "[FILE...]",
    .reads = "trained 1.x, trace 1.x", .writes = "result 1.1",
    .stdin_is = "trained or trace: networks and what they said",
    .stdout_is = "result: one per network, in the same order",
    .example = "thresh-tune --max-macs=2.7e6 --min-accuracy=0.65 "
               "trained.mpz -o result.mpz",
};

int main(int argc, char **argv)
{
    static const struct kind *const accept[] = {
        &kind_trained, &kind_trace, NULL
    };
    struct operands in = tool_start(&tool, argc, argv);
    struct writer_opts wo = { .tool = &tool, .level = (int)o.common.level };
    struct tune_opts how = {
        .rule = &halt_rules[o.rule],
        .limits = { o.min_accuracy, o.max_macs },
        .first_floor = o.first_floor,
    };
    struct err e;
    struct writer *w = NULL;
    struct reader *r = reader_open(in.v, in.n, accept, &e);
    bool done = r &&
                (w = writer_open(o.common.output, &kind_result, &wo, &e)) &&
                tuning_run(r, w, &how, &e) == 0 &&
                writer_finish(w, &r, 1, &e) == 0;
    writer_free(w);
    reader_close(r);
    return done ? tool_done(&tool) : tool_fail(&tool, &e);
}
