/* SPDX-License-Identifier: MIT
 * stream-dump: show any stream as JSON lines. */
#include "formats/io.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/jsonout.h"
#include "libcommon/io/output.h"

static struct {
    bool values, records_only, unchecked, first;
    uint64_t max_values;
    struct common_opts common;
} o = {.common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_FLAG(0, "values", &o.values,
             "print typed arrays as numbers instead of base64 (NaN is null)"),
    OPT_U64(0, "max-values", &o.max_values, 0, 1e15, "N",
            "with --values: print the first N numbers of each array, 0 = all",
            .unit = NUMBER_SI),
    OPT_FLAG('r', "records-only", &o.records_only,
             "omit the lines of headers and trailers"),
    OPT_FLAG(0, "unchecked", &o.unchecked,
             "also print records that break their schema or the order"),
    OPT_FLAG(0, "first", &o.first,
             "print the first record and exit without reading the rest"),
    OPT_COMMON(&o.common),
    OPT_END};

static const struct tool tool = {
    .name = "stream-dump",
    .purpose = "show any stream as JSON lines",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "dataset 1.x, arch 1.x, net 1.x, weights 1.x, trained 1.x, "
             "trace 1.x, result 1.x, surrogate 1.x, checkpoint 1.x, "
             "platform 1.x, plan 1.x",
    .stdin_is = "a stream of any kind",
    .stdout_is = "JSON, one line per header, record and trailer; stream-load "
                 "turns the lines back into the same stream",
    .example = "stream-dump -r archive.mpz | jq .accuracy",
    .text_output = true,
};

static int run(struct reader *in, struct output *out, struct err *e)
{
    struct jsonout_opts how = {o.values, (size_t)o.max_values};
    struct stream_event ev;
    struct record rec;
    struct buf line = {0};
    bool over = false;
    int rc = 0;

    while (!over && (rc = reader_next_item(in, &ev, &rec, e)) > 0) {
        bool record = ev.item == STREAM_RECORD;

        over = record && o.first;
        if (!record && o.records_only)
            continue;
        if (record && !o.unchecked && (rc = reader_decode(in, &rec, e)) < 0)
            break;
        buf_clear(&line);
        jsonout_object(&line, ev.bytes, ev.n, &how);
        buf_adds(&line, "\n");
        if ((rc = output_write(out, line.data, line.len, e)) < 0)
            break;
    }
    buf_free(&line);
    return rc < 0 ? rc : output_finish(out, e);
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    struct reader *in;
    struct output *out = NULL;
    struct err e;
    int rc = -1;

    tool_checked(&tool);
    in = reader_open(files.v, files.n, kinds_all, &e);
    if (in && o.unchecked)
        reader_any_order(in);
    if (in && (out = output_open(o.common.output, &e)))
        rc = run(in, out, &e);
    output_free(out);
    reader_close(in);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
