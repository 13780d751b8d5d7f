/* SPDX-License-Identifier: MIT
 * Nodes that change numbers one by one: activations, and arithmetic with constants
 * and between maps. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "tools/net-import/lower.h"

/* Set the output to a copy of map k whose pending function may be changed.  Where
 * `settled`, it has been carried out.  Returns it, or NULL. */
static struct mapped *element_input(struct lowering *l, struct lowered_node *n,
                                    size_t k, bool settled)
{
    struct mapped *m = input_map(l, n, k);

    if (!m || ((settled || m->padded || m->probabilities) &&
               !(m = input_settled(l, n, k))))
        return NULL;
    *n->out = (struct graph_value){.kind = VALUE_MAP, .map = *m};
    return &n->out->map;
}

static void clamp(struct lowering *l, struct lowered_node *n, double lo,
                  double hi)
{
    struct mapped *m = element_input(l, n, 0, false);

    if (!m || pending_clamp(&m->f, lo, hi))
        return;
    if ((m = element_input(l, n, 0, true)))
        pending_clamp(&m->f, lo, hi);
}

void lower_relu(struct lowering *l, struct lowered_node *n)
{
    clamp(l, n, 0, INFINITY);
}

void lower_clip(struct lowering *l, struct lowered_node *n)
{
    double lo = -INFINITY, hi = INFINITY;
    struct err e;

    if (args_real(&n->args, 1, "min", &lo, &e) < 0 ||
        args_real(&n->args, 2, "max", &hi, &e) < 0) {
        refuse_node(l, n, "%s", e.text);
        return;
    }
    /* Exporters write the largest float for no limit. */
    lo = lo <= -3e38 ? -INFINITY : lo;
    hi = hi >= 3e38 ? INFINITY : hi;
    if (!(lo < hi) || lo > 1e30 || hi < -1e30)
        refuse_node(l, n, "limits %g and %g", lo, hi);
    else
        clamp(l, n, lo, hi);
}

void lower_sigmoid(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = element_input(l, n, 0, false);

    if (!m || pending_sigmoid(&m->f))
        return;
    if ((m = element_input(l, n, 0, true)))
        pending_sigmoid(&m->f);
}

/* Set the output to min(max(alpha x + beta, 0), 1), times x where `times`. */
static void hard(struct lowering *l, struct lowered_node *n, double alpha,
                 double beta, bool times)
{
    struct mapped *m = element_input(l, n, 0, true);

    if (!m || !isfinite(alpha) || !isfinite(beta)) {
        if (m)
            refuse_node(l, n, "alpha %g, beta %g", alpha, beta);
        n->out->kind = VALUE_UNKNOWN;
        return;
    }
    pending_affine(&m->f, alpha, beta);
    pending_clamp(&m->f, 0, 1);
    if (times)
        pending_times(&m->f);
}

void lower_hardsigmoid(struct lowering *l, struct lowered_node *n)
{
    hard(l, n, onnx_real(n->args.node, "alpha", 0.2),
         onnx_real(n->args.node, "beta", 0.5), false);
}

void lower_hardswish(struct lowering *l, struct lowered_node *n)
{
    hard(l, n, 1.0 / 6, 0.5, true);
}

/* ---- arithmetic with constants ---- */

/* Returns true when the constant is one number, or one per channel of the map, as
 * their shapes are broadcast. */
static bool along_channels(const struct map_view *v, const struct constant *c)
{
    size_t before = v->rank - c->rank;

    if (c->count == 1)
        return c->rank <= v->rank;
    if (c->rank > v->rank)
        return false;
    for (size_t k = 0; k < c->rank; k++)
        if (c->dims[k] != 1 && !view_is(v, before + k, AXIS_C))
            return false;
    return c->count == v->size[AXIS_C];
}

/* Set the output to factor y + term; either is a constant's, by `k` its place
 * among the inputs, or a number. */
struct line {
    const struct constant *factor, *term; /* NULL = the numbers */
    double factor_by, term_by;            /* what they are multiplied by */
    bool inverse;                         /* 1 / factor */
};

static void add_line(struct lowering *l, struct lowered_node *n, size_t map,
                     const struct line *x)
{
    const struct constant *c = x->factor ? x->factor : x->term;
    struct mapped *m = element_input(l, n, map, c && c->count > 1);
    const char *name = n->args.node->name;
    double *scale, *shift;
    size_t count, step;

    if (!m)
        return;
    if (c && c->count > 1 && c->rank && c->rank <= m->view.rank &&
        c->dims[c->rank - 1] == c->count)
        channels_along(l, n, m, m->view.rank - 1, c->count);
    if (c && !along_channels(&m->view, c)) {
        n->out->kind = VALUE_UNKNOWN;
        refuse_node(l, n,
                    "a constant of %" PRId64 " numbers, which is neither one "
                    "number nor one for each channel",
                    c->count);
        return;
    }
    count = c ? (size_t)c->count : 1;
    scale = steps_array(l->steps, count, sizeof *scale);
    shift = steps_array(l->steps, count, sizeof *shift);
    for (size_t k = 0; k < count; k++) {
        size_t to = m->order && count > 1 ? (size_t)m->order[k] : k;

        double by = x->factor ? constant_real(x->factor, (int64_t)k) : 1;

        scale[to] = x->factor_by * (x->inverse ? 1 / by : by);
        shift[to] = x->term ? x->term_by * constant_real(x->term, (int64_t)k)
                            : 0;
        if (!isfinite(scale[to]) || !isfinite(shift[to])) {
            n->out->kind = VALUE_UNKNOWN;
            refuse_node(l, n,
                        "a constant that is not finite, or 0 to divide "
                        "by");
            return;
        }
    }
    if (count == 1) {
        pending_affine(&m->f, scale[0], shift[0]);
        return;
    }
    step = m->step;
    m->step = steps_affine(l->steps, name, step, scale, shift, false);
}

void lower_neg(struct lowering *l, struct lowered_node *n)
{
    add_line(l, n, 0, &(struct line){.factor_by = -1});
}

/* Returns the place of the input that is a constant, or 2 when both are maps or one
 * is unknown. */
static size_t constant_input(const struct lowered_node *n)
{
    return n->args.c[0] ? 0 : n->args.c[1] ? 1 : 2;
}

/* ---- arithmetic between maps ---- */

/* Returns true when both are maps that are known; else the node is refused where
 * one is neither. */
static bool two_maps(struct lowering *l, struct lowered_node *n)
{
    struct mapped *x = input_settled(l, n, 0), *y = input_settled(l, n, 1);

    if (!x || !y)
        return false;
    if (!x->order && !y->order && view_alike(&x->view, &y->view) &&
        x->view.size[AXIS_C] == y->view.size[AXIS_C])
        return true;
    refuse_node(l, n, "maps of different channels, or in different orders");
    return false;
}

static bool same_sides(const struct mapped *x, const struct mapped *y)
{
    return x->view.size[AXIS_H] == y->view.size[AXIS_H] &&
           x->view.size[AXIS_W] == y->view.size[AXIS_W];
}

static void add_two(struct lowering *l, struct lowered_node *n,
                    enum step_kind kind, const struct mapped *x,
                    const struct mapped *y)
{
    output_map(
        l, n,
        steps_add(l->steps,
                  (struct step){.kind = kind, .name = n->args.node->name},
                  (size_t[]){x->step, y->step}, 2, 0),
        &x->view, NULL);
}

void lower_add(struct lowering *l, struct lowered_node *n)
{
    size_t c = constant_input(n);

    if (c < 2) {
        add_line(
            l, n, 1 - c,
            &(struct line){.factor_by = 1, .term = n->args.c[c], .term_by = 1});
    } else if (two_maps(l, n)) {
        if (same_sides(&n->in[0]->map, &n->in[1]->map))
            add_two(l, n, STEP_ADD, &n->in[0]->map, &n->in[1]->map);
        else
            refuse_node(l, n, "maps of different sizes");
    }
}

void lower_sub(struct lowering *l, struct lowered_node *n)
{
    size_t c = constant_input(n);

    if (c < 2)
        add_line(l, n, 1 - c,
                 &(struct line){.factor_by = c == 1 ? 1 : -1,
                                .term = n->args.c[c],
                                .term_by = c == 1 ? -1 : 1});
    else if (two_maps(l, n))
        refuse_node(l, n, "the difference of two maps");
}

void lower_div(struct lowering *l, struct lowered_node *n)
{
    size_t c = constant_input(n);

    if (c == 1)
        add_line(l, n, 0,
                 &(struct line){
                     .factor = n->args.c[1], .factor_by = 1, .inverse = true});
    else if (c == 0 || two_maps(l, n))
        refuse_node(l, n, "a division by a map");
}

/* x f(x): the product stays pending, too.  Returns false when it is none. */
static bool times_itself(struct lowered_node *n)
{
    for (size_t k = 0; k < 2; k++) {
        const struct graph_value *f = n->in[k], *x = n->in[1 - k];
        struct mapped to;

        if (f->kind != VALUE_MAP || x->kind != VALUE_MAP)
            return false;
        to = f->map;
        /* What x has pending must have been carried out: f began behind it. */
        if (pending_is_none(&x->map.f) && x->map.step == to.step &&
            !to.padded && !to.probabilities && x->map.order == to.order &&
            view_alike(&x->map.view, &to.view) && pending_times(&to.f)) {
            *n->out = (struct graph_value){.kind = VALUE_MAP, .map = to};
            return true;
        }
    }
    return false;
}

void lower_mul(struct lowering *l, struct lowered_node *n)
{
    size_t c = constant_input(n);
    const struct mapped *x, *y;

    if (c < 2) {
        add_line(l, n, 1 - c,
                 &(struct line){.factor = n->args.c[c], .factor_by = 1});
        return;
    }
    if (times_itself(n) || !two_maps(l, n))
        return;
    x = &n->in[0]->map;
    y = &n->in[1]->map;
    if (x->view.size[AXIS_H] * x->view.size[AXIS_W] <
        y->view.size[AXIS_H] * y->view.size[AXIS_W]) {
        const struct mapped *gate = x;

        x = y;
        y = gate;
    }
    if (same_sides(x, y) ||
        (y->view.size[AXIS_H] == 1 && y->view.size[AXIS_W] == 1))
        add_two(l, n, STEP_MUL, x, y);
    else
        refuse_node(l, n, "a product of maps of different sizes");
}
