/* SPDX-License-Identifier: MIT
 * net-import: a network that somebody else has trained, from an ONNX model. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/dataset.h"
#include "formats/trained.h"
#include "formats/weights.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/number.h"
#include "libcommon/base/pathname.h"
#include "libcommon/base/utf8.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/textfile.h"
#include "tools/net-import/importing.h"

#define CLASSES_BYTES ((size_t)1 << 24) /* of the file of names */
#define CLASS_BYTES 256                 /* of a name */

static const char *const norms[] = {"fold", "keep", NULL};
enum { NORM_FOLD, NORM_KEEP };

static struct {
    char *input, *mean, *std, *classes, *dataset, *name;
    int kind, pixels, norm;
    struct common_opts common;
} o = {.common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_STR(0, "input", &o.input, "HxWxC",
            "height, width and channels of a sample, where the model leaves "
            "them open (default: the model's)"),
    OPT_ENUM(0, "norm", &o.norm, norms, "HOW",
             "batch norms behind layers with weights: fold them into these, or "
             "keep them, to be trained on"),
    OPT_HEADING("What the network is fed with"),
    OPT_ENUM(0, "kind", &o.kind, feed_kinds, "KIND",
             "samples are image, signal (float features), or none: nothing is "
             "said of them; auto: images where their shape looks like it"),
    OPT_ENUM(0, "pixels", &o.pixels, feed_pixels, "RANGE",
             "pixels were unit (0..1) or raw (0..255); auto: what the model's "
             "own arithmetic suggests, else unit"),
    OPT_STR(0, "mean", &o.mean, "LIST",
            "what was subtracted from pixels or features: one number, or one "
            "for each channel, apart by commas (default: 0)"),
    OPT_STR(0, "std", &o.std, "LIST",
            "what they were divided by after that (default: 1)"),
    OPT_PATH(0, "classes", &o.classes, "FILE",
             "names of the classes, one on a line (default: those of "
             "--dataset, or none)"),
    OPT_PATH(
        'd', "dataset", &o.dataset, "FILE",
        "a data set of such samples: what is not said by the options above "
        "is as in it"),
    OPT_STR(0, "name", &o.name, "NAME",
            "name of the data set that the network was trained on (default: "
            "that of --dataset, or unknown)"),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "net-import",
    .purpose = "import a trained network from an ONNX model",
    .rows = rows,
    .operands = "[MODEL.onnx]",
    .reads = "ONNX operator sets 9 to 21, dataset 1.x",
    .writes = {&kind_trained.id},
    .stdin_is = "an ONNX model, if none is named",
    .stdout_is = "trained stream of one network, without a trace",
    .example = "net-import model.onnx --pixels=raw -o trained.mpz",
};

/* What the options and the files that they name become. */
struct import_inputs {
    const char *path; /* of the model, NULL = stdin */
    char *folder;     /* of external data, owned */
    struct buf model, classes;
    struct reader *reader;
    struct dataset set;
    struct onnx_opts opts;
    char *mean, *std, *input; /* the options in one spelling, owned */
};

/* ---- options ---- */

static void parse_input(struct import_inputs *in)
{
    const char *at = o.input;
    struct buf text = {0};

    for (size_t k = 0; k < 3; k++) {
        double v = 0;
        const char *end = number_read(at, NUMBER_BARE, &v);

        if (!end || *end != (k < 2 ? 'x' : '\0') || !(v >= 1 && v <= 65536) ||
            v != (double)(int64_t)v)
            tool_usage(&tool,
                       "--input: '%.60s' is not HxWxC, three sizes from "
                       "1 on",
                       o.input);
        in->opts.size[k] = (int64_t)v;
        buf_addf(&text, "%s%" PRId64, k ? "x" : "", in->opts.size[k]);
        at = end + 1;
    }
    o.input = in->input = text.data;
}

static void parse_options(struct import_inputs *in,
                          const struct operands *operands)
{
    struct net_feed *f = &in->opts.feed;
    struct err e;

    if (operands->n > 1)
        tool_usage(&tool, "'%s' is one operand too many: a model at a time",
                   operands->v[1]);
    if (operands->n && strcmp(operands->v[0], "-") != 0)
        in->path = operands->v[0];
    if (o.input)
        parse_input(in);
    if (o.mean && feed_numbers(o.mean, &f->mean, &in->mean, &e) < 0)
        tool_usage(&tool, "--mean: %s", e.text);
    if (o.std && feed_numbers(o.std, &f->std, &in->std, &e) < 0)
        tool_usage(&tool, "--std: %s", e.text);
    if (o.kind != FEED_AUTO && o.dataset)
        tool_usage(&tool, "--kind and --dataset both say what the samples are");
    if (o.pixels != PIXELS_AUTO &&
        (o.kind == FEED_SIGNAL || o.kind == FEED_NONE))
        tool_usage(&tool, "--pixels is for images, not for --kind=%s",
                   feed_kinds[o.kind]);
    if (o.kind == FEED_NONE && (o.mean || o.std || o.classes))
        tool_usage(&tool,
                   "--kind=none says nothing of the samples, and --mean, "
                   "--std and --classes do");
    if (o.name && (!o.name[0] || !utf8_printable(o.name)))
        tool_usage(&tool, "--name is empty, or not UTF-8 without control "
                          "characters");
    if (o.mean)
        o.mean = in->mean;
    if (o.std)
        o.std = in->std;
    f->kind = o.kind;
    f->pixels = o.pixels;
    in->opts.keep_norm = o.norm == NORM_KEEP;
}

/* ---- files ---- */

/* Read the names of classes, one on a line. */
static int read_classes(struct import_inputs *in, struct arena *a,
                        struct err *e)
{
    struct strs *names = &in->opts.feed.classes;
    size_t cap = 0;
    char *at;

    if (text_read(o.classes, CLASSES_BYTES, &in->classes, e) < 0)
        return e->code;
    if (strlen(in->classes.data) != in->classes.len)
        return err_set(e, ERR_FORMAT, "%.200s: not a text", o.classes);
    for (at = in->classes.data; *at;) {
        size_t n = strcspn(at, "\n"), end = n;

        if (end && at[end - 1] == '\r')
            end--;
        if (end == 0 || end > CLASS_BYTES)
            return err_set(e, ERR_FORMAT,
                           "%.200s: line %zu is empty or longer than %d bytes",
                           o.classes, names->n + 1, CLASS_BYTES);
        GROW(names->v, names->n, cap);
        names->v[names->n] = arena_strndup(a, at, end);
        if (!utf8_printable(names->v[names->n++]))
            return err_set(e, ERR_FORMAT,
                           "%.200s: line %zu is not UTF-8 without control "
                           "characters",
                           o.classes, names->n);
        at += n + (at[n] == '\n');
    }
    if (!names->n)
        return err_set(e, ERR_FORMAT, "%.200s: no names", o.classes);
    return 0;
}

static int read_inputs(struct import_inputs *in, struct arena *a, struct err *e)
{
    if (o.dataset && (!(in->reader = dataset_open(o.dataset, e)) ||
                      dataset_describe(in->reader, &in->set, e) < 0))
        return e->code;
    if (o.dataset)
        in->opts.feed.as = &in->set;
    if (o.classes && read_classes(in, a, e) < 0)
        return e->code;
    if (in->path)
        in->folder = pathname_folder(in->path);
    in->opts.folder = in->folder;
    return text_read(in->path ? in->path : "-", ONNX_MAX_BYTES, &in->model, e);
}

/* ---- the stream ---- */

static int write_trained(const struct import_inputs *in, struct imported *m,
                         struct err *e)
{
    const struct writer_opts wo = {
        .tool = o.common.no_provenance ? NULL : &tool,
        .level = (int)o.common.level,
    };
    const struct named_tensor *t = m->made.tensors.v;
    struct writer *w = writer_open(o.common.output, &kind_trained, &wo, e);
    struct trained r = {
        .dataset = o.name       ? o.name
                   : in->reader ? in->set.name
                                : (char *)"unknown",
        .best_epoch = NIL_INT,
        .input = m->input,
    };
    int rc = w ? 0 : e->code;

    summary_of_net(&r.summary, &m->made.net, NULL, &m->arena);
    if (rc == 0 && (rc = writer_put(w, &schema_trained, &r, e)) == 0)
        rc = writer_put(w, &schema_net, &m->made.net, e);
    for (size_t i = 0; rc == 0 && i < m->made.tensors.n; i++)
        if ((rc = writer_put(w, &schema_tensor, &t[i], e)) < 0)
            err_prefix(e, "%.200s", t[i].name);
    if (rc == 0)
        rc = writer_finish(w, (struct reader *[]){in->reader},
                           in->reader != NULL, e);
    writer_free(w);
    return rc;
}

/* What is there now, as last lines for people. */
static void say(const struct import_inputs *in, struct imported *m)
{
    const struct net *n = &m->made.net;
    struct buf text = {0};

    buf_addf(&text,
             "%s: %zu layers, %" PRId64 " parameters, %" PRId64 " MACs, "
             "input %" PRId64 "x%" PRId64 "x%" PRId64 ", %" PRId64 " classes",
             in->path ? in->path : "the model", n->layers.n, n->params,
             net_exit_at(n, 0)->gamma, n->input.v[0], n->input.v[1],
             n->input.v[2], n->classes);
    buf_mask(&text, 0);
    buf_adds(&text, "\n");
    if (m->notes.len)
        buf_add(&text, m->notes.data, m->notes.len);
    if (!input_map_known(&m->input))
        buf_adds(&text, "the stream does not say what the samples are (--kind, "
                        "-d)\n");
    else if (in->reader && o.pixels == PIXELS_AUTO && !o.mean && !o.std)
        buf_addf(&text,
                 "samples are taken to be normalised as those of data set "
                 "%.100s; %s--mean and --std say otherwise\n",
                 in->set.name,
                 m->input.source.kind == INPUT_IMAGE ? "--pixels, " : "");
    else if (o.pixels == PIXELS_AUTO && !o.mean && !o.std &&
             m->input.source.kind == INPUT_IMAGE)
        buf_addf(&text,
                 "samples are taken to be images of pixels %s; --pixels, "
                 "--mean and --std say otherwise\n",
                 m->raw ? "0..255" : "0..1");
    log_lines(text.data);
    buf_free(&text);
}

int main(int argc, char **argv)
{
    struct operands operands = tool_start(&tool, argc, argv);
    struct import_inputs in = {0};
    struct imported m = {0};
    struct arena names = {0};
    struct err e;
    int rc;

    parse_options(&in, &operands);
    tool_checked(&tool);
    rc = read_inputs(&in, &names, &e);
    if (rc == 0 &&
        (rc = import_onnx(in.model.data, in.model.len, &in.opts, &m, &e)) < 0)
        err_prefix(&e, "%.200s", in.path ? in.path : "stdin");
    buf_free(&in.model);
    if (rc == 0)
        rc = write_trained(&in, &m, &e);
    if (rc == 0)
        say(&in, &m);
    imported_free(&m);
    reader_close(in.reader);
    dataset_fini(&in.set);
    buf_free(&in.classes);
    arena_free(&names);
    free(in.opts.feed.mean.v);
    free(in.opts.feed.std.v);
    free(in.opts.feed.classes.v);
    free(in.folder);
    if (rc < 0)
        return tool_fail(&tool, &e);
    rc = tool_done(&tool);
    free(in.mean);
    free(in.std);
    free(in.input);
    return rc;
}
