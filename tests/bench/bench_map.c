/* SPDX-License-Identifier: MIT
 * Time of exit-map once its trace is read, on a space of the size of ResNet-152's.
 *     bench_map [SAMPLES [POSITIONS [PROCESSORS [VALUES]]]]     10000 74 3 13
 * Says, in ms of CPU time of one search:
 *     map.exact       one exit per processor, every plan
 *     map.programme   the same by the programme and descents
 *     map.paper       the same by the paper's graphs, weight 0.9
 *     map.several     any number of exits per processor, by the programme
 * and by how much the programme's plan is dearer than the exact one, 1 = not:
 *     map.gap */
#include "libcommon/mapping/mapsearch.h"
#include "tests/bench/bench.h"
#include "tests/unit/mapmade.h"

struct job {
    struct made made;
    struct map_case c;
    struct map_goal goal;
    struct map_references r;
    enum map_method method;
    double value; /* of the best plan */
};

static void search(void *ctx)
{
    struct job *j = ctx;
    struct map_keep k;
    struct err e;
    bool exact;

    keep_init(&k, &j->c, 80); /* as for --top=10 */
    bench_must(map_refer(&j->c, &j->goal, &j->r, &e), &e);
    bench_must(map_search(&j->c, &j->r, j->method, MAP_WORK, &k, &exact, &e),
               &e);
    j->value = k.best[0].outcome.value;
    keep_fini(&k);
}

static double ms(struct job *j, enum map_method method, size_t per_processor)
{
    j->method = method;
    j->c.per_processor = per_processor;
    return 1e3 * bench_time(CPU, 0.1, search, j);
}

int main(int argc, char **argv)
{
    size_t samples = (size_t)bench_arg(argc, argv, 1, 10, 10000),
           positions = (size_t)bench_arg(argc, argv, 2, 1, 74),
           processors = (size_t)bench_arg(argc, argv, 3, 1, 3),
           values = (size_t)bench_arg(argc, argv, 4, 2, 13);
    double *value = xcalloc(values, sizeof *value), exact;
    struct job *j = xcalloc(1, sizeof *j);

    for (size_t i = 0; i < values; i++)
        value[i] = 1 - pow(1 - (double)i / (double)values, 2);
    made_init(&j->made, 1, processors, positions + 1, samples, false, false,
              value, values);
    j->goal = (struct map_goal){.minimise = MAP_LATENCY,
                                .weight = NAN,
                                .limits = 1,
                                .limit = {{MAP_LOSS, 0.01, NAN}}};
    j->c = (struct map_case){
        .model = &j->made.model, .samples = &j->made.samples, .goal = &j->goal};
    for (size_t i = 0; i < positions; i++)
        j->c.allowed[i] = true;
    bench_say(ms(j, MAP_EXACT, 1), "map.exact");
    exact = j->value;
    bench_say(ms(j, MAP_PROGRAMME, 1), "map.programme");
    bench_say(j->value / exact, "map.gap");
    bench_say(ms(j, MAP_PROGRAMME, 0), "map.several");
    j->goal = (struct map_goal){.minimise = MAP_LATENCY, .weight = 0.9};
    bench_say(ms(j, MAP_PAPER, 1), "map.paper");
    made_fini(&j->made);
    free(value);
    free(j);
    return 0;
}
