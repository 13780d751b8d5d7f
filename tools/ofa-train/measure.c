/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/measure.h"

#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/train/evaluate.h"

static int measure(const struct measure_job *m, const char *which,
                   int64_t *genome, struct err *e)
{
    const struct split *val = &m->data->split[SPLIT_VAL];
    size_t batch = (size_t)m->engine.batch;
    struct subnet row = {
        .phase = m->phase->name,
        .epoch = (int64_t)(m->phase->first + m->phase->epochs),
        .which = which,
        .genome = {genome, m->supernet->space->genes.n},
    };
    struct subnetwork n;
    double *accuracy;
    int rc = subnetwork_open(m->supernet, genome, m->phase->heads > 0,
                             &m->engine, &n, e);

    if (rc < 0)
        return rc;
    row.exits.n = n.net.exits.n - 1;
    row.macs = net_exit_at(&n.net, row.exits.n)->gamma;
    for (size_t i = 0; i < row.exits.n; i++)
        row.macs -= net_exit_at(&n.net, i)->head_macs;
    accuracy = xcalloc(n.net.exits.n, sizeof *accuracy);
    evaluate_accuracy(n.g, &m->data->input, val, batch, accuracy);
    row.accuracy_as_cut = accuracy[row.exits.n];
    recalibrate(n.g, &m->data->input, &m->data->split[SPLIT_TRAIN],
                m->calibrate, batch, m->seed);
    evaluate_accuracy(n.g, &m->data->input, val, batch, accuracy);
    row.accuracy = accuracy[row.exits.n];
    row.exits.v = accuracy;
    m->done(m->ctx, &row);
    free(accuracy);
    subnetwork_close(&n);
    return 0;
}

int measure_phase(const struct measure_job *m, struct err *e)
{
    size_t genes = m->supernet->space->genes.n;
    int64_t *genome = xcalloc(genes, sizeof *genome);
    bool single = true; /* the phase trains one network alone */
    int rc;

    for (size_t i = 0; i < genes; i++)
        single = single && m->phase->allowed[i].n <= 1;
    phase_largest(m->phases, m->phase, genome);
    rc = measure(m, "largest", genome, e);
    if (single || rc < 0)
        goto done;
    phase_smallest(m->phases, m->phase, genome);
    rc = measure(m, "smallest", genome, e);
    for (uint64_t i = 0; i < m->random && rc >= 0; i++) {
        struct rng r = rng_make(m->seed, "ofa-train-measure", i, 0);

        phase_random(m->phases, m->phase, &r, genome);
        rc = measure(m, "random", genome, e);
    }
done:
    free(genome);
    return rc;
}
