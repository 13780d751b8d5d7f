/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/bind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/kern/kern.h"

/* A slice is a block of a tensor.  Its axes are the tensor's, the last one as
 * two where a binding has runs. */
struct slice {
    int ndim;
    int64_t shape[TENSOR_MAX_DIMS + 1]; /* of the block */
    int64_t offset[TENSOR_MAX_DIMS + 1];
    size_t stride[TENSOR_MAX_DIMS + 1]; /* of the tensor */
};

/* A link is one step of a chain of kernel transforms. */
struct link {
    struct bank_tensor *matrix; /* (k k, k k) */
    size_t k;
    real *x; /* (k k, c) its input */
};

struct entry {
    struct engine_param *param;
    struct bank_tensor *tensor;
    struct slice slice; /* input of the chain, or all there
                                         * is */
    struct link *chain;
    size_t chain_n, c;
};

struct bind_map {
    const struct kernels *k;
    struct entry *entries;
    size_t n;
    real *work; /* two squares of the largest chain */
    size_t work_n;
    double *sums; /* (sums_n) accumulators of a row */
    size_t sums_n;
};

/* ---- fitting ---- */

static void print_shape(struct buf *b, const int64_t *shape, size_t n)
{
    buf_adds(b, "(");
    for (size_t i = 0; i < n; i++)
        buf_addf(b, "%s%" PRId64, i ? ", " : "", shape[i]);
    buf_adds(b, ")");
}

static int misfit(const struct bank_tensor *t, const int64_t *shape, size_t n,
                  struct err *e)
{
    struct buf b = {0};
    int rc;

    buf_addf(&b, "tensor %s of shape ", t->name);
    print_shape(&b, t->shape, (size_t)t->ndim);
    buf_adds(&b, " does not fit ");
    print_shape(&b, shape, n);
    rc = err_set(e, ERR_FORMAT, "%s", b.data);
    buf_free(&b);
    return rc;
}

static bool same_shape(const struct bank_tensor *t, const struct ints *shape)
{
    return (size_t)t->ndim == shape->n &&
           memcmp(t->shape, shape->v, shape->n * sizeof *shape->v) == 0;
}

/* Set the slice to the binding's block, grown by `ring` on both sides of the
 * first two axes (for a chain of kernel transforms; else ring is 0).
 * ERR_FORMAT when the block is not within the tensor. */
static int fit_slice(struct entry *n, const struct binding *b, int64_t ring,
                     struct err *e)
{
    struct slice *s = &n->slice;
    const struct bank_tensor *t = n->tensor;
    int ndim = (int)b->shape.n;
    int64_t runs = b->runs > 1 ? b->runs : 1, side[TENSOR_MAX_DIMS + 1];
    size_t stride = 1;

    if (t->ndim != ndim || ndim < 1 || ndim > TENSOR_MAX_DIMS ||
        t->shape[ndim - 1] % runs)
        return misfit(t, b->shape.v, b->shape.n, e);
    for (int i = 0; i < ndim; i++) {
        int64_t grow = i < 2 ? ring : 0;

        side[i] = t->shape[i];
        s->shape[i] = b->shape.v[i] + 2 * grow;
        s->offset[i] = (b->offset.n ? b->offset.v[i] : 0) - grow;
    }
    s->ndim = ndim;
    if (runs > 1) {
        s->ndim = ndim + 1;
        side[ndim] = side[ndim - 1] / runs;
        s->shape[ndim] = s->shape[ndim - 1] / runs;
        s->offset[ndim] = s->offset[ndim - 1];
        side[ndim - 1] = s->shape[ndim - 1] = runs;
        s->offset[ndim - 1] = 0;
    }
    for (int i = s->ndim - 1; i >= 0; i--) {
        if (s->offset[i] < 0 || s->shape[i] > side[i] - s->offset[i])
            return misfit(t, s->shape, (size_t)s->ndim, e);
        s->stride[i] = stride;
        stride *= (size_t)side[i];
    }
    return 0;
}

static int fit(struct bind_map *m, struct entry *n, const struct bank *bank,
               struct err *e)
{
    const struct binding *b = n->param->binding;
    bool chain = b->transforms.n && b->shape.n == 3 &&
                 b->shape.v[0] == b->shape.v[1];
    int rc;

    n->tensor = bank_find(bank, b->tensor, n->param->stat);
    if (!n->tensor)
        return err_set(e, ERR_FORMAT, "no tensor %s", b->tensor);
    if (same_shape(n->tensor, &b->shape)) {
        struct binding whole = {.shape = b->shape};
        return fit_slice(n, &whole, 0, e);
    }
    rc = fit_slice(n, b, chain ? (int64_t)b->transforms.n - 1 : 0, e);
    if (rc < 0 || !chain)
        return rc;
    size_t square = (size_t)(n->slice.shape[0] * n->slice.shape[1] *
                             n->slice.shape[2]);
    if (m->work_n < square)
        m->work_n = square;
    if (m->sums_n < (size_t)n->slice.shape[2])
        m->sums_n = (size_t)n->slice.shape[2];

    size_t k = (size_t)n->slice.shape[0];
    n->c = (size_t)b->shape.v[2];
    n->chain_n = b->transforms.n;
    n->chain = xcalloc(n->chain_n, sizeof *n->chain);
    for (size_t i = 0; i < n->chain_n; i++, k -= 2) {
        struct link *l = &n->chain[i];
        const struct ints want = {
            (int64_t[]){(int64_t)(k * k), (int64_t)(k * k)}, 2};
        l->k = k;
        l->matrix = bank_find(bank, b->transforms.v[i], false);
        if (!l->matrix)
            return err_set(e, ERR_FORMAT, "no tensor %s", b->transforms.v[i]);
        if (!same_shape(l->matrix, &want))
            return misfit(l->matrix, want.v, want.n, e);
        l->x = xcalloc(k * k * n->c, sizeof *l->x);
    }
    return 0;
}

static int map_new(struct engine_param *p, size_t n, const struct bank *bank,
                   struct bind_map **out, struct err *e)
{
    struct bind_map *m = xcalloc(1, sizeof *m);

    m->k = kern_get();
    m->entries = xcalloc(n + 1, sizeof *m->entries);
    for (m->n = 0; m->n < n;) {
        struct entry *x = &m->entries[m->n];
        x->param = &p[m->n++];
        int rc = fit(m, x, bank, e);
        if (rc < 0) {
            bind_free(m);
            return rc;
        }
    }
    m->work = xcalloc(2 * m->work_n + 1, sizeof *m->work);
    m->sums = xcalloc(m->sums_n + 1, sizeof *m->sums);
    *out = m;
    return 0;
}

int bind_new(struct engine *g, struct bank *bank, struct bind_map **out,
             struct err *e)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    return map_new(p, n, bank, out, e);
}

int bind_take(const struct tensors *from, struct engine_param *p, struct err *e)
{
    const struct binding *b = p->binding;
    const struct named_tensor *t = tensors_find(
        from, b->tensor, p->stat ? ROLE_STAT : ROLE_PARAM);
    struct bank *bank;
    struct bind_map *m;
    int rc;

    if (!t)
        return 0;
    bank = bank_new(); /* The bank holds no more than the binding names. */
    bank_lend(bank, t);
    for (size_t i = 0; i < b->transforms.n; i++)
        if ((t = tensors_find(from, b->transforms.v[i], ROLE_PARAM)))
            bank_lend(bank, t);
    if ((rc = map_new(p, 1, bank, &m, e)) == 0) {
        bind_gather(m);
        bind_free(m);
        rc = 1;
    }
    bank_free(bank);
    return rc;
}

void bind_free(struct bind_map *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++) {
        for (size_t k = 0; k < m->entries[i].chain_n; k++)
            free(m->entries[i].chain[k].x);
        free(m->entries[i].chain);
    }
    free(m->entries);
    free(m->work);
    free(m->sums);
    free(m);
}

void bind_missing(struct engine *g, struct bank *bank)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++) {
        const struct binding *b = p[i].binding;
        struct bank_tensor *t;
        if (bank_find(bank, b->tensor, p[i].stat))
            continue;
        t = bank_add(bank, b->tensor, (int)b->shape.n, b->shape.v, p[i].stat,
                     p[i].decay);
        memcpy(t->value, p[i].value, p[i].n * sizeof *t->value);
    }
}

/* ---- slices ---- */

enum direction { TAKE, PUT, PUT_ADD };

/* Copy or add a block from or to the dense array, axis by axis; rows of the
 * last axis are contiguous.  Returns where the dense array goes on. */
static real *move(const struct kernels *k, enum direction d,
                  const struct slice *s, int axis, real *tensor, real *dense)
{
    size_t n = (size_t)s->shape[axis];

    tensor += (size_t)s->offset[axis] * s->stride[axis];
    if (axis == s->ndim - 1) {
        if (d == TAKE)
            memcpy(dense, tensor, n * sizeof *dense);
        else if (d == PUT)
            memcpy(tensor, dense, n * sizeof *dense);
        else
            k->add(n, dense, tensor);
        return dense + n;
    }
    for (size_t i = 0; i < n; i++)
        dense = move(k, d, s, axis + 1, tensor + i * s->stride[axis], dense);
    return dense;
}

/* ---- kernel transforms ---- */

/* Compute y = matrix x in double precision and in a fixed order, so that a net
 * has the same weights on every machine. */
static void transform(const struct link *l, size_t c, double *sums, real *y)
{
    size_t q = l->k * l->k;

    for (size_t j = 0; j < q; j++) {
        memset(sums, 0, c * sizeof *sums);
        for (size_t i = 0; i < q; i++) {
            double m = (double)l->matrix->value[j * q + i];
            for (size_t ch = 0; ch < c; ch++)
                sums[ch] += m * (double)l->x[i * c + ch];
        }
        for (size_t ch = 0; ch < c; ch++)
            y[j * c + ch] = (real)sums[ch];
    }
}

/* Backpropagate through the chain: add to the gradients of its matrices, and
 * return the gradient of the stored square, which is in m->work. */
static real *chain_backward(struct bind_map *m, struct entry *n)
{
    real *dy = n->param->grad, *dx = m->work, *square = m->work + m->work_n;

    for (size_t i = n->chain_n; i-- > 0;) {
        const struct link *l = &n->chain[i];
        size_t q = l->k * l->k, outer = l->k + 2, row = l->k * n->c;

        if (l->matrix->grad)
            m->k->gemm(false, true, q, q, n->c, dy, n->c, l->x, n->c, 1,
                       l->matrix->grad, q, NULL);
        m->k->gemm(true, false, q, n->c, q, l->matrix->value, q, dy, n->c, 0,
                   dx, n->c, NULL);
        if (i == 0)
            break;
        /* dx is the inside of a larger square, whose ring is zero. */
        memset(square, 0, outer * outer * n->c * sizeof *square);
        for (size_t r = 0; r < l->k; r++)
            memcpy(square + ((r + 1) * outer + 1) * n->c, dx + r * row,
                   row * sizeof *square);
        dy = square;
    }
    return dx;
}

void bind_gather(struct bind_map *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct entry *n = &m->entries[i];
        real *to = n->chain_n ? n->chain[0].x : n->param->value;

        move(m->k, TAKE, &n->slice, 0, n->tensor->value, to);
        for (size_t j = 0; j < n->chain_n; j++) {
            const struct link *l = &n->chain[j];
            bool last = j + 1 == n->chain_n;
            real *y = last ? n->param->value : m->work;
            size_t row = (l->k - 2) * n->c; /* of the square without its
                                                 * ring */

            transform(l, n->c, m->sums, y);
            for (size_t r = 0; !last && r < l->k - 2; r++)
                memcpy(n->chain[j + 1].x + r * row,
                       y + ((r + 1) * l->k + 1) * n->c, row * sizeof *y);
        }
    }
}

void bind_scatter(struct bind_map *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct entry *n = &m->entries[i];
        if (!n->param->grad)
            continue;
        real *grad = n->chain_n ? chain_backward(m, n) : n->param->grad;
        if (n->tensor->grad)
            move(m->k, PUT_ADD, &n->slice, 0, n->tensor->grad, grad);
    }
}

void bind_put_stats(struct bind_map *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct entry *n = &m->entries[i];
        if (n->param->stat)
            move(m->k, PUT, &n->slice, 0, n->tensor->value, n->param->value);
    }
}
