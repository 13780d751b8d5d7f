/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_phase.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/train/epochs.h"
#include "libcommon/nn/train/optimiser.h"
#include "tools/eenn-train/train_eval.h"
#include "tools/eenn-train/train_feed.h"
#include "tools/eenn-train/train_params.h"
#include "tools/eenn-train/train_support.h"

/* Holds what a stage needs while it runs. */
struct training {
    const struct train_job *job;
    const struct recipe *recipe;
    const struct stage *stage;
    const struct train_phase *phase; /* the one in progress */
    struct engine *g;
    struct trained_net *out;
    struct sgd *sgd;
    struct schedule schedule;
    struct losses loss;
    struct feed feed;
    struct epochs epochs;
    double *noise;          /* (batch, exits - 1) of the samples */
    double *support;        /* (classes, exits - 1) Support Matrix */
    uint64_t epoch;         /* epochs of the stage that are over */
    float *best;            /* parameters of the best epoch so far */
    struct net_trace trace; /* buffers for the next validation */
    double best_loss;       /* INFINITY = none yet */
    double best_final;      /* accuracy of the final exit */
};

static void init_optimiser(struct training *r, uint64_t epochs)
{
    const struct recipe *rec = r->recipe;
    const struct net *net = r->stage->net;
    const struct sgd_opts o = {
        .momentum = rec->momentum,
        .nesterov = rec->nesterov,
        .weight_decay = rec->weight_decay,
        .decay_all = rec->decay_all,
    };
    size_t n, slots;
    struct engine_param *p = engine_params(r->g, &n);
    struct sgd_slot *s;

    r->schedule = recipe_schedule(rec, epochs, epochs_steps(&r->epochs));
    r->sgd = sgd_new(&o);
    if (rec->clip_norm > 0) /* needs all gradients at once */
        sgd_add_engine(r->sgd, r->g);
    else
        sgd_join_engine(r->sgd, r->g);

    /* The heads of early exits learn at a rate of their own, lr_scale_heads
     * times the others'. */
    s = sgd_slots(r->sgd, &slots);
    for (size_t i = 0; i < n; i++) {
        int head = net_head_of(net, (size_t)(p[i].layer - net_layer(net, 0)));

        if (!p[i].grad)
            continue;
        if (head >= 0 && (size_t)head + 1 < net->exits.n)
            s->rate = rec->lr_scale_heads;
        s++;
    }
}

/* ---- steps ---- */

/* sgd_begin comes before the gradients are computed, since the engine may
 * update weights while it computes them (sgd_join_engine). */
static int step_gradients(void *ctx, const struct epoch_batch *b,
                          struct epoch_terms *terms, struct err *e)
{
    struct training *r = ctx;
    size_t early = r->stage->net->exits.n - 1;
    double loss;

    /* The uniform random numbers that sample the confidences depend on seed,
     * epoch and image, whatever batch the image is in. */
    for (size_t i = 0; r->loss.temperature > 0 && i < b->n; i++) {
        struct rng g = rng_make(r->stage->seed, "sample-exits", b->epoch,
                                b->index[i]);

        for (size_t j = 0; j < early; j++)
            r->noise[i * early + j] = rng_uniform(&g);
    }
    sgd_begin(r->sgd, b->lr);
    r->loss.labels = b->labels;
    if (feed_step(&r->feed, b, losses_batch, &r->loss, &loss, e) < 0)
        return e->code;
    epoch_terms_add(terms, "loss", loss);
    for (enum loss_id t = 0; t < LOSS_COUNT; t++)
        if (r->loss.weight[t] != 0)
            epoch_terms_add(terms, losses_name(t), r->loss.value[t]);
    return 0;
}

static void step_update(void *ctx, const struct epoch_batch *b)
{
    struct training *r = ctx;

    (void)b;
    if (r->recipe->clip_norm > 0)
        params_clip(r->g, r->recipe->clip_norm);
    sgd_end(r->sgd, engine_pool(r->g));
}

/* ---- setting up ---- */

static int training_init(struct training *r, uint64_t epochs, struct err *e)
{
    const struct recipe *rec = r->recipe;
    const struct stage *s = r->stage;
    const struct epochs_opts o = {
        .input = &r->job->data->input,
        .train = &r->job->data->split[SPLIT_TRAIN],
        .batch = (size_t)rec->batch,
        .augment = {rec->flip, (int)rec->crop_pad, s->seed},
        .images = !s->keep_features,
        .pool = engine_pool(r->g),
        .progress = r->job->progress,
        .ops = {step_gradients, step_update, r},
    };
    size_t exits = s->net->exits.n;
    int rc = feed_init(&r->feed, r->g, r->job, s->keep_features, e);

    epochs_init(&r->epochs, &o);
    r->noise = xcalloc(o.batch * exits, sizeof *r->noise);
    r->support = xcalloc(o.input->classes * exits, sizeof *r->support);
    r->best = xcalloc(params_total(r->g), sizeof *r->best);

    losses_init(&r->loss, s->net);
    r->loss.smoothing = rec->label_smoothing;
    r->loss.acc_form = rec->acc_form;
    r->loss.max_macs = rec->max_macs;
    if (rec->cost == COST_PAPER)
        losses_cost_paper(&r->loss, s->net);
    r->loss.distil_temperature = rec->distil_temperature;
    r->loss.noise = r->noise;
    r->loss.support = r->support;
    init_optimiser(r, epochs);
    return rc;
}

/* ---- epochs ---- */

/* Set the reason: training has diverged in the last epoch of the log. */
static void fail(struct training *r, const char *what)
{
    r->out->reason = xasprintf("%s in epoch %zu (%s)", what, r->out->n_log - 1,
                               r->phase->name);
}

/* Validate, and keep the weights if the epoch is the best of the phase so far
 * by the recipe's `keep`.  Of two epochs that are equally good the later one is
 * kept. */
static int validate(struct training *r, struct epoch_log *log, struct err *e)
{
    const struct dataset *d = r->job->data;
    const struct net *net = r->stage->net;
    double *right = log->val_accuracy.v + (r->stage->exits - net->exits.n);
    double loss, final;
    bool best = true;

    if (eval_loss(r->g, net, &d->input, &d->split[SPLIT_VAL],
                  r->feed.kept[SPLIT_VAL], r->recipe, &loss, right, &r->trace,
                  e) < 0)
        return e->code;
    if (!isfinite(loss))
        return 0;
    log->val_loss = loss;
    final = right[net->exits.n - 1];
    if (r->recipe->keep == KEEP_BEST_LOSS)
        best = loss <= r->best_loss;
    else if (r->recipe->keep == KEEP_BEST_FINAL)
        best = isinf(r->best_loss) || final >= r->best_final;
    if (!best)
        return 0;

    r->best_loss = loss;
    r->best_final = final;
    r->out->best_epoch = log->epoch;
    params_save(r->g, r->best);
    if (net->exits.n == r->stage->exits) { /* a trace of the whole net */
        struct net_trace t = r->out->trace;

        r->out->trace = r->trace;
        r->trace = t;
    }
    return 0;
}

/* Set the temperature of the samples and the Support Matrix, which change each
 * epoch.  Log for each early exit the mean, the least and the largest entry of
 * its column of the matrix. */
static void epoch_losses(struct training *r, const struct epoch_log *log)
{
    const struct support s = {
        .share = r->recipe->support_share,
        .seed = r->stage->seed,
        .epoch = (uint64_t)log->epoch,
    };
    const struct dataset *d = r->job->data;
    size_t classes = d->input.classes;
    size_t early = r->stage->net->exits.n - 1, images;

    if (r->recipe->sample_exits)
        r->loss.temperature = recipe_temperature(r->epoch);
    if (r->loss.weight[LOSS_PEAK] == 0)
        return;
    images = support_matrix(r->g, &d->input, &d->split[SPLIT_TRAIN], &s,
                            (size_t)r->recipe->batch, r->support);
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
                 "%.4f",
                 images, i, sum / n, least, most);
    }
}

/* Train on all images once and validate.  Returns 1, or 0 when training has
 * diverged (out->reason then says where), or ERR_*. */
static int run_epoch(struct training *r, struct err *e)
{
    struct trained_net *t = r->out;
    size_t exits = r->stage->exits;
    const struct epoch at = {
        .phase = r->phase->name,
        .number = t->n_log,
        .schedule = &r->schedule,
        .past = r->epoch,
    };
    struct epoch_sums sums;
    struct epoch_log *log;
    int rc;

    GROW(t->log, t->n_log, t->cap_log);
    log = &t->log[t->n_log++];
    *log = (struct epoch_log){
        .phase = at.phase,
        .epoch = (int64_t)at.number,
        .val_loss = NAN,
        .val_accuracy = {xcalloc(exits, sizeof(double)), exits},
    };
    for (size_t i = 0; i < exits; i++)
        log->val_accuracy.v[i] = NAN;
    epoch_losses(r, log);
    rc = epochs_run(&r->epochs, &at, &sums, e);
    log->lr = sums.lr;
    log->images = sums.weight;
    if (rc < 0)
        return rc;
    if (rc == EPOCH_DIVERGED) {
        fail(r, "the loss is not a finite number");
        return 0;
    }
    epoch_means(&sums, &log->terms);
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

int stage_run(const struct stage *s, const struct train_phase *phases, size_t n,
              struct err *e)
{
    struct training r = {
        .job = s->job,
        .recipe = s->job->recipe,
        .stage = s,
        .g = s->g,
        .out = s->out,
    };
    uint64_t epochs = 0;
    int rc;

    for (size_t i = 0; i < n; i++)
        epochs += phases[i].epochs;
    if (!epochs)
        return 0;
    if ((rc = training_init(&r, epochs, e)) >= 0)
        rc = 1;
    for (size_t i = 0; i < n && rc > 0; i++) {
        if (!phases[i].epochs)
            continue;
        /* The best epoch is looked for in the last phase alone, so each phase
         * begins without one. */
        r.phase = &phases[i];
        r.best_loss = INFINITY;
        memcpy(r.loss.weight, r.phase->weight, sizeof r.loss.weight);
        for (uint64_t k = 0; rc > 0 && k < r.phase->epochs; k++)
            rc = run_epoch(&r, e);
        if (rc > 0 && !isfinite(r.best_loss)) {
            fail(&r, "the validation loss is not a finite number");
            rc = 0;
        }
    }
    if (rc > 0)
        params_restore(r.g, r.best);
    feed_fini(&r.feed);
    epochs_fini(&r.epochs);
    losses_fini(&r.loss);
    sgd_free(r.sgd);
    net_trace_fini(&r.trace);
    free(r.noise);
    free(r.support);
    free(r.best);
    return rc < 0 ? rc : 0;
}
