/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/value.h"

#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/pass.h"

static bool epilogue_is_plain(const struct epilogue *t)
{
    return !t->act && !t->scale && !t->shift;
}

static struct value stored_value(const struct plan_node *n)
{
    struct value v = {.data = n->y, .rows = n->rows, .c = n->c};

    v.epilogue.act = n->act;
    v.epilogue.scale = n->norm ? n->norm->scale : NULL;
    v.epilogue.shift = n->norm ? n->norm->shift : n->bias;
    v.plain = epilogue_is_plain(&v.epilogue);
    return v;
}

static struct value view_value(const struct engine_pass *p,
                               const struct plan_node *n)
{
    struct value v = value_of(p, n->in[0].from);

    v.store = NULL; /* the input's z is without this view's part */
    if (n->act)
        v.epilogue.act = n->act;
    if (n->factors)
        v.mul = n->factors;
    v.plain = epilogue_is_plain(&v.epilogue) && !v.mul;
    return v;
}

struct value value_of(const struct engine_pass *p, int from)
{
    const int64_t *in = p->plan->net->input.v;

    if (from == NET_IMAGE)
        return (struct value){.data = p->images,
                              .rows = (size_t)(in[0] * in[1]),
                              .c = (size_t)in[2],
                              .plain = true};
    const struct plan_node *n = &p->plan->nodes[from];
    if (p->flight->z[from])
        return (struct value){.data = p->flight->z[from],
                              .rows = n->base_rows,
                              .c = n->base_c,
                              .plain = true};
    struct value v = node_is_view(n) ? view_value(p, n) : stored_value(n);
    if (!v.plain)
        v.store = n->z;
    return v;
}

const real *value_load(const struct engine_pass *p, const struct value *v,
                       size_t first, size_t last, real *scratch)
{
    if (v->plain)
        return v->data + first * v->c;
    struct epilogue t = v->epilogue;
    real *to = v->store ? v->store + first * v->c : scratch;
    size_t each = v->mul ? v->rows : last - first; /* rows of one factor */

    for (size_t r = first; r < last; r += each) {
        if (v->mul)
            t.mul = v->mul + r / v->rows * v->c;
        p->k->epilogue_forward(&t, each, v->c, v->data + r * v->c, NULL,
                               to + (r - first) * v->c);
    }
    return to;
}

void value_mean(const struct engine_pass *p, const struct value *v,
                size_t image, real *scratch, real *mean)
{
    size_t first = image * v->rows;
    const real *x = v->data + first * v->c;
    struct epilogue t = v->epilogue;

    if (v->mul || v->store) {
        x = value_load(p, v, first, first + v->rows, scratch);
        t = (struct epilogue){0};
    }
    p->k->epilogue_mean(&t, v->rows, v->c, x, mean);
}

void value_prefetch(const struct engine_pass *p, const struct value *v,
                    int worker, size_t first, size_t last)
{
    prefetch_next(p, worker, v->data + first * v->c, last - first, v->c, v->c);
}
