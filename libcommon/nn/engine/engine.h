/* SPDX-License-Identifier: MIT
 * Runs and trains any struct net (net.h).  The order of calls:
 *
 * Example (const struct net *net, const struct engine_opts *opts,
 *          const real *images, int n, engine_loss_fn *loss, void *ctx):
 *     struct engine *g = engine_new(net, opts);
 *     const real *logits;
 *
 *     engine_init(g, 1);      // or fill the parameters from a stream
 *     for (int step = 0; step < 100; step++)
 *         engine_step(g, images, n, loss, ctx);   // and one of optimiser.h
 *     engine_forward(g, images, n, ENGINE_EVAL);
 *     logits = engine_logits(g, 0);
 *     engine_free(g);
 *
 * A batch is cut into shards.  Their number is an option of its own, whatever
 * the number of threads.  Each shard has its own gradient block, and blocks and
 * batch-norm sums are reduced in shard order, so that results are the same to
 * the byte for any number of threads. */
#ifndef NN_ENGINE_ENGINE_H
#define NN_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/graph/net.h"
#include "libcommon/nn/kern/real.h"

struct engine;
struct engine_host;
struct pool;

#define ENGINE_MAX_SHARDS 64

/* A host holds what engines that are made one after another share: worker
 * threads, and memory that the next engine takes over.  An engine with a host
 * costs little to make.  Only one of a host's engines may compute at a time,
 * and the host must outlive them.  It has no more than ENGINE_MAX_SHARDS threads,
 * since others would find no work. */
struct engine_host *engine_host_new(int threads);         /* owned (.._free) */
void engine_host_free(struct engine_host *h);             /* accepts NULL */
struct pool *engine_host_pool(struct engine_host *h);     /* borrowed */
void engine_host_poison(struct engine_host *h, int byte); /* reserve_poison */

struct engine_opts {
    int batch;                /* most images per call */
    int shards;               /* up to ENGINE_MAX_SHARDS; 0 = 4 */
    int threads;              /* 0 = 1; a host's own number counts */
    struct engine_host *host; /* borrowed; NULL = one of its own */
    bool training;            /* false saves the memory of gradients */
    bool frozen_backbone;     /* only the exits' heads learn, see below, */
    bool frozen_final;        /* and of these only the early exits' */
};

/* The net must outlive the engine.  The engine does not check it again: the net
 * has passed net_check, or comes from code that only builds nets that pass. */
struct engine *engine_new(const struct net *net,
                          const struct engine_opts *o); /* owned */
void engine_free(struct engine *g);
const struct net *engine_net(const struct engine *g); /* it was made for */

/* A parameter is a dense block of reals.  engine_params returns all, in binding
 * order over the layers.  value and grad belong to the engine; the caller may
 * write value between calls. */
struct engine_param {
    const struct layer *layer;
    const struct binding *binding;
    size_t n;
    real *value; /* (n) in the shape of binding->shape */
    real *grad;  /* (n) of the last step; NULL for statistics, in a
                             * frozen backbone, and without training */
    bool stat;   /* batch-norm running mean or variance */
    bool decay;  /* weight decay applies: no bias, no gamma, beta */
    int head;    /* index of the exit whose head it is of, or -1 */
};
struct engine_param *engine_params(struct engine *g, size_t *n);

/* Returns the engine's threads, for loops between steps (optimiser.h). */
struct pool *engine_pool(struct engine *g); /* borrowed, engine_free */

/* Initialises the parameters.  Weights of convolutions and squeeze-and-excite
 * are drawn He-normal (fan-out; depthwise fan-out kh*kw), those of linear
 * layers uniform(+-1/sqrt(fan_in)); biases, beta and mean are 0, gamma and var
 * are 1.  gamma of the norm that ends a residual branch is 0, so that blocks
 * begin as the identity (Goyal et al. 2017), which in short runs of deep nets
 * is worth ten points of accuracy.  Exit heads are initialised like all layers;
 * the reference implementation leaves them to PyTorch's default, which costs
 * several points in short runs.  The random numbers of a tensor depend on the
 * seed and on the tensor's name only, not on what else the net holds. */
void engine_init(struct engine *g, uint64_t seed);

/* Draws the parameters of the early exits' heads anew.  Their random numbers
 * depend on the seed, on the name of the layer that the head reads and on the
 * parameter's place in the head: not on its tensor's name, which may count the
 * exits, so that a head begins the same whatever other exits the net has. */
void engine_init_heads(struct engine *g, uint64_t seed);

/* A loss reads the outputs of all exits for one batch, and writes their
 * gradients. */
struct engine_outputs {
    int n; /* images */
    int exits;
    int classes;
    const int *units;  /* (exits) outputs: classes, + 1 with confidence */
    real *const *out;  /* (exits) each (n, units): logits, then the raw
                             * confidence before the sigmoid */
    real *const *grad; /* (exits) the same shapes, zeroed: d loss / d out
                             * goes here */
};

/* A loss is called once per step on the whole batch, by one thread.  It returns
 * the loss; a value that is not finite ends the step before backward. */
typedef double engine_loss_fn(void *ctx, const struct engine_outputs *o);

/* Runs one training step: forward with batch statistics, the loss, backward,
 * and the reduction of the gradients.  Running statistics are updated with
 * momentum 0.1 and unbiased variance, as in PyTorch.  images is (n, h, w, c),
 * normalised, n <= batch.  Returns the loss. */
double engine_step(struct engine *g, const real *images, int n,
                   engine_loss_fn *loss, void *ctx);

/* Sets the optimiser that engine_step calls while gradients are in cache; NULL,
 * as in a new engine, sets none.  Any of the threads calls update for a piece
 * of a parameter that learns, once the gradient of the piece is complete and
 * the step does not read the piece any more.  value is the piece, n reals of
 * an engine_param.value, which update changes.  The pieces are the same for any
 * number of threads.  engine_param.grad does not hold all gradients then. */
typedef void engine_update_fn(void *ctx, real *value, const real *grad,
                              size_t n);
void engine_on_gradient(struct engine *g, engine_update_fn *update, void *ctx);

enum engine_mode {
    ENGINE_EVAL,        /* running statistics */
    ENGINE_BATCH_STATS, /* batch statistics, running ones untouched; between
                             * calibrate_begin and _end also collected */
};
void engine_forward(struct engine *g, const real *images, int n,
                    enum engine_mode mode);
const real *engine_logits(const struct engine *g, int exit); /* (n, units) */
int engine_units(const struct engine *g, int exit);

/* Re-calibrate batch norm: between the two calls every
 * engine_forward(ENGINE_BATCH_STATS) adds its batch means and biased variances,
 * weighted by batch size; _end makes their averages the running statistics. */
void engine_calibrate_begin(struct engine *g);
void engine_calibrate_end(struct engine *g);

/* With opts.frozen_backbone (D6) only the layers of heads, the final exit's
 * included unless opts.frozen_final, have gradients and batch statistics in a
 * step; the backbone in front of them runs in evaluation mode and stays as it is
 * to the bit.  What does not change then goes on into the heads, through their
 * first layers as far as these have no parameters and make nothing larger, such
 * as pools, flattens and activations, and to the logits of a frozen final exit.
 * The features are the values where it ends, one array per tap, and are the same
 * in every epoch.  A caller can compute them once and run many steps on them:
 *
 * Example (struct engine *g, const real *images, int n, real **saved,
 *          engine_loss_fn *loss, void *ctx):
 *     engine_features(g, images, n);
 *     for (int tap = 0; tap < engine_taps(g); tap++)
 *         for (size_t i = 0; i < (size_t)n * engine_tap_size(g, tap); i++)
 *             saved[tap][i] = engine_tap(g, tap)[i];
 *     engine_step_features(g, (const real *const *)saved, n, loss, ctx);
 *
 * engine_step(g, images, ...) gives the same bits as engine_features and then
 * engine_step_features on the taps; engine_forward(ENGINE_EVAL) and
 * engine_forward_features agree in the same way. */
void engine_features(struct engine *g, const real *images, int n);
int engine_taps(
    const struct engine *g); /* heads may share one or have several */
size_t engine_tap_size(const struct engine *g, int tap); /* per image */
/* Returns a tap's values of the last call, borrowed until the next one. */
const real *engine_tap(struct engine *g, int tap); /* (n, size) */

/* These do what engine_step and engine_forward do, but only run the heads, on
 * features (taps), each (n, tap size).  Re-calibration needs images, so it
 * cannot use these. */
double engine_step_features(struct engine *g, const real *const *features,
                            int n, engine_loss_fn *loss, void *ctx);
void engine_forward_features(struct engine *g, const real *const *features,
                             int n, enum engine_mode mode);

/* Lets the head of an exit on a frozen backbone rest, or run again.  While it
 * rests its parameters stay as they are: no pass and no step runs those of its
 * layers that learn, its gradients are not computed, and there are no outputs of
 * the exit (struct engine_outputs.out and engine_logits are NULL). */
void engine_rest(struct engine *g, int exit, bool rests);

/* Inference that stops at exits runs segment by segment.  engine_segment runs,
 * in evaluation mode, just the layers between exit i-1 and exit i (i = 0: from
 * the image) for the n images in flight; with head = false it leaves out the
 * exit's own head (an exit that is off).  It reads images for i = 0 only.
 *
 * Where some images stop, those that go on can become too few for the kernels
 * to be at their best.  So they can be put aside, and those of several batches
 * resumed together: engine_save writes what later segments need of the images
 * `keep` (n_keep of them) to state (n_keep, engine_state_size), and
 * engine_resume puts n such images in flight, as if segment i had just been
 * run:
 *
 * Example (struct engine *g, const real *images, int n, const int *keep,
 *          int n_keep, real *state):
 *     engine_segment(g, 0, images, n, true);
 *     engine_save(g, keep, n_keep, state);        // as often as wanted
 *     engine_resume(g, 0, state, n_keep);
 *     engine_segment(g, 1, NULL, n_keep, true);
 *
 * How many images are best depends on the segment: engine_segment_size returns
 * the size of its largest value, in reals per image. */
void engine_segment(struct engine *g, int i, const real *images, int n,
                    bool head);
size_t engine_segment_size(const struct engine *g, int i);
size_t engine_state_size(struct engine *g, int i); /* reals per image */
void engine_save(struct engine *g, const int *keep, int n_keep, real *state);
void engine_resume(struct engine *g, int i, const real *state, int n);

#endif
