/* SPDX-License-Identifier: MIT */
#include "tools/net-import/pending.h"

#include <math.h>

#include "libcommon/nn/graph/act.h"

const struct pending pending_none = {.a = 1, .s = 1};

/* Constants of models are floats, and often rounded twice. */
static bool near(double x, double y)
{
    return fabs(x - y) <= 2e-6 * fmax(1, fabs(y));
}

bool pending_is_none(const struct pending *f)
{
    return f->form == PENDING_LINE && f->a == 1 && f->b == 0;
}

bool pending_affine(struct pending *f, double factor, double term)
{
    if (f->form == PENDING_LINE) {
        f->a *= factor;
        f->b = f->b * factor + term;
        return true;
    }
    f->s *= factor;
    f->t = f->t * factor + term;
    return true;
}

bool pending_clamp(struct pending *f, double lo, double hi)
{
    bool again = f->form == PENDING_CLAMP && !f->times && f->s == 1 &&
                 f->t == 0;

    if (f->form != PENDING_LINE && !again)
        return false;
    f->lo = again ? fmin(fmax(f->lo, lo), hi) : lo;
    f->hi = again ? fmin(fmax(f->hi, lo), hi) : hi;
    f->form = PENDING_CLAMP;
    return true;
}

bool pending_sigmoid(struct pending *f)
{
    if (f->form != PENDING_LINE)
        return false;
    f->form = PENDING_SIGMOID;
    return true;
}

bool pending_times(struct pending *f)
{
    if (f->form == PENDING_LINE || f->times || f->t != 0)
        return false;
    f->times = true;
    return true;
}

/* A clamp is a relu, a relu6, or a mirrored relu, moved and scaled. */
static struct pending_plan plan_clamp(const struct pending *f)
{
    struct pending_plan p = {f->a, f->b, ACT_NONE, f->s, 0, f->times, 0};

    if (isfinite(f->lo) && isfinite(f->hi)) {
        double span = f->hi - f->lo, unit = span > 0 ? 6 / span : 0;

        p.act = ACT_RELU6;
        p.scale = f->a * unit;
        p.shift = (f->b - f->lo) * unit;
        p.gain = f->s * span / 6;
        p.term += f->s * f->lo;
        if (near(p.shift, 3)) { /* hsigmoid(x) = relu6(x + 3) / 6 */
            p.act = ACT_HSIGMOID;
            p.shift = 0;
            p.gain *= 6;
        }
    } else if (isfinite(f->lo)) {
        p.act = ACT_RELU;
        p.shift = f->b - f->lo;
        p.term += f->s * f->lo;
    } else if (isfinite(f->hi)) {
        p.act = ACT_RELU;
        p.scale = -f->a;
        p.shift = f->hi - f->b;
        p.gain = -f->s;
        p.term += f->s * f->hi;
    } else {
        p.gain *= f->a;
        p.term += f->s * f->b;
        p.scale = 1;
        p.shift = 0;
    }
    return p;
}

static void round_off(double *v, double to)
{
    if (near(*v, to))
        *v = to;
}

struct pending_plan pending_plan(const struct pending *f)
{
    static const int product[ACT_COUNT] = {
        [ACT_HSIGMOID] = ACT_HSWISH, [ACT_SIGMOID] = ACT_SILU};
    struct pending_plan p = {1, 0, ACT_NONE, f->a, f->b, false, 0};

    if (f->form == PENDING_CLAMP)
        p = plan_clamp(f);
    else if (f->form == PENDING_SIGMOID)
        p = (struct pending_plan){f->a,     f->b, ACT_SIGMOID, f->s, 0,
                                  f->times, 0};
    *(p.times ? &p.after : &p.term) += f->t;
    round_off(&p.scale, 1);
    round_off(&p.shift, 0);
    round_off(&p.gain, 1);
    round_off(&p.term, 0);
    round_off(&p.after, 0);
    /* A factor and a term can stand behind the product as well. */
    if (p.times && p.scale == 1 && p.shift == 0 && p.term == 0 &&
        product[p.act]) {
        p.act = product[p.act];
        p.times = false;
        p.term = p.after;
        p.after = 0;
    }
    return p;
}
