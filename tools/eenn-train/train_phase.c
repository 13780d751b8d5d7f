/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_phase.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/train/optimiser.h"
#include "tools/eenn-train/train_eval.h"
#include "tools/eenn-train/train_feed.h"
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
    struct feed feed;
    uint32_t *order;                /* (training images) */
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
    r->loss.labels = r->feed.labels;
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
    if (rec->clip_norm > 0)                 /* needs all gradients at once */
        sgd_add_engine(r->sgd, r->g);
    else
        sgd_join_engine(r->sgd, r->g);
    scale_heads(r);
}

static int run_init(struct run *r, uint64_t epochs, struct err *e)
{
    const struct dataset *d = r->job->data;
    const struct split *train = &d->split[SPLIT_TRAIN];
    const struct recipe *rec = r->recipe;
    size_t batch = (size_t)rec->batch, exits = r->stage->net->exits.n;
    int rc = feed_init(&r->feed, r->g, r->job, r->stage->seed,
                       r->stage->keep_features, e);

    r->order = xcalloc(train->n, sizeof *r->order);
    for (size_t i = 0; i < train->n; i++)
        r->order[i] = (uint32_t)i;
    r->noise = xcalloc(batch * exits, sizeof *r->noise);
    r->support = xcalloc(d->classes.n * exits, sizeof *r->support);
    r->best = xcalloc(params_total(r->g), sizeof *r->best);
    r->best_loss = INFINITY;
    run_losses(r);
    run_optimiser(r, epochs);
    return rc;
}

static void run_fini(struct run *r)
{
    feed_fini(&r->feed);
    losses_fini(&r->loss);
    sgd_free(r->sgd);
    net_trace_fini(&r->trace);
    free(r->order);
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

/* One step on images [at, at + n) of the order. */
static int train_step(struct run *r, size_t at, size_t n, double lr,
                      double *loss, struct err *e)
{
    const uint32_t *index = r->order + at;
    uint64_t epoch = r->out->n_log - 1;

    if (r->loss.temperature > 0)
        fill_noise(r, index, n, epoch);
    sgd_begin(r->sgd, lr);
    if (feed_step(&r->feed, index, n, epoch, losses_batch, &r->loss, loss, e)
        < 0)
        return e->code;
    if (!isfinite(*loss))
        return 0;
    if (r->recipe->clip_norm > 0)
        params_clip(r->g, r->recipe->clip_norm);
    sgd_end(r->sgd, engine_pool(r->g));
    return 0;
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

/* One pass over the training images.  Returns 1, 0 when it diverged. */
static int train_images(struct run *r, struct epoch_log *log, struct err *e)
{
    size_t n = r->job->data->split[SPLIT_TRAIN].n, m;
    size_t batch = (size_t)r->recipe->batch;
    double parts[LOSS_COUNT] = {0}, sum = 0, loss = NAN;

    batch_shuffle(r->order, n, r->stage->seed, (uint64_t)log->epoch);
    for (size_t at = 0; at < n && (m = batch_size(n, at, batch)); at += m) {
        double lr = schedule_lr(&r->schedule, r->step);

        log->lr = at ? log->lr : lr;
        if (train_step(r, at, m, lr, &loss, e) < 0)
            return e->code;
        if (!isfinite(loss))
            return 0;
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
    return 1;
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

static int validate(struct run *r, struct epoch_log *log, struct err *e)
{
    const struct dataset *d = r->job->data;
    size_t exits = r->stage->net->exits.n;
    double *right = log->val_accuracy.v + (r->stage->exits - exits);
    double loss;

    if (eval_loss(r->g, r->stage->net, d, &d->split[SPLIT_VAL],
                  r->feed.kept[SPLIT_VAL], r->recipe, &loss, right, &r->trace,
                  e) < 0)
        return e->code;
    if (!isfinite(loss))
        return 0;
    log->val_loss = loss;
    if (is_best(r, loss, right[exits - 1]))
        keep_best(r, log);
    return 0;
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

/* Returns 1, 0 when training has diverged: out->reason says where. */
static int run_epoch(struct run *r, struct err *e)
{
    struct epoch_log *log = log_begin(r);
    int rc;

    epoch_losses(r, log);
    if ((rc = train_images(r, log, e)) < 0)
        return rc;
    if (rc == 0) {
        log->loss = NAN;
        fail(r, "the loss is not a finite number");
        return 0;
    }
    if (!params_finite(r->g)) {
        fail(r, "a weight is not a finite number");
        return 0;
    }
    if ((rc = validate(r, log, e)) < 0)
        return rc;
    r->epoch++;
    if (r->job->epoch_done)
        r->job->epoch_done(log);
    return 1;
}

/* An epoch of an earlier phase is never the best one. */
static int run_phase(struct run *r, const struct phase *phase, struct err *e)
{
    int rc = 1;

    r->phase = phase;
    r->best_loss = INFINITY;
    memcpy(r->loss.weight, phase->weight, sizeof r->loss.weight);
    for (uint64_t i = 0; rc > 0 && i < phase->epochs; i++)
        rc = run_epoch(r, e);
    if (rc <= 0 || isfinite(r->best_loss))
        return rc;
    fail(r, "the validation loss is not a finite number");
    return 0;
}

int stage_run(const struct stage *s, const struct phase *phases, size_t n,
              struct err *e)
{
    struct run r = {
        .job = s->job, .recipe = s->job->recipe, .stage = s, .g = s->g,
        .out = s->out,
    };
    uint64_t epochs = 0;
    int rc;

    for (size_t i = 0; i < n; i++)
        epochs += phases[i].epochs;
    if (!epochs)
        return 0;
    if ((rc = run_init(&r, epochs, e)) >= 0)
        rc = 1;
    for (size_t i = 0; i < n && rc > 0; i++)
        if (phases[i].epochs)
            rc = run_phase(&r, &phases[i], e);
    if (rc > 0)
        params_restore(r.g, r.best);
    run_fini(&r);
    return rc < 0 ? rc : 0;
}
