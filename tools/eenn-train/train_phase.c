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
#include "tools/eenn-train/ema.h"
#include "tools/eenn-train/exit_weights.h"
#include "tools/eenn-train/teacher.h"
#include "tools/eenn-train/train_branches.h"
#include "tools/eenn-train/train_eval.h"
#include "tools/eenn-train/train_feed.h"
#include "tools/eenn-train/train_params.h"
#include "tools/eenn-train/train_state.h"
#include "tools/eenn-train/train_support.h"

/* Holds what a stage needs while it runs. */
struct training {
    const struct train_job *job;
    const struct recipe *recipe;
    const struct stage *stage;
    const struct train_phase *phase; /* the one in progress */
    struct train_state at;           /* what it has come to */
    struct schedule schedule;
    struct losses loss;
    struct feed feed;
    struct epochs epochs;
    double *noise;          /* (batch, exits - 1) of the samples */
    double *support;        /* (classes, exits - 1) Support Matrix */
    double *exit_weight;    /* (exits) in the losses, or NULL */
    double *own;            /* (exits) validation losses of branches, or NULL */
    uint64_t past;          /* epochs of the stage's earlier phases, whether
                             * they ran or were spared (--patience) */
    struct net_trace trace; /* buffers for the next validation */
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
    struct engine_param *p = engine_params(r->at.g, &n);
    struct sgd_slot *s;

    r->schedule = recipe_schedule(rec, r->stage->backbone, epochs,
                                  epochs_steps(&r->epochs));
    r->at.sgd = sgd_new(&o);
    if (rec->clip_norm > 0) /* needs all gradients at once */
        sgd_add_engine(r->at.sgd, r->at.g);
    else
        sgd_join_engine(r->at.sgd, r->at.g);

    /* The heads of early exits learn at rates of their own, and so do biases,
     * beta and gamma, which do not decay. */
    s = sgd_slots(r->at.sgd, &slots);
    for (size_t i = 0; i < n; i++) {
        int head = net_head_of(net, (size_t)(p[i].layer - net_layer(net, 0)));

        if (!p[i].grad)
            continue;
        if (head >= 0 && (size_t)head + 1 < net->exits.n)
            s->rate = recipe_head_rate(rec, net, (size_t)head);
        if (!p[i].decay)
            s->rate *= strcmp(p[i].binding->slot, "gamma") == 0
                           ? rec->lr_scale_gamma
                           : rec->lr_scale_bias;
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
    sgd_begin(r->at.sgd, b->lr);
    r->loss.labels = b->labels;
    r->loss.others = b->others;
    r->loss.share = b->share;
    if (r->job->teacher && r->loss.weight[LOSS_DISTIL] != 0)
        r->loss.teacher = teacher_logits(r->job->teacher, b);
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
    uint64_t epochs = r->past + r->at.done;

    if (r->recipe->clip_norm > 0 && r->stage->independent)
        branches_clip(&r->at, r->recipe->clip_norm);
    else if (r->recipe->clip_norm > 0)
        params_clip(r->at.g, r->recipe->clip_norm);
    sgd_end(r->at.sgd, engine_pool(r->at.g));
    if (r->at.average)
        ema_step(r->at.average, r->at.g, r->recipe->ema,
                 epochs * epochs_steps(&r->epochs) + b->step);
}

/* ---- setting up ---- */

static void training_init(struct training *r, uint64_t epochs)
{
    const struct recipe *rec = r->recipe;
    const struct stage *s = r->stage;
    const struct epochs_opts o = {
        .input = &r->job->data->input,
        .train = &r->job->data->split[SPLIT_TRAIN],
        .batch = (size_t)rec->batch,
        .augment = {.flip = rec->flip,
                    .crop_pad = (int)rec->crop_pad,
                    .roll = (int)rec->roll,
                    .time_mask = (int)rec->time_mask,
                    .band_mask = (int)rec->band_mask,
                    .cutout = (int)rec->cutout,
                    .seed = s->seed},
        .mixup = rec->mixup,
        .images = !s->keep_features,
        .pool = engine_pool(r->at.g),
        .progress = r->job->progress,
        .ops = {step_gradients, step_update, r},
    };
    size_t exits = s->net->exits.n;

    epochs_init(&r->epochs, &o);
    r->noise = xcalloc(o.batch * exits, sizeof *r->noise);
    r->support = xcalloc(o.input->classes * exits, sizeof *r->support);
    r->at.best = xcalloc(params_total(r->at.g), sizeof *r->at.best);
    if (rec->ema > 0)
        r->at.average = ema_new(r->at.g);

    losses_init(&r->loss, s->net);
    r->loss.smoothing = rec->label_smoothing;
    r->loss.class_weight = rec->class_weights;
    r->loss.exit_weight = r->exit_weight = exit_weights_new(rec->exit_weights,
                                                            exits);
    r->loss.acc_form = rec->acc_form;
    r->loss.max_macs = rec->max_macs;
    if (rec->cost == COST_PAPER)
        losses_cost_paper(&r->loss, s->net);
    r->loss.distil_temperature = rec->distil_temperature;
    r->loss.noise = r->noise;
    r->loss.support = r->support;
    init_optimiser(r, epochs);
    if (s->independent) {
        r->own = xcalloc(exits, sizeof *r->own);
        branches_begin(&r->at);
    }
}

/* ---- epochs ---- */

/* Set the reason: training has diverged in the last epoch of the log. */
static void fail(struct training *r, const char *what)
{
    r->at.out->reason = xasprintf("%s in epoch %zu (%s)" DIVERGED_HINT, what,
                                  r->at.out->n_log - 1, r->phase->name);
}

/* Validate, and keep the weights if the epoch is the best of the phase so far
 * by the recipe's `keep`, or those of each branch for which it is. */
static int validate(struct training *r, struct epoch_log *log, struct err *e)
{
    const struct dataset *d = r->job->data;
    const struct split *val = &d->split[SPLIT_VAL];
    const struct net *net = r->stage->net;
    size_t first = r->stage->exits - net->exits.n;
    struct eval_results v = {
        .own = r->own,
        .accuracy = log->val_accuracy.v + first,
        .balanced = log->val_balanced.n ? log->val_balanced.v + first : NULL,
    };
    const double *score;
    bool better;

    if (eval_loss(r->at.g, net, &d->input, val, r->feed.kept[SPLIT_VAL],
                  r->recipe, &v, &r->trace, e) < 0)
        return e->code;
    if (!isfinite(v.loss))
        return 0;
    log->val_loss = v.loss;
    score = r->recipe->keep == KEEP_BEST_BALANCED ? v.balanced : v.accuracy;
    if (r->stage->independent) {
        branches_judge(
            &r->at, r->recipe, log->epoch, v.own, score,
            &(struct hope){&r->trace, val->labels, val->n, d->input.classes});
        return 0;
    }
    if (!recipe_is_best(r->recipe, v.loss, score[net->exits.n - 1],
                        &r->at.best_loss, &r->at.best_final, &better))
        return 0;
    if (better)
        r->at.waited = 0;
    r->at.out->best_epoch = log->epoch;
    params_save(r->at.g, r->at.best);
    if (net->exits.n == r->stage->exits) { /* a trace of the whole net */
        struct net_trace t = r->at.out->trace;

        r->at.out->trace = r->trace;
        r->trace = t;
    }
    return 0;
}

/* Give the engine and the trace what each branch came to in its best epoch. */
static int end_branches(struct training *r, struct err *e)
{
    const struct dataset *d = r->job->data;
    size_t exits = r->stage->exits;
    struct eval_results v = {.accuracy = xcalloc(exits, sizeof *v.accuracy)};
    int rc;

    branches_wake(&r->at);
    rc = eval_loss(r->at.g, r->stage->net, &d->input, &d->split[SPLIT_VAL],
                   r->feed.kept[SPLIT_VAL], r->recipe, &v, &r->at.out->trace,
                   e);
    free(v.accuracy);
    return rc;
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
        r->loss.temperature = recipe_temperature(r->past + r->at.done);
    if (r->loss.weight[LOSS_PEAK] == 0)
        return;
    images = support_matrix(r->at.g, &d->input, &d->split[SPLIT_TRAIN], &s,
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
        log_info(
            "%zu support samples, exit %zu: accuracy %.4f, by class %.4f to "
            "%.4f",
            images, i, sum / n, least, most);
    }
}

/* Train on all images once and validate.  Returns 1, or 0 when training has
 * diverged (out->reason then says where), or ERR_*. */
static int run_epoch(struct training *r, struct err *e)
{
    struct trained_net *t = r->at.out;
    size_t exits = r->stage->exits;
    const struct epoch at = {
        .phase = r->phase->name,
        .number = t->n_log,
        .schedule = &r->schedule,
        .past = r->past + r->at.done,
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
    if (recipe_balanced(r->recipe)) {
        log->val_balanced = (struct reals){xcalloc(exits, sizeof(double)),
                                           exits};
        memcpy(log->val_balanced.v, log->val_accuracy.v,
               exits * sizeof(double));
    }
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
    if (!r->stage->independent && !params_finite(r->at.g)) {
        fail(r, "a weight is not a finite number");
        return 0;
    }
    r->at.done++;
    r->at.waited += !r->stage->independent;
    /* The average is what is judged and kept. */
    if (r->at.average)
        ema_swap(r->at.average, r->at.g);
    rc = validate(r, log, e);
    if (r->at.average)
        ema_swap(r->at.average, r->at.g);
    if (rc >= 0 && r->job->epoch_done)
        rc = r->job->epoch_done(r->job->ctx, log, &r->at, e);
    return rc < 0 ? rc : 1;
}

/* ---- phases ---- */

/* The best epoch is looked for in the last phase alone, so each phase begins
 * without one. */
static void begin_phase(struct training *r, const struct train_phase *phase)
{
    r->phase = phase;
    r->at.phase = phase->name;
    r->at.done = r->at.waited = 0;
    r->at.best_loss = INFINITY;
}

/* Go on where a checkpoint says, if it is in one of these phases: *first
 * becomes the phase. */
static int resume(struct training *r, const struct train_phase *phases,
                  size_t n, size_t *first, struct err *e)
{
    const struct checkpoint_state *from = r->job->resume;
    size_t i = 0;

    while (from && i < n && strcmp(phases[i].name, from->training.phase) != 0)
        i++;
    if (!from || i == n)
        return 0;
    for (*first = i; i > 0; i--)
        r->past += phases[i - 1].epochs;
    begin_phase(r, &phases[*first]);
    if (train_state_take(&r->at, from, r->stage->exits, e) < 0)
        return e->code;
    if (r->stage->independent)
        branches_rest(&r->at);
    if (r->at.done > r->phase->epochs)
        return err_set(e, ERR_FORMAT, "phase %s has %" PRIu64 " epochs",
                       r->phase->name, r->phase->epochs);
    progress_skip(r->job->progress,
                  (r->past + r->at.done) * r->job->data->split[SPLIT_TRAIN].n);
    return 0;
}

/* Run a phase, or what is left of it when it was resumed.  Returns what
 * run_epoch does. */
static int run_phase(struct training *r, const struct train_phase *phase,
                     struct err *e)
{
    uint64_t patience = r->recipe->patience;
    bool alone = r->stage->independent;
    int rc = 1;

    if (!phase->epochs)
        return 1;
    if (r->phase != phase)
        begin_phase(r, phase);
    memcpy(r->loss.weight, phase->weight, sizeof r->loss.weight);
    while (rc > 0 && r->at.done < phase->epochs &&
           (alone ? branches_learning(&r->at) > 0
                  : !patience || r->at.waited < patience))
        rc = run_epoch(r, e);
    if (rc > 0 && !alone && !isfinite(r->at.best_loss)) {
        fail(r, "the validation loss is not a finite number");
        return 0;
    }
    if (rc > 0 && r->at.done < phase->epochs) {
        if (alone)
            log_info("phase %s ends after %" PRIu64 " of %" PRIu64
                     " epochs: no branch learns any more",
                     phase->name, r->at.done, phase->epochs);
        else
            log_info("phase %s ends after %" PRIu64 " of %" PRIu64
                     " epochs: no improvement in the last %" PRIu64,
                     phase->name, r->at.done, phase->epochs, r->at.waited);
        progress_skip(r->job->progress, (phase->epochs - r->at.done) *
                                            r->job->data->split[SPLIT_TRAIN].n);
    }
    r->past += phase->epochs;
    return rc;
}

int stage_run(const struct stage *s, const struct train_phase *phases, size_t n,
              struct err *e)
{
    struct training r = {
        .job = s->job,
        .recipe = s->job->recipe,
        .stage = s,
        .at = {.net = s->job->net_hash, .g = s->g, .out = s->out},
    };
    uint64_t epochs = 0;
    size_t first = 0;
    int rc;

    for (size_t i = 0; i < n; i++)
        epochs += phases[i].epochs;
    if (!epochs)
        return 0;
    training_init(&r, epochs);
    if ((rc = resume(&r, phases, n, &first, e)) >= 0 &&
        (rc = feed_init(&r.feed, s->g, s->job, s->keep_features, e)) >= 0)
        rc = 1;
    for (size_t i = first; i < n && rc > 0; i++)
        rc = run_phase(&r, &phases[i], e);
    if (rc > 0 && s->independent)
        rc = end_branches(&r, e);
    else if (rc > 0)
        params_restore(s->g, r.at.best);
    feed_fini(&r.feed);
    epochs_fini(&r.epochs);
    losses_fini(&r.loss);
    sgd_free(r.at.sgd);
    net_trace_fini(&r.trace);
    free(r.noise);
    free(r.support);
    free(r.own);
    free(r.exit_weight);
    free(r.at.best);
    free(r.at.average);
    return rc < 0 ? rc : 0;
}
