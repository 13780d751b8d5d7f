/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/init_weights.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/op.h"
#include "libcommon/nn/train/bind.h"

static void forget(struct init_weights *w)
{
    reader_close(w->reader);
    tensors_free(w->tensors);
    w->reader = NULL;
    w->tensors = NULL;
}

int init_weights_load(struct init_weights *w, const struct net *net,
                      struct dataset *data, struct err *e)
{
    struct input_spec *in = &data->input;
    size_t bytes = in->c * sizeof *in->mean;
    struct input_map input;
    int rc;

    w->net = net;
    w->heads.len = 0;
    if (!w->path || (w->tensors && !w->one_net))
        return 0;
    forget(w);
    w->reader = reader_open(&w->path, 1, weights_kinds, e);
    if (!w->reader)
        return e->code;
    rc = weights_read(w->reader, net->id, &w->tensors, &input, &w->arena, e);
    if (rc < 0)
        return rc;
    w->one_net = rc;
    /* The network before this one may have left its own moments. */
    if (!w->moments) {
        w->moments = xcalloc(2, bytes);
        memcpy(w->moments, in->mean, bytes);
        memcpy(w->moments + in->c, in->std, bytes);
    }
    memcpy(in->mean, w->moments, bytes);
    memcpy(in->std, w->moments + in->c, bytes);
    dataset_go_on(data, &input, rc ? net->id : w->path);
    return 0;
}

/* Returns true when the tensor has more values than the binding needs. */
static bool is_larger(const struct named_tensor *t, const struct binding *b)
{
    size_t n = 1;

    for (size_t i = 0; i < b->shape.n; i++)
        n *= (size_t)b->shape.v[i];
    return t && tensor_count(&t->value) > n;
}

/* Returns true when the parameter reads the pixels of a map that the head of an
 * early exit has pooled by another window than the stored one: a head that is no
 * narrower than the stored one needs a tensor of just its shape. */
static bool other_pool(const struct init_weights *w, const struct net *net,
                       const struct engine_param *p)
{
    const struct named_tensor *t = tensors_find(w->tensors, p->binding->tensor,
                                                ROLE_PARAM);
    const struct net_exit *x = net_exit_at(net, (size_t)p->head);
    int64_t from = p->layer->inputs.v[0];

    if (!t || p->binding->shape.n != 2 || t->value.ndim != 2 ||
        t->value.shape[1] == p->binding->shape.v[1] || from < x->first ||
        !op_info(net_layer(net, (size_t)from)->op)->view)
        return false;
    for (int64_t l = x->first; l < from; l++) {
        const struct list *all = &net_layer(net, (size_t)l)->bindings;

        for (size_t i = 0; i < all->n; i++) {
            const struct binding *b = (const struct binding *)all->v + i;

            if (is_larger(tensors_find(w->tensors, b->tensor, ROLE_PARAM), b))
                return false;
        }
    }
    return true;
}

/* Say which heads have got how much of the weights. */
static void describe_heads(struct init_weights *w, const size_t *taken,
                           const size_t *all, size_t early)
{
    static const char *const what[] = {"at random", "in part", "whole"};
    const char *between = "";

    w->heads.len = 0;
    for (int state = 2; state >= 0; state--) {
        size_t before = w->heads.len;

        for (size_t i = 0; i < early; i++)
            if ((taken[i] == 0 ? 0 : taken[i] < all[i] ? 1 : 2) == state) {
                if (w->heads.len == before)
                    buf_addf(&w->heads, "%s%s:", between, what[state]);
                buf_addf(&w->heads, " %zu", i + 1);
            }
        if (w->heads.len > before)
            between = ", ";
    }
}

int init_weights_apply(void *ctx, struct engine *engine, struct err *e)
{
    struct init_weights *w = ctx;
    const struct net *net = engine_net(engine);
    size_t n, known = 0, stats = 0, early = net->exits.n - 1;
    size_t *taken = xcalloc(2 * early + 1, sizeof *taken);
    size_t *all = taken + early;
    struct engine_param *p = engine_params(engine, &n);

    for (size_t i = 0; i < n; i++) {
        bool head = p[i].head >= 0 && (size_t)p[i].head < early;
        int rc = head && other_pool(w, net, &p[i])
                     ? 0
                     : bind_take(w->tensors, &p[i], e);

        if (head) {
            all[p[i].head]++;
            taken[p[i].head] += rc > 0;
        }
        if (rc == 0 && (p[i].head < 0 ||
                        (w->whole_base && p[i].head + 1 == (int)net->exits.n)))
            rc = err_set(e, ERR_FORMAT, "no tensor %s", p[i].binding->tensor);
        if (rc < 0)
            return err_prefix(e, "%.200s", w->path);
    }

    if (early)
        describe_heads(w, taken, all, early);
    free(taken);

    /* The weights are those of a larger network, of which the net is a part,
     * if some tensor is larger than the net needs, or if the net does not need
     * some statistic at all. */
    for (size_t i = 0; i < w->net->layers.n; i++) {
        const struct list *bindings = &net_layer(w->net, i)->bindings;
        const struct binding *b = bindings->v;

        for (size_t k = 0; k < bindings->n; k++) {
            const char *name = b[k].tensor;
            const struct named_tensor *s = tensors_find(w->tensors, name,
                                                        ROLE_STAT);

            known += s != NULL;
            if (is_larger(s, &b[k]) ||
                is_larger(tensors_find(w->tensors, name, ROLE_PARAM), &b[k]))
                return true;
        }
    }
    for (size_t i = 0; i < tensors_count(w->tensors); i++)
        stats += tensors_at(w->tensors, i)->role == ROLE_STAT;
    return stats > known;
}

void init_weights_fini(struct init_weights *w)
{
    forget(w);
    arena_free(&w->arena);
    buf_free(&w->heads);
    free(w->moments);
    w->moments = NULL;
}
