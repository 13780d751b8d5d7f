/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_recipe.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/hash.h"
#include "libcommon/base/mem.h"

#define EPOCHS_MAX 10000
#define HEAD_INPUTS 2048

const char *const backbone_names[] = {"trained", "frozen", NULL};

const char *const keep_names[] = {"best-loss", "best-final", "best-balanced",
                                  "last", NULL};

bool recipe_balanced(const struct recipe *r)
{
    return r->class_weights || r->keep == KEEP_BEST_BALANCED;
}

/* Read a number of epochs at *at and move *at behind it. */
static int one_count(const char **at, uint64_t *count)
{
    char *end;

    if (**at < '0' || **at > '9')
        return -1;
    errno = 0;
    *count = strtoull(*at, &end, 10);
    *at = end;
    return errno || *count > EPOCHS_MAX ? -1 : 0;
}

int recipe_epochs(const char *text, struct recipe *r, struct err *e)
{
    const char *at = text;

    r->peak_epochs = 0;
    if (one_count(&at, &r->backbone_epochs) < 0 || *at++ != '/' ||
        one_count(&at, &r->exits_epochs) < 0 ||
        (*at == '/' && (at++, one_count(&at, &r->peak_epochs) < 0)) || *at)
        return err_set(e, ERR_ARG,
                       "--epochs=%s: not BACKBONE/EXITS or "
                       "BACKBONE/EXITS/PEAK, whole numbers up to %d",
                       text, EPOCHS_MAX);
    return 0;
}

int recipe_check_epochs(const char *text, struct err *e)
{
    struct recipe r;

    return recipe_epochs(text, &r, e);
}

static int check_independent(const struct recipe *r, bool weights,
                             struct err *e)
{
    if (r->backbone != BACKBONE_FROZEN)
        return err_set(e, ERR_ARG,
                       "--acc-loss=independent needs --backbone=frozen");
    if (r->peak_epochs)
        return err_set(e, ERR_ARG,
                       "--acc-loss=independent has no phase peak: use "
                       "--epochs=BACKBONE/EXITS");
    if (!isnan(r->max_macs) || r->sample_exits)
        return err_set(e, ERR_ARG,
                       "--acc-loss=independent cannot be used with %s, which "
                       "ties exits to each other",
                       r->sample_exits ? "--sample-exits" : "--max-macs");
    if (r->ema > 0)
        return err_set(e, ERR_ARG,
                       "--acc-loss=independent cannot be used with --ema: each "
                       "exit ends in an epoch of its own");
    if (!r->backbone_epochs && !weights)
        return err_set(e, ERR_ARG,
                       "--acc-loss=independent trains exits of a network that "
                       "is trained: use --init-weights, or epochs of the phase "
                       "backbone");
    return 0;
}

int recipe_check(const struct recipe *r, bool weights, struct err *e)
{
    if (r->patience && r->keep == KEEP_LAST)
        return err_set(e, ERR_ARG,
                       "--patience needs --keep=best-loss, best-final or "
                       "best-balanced: --keep=last compares no epochs");
    if (r->exit_weights && strcmp(r->exit_weights, "none") != 0 &&
        r->acc_form != ACC_JOINT && r->acc_form != ACC_WEIGHTED)
        return err_set(e, ERR_ARG,
                       "--exit-weights needs --acc-loss=joint or weighted, "
                       "which sum the losses of the exits");
    if (recipe_independent(r))
        return check_independent(r, weights, e);
    return isnan(r->drop_hopeless)
               ? 0
               : err_set(e, ERR_ARG,
                         "--drop-hopeless needs --acc-loss=independent");
}

void recipe_epochs_text(const struct recipe *r, char out[RECIPE_EPOCHS_TEXT])
{
    snprintf(out, RECIPE_EPOCHS_TEXT, "%" PRIu64 "/%" PRIu64 "/%" PRIu64,
             r->backbone_epochs, r->exits_epochs, r->peak_epochs);
}

double recipe_temperature(uint64_t epoch)
{
    return epoch < 2 ? (epoch ? 10 : 20) : 5;
}

struct schedule recipe_schedule(const struct recipe *r, bool backbone,
                                uint64_t epochs, uint64_t steps_per_epoch)
{
    return (struct schedule){
        .kind = r->schedule,
        .lr = backbone || isnan(r->lr_exits) ? r->lr : r->lr_exits,
        .steps = epochs * steps_per_epoch,
        .warmup = schedule_warmup(r->warmup, steps_per_epoch),
        .every = r->step_epochs * steps_per_epoch,
        .gamma = r->step_factor,
    };
}

double recipe_head_rate(const struct recipe *r, const struct net *n,
                        size_t exit)
{
    const struct net_exit *head = net_exit_at(n, exit);
    int64_t inputs = 0;
    double share;

    /* Of an output of the head's last layer with weights. */
    for (int64_t i = head->last; i >= head->first && !inputs; i--) {
        const struct layer *l = net_layer(n, (size_t)i);
        const struct binding *weight = layer_binding(l, "weight");

        if (weight && layer_is_depthwise(l)) /* (kh, kw, channels) */
            inputs = shape_count(&weight->shape) / l->out.v[2];
        else if (weight) /* (outputs, ..) */
            inputs = shape_count(&weight->shape) / weight->shape.v[0];
    }

    if (inputs <= HEAD_INPUTS)
        return r->lr_scale_heads;
    share = HEAD_INPUTS / (double)inputs;
    return r->lr_scale_heads * share * sqrt(share);
}

bool recipe_independent(const struct recipe *r)
{
    return r->acc_form == ACC_INDEPENDENT;
}

bool recipe_is_best(const struct recipe *r, double loss, double accuracy,
                    double *best_loss, double *best_accuracy, bool *better)
{
    bool best = true;

    *better = false;
    if (r->keep == KEEP_BEST_LOSS) {
        best = loss <= *best_loss;
        *better = loss < *best_loss;
    } else if (r->keep != KEEP_LAST) {
        *better = isinf(*best_loss) || accuracy > *best_accuracy;
        best = *better || accuracy == *best_accuracy;
    }
    if (best) {
        *best_loss = loss;
        *best_accuracy = accuracy;
    }
    return best;
}

uint64_t recipe_seed(const struct recipe *r, const struct net *n)
{
    const char *id = recipe_independent(r) ? "" : n->arch ? n->arch : n->id;
    char *text = xasprintf("%" PRIu64 "\n%s", r->seed, id);
    uint64_t h = hash64(text, strlen(text));

    free(text);
    return h & ((UINT64_C(1) << 53) - 1);
}
