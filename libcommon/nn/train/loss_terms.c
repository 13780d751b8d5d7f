/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/loss_terms.h"

#include <string.h>

#include "libcommon/nn/train/evaluate.h"

#define CONF_CLAMP 1e-4  /* of R only (D3) */
#define COST_EPSILON 1.0 /* least denominator of L_cost, MACs */

static size_t count_units(const struct loss_batch *b)
{
    size_t count = 0;

    for (size_t i = 0; i < b->exits; i++)
        count += loss_has_unit(b, i);
    return count;
}

/* Return the cross-entropy of b->mix against the labels of sample s.  The target is
 * (1 - smoothing) on them plus the rest spread evenly over all classes.  b->mix becomes
 * d CE / d mix. */
static double cross_entropy(const struct loss_batch *b, size_t s)
{
    double *f = b->mix, smooth = b->smoothing;
    double top = f[0], sum = 0, mean = 0, target = f[b->labels[s]], own;
    size_t classes = b->classes;

    for (size_t k = 1; k < classes; k++)
        top = f[k] > top ? f[k] : top;
    for (size_t k = 0; k < classes; k++) {
        sum += exp(f[k] - top);
        mean += f[k];
    }
    mean /= (double)classes;
    if (b->others)
        target = b->share[s] * target + (1 - b->share[s]) * f[b->others[s]];
    own = top + log(sum) - (1 - smooth) * target - smooth * mean;
    for (size_t k = 0; k < classes; k++)
        f[k] = exp(f[k] - top) / sum - smooth / (double)classes;
    f[b->labels[s]] -= b->others ? (1 - smooth) * b->share[s] : 1 - smooth;
    if (b->others)
        f[b->others[s]] -= (1 - smooth) * (1 - b->share[s]);
    return own;
}

/* Return the cross-entropy of exit i alone, the mean over the batch. */
static double exit_cross_entropy(struct loss_batch *b, size_t i, double weight)
{
    double sum = 0;

    for (size_t s = 0; s < b->n; s++) {
        const real *f = loss_logits(b, i, s);
        double *d = loss_d_logits(b, i, s);
        double scale = weight / (double)b->n * b->factor[s];

        for (size_t k = 0; k < b->classes; k++)
            b->mix[k] = (double)f[k];
        sum += b->factor[s] * cross_entropy(b, s);
        for (size_t k = 0; b->gradients && k < b->classes; k++)
            d[k] += scale * b->mix[k];
    }
    return sum / (double)b->n;
}

/* Return how much exit i counts where it learns classes. */
static double exit_weight(const struct losses *l, size_t i)
{
    return l->exit_weight ? l->exit_weight[i] : 1;
}

static double term_final(const struct losses *l, struct loss_batch *b,
                         double weight)
{
    (void)l;
    return exit_cross_entropy(b, b->exits - 1, weight);
}

/* Add the gradient of scale * sum_i slope_i c^r_i for sample s to d_gate.  With
 * tail_i = c_i slope_i + (1 - c_i) tail_{i+1} (Eq. 16) the derivative by c_i is
 * reach_i (slope_i - tail_{i+1}), so that nothing is divided by 1 - c. */
static void mixture_backward(struct loss_batch *b, size_t s,
                             const double *slope, double tail, double scale)
{
    const double *c = b->gate + s * b->exits, *reach = b->reach + s * b->exits;
    double *d = b->d_gate + s * b->exits;

    for (size_t i = b->exits - 1; i-- > 0;) {
        if (!loss_has_unit(b, i))
            continue;
        d[i] += scale * reach[i] * (slope[i] - tail);
        tail = c[i] * slope[i] + (1 - c[i]) * tail;
    }
}

/* Return CE(fbar_{B-1}) of sample s, times its factor. */
static double mixed_cross_entropy(struct loss_batch *b, size_t s, double weight)
{
    const double *c = b->gate + s * b->exits, *reach = b->reach + s * b->exits;
    double scale = weight / (double)b->n * b->factor[s], own;

    memset(b->mix, 0, b->classes * sizeof *b->mix);
    for (size_t i = 0; i + 1 < b->exits; i++)
        for (size_t k = 0; loss_has_unit(b, i) && k < b->classes; k++)
            b->mix[k] += reach[i] * c[i] * (double)loss_logits(b, i, s)[k];
    own = b->factor[s] * cross_entropy(b, s);
    if (!b->gradients)
        return own;
    for (size_t i = 0; i + 1 < b->exits; i++) {
        double *d = loss_d_logits(b, i, s);

        b->slope[i] = 0;
        for (size_t k = 0; loss_has_unit(b, i) && k < b->classes; k++) {
            d[k] += scale * reach[i] * c[i] * b->mix[k];
            b->slope[i] += b->mix[k] * (double)loss_logits(b, i, s)[k];
        }
    }
    mixture_backward(b, s, b->slope, 0, scale);
    return own;
}

/* Return sum_i c^r_i v_i CE(f_i) of sample s, v being the exits' weights, times its
 * factor. */
static double weighted_cross_entropy(const struct losses *l,
                                     struct loss_batch *b, size_t s,
                                     double weight)
{
    const double *c = b->gate + s * b->exits, *reach = b->reach + s * b->exits;
    double sum = 0, scale = weight / (double)b->n * b->factor[s];

    for (size_t i = 0; i < b->exits; i++) {
        double own = exit_weight(l, i), *d = loss_d_logits(b, i, s);
        double share = own * reach[i] * c[i];

        if (i + 1 < b->exits && !loss_has_unit(b, i))
            continue;
        for (size_t k = 0; k < b->classes; k++)
            b->mix[k] = (double)loss_logits(b, i, s)[k];
        b->slope[i] = own * cross_entropy(b, s);
        sum += reach[i] * c[i] * b->slope[i];
        for (size_t k = 0; k < b->classes; k++)
            d[k] += scale * share * b->mix[k];
    }
    mixture_backward(b, s, b->slope, b->slope[b->exits - 1], scale);
    return b->factor[s] * sum;
}

static double term_acc(const struct losses *l, struct loss_batch *b,
                       double weight)
{
    bool joint = l->acc_form >= ACC_JOINT || !count_units(b);
    bool mixture = !joint && l->acc_form == ACC_MIXTURE;
    double sum = 0;

    for (size_t s = 0; !joint && s < b->n; s++)
        sum += mixture ? mixed_cross_entropy(b, s, weight)
                       : weighted_cross_entropy(l, b, s, weight);
    sum /= (double)b->n;
    if ((joint || mixture) && !b->independent) {
        double v = exit_weight(l, b->exits - 1);

        sum += v * exit_cross_entropy(b, b->exits - 1, weight * v);
    }
    for (size_t i = 0; i + 1 < b->exits; i++) {
        double v = exit_weight(l, i), own;

        if (loss_left_out(b, i) || (!joint && loss_has_unit(b, i)))
            continue;
        own = v * exit_cross_entropy(b, i, weight * v);
        b->own[i] += weight * own;
        sum += own;
    }
    return sum;
}

/* Returns true when exit i alone classifies sample s correctly. */
static bool is_right(const struct loss_batch *b, size_t i, size_t s)
{
    return evaluate_is_right(loss_logits(b, i, s), (int)b->classes,
                             b->leading[s]);
}

/* Return the mean of the R_i over the exits with a unit, or their sum where exits
 * are independent.  The samples that an
 * exit classifies correctly weigh 1/2 together, and so do the others, however
 * many there are; a side without samples adds nothing. */
static double term_conf(const struct losses *l, struct loss_batch *b,
                        double weight)
{
    size_t units = b->independent ? 1 : count_units(b);
    double sum = 0;

    (void)l;
    for (size_t i = 0; i + 1 < b->exits; i++) {
        size_t right = 0;
        double own = 0;

        if (!loss_has_unit(b, i))
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

static double term_cost(const struct losses *l, struct loss_batch *b,
                        double weight)
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
static double term_peak(const struct losses *l, struct loss_batch *b,
                        double weight)
{
    double sum = 0, values = (double)(b->n * count_units(b));

    if (!l->support || values == 0)
        return 0;
    for (size_t s = 0; s < b->n; s++) {
        const double *row = l->support + (size_t)b->leading[s] * (b->exits - 1);
        double squares = 0;

        for (size_t i = 0; i + 1 < b->exits; i++) {
            double off = b->conf[s * b->exits + i] - row[i];

            if (!loss_has_unit(b, i) || isnan(row[i]))
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
static double term_distil(const struct losses *l, struct loss_batch *b,
                          double weight)
{
    double sum = 0, t = l->distil_temperature;
    size_t pupils = l->teacher ? b->exits : b->exits - 1;

    for (size_t s = 0; s < b->n; s++) {
        softmax(l->teacher ? l->teacher + s * b->classes
                           : loss_logits(b, b->exits - 1, s),
                b->classes, t, b->mix);
        for (size_t i = 0; i < pupils; i++) {
            const real *f = loss_logits(b, i, s);
            double *d = loss_d_logits(b, i, s), own = 0, log_sum;
            double v = exit_weight(l, i), scale = v * weight / (double)b->n;

            if (loss_left_out(b, i))
                continue;
            log_sum = softmax(f, b->classes, t, b->soft);
            for (size_t k = 0; k < b->classes; k++) {
                own -= b->mix[k] * ((double)f[k] / t - log_sum);
                d[k] += scale * t * (b->soft[k] - b->mix[k]);
            }
            b->own[i] += scale * t * t * own;
            sum += v * (t * t * own);
        }
    }
    return sum / (double)b->n;
}

const struct loss_term loss_terms[LOSS_COUNT] = {
    [LOSS_FINAL] = {"loss_acc", term_final},
    [LOSS_ACC] = {"loss_acc", term_acc},
    [LOSS_CONF] = {"loss_conf", term_conf},
    [LOSS_COST] = {"loss_cost", term_cost},
    [LOSS_PEAK] = {"loss_peak", term_peak},
    [LOSS_DISTIL] = {"loss_distil", term_distil},
};
