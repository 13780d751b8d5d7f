/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/trained.h"
#include "formats/weights.h"
#include "libcommon/base/mem.h"
#include "tools/eenn-train/train_net.h"
#include "tools/eenn-train/train_params.h"
#include "tools/eenn-train/train_write.h"

/* ---- into a checkpoint ---- */

/* Put a copy of all parameters, whose values stand one behind the other at
 * `values`, or in the engine if that is NULL. */
static int put_params(struct writer *w, enum tensor_copy which,
                      struct engine *g, const float *values, struct err *e)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);
    int rc = checkpoint_put_copy(w, which, e);

    for (size_t i = 0; rc >= 0 && i < n; i++) {
        const struct ints *shape = &p[i].binding->shape;

        rc = weights_put(w, p[i].binding->tensor,
                         p[i].stat ? ROLE_STAT : ROLE_PARAM, shape->v, shape->n,
                         values ? values : p[i].value, e);
        if (values)
            values += p[i].n;
    }
    return rc;
}

int train_state_put(void *ctx, struct writer *w, struct err *e)
{
    const struct train_state *s = ctx;
    const struct trained_net *t = s->out;
    size_t slots;
    const struct sgd_slot *slot = sgd_slots(s->sgd, &slots);
    bool best = isfinite(s->best_loss) || t->n_branches > 0;
    struct arena arena = {0};
    struct branch_state *branches = arena_alloc(&arena, t->n_branches,
                                                sizeof *branches);
    struct trained_epoch *log = arena_alloc(&arena, t->n_log, sizeof *log);
    const struct training_state record = {
        .net = s->net,
        .phase = s->phase,
        .done = (int64_t)s->done,
        .waited = (int64_t)s->waited,
        .best_epoch = t->best_epoch,
        .best_loss = isfinite(s->best_loss) ? s->best_loss : NAN,
        .best_final = isfinite(s->best_loss) ? s->best_final : NAN,
        .log = {log, t->n_log},
        .branches = {branches, t->n_branches},
    };
    int rc;

    for (size_t i = 0; i < t->n_branches; i++) {
        branches[i] = t->branch[i];
        if (!isfinite(branches[i].best_loss))
            branches[i].best_loss = branches[i].best_accuracy = NAN;
    }
    for (size_t i = 0; i < t->n_log; i++)
        epoch_record(&t->log[i], &arena, &log[i]);
    rc = writer_put(w, &schema_training, &record, e);
    if (rc >= 0)
        rc = put_params(w, COPY_NOW, s->g, NULL, e);
    for (size_t i = 0; rc >= 0 && i < slots; i++) {
        const int64_t shape[] = {(int64_t)slot[i].n};

        rc = weights_put(w, (char *)(uintptr_t)slot[i].name, ROLE_MOMENTUM,
                         shape, 1, slot[i].momentum, e);
    }
    if (rc >= 0 && best)
        rc = put_params(w, COPY_BEST, s->g, s->best, e);
    if (rc >= 0 && s->average)
        rc = put_params(w, COPY_AVERAGE, s->g, s->average, e);
    arena_free(&arena);
    return rc;
}

/* ---- and back ---- */

static int take_tensor(const struct tensors *from, const char *name,
                       enum tensor_role role, size_t n, float *to,
                       struct err *e)
{
    const struct named_tensor *t = from ? tensors_find(from, name, role) : NULL;

    if (!t || tensor_count(&t->value) != n)
        return err_set(e, ERR_FORMAT, "no tensor %s of %zu numbers", name, n);
    memcpy(to, t->value.data, n * sizeof *to);
    return 0;
}

static int take_params(const struct tensors *from, struct engine *g,
                       struct err *e)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);
    int rc = 0;

    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = take_tensor(from, p[i].binding->tensor,
                         p[i].stat ? ROLE_STAT : ROLE_PARAM, p[i].n, p[i].value,
                         e);
    return rc;
}

static int take_log(struct trained_net *t, const struct list *log, size_t exits,
                    struct err *e)
{
    const struct trained_epoch *from = log->v;

    for (size_t i = t->n_log; i < log->n; i++) {
        if (from[i].val_accuracy.n != exits ||
            (from[i].val_balanced.n && from[i].val_balanced.n != exits))
            return err_set(e, ERR_FORMAT, "epoch %zu has %zu exits, not %zu", i,
                           from[i].val_accuracy.n, exits);
        GROW(t->log, t->n_log, t->cap_log);
        if (epoch_from_record(&from[i], &t->log[t->n_log], e) < 0)
            return e->code;
        t->n_log++;
    }
    return 0;
}

static int take_branches(struct trained_net *t, const struct list *from,
                         struct err *e)
{
    if (from->n != t->n_branches)
        return err_set(e, ERR_FORMAT, "%zu branches, not %zu", from->n,
                       t->n_branches);
    for (size_t i = 0; i < from->n; i++) {
        struct branch_state *b = &t->branch[i];

        *b = ((const struct branch_state *)from->v)[i];
        if (isnan(b->best_loss))
            b->best_loss = INFINITY;
    }
    return 0;
}

int train_state_take(struct train_state *s, const struct checkpoint_state *from,
                     size_t exits, struct err *e)
{
    const struct training_state *t = &from->training;
    size_t slots;
    struct sgd_slot *slot = sgd_slots(s->sgd, &slots);

    s->done = (uint64_t)t->done;
    s->waited = (uint64_t)t->waited;
    s->best_loss = isnan(t->best_loss) ? INFINITY : t->best_loss;
    s->best_final = t->best_final;
    s->out->best_epoch = t->best_epoch;
    if (take_branches(s->out, &t->branches, e) < 0)
        return e->code;
    if (isfinite(s->best_loss) || s->out->n_branches > 0) {
        if (take_params(from->copy[COPY_BEST], s->g, e) < 0)
            return e->code;
        params_save(s->g, s->best);
    }
    if (s->average) {
        if (take_params(from->copy[COPY_AVERAGE], s->g, e) < 0)
            return e->code;
        params_save(s->g, s->average);
    }
    if (take_params(from->copy[COPY_NOW], s->g, e) < 0)
        return e->code;
    for (size_t i = 0; i < slots; i++)
        if (take_tensor(from->copy[COPY_NOW], slot[i].name, ROLE_MOMENTUM,
                        slot[i].n, slot[i].momentum, e) < 0)
            return e->code;
    return take_log(s->out, &t->log, exits, e);
}
