/* SPDX-License-Identifier: MIT
 * Speed of streams, there and back through a file in the current folder:
 * images like photographs, whose bytes barely compress, and a supernet's
 * weights.
 *     bench_streams [MB]          180
 * Says, in MB (1e6 uncompressed bytes) a second of wall time:
 *     write.dataset.MB  read.dataset.MB  write.weights.MB  read.weights.MB
 * and leaves dataset.MB.mpz and weights.MB.mpz behind. */
#include <math.h>
#include <string.h>

#include "formats/dataset.h"
#include "formats/weights.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/io/output.h"
#include "tests/bench/bench.h"

enum {
    SIDE = 32,
    COLOURS = 3,
    CLASSES = 10,
    TENSOR = 1000000,
    TIMES = 3,
    NOISE = 1 << 16
};

static double megabytes;

static void say_rate(const char *what, const char *kind, double *t, size_t n)
{
    bench_say(megabytes / bench_median(t, n), "%s.%s.%.0f", what, kind,
              megabytes);
}

static struct writer *create(char *path, const struct kind *kind)
{
    const struct writer_opts o = {.level = 1};
    struct err e;
    struct writer *w = writer_open(path, kind, &o, &e);

    bench_must(w ? 0 : e.code, &e);
    return w;
}

static void finish(struct writer *w)
{
    struct err e;

    bench_must(writer_finish(w, NULL, 0, &e), &e);
    bench_must(outputs_commit(&e), &e);
    writer_free(w);
}

/* ---- images: Gaussian noise, a byte of which has some 7.2 bits ---- */

static void make_dataset(struct dataset *d)
{
    static const char *const names[CLASSES] = {"a", "b", "c", "d", "e",
                                               "f", "g", "h", "i", "j"};
    static uint8_t noise[NOISE];
    struct split *train = &d->split[SPLIT_TRAIN];
    struct rng r = rng_make(1, "pixels", 0, 0);
    size_t bytes = SIDE * SIDE * COLOURS;

    *d = (struct dataset){.name = xstrdup("noise"),
                          .input = {.h = SIDE, .w = SIDE, .c = COLOURS}};
    dataset_set_classes(d, names, CLASSES);
    for (size_t i = 0; i < NOISE; i++)
        noise[i] = (uint8_t)fmin(fmax(128 + 35 * rng_normal(&r), 0), 255);
    split_alloc(train, (size_t)(1e6 * megabytes) / bytes, bytes);
    for (size_t i = 0; i < train->n * bytes; i++)
        train->items[i] = noise[rng_u32(&r) % NOISE];
    for (size_t i = 0; i < train->n; i++)
        train->labels[i] = (int32_t)rng_below(&r, CLASSES);
    dataset_moments(d);
}

static void write_dataset(char *path, const struct dataset *d)
{
    struct writer *w = create(path, &kind_dataset);
    struct err e;

    bench_must(dataset_write(w, d, NULL, &e), &e);
    finish(w);
}

static void read_dataset(char *path)
{
    struct dataset d = {0};
    struct err e;
    struct reader *r = dataset_open(path, &e);

    bench_must(r ? dataset_read(r, 1u << SPLIT_TRAIN, &d, &e) : e.code, &e);
    reader_close(r);
    dataset_fini(&d);
}

static void time_dataset(void)
{
    double write[TIMES], read[TIMES];
    struct dataset d;
    char path[64];

    snprintf(path, sizeof path, "dataset.%.0f.mpz", megabytes);
    make_dataset(&d);
    for (int i = 0; i < TIMES; i++) {
        double start = bench_seconds(WALL);
        write_dataset(path, &d);
        write[i] = bench_seconds(WALL) - start;
    }
    dataset_fini(&d);
    for (int i = 0; i < TIMES; i++) {
        double start = bench_seconds(WALL);
        read_dataset(path);
        read[i] = bench_seconds(WALL) - start;
    }
    say_rate("write", "dataset", write, TIMES);
    say_rate("read", "dataset", read, TIMES);
}

/* ---- weights: one tensor, many times ---- */

static void write_weights(char *path, const float *v)
{
    struct weights_info info = {.epoch = 1};
    struct writer *w = create(path, &kind_weights);
    struct err e;

    bench_must(writer_put(w, &schema_weights, &info, &e), &e);
    for (size_t i = 0; i < (size_t)(1e6 * megabytes / 4 / TENSOR); i++) {
        char name[64];
        struct named_tensor t = {
            .name = name,
            .role = ROLE_PARAM,
            .value = {.dtype = DT_F32, .ndim = 1, .shape = {TENSOR}, .data = v},
        };
        snprintf(name, sizeof name, "layer%zu.weight", i);
        bench_must(writer_put(w, &schema_tensor, &t, &e), &e);
    }
    finish(w);
}

static void read_weights(char *path)
{
    struct tensors *t = NULL;
    struct err e;
    struct reader *r = reader_open(&path, 1, weights_kinds, &e);

    bench_must(r ? weights_read(r, NULL, &t, NULL, NULL, &e) : e.code, &e);
    reader_close(r);
    tensors_free(t);
}

static void time_weights(void)
{
    double write[TIMES], read[TIMES];
    float *v = xcalloc(TENSOR, sizeof *v);
    struct rng r = rng_make(1, "weights", 0, 0);
    char path[64];

    snprintf(path, sizeof path, "weights.%.0f.mpz", megabytes);
    for (size_t i = 0; i < TENSOR; i++)
        v[i] = 0.05f * (float)rng_normal(&r);
    for (int i = 0; i < TIMES; i++) {
        double start = bench_seconds(WALL);
        write_weights(path, v);
        write[i] = bench_seconds(WALL) - start;
        start = bench_seconds(WALL);
        read_weights(path);
        read[i] = bench_seconds(WALL) - start;
    }
    free(v);
    say_rate("write", "weights", write, TIMES);
    say_rate("read", "weights", read, TIMES);
}

int main(int argc, char **argv)
{
    megabytes = (double)bench_arg(argc, argv, 1, 5, 180);
    time_dataset();
    time_weights();
    return 0;
}
