/* SPDX-License-Identifier: MIT
 * train_net runs Algorithm 2 on one network.  The backbone phase trains the
 * final exit by its cross-entropy, the other exits not attached yet.  From its
 * best weights and with a new optimiser, the exits phase trains backbone and
 * exits end to end (w1 L_acc + R + w2 L_cost, D6), and the peak phase does the
 * same with w3 L_peak.  The peak phase goes on from the last weights of the
 * exits phase, with the same optimiser and learning-rate schedule; a frozen
 * backbone is not trained in either.  The network keeps the weights of the
 * best epoch of the last phase that ran (D19).
 *
 * Where exits are independent (recipe_independent) the exits phase trains each of
 * the early ones as if it were alone, by rules of its own (train_branches.h): all
 * but their heads is frozen, and there is no peak phase.
 *
 * Example (const struct train_job *job, const struct net *net, struct err *e):
 *     struct trained_net t;
 *     int rc = train_net(job, net, &t, e);    // t.reason, t.log, t.g ...
 *
 *     trained_net_fini(&t);
 *     return rc;
 */
#ifndef TRAIN_NET_H
#define TRAIN_NET_H

#include "libcommon/base/progress.h"
#include "libcommon/base/values.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/epochs.h"
#include "tools/eenn-train/train_eval.h"
#include "tools/eenn-train/train_recipe.h"
#include "tools/eenn-train/train_state.h"

/* One epoch of the log. */
struct epoch_log {
    const char *phase;         /* a string literal */
    int64_t epoch;             /* from 0 over all phases */
    double lr;                 /* of its first step */
    double images;             /* trained on before it ended or diverged */
    struct epoch_terms terms;  /* "loss" and its terms, means over the images;
                                 * none when it diverged */
    double val_loss;           /* L_acc on the validation split, NAN = not
                                * run */
    struct reals val_accuracy; /* (exits) of each exit on all samples; NAN for
                                * heads not attached yet */
    struct reals val_balanced; /* (exits) likewise, of balanced accuracies;
                                * empty without them (recipe_balanced) */
};

void epoch_log_fini(struct epoch_log *l);

struct teacher;

/* Put given weights into an engine that was just made and filled at random.
 * Returns 1 when they were cut out of a larger network's, whose running
 * statistics are not this one's; else 0 or ERR_*. */
typedef int init_fn(void *ctx, struct engine *g, struct err *e);

/* A run has one job for all of its networks. */
struct train_job {
    const struct dataset *data; /* train and val */
    const struct recipe *recipe;
    int threads;
    size_t cache_memory; /* most bytes of features in memory */
    struct progress *progress;
    init_fn *init; /* NULL = from scratch */
    void *init_ctx;
    struct teacher *teacher; /* of LOSS_DISTIL (teacher.h); NULL = the final
                              * exit is */
    /* Called after each epoch with its log and what training has come to, both
     * borrowed until it returns; what it returns below 0 ends the training.
     * May be NULL. */
    int (*epoch_done)(void *ctx, const struct epoch_log *log,
                      struct train_state *s, struct err *e);
    void *ctx;
    /* For checkpoints: the hash of the network's record, and what one holds of
     * this network, NULL = nothing. */
    const char *net_hash;
    const struct checkpoint_state *resume;
};

/* What the reason of a failure ends with. */
#define DIVERGED_HINT \
    ": try a smaller --lr or --lr-scale-heads, or --clip-norm=1"

struct trained_net {
    struct engine *g;      /* the whole net with its best weights; NULL
                            * when it failed */
    struct epoch_log *log; /* (n_log) */
    size_t n_log, cap_log;
    int64_t best_epoch;          /* NIL_INT = the weights it started with */
    struct branch_state *branch; /* (n_branches) the early exits, where they are
                                  * independent */
    size_t n_branches;
    struct net_trace trace; /* of the validation split with those weights;
                             * no exits when no epoch ran */
    char *reason;           /* why it failed, NULL = it did not */
};

/* Train one network, from its start or from job->resume; *t is owned
 * (trained_net_fini).  A network that diverges is no error: t->reason then says
 * where.  Returns 0, or the ERR_* of init, of features and of epoch_done, or
 * ERR_FORMAT when the checkpoint does not fit the network. */
int train_net(const struct train_job *job, const struct net *net,
              struct trained_net *t, struct err *e) MUST_CHECK;
void trained_net_fini(struct trained_net *t);

#endif
