/* SPDX-License-Identifier: MIT
 * eenn-predict: the class of files of pictures, sounds or signals by a trained
 * network, stopping at its exits by a policy. */
#include <inttypes.h>
#include <stdio.h>

#include "formats/dataset.h"
#include "formats/policies.h"
#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/nn/kern/kernels.h"
#include "tools/eenn-predict/choosing.h"
#include "tools/eenn-predict/predicting.h"

static struct {
    char *model, *policy, *dataset;
    int format;
    uint64_t top, batch, threads;
    struct common_opts common;
} o = {.top = 1, .batch = 128, .threads = 1, .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_PATH_REQUIRED('m', "model", &o.model, "FILE",
                      "the network: a trained stream with weights"),
    OPT_PATH(
        0, "policy", &o.policy, "FILE",
        "results or plans, with thresholds: stop at the exits by them (default: "
        "every sample runs to the final exit)"),
    OPT_PATH('d', "dataset", &o.dataset, "FILE",
             "the set that the network was trained on, for a trained stream "
             "before 1.4, which does not say what its samples were"),
    OPT_ENUM(0, "format", &o.format, answer_formats, "FORMAT",
             "text, tsv or json (a line for each file)"),
    OPT_U64(0, "top", &o.top, 1, DATASET_MAX_CLASSES, "K",
            "name the K likeliest classes, each with its confidence"),
    OPT_U64(0, "batch", &o.batch, 1, 4096, "N",
            "most files that are run together"),
    OPT_THREADS(&o.threads),
    OPT_COMMON(&o.common),
    OPT_END};

static const struct tool tool = {
    .name = "eenn-predict",
    .purpose = "classify pictures, sounds or signals by a trained network",
    .rows = rows,
    .operands = "[FILE|FOLDER...]",
    .reads = "trained 1.x, result 1.x, plan 1.x, dataset 1.x",
    .arithmetic = kernels_name,
    .stdin_is = "a picture, sound or signal, if none is named",
    .stdout_is = "text, TSV or lines of JSON: class, confidence, score, exit, "
                 "MACs and name of each file",
    .example = "eenn-predict -m trained.mpz --policy=result.mpz photographs",
    .text_output = true,
};

struct predict_inputs {
    struct reader *model, *policy, *dataset;
    struct policies policies;
    const struct policy *chosen; /* NULL: none */
    struct dataset set;          /* its description */
    struct network network;
    struct input_spec input;
    struct strs classes;
    struct samplelist files;
};

/* Set what the network takes and how their classes are called: as the
 * network says, or else the data set, or else by numbers. */
static int know_input(struct predict_inputs *in, struct err *e)
{
    struct network *n = &in->network;
    const struct input_map *map = &n->input;
    size_t classes = (size_t)n->net.classes;
    char text[32];

    if (in->dataset &&
        (input_check_net(&in->set.input, in->set.name, &n->net, e) < 0 ||
         input_for_net(map, n->net.id, &in->set.input, &in->set.class_names,
                       in->set.name, &in->input, e) < 0))
        return reader_locate(in->dataset, e);
    if (input_map_known(map))
        input_of_map(&in->input, map, classes);
    else if (!in->dataset)
        return reader_fail(in->model, e,
                           "net %s does not say what its samples were, since "
                           "it was trained by an earlier version, or imported "
                           "so: name the data set that it was trained on "
                           "(--dataset=FILE)",
                           n->net.id);
    in->classes = map->classes.n ? map->classes : in->set.class_names;
    if (in->classes.n)
        return 0;
    in->classes.v = arena_alloc(&n->arena, classes, sizeof *in->classes.v);
    for (size_t i = 0; i < classes; i++) {
        snprintf(text, sizeof text, "%zu", i);
        in->classes.v[i] = arena_strdup(&n->arena, text);
    }
    in->classes.n = classes;
    return 0;
}

static int read_inputs(struct predict_inputs *in, struct err *e)
{
    static const struct kind *const trained[] = {&kind_trained, NULL};

    if (o.dataset && (!(in->dataset = dataset_open(o.dataset, e)) ||
                      dataset_describe(in->dataset, &in->set, e) < 0))
        return e->code;
    if (o.policy &&
        (!(in->policy = reader_open(&o.policy, 1, policy_kinds, e)) ||
         policies_read(in->policy, &in->policies, e) < 0))
        return e->code;
    if (!(in->model = reader_open(&o.model, 1, trained, e)) ||
        choose_network(in->model, o.policy ? &in->policies : NULL, &in->network,
                       &in->chosen, e) < 0)
        return e->code;
    return know_input(in, e);
}

/* Answer the files; a folder without any is reported like a bad file. */
static int run(struct predict_inputs *in, struct operands files,
               struct predict_outcome *outcome, struct err *e)
{
    static char *stdin_alone[] = {(char *)"-"};
    const struct sample_kind *kind = &sample_kinds[in->input.source.kind];
    struct output *out = output_open(o.common.output, e);
    size_t classes = in->classes.n, n;
    struct progress p;
    struct predict_job job = {
        .network = &in->network,
        .input = &in->input,
        .classes = &in->classes,
        .policy = in->chosen,
        .files = &in->files,
        .format = (enum answer_format)o.format,
        .top = o.top < classes ? o.top : classes,
        .threads = (int)o.threads,
        .progress = &p,
    };
    int rc = out ? 0 : e->code;

    if (files.n == 0)
        files = (struct operands){stdin_alone, 1};
    for (size_t i = 0; i < files.n && rc == 0; i++) {
        int code = samplelist_add(&in->files, files.v[i], kind, e);

        if (code == ERR_ARG) {
            rc = code;
        } else if (code < 0) {
            log_error("%s", e->text);
            outcome->code = code;
        }
    }
    n = in->files.n;
    job.batch = o.batch < n ? o.batch : n + !n;
    progress_start(&p, kind->many, n, o.common.progress);
    if (rc == 0)
        rc = predict(&job, out, outcome, e);
    progress_end(&p);
    if (rc == 0)
        rc = output_finish(out, e);
    output_free(out);
    return rc;
}

/* Say what a user should know beside the answers.  Returns the exit status. */
static int said(const struct predict_inputs *in,
                const struct predict_outcome *outcome)
{
    const struct sample_kind *kind = &sample_kinds[in->input.source.kind];
    const struct sound_features *f = &in->input.source.sound;
    int status;

    if (!o.policy && outcome->answered && in->network.net.exits.n > 1)
        log_warn("no --policy: every %s ran to the final exit", kind->one);
    if (in->files.others)
        log_info("%zu files without the name of a %s were passed over",
                 in->files.others, kind->one);
    if (outcome->changed && in->input.source.kind == INPUT_SOUND)
        log_info(
            "%zu sounds had another rate, length or number of channels than "
            "clips of %.4g s at %" PRId64 " Hz: they were brought to that",
            outcome->changed, (double)f->samples / (double)f->rate, f->rate);
    else if (outcome->changed)
        log_info("%zu pictures had another size than the images that the "
                 "network was trained on: they were scaled to cover %zux%zu, "
                 "and the middle was taken",
                 outcome->changed, in->input.h, in->input.w);
    status = tool_done(&tool);
    if (status != EXIT_DONE || !outcome->code)
        return status;
    return outcome->code == ERR_SYS ? EXIT_SYSTEM : EXIT_INPUT;
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    struct predict_inputs in = {0};
    struct predict_outcome outcome = {0};
    struct err e;
    int rc, status;

    tool_checked(&tool);
    rc = read_inputs(&in, &e);
    if (rc == 0)
        rc = run(&in, files, &outcome, &e);
    status = rc < 0 ? tool_fail(&tool, &e) : said(&in, &outcome);
    reader_close(in.model);
    reader_close(in.policy);
    reader_close(in.dataset);
    samplelist_free(&in.files);
    policies_free(&in.policies);
    network_free(&in.network);
    dataset_fini(&in.set);
    return status;
}
