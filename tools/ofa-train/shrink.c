/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/shrink.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/weights.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/train/epochs.h"
#include "libcommon/nn/train/evaluate.h"
#include "tools/ofa-train/exitsloss.h"
#include "tools/ofa-train/measure.h"
#include "tools/ofa-train/sorting.h"
#include "tools/ofa-train/superheads.h"

struct shrink {
    const struct shrink_job *job;
    uint64_t from, until;
    const struct shrink_phase *phase; /* phase of the present epoch */
    struct schedule schedule;         /* of that phase */
    struct sgd *sgd;
    struct engine_host *host;  /* of the pupils' engines */
    struct subnetwork teacher; /* g NULL = none */
    struct exits_loss loss;
    struct arena arena;
    struct epochs epochs;
    int64_t *genome;
    struct subnetwork pupil; /* the last one trained */
    int64_t *pupil_genome;
};

static struct engine_opts engine_options(const struct shrink_opts *o,
                                         bool training)
{
    return (struct engine_opts){
        .batch = (int)o->batch,
        .shards = (int)o->shards,
        .threads = (int)o->threads,
        .training = training,
    };
}

/* ---- setting up ---- */

/* Make the largest network of a supernet the teacher, with its present weights:
 * training does not change the teacher (D32). */
static int freeze_teacher(struct shrink *h, const struct supernet *s,
                          struct err *e)
{
    const struct shrink_job *job = h->job;
    struct engine_opts eo = engine_options(job->o, false);
    int rc = subnetwork_open(s, s->largest, false, &eo, &h->teacher, e);

    if (rc >= 0)
        recalibrate(h->teacher.g, &job->data->input,
                    &job->data->split[SPLIT_TRAIN], job->o->calibrate,
                    job->o->batch, job->o->seed);
    return rc;
}

/* Make the teacher that an earlier run had frozen: the largest network with the
 * tensors which that run put. */
static int thaw_teacher(struct shrink *h, struct err *e)
{
    const struct shrink_job *job = h->job;
    const struct supernet *s = job->supernet;
    struct engine_opts eo = engine_options(job->o, false);
    int rc = subnetwork_open(s, s->largest, false, &eo, &h->teacher, e);
    struct engine_param *p;
    size_t n;

    if (rc < 0)
        return rc;
    p = engine_params(h->teacher.g, &n);
    for (size_t i = 0; i < n; i++) {
        const struct named_tensor *t = tensors_find(
            job->frozen, p[i].binding->tensor,
            p[i].stat ? ROLE_STAT : ROLE_PARAM);

        if (!t || tensor_count(&t->value) != p[i].n)
            return err_set(e, ERR_FORMAT, "the teacher lacks tensor %s",
                           p[i].binding->tensor);
        memcpy(p[i].value, t->value.data, p[i].n * sizeof *p[i].value);
    }
    return 0;
}

/* Open the teacher that is given.  If none is, the end of the first phase makes
 * one: ERR_ARG when an epoch of this run distils and the end of the first phase
 * does not precede it in this run. */
static int open_teacher(struct shrink *h, struct err *e)
{
    const struct shrink_job *job = h->job;
    uint64_t first = job->phases->v[0].epochs;

    if (job->teacher)
        return freeze_teacher(h, job->teacher, e);
    if (job->frozen)
        return thaw_teacher(h, e);
    for (uint64_t i = h->from; i < h->until; i++) {
        const struct shrink_phase *p = phases_at(job->phases, i);

        if (p->distil > 0 && (h->from >= first || i < first))
            return err_set(
                e, ERR_ARG,
                "phase %s has distillation: its teacher, the supernet "
                "after the first phase, is missing (--teacher)",
                p->name);
    }
    return 0;
}

static void new_optimiser(struct shrink *h)
{
    const struct sgd_opts so = {
        .momentum = h->job->o->momentum,
        .nesterov = true,
        .weight_decay = h->job->o->weight_decay,
    };

    sgd_free(h->sgd);
    h->sgd = sgd_new(&so);
    sgd_add_bank(h->sgd, h->job->supernet->bank);
}

/* The learning rate in the schedule is for 64 images a step and is scaled with
 * the batch size; the warm-up begins at the unscaled rate (D32). */
static void enter_phase(struct shrink *h, const struct shrink_phase *p)
{
    const struct shrink_opts *o = h->job->o;
    uint64_t steps = epochs_steps(&h->epochs);

    h->phase = p;
    h->schedule = (struct schedule){
        .kind = SCHEDULE_COSINE,
        .lr = p->lr * (double)o->batch / 64,
        .steps = p->epochs * steps,
        .warmup_lr = p->lr,
        .warmup = schedule_warmup(p->warmup, steps),
    };
    h->loss.final.weight[LOSS_DISTIL] = p->distil;
    h->loss.early.weight[LOSS_FINAL] = p->heads;
}

/* ---- steps ---- */

/* A head that no sub-network of a step has drawn stays as it is: its tensors
 * rest.  wake_heads wakes those that the pupil has. */
static void rest_heads(struct shrink *h)
{
    const struct supernet *s = h->job->supernet;
    size_t n, at = 0;
    struct bank_tensor *const *t = bank_all(s->bank, &n);
    struct sgd_slot *slots = sgd_slots(h->sgd, &at);

    at = 0;
    for (size_t i = 0; s->pools && i < n; i++)
        if (t[i]->grad)
            slots[at++].rests = i >= s->own;
}

static void wake_heads(struct shrink *h)
{
    int early = (int)h->pupil.net.exits.n - 1;
    size_t n, all;
    const struct engine_param *p = engine_params(h->pupil.g, &n);
    struct sgd_slot *slots = sgd_slots(h->sgd, &all);

    for (size_t i = 0; i < n; i++)
        for (size_t k = all;
             p[i].grad && p[i].head >= 0 && p[i].head < early && k-- > 0;)
            if (strcmp(slots[k].name, p[i].binding->tensor) == 0) {
                slots[k].rests = false;
                break;
            }
}

/* Draw one sub-network, add its gradients to those of the bank and its loss to
 * *loss, and copy its running statistics into the bank. */
static int train_pupil(struct shrink *h, struct rng *r,
                       const struct epoch_batch *b, double *loss, struct err *e)
{
    const struct supernet *s = h->job->supernet;
    size_t bytes = s->space->genes.n * sizeof *h->genome;
    struct engine_opts eo = engine_options(h->job->o, true);
    int rc;

    phase_draw(h->job->phases, h->phase, r, h->genome);
    /* The engine of the last sub-network is used again for an equal one; either
     * way the engine gets the supernet's present weights. */
    if (h->pupil.g && memcmp(h->genome, h->pupil_genome, bytes) == 0) {
        bind_gather(h->pupil.map);
    } else {
        subnetwork_close(&h->pupil);
        memcpy(h->pupil_genome, h->genome, bytes);
        eo.host = h->host;
        rc = subnetwork_open(s, h->genome, h->phase->heads > 0, &eo, &h->pupil,
                             e);
        if (rc < 0)
            return rc;
    }
    *loss += engine_step(h->pupil.g, b->images, (int)b->n, exits_loss_batch,
                         &h->loss);
    bind_scatter(h->pupil.map);
    bind_put_stats(h->pupil.map);
    wake_heads(h);
    return 0;
}

/* A step adds up the gradients of several sub-networks; its loss is the mean of
 * their losses. */
static int step_gradients(void *ctx, const struct epoch_batch *b,
                          struct epoch_terms *terms, struct err *e)
{
    struct shrink *h = ctx;
    struct rng r = rng_make(h->job->o->seed, "ofa-train", b->epoch, b->step);
    double loss = 0;
    int rc = 0;

    h->loss.final.labels = h->loss.early.labels = b->labels;
    h->loss.final.others = h->loss.early.others = b->others;
    h->loss.final.share = h->loss.early.share = b->share;
    h->loss.final.teacher = NULL;
    if (h->phase->distil > 0) {
        engine_forward(h->teacher.g, b->images, (int)b->n, ENGINE_EVAL);
        h->loss.final.teacher = engine_logits(h->teacher.g, 0);
    }
    bank_zero_grad(h->job->supernet->bank);
    rest_heads(h);
    for (uint64_t i = 0; i < h->phase->subnets && rc >= 0; i++)
        rc = train_pupil(h, &r, b, &loss, e);
    epoch_terms_add(terms, "loss", loss / (double)h->phase->subnets);
    return rc;
}

static void step_update(void *ctx, const struct epoch_batch *b)
{
    struct shrink *h = ctx;

    sgd_step(h->sgd, engine_host_pool(h->host), b->lr);
}

/* Train on all images once and report the epoch. */
static int train_epoch(struct shrink *h, uint64_t epoch, struct err *e)
{
    const struct epoch at = {
        .phase = h->phase->name,
        .number = epoch,
        .schedule = &h->schedule,
        .past = epoch - h->phase->first,
    };
    struct supernet_epoch log = {
        .phase = h->phase->name,
        .epoch = (int64_t)epoch,
    };
    struct epoch_sums sums;
    struct epoch_terms means;
    int rc = epochs_run(&h->epochs, &at, &sums, e);

    if (rc == EPOCH_DIVERGED)
        return err_set(e, ERR_FORMAT,
                       "the loss is not a finite number in "
                       "epoch %" PRIu64 " (%s): a smaller learning rate may "
                       "help",
                       epoch, h->phase->name);
    if (rc < 0)
        return rc;
    epoch_means(&sums, &means);
    log.lr = sums.lr;
    log.loss = epoch_terms_get(&means, "loss");
    return h->job->epoch_done(h->job->ctx, &log, e);
}

/* ---- from beginning to end ---- */

int shrink_new(const struct shrink_job *job, uint64_t from, uint64_t until,
               struct shrink **out, struct err *e)
{
    const struct shrink_opts *o = job->o;
    const struct supernet *s = job->supernet;
    struct shrink *h = xcalloc(1, sizeof *h);
    struct epochs_opts eo = {
        .input = &job->data->input,
        .train = &job->data->split[SPLIT_TRAIN],
        .batch = o->batch,
        .augment = {.flip = o->flip,
                    .crop_pad = (int)o->crop_pad,
                    .cutout = (int)o->cutout,
                    .seed = o->seed},
        .mixup = o->mixup,
        .images = true,
        .by_step = true,
        .progress = job->progress,
        .ops = {step_gradients, step_update, h},
    };
    struct net *net = arena_alloc(&h->arena, 1, sizeof *net);
    int rc;

    h->job = job;
    h->from = from;
    h->until = until;
    h->host = engine_host_new((int)o->threads);
    h->genome = xcalloc(s->space->genes.n, sizeof *h->genome);
    h->pupil_genome = xcalloc(s->space->genes.n, sizeof *h->pupil_genome);
    eo.pool = engine_host_pool(h->host);
    epochs_init(&h->epochs, &eo);
    new_optimiser(h);
    if ((rc = open_teacher(h, e)) < 0 ||
        (rc = supernet_net(s, s->largest, &h->arena, net, e)) < 0) {
        shrink_free(h);
        return rc;
    }
    losses_init(&h->loss.final, net);
    losses_init(&h->loss.early, net);
    h->loss.final.weight[LOSS_FINAL] = 1;
    h->loss.final.smoothing = h->loss.early.smoothing = o->label_smoothing;
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
    losses_fini(&h->loss.final);
    losses_fini(&h->loss.early);
    epochs_fini(&h->epochs);
    sgd_free(h->sgd);
    engine_host_free(h->host);
    arena_free(&h->arena);
    free(h->genome);
    free(h->pupil_genome);
    free(h);
}

struct sgd_slot *shrink_slots(struct shrink *h, size_t *n)
{
    return sgd_slots(h->sgd, n);
}

int shrink_put_teacher(struct shrink *h, struct writer *w, struct err *e)
{
    struct engine_param *p;
    size_t n;
    int rc;

    if (!h->teacher.g || h->job->teacher)
        return 0;
    rc = checkpoint_put_copy(w, COPY_TEACHER, e);
    p = engine_params(h->teacher.g, &n);
    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = weights_put(
            w, p[i].binding->tensor, p[i].stat ? ROLE_STAT : ROLE_PARAM,
            p[i].binding->shape.v, p[i].binding->shape.n, p[i].value, e);
    return rc;
}

/* ---- phases ---- */

/* Give the supernet all heads that a phase of the schedule draws, unless it has
 * them from an earlier phase. */
static int add_heads(struct shrink *h, struct err *e)
{
    struct supernet *s = h->job->supernet;
    bool *wanted = xcalloc(s->kinds * s->exits + 1, sizeof *wanted);
    int rc;

    phases_wanted(h->job->phases, wanted);
    rc = superheads_add(s, wanted, h->job->o->seed, e);
    free(wanted);
    return rc;
}

static int begin_phase(struct shrink *h, struct err *e)
{
    const struct shrink_job *job = h->job;
    const struct shrink_phase *before;
    bool due;
    int rc = 0;

    if (h->phase > job->phases->v) {
        before = h->phase - 1;
        rc = sorting_due(job->supernet, job->phases, before, h->phase, &due, e);
        if (rc >= 0 && due)
            rc = sorting_apply(job->supernet, job->phases, before, e);
    }
    if (rc >= 0 && h->phase->heads > 0)
        rc = add_heads(h, e);
    new_optimiser(h);
    return rc;
}

/* Set the running statistics of the bank to those of the largest network,
 * re-calibrated, once with the heads of each kind.  The backbone's come out the
 * same whatever heads there are. */
static int calibrate_bank(struct shrink *h, struct err *e)
{
    const struct shrink_job *job = h->job;
    const struct supernet *s = job->supernet;
    struct engine_opts eo = engine_options(job->o, false);
    int rc = 0;

    for (size_t k = s->pools ? 1 : 0; k <= (s->pools ? s->kinds : 0); k++) {
        struct subnetwork n = {0};

        rc = k ? superheads_net(s, k, s->heads, &n.arena, &n.net, e)
               : supernet_net(s, s->largest, &n.arena, &n.net, e);
        if (rc >= 0)
            rc = subnetwork_open_net(s, &eo, &n, e);
        if (rc < 0)
            break;
        recalibrate(n.g, &job->data->input, &job->data->split[SPLIT_TRAIN],
                    job->o->calibrate, job->o->batch, job->o->seed);
        bind_put_stats(n.map);
        subnetwork_close(&n);
    }
    return rc < 0 ? rc : 0;
}

static int end_phase(struct shrink *h, struct err *e)
{
    const struct measure_job m = {
        .supernet = h->job->supernet,
        .phases = h->job->phases,
        .phase = h->phase,
        .data = h->job->data,
        .engine = engine_options(h->job->o, false),
        .calibrate = h->job->o->calibrate,
        .random = h->job->o->measured,
        .seed = h->job->o->seed,
        .done = h->job->measured,
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
        if (rc >= 0 && i + 1 < h->until && h->job->between)
            h->job->between(h->job->ctx);
    }
    return rc >= 0 && h->until != last ? calibrate_bank(h, e) : rc;
}
