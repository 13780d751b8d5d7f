/* SPDX-License-Identifier: MIT
 * eenn-train: train early-exit networks (Algorithm 2). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/dataset.h"
#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/train_options.h"
#include "libcommon/nn/data/batch.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/nn/kern/kernels.h"
#include "libcommon/nn/train/losses.h"
#include "tools/eenn-train/class_weights.h"
#include "tools/eenn-train/exit_weights.h"
#include "tools/eenn-train/recipes.h"
#include "tools/eenn-train/work.h"

enum weights_choice { WEIGHTS_ALL, WEIGHTS_NONE };
static const char *const weights_names[] = {"all", "none", NULL};

static struct {
    char *dataset, *init, *teacher, *space, *epochs;
    char *class_weights, *exit_weights;
    struct recipe r;
    struct opt_presets recipes;
    int split, weights;
    char *checkpoint, *log;
    uint64_t threads, cache_memory, checkpoint_every;
    struct common_opts common;
} o = {
    .epochs = (char *)"10/5/5",
    .class_weights = (char *)"none",
    .exit_weights = (char *)"none",
    .r =
        {
            .shards = 4,
            .lr = 0.01,
            .momentum = 0.9,
            .weight_decay = 5e-5,
            .lr_exits = NAN,
            .lr_scale_heads = 1,
            .lr_scale_bias = 1,
            .lr_scale_gamma = 1,
            .schedule = SCHEDULE_COSINE,
            .step_epochs = 5,
            .step_factor = 0.1,
            .confidence_loss = true,
            .weight = {[LOSS_ACC] = 1, [LOSS_COST] = 1, [LOSS_PEAK] = 1},
            .support_share = 0.1,
            .distil_temperature = 1,
            .drop_hopeless = NAN,
            .max_macs = NAN,
            .flip = -1,
            .crop_pad = 4,
            .recalibrate_images = 2000,
            .seed = 1,
            .cache_features = true,
        },
    .recipes = {.v = recipes},
    .split = SPLIT_VAL,
    .threads = 1,
    .cache_memory = 1024,
    .checkpoint_every = 30,
    .common = COMMON_OPTS_INIT,
};

static const struct opt rows[] = {
    OPT_PATH_REQUIRED('d', "dataset", &o.dataset, "FILE",
                      "samples to train on"),
    OPT_PRESETS("recipe", &o.recipes, "RECIPE",
                "set options by a recipe, which the command line overrides; "
                "default: scratch, or inherited with --init-weights"),
    OPT_LIST_PRESETS("list-recipes", &o.recipes, "print the built-in recipes"),
    OPT_STR('e', "epochs", &o.epochs, "N/N[/N]",
            "epochs of the phases backbone, exits and peak",
            .check = recipe_check_epochs),
    OPT_TRAIN_IMAGES(&o.r.train_images),
    OPT_PATH(0, "init-weights", &o.init, "FILE",
             "start from the tensors of a weights or trained stream"),
    OPT_U64(0, "recalibrate", &o.r.recalibrate_images, 0, 1e9, "N",
            "training samples to compute batch-norm statistics on, for "
            "weights cut from a larger network (0 = keep its statistics)",
            .unit = NUMBER_SI),
    OPT_ENUM(
        0, "backbone", &o.r.backbone, backbone_names, "MODE",
        "while exits are trained, the backbone is trained, too, or frozen"),
    OPT_FLAG(0, "cache-features", &o.r.cache_features,
             "frozen backbone: compute the features of un-augmented samples "
             "once"),
    OPT_F64_NIL(0, "max-macs", &o.r.max_macs, 1, INT_EXACT, "N",
                "limit of the cost loss: average MACs per sample",
                .unit = NUMBER_SI),
    OPT_ENUM(0, "cost", &o.r.cost, halt_cost_names, "COST",
             "cost that the limit holds for: with every head that ran, or by "
             "Eq. 13 of the paper",
             .flags = OPT_LATER),
    OPT_SEED(&o.r.seed),
    OPT_HEADING("Optimiser"),
    OPT_BATCH(&o.r.batch),
    OPT_F64(0, "lr", &o.r.lr, 0, 1e9, "R", "learning rate"),
    OPT_F64(
        0, "lr-exits", &o.r.lr_exits, 0, 1e9, "R",
        "learning rate of the phases exits and peak, if not that of the phase "
        "backbone",
        .flags = OPT_NIL | OPT_LATER),
    OPT_ENUM(0, "schedule", &o.r.schedule, schedule_names, "NAME",
             "learning-rate schedule over the phase backbone, and over the "
             "other two phases together"),
    OPT_U64(0, "step-epochs", &o.r.step_epochs, 1, 100000, "N",
            "epochs between two steps of the schedule step"),
    OPT_F64(0, "step-factor", &o.r.step_factor, 0, 1, "R",
            "factor of each step of the schedule step"),
    OPT_F64(0, "warmup", &o.r.warmup, 0, 100000, "N",
            "length of the linear learning-rate warm-up in epochs; may be "
            "fractional"),
    OPT_MOMENTUM(&o.r.momentum, "momentum of SGD"),
    OPT_FLAG(0, "nesterov", &o.r.nesterov, "use Nesterov momentum"),
    OPT_WEIGHT_DECAY(&o.r.weight_decay,
                     "weight decay of convolutions and linear layers"),
    OPT_FLAG(0, "decay-all", &o.r.decay_all,
             "also decay biases and batch-norm parameters"),
    OPT_F64(0, "lr-scale-heads", &o.r.lr_scale_heads, 0, 1e6, "R",
            "factor on the learning rate of early exits' heads"),
    OPT_F64(0, "lr-scale-bias", &o.r.lr_scale_bias, 0, 1e6, "R",
            "factor on that of biases, beta of batch norms among them",
            .flags = OPT_LATER | OPT_FACTOR),
    OPT_F64(0, "lr-scale-gamma", &o.r.lr_scale_gamma, 0, 1e6, "R",
            "factor on that of gamma of batch norms",
            .flags = OPT_LATER | OPT_FACTOR),
    OPT_F64(0, "clip-norm", &o.r.clip_norm, 0, 1e9, "R",
            "clip the gradient norm to R (0 = no clipping)"),
    OPT_F64(0, "ema", &o.r.ema, 0, 0.999999, "D",
            "judge and keep the exponential moving average of the weights with "
            "this decay per step (0 = the weights)",
            .flags = OPT_LATER),
    OPT_ENUM(0, "keep", &o.r.keep, keep_names, "WHICH",
             "best epoch of a phase, whose weights are kept"),
    OPT_U64(0, "patience", &o.r.patience, 0, 10000, "N",
            "early stopping: end a phase after N epochs without improvement "
            "(0 = never)",
            .flags = OPT_LATER),
    OPT_F64(0, "drop-hopeless", &o.r.drop_hopeless, 0, 1, "P",
            "independent exits: drop one after its first epoch that is worse "
            "than the final exit by more than P wherever 1 % leave",
            .unit = NUMBER_SHARE, .flags = OPT_NIL | OPT_LATER),
    OPT_HEADING("Loss"),
    OPT_LABEL_SMOOTHING(&o.r.label_smoothing),
    OPT_STR(0, "class-weights", &o.class_weights, "none|balanced|W,W,...",
            "weights of the classes in the cross-entropies against labels; "
            "balanced: by how rare they are in the training split",
            .check = class_weights_check, .flags = OPT_LATER),
    OPT_ENUM(0, "acc-loss", &o.r.acc_form, acc_form_names, "FORM",
             "accuracy loss: on a mixture of the exits' logits (Eq. 7), or the "
             "weighted or plain (joint) sum of their cross-entropies; or each "
             "early exit by itself (independent)"),
    OPT_STR(
        0, "exit-weights", &o.exit_weights, "none|early|late|W,..,F",
        "weights of the exits' cross-entropies and distillation: falling or "
        "rising by depth, or a list, the final exit's last",
        .check = exit_weights_check, .flags = OPT_LATER),
    OPT_F64(0, "w-acc", &o.r.weight[LOSS_ACC], 0, 1e6, "R",
            "weight of the accuracy loss"),
    OPT_F64(0, "w-cost", &o.r.weight[LOSS_COST], 0, 1e6, "R",
            "weight of the cost loss"),
    OPT_F64(0, "w-peak", &o.r.weight[LOSS_PEAK], 0, 1e6, "R",
            "weight of the peak loss: squared difference of confidence and "
            "accuracy on the support samples"),
    OPT_F64(0, "support-share", &o.r.support_share, 0, 1, "P",
            "share of the training samples that are support samples",
            .unit = NUMBER_SHARE),
    OPT_FLAG(0, "sample-exits", &o.r.sample_exits,
             "losses use relaxed Bernoulli samples of the confidences"),
    OPT_F64(0, "distil", &o.r.weight[LOSS_DISTIL], 0, 1e6, "R",
            "weight of distillation from the final exit to the early exits, or "
            "with --teacher from that network to all exits"),
    OPT_PATH(0, "teacher", &o.teacher, "FILE",
             "network to distil from: a trained stream, or the largest network "
             "of a supernet"),
    OPT_PATH(0, "space", &o.space, "FILE",
             "network table of that supernet, where it is not built in"),
    OPT_F64(0, "distil-temperature", &o.r.distil_temperature, 0.01, 1e3, "R",
            "temperature of the distillation"),
    OPT_FLAG(0, "confidence-loss", &o.r.confidence_loss,
             "use the confidence loss: cross-entropy of confidence and "
             "correctness"),
    OPT_AUGMENTATION(&o.r.flip, &o.r.crop_pad),
    OPT_U64(0, "roll", &o.r.roll, 0, DATASET_MAX_SIDE, "N",
            "random circular shift by up to N rows, the time of sounds and "
            "signals (0 = none)",
            .flags = OPT_LATER),
    OPT_U64(0, "time-mask", &o.r.time_mask, 0, DATASET_MAX_SIDE, "N",
            "set a random stretch of up to N rows to the mean (0 = none)",
            .flags = OPT_LATER),
    OPT_U64(0, "band-mask", &o.r.band_mask, 0, DATASET_MAX_SIDE, "N",
            "the same of columns, the bands of sounds", .flags = OPT_LATER),
    OPT_CUTOUT(&o.r.cutout, DATASET_MAX_SIDE),
    OPT_MIXUP(&o.r.mixup),
    OPT_HEADING("Work and output"),
    OPT_ENUM(0, "weights", &o.weights, weights_names, "WHICH",
             "tensors to write", .flags = OPT_ASIDE),
    OPT_ENUM(0, "split", &o.split, split_names, "NAME",
             "split of the trace in the output", .flags = OPT_ASIDE),
    OPT_SHARDS(&o.r.shards, ENGINE_MAX_SHARDS),
    OPT_U64_NOPROV(
        0, "cache-memory", &o.cache_memory, 0, 1u << 24, "MIB",
        "largest memory for cached features; the rest goes to TMPDIR"),
    OPT_CHECKPOINT(&o.checkpoint, &o.checkpoint_every, &o.log),
    OPT_THREADS(&o.threads),
    OPT_COMMON(&o.common),
    OPT_END};

static const struct tool tool = {
    .name = "eenn-train",
    .purpose = "train networks with early exits",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "net 1.x, dataset 1.x, weights 1.x, trained 1.x, checkpoint 1.x",
    .writes = {&kind_trained.id, &kind_checkpoint.id},
    .arithmetic = kernels_name,
    .stdin_is = "net or trained streams: networks to train",
    .stdout_is = "trained stream: each network with its log, trace and weights",
    .example = "eenn-train -d data.mpz --epochs=1/1 nets.mpz -o trained.mpz",
};

/* Apply the recipe that suits the weights to start from, where none is named.
 * Returns the most images of a step where their number is left to the data set:
 * its learning rate is for that many. */
static uint64_t default_recipe(void)
{
    const char *name = o.init ? "inherited" : "scratch";
    uint64_t given = o.r.batch, most = BATCH_MOST;

    if (opt_presets_default(&tool, &o.recipes, name)) {
        log_info("recipe %s, as there are %sweights to start from", name,
                 o.init ? "" : "no ");
        if (!given && o.r.batch)
            most = o.r.batch;
        o.r.batch = given;
    }
    return most;
}

/* Settle which samples are trained on, and what the options leave to them. */
static int settle_data(struct work *w, uint64_t most, struct err *e)
{
    const struct strs *names = &w->data.class_names;

    dataset_keep_train(&w->data, o.r.train_images, o.r.seed);
    dataset_settle(&w->data, most, &o.r.batch, &o.r.flip);
    if (strcmp(o.class_weights, "none") == 0)
        return 0;
    o.r.class_weights = w->class_weights = xcalloc(names->n, sizeof(double));
    if (class_weights_read(o.class_weights, &w->data.split[SPLIT_TRAIN],
                           names->n, w->class_weights, e) < 0)
        return e->code;
    for (size_t k = 0; k < names->n; k++)
        log_info("class %s: weight %.4g", names->v[k], w->class_weights[k]);
    return 0;
}

/* Check the options and give texts one spelling, which the buffers hold. */
static void check_options(uint64_t most, char epochs[RECIPE_EPOCHS_TEXT],
                          struct buf *weights, struct buf *exits)
{
    struct err e;

    exit_weights_text(o.exit_weights, exits);
    o.r.exit_weights = o.exit_weights = exits->data;
    if (recipe_epochs(o.epochs, &o.r, &e) < 0 ||
        recipe_check(&o.r, o.init != NULL, &e) < 0)
        tool_usage(&tool, "%s", e.text);
    if (o.teacher && o.r.weight[LOSS_DISTIL] == 0)
        tool_usage(&tool, "--teacher needs --distil=R, the weight of what it "
                          "teaches, such as --distil=1");
    if (o.space && !o.teacher)
        tool_usage(&tool,
                   "--space is the network table of what --teacher names, "
                   "which is missing");
    recipe_epochs_text(&o.r, epochs);
    o.epochs = epochs;
    class_weights_text(o.class_weights, weights);
    o.class_weights = weights->data;
    if (o.common.params)
        dataset_settle_announced(o.dataset, o.r.train_images, most, &o.r.batch,
                                 &o.r.flip);
    tool_checked(&tool);
}

int main(int argc, char **argv)
{
    static const struct kind *const accepted[] = {&kind_net, &kind_trained,
                                                  NULL};
    struct operands files = tool_start(&tool, argc, argv);
    struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    unsigned want = 1u << SPLIT_TRAIN | 1u << SPLIT_VAL | 1u << o.split;
    const struct checkpoint_opts co = {o.checkpoint, o.checkpoint_every, &tool};
    struct work w = {
        .o =
            {
                .tool = &tool,
                .recipe = &o.r,
                .teacher = o.teacher,
                .space = o.space,
                .checkpoint = o.checkpoint,
                .split = o.split,
                .weights = o.weights == WEIGHTS_ALL,
                .threads = (int)o.threads,
                .cache_memory = (size_t)o.cache_memory << 20,
                .progress = o.common.progress,
            },
        .init.path = o.init,
    };
    struct record rec;
    struct err e = {0};
    char epochs[RECIPE_EPOCHS_TEXT];
    struct buf weights = {0}, exits = {0};
    uint64_t most = default_recipe();
    int rc = 0;

    check_options(most, epochs, &weights, &exits);
    w.init.whole_base = recipe_independent(&o.r) && !o.r.backbone_epochs;
    if (checkpoint_open(&co, &w.checkpoint, &e) < 0 ||
        epoch_lines_open(o.log, &w.lines, &e) < 0 ||
        !(w.nets = reader_open(files.v, files.n, accepted, &e)) ||
        !(w.dataset = dataset_open(o.dataset, &e)) ||
        dataset_read(w.dataset, want, &w.data, &e) < 0 ||
        settle_data(&w, most, &e) < 0 ||
        !(w.out = writer_open(o.common.output, &kind_trained, &wo, &e)))
        rc = e.code;
    while (rc >= 0 && (rc = reader_next(w.nets, &rec, &e)) > 0)
        rc = rec.schema == &schema_net ? work_net(&w, &rec, &e) : 0;
    if (rc >= 0) {
        struct reader *inputs[WORK_INPUTS];

        rc = writer_finish(w.out, inputs, work_inputs(&w, inputs), &e);
    }
    work_fini(&w);
    buf_free(&weights);
    buf_free(&exits);
    rc = rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
    if (rc == EXIT_DONE)
        checkpoint_remove(w.checkpoint);
    checkpoint_free(w.checkpoint);
    return rc;
}
