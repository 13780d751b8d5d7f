/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/shrink.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/data/batch.h"
#include "libcommon/nn/train/evaluate.h"
#include "libcommon/nn/train/losses.h"
#include "tools/ofa-train/measure.h"
#include "tools/ofa-train/sorting.h"

struct shrink {
    const struct shrink_job *job;
    uint64_t from, until;
    const struct shrink_phase *phase;   /* that the present epoch is of */
    struct schedule schedule;           /* of that phase */
    struct sgd *sgd;
    struct engine_host *host;           /* of the pupils */
    struct subnetwork teacher;          /* g NULL = none */
    struct losses loss;
    struct arena arena;
    struct batch_maker batches;
    uint32_t *order;                    /* (training images) */
    float *images;                      /* (batch, h, w, c) */
    int32_t *labels;                    /* (batch) */
    int64_t *genome;
    struct subnetwork pupil;            /* the last one trained */
    int64_t *pupil_genome;
};

static const struct split *train_split(const struct shrink *h)
{
    return &h->job->data->split[SPLIT_TRAIN];
}

static struct engine_opts engine_options(const struct shrink_opts *o,
                                         bool training)
{
    return (struct engine_opts){
        .batch = (int)o->batch, .shards = (int)o->shards,
        .threads = (int)o->threads, .training = training,
    };
}

/* ---- setting up ---- */

/* The full network of a supernet as it is now, frozen (D32). */
static int freeze_teacher(struct shrink *h, const struct supernet *s,
                          struct err *e)
{
    const struct shrink_job *job = h->job;
    struct engine_opts eo = engine_options(job->o, false);
    int rc = subnetwork_open(s, s->largest, &eo, &h->teacher, e);

    if (rc >= 0)
        recalibrate(h->teacher.g, job->data, job->o->calibrate, job->o->batch,
                    job->o->seed);
    return rc;
}

/* Whose lesson does epoch i want? */
static bool wants_teacher(const struct shrink *h, uint64_t i)
{
    return phases_at(h->job->phases, i)->distil > 0;
}

/* A teacher is given, or the first phase is still to be ended and makes one. */
static int open_teacher(struct shrink *h, struct err *e)
{
    const struct shrink_job *job = h->job;
    uint64_t first = job->phases->v[0].epochs;

    if (job->teacher)
        return freeze_teacher(h, job->teacher, e);
    for (uint64_t i = h->from; i < h->until; i++)
        if (wants_teacher(h, i) && (h->from >= first || i < first))
            return err_set(e, ERR_ARG, "phase %s learns from a teacher: the "
                           "first phase's weights are missing (--teacher)",
                           phases_at(job->phases, i)->name);
    return 0;
}

static int open_losses(struct shrink *h, struct err *e)
{
    struct net *net = arena_alloc(&h->arena, 1, sizeof *net);
    int rc = supernet_net(h->job->supernet, h->job->supernet->largest,
                          &h->arena, net, e);

    if (rc < 0)
        return rc;
    losses_init(&h->loss, net);
    h->loss.weight[LOSS_FINAL] = 1;
    h->loss.smoothing = h->job->o->label_smoothing;
    return 0;
}

static void open_batches(struct shrink *h)
{
    const struct shrink_opts *o = h->job->o;
    const struct split *train = train_split(h);
    struct batch_opts bo = {
        .flip = o->flip, .crop_pad = (int)o->crop_pad, .seed = o->seed,
    };

    batch_init(&h->batches, h->job->data, train, &bo);
    h->order = xcalloc(train->n, sizeof *h->order);
    for (size_t i = 0; i < train->n; i++)
        h->order[i] = (uint32_t)i;
    h->images = xaligned(o->batch * h->batches.h * h->batches.w * h->batches.c,
                         sizeof *h->images);
    h->labels = xcalloc(o->batch, sizeof *h->labels);
}

static void new_optimiser(struct shrink *h)
{
    const struct sgd_opts so = {
        .momentum = h->job->o->momentum, .nesterov = true,
        .weight_decay = h->job->o->weight_decay,
    };

    sgd_free(h->sgd);
    h->sgd = sgd_new(&so);
    sgd_add_bank(h->sgd, h->job->supernet->bank);
}

/* D32: the table's rate is for 64 images, the warm-up begins with it. */
static void enter_phase(struct shrink *h, const struct shrink_phase *p)
{
    const struct shrink_opts *o = h->job->o;
    uint64_t steps = batch_steps(train_split(h)->n, o->batch);

    h->phase = p;
    h->schedule = (struct schedule){
        .kind = SCHEDULE_COSINE, .lr = p->lr * (double)o->batch / 64,
        .steps = p->epochs * steps, .warmup_lr = p->lr,
        .warmup = (uint64_t)(p->warmup * (double)steps + 0.5),
    };
    h->loss.weight[LOSS_DISTIL] = p->distil;
}

int shrink_new(const struct shrink_job *job, uint64_t from, uint64_t until,
               struct shrink **out, struct err *e)
{
    struct shrink *h = xcalloc(1, sizeof *h);
    size_t genes = job->supernet->space->genes.n;
    int rc;

    h->job = job;
    h->from = from;
    h->until = until;
    h->host = engine_host_new((int)job->o->threads);
    h->genome = xcalloc(genes, sizeof *h->genome);
    h->pupil_genome = xcalloc(genes, sizeof *h->pupil_genome);
    open_batches(h);
    new_optimiser(h);
    if ((rc = open_teacher(h, e)) < 0 || (rc = open_losses(h, e)) < 0) {
        shrink_free(h);
        return rc;
    }
    if (from < until)
        enter_phase(h, phases_at(job->phases, from));
    *out = h;
    return 0;
}

void shrink_free(struct shrink *h)
{
    if (!h)
        return;
    subnetwork_close(&h->teacher);
    subnetwork_close(&h->pupil);
    losses_fini(&h->loss);
    batch_fini(&h->batches);
    sgd_free(h->sgd);
    engine_host_free(h->host);
    arena_free(&h->arena);
    free(h->order);
    free(h->images);
    free(h->labels);
    free(h->genome);
    free(h->pupil_genome);
    free(h);
}

struct sgd_slot *shrink_slots(struct shrink *h, size_t *n)
{
    return sgd_slots(h->sgd, n);
}

/* ---- steps ---- */

/* The sub-network of h->genome with the present weights. */
static int take_pupil(struct shrink *h, struct err *e)
{
    const struct supernet *s = h->job->supernet;
    size_t bytes = s->space->genes.n * sizeof *h->genome;
    struct engine_opts eo = engine_options(h->job->o, true);

    eo.host = h->host;
    if (h->pupil.g && memcmp(h->genome, h->pupil_genome, bytes) == 0) {
        bind_gather(h->pupil.map);
        return 0;
    }
    subnetwork_close(&h->pupil);
    memcpy(h->pupil_genome, h->genome, bytes);
    return subnetwork_open(s, h->genome, &eo, &h->pupil, e);
}

/* One sub-network's gradients into the bank.  *loss is added to. */
static int train_pupil(struct shrink *h, struct rng *r, size_t n, double *loss,
                       struct err *e)
{
    int rc;

    phase_draw(h->job->phases, h->phase, r, h->genome);
    if ((rc = take_pupil(h, e)) < 0)
        return rc;
    *loss += engine_step(h->pupil.g, h->images, (int)n, losses_batch, &h->loss);
    bind_scatter(h->pupil.map);
    bind_put_stats(h->pupil.map);
    return 0;
}

/* One step on images [at, at + n) of the order.  *loss becomes the mean over
 * its sub-networks. */
static int train_step(struct shrink *h, uint64_t epoch, uint64_t step,
                      size_t at, size_t n, double *loss, struct err *e)
{
    struct rng r = rng_make(h->job->o->seed, "ofa-train", epoch, step);
    uint64_t steps = batch_steps(train_split(h)->n, h->job->o->batch);
    int rc = 0;

    batch_fill(&h->batches, engine_host_pool(h->host), h->order + at, n, epoch,
               h->images, h->labels);
    h->loss.labels = h->labels;
    h->loss.teacher = NULL;
    if (h->phase->distil > 0) {
        engine_forward(h->teacher.g, h->images, (int)n, ENGINE_EVAL);
        h->loss.teacher = engine_logits(h->teacher.g, 0);
    }
    bank_zero_grad(h->job->supernet->bank);
    *loss = 0;
    for (uint64_t i = 0; i < h->phase->subnets && rc >= 0; i++)
        rc = train_pupil(h, &r, n, loss, e);
    *loss /= (double)h->phase->subnets;
    if (rc >= 0 && !isfinite(*loss))
        rc = err_set(e, ERR_FORMAT, "the loss is not a finite number in epoch "
                     "%" PRIu64 " (%s): a smaller learning rate may help",
                     epoch, h->phase->name);
    if (rc >= 0)
        sgd_step(h->sgd, engine_host_pool(h->host), schedule_lr(&h->schedule, step
                 + (epoch - h->phase->first) * steps));
    return rc;
}

/* One pass over the training images. */
static int train_epoch(struct shrink *h, uint64_t epoch, struct err *e)
{
    size_t n = train_split(h)->n, batch = h->job->o->batch, m;
    uint64_t step = 0, steps = batch_steps(n, batch);
    double sum = 0, loss;
    struct supernet_epoch log = {
        .phase = (char *)(uintptr_t)h->phase->name, .epoch = (int64_t)epoch,
        .lr = schedule_lr(&h->schedule, (epoch - h->phase->first) * steps),
    };
    int rc;

    batch_shuffle(h->order, n, h->job->o->seed, epoch);
    for (size_t at = 0; at < n && (m = batch_size(n, at, batch)); at += m) {
        if ((rc = train_step(h, epoch, step++, at, m, &loss, e)) < 0)
            return rc;
        sum += loss;
        progress_add(h->job->progress, m);
        progress_note(h->job->progress, "%s %" PRIu64 ", loss %.3f",
                      h->phase->name, epoch, sum / (double)step);
    }
    log.loss = sum / (double)step;
    h->job->epoch_done(h->job->ctx, &log);
    return 0;
}

/* ---- phases ---- */

static int begin_phase(struct shrink *h, struct err *e)
{
    const struct shrink_job *job = h->job;
    const struct shrink_phase *before = h->phase - 1;
    bool due;
    int rc;

    new_optimiser(h);
    if (h->phase == job->phases->v)
        return 0;
    rc = sorting_due(job->supernet, job->phases, before, h->phase, &due, e);
    if (rc >= 0 && due)
        rc = sorting_apply(job->supernet, job->phases, before, e);
    return rc;
}

/* Running statistics of the largest net, the supernet's own. */
static int calibrate_bank(struct shrink *h, struct err *e)
{
    const struct shrink_job *job = h->job;
    struct engine_opts eo = engine_options(job->o, false);
    struct subnetwork n;
    int rc = subnetwork_open(job->supernet, job->supernet->largest, &eo, &n, e);

    if (rc < 0)
        return rc;
    recalibrate(n.g, job->data, job->o->calibrate, job->o->batch, job->o->seed);
    bind_put_stats(n.map);
    subnetwork_close(&n);
    return 0;
}

static int end_phase(struct shrink *h, struct err *e)
{
    const struct measure_job m = {
        .supernet = h->job->supernet, .phases = h->job->phases,
        .phase = h->phase, .data = h->job->data,
        .engine = engine_options(h->job->o, false),
        .calibrate = h->job->o->calibrate, .random = h->job->o->measured,
        .seed = h->job->o->seed, .done = h->job->measured,
        .ctx = h->job->ctx,
    };
    int rc = calibrate_bank(h, e);

    subnetwork_close(&h->pupil);
    if (rc >= 0 && h->phase == h->job->phases->v && !h->teacher.g)
        rc = freeze_teacher(h, h->job->supernet, e);
    return rc < 0 ? rc : measure_phase(&m, e);
}

int shrink_run(struct shrink *h, struct err *e)
{
    uint64_t last = h->until;
    int rc = 0;

    for (uint64_t i = h->from; i < h->until && rc >= 0; i++) {
        enter_phase(h, phases_at(h->job->phases, i));
        last = h->phase->first + h->phase->epochs;
        if (i == h->phase->first)
            rc = begin_phase(h, e);
        if (rc >= 0)
            rc = train_epoch(h, i, e);
        if (rc >= 0 && i + 1 == last)
            rc = end_phase(h, e);
    }
    return rc >= 0 && h->until != last ? calibrate_bank(h, e) : rc;
}
