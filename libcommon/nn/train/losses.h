/* SPDX-License-Identifier: MIT
 * The loss of an early-exit network is a table of terms, each with a weight,
 * that one engine callback adds up.
 *
 * Example (struct engine *g, const real *images, const int32_t *labels, int n):
 *     struct losses l;
 *
 *     losses_init(&l, engine_net(g));
 *     l.weight[LOSS_ACC] = l.weight[LOSS_CONF] = 1;
 *     l.labels = labels;
 *     engine_step(g, images, n, losses_batch, &l);    // l.value has the parts
 *     losses_fini(&l);
 *
 * With exits 1..B, the final one last, and c_i = sigmoid of exit i's raw
 * confidence (c_B = 1, Eq. 5):
 *     c^r_i  = c_i prod_{k<i} (1 - c_k)       how much of a sample leaves at i
 *     fbar_k = sum_{i<=k} c^r_i f_i           Eq. 6, on logits (D3)
 * Terms, each a mean over the batch:
 *     LOSS_FINAL  cross-entropy of the final exit: the backbone phase
 *     LOSS_ACC    in one of these forms, differentiated through c too:
 *       ACC_MIXTURE   CE(f_B) + CE(fbar_{B-1}), Eq. 7
 *       ACC_WEIGHTED  sum_i c^r_i CE(f_i), what the reference's scripts ran
 *       ACC_JOINT     sum_i CE(f_i), Eq. 3 with lambda = 1
 *       ACC_INDEPENDENT  the same over the early exits alone, each of which
 *                     learns as if there were no others (D41)
 *     LOSS_CONF   R, Eq. 9 as D3 reads it: BCE(c_i, t_i), t_i = 1 where exit i
 *                 itself is right, the right and the wrong of the batch
 *                 weighing 1/2 each in sum; mean over the B - 1 exits; c is
 *                 clamped to [1e-4, 1 - 1e-4] here only
 *     LOSS_COST   Eq. 17 as D4 reads it:
 *                 max(0, mean(sum_i c^r_i gamma_i) - limit)
 *                 / max(1, gamma_B - limit), gamma sequential (D29); 0 where no
 *                 limit is set or gamma_B is within it
 *     LOSS_PEAK   Eq. 18 as D5 reads it: mean over the B - 1 exits of
 *                 (c_i - SM[y, i])^2, SM being the Support Matrix: how often
 *                 exit i is right about a sample of class y; 0 where SM is NAN
 *     LOSS_DISTIL sum over the early exits of T^2 CE(softmax(f_B / T),
 *                 softmax(f_i / T)); no gradient goes into the target.  With a
 *                 teacher its logits take the place of f_B, and the final exit
 *                 learns from them, too
 * Label smoothing is in every cross-entropy against labels.  With class weights
 * w the means of these cross-entropies, in LOSS_FINAL and LOSS_ACC, are weighted:
 * sum_s w[y_s] l_s / sum_s w[y_s] over the samples s of the batch, as in PyTorch
 * (which lets w into the smoothed part of a label, too).  The other terms are as
 * they are: R weighs right and wrong by itself, costs are those of the samples
 * there are, the Support Matrix has each class on its own, and the targets of
 * distillation are no labels.
 *
 * With mixup (`others`) a cross-entropy against labels is share times that against
 * the image's own label plus 1 - share times that against the label of the other
 * image; with class weights each of the two has that of its label, and the mean is
 * divided by the sum of all.  R and L_peak need one label: it is that of the image
 * which has the larger share, so that an exit is right about a mixed image where it
 * says what is mostly to be seen.
 *
 * With exit weights v what each exit learns its classes from is weighed: the
 * CE(f_i) of LOSS_ACC and the exit's part of LOSS_DISTIL become v_i times what they
 * are, and c^r_i CE(f_i) of ACC_WEIGHTED c^r_i v_i CE(f_i).  CE(fbar_{B-1}) of ACC_MIXTURE is
 * no exit's own and stays as it is, as do LOSS_FINAL and the terms of confidences.
 *
 * With ACC_INDEPENDENT `own` has the loss of each exit.  No exit's loss or
 * gradient depends on another early exit: R is the sum over the exits, not their
 * mean, the final exit takes part as the target of distillation only, and exits
 * that have no outputs (engine_rest) or whose outputs are not finite are left out
 * of all terms, the latter without spoiling the others.  LOSS_COST and LOSS_PEAK
 * cannot be had.  A net with the final exit alone is as with ACC_JOINT.
 *
 * Early exits without a confidence unit take no part in c^r, R, L_cost and
 * L_peak (as if c_i = 0); LOSS_ACC adds their own cross-entropy, so that in any
 * form a network without units is trained jointly, and one with the final exit
 * alone by its plain cross-entropy.
 *
 * The sampling trick (D3): with `temperature` T > 0 LOSS_ACC and LOSS_COST see
 * relaxed Bernoulli samples in place of the c_i:
 *     z_i = sigmoid((raw_i + log(u / (1 - u))) / T),   u uniform in (0, 1),
 * and gradients go through them; R and L_peak keep c_i itself.  The reference
 * implementation may lay a mask Bernoulli(1 - z_i) over the samples, which is
 * left out here: since the mask hides the surest exits the most, c^r would no
 * longer be the share of a sample that leaves at an exit, nor Eq. 16 the
 * expected cost.
 *
 * Logits and gradients have the engine's precision; everything in between is
 * double. */
#ifndef NN_TRAIN_LOSSES_H
#define NN_TRAIN_LOSSES_H

#include "libcommon/nn/engine/engine.h"

enum acc_form { ACC_MIXTURE, ACC_WEIGHTED, ACC_JOINT, ACC_INDEPENDENT };
extern const char *const acc_form_names[]; /* "mixture" "weighted" "joint" .. */

enum loss_id {
    LOSS_FINAL,
    LOSS_ACC,
    LOSS_CONF,
    LOSS_COST,
    LOSS_PEAK,
    LOSS_DISTIL,
    LOSS_COUNT
};

struct losses {
    /* The caller may set these at any time. */
    double weight[LOSS_COUNT];  /* 0 = left out; losses_init sets all to 0 */
    int acc_form;               /* enum acc_form of LOSS_ACC */
    double smoothing;           /* share of a label spread over all classes */
    const double *class_weight; /* (classes) above 0, borrowed; NULL = all 1 */
    const double *exit_weight;  /* (exits) 0 or more, borrowed; NULL = all 1 */
    double max_macs;            /* limit of LOSS_COST, NAN = none */
    const double *support;      /* SM (classes, exits - 1) of LOSS_PEAK,
                                 * borrowed; NULL = the term is 0 */
    double distil_temperature;  /* of LOSS_DISTIL; losses_init sets 1 */
    const real *teacher;        /* (n, classes) logits of another net on the
                                 * batch, borrowed; NULL = the final exit's */
    double temperature;         /* of samples of the c_i, 0 = no sampling */
    const double *noise;        /* (n, exits - 1) u of the samples, borrowed */
    const int32_t *labels;      /* (n) of the batch in flight, borrowed */
    const int32_t *others;      /* (n) of the images mixed in, likewise; NULL =
                                 * no mixup */
    double share;               /* of labels, where there are others */
    /* The last batch sets these. */
    double value[LOSS_COUNT]; /* before weighting, NAN = left out */
    double batch_weight;      /* sum of its labels' class weights: means over
                               * batches weigh LOSS_FINAL and LOSS_ACC by it */
    double *own;              /* (exits) ACC_INDEPENDENT: weighted sum of each
                               * exit's terms, NAN = it is left out */
    /* These are private. */
    double *gamma; /* (exits) */
    double *scratch;
    size_t scratch_size;
};

/* Return the name of a term in the log of an epoch, such as "loss_conf".
 * LOSS_FINAL, which is LOSS_ACC of the backbone alone, shares its name. */
const char *losses_name(enum loss_id term);

/* Prepare for the exits of a net, all weights 0; l is owned (losses_fini). */
void losses_init(struct losses *l, const struct net *net);

/* Let the cost loss count the cost of each exit by Eq. 13, which max_macs then
 * limits, and not the sequential one (D29).  The net is that of losses_init. */
void losses_cost_paper(struct losses *l, const struct net *net);

void losses_fini(struct losses *l);

/* This is the engine's loss callback; ctx is a struct losses.  It returns the
 * weighted sum of the terms and fills o->grad. */
double losses_batch(void *ctx, const struct engine_outputs *o);

/* Return the weighted sum without computing gradients; o->grad may be NULL. */
double losses_eval(struct losses *l, const struct engine_outputs *o);

#endif
