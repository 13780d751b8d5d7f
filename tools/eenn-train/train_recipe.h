/* SPDX-License-Identifier: MIT
 * A recipe says how networks are trained: it has the numbers of eenn-train's
 * options. */
#ifndef TRAIN_RECIPE_H
#define TRAIN_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/graph/net.h"
#include "libcommon/nn/train/losses.h"
#include "libcommon/nn/train/schedule.h"

/* Says which epoch's weights remain: that of the lowest validation L_acc, that
 * of the highest accuracy or balanced accuracy of the final exit, or the last. */
enum keep { KEEP_BEST_LOSS, KEEP_BEST_FINAL, KEEP_BEST_BALANCED, KEEP_LAST };
extern const char *const keep_names[]; /* "best-loss" "best-final" .. NULL */

/* Says whether the backbone is trained while the exits are (D6). */
enum backbone_mode { BACKBONE_TRAINED, BACKBONE_FROZEN };
extern const char *const backbone_names[]; /* "trained" "frozen" NULL */

struct recipe {
    uint64_t backbone_epochs, exits_epochs, peak_epochs; /* mu1, mu2, mu3 */
    uint64_t batch; /* 0 = by the number of images */
    uint64_t shards;
    double lr, momentum, weight_decay;
    double lr_exits;       /* lr of exits and peak, NAN = lr */
    double lr_scale_heads; /* of early exits' heads, times lr */
    double lr_scale_bias;  /* of biases and of batch norms' beta, likewise, */
    double lr_scale_gamma; /* and of their gamma; both in heads, too */
    bool nesterov, decay_all;
    double clip_norm;     /* of all gradients together, 0 = none */
    int schedule;         /* enum schedule_kind, over a stage:
                           * backbone, or exits and peak */
    uint64_t step_epochs; /* SCHEDULE_STEP: epochs between steps, */
    double step_factor;   /* each of which multiplies lr by this */
    double warmup;        /* epochs of rising lr at a stage's start */
    double ema;           /* decay of the average of weights (ema.h), 0 = no
                           * average */
    double label_smoothing;
    const double *class_weights; /* (classes) of the data, borrowed; NULL = all
                                  * count the same */
    const char *exit_weights; /* text (exit_weights.h), borrowed; NULL = none */
    double weight[LOSS_COUNT];   /* of the loss's terms: omega_1 to omega_3
                                  * are those of LOSS_ACC, LOSS_COST and
                                  * LOSS_PEAK; LOSS_FINAL has none */
    int acc_form;                /* enum acc_form */
    bool confidence_loss;        /* LOSS_CONF has weight 1 */
    bool sample_exits;           /* the sampling trick */
    double support_share;        /* of the training split, for L_peak */
    double distil_temperature;   /* of LOSS_DISTIL */
    double drop_hopeless;        /* most accuracy that a branch may lose to the
                                  * final exit (hopeless.h), NAN = any */
    int keep;                    /* enum keep */
    uint64_t patience;           /* epochs without an improvement, by `keep`,
                                  * after which a phase ends; 0 = any */
    uint64_t recalibrate_images; /* images, after weights were cut; 0 = no */
    double max_macs;             /* NAN = no limit */
    int cost;                    /* COST_.. (halting.h): what it limits */
    int flip; /* enum batch_mirror; -1 = as the data set says */
    uint64_t crop_pad, roll, time_mask, band_mask, cutout; /* batch_opts */
    double mixup;                                          /* epochs_opts */
    int backbone;          /* enum backbone_mode */
    bool cache_features;   /* BACKBONE_FROZEN: compute its outputs
                            * once, without augmentation */
    uint64_t train_images; /* 0 = all */
    uint64_t seed;
};

/* Returns whether the log has balanced accuracies: where classes are weighed, or
 * the best epoch is chosen by them. */
bool recipe_balanced(const struct recipe *r);

/* Read mu1, mu2 and mu3 from "10/5/5"; "10/5" leaves mu3 at 0.  ERR_ARG for any
 * other text. */
int recipe_epochs(const char *text, struct recipe *r, struct err *e) MUST_CHECK;

/* Returns 0 or ERR_ARG as recipe_epochs. */
int recipe_check_epochs(const char *text, struct err *e) MUST_CHECK;

/* Check that the parts of a recipe go together; `weights` says that there are
 * weights to start from.  ERR_ARG names the options that do not. */
int recipe_check(const struct recipe *r, bool weights,
                 struct err *e) MUST_CHECK;

/* Write the three numbers of epochs in full, as "10/5/0". */
#define RECIPE_EPOCHS_TEXT 64
void recipe_epochs_text(const struct recipe *r, char out[RECIPE_EPOCHS_TEXT]);

/* Return the temperature of the samples of the confidences in an epoch, which
 * counts from 0 in the exits stage (D3). */
double recipe_temperature(uint64_t epoch);

/* Return the learning-rate schedule of a stage of `epochs` epochs, that of the
 * backbone or the other. */
struct schedule recipe_schedule(const struct recipe *r, bool backbone,
                                uint64_t epochs, uint64_t steps_per_epoch);

/* Return the learning rate of an early exit's head as a multiple of the others':
 * lr_scale_heads, times (2048 / n)^1.5 where the head's last layer with weights
 * has n > 2048 inputs.  A step of that layer moves its outputs the further the more inputs they
 * have, so that at 224 pixels, with 25088 and more, heads would stay at chance
 * (D36). */
double recipe_head_rate(const struct recipe *r, const struct net *n,
                        size_t exit);

/* Returns whether early exits are trained independently of each other, as
 * branches of a frozen backbone and final exit. */
bool recipe_independent(const struct recipe *r);

/* Returns whether an epoch of this validation loss and accuracy is the best so
 * far by r->keep, and then sets the best ones to it; *best_loss is INFINITY before
 * the first.  Of two epochs that are equally good the later one is the best;
 * *better is set where it is an improvement. */
bool recipe_is_best(const struct recipe *r, double loss, double accuracy,
                    double *best_loss, double *best_accuracy, bool *better);

/* Return a candidate's own seed, below 2^53: the hash of the run's seed and its
 * arch id, or its net id where there is no arch.  Where exits are independent it
 * is the hash of the run's seed alone, since the other exits shape the ids. */
uint64_t recipe_seed(const struct recipe *r, const struct net *n);

#endif
