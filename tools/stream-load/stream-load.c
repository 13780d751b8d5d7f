/* SPDX-License-Identifier: MIT
 * stream-load: make a stream from JSON lines: a dump, edited or not, or records
 * from anywhere. */
#include "formats/arch.h"
#include "formats/checkpoint.h"
#include "formats/dataset.h"
#include "formats/net.h"
#include "formats/plan.h"
#include "formats/platform.h"
#include "formats/result.h"
#include "formats/surrogate.h"
#include "formats/trace.h"
#include "formats/trained.h"
#include "formats/weights.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "tools/stream-load/jsonlines.h"
#include "tools/stream-load/loader.h"

static struct {
    char *kind;
    bool skip_unknown, any_order;
    struct common_opts common;
} o = {.common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_STR('k', "kind", &o.kind, "KIND",
            "kind of the records, if the input has no header line"),
    OPT_FLAG(
        0, "skip-unknown", &o.skip_unknown,
        "drop keys that the schema does not have instead of refusing them"),
    OPT_FLAG(0, "any-order", &o.any_order,
             "keep the order of the input even if it is not valid, for tests"),
    OPT_COMMON(&o.common), OPT_END};

static const struct tool tool = {
    .name = "stream-load",
    .purpose = "make a stream from JSON lines",
    .rows = rows,
    .operands = "[FILE...]",
    .writes = {&kind_dataset.id, &kind_arch.id, &kind_net.id, &kind_weights.id,
               &kind_trained.id, &kind_trace.id, &kind_result.id,
               &kind_surrogate.id, &kind_checkpoint.id, &kind_platform.id,
               &kind_plan.id},
    .stdin_is = "JSON objects, as printed by stream-dump; with --kind, records "
                "only",
    .stdout_is = "a stream of the kind named by the header line or --kind",
    .example = "stream-load --kind result mine.json -o archive.mpz",
};

static int run(struct jsonlines *in, struct loader *l, struct err *e)
{
    const char *text;
    size_t n;
    int rc;

    while ((rc = jsonlines_next(in, &text, &n, e)) > 0)
        if (loader_line(l, text, n, e) < 0)
            return e->code == ERR_FORMAT ? jsonlines_fail(in, e) : e->code;
    if (rc == 0 && loader_finish(l, e) < 0)
        return e->code == ERR_FORMAT ? jsonlines_fail(in, e) : e->code;
    return rc;
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    struct loader_opts how = {
        .skip_unknown = o.skip_unknown,
        .any_order = o.any_order,
        .header = {.tool = &tool, .level = (int)o.common.level},
    };
    struct jsonlines *in;
    struct stream_writer *out;
    struct err e;
    int rc = -1;

    if (o.kind && !(how.kind = kind_find(o.kind)))
        tool_usage(&tool, "there is no kind '%s'", o.kind);
    tool_checked(&tool);
    in = jsonlines_open(files.v, files.n);
    out = stream_writer_open(o.common.output, 1, &e); /* loader.c sets the
                                                         * level */
    if (out) {
        struct loader *l = loader_new(out, &how);

        rc = run(in, l, &e);
        if (rc == 0)
            rc = stream_writer_finish(out, NULL, 0, &e);
        loader_free(l);
    }
    stream_writer_free(out);
    jsonlines_close(in);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
