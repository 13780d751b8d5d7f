/* SPDX-License-Identifier: MIT
 * surrogate-fit: predict a metric of results from their genomes. */
#include <math.h>
#include <string.h>

#include "formats/archive.h"
#include "formats/io.h"
#include "formats/result.h"
#include "formats/surrogate.h"
#include "libcommon/base/log.h"
#include "libcommon/base/progress.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "tools/surrogate-fit/fit.h"

static struct {
    char *target, *model;
    uint64_t folds, trees, seed;
    struct common_opts common;
} o = {.model = (char *)"auto",
       .folds = 10,
       .trees = 500,
       .seed = 1,
       .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    {.type = OPT_T_STR,
     .name = "target",
     .target = &o.target,
     .arg = "NAME",
     .flags = OPT_REQUIRED,
     .help = "metric to predict: accuracy, error, macs or any other that "
             "every result has"},
    OPT_STR(0, "model", &o.model, "LIST",
            "models to choose from by cross-validation: rbf, gp, cart, mlp, "
            "rank-rbf, rank-gp, auto (the first four)"),
    OPT_U64(0, "folds", &o.folds, 2, 1000, "N",
            "number of folds of the cross-validation"),
    OPT_U64(0, "trees", &o.trees, 1, 100000, "N", "number of trees of cart"),
    OPT_SEED(&o.seed),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "surrogate-fit",
    .purpose = "predict a metric of results from their genomes",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "result 1.x",
    .writes = {&kind_surrogate.id},
    .stdin_is = "result streams: the archive of a search",
    .stdout_is = "surrogate stream of one record",
    .example = "surrogate-fit --target=macs archive.mpz -o macs.mpz",
};

static void tick(void *progress)
{
    progress_add(progress, 1);
}

static int run(struct reader *r, const struct model_ops **models,
               struct archive *a, struct fitted *f, struct err *e)
{
    struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    struct progress p;
    struct select_opts so = {
        .fit = {.seed = o.seed, .trees = o.trees},
        .folds = o.folds,
        .models = models,
        .tick = tick,
        .ctx = &p,
    };
    const struct model_score *v;
    struct writer *w;
    int rc = archive_read(a, r, e);

    if (rc < 0)
        return rc;
    progress_start(&p, "fits", 0, o.common.progress);
    rc = fit_archive(a, o.target, &so, f, e);
    progress_end(&p);
    if (rc < 0)
        return rc;
    v = f->record.scores.v;
    for (size_t i = 0; i < f->record.scores.n; i++)
        if (v[i].fitted && isnan(v[i].rho))
            log_info(
                "%s of %s: no rank correlation of constant values, rmse %.4g%s",
                v[i].model, f->record.target, v[i].rmse,
                !strcmp(v[i].model, f->record.model) ? " (chosen)" : "");
        else if (v[i].fitted)
            log_info("%s of %s: tau %.3f (std %.3f), rho %.3f, rmse %.4g%s",
                     v[i].model, f->record.target, v[i].tau, v[i].tau_std,
                     v[i].rho, v[i].rmse,
                     !strcmp(v[i].model, f->record.model) ? " (chosen)" : "");
        else
            log_warn("model %s is left out: %s", v[i].model, v[i].reason);
    w = writer_open(o.common.output, &kind_surrogate, &wo, e);
    if (!w)
        return e->code;
    if ((rc = writer_put(w, &schema_surrogate, &f->record, e)) == 0)
        rc = writer_finish(w, &r, 1, e);
    writer_free(w);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct kind *const accept[] = {&kind_result, NULL};
    struct operands files = tool_start(&tool, argc, argv);
    struct err e = {0};
    struct archive archive;
    struct fitted fitted = {.record = {.target = NULL}};
    const struct model_ops *models[MODELS_MAX + 1];
    struct reader *r;
    struct buf names = {0};
    int rc = models_parse(o.model, models, &e);

    if (rc < 0)
        tool_usage(&tool, "%s", e.text);
    for (size_t i = 0; models[i]; i++)
        buf_addf(&names, "%s%s", i ? "," : "", models[i]->name);
    o.model = names.data;
    tool_checked(&tool);
    archive_init(&archive, true);
    r = reader_open(files.v, files.n, accept, &e);
    rc = r ? run(r, models, &archive, &fitted, &e) : e.code;
    fitted_fini(&fitted);
    archive_free(&archive);
    reader_close(r);
    buf_free(&names);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
