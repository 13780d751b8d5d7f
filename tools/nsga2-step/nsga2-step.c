/* SPDX-License-Identifier: MIT
 * nsga2-step: one iteration of a surrogate-assisted search. */
#include <math.h>
#include <string.h>

#include "formats/arch.h"
#include "formats/archive.h"
#include "formats/io.h"
#include "formats/result.h"
#include "formats/surrogate.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/log.h"
#include "libcommon/cli/opt.h"
#include "tools/nsga2-step/propose.h"

static struct {
    char *accuracy, *macs, *space;
    uint64_t k, pop, generations, seed;
    int64_t iteration;
    double min_accuracy, max_macs, penalty;
    int limits;
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
    OPT_PATH_REQUIRED(0, "accuracy", &o.accuracy, "FILE",
                      "surrogate of what is to be large"),
    OPT_PATH_REQUIRED(0, "macs", &o.macs, "FILE",
                      "surrogate of what is to be small"),
    OPT_STR(0, "space", &o.space, "SPEC|FILE",
            "the space; default: the one the results name, if it is built in"),
    OPT_U64('k', "count", &o.k, 1, 100000, "N", "new genomes to propose"),
    OPT_U64(0, "pop", &o.pop, 2, 10000, "N", "population"),
    OPT_U64(0, "generations", &o.generations, 0, 100000, "N", "generations"),
    OPT_F64_NIL(0, "max-macs", &o.max_macs, 1e-300, 1e300, "M",
                "limit on MACs"),
    OPT_F64_NIL(0, "min-accuracy", &o.min_accuracy, 0, 1, "A",
                "limit on accuracy"),
    OPT_ENUM(0, "limits", &o.limits, limits_names, "HOW",
             "what keeps the limits comes first, or Eq. 19's penalty"),
    OPT_F64(0, "penalty", &o.penalty, 0, 1e9, "X",
            "factor on what exceeds a limit in Eq. 19"),
    OPT_I64(0, "iteration", &o.iteration, -1, 1e9, "I",
            "iteration the genomes belong to (-1 = none)"),
    OPT_SEED(&o.seed),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "nsga2-step",
    .purpose = "propose the genomes to measure next",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "result 1.x, surrogate 1.x",
    .writes = {&kind_arch.id},
    .stdin_is = "result stream: everything measured so far",
    .stdout_is = "arch stream: N new distinct genomes",
    .example = "nsga2-step --accuracy=accuracy.mpz --macs=macs.mpz archive.mpz "
               "-o next.mpz",
};

enum { RESULTS, ACCURACY, MACS, INPUTS };

struct step_job {
    struct reader *in[INPUTS];
    struct archive archive;
    struct space *space;
    struct predictor accuracy, macs;
    struct proposal proposal;
};

/* Read a surrogate stream, which must hold one surrogate of j->space, into
 * p. */
static int read_surrogate(const struct step_job *j, char *path,
                          struct reader **in, struct predictor *p,
                          struct err *e)
{
    static const struct kind *const accept[] = {&kind_surrogate, NULL};
    const struct surrogate *s;
    struct record rec;
    int rc;

    if (!(*in = reader_open(&path, 1, accept, e)))
        return e->code;
    while ((rc = reader_next(*in, &rec, e)) > 0) {
        s = rec.data;
        if (p->ops)
            return reader_fail(*in, e, "a second surrogate");
        if (s->space && strcmp(s->space, j->space->spec) != 0)
            return reader_fail(*in, e, "a surrogate of space %s, not %s",
                               s->space, j->space->spec);
        if ((size_t)s->genes != j->space->genes.n)
            return reader_fail(*in, e,
                               "a surrogate of %zu genes for a space of %zu",
                               (size_t)s->genes, j->space->genes.n);
        if (predictor_init(p, s, e) < 0)
            return reader_locate(*in, e);
    }
    if (rc == 0 && !p->ops)
        return err_set(e, ERR_FORMAT, "%s: no surrogate in it", path);
    return rc;
}

static int read_all(struct step_job *j, char **paths, size_t n, struct err *e)
{
    static const struct kind *const accept[] = {&kind_result, NULL};
    const char *spec;
    int rc;

    archive_init(&j->archive, true);
    if (!(j->in[RESULTS] = reader_open(paths, n, accept, e)))
        return e->code;
    if ((rc = archive_read(&j->archive, j->in[RESULTS], e)) < 0)
        return rc;

    spec = o.space ? o.space : j->archive.space;
    if (!spec)
        return err_set(e, ERR_FORMAT, "no results and no --space");
    if (space_open(spec, &j->space, e) < 0)
        return o.space ? e->code : err_prefix(e, "the results' space");
    if (j->archive.space && strcmp(j->archive.space, j->space->spec) != 0)
        return err_set(e, ERR_FORMAT, "the results are of space %s, not %s",
                       j->archive.space, j->space->spec);

    if ((rc = read_surrogate(j, o.accuracy, &j->in[ACCURACY], &j->accuracy,
                             e)) < 0)
        return rc;
    return read_surrogate(j, o.macs, &j->in[MACS], &j->macs, e);
}

static int64_t iteration(void)
{
    return o.iteration < 0 ? NIL_INT : o.iteration;
}

static int write_all(struct step_job *j, struct err *e)
{
    struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    struct writer *w = writer_open(o.common.output, &kind_arch, &wo, e);
    size_t n = j->proposal.genomes.n;
    int rc = w ? 0 : e->code;

    for (size_t i = 0; rc == 0 && i < n; i++) {
        const struct proposal *p = &j->proposal;
        const struct genomes *g = &p->genomes;
        struct buf design = {0};
        char id[HASH_HEX];
        struct arch a = {
            .id = id,
            .space = j->space->spec,
            .genome = {(int64_t *)genomes_at(g, i), g->genes},
            .origin = {iteration(), o.iteration < 0 ? NIL_INT : (int64_t)i},
            .predicted_accuracy = p->accuracy[i],
            .predicted_macs = p->macs[i],
        };

        arch_id(a.space, &a.genome, id);
        space_describe(j->space, &a.genome, &design);
        a.design = design.data;
        rc = writer_put(w, &schema_arch, &a, e);
        buf_free(&design);
    }
    if (rc == 0)
        rc = writer_finish(w, j->in, INPUTS, e);
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
        .min_accuracy = o.min_accuracy,
        .max_macs = o.max_macs,
        .limits = o.limits,
        .penalty = o.penalty,
        .vary = VARY_DEFAULT,
    };
    int rc = read_all(j, paths, n, e);

    if (rc == 0)
        rc = propose(j->space, &j->archive, &j->accuracy, &j->macs, &po,
                     &j->proposal, e);
    if (rc < 0)
        return rc;
    log_info("%zu results, %zu of them failed; phi %.3f; %zu genomes by "
             "search, %zu at random",
             j->archive.n, (size_t)j->archive.failed, j->proposal.phi,
             j->proposal.chosen, j->proposal.genomes.n - j->proposal.chosen);
    return write_all(j, e);
}

int main(int argc, char **argv)
{
    struct operands files = tool_start(&tool, argc, argv);
    struct step_job j = {.space = NULL};
    struct err e = {0};
    int rc = run(&j, files.v, files.n, &e);

    proposal_fini(&j.proposal);
    predictor_fini(&j.accuracy);
    predictor_fini(&j.macs);
    space_free(j.space);
    archive_free(&j.archive);
    for (int i = 0; i < INPUTS; i++)
        reader_close(j.in[i]);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
