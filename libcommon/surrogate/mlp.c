/* SPDX-License-Identifier: MIT
 * The model is a multilayer perceptron, genes-300-300-300-1, with ReLU and with
 * dropout 0.2 before the output.  It is trained by Adam on the smooth L1 loss,
 * at a rate that falls from 8e-4 to 0 along a cosine.  A fifth of the samples
 * is held out; the weights that predict it best are kept, and training ends
 * once that has not improved for some epochs.
 *
 * Two things differ from the published recipe: a batch has 32 samples rather
 * than all of them (as good or a little better in a third of the time), and
 * genes and target are standardised over the samples.  The genes' mean and
 * deviation are folded into the weights that are saved, the target's are saved
 * beside them. */
#include "libcommon/surrogate/models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/stats/stats.h"
#include "libcommon/surrogate/dense.h"

#define HIDDEN 300
#define LAYERS 4
#define BATCH 32
#define EPOCHS 300
#define STEPS \
    20000 /* at most; beyond 2112 training samples there are
                             * fewer epochs */
#define PATIENCE \
    20 /* training ends after this many epochs without a
                             * better one */
#define RATE 8e-4
#define DROP 13107     /* of 65536: 0.2 */
#define WIDTH_MAX 4096 /* of a layer that is loaded */

struct mlp {
    struct dense net;
    double offset, scale; /* of the target: y = offset + scale * net */
};

static void mlp_free(void *model)
{
    struct mlp *m = model;

    if (!m)
        return;
    dense_fini(&m->net);
    free(m);
}

/* ---- fitting ---- */

struct course {
    struct mlp *m;
    uint64_t seed;
    size_t genes, n, held; /* the first `held` samples are held out */
    double *mean, *scale;  /* (genes) x = (gene - mean) * scale */
    real *x, *y;           /* (n, genes), (n), standardised, shuffled */
    struct trainer t;
    real *bx, *by, *keep; /* a batch */
    real *guess;          /* (held) */
    real *best;           /* (params) */
    double best_loss;
};

static void take_samples(struct course *c, const struct samples *s)
{
    uint32_t *order = xcalloc(s->n, sizeof *order);
    struct rng r = rng_make(c->seed, "mlp-held", 0, 0);

    for (size_t i = 0; i < s->n; i++)
        order[i] = (uint32_t)i;
    rng_shuffle(&r, order, s->n);
    for (size_t i = 0; i < s->n; i++) {
        const int64_t *from = s->x + order[i] * s->genes;

        for (size_t k = 0; k < s->genes; k++)
            c->x[i * s->genes + k] = (real)(((double)from[k] - c->mean[k]) *
                                            c->scale[k]);
        if (c->m->scale > 0)
            c->y[i] = (real)((s->y[order[i]] - c->m->offset) / c->m->scale);
    }
    free(order);
}

static void course_init(struct course *c, const struct samples *s,
                        const struct fit_opts *o)
{
    size_t hidden = o->hidden ? (size_t)o->hidden : HIDDEN;
    struct dense *d;

    *c = (struct course){.seed = o->seed,
                         .genes = s->genes,
                         .n = s->n,
                         .held = s->n / 5 ? s->n / 5 : 1};
    c->m = xcalloc(1, sizeof *c->m);
    c->m->offset = stats_mean(s->y, s->n);
    c->m->scale = stats_std_all(s->y, s->n);
    d = &c->m->net;
    dense_init(d, LAYERS, (size_t[]){s->genes, hidden, hidden, hidden, 1});
    c->mean = xcalloc(s->genes, 2 * sizeof *c->mean);
    c->scale = c->mean + s->genes;
    c->x = xcalloc(s->n, s->genes * sizeof *c->x);
    c->y = xcalloc(s->n, sizeof *c->y);
    c->bx = xcalloc(BATCH, s->genes * sizeof *c->bx);
    c->by = xcalloc(BATCH, sizeof *c->by);
    c->keep = xcalloc(BATCH, hidden * sizeof *c->keep);
    c->guess = xcalloc(c->held, sizeof *c->guess);
    c->best = xcalloc(d->count, sizeof *c->best);
    trainer_init(&c->t, d, BATCH);
    samples_moments(s, c->mean, c->scale);
    for (size_t k = 0; k < s->genes; k++) /* 0 where a gene does not vary */
        c->scale[k] = c->scale[k] > 0 ? 1 / c->scale[k] : 0;
    take_samples(c, s);
    /* Weights and biases are uniform within 1 / sqrt(inputs). */
    for (size_t l = 0; l < d->layers; l++) {
        struct rng r = rng_make(c->seed, "mlp-init", l, 0);
        size_t n = (d->width[l] + 1) * d->width[l + 1];
        double bound = 1 / sqrt((double)d->width[l]);

        for (size_t i = 0; i < n; i++)
            d->weight[l][i] = (real)(bound * (2 * rng_uniform(&r) - 1));
    }
}

static void train_epoch(struct course *c, size_t epoch, size_t epochs,
                        uint32_t *order)
{
    struct rng r = rng_make(c->seed, "mlp-order", epoch, 0);
    size_t n = c->n - c->held, batches = (n + BATCH - 1) / BATCH;
    size_t units = c->m->net.width[LAYERS - 1];

    rng_shuffle(&r, order, n);
    for (size_t b = 0; b < batches; b++) {
        size_t step = epoch * batches + b;
        size_t from = b * n / batches, rows = (b + 1) * n / batches - from;
        double part = (double)step / (double)(epochs * batches);
        struct rng drops = rng_make(c->seed, "mlp-drop", step, 0);
        uint32_t word = 0; /* decides about two units */

        for (size_t i = 0; i < rows; i++) {
            size_t at = c->held + order[from + i];

            memcpy(c->bx + i * c->genes, c->x + at * c->genes,
                   c->genes * sizeof *c->bx);
            c->by[i] = c->y[at];
        }
        for (size_t i = 0; i < rows * units; i++) {
            word = i % 2 ? word >> 16 : rng_u32(&drops);
            c->keep[i] = (word & 0xffff) < DROP
                             ? 0
                             : (real)(65536. / (65536 - DROP));
        }
        dense_gradient(&c->m->net, &c->t, rows, c->bx, c->by, c->keep);
        dense_adam(&c->m->net, &c->t,
                   RATE * (1 + cos(3.14159265358979323846 * part)) / 2);
    }
}

static void train(struct course *c)
{
    size_t n = c->n - c->held, bytes = c->m->net.count * sizeof *c->best;
    size_t epochs = STEPS / ((n + BATCH - 1) / BATCH), best = 0;
    uint32_t *order = xcalloc(n, sizeof *order);

    epochs = epochs > EPOCHS ? EPOCHS : epochs ? epochs : 1;
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = 0; i < epochs && i <= best + PATIENCE; i++) {
        double loss = 0; /* of the samples that are held out */

        train_epoch(c, i, epochs, order);
        dense_predict(&c->m->net, c->held, c->x, c->guess);
        for (size_t k = 0; k < c->held; k++) {
            double r = fabs((double)c->guess[k] - (double)c->y[k]);

            loss += r < 1 ? r * r / 2 : r - 0.5;
        }
        loss /= (double)c->held;
        if (i && !(loss < c->best_loss))
            continue;
        c->best_loss = loss;
        memcpy(c->best, c->m->net.params, bytes);
        best = i;
    }
    memcpy(c->m->net.params, c->best, bytes);
    free(order);
}

static int mlp_fit(const struct samples *s, const struct fit_opts *o,
                   void **model, struct err *e)
{
    struct course c;
    struct dense *d;
    size_t out;

    (void)e;
    course_init(&c, s, o);
    train(&c);

    /* The standardisation of the genes is folded into the first layer, which
     * takes genes as they are from now on. */
    d = &c.m->net;
    out = d->width[1];
    for (size_t j = 0; j < out; j++) {
        double bias = (double)d->bias[0][j];

        for (size_t k = 0; k < c.genes; k++) {
            double w = (double)d->weight[0][k * out + j] * c.scale[k];

            bias -= w * c.mean[k];
            d->weight[0][k * out + j] = (real)w;
        }
        d->bias[0][j] = (real)bias;
    }

    free(c.mean);
    free(c.x);
    free(c.y);
    free(c.bx);
    free(c.by);
    free(c.keep);
    free(c.guess);
    free(c.best);
    trainer_fini(&c.t);
    *model = c.m;
    return 0;
}

static void mlp_predict(const void *model, const int64_t *genomes, size_t n,
                        double *y)
{
    const struct mlp *m = model;
    size_t genes = m->net.width[0];
    real *x = xcalloc(n, genes * sizeof *x), *z = xcalloc(n, sizeof *z);

    for (size_t i = 0; i < n * genes; i++)
        x[i] = (real)genomes[i];
    dense_predict(&m->net, n, x, z);
    for (size_t i = 0; i < n; i++)
        y[i] = m->offset + m->scale * (double)z[i];
    free(x);
    free(z);
}

/* ---- in a stream ---- */

static const char *const weight_names[LAYERS] = {"w1", "w2", "w3", "w4"};
static const char *const bias_names[LAYERS] = {"b1", "b2", "b3", "b4"};

static void mlp_save(const void *model, struct arena *a, struct list *arrays)
{
    const struct mlp *m = model;
    const struct dense *d = &m->net;
    double *target = arena_alloc(a, 2, sizeof *target);

    for (size_t l = 0; l < LAYERS; l++) {
        int64_t shape[2] = {(int64_t)d->width[l], (int64_t)d->width[l + 1]};

        model_array_add(arrays, a, weight_names[l], REAL_DTYPE, 2, shape,
                        d->weight[l]);
        model_array_add(arrays, a, bias_names[l], REAL_DTYPE, 1, shape + 1,
                        d->bias[l]);
    }
    target[0] = m->offset;
    target[1] = m->scale;
    model_array_add(arrays, a, "target", DT_F64, 1, (int64_t[]){2}, target);
}

static int mlp_load(const struct list *arrays, size_t genes, void **model,
                    struct err *e)
{
    const struct tensor *w[LAYERS], *b[LAYERS], *target;
    size_t width[LAYERS + 1] = {genes};
    int64_t outputs;
    double scale[2];
    struct mlp *m;

    for (size_t l = 0; l < LAYERS; l++) {
        if (!(w[l] = model_array(arrays, weight_names[l], REAL_DTYPE, 2, NULL,
                                 e)))
            return ERR_FORMAT;
        outputs = w[l]->shape[1];
        if (w[l]->shape[0] != (int64_t)width[l])
            return err_set(e, ERR_FORMAT, "layer %zu does not take %zu inputs",
                           l + 1, width[l]);
        if (outputs < 1 || outputs > WIDTH_MAX ||
            (l + 1 == LAYERS && outputs != 1))
            return err_set(e, ERR_FORMAT, "layer %zu has %lld outputs", l + 1,
                           (long long)outputs);
        if (!(b[l] = model_array(arrays, bias_names[l], REAL_DTYPE, 1, &outputs,
                                 e)))
            return ERR_FORMAT;
        width[l + 1] = (size_t)outputs;
    }
    if (!(target = model_array(arrays, "target", DT_F64, 1, (int64_t[]){2}, e)))
        return ERR_FORMAT;
    m = xcalloc(1, sizeof *m);
    dense_init(&m->net, LAYERS, width);
    for (size_t l = 0; l < LAYERS; l++) {
        memcpy(m->net.weight[l], w[l]->data, tensor_bytes(w[l]));
        memcpy(m->net.bias[l], b[l]->data, tensor_bytes(b[l]));
    }
    memcpy(scale, target->data, sizeof scale);
    m->offset = scale[0];
    m->scale = scale[1];
    *model = m;
    return 0;
}

const struct model_ops model_mlp = {
    .name = "mlp",
    .doc = "a multilayer perceptron, three hidden layers",
    .fit = mlp_fit,
    .predict = mlp_predict,
    .save = mlp_save,
    .load = mlp_load,
    .free = mlp_free,
};
