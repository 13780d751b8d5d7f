/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_net.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/backbone.h"
#include "libcommon/nn/real/batch.h"
#include "libcommon/nn/real/losses.h"
#include "libcommon/nn/real/optimiser.h"
#include "tools/eenn-train/train_eval.h"

/* One of Algorithm 2's phases. */
struct phase {
    const char *name;
    uint64_t epochs;
    double weight[LOSS_COUNT];
};

/* One network in one phase. */
struct run {
    const struct train_job *job;
    const struct phase *phase;
    const struct net *net;          /* as this phase trains it */
    size_t exits;                   /* of the whole net */
    uint64_t seed;
    struct trained_net *out;
    struct engine *g;
    struct sgd *sgd;
    struct schedule schedule;
    struct losses loss;
    struct batch_maker batches;
    uint32_t *order;                /* (training images) */
    float *images;                  /* (batch, h, w, c) */
    int32_t *labels;                /* (batch) */
    uint64_t step;                  /* of the phase */
    float *best;                    /* parameters of the best epoch so far */
    double best_loss;               /* INFINITY = none yet */
};

static size_t params_total(struct engine *g)
{
    size_t n, sum = 0;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++)
        sum += p[i].n;
    return sum;
}

static void params_save(struct engine *g, float *to)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; to += p[i].n, i++)
        memcpy(to, p[i].value, p[i].n * sizeof *to);
}

static void params_restore(struct engine *g, const float *from)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; from += p[i].n, i++)
        memcpy(p[i].value, from, p[i].n * sizeof *from);
}

static bool params_finite(struct engine *g)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p[i].n; j++)
            if (!isfinite(p[i].value[j]))
                return false;
    return true;
}

/* Parameters that outlive their engine, by layer and slot. */
struct carried {
    struct {
        const char *layer, *slot;   /* borrowed from the net */
        float *value;               /* into `values` */
        size_t n;
    } *v;
    size_t n;
    float *values;
};

static void carry_from(struct carried *c, struct engine *g)
{
    struct engine_param *p = engine_params(g, &c->n);
    float *at;

    c->v = xcalloc(c->n, sizeof *c->v);
    c->values = at = xcalloc(params_total(g), sizeof *c->values);
    params_save(g, c->values);
    for (size_t i = 0; i < c->n; at += p[i].n, i++) {
        c->v[i].layer = p[i].layer->name;
        c->v[i].slot = p[i].binding->slot;
        c->v[i].value = at;
        c->v[i].n = p[i].n;
    }
}

/* Both nets list their layers in the same order, the second has more. */
static void carry_to(const struct carried *c, struct engine *g)
{
    size_t n, at = 0;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n && at < c->n; i++) {
        if (strcmp(c->v[at].layer, p[i].layer->name) != 0
            || strcmp(c->v[at].slot, p[i].binding->slot) != 0)
            continue;
        memcpy(p[i].value, c->v[at].value, p[i].n * sizeof *p[i].value);
        at++;
    }
    BUG_IF(at != c->n);
}

static void carried_fini(struct carried *c)
{
    free(c->v);
    free(c->values);
}

static void run_init(struct run *r)
{
    const struct dataset *d = r->job->data;
    const struct split *train = &d->split[SPLIT_TRAIN];
    const struct recipe *rec = r->job->recipe;
    struct batch_opts o = {
        .flip = rec->flip, .crop_pad = (int)rec->crop_pad, .seed = r->seed,
    };
    struct sgd_opts so = {
        .momentum = rec->momentum, .nesterov = rec->nesterov,
        .weight_decay = rec->weight_decay,
    };
    size_t batch = (size_t)rec->batch;

    batch_init(&r->batches, d, train, &o);
    losses_init(&r->loss, r->net);
    memcpy(r->loss.weight, r->phase->weight, sizeof r->loss.weight);
    r->loss.smoothing = rec->label_smoothing;
    r->loss.acc_form = rec->acc_form;
    r->loss.max_macs = rec->max_macs;
    r->schedule = recipe_schedule(rec, r->phase->epochs,
                                  batch_steps(train->n, batch));
    r->sgd = sgd_new(&so);
    sgd_add_engine(r->sgd, r->g);
    r->order = xcalloc(train->n, sizeof *r->order);
    for (size_t i = 0; i < train->n; i++)
        r->order[i] = (uint32_t)i;
    r->images = xaligned(batch * r->batches.h * r->batches.w * r->batches.c,
                         sizeof *r->images);
    r->labels = xcalloc(batch, sizeof *r->labels);
    r->best = xcalloc(params_total(r->g), sizeof *r->best);
    r->best_loss = INFINITY;
}

static void run_fini(struct run *r)
{
    batch_fini(&r->batches);
    losses_fini(&r->loss);
    sgd_free(r->sgd);
    free(r->order);
    free(r->images);
    free(r->labels);
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
    struct epoch_log *l;

    GROW(t->log, t->n_log, t->cap_log);
    l = &t->log[t->n_log];
    *l = (struct epoch_log){
        .phase = (char *)r->phase->name, .epoch = (int64_t)t->n_log,
        .loss_acc = NAN, .loss_conf = NAN, .loss_cost = NAN,
        .loss_peak = NAN, .val_loss = NAN,
        .val_accuracy = {xcalloc(r->exits, sizeof(double)), r->exits},
    };
    for (size_t i = 0; i < r->exits; i++)
        l->val_accuracy.v[i] = NAN;
    t->n_log++;
    return l;
}

/* One step on images [at, at + n) of the order.  Returns the loss. */
static double train_step(struct run *r, size_t at, size_t n, double lr)
{
    double loss;

    batch_fill(&r->batches, r->order + at, n, r->out->n_log - 1, r->images,
               r->labels);
    r->loss.labels = r->labels;
    loss = engine_step(r->g, r->images, (int)n, losses_batch, &r->loss);
    if (isfinite(loss))
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
    };

    for (int t = 0; t < LOSS_COUNT; t++)
        if (l->weight[t] != 0)
            *to[t] = sums[t] / n;
}

/* One pass over the training images.  Returns false when it diverged. */
static bool train_images(struct run *r, struct epoch_log *log)
{
    size_t n = r->job->data->split[SPLIT_TRAIN].n, m;
    size_t batch = (size_t)r->job->recipe->batch;
    double parts[LOSS_COUNT] = {0}, sum = 0, loss;

    batch_shuffle(r->order, n, r->seed, (uint64_t)log->epoch);
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

static void validate(struct run *r, struct epoch_log *log)
{
    const struct dataset *d = r->job->data;
    double *right = log->val_accuracy.v + (r->exits - r->net->exits.n);
    double loss = eval_loss(r->g, r->net, d, &d->split[SPLIT_VAL],
                            r->job->recipe, right);

    if (!isfinite(loss))
        return;
    log->val_loss = loss;
    if (loss < r->best_loss) {
        r->best_loss = loss;
        r->out->best_epoch = log->epoch;
        params_save(r->g, r->best);
    }
}

/* All epochs of a phase; the engine ends with the best of them, unless
 * out->reason says that there is none. */
static void run_epochs(struct run *r)
{
    for (uint64_t i = 0; i < r->phase->epochs; i++) {
        struct epoch_log *log = log_begin(r);

        if (!train_images(r, log)) {
            log->loss = NAN;
            fail(r, "the loss is not a finite number");
            return;
        }
        if (!params_finite(r->g)) {
            fail(r, "a weight is not a finite number");
            return;
        }
        validate(r, log);
        if (r->job->epoch_done)
            r->job->epoch_done(log);
    }
    if (isfinite(r->best_loss))
        params_restore(r->g, r->best);
    else
        fail(r, "the validation loss is not a finite number");
}

static void run_phase(const struct train_job *job, const struct phase *phase,
                      const struct net *net, size_t exits, uint64_t seed,
                      struct engine *g, struct trained_net *t)
{
    struct run r = {
        .job = job, .phase = phase, .net = net, .exits = exits, .seed = seed,
        .out = t, .g = g,
    };

    if (!phase->epochs)
        return;
    run_init(&r);
    run_epochs(&r);
    run_fini(&r);
}

/* An engine with weights to start from: random ones, given ones over them. */
static int engine_start(const struct train_job *job, const struct net *net,
                        uint64_t seed, struct engine **g, struct err *e)
{
    struct engine_opts o = {
        .batch = (int)job->recipe->batch, .shards = (int)job->recipe->shards,
        .threads = job->threads, .training = true,
    };
    int rc = engine_new(net, &o, g, e);

    if (rc < 0)
        return rc;
    engine_init(*g, seed);
    return job->init ? job->init(job->init_ctx, *g, e) : 0;
}

/* Phase 1: the backbone alone. */
static int backbone_phase(const struct train_job *job, const struct net *net,
                          uint64_t seed, struct trained_net *t,
                          struct carried *c, struct err *e)
{
    const struct phase phase = {
        .name = "backbone", .epochs = job->recipe->backbone_epochs,
        .weight = {[LOSS_FINAL] = 1},
    };
    struct arena arena = {0};
    struct engine *g = NULL;
    struct net backbone;
    int rc = 0;

    if (!phase.epochs)
        return 0;
    net_backbone(&backbone, net, &arena);
    if ((rc = engine_start(job, &backbone, seed, &g, e)) >= 0) {
        run_phase(job, &phase, &backbone, net->exits.n, seed, g, t);
        carry_from(c, g);
    }
    engine_free(g);
    arena_free(&arena);
    return rc;
}

static void exits_phase(const struct train_job *job, const struct net *net,
                        uint64_t seed, struct trained_net *t)
{
    const struct recipe *r = job->recipe;
    const struct phase phase = {
        .name = "exits", .epochs = r->exits_epochs,
        .weight = {
            [LOSS_ACC] = r->w_acc, [LOSS_CONF] = r->confidence_loss,
            [LOSS_COST] = isnan(r->max_macs) ? 0 : r->w_cost,
        },
    };

    run_phase(job, &phase, net, net->exits.n, seed, t->g, t);
}

/* All phases; one engine at a time, since its memory is the tool's. */
static int run_phases(const struct train_job *job, const struct net *net,
                      struct trained_net *t, struct err *e)
{
    uint64_t seed = recipe_seed(job->recipe->seed, net);
    struct carried c = {0};
    int rc = backbone_phase(job, net, seed, t, &c, e);

    if (rc >= 0 && !t->reason)
        rc = engine_start(job, net, seed, &t->g, e);
    if (rc >= 0 && !t->reason) {
        carry_to(&c, t->g);
        exits_phase(job, net, seed, t);
    }
    carried_fini(&c);
    return rc;
}

int train_net(const struct train_job *job, const struct net *net,
              struct trained_net *t, struct err *e)
{
    *t = (struct trained_net){.best_epoch = NIL_INT};
    if (run_phases(job, net, t, e) < 0)
        return e->code;
    if (t->reason) {
        engine_free(t->g);
        t->g = NULL;
        t->best_epoch = NIL_INT;
    }
    return 0;
}

void trained_net_fini(struct trained_net *t)
{
    engine_free(t->g);
    for (size_t i = 0; i < t->n_log; i++)
        free(t->log[i].val_accuracy.v);
    free(t->log);
    free(t->reason);
    *t = (struct trained_net){0};
}
