/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/nn/graph/backbone.h"
#include "libcommon/nn/train/evaluate.h"
#include "tools/eenn-train/train_params.h"
#include "tools/eenn-train/train_phase.h"

/* Make an engine and fill it with the weights to start from: random ones, and
 * over them those that job->init puts in.  Returns 1 when its running
 * statistics are those of a larger network. */
static int engine_start(const struct train_job *job, const struct net *net,
                        uint64_t seed, bool frozen, struct engine **g,
                        struct err *e)
{
    struct engine_opts o = {
        .batch = (int)job->recipe->batch,
        .shards = (int)job->recipe->shards,
        .threads = job->threads,
        .training = true,
        .frozen_backbone = frozen,
        .frozen_final = frozen && recipe_independent(job->recipe),
    };

    *g = engine_new(net, &o);
    engine_init(*g, seed);
    if (o.frozen_final)
        engine_init_heads(*g, seed);
    return job->init ? job->init(job->init_ctx, *g, e) : 0;
}

static void recalibrate_cut(const struct train_job *job, uint64_t seed,
                            struct engine *g)
{
    const struct recipe *r = job->recipe;

    if (r->recalibrate_images)
        recalibrate(g, &job->data->input, &job->data->split[SPLIT_TRAIN],
                    (size_t)r->recalibrate_images, (size_t)r->batch, seed);
}

/* Phase 1 trains the backbone alone; *kept receives its weights, if there are
 * epochs of it. */
static int backbone_phase(const struct train_job *job, const struct net *net,
                          uint64_t seed, struct trained_net *t,
                          struct param_snapshot *kept, struct err *e)
{
    const struct train_phase phase = {
        .name = "backbone",
        .epochs = job->recipe->backbone_epochs,
        .weight = {[LOSS_FINAL] = 1,
                   [LOSS_DISTIL] = job->teacher
                                       ? job->recipe->weight[LOSS_DISTIL]
                                       : 0},
    };
    struct stage s = {
        .job = job,
        .exits = net->exits.n,
        .seed = seed,
        .out = t,
        .backbone = true,
    };
    struct arena arena = {0};
    struct net backbone;
    int rc = 0;

    if (!phase.epochs)
        return 0;
    net_backbone(&backbone, net, &arena);
    s.net = &backbone;
    if ((rc = engine_start(job, &backbone, seed, false, &s.g, e)) >= 0) {
        if (rc > 0)
            recalibrate_cut(job, seed, s.g);
        rc = stage_run(&s, &phase, 1, e);
        param_snapshot_take(kept, s.g);
    }
    engine_free(s.g);
    arena_free(&arena);
    return rc;
}

/* Phases 2 and 3 train backbone (unless it is frozen) and exits together, first
 * without L_peak and then with it. */
static int exits_phases(const struct train_job *job, const struct net *net,
                        uint64_t seed, struct trained_net *t, struct err *e)
{
    const struct recipe *r = job->recipe;
    const struct stage s = {
        .job = job,
        .net = net,
        .exits = net->exits.n,
        .seed = seed,
        .g = t->g,
        .out = t,
        .independent = recipe_independent(r),
        .keep_features = r->backbone == BACKBONE_FROZEN && r->cache_features,
    };
    struct train_phase phases[2] = {{
        .name = "exits",
        .epochs = r->exits_epochs,
    }};
    double *weight = phases[0].weight;

    if (s.independent && s.exits == 1)
        return 0; /* nothing is left to learn */
    memcpy(weight, r->weight, sizeof phases[0].weight);
    weight[LOSS_CONF] = r->confidence_loss;
    if (isnan(r->max_macs))
        weight[LOSS_COST] = 0;
    weight[LOSS_PEAK] = 0;
    phases[1] = phases[0];
    phases[1].name = "peak";
    phases[1].epochs = r->peak_epochs;
    phases[1].weight[LOSS_PEAK] = r->weight[LOSS_PEAK];
    return stage_run(&s, phases, 2, e);
}

/* Only one engine exists at a time, since an engine takes nearly all the memory
 * that the tool needs. */
int train_net(const struct train_job *job, const struct net *net,
              struct trained_net *t, struct err *e)
{
    bool frozen = job->recipe->backbone == BACKBONE_FROZEN;
    uint64_t seed = recipe_seed(job->recipe, net);
    struct param_snapshot kept = {0};
    const char *phase = job->resume ? job->resume->training.phase : "";
    bool later = strcmp(phase, "exits") == 0 || strcmp(phase, "peak") == 0;
    int rc = 0;

    *t = (struct trained_net){.best_epoch = NIL_INT};
    /* The checkpoint of a later phase says that the backbone's is over. */
    if (later)
        progress_skip(job->progress, job->recipe->backbone_epochs *
                                         job->data->split[SPLIT_TRAIN].n);
    else
        rc = backbone_phase(job, net, seed, t, &kept, e);
    if (rc >= 0 && !t->reason)
        rc = engine_start(job, net, seed, frozen, &t->g, e);
    if (rc >= 0 && !t->reason) {
        if (rc > 0 && !kept.n && !later)
            recalibrate_cut(job, seed, t->g);
        param_snapshot_restore(&kept, t->g);
        rc = exits_phases(job, net, seed, t, e);
    }
    param_snapshot_fini(&kept);
    if (rc < 0)
        return rc;
    if (t->reason) {
        engine_free(t->g);
        t->g = NULL;
        t->best_epoch = NIL_INT;
    }
    return 0;
}

void epoch_log_fini(struct epoch_log *l)
{
    free(l->val_accuracy.v);
    free(l->val_balanced.v);
}

void trained_net_fini(struct trained_net *t)
{
    engine_free(t->g);
    net_trace_fini(&t->trace);
    for (size_t i = 0; i < t->n_log; i++)
        epoch_log_fini(&t->log[i]);
    free(t->log);
    free(t->branch);
    free(t->reason);
    *t = (struct trained_net){0};
}
