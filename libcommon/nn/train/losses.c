/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/losses.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/train/loss_terms.h"

const char *const acc_form_names[] = {"mixture", "weighted", "joint",
                                      "independent", NULL};

const char *losses_name(enum loss_id term)
{
    return loss_terms[term].name;
}

/* Set c_i, z_i and reach_i of sample s.  With a temperature, the z_i are
 * relaxed Bernoulli samples made from c_i and noise u; without one, they are
 * the c_i. */
static void sample_confidences(const struct losses *l, struct loss_batch *b,
                               size_t s)
{
    double *c = b->conf + s * b->exits, *z = b->gate + s * b->exits;
    const double least = 0x1p-53, t = l->temperature;
    double left = 1;

    c[b->exits - 1] = z[b->exits - 1] = 1;
    for (size_t i = 0; i < b->exits; i++) {
        if (loss_has_unit(b, i)) {
            double raw = (double)loss_logits(b, i, s)[b->classes];

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
static void batch_gradients(const struct losses *l, const struct loss_batch *b)
{
    for (size_t i = 0; i < b->exits; i++)
        for (size_t s = 0; s < b->n && !loss_left_out(b, i); s++) {
            real *g = b->o->grad[i] + s * (size_t)b->o->units[i];
            const double *d = loss_d_logits(b, i, s);
            size_t at = s * b->exits + i;
            double c = b->conf[at], z = b->gate[at];
            double steep = l->temperature > 0 ? z * (1 - z) / l->temperature
                                              : c * (1 - c);

            for (size_t k = 0; k < b->classes; k++)
                g[k] = (real)d[k];
            if (loss_has_unit(b, i))
                g[b->classes] = (real)(b->d_conf[at] * c * (1 - c) +
                                       b->d_gate[at] * steep);
        }
}

/* Set the factors of the samples and l->batch_weight. */
static void weigh_samples(struct losses *l, struct loss_batch *b)
{
    double sum = 0;

    for (size_t s = 0; s < b->n; s++) {
        b->factor[s] = l->class_weight ? l->class_weight[b->labels[s]] : 1;
        if (b->others) {
            double own = l->share * b->factor[s], other = 1 - l->share;

            if (l->class_weight)
                other *= l->class_weight[b->others[s]];
            b->factor[s] = own + other;
            b->share[s] = own / (own + other);
        }
        sum += b->factor[s];
    }
    for (size_t s = 0; l->class_weight && s < b->n; s++)
        b->factor[s] *= (double)b->n / sum;
    l->batch_weight = sum;
}

/* Set l->own to 0 for the exits that the losses see, else to NAN. */
static void leave_out(const struct loss_batch *b)
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
    struct loss_batch b = {
        .o = o,
        .labels = l->labels,
        .others = l->others,
        .leading = l->others && l->share < 0.5 ? l->others : l->labels,
        .n = (size_t)o->n,
        .exits = (size_t)o->exits,
        .classes = (size_t)o->classes,
        .smoothing = l->smoothing,
        .gradients = gradients,
        .independent = l->acc_form == ACC_INDEPENDENT && o->exits > 1,
        .own = l->own,
    };
    size_t per_exit = b.n * b.exits;
    size_t size = 5 * per_exit + per_exit * b.classes + 2 * b.n +
                  2 * b.classes + b.exits;
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
    b.share = at += b.n;
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
        l->value[t] = loss_terms[t].fn(l, &b, l->weight[t]);
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
