/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_phase.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/cost.h"
#include "libcommon/nn/real/batch.h"
#include "libcommon/nn/real/optimiser.h"
#include "tools/eenn-train/train_eval.h"
#include "tools/eenn-train/train_params.h"
#include "tools/eenn-train/train_support.h"

/* A stage at work. */
struct run {
    const struct train_job *job;
    const struct recipe *recipe;
    const struct stage *stage;
    const struct phase *phase;      /* the one in progress */
    struct engine *g;
    struct trained_net *out;
    struct sgd *sgd;
    struct schedule schedule;
    struct losses loss;
    struct batch_maker batches;
    uint32_t *order;                /* (training images) */
    float *images;                  /* (batch, h, w, c) */
    int32_t *labels;                /* (batch) */
    double *noise;                  /* (batch, exits - 1) of the samples */
    double *support;                /* (classes, exits - 1) Support Matrix */
    uint64_t epoch, step;           /* of the stage */
    float *best;                    /* parameters of the best epoch so far */
    struct net_trace trace;         /* room for the next validation's */
    double best_loss;               /* INFINITY = none yet */
    double best_final;              /* accuracy of the final exit */
};

static void run_losses(struct run *r)
{
    const struct recipe *rec = r->recipe;

    losses_init(&r->loss, r->stage->net);
    r->loss.smoothing = rec->label_smoothing;
    r->loss.acc_form = rec->acc_form;
    r->loss.max_macs = rec->max_macs;
    r->loss.distil_temperature = rec->distil_temperature;
    r->loss.noise = r->noise;
    r->loss.support = r->support;
}

/* Early exits' heads may step faster than the rest. */
static void scale_heads(struct run *r)
{
    const struct net *net = r->stage->net;
    size_t n, slots;
    struct engine_param *p = engine_params(r->g, &n);
    struct sgd_slot *s = sgd_slots(r->sgd, &slots);

    for (size_t i = 0; i < n; i++) {
        int head = net_head_of(net, (size_t)(p[i].layer - net_layer(net, 0)));

        if (!p[i].grad)
            continue;
        if (head >= 0 && (size_t)head + 1 < net->exits.n)
            s->rate = r->recipe->lr_scale_heads;
        s++;
    }
}

static void run_optimiser(struct run *r, uint64_t epochs)
{
    const struct recipe *rec = r->recipe;
    const struct sgd_opts o = {
        .momentum = rec->momentum, .nesterov = rec->nesterov,
        .weight_decay = rec->weight_decay, .decay_all = rec->decay_all,
    };
    size_t n = r->job->data->split[SPLIT_TRAIN].n;

    r->schedule = recipe_schedule(rec, epochs,
                                  batch_steps(n, (size_t)rec->batch));
    r->sgd = sgd_new(&o);
    sgd_add_engine(r->sgd, r->g);
    scale_heads(r);
}

static void run_init(struct run *r, uint64_t epochs)
{
    const struct dataset *d = r->job->data;
    const struct split *train = &d->split[SPLIT_TRAIN];
    const struct recipe *rec = r->recipe;
    const struct batch_opts o = {
        .flip = rec->flip, .crop_pad = (int)rec->crop_pad,
        .seed = r->stage->seed,
    };
    size_t batch = (size_t)rec->batch, exits = r->stage->net->exits.n;

    batch_init(&r->batches, d, train, &o);
    r->order = xcalloc(train->n, sizeof *r->order);
    for (size_t i = 0; i < train->n; i++)
        r->order[i] = (uint32_t)i;
    r->images = xaligned(batch * r->batches.h * r->batches.w * r->batches.c,
                         sizeof *r->images);
    r->labels = xcalloc(batch, sizeof *r->labels);
    r->noise = xcalloc(batch * exits, sizeof *r->noise);
    r->support = xcalloc(d->classes.n * exits, sizeof *r->support);
    r->best = xcalloc(params_total(r->g), sizeof *r->best);
    r->best_loss = INFINITY;
    run_losses(r);
    run_optimiser(r, epochs);
}

static void run_fini(struct run *r)
{
    batch_fini(&r->batches);
    losses_fini(&r->loss);
    sgd_free(r->sgd);
    net_trace_fini(&r->trace);
    free(r->order);
    free(r->images);
    free(r->labels);
    free(r->noise);
    free(r->support);
    free(r->best);
}

static void fail(struct run *r, const char *what)
{
    r->out->reason = xasprintf("%s in epoch %zu (%s)", what, r->out->n_log - 1,
                               r->phase->name);
}

static struct epoch_log *log_begin(struct run *r)
{
    struct trained_net *t = r->out;
    size_t exits = r->stage->exits;
    struct epoch_log *l;

    GROW(t->log, t->n_log, t->cap_log);
    l = &t->log[t->n_log];
    *l = (struct epoch_log){
        .phase = (char *)r->phase->name, .epoch = (int64_t)t->n_log,
        .loss_acc = NAN, .loss_conf = NAN, .loss_cost = NAN,
        .loss_peak = NAN, .loss_distil = NAN, .val_loss = NAN,
        .val_accuracy = {xcalloc(exits, sizeof(double)), exits},
    };
    for (size_t i = 0; i < exits; i++)
        l->val_accuracy.v[i] = NAN;
    t->n_log++;
    return l;
}

/* What samples of the confidences are drawn by: numbers of an image's own in
 * each epoch, whatever batch it is in. */
static void fill_noise(struct run *r, const uint32_t *index, size_t n,
                       uint64_t epoch)
{
    size_t early = r->stage->net->exits.n - 1;

    for (size_t i = 0; i < n; i++) {
        struct rng g = rng_make(r->stage->seed, "sample-exits", epoch,
                                index[i]);

        for (size_t j = 0; j < early; j++)
            r->noise[i * early + j] = rng_uniform(&g);
    }
}

/* One step on images [at, at + n) of the order.  Returns the loss. */
static double train_step(struct run *r, size_t at, size_t n, double lr)
{
    uint64_t epoch = r->out->n_log - 1;
    double loss;

    batch_fill(&r->batches, r->order + at, n, epoch, r->images, r->labels);
    if (r->loss.temperature > 0)
        fill_noise(r, r->order + at, n, epoch);
    r->loss.labels = r->labels;
    loss = engine_step(r->g, r->images, (int)n, losses_batch, &r->loss);
    if (!isfinite(loss))
        return loss;
    if (r->recipe->clip_norm > 0)
        params_clip(r->g, r->recipe->clip_norm);
    sgd_step(r->sgd, engine_pool(r->g), lr);
    return loss;
}

/* Add a batch's parts, weighted by its images, to sums that begin as zero. */
static void add_parts(double sums[LOSS_COUNT], const struct losses *l, size_t n)
{
    for (int t = 0; t < LOSS_COUNT; t++)
        if (l->weight[t] != 0)
            sums[t] += (double)n * l->value[t];
}

static void log_parts(struct epoch_log *log, const struct losses *l,
                      const double sums[LOSS_COUNT], double n)
{
    double *const to[LOSS_COUNT] = {
        [LOSS_FINAL] = &log->loss_acc, [LOSS_ACC] = &log->loss_acc,
        [LOSS_CONF] = &log->loss_conf, [LOSS_COST] = &log->loss_cost,
        [LOSS_PEAK] = &log->loss_peak, [LOSS_DISTIL] = &log->loss_distil,
    };

    for (int t = 0; t < LOSS_COUNT; t++)
        if (l->weight[t] != 0)
            *to[t] = sums[t] / n;
}

/* One pass over the training images.  Returns false when it diverged. */
static bool train_images(struct run *r, struct epoch_log *log)
{
    size_t n = r->job->data->split[SPLIT_TRAIN].n, m;
    size_t batch = (size_t)r->recipe->batch;
    double parts[LOSS_COUNT] = {0}, sum = 0, loss;

    batch_shuffle(r->order, n, r->stage->seed, (uint64_t)log->epoch);
    for (size_t at = 0; at < n && (m = batch_size(n, at, batch)); at += m) {
        double lr = schedule_lr(&r->schedule, r->step);

        log->lr = at ? log->lr : lr;
        loss = train_step(r, at, m, lr);
        if (!isfinite(loss))
            return false;
        r->step++;
        sum += (double)m * loss;
        log->images += (double)m;
        add_parts(parts, &r->loss, m);
        progress_add(r->job->progress, m);
        progress_note(r->job->progress, "%s %" PRId64 ", loss %.3f",
                      r->phase->name, log->epoch, sum / log->images);
    }
    log->loss = sum / log->images;
    log_parts(log, &r->loss, parts, log->images);
    return true;
}

/* Of two epochs as good as each other the later one. */
static bool is_best(const struct run *r, double loss, double final)
{
    switch (r->recipe->keep) {
    case KEEP_BEST_LOSS:
        return loss <= r->best_loss;
    case KEEP_BEST_FINAL:
        return isinf(r->best_loss) || final >= r->best_final;
    default:
        return true;
    }
}

static void keep_best(struct run *r, const struct epoch_log *log)
{
    struct net_trace t = r->out->trace;

    r->best_loss = log->val_loss;
    r->best_final = log->val_accuracy.v[log->val_accuracy.n - 1];
    r->out->best_epoch = log->epoch;
    params_save(r->g, r->best);
    if (r->stage->net->exits.n < r->stage->exits)
        return;     /* no trace of the whole net */
    r->out->trace = r->trace;
    r->trace = t;
}

static void validate(struct run *r, struct epoch_log *log)
{
    const struct dataset *d = r->job->data;
    size_t exits = r->stage->net->exits.n;
    double *right = log->val_accuracy.v + (r->stage->exits - exits);
    double loss = eval_loss(r->g, r->stage->net, d, &d->split[SPLIT_VAL],
                            r->recipe, right, &r->trace);

    if (!isfinite(loss))
        return;
    log->val_loss = loss;
    if (is_best(r, loss, right[exits - 1]))
        keep_best(r, log);
}

/* A line for each exit: the mean over the classes, least and most. */
static void log_support(const struct run *r, size_t images)
{
    size_t classes = r->job->data->classes.n;
    size_t early = r->stage->net->exits.n - 1;

    for (size_t i = 0; i < early; i++) {
        double least = INFINITY, most = -INFINITY, sum = 0, n = 0;

        for (size_t k = 0; k < classes; k++) {
            double v = r->support[k * early + i];

            if (isnan(v))
                continue;
            least = fmin(least, v);
            most = fmax(most, v);
            sum += v;
            n++;
        }
        log_info("%zu support images, exit %zu: %.4f right, classes %.4f to "
                 "%.4f", images, i, sum / n, least, most);
    }
}

/* What changes from epoch to epoch. */
static void epoch_losses(struct run *r, const struct epoch_log *log)
{
    const struct support s = {
        .share = r->recipe->support_share, .seed = r->stage->seed,
        .epoch = (uint64_t)log->epoch,
    };

    if (r->recipe->sample_exits)
        r->loss.temperature = recipe_temperature(r->epoch);
    if (r->loss.weight[LOSS_PEAK] != 0)
        log_support(r, support_matrix(r->g, r->job->data, &s,
                                      (size_t)r->recipe->batch, r->support));
}

/* Returns false when training has diverged: out->reason says where. */
static bool run_epoch(struct run *r)
{
    struct epoch_log *log = log_begin(r);

    epoch_losses(r, log);
    if (!train_images(r, log)) {
        log->loss = NAN;
        fail(r, "the loss is not a finite number");
        return false;
    }
    if (!params_finite(r->g)) {
        fail(r, "a weight is not a finite number");
        return false;
    }
    validate(r, log);
    r->epoch++;
    if (r->job->epoch_done)
        r->job->epoch_done(log);
    return true;
}

/* An epoch of an earlier phase is never the best one. */
static bool run_phase(struct run *r, const struct phase *phase)
{
    r->phase = phase;
    r->best_loss = INFINITY;
    memcpy(r->loss.weight, phase->weight, sizeof r->loss.weight);
    for (uint64_t i = 0; i < phase->epochs; i++)
        if (!run_epoch(r))
            return false;
    if (isfinite(r->best_loss))
        return true;
    fail(r, "the validation loss is not a finite number");
    return false;
}

void stage_run(const struct stage *s, const struct phase *phases, size_t n)
{
    struct run r = {
        .job = s->job, .recipe = s->job->recipe, .stage = s, .g = s->g,
        .out = s->out,
    };
    uint64_t epochs = 0;
    bool fine = true;

    for (size_t i = 0; i < n; i++)
        epochs += phases[i].epochs;
    if (!epochs)
        return;
    run_init(&r, epochs);
    for (size_t i = 0; i < n && fine; i++)
        if (phases[i].epochs)
            fine = run_phase(&r, &phases[i]);
    if (fine)
        params_restore(r.g, r.best);
    run_fini(&r);
}
