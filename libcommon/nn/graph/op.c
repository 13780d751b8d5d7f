/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/op.h"

#include <string.h>

#include "libcommon/nn/graph/window.h"

/* ---- output shapes ---- */

static void windowed_sides(const struct layer *l, int64_t out[3])
{
    for (size_t k = 0; k < 2; k++)
        out[k] = window_out(l->in.v[k], l->kernel.v[k], l->stride.v[k],
                            layer_pad_before(l, k), layer_pad_after(l, k));
}

static bool conv_shape(const struct net *n, const struct layer *l,
                       int64_t out[3])
{
    (void)n;
    windowed_sides(l, out);
    if (layer_is_depthwise(l))
        out[2] = l->in.v[2];
    return out[2] <= NET_MAX_CHANNELS;
}

static bool pool_shape(const struct net *n, const struct layer *l,
                       int64_t out[3])
{
    (void)n;
    windowed_sides(l, out);
    out[2] = l->in.v[2];
    return true;
}

static bool linear_shape(const struct net *n, const struct layer *l,
                         int64_t out[3])
{
    (void)n;
    out[0] = out[1] = 1;
    return l->in.v[0] == 1 && l->in.v[1] == 1 && out[2] <= NET_MAX_CHANNELS;
}

static bool same_shape(const struct net *n, const struct layer *l,
                       int64_t out[3])
{
    (void)n;
    memcpy(out, l->in.v, 3 * sizeof *out);
    return true;
}

static bool add_shape(const struct net *n, const struct layer *l,
                      int64_t out[3])
{
    same_shape(n, l, out);
    for (size_t i = 1; i < l->inputs.n; i++)
        if (memcmp(net_shape(n, l->inputs.v[i])->v, out, 3 * sizeof *out) != 0)
            return false;
    return true;
}

/* The second input is of the first one's shape, or one number per channel. */
static bool mul_shape(const struct net *n, const struct layer *l,
                      int64_t out[3])
{
    const int64_t *by = net_shape(n, l->inputs.v[1])->v;

    same_shape(n, l, out);
    return by[2] == out[2] &&
           ((by[0] == out[0] && by[1] == out[1]) || (by[0] == 1 && by[1] == 1));
}

static bool global_shape(const struct net *n, const struct layer *l,
                         int64_t out[3])
{
    (void)n;
    out[0] = out[1] = 1;
    out[2] = l->in.v[2];
    return true;
}

static bool flat_shape(const struct net *n, const struct layer *l,
                       int64_t out[3])
{
    (void)n;
    out[0] = out[1] = 1;
    out[2] = shape_count(&l->in);
    return true;
}

/* The channels of the inputs stand side by side. */
static bool concat_shape(const struct net *n, const struct layer *l,
                         int64_t out[3])
{
    bool fits = true;

    same_shape(n, l, out);
    for (size_t i = 1; i < l->inputs.n; i++) {
        const int64_t *in = net_shape(n, l->inputs.v[i])->v;

        fits &= in[0] == out[0] && in[1] == out[1];
        out[2] += in[2];
    }
    return fits;
}

static bool widen_shape(const struct net *n, const struct layer *l,
                        int64_t out[3])
{
    (void)n;
    memcpy(out, l->in.v, 2 * sizeof *out);
    return out[2] > l->in.v[2] && out[2] <= NET_MAX_CHANNELS;
}

/* ---- parameters ---- */

static struct param_slot bias_slot(const char *name, int64_t n)
{
    return (struct param_slot){.name = name, .ndim = 1, .shape = {n}};
}

static size_t conv_slots(const struct layer *l, struct param_slot *s)
{
    int64_t kh = l->kernel.v[0], kw = l->kernel.v[1];
    int64_t cin = l->in.v[2], cout = l->out.v[2];

    if (layer_is_depthwise(l))
        s[0] = (struct param_slot){
            .name = "weight",
            .ndim = 3,
            .shape = {kh, kw, cin},
            .decay = true,
            .transforms = kh == kw,
            .init = INIT_NORMAL,
            .fan = kh * kw,
        };
    else
        s[0] = (struct param_slot){
            .name = "weight",
            .ndim = 4,
            .shape = {cout, kh, kw, cin},
            .decay = true,
            .init = INIT_NORMAL,
            .fan = cout * kh * kw,
        };
    s[1] = bias_slot("bias", cout);
    s[1].optional = true;
    return 2;
}

static size_t linear_slots(const struct layer *l, struct param_slot *s)
{
    int64_t cin = l->in.v[2], cout = l->out.v[2];

    s[0] = (struct param_slot){
        .name = "weight",
        .ndim = 2,
        .shape = {cout, cin},
        .decay = true,
        .init = INIT_UNIFORM,
        .fan = cin,
    };
    s[1] = bias_slot("bias", cout);
    s[1].optional = true;
    return 2;
}

static size_t se_slots(const struct layer *l, struct param_slot *s)
{
    int64_t c = l->in.v[2], mid = l->mid;

    s[0] = (struct param_slot){
        .name = "reduce.weight",
        .ndim = 2,
        .shape = {mid, c},
        .decay = true,
        .init = INIT_NORMAL,
        .fan = mid,
    };
    s[1] = bias_slot("reduce.bias", mid);
    s[2] = (struct param_slot){
        .name = "expand.weight",
        .ndim = 2,
        .shape = {c, mid},
        .decay = true,
        .init = INIT_NORMAL,
        .fan = c,
    };
    s[3] = bias_slot("expand.bias", c);
    return 4;
}

size_t layer_slots(const struct layer *l, struct param_slot s[OP_MAX_SLOTS])
{
    static const struct param_slot norm[] = {
        {.name = "gamma", .init = INIT_GAIN},
        {.name = "beta"},
        {.name = "mean", .stat = true},
        {.name = "var", .stat = true, .init = INIT_ONE},
    };
    const struct op_info *op = op_info(l->op);
    size_t n = op->slots ? op->slots(l, s) : 0;

    if (!layer_has_norm(l))
        return n;
    for (size_t i = 0; i < 4; i++, n++) {
        s[n] = norm[i];
        s[n].ndim = 1;
        s[n].shape[0] = l->out.v[2];
    }
    return n;
}

const struct param_slot *slot_find(const struct param_slot *s, size_t n,
                                   const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(s[i].name, name) == 0)
            return &s[i];
    return NULL;
}

int64_t slot_count(const struct param_slot *s)
{
    int64_t n = 1;

    for (size_t i = 0; i < s->ndim; i++)
        n *= s->shape[i];
    return n;
}

bool layer_has_norm(const struct layer *l)
{
    return l->norm || op_info(l->op)->norm == ALWAYS;
}

bool layer_ends_branch(const struct net *n, size_t layer)
{
    for (size_t i = layer + 1; i < n->layers.n; i++) {
        const struct layer *l = net_layer(n, i);
        bool reads = false, older = false;

        for (size_t k = 0; k < l->inputs.n; k++) {
            reads |= l->inputs.v[k] == (int64_t)layer;
            older |= l->inputs.v[k] < (int64_t)layer;
        }
        if (reads && op_info(l->op)->sum)
            return older;
    }
    return false;
}

/* ---- multiply-accumulates ---- */

/* Returns the products per output element. */
static int64_t conv_taps(const struct layer *l)
{
    return l->kernel.v[0] * l->kernel.v[1] * (l->in.v[2] / l->groups);
}

static int64_t conv_macs(const struct layer *l)
{
    return shape_count(&l->out) * conv_taps(l);
}

static int64_t conv_head_macs(const struct layer *l)
{
    return l->in.v[0] / l->stride.v[0] * (l->in.v[1] / l->stride.v[1]) *
           l->out.v[2] * conv_taps(l);
}

static int64_t linear_macs(const struct layer *l)
{
    return l->in.v[2] * l->out.v[2];
}

static int64_t se_macs(const struct layer *l)
{
    return 2 * l->in.v[2] * l->mid;
}

/* Counts the scaling and the mean, which the reference takes over the columns
 * first and then over the rows. */
static int64_t se_extra(const struct layer *l)
{
    return shape_count(&l->out) + (l->in.v[0] + 1) * l->in.v[2];
}

static int64_t in_elements(const struct layer *l)
{
    return shape_count(&l->in);
}

static int64_t out_elements(const struct layer *l)
{
    return shape_count(&l->out);
}

/* ---- the table ---- */

#define ONE_INPUT .min_inputs = 1, .max_inputs = 1

const struct op_info op_infos[OP_COUNT] = {
    [OP_CONV] = {ONE_INPUT, .window = WINDOW_PADDED, .groups = true,
                 .norm = MAY, .act = MAY, .shape = conv_shape,
                 .slots = conv_slots, .macs = conv_macs,
                 .paper_head = conv_head_macs},
    [OP_LINEAR] = {ONE_INPUT, .norm = MAY, .act = MAY, .shape = linear_shape,
                   .slots = linear_slots, .macs = linear_macs},
    [OP_NORM] = {ONE_INPUT, .follows = true, .norm = ALWAYS, .act = MAY,
                 .shape = same_shape},
    [OP_ACT] = {ONE_INPUT, .follows = true, .act = ALWAYS, .shape = same_shape},
    [OP_SE] = {ONE_INPUT, .mid = true, .follows = true, .shape = same_shape,
               .slots = se_slots, .macs = se_macs, .paper_extra = se_extra},
    [OP_MAXPOOL] = {ONE_INPUT, .window = WINDOW_PADDED, .exit_pool = true,
                    .follows = true, .act = MAY, .shape = pool_shape,
                    .paper_head = in_elements},
    [OP_AVGPOOL] = {ONE_INPUT, .window = WINDOW_UNPADDED, .follows = true,
                    .act = MAY, .shape = pool_shape,
                    .paper_extra = out_elements, .paper_head = in_elements},
    [OP_GLOBALPOOL] = {ONE_INPUT, .follows = true, .act = MAY,
                       .shape = global_shape, .paper_extra = out_elements},
    [OP_ADD] = {.min_inputs = 2,
                .max_inputs = 2,
                .sum = true,
                .act = MAY,
                .shape = add_shape},
    [OP_FLATTEN] = {ONE_INPUT, .view = true, .shape = flat_shape},
    [OP_WIDEN] = {ONE_INPUT, .act = MAY, .shape = widen_shape},
    [OP_CONCAT] = {.min_inputs = 2,
                   .max_inputs = NET_MAX_INPUTS,
                   .act = MAY,
                   .shape = concat_shape},
    [OP_MUL] = {.min_inputs = 2,
                .max_inputs = 2,
                .follows = true,
                .act = MAY,
                .shape = mul_shape,
                .paper_extra = out_elements},
};
