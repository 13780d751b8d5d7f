/* SPDX-License-Identifier: MIT
 * stream-pick: pick items of a stream by index or id, or count them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "formats/ids.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/output.h"
#include "tools/stream-pick/picker.h"

static struct {
    struct strs indices, ids;
    char *ids_file;
    bool except, count;
    struct common_opts common;
} o = {.common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_STRS(
        'i', "index", &o.indices, "N",
        "select item N, counted from 0, items N-M, or all items N- from N on"),
    OPT_STRS(
        0, "id", &o.ids, "ID",
        "select items with this arch, net or recipe id, or its first digits (4 "
        "or more)"),
    OPT_PATH(0, "ids", &o.ids_file, "FILE",
             "select items whose ids occur in this stream, of any kind"),
    OPT_FLAG('x', "except", &o.except, "write the items that are not selected"),
    OPT_FLAG('c', "count", &o.count,
             "print the number of items instead of the items"),
    OPT_COMMON(&o.common),
    OPT_END};

static const struct tool tool = {
    .name = "stream-pick",
    .purpose = "pick items of a stream by index or id",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "dataset 1.x, arch 1.x, net 1.x, weights 1.x, trained 1.x, "
             "trace 1.x, result 1.x, surrogate 1.x, checkpoint 1.x, "
             "platform 1.x, plan 1.x",
    .writes_what_it_reads = true,
    .stdin_is = "a stream of any kind",
    .stdout_is = "a stream of the same kind with the selected items, in the "
                 "order of the input; with --count a number",
    .example = "stream-pick --index 2 archive.mpz | stream-check",
    .text_if = &o.count,
};

/* Write the wanted items, or with --count only count them in *picked. */
static int pick(struct reader *in, struct picker *p, struct writer **out,
                uint64_t *picked, struct err *e)
{
    struct writer_opts how = {.tool = &tool, .level = (int)o.common.level};
    struct stream_event ev;
    struct record rec;
    uint64_t items = 0;
    bool wanted = false;
    int rc;

    while ((rc = reader_next_item(in, &ev, &rec, e)) > 0) {
        if (!*out && !o.count) {
            /* The writer has the stream's kind; its minor version is no lower
             * than that of the records that pass through from a newer
             * writer. */
            struct kind kind = *kind_find(ev.kind);

            if (ev.minor > kind.id.minor)
                kind.id.minor = ev.minor;
            if (!(*out = writer_open(o.common.output, &kind, &how, e)))
                return e->code;
        }
        if (ev.item != STREAM_RECORD)
            continue;
        if (item_begins(&rec)) {
            wanted = picker_wants(p, &rec, items++) != o.except;
            *picked += wanted;
        }
        if (wanted && *out &&
            (rc = writer_put_raw(*out, rec.bytes, rec.n, e)) < 0)
            return rc;
    }
    if (rc == 0 && (rc = picker_check(p, items, e)) < 0)
        err_prefix(e, "%.200s", stream_reader_file(reader_stream(in)));
    return rc;
}

static int run(struct reader *in, struct picker *p, struct err *e)
{
    struct reader *inputs[2] = {in, NULL};
    struct writer *out = NULL;
    char count[24];
    uint64_t picked = 0;
    int rc = 0;

    if (o.ids_file) {
        inputs[1] = reader_open(&o.ids_file, 1, kinds_all, e);
        rc = inputs[1] ? picker_add_stream(p, inputs[1], e) : e->code;
    }
    if (rc == 0)
        rc = pick(in, p, &out, &picked, e);
    if (rc == 0 && !o.count)
        rc = writer_finish(out, inputs, inputs[1] ? 2 : 1, e);
    if (rc == 0 && o.count) {
        snprintf(count, sizeof count, "%" PRIu64 "\n", picked);
        rc = output_put(o.common.output, count, strlen(count), e);
    }
    writer_free(out);
    reader_close(inputs[1]);
    return rc;
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    struct picker *p = picker_new();
    struct reader *in = NULL;
    struct err e;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < o.indices.n; i++)
        rc = picker_add_range(p, &o.indices.v[i], &e);
    for (size_t i = 0; rc == 0 && i < o.ids.n; i++)
        rc = picker_add_id(p, o.ids.v[i], &e);
    if (rc < 0)
        tool_usage(&tool, "%s", e.text);
    tool_checked(&tool);
    in = reader_open(files.v, files.n, kinds_all, &e);
    rc = in ? run(in, p, &e) : e.code;
    reader_close(in);
    picker_free(p);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
