/* SPDX-License-Identifier: MIT
 * Squeeze-and-excite: mul = hsigmoid(We relu(Wr mean(x) + br) + be), one
 * factor per image and channel.  A view: x's numbers with mul in the epilogue. */
#include "libcommon/nn/engine/ops.h"

#include <string.h>

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

/* A shard's part of the arrays: images [first, first + n). */
struct part {
    size_t first, n;
    size_t c, mid;
};

static struct part part_of(const struct engine *g, const struct plan_node *n,
                           int shard)
{
    size_t first = shard_first(g, shard);

    return (struct part){ first, shard_first(g, shard + 1) - first, n->c,
                          (size_t)n->se->mid };
}

static void squeeze(const struct engine *g, const struct plan_node *n,
                    const struct part *p, int worker)
{
    struct value v = value_of(g, n->in[0].from);

    for (size_t i = p->first; i < p->first + p->n; i++) {
        struct epilogue t = v.epilogue;
        const real *x = v.data + i * v.rows * v.c;
        if (v.store) {
            x = value_load(g, &v, i * v.rows, (i + 1) * v.rows,
                           scratch_of(g, worker, 0));
            t = (struct epilogue){ 0 };
        }
        g->k->epilogue_mean(&t, v.rows, v.c, x, n->se->pool + i * v.c);
    }
}

void se_forward(const struct engine *g, struct plan_node *n, int shard, int worker)
{
    struct part p = part_of(g, n, shard);
    struct se *s = n->se;
    const struct epilogue relu = { .act = ACT_RELU, .shift = s->reduce_bias };
    const struct epilogue gate = { .act = ACT_HSIGMOID, .shift = s->expand_bias };
    size_t at = p.first * p.c, at_mid = p.first * p.mid;

    if (p.n == 0)
        return;
    squeeze(g, n, &p, worker);
    multiply_forward(g, &s->reduce, worker, p.n, s->pool + at,
                 s->hidden_pre + at_mid);
    g->k->epilogue_forward(&relu, p.n, p.mid, s->hidden_pre + at_mid, NULL,
                       s->hidden + at_mid);
    multiply_forward(g, &s->expand, worker, p.n, s->hidden + at_mid,
                 s->mul_pre + at);
    g->k->epilogue_forward(&gate, p.n, p.c, s->mul_pre + at, NULL, s->mul + at);
}

/* dW (out, in) of the shard's images, unless it comes from the whole batch. */
static void weight_gradient(const struct engine *g, const struct weight *w,
                            int shard, int worker, size_t n, const real *dy,
                            const real *x)
{
    if (!w->batch_wide)
        g->k->gemm(true, false, w->out, w->in, n, dy, w->out, x, w->in, 0,
                   grad_block(g, w, shard), w->in, prefetch_first(g, worker));
}

/* From dmul to dpool, weights and biases on the way.  The second half of each
 * bias's sums is not needed. */
static void excite_backward(const struct engine *g, const struct plan_node *n,
                            const struct part *p, int shard, int worker,
                            double *sums)
{
    struct se *s = n->se;
    const struct epilogue relu = { .act = ACT_RELU, .shift = s->reduce_bias };
    const struct epilogue gate = { .act = ACT_HSIGMOID, .shift = s->expand_bias };
    size_t at = p->first * p->c, at_mid = p->first * p->mid;
    real *dmul = s->dmul + at, *dhidden = s->dhidden + at_mid;

    g->k->epilogue_backward(&gate, 1, p->n, p->c, s->mul_pre + at, NULL, dmul, sums,
                        sums + p->c);
    weight_gradient(g, &s->expand, shard, worker, p->n, dmul,
                    s->hidden + at_mid);
    multiply_backward(g, &s->expand, worker, p->n, dmul, 0, dhidden);
    sums += 2 * p->c;
    g->k->epilogue_backward(&relu, 1, p->n, p->mid, s->hidden_pre + at_mid, NULL,
                        dhidden, sums, sums + p->mid);
    weight_gradient(g, &s->reduce, shard, worker, p->n, dhidden, s->pool + at);
    multiply_backward(g, &s->reduce, worker, p->n, dhidden, 0, s->dpool + at);
}

/* d x = mul d + dpool / rows, an image at a time. */
static void hand_on_copies(const struct engine *g, const struct plan_node *n,
                           const struct part *p, int shard, int worker)
{
    const struct plan_edge *e = &n->in[0];
    size_t rows = n->base_rows;
    real *dx = scratch_of(g, worker, 0);

    for (size_t i = p->first; i < p->first + p->n; i++) {
        const struct epilogue t = { .mul = n->se->mul + i * n->c };
        memcpy(dx, n->d + i * rows * n->c, rows * n->c * sizeof *dx);
        g->k->epilogue_backward(&t, 1, rows, n->c, dx, n->se->dpool + i * n->c, dx,
                            NULL, NULL);
        grad_put(g, e, shard, i * rows, rows, dx);
    }
}

static void hand_on(const struct engine *g, const struct plan_node *n,
                    const struct part *p, int shard, int worker)
{
    const struct plan_edge *e = &n->in[0];
    size_t at = p->first * n->c;

    if (e->grad && n->shared_in == 0)
        grad_finish_se(g, e->from, shard, p->first, p->n, n->se->mul + at,
                       n->se->dpool + at);
    else if (e->grad)
        hand_on_copies(g, n, p, shard, worker);
}

static double *se_sums(const struct plan_node *n, int shard)
{
    return n->se->sums + (size_t)shard * 2 * (n->c + (size_t)n->se->mid);
}

void se_backward(const struct engine *g, struct plan_node *n, int shard, int worker)
{
    struct part p = part_of(g, n, shard);
    double *sums = se_sums(n, shard);

    memset(sums, 0, 2 * (p.c + p.mid) * sizeof *sums);
    if (p.n == 0)
        return;
    excite_backward(g, n, &p, shard, worker, sums);
    hand_on(g, n, &p, shard, worker);
}

void se_batch_wide(const struct engine *g, struct plan_node *n, int shard, int worker)
{
    const struct se *s = n->se;

    if (s->expand.batch_wide)
        multiply_batch_wide(g, &s->expand, shard, worker, (size_t)g->n, s->dmul,
                       s->hidden);
    if (s->reduce.batch_wide)
        multiply_batch_wide(g, &s->reduce, shard, worker, (size_t)g->n, s->dhidden,
                       s->pool);
}

static void merge(const struct engine *g, const struct plan_node *n, size_t at,
                  size_t count, real *to)
{
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (int s = 0; s < g->opts.shards; s++)
            sum += se_sums(n, s)[at + i];
        to[i] = (real)sum;
    }
}

void se_merge(const struct engine *g, struct plan_node *n)
{
    merge(g, n, 0, n->c, n->se->dexpand_bias);
    merge(g, n, 2 * n->c, (size_t)n->se->mid, n->se->dreduce_bias);
}
