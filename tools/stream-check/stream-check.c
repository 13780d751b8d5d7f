/* SPDX-License-Identifier: MIT
 * stream-check: check streams against their specification. */
#include <inttypes.h>

#include "libcommon/base/log.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/output.h"
#include "tools/stream-check/checker.h"
#include "tools/stream-check/schematable.h"

static struct {
    char *schema;
    struct common_opts common;
} o = {.common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_STR(0, "schema", &o.schema, "KIND",
            "print the key tables of KIND in Markdown, read no stream"),
    OPT_COMMON(&o.common), OPT_END};

static const struct tool tool = {
    .name = "stream-check",
    .purpose = "check streams against their specification",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "dataset 1.x, arch 1.x, net 1.x, weights 1.x, trained 1.x, "
             "trace 1.x, result 1.x, surrogate 1.x, checkpoint 1.x, "
             "platform 1.x, plan 1.x",
    .stdin_is = "a stream of any kind",
    .stdout_is = "one line per segment: file (if there are several), kind, "
                 "version, records, uncompressed bytes, digest",
    .example = "stream-check archive.mpz",
    .text_output = true,
    .no_stdin_if = &o.schema,
};

/* Check a file and append a line for each segment to *text.  With `named` the
 * line begins with the file's name. */
static int check_file(char *path, bool named, struct buf *text, struct err *e)
{
    struct reader *in = reader_open(&path, 1, kinds_all, e);
    struct checked_segment s;
    int rc;

    if (!in)
        return e->code;
    while ((rc = check_segment(in, &s, e)) > 0) {
        size_t line = text->len;

        buf_addf(text,
                 "%s%s%s %d.%d, %" PRIu64 " records, %" PRIu64
                 " bytes, digest %s",
                 named ? s.file : "", named ? ": " : "", s.kind, s.major,
                 s.minor, s.records, s.bytes, s.digest);
        buf_mask(text, line);
        buf_adds(text, "\n");
    }
    reader_close(in);
    return rc;
}

/* Check each file as a stream of its own, also after one that fails.  The last
 * error is left in *e for main to print. */
static int run(struct operands files, struct buf *text, struct err *e)
{
    struct err found;
    int rc = 0;

    if (o.schema) {
        schematable_print(text, kind_find(o.schema));
        return 0;
    }
    if (!files.n)
        return check_file(NULL, false, text, e);
    for (size_t i = 0; i < files.n; i++)
        if (check_file(files.v[i], files.n > 1, text, &found) < 0) {
            if (rc < 0)
                log_error("%s", e->text);
            if (rc == 0 || found.code == ERR_SYS)
                rc = found.code;
            *e = found;
            e->code = rc;
        }
    return rc;
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    struct buf text = {0};
    struct output *out;
    struct err e;
    int rc = -1;

    if (o.schema && !kind_find(o.schema))
        tool_usage(&tool, "there is no kind '%s'", o.schema);
    tool_checked(&tool);
    if ((out = output_open(o.common.output, &e))) {
        struct err late;

        rc = run(files, &text, &e);
        if (log_level > 0 &&
            output_write(out, text.data, text.len, &late) < 0) {
            e = late;
            rc = e.code;
        }
        if (rc == 0)
            rc = output_finish(out, &e);
    }
    output_free(out);
    buf_free(&text);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
