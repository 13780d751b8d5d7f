/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/losses.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/train/evaluate.h"

#define CONF_CLAMP 1e-4  /* of R only (D3) */
#define COST_EPSILON 1.0 /* least denominator of L_cost, MACs */

const char *const acc_form_names[] = {"mixture", "weighted", "joint",
                                      "independent", NULL};

/* This is a batch as the terms of the loss see it. */
struct batch {
    const struct engine_outputs *o;
    const int32_t *labels;
    size_t n, exits, classes;
    double *conf;       /* (n, exits) c_i; 0 without a unit, final 1 */
    double *gate;       /* (n, exits) c_i, or the samples z_i of them */
    double *reach;      /* (n, exits) prod_{k<i} (1 - z_k) */
    double *d_conf;     /* (n, exits) d loss / d c_i */
    double *d_gate;     /* (n, exits) d loss / d z_i, without d_conf */
    double *d_logit;    /* (exits, n, classes) d loss / d f_i */
    double *factor;     /* (n) class weights over their mean: 1 without any */
    double *mix, *soft; /* (classes) scratch of one sample */
    double *slope;      /* (exits) scratch of one sample */
    double smoothing;
    bool gradients;
    bool independent; /* ACC_INDEPENDENT, and there are early exits */
    double *own;      /* (exits) weighted losses; NAN = left out of all */
};

static bool left_out(const struct batch *b, size_t i)
{
    return b->independent && isnan(b->own[i]);
}

static bool has_unit(const struct batch *b, size_t i)
{
    return i + 1 < b->exits && b->o->units[i] > b->o->classes &&
           !left_out(b, i);
}

static size_t count_units(const struct batch *b)
{
    size_t count = 0;

    for (size_t i = 0; i < b->exits; i++)
        count += has_unit(b, i);
    return count;
}

static const real *logits(const struct batch *b, size_t i, size_t s)
{
    return b->o->out[i] + s * (size_t)b->o->units[i];
}

static double *d_logits(const struct batch *b, size_t i, size_t s)
{
    return b->d_logit + (i * b->n + s) * b->classes;
}

/* Return the cross-entropy of f against label y.  The target is (1 - smooth) on
 * y plus smooth spread evenly over all classes.  f becomes d CE / d f. */
static double cross_entropy(double *f, size_t classes, int32_t y, double smooth)
{
    double top = f[0], sum = 0, mean = 0, own;

    for (size_t k = 1; k < classes; k++)
        top = f[k] > top ? f[k] : top;
    for (size_t k = 0; k < classes; k++) {
        sum += exp(f[k] - top);
        mean += f[k];
    }
    mean /= (double)classes;
    own = top + log(sum) - (1 - smooth) * f[y] - smooth * mean;
    for (size_t k = 0; k < classes; k++)
        f[k] = exp(f[k] - top) / sum - smooth / (double)classes;
    f[y] -= 1 - smooth;
    return own;
}

/* Return the cross-entropy of exit i alone, the mean over the batch. */
static double exit_cross_entropy(struct batch *b, size_t i, double weight)
{
    double sum = 0;

    for (size_t s = 0; s < b->n; s++) {
        const real *f = logits(b, i, s);
        double *d = d_logits(b, i, s);
        double scale = weight / (double)b->n * b->factor[s];

        for (size_t k = 0; k < b->classes; k++)
            b->mix[k] = (double)f[k];
        sum += b->factor[s] *
               cross_entropy(b->mix, b->classes, b->labels[s], b->smoothing);
        for (size_t k = 0; b->gradients && k < b->classes; k++)
            d[k] += scale * b->mix[k];
    }
    return sum / (double)b->n;
}

static double term_final(const struct losses *l, struct batch *b, double weight)
{
    (void)l;
    return exit_cross_entropy(b, b->exits - 1, weight);
}

/* Add the gradient of scale * sum_i slope_i c^r_i for sample s to d_gate.  With
 * tail_i = c_i slope_i + (1 - c_i) tail_{i+1} (Eq. 16) the derivative by c_i is
 * reach_i (slope_i - tail_{i+1}), so that nothing is divided by 1 - c. */
static void mixture_backward(struct batch *b, size_t s, const double *slope,
                             double tail, double scale)
{
    const double *c = b->gate + s * b->exits, *reach = b->reach + s * b->exits;
    double *d = b->d_gate + s * b->exits;

    for (size_t i = b->exits - 1; i-- > 0;) {
        if (!has_unit(b, i))
            continue;
        d[i] += scale * reach[i] * (slope[i] - tail);
        tail = c[i] * slope[i] + (1 - c[i]) * tail;
    }
}

/* Return CE(fbar_{B-1}) of sample s, times its factor. */
static double mixed_cross_entropy(struct batch *b, size_t s, double weight)
{
    const double *c = b->gate + s * b->exits, *reach = b->reach + s * b->exits;
    double scale = weight / (double)b->n * b->factor[s], own;

    memset(b->mix, 0, b->classes * sizeof *b->mix);
    for (size_t i = 0; i + 1 < b->exits; i++)
        for (size_t k = 0; has_unit(b, i) && k < b->classes; k++)
            b->mix[k] += reach[i] * c[i] * (double)logits(b, i, s)[k];
    own = b->factor[s] *
          cross_entropy(b->mix, b->classes, b->labels[s], b->smoothing);
    if (!b->gradients)
        return own;
    for (size_t i = 0; i + 1 < b->exits; i++) {
        double *d = d_logits(b, i, s);

        b->slope[i] = 0;
        for (size_t k = 0; has_unit(b, i) && k < b->classes; k++) {
            d[k] += scale * reach[i] * c[i] * b->mix[k];
            b->slope[i] += b->mix[k] * (double)logits(b, i, s)[k];
        }
    }
    mixture_backward(b, s, b->slope, 0, scale);
    return own;
}

/* Return sum_i c^r_i CE(f_i) of sample s, times its factor. */
static double weighted_cross_entropy(struct batch *b, size_t s, double weight)
{
    const double *c = b->gate + s * b->exits, *reach = b->reach + s * b->exits;
    double sum = 0, scale = weight / (double)b->n * b->factor[s];

    for (size_t i = 0; i < b->exits; i++) {
        double share = reach[i] * c[i], *d = d_logits(b, i, s);

        if (i + 1 < b->exits && !has_unit(b, i))
            continue;
        for (size_t k = 0; k < b->classes; k++)
            b->mix[k] = (double)logits(b, i, s)[k];
        b->slope[i] = cross_entropy(b->mix, b->classes, b->labels[s],
                                    b->smoothing);
        sum += share * b->slope[i];
        for (size_t k = 0; k < b->classes; k++)
            d[k] += scale * share * b->mix[k];
    }
    mixture_backward(b, s, b->slope, b->slope[b->exits - 1], scale);
    return b->factor[s] * sum;
}

static double term_acc(const struct losses *l, struct batch *b, double weight)
{
    bool joint = l->acc_form >= ACC_JOINT || !count_units(b);
    bool mixture = !joint && l->acc_form == ACC_MIXTURE;
    double sum = 0;

    for (size_t s = 0; !joint && s < b->n; s++)
        sum += mixture ? mixed_cross_entropy(b, s, weight)
                       : weighted_cross_entropy(b, s, weight);
    sum /= (double)b->n;
    if ((joint || mixture) && !b->independent)
        sum += exit_cross_entropy(b, b->exits - 1, weight);
    for (size_t i = 0; i + 1 < b->exits; i++) {
        double own;

        if (left_out(b, i) || (!joint && has_unit(b, i)))
            continue;
        own = exit_cross_entropy(b, i, weight);
        b->own[i] += weight * own;
        sum += own;
    }
    return sum;
}

/* Returns true when exit i alone classifies sample s correctly. */
static bool is_right(const struct batch *b, size_t i, size_t s)
{
    return evaluate_is_right(logits(b, i, s), (int)b->classes, b->labels[s]);
}

/* Return the mean of the R_i over the exits with a unit, or their sum where exits
 * are independent.  The samples that an
 * exit classifies correctly weigh 1/2 together, and so do the others, however
 * many there are; a side without samples adds nothing. */
static double term_conf(const struct losses *l, struct batch *b, double weight)
{
    size_t units = b->independent ? 1 : count_units(b);
    double sum = 0;

    (void)l;
    for (size_t i = 0; i + 1 < b->exits; i++) {
        size_t right = 0;
        double own = 0;

        if (!has_unit(b, i))
            continue;
        for (size_t s = 0; s < b->n; s++)
            right += is_right(b, i, s);
        for (size_t s = 0; s < b->n; s++) {
            double c = b->conf[s * b->exits + i];
            double p = fmin(fmax(c, CONF_CLAMP), 1 - CONF_CLAMP);
            bool t = is_right(b, i, s);
            double share = 0.5 / (double)(t ? right : b->n - right);

            own -= share * log(t ? p : 1 - p);
            if (p == c) /* R is constant where c is clamped */
                b->d_conf[s * b->exits + i] += weight / (double)units * share *
                                               (t ? -1 / p : 1 / (1 - p));
        }
        b->own[i] += weight * own;
        sum += own;
    }
    return units ? sum / (double)units : 0;
}

static double term_cost(const struct losses *l, struct batch *b, double weight)
{
    double last = l->gamma[b->exits - 1], mean = 0, room;

    if (isnan(l->max_macs) || last <= l->max_macs)
        return 0;
    room = fmax(COST_EPSILON, last - l->max_macs);
    for (size_t s = 0; s < b->n; s++)
        for (size_t i = 0; i < b->exits; i++)
            mean += b->reach[s * b->exits + i] * b->gate[s * b->exits + i] *
                    l->gamma[i];
    mean /= (double)b->n;
    if (mean <= l->max_macs)
        return 0;
    for (size_t s = 0; b->gradients && s < b->n; s++)
        mixture_backward(b, s, l->gamma, last, weight / room / (double)b->n);
    return (mean - l->max_macs) / room;
}

/* Return the mean squared distance of the c_i from the row of the Support
 * Matrix that belongs to the sample's class. */
static double term_peak(const struct losses *l, struct batch *b, double weight)
{
    double sum = 0, values = (double)(b->n * count_units(b));

    if (!l->support || values == 0)
        return 0;
    for (size_t s = 0; s < b->n; s++) {
        const double *row = l->support + (size_t)b->labels[s] * (b->exits - 1);
        double squares = 0;

        for (size_t i = 0; i + 1 < b->exits; i++) {
            double off = b->conf[s * b->exits + i] - row[i];

            if (!has_unit(b, i) || isnan(row[i]))
                continue;
            squares += off * off;
            b->d_conf[s * b->exits + i] += weight / values * 2 * off;
        }
        sum += squares;
    }
    return sum / values;
}

/* Set p to softmax(f / t).  Returns the log of the sum of exp(f_k / t), so that
 * log p_k is f_k / t less the result. */
static double softmax(const real *f, size_t classes, double t, double *p)
{
    double top = (double)f[0], sum = 0;

    for (size_t k = 1; k < classes; k++)
        top = fmax(top, (double)f[k]);
    for (size_t k = 0; k < classes; k++) {
        p[k] = exp(((double)f[k] - top) / t);
        sum += p[k];
    }
    for (size_t k = 0; k < classes; k++)
        p[k] /= sum;
    return top / t + log(sum);
}

/* Return T^2 times the cross-entropy of the softened outputs of the exits that
 * learn against those of the teacher, b->mix, summed over these exits. */
static double term_distil(const struct losses *l, struct batch *b,
                          double weight)
{
    double sum = 0, t = l->distil_temperature, scale = weight / (double)b->n;
    size_t pupils = l->teacher ? b->exits : b->exits - 1;

    for (size_t s = 0; s < b->n; s++) {
        softmax(l->teacher ? l->teacher + s * b->classes
                           : logits(b, b->exits - 1, s),
                b->classes, t, b->mix);
        for (size_t i = 0; i < pupils; i++) {
            const real *f = logits(b, i, s);
            double *d = d_logits(b, i, s), own = 0, log_sum;

            if (left_out(b, i))
                continue;
            log_sum = softmax(f, b->classes, t, b->soft);
            for (size_t k = 0; k < b->classes; k++) {
                own -= b->mix[k] * ((double)f[k] / t - log_sum);
                d[k] += scale * t * (b->soft[k] - b->mix[k]);
            }
            b->own[i] += scale * t * t * own;
            sum += t * t * own;
        }
    }
    return sum / (double)b->n;
}

/* A term returns its mean over the batch and adds weight times its gradient to
 * d_conf, d_gate and d_logit. */
typedef double term_fn(const struct losses *l, struct batch *b, double weight);

static const struct {
    const char *name;
    term_fn *fn;
} terms[LOSS_COUNT] = {
    [LOSS_FINAL] = {"loss_acc", term_final},
    [LOSS_ACC] = {"loss_acc", term_acc},
    [LOSS_CONF] = {"loss_conf", term_conf},
    [LOSS_COST] = {"loss_cost", term_cost},
    [LOSS_PEAK] = {"loss_peak", term_peak},
    [LOSS_DISTIL] = {"loss_distil", term_distil},
};

const char *losses_name(enum loss_id term)
{
    return terms[term].name;
}

/* Set c_i, z_i and reach_i of sample s.  With a temperature, the z_i are
 * relaxed Bernoulli samples made from c_i and noise u; without one, they are
 * the c_i. */
static void sample_confidences(const struct losses *l, struct batch *b,
                               size_t s)
{
    double *c = b->conf + s * b->exits, *z = b->gate + s * b->exits;
    const double least = 0x1p-53, t = l->temperature;
    double left = 1;

    c[b->exits - 1] = z[b->exits - 1] = 1;
    for (size_t i = 0; i < b->exits; i++) {
        if (has_unit(b, i)) {
            double raw = (double)logits(b, i, s)[b->classes];

            c[i] = z[i] = 1 / (1 + exp(-raw));
            if (t > 0) {
                double u = l->noise[s * (b->exits - 1) + i];

                u = fmin(fmax(u, least), 1 - least);
                z[i] = 1 / (1 + exp(-(raw + log(u) - log1p(-u)) / t));
            }
        }
        b->reach[s * b->exits + i] = left;
        left *= 1 - z[i];
    }
}

/* Write the gradients in the engine's precision and layout.  A confidence unit
 * gets the gradient of its raw output, before the sigmoid. */
static void batch_gradients(const struct losses *l, const struct batch *b)
{
    for (size_t i = 0; i < b->exits; i++)
        for (size_t s = 0; s < b->n && !left_out(b, i); s++) {
            real *g = b->o->grad[i] + s * (size_t)b->o->units[i];
            const double *d = d_logits(b, i, s);
            size_t at = s * b->exits + i;
            double c = b->conf[at], z = b->gate[at];
            double steep = l->temperature > 0 ? z * (1 - z) / l->temperature
                                              : c * (1 - c);

            for (size_t k = 0; k < b->classes; k++)
                g[k] = (real)d[k];
            if (has_unit(b, i))
                g[b->classes] = (real)(b->d_conf[at] * c * (1 - c) +
                                       b->d_gate[at] * steep);
        }
}

/* Set the factors of the samples and l->batch_weight. */
static void weigh_samples(struct losses *l, struct batch *b)
{
    double sum = 0;

    for (size_t s = 0; s < b->n; s++) {
        b->factor[s] = l->class_weight ? l->class_weight[b->labels[s]] : 1;
        sum += b->factor[s];
    }
    for (size_t s = 0; l->class_weight && s < b->n; s++)
        b->factor[s] *= (double)b->n / sum;
    l->batch_weight = sum;
}

/* Set l->own to 0 for the exits that the losses see, else to NAN. */
static void leave_out(const struct batch *b)
{
    for (size_t i = 0; i < b->exits; i++) {
        size_t n = b->n * (size_t)b->o->units[i], finite = 0;
        const real *f = b->o->out[i];

        while (f && finite < n && isfinite(f[finite]))
            finite++;
        b->own[i] = f && finite == n && i + 1 < b->exits ? 0 : NAN;
    }
}

static double run(struct losses *l, const struct engine_outputs *o,
                  bool gradients)
{
    struct batch b = {
        .o = o,
        .labels = l->labels,
        .n = (size_t)o->n,
        .exits = (size_t)o->exits,
        .classes = (size_t)o->classes,
        .smoothing = l->smoothing,
        .gradients = gradients,
        .independent = l->acc_form == ACC_INDEPENDENT && o->exits > 1,
        .own = l->own,
    };
    size_t per_exit = b.n * b.exits;
    size_t size = 5 * per_exit + per_exit * b.classes + b.n + 2 * b.classes +
                  b.exits;
    double total = 0, *at;

    /* The arrays of the batch are parts of l->scratch, zeroed. */
    if (size > l->scratch_size) {
        free(l->scratch);
        l->scratch = xcalloc(size, sizeof *l->scratch);
        l->scratch_size = size;
    }
    memset(l->scratch, 0, size * sizeof *l->scratch);
    b.conf = at = l->scratch;
    b.gate = at += per_exit;
    b.reach = at += per_exit;
    b.d_conf = at += per_exit;
    b.d_gate = at += per_exit;
    b.d_logit = at += per_exit;
    b.factor = at += per_exit * b.classes;
    b.mix = at += b.n;
    b.soft = at += b.classes;
    b.slope = at + b.classes;

    if (b.independent)
        leave_out(&b);
    weigh_samples(l, &b);
    for (size_t s = 0; s < b.n; s++)
        sample_confidences(l, &b, s);
    for (int t = 0; t < LOSS_COUNT; t++) {
        l->value[t] = NAN;
        if (l->weight[t] == 0)
            continue;
        l->value[t] = terms[t].fn(l, &b, l->weight[t]);
        total += l->weight[t] * l->value[t];
    }
    if (gradients)
        batch_gradients(l, &b);
    return total;
}

double losses_batch(void *ctx, const struct engine_outputs *o)
{
    return run(ctx, o, true);
}

double losses_eval(struct losses *l, const struct engine_outputs *o)
{
    return run(l, o, false);
}

void losses_init(struct losses *l, const struct net *net)
{
    *l = (struct losses){.max_macs = NAN, .distil_temperature = 1};
    l->gamma = xcalloc(net->exits.n, sizeof *l->gamma);
    l->own = xcalloc(net->exits.n, sizeof *l->own);
    for (size_t i = 0; i < net->exits.n; i++)
        l->gamma[i] = (double)net_exit_at(net, i)->gamma;
}

void losses_cost_paper(struct losses *l, const struct net *net)
{
    for (size_t i = 0; i < net->exits.n; i++)
        l->gamma[i] = (double)net_exit_at(net, i)->gamma_paper;
}

void losses_fini(struct losses *l)
{
    free(l->gamma);
    free(l->own);
    free(l->scratch);
    *l = (struct losses){0};
}
