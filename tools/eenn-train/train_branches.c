/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_branches.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/trained.h"
#include "tools/eenn-train/hopeless.h"
#include "tools/eenn-train/train_params.h"

/* Returns the name of the layer that branch i reads. */
static const char *name_of(const struct train_state *s, size_t i)
{
    const char *name = net_tap_name(engine_net(s->g), i);

    return *name ? name : "the input";
}

void branches_begin(struct train_state *s)
{
    struct trained_net *t = s->out;

    t->n_branches = engine_net(s->g)->exits.n - 1;
    t->branch = xcalloc(t->n_branches, sizeof *t->branch);
    for (size_t i = 0; i < t->n_branches; i++)
        t->branch[i] = (struct branch_state){
            .status = BRANCH_TRAINED,
            .best_epoch = NIL_INT,
            .best_loss = INFINITY,
        };
    params_save(s->g, s->best);
}

size_t branches_learning(const struct train_state *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->out->n_branches; i++)
        n += s->out->branch[i].status == BRANCH_TRAINED;
    return n;
}

/* The slots of the optimiser are the parameters that learn, in order. */
static void rest(struct train_state *s, size_t branch)
{
    size_t n, slots;
    const struct engine_param *p = engine_params(s->g, &n);
    struct sgd_slot *slot = sgd_slots(s->sgd, &slots);

    engine_rest(s->g, (int)branch, true);
    for (size_t i = 0; i < n; i++) {
        if (!p[i].grad)
            continue;
        if (p[i].head == (int)branch) {
            slot->rests = true;
            memset(slot->momentum, 0, slot->n * sizeof *slot->momentum);
        }
        slot++;
    }
}

void branch_stop(struct train_state *s, size_t i, int status)
{
    s->out->branch[i].status = status;
    params_restore_head(s->g, (int)i, s->best);
    rest(s, i);
}

void branches_rest(struct train_state *s)
{
    for (size_t i = 0; i < s->out->n_branches; i++)
        if (s->out->branch[i].status != BRANCH_TRAINED)
            rest(s, i);
}

void branches_clip(struct train_state *s, double most)
{
    for (size_t i = 0; i < s->out->n_branches; i++)
        if (s->out->branch[i].status == BRANCH_TRAINED)
            params_clip_head(s->g, (int)i, most);
}

/* Returns true when the branch at exit i is hopeless. */
static bool is_hopeless(const struct recipe *r, const struct hope *h, size_t i)
{
    const struct net_trace *t = h->trace;

    return !hopeless_has_hope(t->logits[i], t->logits[t->exits - 1], h->labels,
                              h->samples, h->classes, r->drop_hopeless);
}

void branches_judge(struct train_state *s, const struct recipe *r,
                    int64_t epoch, const double *loss, const double *score,
                    const struct hope *hope)
{
    for (size_t i = 0; i < s->out->n_branches; i++) {
        struct branch_state *b = &s->out->branch[i];
        bool better;

        if (b->status != BRANCH_TRAINED)
            continue;
        b->epochs++;
        if (!isfinite(loss[i]) || !params_finite_head(s->g, (int)i)) {
            log_warn("branch %s (exit %zu) diverged in epoch %" PRId64
                     " and stops" DIVERGED_HINT,
                     name_of(s, i), i, epoch);
            branch_stop(s, i, BRANCH_DIVERGED);
            continue;
        }
        b->waited++;
        if (recipe_is_best(r, loss[i], score[i], &b->best_loss,
                           &b->best_accuracy, &better)) {
            b->best_epoch = epoch;
            params_save_head(s->g, (int)i, s->best);
        }
        if (better)
            b->waited = 0;
        if (s->done == 1 && !isnan(r->drop_hopeless) &&
            is_hopeless(r, hope, i)) {
            log_warn("branch %s (exit %zu) is dropped after its first epoch: "
                     "wherever %g %% of the validation samples or more leave "
                     "there, it is worse than the final exit by more than "
                     "%.4g",
                     name_of(s, i), i, 100 * HOPELESS_SHARE, r->drop_hopeless);
            branch_stop(s, i, BRANCH_HOPELESS);
        } else if (r->patience && (uint64_t)b->waited >= r->patience) {
            log_info("branch %s (exit %zu) stops after %" PRId64
                     " epochs: no improvement in the last %" PRId64,
                     name_of(s, i), i, b->epochs, b->waited);
            branch_stop(s, i, BRANCH_STOPPED);
        }
    }
}

void branches_summary(const struct net *net, const struct trained_net *t)
{
    size_t n[BRANCH_DIVERGED + 1] = {0};

    for (size_t i = 0; i < t->n_branches; i++)
        n[t->branch[i].status]++;
    log_info("net %s: %zu branches trained to the end, %zu stopped early, "
             "%zu hopeless, %zu diverged",
             net->id, n[BRANCH_TRAINED], n[BRANCH_STOPPED], n[BRANCH_HOPELESS],
             n[BRANCH_DIVERGED]);
}

void branches_wake(struct train_state *s)
{
    params_restore(s->g, s->best);
    for (size_t i = 0; i < s->out->n_branches; i++)
        engine_rest(s->g, (int)i, false);
}
