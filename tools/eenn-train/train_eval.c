/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/nn/train/evaluate.h"
#include "libcommon/nn/train/losses.h"
#include "tools/eenn-train/exit_weights.h"

static void trace_init(struct net_trace *t, const struct net *net, size_t n)
{
    t->finite = true;
    if (t->exits)
        return;
    t->exits = net->exits.n;
    t->logits = xcalloc(t->exits, sizeof *t->logits);
    t->confidence = xcalloc(t->exits, sizeof *t->confidence);
    for (size_t i = 0; i < t->exits; i++) {
        t->logits[i] = xcalloc(n, (size_t)net->classes * sizeof(float));
        if (net_exit_at(net, i)->confidence)
            t->confidence[i] = xcalloc(n, sizeof(float));
    }
}

static void add_trace(void *ctx, const struct engine_outputs *o,
                      const int32_t *labels, size_t at)
{
    struct net_trace *t = ctx;
    size_t classes = (size_t)o->classes;

    (void)labels;
    for (int i = 0; i < o->exits; i++)
        for (size_t j = 0; o->out[i] && j < (size_t)o->n; j++) {
            const float *from = o->out[i] + j * (size_t)o->units[i];
            float *to = t->logits[i] + (at + j) * classes;

            memcpy(to, from, classes * sizeof *to);
            for (int k = 0; k < o->units[i]; k++)
                t->finite = t->finite && isfinite(from[k]);
            if (t->confidence[i])
                t->confidence[i][at + j] = halt_confidence(from[classes]);
        }
}

struct loss_sums {
    struct losses loss;
    double loss_sum, weight; /* class weights of the labels in sum */
    double *right; /* (exits, classes) images that an exit gets right */
    double *count; /* (classes) */
    double *own;   /* (exits) losses in sum, or NULL */
    struct net_trace *trace;
};

static void add_losses(void *ctx, const struct engine_outputs *o,
                       const int32_t *labels, size_t at)
{
    struct loss_sums *s = ctx;
    double loss;

    s->loss.labels = labels;
    loss = losses_eval(&s->loss, o);
    s->loss_sum += s->loss.batch_weight * loss;
    s->weight += s->loss.batch_weight;
    for (int i = 0; s->own && i < o->exits; i++)
        s->own[i] += s->loss.batch_weight * s->loss.own[i];
    for (int j = 0; j < o->n; j++)
        s->count[labels[j]]++;
    for (int i = 0; i < o->exits; i++)
        for (int j = 0; o->out[i] && j < o->n; j++)
            s->right[i * o->classes + labels[j]] += evaluate_is_right(
                o->out[i] + j * o->units[i], o->classes, labels[j]);
    add_trace(s->trace, o, labels, at);
}

int eval_loss(struct engine *g, const struct net *net,
              const struct input_spec *in, const struct split *split,
              struct features *kept, const struct recipe *r,
              struct eval_results *to, struct net_trace *t, struct err *e)
{
    const size_t classes = (size_t)net->classes, exits = net->exits.n;
    struct loss_sums s = {
        .right = xcalloc(exits * classes, sizeof *s.right),
        .count = xcalloc(classes, sizeof *s.count),
        .own = to->own,
        .trace = t,
    };
    double n = (double)split->n;
    double *exit_weight = exit_weights_new(r->exit_weights, exits);
    int rc = 0;

    if (to->own)
        memset(to->own, 0, exits * sizeof *to->own);
    trace_init(t, net, split->n);
    losses_init(&s.loss, net);
    s.loss.weight[LOSS_ACC] = 1;
    s.loss.acc_form = r->acc_form;
    s.loss.class_weight = r->class_weights;
    s.loss.exit_weight = exit_weight;
    if (kept)
        rc = features_evaluate(kept, g, add_losses, &s, e);
    else
        evaluate_split(g, in, split, (size_t)r->batch, add_losses, &s);
    losses_fini(&s.loss);
    free(exit_weight);
    for (size_t i = 0; i < exits; i++) {
        double sum = engine_logits(g, (int)i) ? 0 : NAN, recalls = sum;
        double there = 0;

        for (size_t k = 0; k < classes; k++) {
            double right = s.right[i * classes + k];

            sum += right;
            recalls += s.count[k] > 0 ? right / s.count[k] : 0;
            there += s.count[k] > 0;
        }
        to->accuracy[i] = sum / n;
        if (to->balanced)
            to->balanced[i] = recalls / there;
        if (to->own)
            to->own[i] /= s.weight;
    }
    free(s.right);
    free(s.count);
    to->loss = s.loss_sum / s.weight;
    return rc;
}

void eval_trace(struct engine *g, const struct net *net,
                const struct input_spec *in, const struct split *split,
                const struct recipe *r, struct net_trace *t)
{
    trace_init(t, net, split->n);
    evaluate_split(g, in, split, (size_t)r->batch, add_trace, t);
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
