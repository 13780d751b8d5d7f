/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/epochs.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"

static size_t find_term(const struct epoch_terms *t, const char *name)
{
    size_t i = 0;

    while (i < t->n && strcmp(t->v[i].name, name) != 0)
        i++;
    return i;
}

void epoch_terms_add(struct epoch_terms *t, const char *name, double value)
{
    size_t i = find_term(t, name);

    if (i == t->n) {
        BUG_IF(t->n == EPOCH_TERMS_MAX);
        t->v[t->n++] = (struct named_real){name, 0};
    }
    t->v[i].value += value;
}

double epoch_terms_get(const struct epoch_terms *t, const char *name)
{
    size_t i = find_term(t, name);

    return i < t->n ? t->v[i].value : NAN;
}

void epoch_means(const struct epoch_sums *sums, struct epoch_terms *means)
{
    *means = sums->terms;
    for (size_t i = 0; i < means->n; i++)
        means->v[i].value /= sums->weight;
}

void epochs_init(struct epochs *ep, const struct epochs_opts *o)
{
    *ep = (struct epochs){.o = *o};
    batch_init(&ep->batches, o->input, o->train, &o->augment);
    ep->order = xcalloc(o->train->n, sizeof *ep->order);
    for (size_t i = 0; i < o->train->n; i++)
        ep->order[i] = (uint32_t)i;
    ep->labels = xcalloc(o->batch, sizeof *ep->labels);
    if (o->images)
        ep->images = xaligned(o->batch * input_count(o->input),
                              sizeof *ep->images);
    if (o->images && o->mixup > 0)
        ep->others = xcalloc(o->batch, sizeof *ep->others);
}

void epochs_fini(struct epochs *ep)
{
    batch_fini(&ep->batches);
    free(ep->order);
    free(ep->images);
    free(ep->labels);
    free(ep->others);
    *ep = (struct epochs){0};
}

uint64_t epochs_steps(const struct epochs *ep)
{
    return batch_steps(ep->o.train->n, ep->o.batch);
}

static int one_step(struct epochs *ep, const struct epoch_batch *b,
                    struct epoch_sums *sums, struct err *e)
{
    const struct epoch_ops *ops = &ep->o.ops;
    double weight = ep->o.by_step ? 1 : (double)b->n;
    struct epoch_terms terms = {.n = 0};

    if (ep->images)
        batch_fill(&ep->batches, ep->o.pool, b->index, b->n, b->epoch,
                   ep->images, ep->labels);
    else
        for (size_t i = 0; i < b->n; i++)
            ep->labels[i] = ep->o.train->labels[b->index[i]];
    if (ep->others)
        batch_mix(ep->o.pool, ep->images, b->n, input_count(ep->o.input),
                  b->share, ep->labels, ep->others);
    if (ops->gradients(ops->ctx, b, &terms, e) < 0)
        return e->code;
    if (!isfinite(epoch_terms_get(&terms, "loss")))
        return EPOCH_DIVERGED;
    ops->update(ops->ctx, b);
    sums->weight += weight;
    for (size_t i = 0; i < terms.n; i++)
        epoch_terms_add(&sums->terms, terms.v[i].name,
                        weight * terms.v[i].value);
    return EPOCH_DONE;
}

int epochs_run(struct epochs *ep, const struct epoch *at,
               struct epoch_sums *sums, struct err *e)
{
    size_t n = ep->o.train->n;
    struct epoch_batch b = {
        .images = ep->images,
        .labels = ep->labels,
        .others = ep->others,
        .epoch = at->number,
    };
    uint64_t first = at->past * epochs_steps(ep);
    int rc;

    *sums = (struct epoch_sums){.lr = schedule_lr(at->schedule, first)};
    batch_shuffle(ep->order, n, ep->o.augment.seed, at->number);
    for (size_t i = 0; i < n; i += b.n, b.step++) {
        if (!(b.n = batch_size(n, i, ep->o.batch)))
            break;
        b.index = ep->order + i;
        b.lr = schedule_lr(at->schedule, first + b.step);
        if (ep->others) {
            struct rng r = rng_make(ep->o.augment.seed, "mixup", b.epoch,
                                    b.step);

            b.share = rng_beta(&r, ep->o.mixup, ep->o.mixup);
        }
        if ((rc = one_step(ep, &b, sums, e)) != EPOCH_DONE)
            return rc;
        if (!ep->o.progress)
            continue;
        progress_add(ep->o.progress, b.n);
        progress_note(ep->o.progress, "%s %" PRIu64 ", loss %.3f", at->phase,
                      at->number,
                      epoch_terms_get(&sums->terms, "loss") / sums->weight);
    }
    return EPOCH_DONE;
}
