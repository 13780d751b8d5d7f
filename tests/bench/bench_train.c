/* SPDX-License-Identifier: MIT
 * Speed of training: whole steps (forward, cross-entropy, backward, SGD with
 * momentum and weight decay) of the networks in NET.mpz, without their early
 * exits, on random images.
 *     bench_train [-j THREADS] [-b BATCH] [-p PROCESSES] [-t SECONDS] NET...
 * (1, 128, 0, 1).  Says, NET.b128.j2 being the second part of each key:
 *     train, forward      images a second, forward in evaluation mode
 *     flops               GFLOP/s of train, six for each MAC
 * With -p so many processes, each of THREADS threads, train side by side:
 *     train.NET.b128.p2   images a second of all together */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/io.h"
#include "formats/net.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/graph/backbone.h"
#include "libcommon/nn/kern/kernels.h"
#include "libcommon/nn/train/losses.h"
#include "libcommon/nn/train/optimiser.h"
#include "tests/bench/bench.h"

static struct {
    int threads, batch, processes;
    double seconds;
} o = {.threads = 1, .batch = 128, .seconds = 1};

static void read_net(const char *name, struct net *net, struct arena *a)
{
    static const struct kind *const accept[] = {&kind_net, NULL};
    char file[512], *path = file;
    struct record rec = {0};
    struct net *whole = arena_alloc(a, 1, sizeof *whole);
    struct err e;

    snprintf(file, sizeof file, "%s.mpz", name);
    struct reader *r = reader_open(&path, 1, accept, &e);
    bench_must(r ? reader_next(r, &rec, &e) : e.code, &e);
    if (!rec.data) {
        fprintf(stderr, "bench_train: no net in %s\n", path);
        exit(1);
    }
    net_copy(whole, rec.data, a);
    net_backbone(net, whole, a);
    reader_close(r);
}

static int64_t net_macs(const struct net *net)
{
    int64_t macs = 0;

    for (size_t i = 0; i < net->layers.n; i++)
        macs += net_layer(net, i)->macs;
    return macs;
}

struct work {
    struct engine *g;
    struct sgd *sgd;
    struct losses loss;
    float *images;
    int32_t *labels;
};

static void make_images(struct work *w, const struct net *net)
{
    size_t batch = (size_t)o.batch, n = batch;
    struct rng r = rng_make(1, "bench", 0, 0);

    for (size_t i = 0; i < net->input.n; i++)
        n *= (size_t)net->input.v[i];
    w->images = xcalloc(n, sizeof *w->images);
    w->labels = xcalloc(batch, sizeof *w->labels);
    for (size_t i = 0; i < n; i++)
        w->images[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < batch; i++)
        w->labels[i] = (int32_t)rng_below(&r, (uint64_t)net->classes);
}

static void work_init(struct work *w, const struct net *net)
{
    const struct engine_opts g = {
        .batch = o.batch, .threads = o.threads, .training = true};
    const struct sgd_opts s = {
        .momentum = 0.9, .weight_decay = 3e-5, .decay_all = true};

    *w = (struct work){0};
    kernels_thread_start();
    w->g = engine_new(net, &g);
    engine_init(w->g, 1);
    w->sgd = sgd_new(&s);
    sgd_join_engine(w->sgd, w->g);
    losses_init(&w->loss, net);
    w->loss.weight[LOSS_FINAL] = 1;
    make_images(w, net);
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

static void train(void *ctx)
{
    struct work *w = ctx;

    sgd_begin(w->sgd, 0.01);
    engine_step(w->g, w->images, o.batch, losses_batch, &w->loss);
    sgd_end(w->sgd, engine_pool(w->g));
}

static void forward(void *ctx)
{
    struct work *w = ctx;

    engine_forward(w->g, w->images, o.batch, ENGINE_EVAL);
}

/* Images a second. */
static double speed(struct work *w, void (*run)(void *), double seconds)
{
    return o.batch / bench_time(WALL, seconds, run, w);
}

static void one_process(const char *name, const struct net *net)
{
    int64_t macs = net_macs(net);
    struct work w;

    work_init(&w, net);
    double s = speed(&w, train, o.seconds);
    bench_fact(macs, "macs.%s", name);
    bench_fact(net->params, "params.%s", name);
    bench_say(s, "train.%s.b%d.j%d", name, o.batch, o.threads);
    bench_say(6e-9 * (double)macs * s, "flops.%s.b%d.j%d", name, o.batch,
              o.threads);
    bench_say(speed(&w, forward, o.seconds / 2), "forward.%s.b%d.j%d", name,
              o.batch, o.threads);
    work_fini(&w);
}

/* ---- side by side ---- */

static void io_must(ssize_t got, size_t n)
{
    if (got == (ssize_t)n)
        return;
    fprintf(stderr, "bench_train: a process was lost\n");
    exit(1);
}

/* One of them: ready, off with the others, and how fast it was. */
static void be_one(const struct net *net, int out, int go)
{
    struct work w;
    double s = 0;

    work_init(&w, net);
    io_must(write(out, &s, sizeof s), sizeof s);
    io_must(read(go, &s, 1), 1);
    s = speed(&w, train, o.seconds);
    io_must(write(out, &s, sizeof s), sizeof s);
    work_fini(&w);
    _exit(0);
}

/* The sum of what all of them say. */
static double gather(int in)
{
    double sum = 0, s;

    for (int i = 0; i < o.processes; i++) {
        io_must(read(in, &s, sizeof s), sizeof s);
        sum += s;
    }
    return sum;
}

static void side_by_side(const char *name, const struct net *net)
{
    int in[2], go[2];

    if (pipe(in) < 0 || pipe(go) < 0)
        io_must(0, 1);
    for (int i = 0; i < o.processes; i++)
        if (fork() == 0) {
            close(in[0]);
            close(go[1]);
            be_one(net, in[1], go[0]);
        }
    close(in[1]);
    close(go[0]);
    gather(in[0]);
    for (int i = 0; i < o.processes; i++)
        io_must(write(go[1], "", 1), 1);
    bench_say(gather(in[0]), "train.%s.b%d.p%d", name, o.batch, o.processes);
    close(in[0]);
    close(go[1]);
    while (wait(NULL) > 0)
        ;
}

static void options(int argc, char **argv)
{
    for (int c; (c = getopt(argc, argv, "j:b:p:t:")) != -1;)
        switch (c) {
        case 'j':
            o.threads = (int)strtol(optarg, NULL, 10);
            break;
        case 'b':
            o.batch = (int)strtol(optarg, NULL, 10);
            break;
        case 'p':
            o.processes = (int)strtol(optarg, NULL, 10);
            break;
        case 't':
            o.seconds = strtod(optarg, NULL);
            break;
        default:
            exit(2);
        }
    if (o.threads < 1 || o.batch < 1 || o.processes < 0 || optind == argc) {
        fprintf(stderr, "bench_train: -j and -b from 1, -p from 0, NET...\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    options(argc, argv);
    for (int i = optind; i < argc; i++) {
        struct arena a = {0};
        struct net net;

        read_net(argv[i], &net, &a);
        (o.processes ? side_by_side : one_process)(argv[i], &net);
        arena_free(&a);
    }
    return 0;
}
