/* SPDX-License-Identifier: MIT
 * Speed of what a search iteration does with its points: N random ones in M
 * objectives, the same that peer_search.py makes.
 *     bench_search [MS]            200: spent on each figure
 * Says in ms of CPU time, for N = 1000 and 5000, M = 2 and 3:
 *     sort.N.M        non-dominated sort and crowding distances
 *     search.N.M      these and the hypervolume of all points
 *     volume.N.M      hypervolume of N points of one front: on a sphere */
#include <math.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/front.h"
#include "libcommon/search/hypervolume.h"
#include "tests/bench/bench.h"

struct points {
    size_t n, m;
    double *f;     /* (n, m) */
    double *front; /* (n, m) the same, on a sphere about 0 */
    uint32_t *rank;
    double *distance;
    double volume;
};

static const double reference[] = {1, 1, 1};

/* A linear congruential generator, so that Python has the same numbers. */
static void make_points(struct points *p)
{
    uint64_t x = 1;

    for (size_t i = 0; i < p->n; i++) {
        double *row = p->f + i * p->m, square = 0;

        for (size_t k = 0; k < p->m; k++) {
            x = x * UINT64_C(6364136223846793005) +
                UINT64_C(1442695040888963407);
            row[k] = (double)(x >> 11) * 0x1p-53;
            square += row[k] * row[k];
        }
        for (size_t k = 0; k < p->m; k++)
            p->front[i * p->m + k] = row[k] / sqrt(square);
    }
}

static void sort(void *ctx)
{
    struct points *p = ctx;

    front_sort(p->f, p->n, p->m, p->rank);
    front_crowding_all(p->f, p->n, p->m, p->rank, p->distance);
}

static void volume(void *ctx)
{
    struct points *p = ctx;

    p->volume = hypervolume(p->front, p->n, p->m, reference);
}

static void search(void *ctx)
{
    struct points *p = ctx;

    sort(ctx);
    p->volume = hypervolume(p->f, p->n, p->m, reference);
}

static void points_init(struct points *p, size_t n, size_t m)
{
    *p = (struct points){
        .n = n,
        .m = m,
        .f = xcalloc(n * m, sizeof *p->f),
        .front = xcalloc(n * m, sizeof *p->front),
        .rank = xcalloc(n, sizeof *p->rank),
        .distance = xcalloc(n, sizeof *p->distance),
    };
    make_points(p);
}

static void points_fini(struct points *p)
{
    free(p->f);
    free(p->front);
    free(p->rank);
    free(p->distance);
}

static void say_facts(struct points *p)
{
    size_t fronts = front_sort(p->f, p->n, p->m, p->rank), first = 0;

    for (size_t i = 0; i < p->n; i++)
        first += p->rank[i] == 0;
    volume(p);
    bench_fact((int64_t)fronts, "fronts.%zu.%zu", p->n, p->m);
    bench_fact((int64_t)first, "first.%zu.%zu", p->n, p->m);
    bench_fact((int64_t)(1e6 * p->volume), "volume.%zu.%zu", p->n, p->m);
}

static void measure(size_t n, size_t m, double seconds)
{
    static const struct {
        const char *key;
        void (*run)(void *);
    } figures[] = {{"sort", sort}, {"search", search}, {"volume", volume}};
    struct points p;

    points_init(&p, n, m);
    say_facts(&p);
    for (size_t i = 0; i < ARRAY_LEN(figures); i++)
        bench_say(1e3 * bench_time(CPU, seconds, figures[i].run, &p),
                  "%s.%zu.%zu", figures[i].key, n, m);
    points_fini(&p);
}

int main(int argc, char **argv)
{
    double seconds = 1e-3 * (double)bench_arg(argc, argv, 1, 1, 200);

    for (size_t n = 1000; n <= 5000; n += 4000)
        for (size_t m = 2; m <= 3; m++)
            measure(n, m, seconds);
    return 0;
}
