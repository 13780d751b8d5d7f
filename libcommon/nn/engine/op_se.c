/* SPDX-License-Identifier: MIT
 * Squeeze-and-excite: factors = hsigmoid(We relu(Wr mean(x) + br) + be), one
 * per image and channel.  The node is a view: its value is the numbers of x,
 * with the factors in the epilogue. */
#include "libcommon/nn/engine/node_op.h"

#include <string.h>

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/factors.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/memory.h"
#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/pack.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { REDUCE, EXPAND }; /* weights, and their biases */
enum { INPUT };          /* scratch */

/* These are a node's own arrays (n->own).  Those of gradients are NULL if the
 * node does not learn or the engine does not train. */
struct se {
    size_t mid;                /* width of the squeeze */
    real *mean;                /* (n, c) of the input */
    real *hidden_pre, *hidden; /* (n, mid) */
    real *factors_pre;         /* (n, c); the factors are the node's */
    real *dfactors, *dmean;    /* (n, c) */
    real *dhidden;             /* (n, mid) */
    double *sums;              /* (shards, 2 * (c + mid)) bias gradients */
};

static void own_memory(const struct engine_plan *plan, struct plan_node *n,
                       struct engine_memory *m)
{
    struct se *s = memory_zeroed(m, 1, sizeof *s);
    size_t images = (size_t)plan->opts.batch, c = n->c;
    size_t mid = n->weights[REDUCE].out;

    n->own = s;
    s->mid = mid;
    s->mean = memory_reals(m, images * c);
    s->hidden_pre = memory_reals(m, images * mid);
    s->hidden = memory_reals(m, images * mid);
    s->factors_pre = memory_reals(m, images * c);
    n->factors = memory_reals(m, images * c);
    if (!plan->opts.training || !n->learns)
        return;
    s->dfactors = memory_reals(m, images * c);
    s->dmean = memory_reals(m, images * c);
    s->dhidden = memory_reals(m, images * mid);
    s->sums = memory_zeroed(m, (size_t)plan->opts.shards * 2 * (c + mid),
                            sizeof *s->sums);
}

/* A shard has images [first, first + n) of the arrays. */
struct se_part {
    size_t first, n;
    size_t c, mid;
};

static struct se_part part_of(const struct engine_pass *p,
                              const struct plan_node *n, int shard)
{
    const struct se *s = n->own;
    size_t first = shard_first(p, shard);

    return (struct se_part){first, shard_first(p, shard + 1) - first, n->c,
                            s->mid};
}

static struct epilogue relu_of(const struct plan_node *n)
{
    return (struct epilogue){.act = ACT_RELU,
                             .shift = n->vectors[REDUCE].value};
}

static struct epilogue gate_of(const struct plan_node *n)
{
    return (struct epilogue){.act = ACT_HSIGMOID,
                             .shift = n->vectors[EXPAND].value};
}

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    struct se_part part = part_of(p, n, shard);
    struct se *s = n->own;
    const struct epilogue relu = relu_of(n), gate = gate_of(n);
    size_t at = part.first * part.c, at_mid = part.first * part.mid;
    struct value v = value_of(p, n->in[0].from);

    if (part.n == 0)
        return;
    for (size_t i = part.first; i < part.first + part.n; i++)
        value_mean(p, &v, i, scratch_of(p, worker, INPUT), s->mean + i * v.c);
    multiply_forward(p, &n->weights[REDUCE], worker, part.n, s->mean + at,
                     s->hidden_pre + at_mid);
    p->k->epilogue_forward(&relu, part.n, part.mid, s->hidden_pre + at_mid,
                           NULL, s->hidden + at_mid);
    multiply_forward(p, &n->weights[EXPAND], worker, part.n, s->hidden + at_mid,
                     s->factors_pre + at);
    p->k->epilogue_forward(&gate, part.n, part.c, s->factors_pre + at, NULL,
                           n->factors + at);
}

/* Computes d loss / d factors, image by image. */
static void finish(const struct engine_pass *p, const struct plan_node *n,
                   size_t first, size_t rows)
{
    const struct se *s = n->own;

    factors_finish(p, n, first, rows, s->dfactors);
}

/* Computes dW (out, in) of the shard's images, unless dW is computed over the
 * whole batch. */
static void weight_gradient(const struct engine_pass *p, const struct weight *w,
                            int shard, int worker, size_t n, const real *dy,
                            const real *x)
{
    if (!w->batch_wide)
        p->k->gemm(true, false, w->out, w->in, n, dy, w->out, x, w->in, 0,
                   grad_block(p, w, shard), w->in, prefetch_first(p, worker));
}

/* Goes back from dfactors to dmean and computes the gradients of weights and
 * biases on the way.  The second half of each bias's sums is not used. */
static void excite_backward(const struct engine_pass *p,
                            const struct plan_node *n,
                            const struct se_part *part, int shard, int worker,
                            double *sums)
{
    struct se *s = n->own;
    const struct epilogue relu = relu_of(n), gate = gate_of(n);
    size_t at = part->first * part->c, at_mid = part->first * part->mid;
    real *dfactors = s->dfactors + at, *dhidden = s->dhidden + at_mid;

    p->k->epilogue_backward(&gate, 1, part->n, part->c, s->factors_pre + at,
                            NULL, dfactors, sums, sums + part->c);
    weight_gradient(p, &n->weights[EXPAND], shard, worker, part->n, dfactors,
                    s->hidden + at_mid);
    multiply_backward(p, &n->weights[EXPAND], worker, part->n, dfactors, 0,
                      dhidden);
    sums += 2 * part->c;
    p->k->epilogue_backward(&relu, 1, part->n, part->mid,
                            s->hidden_pre + at_mid, NULL, dhidden, sums,
                            sums + part->mid);
    weight_gradient(p, &n->weights[REDUCE], shard, worker, part->n, dhidden,
                    s->mean + at);
    multiply_backward(p, &n->weights[REDUCE], worker, part->n, dhidden, 0,
                      s->dmean + at);
}

static double *sums_of_shard(const struct plan_node *n, int shard)
{
    const struct se *s = n->own;

    return s->sums + (size_t)shard * 2 * (n->c + s->mid);
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    const struct se *s = n->own;
    struct se_part part = part_of(p, n, shard);
    double *sums = sums_of_shard(n, shard);

    memset(sums, 0, 2 * (part.c + part.mid) * sizeof *sums);
    if (part.n == 0)
        return;
    excite_backward(p, n, &part, shard, worker, sums);
    factors_backward(p, n, shard, scratch_of(p, worker, INPUT), s->dmean);
}

static void batch_wide(const struct engine_pass *p, const struct plan_node *n,
                       int shard, int worker)
{
    const struct se *s = n->own;

    if (n->weights[EXPAND].batch_wide)
        multiply_batch_wide(p, &n->weights[EXPAND], shard, worker, (size_t)p->n,
                            s->dfactors, s->hidden);
    if (n->weights[REDUCE].batch_wide)
        multiply_batch_wide(p, &n->weights[REDUCE], shard, worker, (size_t)p->n,
                            s->dhidden, s->mean);
}

/* Computes a bias's gradient, the shards' sums from `at` on, added in shard
 * order. */
static void merge_bias(const struct engine_pass *p, const struct plan_node *n,
                       size_t at, const struct node_vector *bias)
{
    for (size_t i = 0; i < bias->n; i++) {
        double sum = 0;
        for (int s = 0; s < p->plan->opts.shards; s++)
            sum += sums_of_shard(n, s)[at + i];
        bias->grad[i] = (real)sum;
    }
}

static void merge(const struct engine_pass *p, const struct plan_node *n)
{
    merge_bias(p, n, 0, &n->vectors[EXPAND]);
    merge_bias(p, n, 2 * n->c, &n->vectors[REDUCE]);
}

/* Backward reads weights unpacked, since its matmuls have few rows: one per
 * image of the shard. */
static bool pack_is_wanted(const struct engine_pass *p,
                           const struct plan_node *n, bool forward_)
{
    (void)n;
    return forward_ && p->n >= MULTIPLY_PACK_ROWS;
}

static const struct node_packing packing = {
    .wanted = pack_is_wanted,
    .part = pack_matrices_part,
    .size = pack_matrices_size,
    .also_unpacked = true,
};

const struct node_op node_op_se = {
    .name = "se",
    .forward = forward,
    .backward = backward,
    .batch_wide = batch_wide,
    .merge = merge,
    .finish = finish,
    .weights = {[REDUCE] = "reduce.weight", [EXPAND] = "expand.weight"},
    .vectors = {[REDUCE] = "reduce.bias", [EXPAND] = "expand.bias"},
    .images_are_rows = true,
    .packing = &packing,
    .reads_no_factors = true,
    .view = true,
    .factors = true,
    .hands_gradient_on = true,
    .own_memory = own_memory,
    .scratch = {[INPUT] = chunks_image_size},
};
