/* SPDX-License-Identifier: MIT
 * stream-cmp: compare the records of two streams, reals with a tolerance. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "formats/io.h"
#include "libcommon/base/log.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/output.h"
#include "tools/stream-cmp/compare.h"

static struct {
    double rtol, atol;
    bool header;
    struct common_opts common;
} o = {.common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_F64(0, "rtol", &o.rtol, 0, 1, "R",
            "relative tolerance: reals may differ by R times the larger one"),
    OPT_F64(0, "atol", &o.atol, 0, 1e300, "A",
            "absolute tolerance, added to the relative one"),
    OPT_FLAG(0, "header", &o.header,
             "compare headers and trailers, too: versions, provenance, "
             "inputs, digests"),
    OPT_COMMON(&o.common), OPT_END};

static const struct tool tool = {
    .name = "stream-cmp",
    .purpose = "compare two streams, reals with a tolerance",
    .rows = rows,
    .operands = "FILE [FILE]",
    .reads = "dataset 1.x, arch 1.x, net 1.x, weights 1.x, trained 1.x, "
             "trace 1.x, result 1.x, surrogate 1.x, checkpoint 1.x, "
             "platform 1.x, plan 1.x",
    .stdin_is = "the second stream, if only one is given",
    .stdout_is = "the first difference; nothing if the streams are equal "
                 "(status 0 = equal, 1 = different, more = error)",
    .example = "stream-cmp --rtol 1e-5 expected.mpz result.mpz",
    .text_output = true,
};

/* Read the next item to compare: a record, or with --header any item. */
static int next_item(struct reader *r, struct stream_event *ev, struct err *e)
{
    struct record rec;
    int rc;

    do
        rc = reader_next_item(r, ev, &rec, e);
    while (rc > 0 && ev->item != STREAM_RECORD && !o.header);
    return rc;
}

static const char *item_name(const struct stream_event *ev, char text[48])
{
    static const char *const names[] = {
        [STREAM_HEADER] = "header",
        [STREAM_TRAILER] = "trailer",
    };

    if (ev->item != STREAM_RECORD)
        return names[ev->item];
    snprintf(text, 48, "record %" PRIu64, ev->record);
    return text;
}

/* Returns 1 when the streams are the same, 0 when *where says how they differ,
 * or ERR_*. */
static int compare(struct reader *a, struct reader *b, struct buf *where,
                   struct err *e)
{
    struct compare_opts how = {o.rtol, o.atol};
    struct stream_event x, y;
    struct buf key = {0};
    char text[48], other[48];
    bool first = true, same;
    int more_a, more_b;

    for (;; first = false) {
        if ((more_a = next_item(a, &x, e)) < 0)
            return more_a;
        if ((more_b = next_item(b, &y, e)) < 0)
            return more_b;
        if (first && strcmp(reader_kind(a), reader_kind(b))) {
            buf_addf(where, "kind %s, kind %s", reader_kind(a), reader_kind(b));
            return 0;
        }
        if (!more_a && !more_b)
            return 1;
        if (more_a != more_b) {
            buf_addf(where, "the %s ends after %" PRIu64 " records",
                     more_a ? "second" : "first", more_a ? x.record : y.record);
            return 0;
        }
        same = x.item == y.item &&
               compare_objects(x.bytes, x.n, y.bytes, y.n, &how, &key);
        if (x.item != y.item)
            buf_addf(where, "a %s, a %s", item_name(&x, text),
                     item_name(&y, other));
        else if (!same)
            buf_addf(where, "%s: %s", item_name(&x, text), key.data);
        buf_free(&key);
        if (!same)
            return 0;
    }
}

/* Compare two streams and write the first difference.  Both streams are read to
 * their end, since damage behind the first difference is an error, too. */
static int run(struct reader *a, struct reader *b, const char *names[2],
               struct err *e)
{
    struct buf where = {0};
    struct output *out = output_open(o.common.output, e);
    int same, rc = -1;

    if (!out)
        return e->code;
    buf_addf(&where, "%s %s differ: ", names[0], names[1]);
    same = rc = compare(a, b, &where, e);
    if (same == 0 &&
        ((rc = reader_drain(a, e)) < 0 || (rc = reader_drain(b, e)) < 0))
        same = rc;
    /* Names, keys and values are whatever the streams have. */
    buf_mask(&where, 0);
    buf_adds(&where, "\n");
    if (same == 0 && log_level > 0)
        rc = output_write(out, where.data, where.len, e);
    if (rc >= 0)
        rc = output_finish(out, e);
    output_free(out);
    buf_free(&where);
    return rc < 0 ? rc : same;
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    char in_stdin[] = "-";
    char *paths[] = {files.n ? files.v[0] : in_stdin,
                     files.n > 1 ? files.v[1] : in_stdin};
    struct reader *a, *b = NULL;
    struct err e;
    int rc = -1, status;

    tool_checked(&tool);
    if (files.n < 1 || files.n > 2)
        tool_usage(&tool, "two streams are compared, not %zu", files.n);
    if (!strcmp(paths[0], "-") && !strcmp(paths[1], "-"))
        tool_usage(&tool, "only one of the streams can be stdin");
    a = reader_open(&paths[0], 1, kinds_all, &e);
    if (a && (b = reader_open(&paths[1], 1, kinds_all, &e)))
        rc = run(a, b, (const char *[]){paths[0], paths[1]}, &e);
    reader_close(a);
    reader_close(b);
    if (rc < 0)
        return tool_fail(&tool, &e);
    status = tool_done(&tool);
    return status == EXIT_DONE && rc == 0 ? EXIT_NO : status;
}
