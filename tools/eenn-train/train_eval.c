/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/halting.h"
#include "libcommon/nn/real/evaluate.h"
#include "libcommon/nn/real/losses.h"

struct loss_sums {
    struct losses loss;
    double loss_sum;
    double *right;              /* (exits) */
};

static bool is_right(const float *f, int classes, int32_t label)
{
    int best = 0;

    for (int k = 1; k < classes; k++)
        if (f[k] > f[best])
            best = k;
    return best == label;
}

static void add_losses(void *ctx, const struct engine_outputs *o,
                       const int32_t *labels, size_t at)
{
    struct loss_sums *s = ctx;

    (void)at;
    s->loss.labels = labels;
    s->loss_sum += o->n * losses_eval(&s->loss, o);
    for (int i = 0; i < o->exits; i++)
        for (int j = 0; j < o->n; j++)
            s->right[i] += is_right(o->out[i] + j * o->units[i], o->classes,
                                    labels[j]);
}

double eval_loss(struct engine *g, const struct net *net,
                 const struct dataset *d, const struct split *split,
                 const struct recipe *r, double *accuracy)
{
    struct loss_sums s = {.right = accuracy};
    double n = (double)split->n;

    memset(accuracy, 0, net->exits.n * sizeof *accuracy);
    losses_init(&s.loss, net);
    s.loss.weight[LOSS_ACC] = 1;
    s.loss.acc_form = r->acc_form;
    evaluate_split(g, d, split, (size_t)r->batch, add_losses, &s);
    losses_fini(&s.loss);
    for (size_t i = 0; i < net->exits.n; i++)
        accuracy[i] /= n;
    return s.loss_sum / n;
}

struct trace_sink {
    struct net_trace *t;
    bool finite;
};

static void add_trace(void *ctx, const struct engine_outputs *o,
                      const int32_t *labels, size_t at)
{
    struct trace_sink *sink = ctx;
    size_t classes = (size_t)o->classes;

    (void)labels;
    for (int i = 0; i < o->exits; i++)
        for (size_t j = 0; j < (size_t)o->n; j++) {
            const float *from = o->out[i] + j * (size_t)o->units[i];
            float *to = sink->t->logits[i] + (at + j) * classes;

            memcpy(to, from, classes * sizeof *to);
            for (int k = 0; k < o->units[i]; k++)
                sink->finite = sink->finite && isfinite(from[k]);
            if (sink->t->confidence[i])
                sink->t->confidence[i][at + j] =
                    halt_confidence(from[classes]);
        }
}

bool eval_trace(struct engine *g, const struct net *net,
                const struct dataset *d, const struct split *split,
                const struct recipe *r, struct net_trace *t)
{
    struct trace_sink sink = {t, true};

    t->exits = net->exits.n;
    t->logits = xcalloc(t->exits, sizeof *t->logits);
    t->confidence = xcalloc(t->exits, sizeof *t->confidence);
    for (size_t i = 0; i < t->exits; i++) {
        t->logits[i] = xcalloc(split->n, (size_t)net->classes * sizeof(float));
        if (net_exit_at(net, i)->confidence)
            t->confidence[i] = xcalloc(split->n, sizeof(float));
    }
    evaluate_split(g, d, split, (size_t)r->batch, add_trace, &sink);
    return sink.finite;
}

void net_trace_fini(struct net_trace *t)
{
    for (size_t i = 0; i < t->exits; i++) {
        free(t->logits[i]);
        free(t->confidence[i]);
    }
    free(t->logits);
    free(t->confidence);
    *t = (struct net_trace){0};
}
