/* SPDX-License-Identifier: MIT
 * Speed of training: whole steps (forward, cross-entropy, backward, SGD with
 * momentum and weight decay) on one OFA-MobileNetV3 sub-network at 32x32, the
 * one peer_torch.py builds in PyTorch.
 *     bench_train [THREADS [STEPS [BATCH]]]       2, 9, 128
 * Prints milliseconds: median train step, median forward in evaluation mode;
 * then BLAS core and kernels. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/backbone.h"
#include "libcommon/nn/kernels.h"
#include "libcommon/nn/real/engine.h"
#include "libcommon/nn/real/losses.h"
#include "libcommon/nn/real/optimiser.h"
#include "tests/unit/nets.h"

/* Per stage depth, four kernels, four expansions, as indices; then the exit,
 * which the benchmark leaves out. */
static const char genome[] = "001001000" "010001200" "120102010" "101201020"
                             "010002100" "1";
enum { MACS = 6371168, PARAMS = 3141730, WARM = 3, SIDE = 32, CHANNELS = 3 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *t, int n)
{
    qsort(t, (size_t)n, sizeof *t, by_value);
    return t[n / 2];
}

static void make_net(struct net *net, struct arena *a)
{
    struct net whole;
    int64_t macs = 0;

    nets_ofa(&whole, a, "ofa-mbv3:width=1,res=32,classes=10,exits=1", genome);
    net_backbone(net, &whole, a);
    for (size_t i = 0; i < net->layers.n; i++)
        macs += net_layer(net, i)->macs;
    if (macs != MACS || net->params != PARAMS) {
        fprintf(stderr, "bench_train: %lld MACs, %lld parameters: not the "
                "network of the comparison\n", (long long)macs,
                (long long)net->params);
        exit(1);
    }
}

struct work {
    struct engine *g;
    struct sgd *sgd;
    struct losses loss;
    float *images;
    int32_t *labels;
    int batch;
};

static double train_step(struct work *w)
{
    double start = now();

    engine_step(w->g, w->images, w->batch, losses_batch, &w->loss);
    sgd_step(w->sgd, engine_pool(w->g), 0.01);
    return now() - start;
}

static double forward(struct work *w)
{
    double start = now();

    engine_forward(w->g, w->images, w->batch, ENGINE_EVAL);
    return now() - start;
}

static double measure(double (*run)(struct work *), struct work *w, int steps)
{
    double *t = xcalloc((size_t)steps, sizeof *t);

    for (int i = 0; i < WARM; i++)
        run(w);
    for (int i = 0; i < steps; i++)
        t[i] = run(w);
    double m = median(t, steps);
    free(t);
    return m;
}

static void work_init(struct work *w, const struct net *net, int threads,
                      int batch)
{
    const struct engine_opts o = {.batch = batch, .threads = threads,
                                  .training = true};
    const struct sgd_opts s = {.momentum = 0.9, .weight_decay = 3e-5,
                               .decay_all = true};
    size_t pixels = (size_t)batch * SIDE * SIDE * CHANNELS;
    struct rng r = rng_make(1, "bench", 0, 0);
    struct err e;

    *w = (struct work){.batch = batch};
    nets_must(engine_new(net, &o, &w->g, &e), &e);
    engine_init(w->g, 1);
    w->sgd = sgd_new(&s);
    sgd_add_engine(w->sgd, w->g);
    losses_init(&w->loss, net);
    w->loss.weight[LOSS_FINAL] = 1;
    w->images = xcalloc(pixels, sizeof *w->images);
    w->labels = xcalloc((size_t)batch, sizeof *w->labels);
    for (size_t i = 0; i < pixels; i++)
        w->images[i] = (float)rng_normal(&r);
    for (int i = 0; i < batch; i++)
        w->labels[i] = (int32_t)rng_below(&r, 10);
    w->loss.labels = w->labels;
}

static void work_fini(struct work *w)
{
    losses_fini(&w->loss);
    sgd_free(w->sgd);
    engine_free(w->g);
    free(w->images);
    free(w->labels);
}

static int number(int argc, char **argv, int i, int other)
{
    long v = argc > i ? strtol(argv[i], NULL, 10) : other;

    return v >= 1 && v <= 100000 ? (int)v : other;
}

int main(int argc, char **argv)
{
    int steps = number(argc, argv, 2, 9);
    struct arena a = {0};
    struct net net;
    struct work w;

    make_net(&net, &a);
    work_init(&w, &net, number(argc, argv, 1, 2), number(argc, argv, 3, 128));
    kernels_thread_start();
    double train = measure(train_step, &w, steps);
    printf("%.3f %.3f %s\n", train, measure(forward, &w, steps),
           kernels_name());
    work_fini(&w);
    arena_free(&a);
    return 0;
}
