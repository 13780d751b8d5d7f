/* SPDX-License-Identifier: MIT
 * nsga2-step: one iteration of a surrogate-assisted search. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/arch.h"
#include "formats/archive.h"
#include "formats/io.h"
#include "formats/result.h"
#include "formats/surrogate.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/cli/opt.h"
#include "libcommon/space/arch.h"
#include "tools/nsga2-step/propose.h"

static struct {
    char *objectives, *accuracy, *macs, *space, *spread;
    struct strs surrogates, exact;
    struct limit_options limit;
    uint64_t k, pop, generations, seed;
    int64_t iteration;
    double min_accuracy, max_macs, penalty;
    int limits, pick, mac_rule, pool_rule;
    struct common_opts common;
} o = {.k = 8,
       .pop = 40,
       .generations = 20,
       .min_accuracy = NAN,
       .max_macs = NAN,
       .penalty = 1,
       .iteration = -1,
       .seed = 1,
       .common = COMMON_OPTS_INIT};

static const char *const limits_names[] = {"first", "penalty", NULL};

static const struct opt rows[] = {
    OPT_STR(
        0, "objectives", &o.objectives, "LIST",
        "objectives: metrics with :min or :max, separated by commas; default: " OBJECTIVES_DEFAULT),
    OPT_PATHS(0, "surrogate", &o.surrogates, "FILE",
              "surrogate of a metric that is an objective or has a limit"),
    OPT_STRS(0, "exact", &o.exact, "NAME",
             "compute a metric exactly: params, size_bytes, peak_bytes or "
             "final_macs"),
    OPT_LIMITS(&o.limit),
    OPT_STR(0, "space", &o.space, "SPEC|FILE",
            "search space; default: that of the results, if it is built in"),
    OPT_U64('k', "count", &o.k, 1, 100000, "N",
            "number of new genomes to propose"),
    OPT_ENUM(0, "pick", &o.pick, pick_names, "HOW",
             "how candidates are chosen: by gain of hypervolume, by even "
             "spread along one objective, or three quarters by gain and the "
             "rest by spread"),
    OPT_STR(0, "spread", &o.spread, "NAME",
            "objective of the even spread; default: the last one"),
    OPT_U64(0, "pop", &o.pop, 2, 10000, "N", "size of the population"),
    OPT_U64(0, "generations", &o.generations, 0, 100000, "N",
            "number of generations"),
    OPT_ENUM(0, "limits", &o.limits, limits_names, "HOW",
             "limits come before objectives, or a penalty is added by Eq. 19"),
    OPT_F64(0, "penalty", &o.penalty, 0, 1e9, "X",
            "factor X of the penalty of Eq. 19"),
    OPT_I64(0, "iteration", &o.iteration, -1, 1e9, "I",
            "iteration of a search, recorded in the genomes (-1 = none)"),
    OPT_SEED(&o.seed),
    OPT_HEADING("Exact metrics, as eec-place computes them"),
    OPT_ENUM(0, "mac-rule", &o.mac_rule, mac_rule_names, "RULE",
             "rule by which MACs are counted"),
    OPT_ENUM(0, "pool-rule", &o.pool_rule, pool_rule_names, "RULE",
             "rule for the windows of the max-pools in front of exits"),
    OPT_HEADING("Short forms for two objectives; not with --objectives"),
    OPT_PATH(0, "accuracy", &o.accuracy, "FILE",
             "surrogate of the first objective, which is maximised"),
    OPT_PATH(0, "macs", &o.macs, "FILE",
             "surrogate of the second objective, which is minimised"),
    OPT_F64_NIL(0, "max-macs", &o.max_macs, 1e-300, 1e300, "M",
                "upper limit on the second objective, by default macs",
                .unit = NUMBER_SI),
    OPT_F64_NIL(0, "min-accuracy", &o.min_accuracy, 0, 1, "A",
                "lower limit on the first objective, by default accuracy",
                .unit = NUMBER_SHARE),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "nsga2-step",
    .purpose = "propose the designs to measure next",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "result 1.x, surrogate 1.x",
    .writes = {&kind_arch.id},
    .stdin_is = "result streams: all results measured so far",
    .stdout_is = "arch stream: N new designs, all different",
    .example = "nsga2-step --surrogate=acc.mpz --surrogate=macs.mpz "
               "archive.mpz -o next.mpz",
};

struct step_job {
    struct reader **in; /* (inputs) results, then each surrogate */
    size_t inputs;
    struct archive archive;
    struct space *space;
    struct place_opts place; /* of exact figures */
    struct predictor *predictors;
    struct problem problem;
    struct proposal proposal;
};

/* ---- what can be refused before anything is read ---- */

static bool short_forms(void)
{
    return o.accuracy || o.macs;
}

static int add_short_limits(struct problem *p, const char *accuracy,
                            const char *macs, struct err *e)
{
    int rc = limits_take(&p->limits, macs, true, &o.max_macs, e);

    if (rc == 0)
        rc = limits_take(&p->limits, accuracy, false, &o.min_accuracy, e);
    return rc;
}

/* Read objectives and limits, except what short forms leave to the surrogates'
 * targets. */
static int read_goals(struct problem *p, struct err *e)
{
    int rc = limits_read(&p->limits, &o.limit, e);

    if (o.objectives &&
        (short_forms() || !isnan(o.max_macs) || !isnan(o.min_accuracy)))
        return err_set(e, ERR_ARG,
                       "--objectives does not go with --accuracy, --macs, "
                       "--max-macs and --min-accuracy: use --surrogate=FILE, "
                       "--max=NAME=V and --min=NAME=V");
    if (short_forms() && !(o.accuracy && o.macs))
        return err_set(e, ERR_ARG,
                       "--%s is missing: --accuracy and --macs go together",
                       o.macs ? "accuracy" : "macs");
    if (rc < 0 || short_forms())
        return rc;
    if (!o.objectives)
        o.objectives = (char *)OBJECTIVES_DEFAULT;
    rc = objectives_parse(o.objectives, &p->objectives, e);
    return rc < 0 ? rc : add_short_limits(p, "accuracy", "macs", e);
}

/* Settle what the options say alone.  With short forms the names of objectives
 * and of two limits are known from the surrogates only. */
static int set_up(struct step_job *j, struct err *e)
{
    struct problem *p = &j->problem;
    const struct objectives *v = &p->objectives;

    if (read_goals(p, e) < 0)
        return e->code;
    if (!short_forms() && !o.spread)
        o.spread = p->objectives.v[v->n - 1].name;
    if (!short_forms() && objectives_find(v, o.spread) == v->n)
        return err_set(e, ERR_ARG, "--spread=%s is no objective", o.spread);
    for (size_t i = 0; i < o.exact.n; i++)
        if (exact_figure(o.exact.v[i], e) < 0)
            return e->code;
    limits_settle(&p->limits, &o.limit);
    if (!o.space)
        return 0;
    if (space_open(o.space, &j->space, e) < 0)
        return e->code;
    o.space = j->space->spec;
    return 0;
}

/* ---- reading ---- */

/* Read a surrogate stream, which must hold one surrogate of j->space, into
 * p. */
static int read_surrogate(struct step_job *j, char *path, struct predictor *p,
                          struct err *e)
{
    static const struct kind *const accept[] = {&kind_surrogate, NULL};
    struct reader *in = reader_open(&path, 1, accept, e);
    const struct surrogate *s;
    struct record rec;
    int rc;

    if (!in)
        return e->code;
    j->in[j->inputs++] = in;
    while ((rc = reader_next(in, &rec, e)) > 0) {
        s = rec.data;
        if (p->name)
            return reader_fail(in, e, "a second surrogate; a stream holds one");
        if (s->space && strcmp(s->space, j->space->spec) != 0)
            return reader_fail(in, e, "a surrogate of space %s, not %s",
                               s->space, j->space->spec);
        if ((size_t)s->genes != j->space->genes.n)
            return reader_fail(in, e,
                               "a surrogate of %zu genes for a space of %zu",
                               (size_t)s->genes, j->space->genes.n);
        if (predictor_of_surrogate(p, s, e) < 0)
            return reader_locate(in, e);
    }
    if (rc == 0 && !p->name)
        return err_set(e, ERR_FORMAT, "%s: there is no surrogate in the stream",
                       path);
    return rc;
}

/* Set the objectives that the short forms stand for: what the two surrogates
 * predict. */
static int name_short_forms(struct problem *p, struct predictor *accuracy,
                            const struct predictor *macs, struct err *e)
{
    struct buf text = {0};
    int rc;

    if (!strcmp(accuracy->name, "error"))
        predictor_complement(accuracy);
    buf_addf(&text, "%s:max,%s:min", accuracy->name, macs->name);
    rc = objectives_parse(text.data, &p->objectives, e);
    buf_free(&text);
    return rc < 0 ? rc : add_short_limits(p, accuracy->name, macs->name, e);
}

/* Read all surrogates and make the predictors that the problem names. */
static int read_predictors(struct step_job *j, struct err *e)
{
    struct problem *p = &j->problem;
    char *pair[] = {o.accuracy, o.macs};
    int rc = 0;

    for (size_t i = 0; rc == 0 && short_forms() && i < ARRAY_LEN(pair); i++)
        rc = read_surrogate(j, pair[i], &j->predictors[p->figures++], e);
    if (rc == 0 && short_forms())
        rc = name_short_forms(p, &j->predictors[0], &j->predictors[1], e);
    for (size_t i = 0; rc == 0 && i < o.surrogates.n; i++) {
        struct predictor *v = &j->predictors[p->figures++];

        rc = read_surrogate(j, o.surrogates.v[i], v, e);
        if (rc == 0 && !strcmp(v->name, "error") &&
            objectives_find(&p->objectives, "error") == p->objectives.n &&
            !limits_find(&p->limits, "error"))
            predictor_complement(v);
    }
    for (size_t i = 0; rc == 0 && i < o.exact.n; i++)
        rc = predictor_of_space(&j->predictors[p->figures++], j->space,
                                &j->place, o.exact.v[i], e);
    p->predictor = j->predictors;
    return rc < 0 ? rc : problem_bind(p, e);
}

/* Open the space of the results where the user has named none, or a network
 * table without parameters.  The name comes out of a stream, so it is never
 * taken for the path of a file. */
static int open_results_space(struct step_job *j, struct err *e)
{
    const char *of_results = j->archive.space;
    const char *file = stream_reader_file(reader_stream(j->in[0]));
    struct space *s;

    if (!of_results)
        return j->space ? 0
                        : err_set(e, ERR_FORMAT,
                                  "there are neither results nor --space");
    if (j->space && (!j->space->net || !j->space->bare ||
                     strncmp(of_results, "net:", 4) != 0))
        return 0;
    if (!j->space && !space_built_in(of_results))
        return err_set(e, ERR_ARG,
                       "%.200s names space '%.200s', which is not built in: "
                       "give it with --space=FILE",
                       file, of_results);
    if (space_open_spec(of_results, j->space ? space_table(j->space) : NULL, &s,
                        e) < 0)
        return err_prefix(e, "%.200s", file);
    space_free(j->space);
    j->space = s;
    if (o.space)
        o.space = s->spec;
    return 0;
}

static int read_all(struct step_job *j, char **paths, size_t n, struct err *e)
{
    static const struct kind *const accept[] = {&kind_result, NULL};
    size_t most = 2 + o.surrogates.n + o.exact.n;
    int rc;

    archive_init(&j->archive, true);
    j->in = xcalloc(1 + most, sizeof *j->in);
    j->predictors = xcalloc(most, sizeof *j->predictors);
    if (!(j->in[0] = reader_open(paths, n, accept, e)))
        return e->code;
    j->inputs = 1;
    if ((rc = archive_read(&j->archive, j->in[0], e)) < 0)
        return rc;
    if ((rc = open_results_space(j, e)) < 0)
        return rc;
    if (j->archive.space && strcmp(j->archive.space, j->space->spec) != 0)
        return err_set(e, ERR_FORMAT, "the results are of space %s, not %s",
                       j->archive.space, j->space->spec);
    return read_predictors(j, e);
}

static int64_t iteration(void)
{
    return o.iteration < 0 ? NIL_INT : o.iteration;
}

/* Write proposal i: a new genome with what is predicted of it. */
static int write_arch(struct step_job *j, struct writer *w, size_t i,
                      struct err *e)
{
    const struct problem *p = &j->problem;
    const struct genomes *g = &j->proposal.genomes;
    struct prediction *v = xcalloc(p->figures, sizeof *v);
    struct buf design = {0};
    char id[HASH_HEX];
    struct arch a = {
        .id = id,
        .space = j->space->spec,
        .genome = {(int64_t *)genomes_at(g, i), g->genes},
        .origin = {iteration(), o.iteration < 0 ? NIL_INT : (int64_t)i},
        .predicted = {v, p->figures},
        .predicted_accuracy = NAN,
        .predicted_macs = NAN,
    };
    int rc;

    for (size_t k = 0; k < p->figures; k++)
        v[k] = (struct prediction){p->predictor[k].name,
                                   j->proposal.rows[i * p->figures + k]};
    arch_id(a.space, &a.genome, id);
    space_describe(j->space, &a.genome, &design);
    a.design = design.data;
    rc = writer_put(w, &schema_arch, &a, e);
    buf_free(&design);
    free(v);
    return rc;
}

static int write_all(struct step_job *j, struct err *e)
{
    struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    struct writer *w = writer_open(o.common.output, &kind_arch, &wo, e);
    size_t n = j->proposal.genomes.n;
    int rc = w ? 0 : e->code;

    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = write_arch(j, w, i, e);
    if (rc == 0)
        rc = writer_finish(w, j->in, j->inputs, e);
    writer_free(w);
    if (rc == 0 && n < o.k)
        log_warn("only %zu of %zu genomes: the space has no more", n,
                 (size_t)o.k);
    return rc;
}

static int run(struct step_job *j, char **paths, size_t n, struct err *e)
{
    struct propose_opts po = {
        .k = o.k,
        .pop = o.pop,
        .generations = o.generations,
        .seed = o.seed,
        .iteration = iteration(),
        .limits = o.limits,
        .penalty = o.penalty,
        .pick = o.pick,
        .vary = VARY_DEFAULT,
    };
    const struct objectives *v = &j->problem.objectives;
    int rc = read_all(j, paths, n, e);

    if (rc < 0)
        return rc;
    po.spread = o.spread ? objectives_find(v, o.spread) : v->n - 1;
    if (po.spread == v->n)
        rc = err_set(e, ERR_ARG, "--spread=%s is no objective", o.spread);
    if (rc == 0)
        rc = propose(j->space, &j->archive, &j->problem, &po, &j->proposal, e);
    if (rc < 0)
        return rc;
    log_info("%zu results, %zu of them failed; %.3f of the others within the "
             "limits; %zu genomes by search, %zu at random",
             j->archive.n, (size_t)j->archive.failed, j->proposal.within,
             j->proposal.chosen, j->proposal.genomes.n - j->proposal.chosen);
    return write_all(j, e);
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    struct step_job j = {
        .place = {(enum mac_rule)o.mac_rule, (enum pool_rule)o.pool_rule}};
    struct err e = {0};
    int rc;

    if (set_up(&j, &e) < 0)
        return tool_fail(&tool, &e);
    tool_checked(&tool);
    rc = run(&j, files.v, files.n, &e);
    proposal_fini(&j.proposal);
    for (size_t i = 0; i < j.problem.figures; i++)
        predictor_fini(&j.predictors[i]);
    free(j.predictors);
    limits_free(&j.problem.limits);
    space_free(j.space);
    archive_free(&j.archive);
    for (size_t i = 0; i < j.inputs; i++)
        reader_close(j.in[i]);
    free(j.in);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
