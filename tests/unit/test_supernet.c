/* SPDX-License-Identifier: MIT
 * Supernets: schedules, sub-networks against extracted ones, sorted channels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/netspace.h"
#include "tools/ofa-train/phases.h"
#include "tools/ofa-train/sorting.h"
#include "tools/ofa-train/superheads.h"

#define BATCH 5
#define TITLES "phase epochs warmup lr subnets largest distil"

static const char list[] = "# a comment\n" TITLES " s?.depth s?.k? s?.e?\n"
                           "full 10 0 0.1 1 0 0 4 7 6   # the teacher\n"
                           "\n"
                           "kernel 5 1 0.05 1 0.25 1 4 3,5,7 6\r\n"
                           "wide 4 0 0.02 2 1 1 2,3,4 3,5,7 4,6\n"
                           "narrow 4 0 0.02 4 0 1 4,3,2 3,5,7 6,4,3\n";

struct fixture {
    struct space *space;
    struct phases phases;
    struct supernet *supernet;
    float *images;
};

static struct space *open_space(const char *spec)
{
    struct space *s;
    struct err e;

    if (space_open(spec, &s, &e) < 0)
        fail_msg("%s", e.text);
    return s;
}

static void fixture_init(struct fixture *f)
{
    struct rng r = rng_make(5, "images", 0, 0);
    struct err e;

    f->space = open_space("ofa-mbv3:width=0.35,res=16,classes=3,exits=2");
    if (phases_parse(&f->phases, f->space, list, sizeof list - 1, 0.5, &e) <
            0 ||
        supernet_new(f->space, 3, &f->supernet, &e) < 0)
        fail_msg("%s", e.text);
    f->images = xcalloc(BATCH * 16 * 16 * 3, sizeof *f->images);
    for (size_t i = 0; i < BATCH * 16 * 16 * 3; i++)
        f->images[i] = (float)rng_normal(&r);
}

static void fixture_fini(struct fixture *f)
{
    supernet_free(f->supernet);
    phases_free(&f->phases);
    space_free(f->space);
    free(f->images);
}

/* The bank as a stream's weights (owned, tensors_free). */
static struct tensors *tensors_of(const struct bank *b)
{
    struct tensors *to = tensors_new();
    size_t n;
    struct bank_tensor *const *t = bank_all(b, &n);

    for (size_t i = 0; i < n; i++) {
        struct named_tensor x = {
            .name = t[i]->name,
            .role = t[i]->stat ? ROLE_STAT : ROLE_PARAM,
            .value = {.dtype = DT_F32, .ndim = t[i]->ndim, .data = t[i]->value},
        };

        memcpy(x.value.shape, t[i]->shape, sizeof x.value.shape);
        assert_true(tensors_add(to, &x));
    }
    return to;
}

/* Nothing at its first value: statistics, biases, transforms. */
static void stir(struct bank *b)
{
    size_t n;
    struct bank_tensor *const *t = bank_all(b, &n);

    for (size_t i = 0; i < n; i++) {
        struct rng r = rng_make(9, t[i]->name, t[i]->stat, 0);
        bool positive = strstr(t[i]->name, ".var") != NULL;

        for (size_t k = 0; k < t[i]->n; k++) {
            double x = 0.1 * rng_normal(&r);
            t[i]->value[k] += (float)(positive ? fabs(x) : x);
        }
    }
}

static void open_subnet(const struct fixture *f, const int64_t *genome,
                        struct subnetwork *n)
{
    const struct engine_opts o = {.batch = BATCH, .shards = 2};
    struct err e;

    if (subnetwork_open(f->supernet, genome, false, &o, n, &e) < 0)
        fail_msg("%s", e.text);
}

static void run(struct engine *g, const struct fixture *f, float out[BATCH * 3])
{
    engine_forward(g, f->images, BATCH, ENGINE_EVAL);
    memcpy(out, engine_logits(g, 0), BATCH * 3 * sizeof *out);
}

/* ---- schedules ---- */

static void schedule(void **state)
{
    struct fixture f;
    const struct shrink_phase *p;

    (void)state;
    fixture_init(&f);
    p = f.phases.v;
    assert_int_equal(f.phases.n, 4);
    assert_int_equal(phases_epochs(&f.phases), 5 + 3 + 2 + 2);
    assert_string_equal(p[1].name, "kernel");
    assert_int_equal(p[1].first, 5);
    assert_int_equal(p[1].epochs, 3); /* 2.5 rounded up */
    assert_true(fabs(p[1].warmup - 0.6) < 1e-12);
    assert_true(p[3].lr == 0.02 && p[3].subnets == 4 && p[3].distil == 1);
    assert_ptr_equal(phases_at(&f.phases, 4), &p[0]);
    assert_ptr_equal(phases_at(&f.phases, 5), &p[1]);
    assert_ptr_equal(phases_at(&f.phases, 11), &p[3]);
    assert_int_equal(p[3].allowed[0].n, 3); /* depth, in ascending order */
    assert_int_equal(p[3].allowed[0].v[0], 0);
    assert_int_equal(p[0].allowed[1].n, 1); /* kernel */
    assert_int_equal(p[0].allowed[1].v[0], 2);
    fixture_fini(&f);
}

/* How many of 1000 draws are the largest, and are random ones otherwise? */
static size_t largest_of(const struct fixture *f, size_t phase)
{
    const struct shrink_phase *p = &f->phases.v[phase];
    size_t genes = f->space->genes.n, count = 0;
    int64_t *genome = xcalloc(2 * genes, sizeof *genome), *all = genome + genes;
    struct rng r = rng_make(1, "draws", phase, 0);

    phase_largest(&f->phases, p, all);
    for (int i = 0; i < 1000; i++) {
        struct ints drawn = {genome, genes};
        struct err e;

        phase_draw(&f->phases, p, &r, genome);
        assert_int_equal(genes_check(&f->space->genes, &drawn, &e), 0);
        count += memcmp(genome, all, genes * sizeof *all) == 0;
    }
    free(genome);
    return count;
}

static void share_of_largest(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    assert_in_range(largest_of(&f, 1), 200, 300);
    assert_int_equal(largest_of(&f, 2), 1000);
    assert_int_equal(largest_of(&f, 3), 0);
    fixture_fini(&f);
}

static void bad_schedules(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "no phases"},
        {TITLES "\n", "no phases"},
        {"phase epochs warmup lr subnets largest\n",
         "line 1: no column distil"},
        {"phase epochs epochs\n", "line 1: column epochs twice"},
        {"phase s9.depth\n", "line 1: column s9.depth is neither"},
        {TITLES "\na 1 0 1 1\n", "line 2: 5 col"},
        {TITLES "\na 0 0 1 1 0 0\n", "line 2: epochs 0 is not"},
        {TITLES "\na 1 0 nan 1 0 0\n", "line 2: lr nan is not"},
        {TITLES "\na 1 0 1 1.5 0 0\n", "line 2: subnets 1.5 is not"},
        {TITLES "\na 1 0 1 1 1.1 0\n", "line 2: largest 1.1 is not"},
        {TITLES "\na 1 0 1 1 0 0\n\na 1 0 1 1 0 0\n", "line 4: phase a twice"},
        {TITLES " s?.k?\na 1 0 1 1 0 0 4\n", "line 2: gene s1.k1: '4' is none"},
        {TITLES " s?.k?\na 1 0 1 1 0 0 3,,5\n",
         "line 2: gene s1.k1: '' is none"},
        {TITLES " s?.k?\na 1 0 1 1 0 0 3,3\n", "there twice"},
        {TITLES " heads\na 1 0 1 1 0 0 -1\n", "line 2: heads -1 is not"},
        {TITLES " heads exit2\na 1 0 1 1 0 0 1 0,1\n",
         "line 2: gene exit2: in a phase with heads no exit is 0"},
    };
    struct space *s = open_space("ofa-mbv3");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct phases p;
        struct err e = {0};
        int rc = phases_parse(&p, s, bad[i].text, strlen(bad[i].text), 1, &e);

        if (rc != ERR_FORMAT || !strstr(e.text, bad[i].why))
            fail_msg("%s: %d, %s", bad[i].why, rc, e.text);
        phases_free(&p);
    }
    space_free(s);
}

/* Every choice a phase allows is drawn, and none besides. */
static void draws(void **state)
{
    struct fixture f;
    int64_t *genome;
    bool seen[GENES_MAX][3] = {{false}};

    (void)state;
    fixture_init(&f);
    const struct genes *g = &f.space->genes;
    const struct shrink_phase *p = &f.phases.v[2];
    genome = xcalloc(g->n, sizeof *genome);
    for (uint64_t k = 0; k < 200; k++) {
        struct rng r = rng_make(1, "draws", k, 0);
        struct ints v = {genome, g->n};
        struct err e;

        phase_random(&f.phases, p, &r, genome);
        if (genes_check(g, &v, &e) < 0)
            fail_msg("%s", e.text);
        for (size_t i = 0; i < g->n; i++)
            if (genes_used(g, genome, i))
                seen[i][genome[i]] = true;
    }
    for (size_t i = 0; i < g->n; i++)
        for (int64_t c = 0; c < g->v[i].n_choices; c++) {
            bool allowed = false;

            for (size_t k = 0; k < p->allowed[i].n; k++)
                allowed |= p->allowed[i].v[k] == c;
            assert_int_equal(seen[i][c], allowed);
        }
    free(genome);
    fixture_fini(&f);
}

/* ---- sub-networks ---- */

/* A sub-network run through its bindings says what the same network says when
 * its tensors are cut out and stored by themselves, to the bit. */
static void extracted(void **state)
{
    struct fixture f;
    int64_t *genome;

    (void)state;
    fixture_init(&f);
    stir(f.supernet->bank);
    genome = xcalloc(f.space->genes.n, sizeof *genome);
    for (uint64_t k = 0; k < 6; k++) {
        const struct engine_opts o = {.batch = BATCH, .shards = 2};
        struct rng r = rng_make(2, "extracted", k, 0);
        float through[BATCH * 3], alone[BATCH * 3];
        struct bank *own = bank_new();
        struct tensors *given;
        struct engine *g;
        struct subnetwork n;
        struct err e;
        size_t count;

        phase_random(&f.phases, &f.phases.v[3], &r, genome);
        open_subnet(&f, genome, &n);
        run(n.g, &f, through);
        bind_missing(n.g, own);
        given = tensors_of(own);
        g = engine_new(&n.net, &o);
        struct engine_param *p = engine_params(g, &count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(bind_take(given, &p[i], &e), 1);
        run(g, &f, alone);
        assert_memory_equal(through, alone, sizeof alone);
        for (int i = 1; i < BATCH; i++) /* the images do matter */
            assert_true(through[3 * i] != through[0]);
        engine_free(g);
        tensors_free(given);
        bank_free(own);
        subnetwork_close(&n);
    }
    free(genome);
    fixture_fini(&f);
}

/* At the start the transforms are the identity: a small kernel is the centre
 * of the large one. */
static void identity(void **state)
{
    struct fixture f;
    struct subnetwork n;
    int64_t *genome;
    size_t count;

    (void)state;
    fixture_init(&f);
    genome = xcalloc(f.space->genes.n, sizeof *genome);
    phase_smallest(&f.phases, &f.phases.v[3], genome);
    open_subnet(&f, genome, &n);
    struct engine_param *p = engine_params(n.g, &count);
    while (strcmp(p->binding->tensor, "s1.b0.depthwise.weight") != 0)
        p++;
    const struct bank_tensor *t = bank_find(f.supernet->bank,
                                            p->binding->tensor, false);
    size_t c = (size_t)p->binding->shape.v[2], all = (size_t)t->shape[2];
    assert_true(c < all && p->binding->shape.v[0] == 3);
    for (size_t y = 0; y < 3; y++)
        for (size_t x = 0; x < 3; x++)
            for (size_t i = 0; i < c; i++)
                assert_true(p->value[(y * 3 + x) * c + i] ==
                            t->value[((y + 2) * 7 + x + 2) * all + i]);
    subnetwork_close(&n);
    free(genome);
    fixture_fini(&f);
}

/* ---- sorting ---- */

static void when_due(void **state)
{
    static const bool want[] = {false, false, true, true};
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t i = 1; i < f.phases.n; i++) {
        struct err e;
        bool due;

        assert_int_equal(sorting_due(f.supernet, &f.phases, &f.phases.v[i - 1],
                                     &f.phases.v[i], &due, &e),
                         0);
        assert_int_equal(due, want[i]);
    }
    fixture_fini(&f);
}

static double importance(const struct bank_tensor *w, size_t c)
{
    double sum = 0;

    for (size_t o = 0; o < (size_t)w->shape[0]; o++)
        sum += fabs((double)w->value[o * (size_t)w->shape[3] + c]);
    return sum;
}

static bool descending(const struct bank_tensor *w, size_t first, size_t end)
{
    for (size_t c = first + 1; c < end; c++)
        if (importance(w, c) > importance(w, c - 1) * (1 + 1e-12))
            return false;
    return true;
}

/* Largest relative change of the largest net's outputs. */
static double sort_and_compare(struct fixture *f, size_t before)
{
    float was[BATCH * 3], is[BATCH * 3];
    double worst = 0;
    struct subnetwork n;
    struct err e;

    open_subnet(f, f->supernet->largest, &n);
    run(n.g, f, was);
    assert_int_equal(
        sorting_apply(f->supernet, &f->phases, &f->phases.v[before], &e), 0);
    bind_gather(n.map);
    run(n.g, f, is);
    for (int i = 0; i < BATCH * 3; i++)
        worst = fmax(worst, fabs((double)is[i] - (double)was[i]) /
                                (1 + fabs((double)was[i])));
    subnetwork_close(&n);
    return worst;
}

/* Before the first narrow phase all channels, before the second those within
 * each size: the full network stays what it is. */
static void sorted(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    stir(f.supernet->bank);
    struct bank_tensor *w = bank_find(f.supernet->bank, "s3.b1.project.weight",
                                      false);
    struct bank_tensor *se = bank_find(f.supernet->bank,
                                       "s2.b1.se.expand.weight", false);
    size_t all = (size_t)w->shape[3], four = all * 4 / 6 / 8 * 8;
    double squeeze[2] = {0};

    assert_false(descending(w, 0, all));
    assert_true(sort_and_compare(&f, 1) < 1e-5);
    assert_true(descending(w, 0, all));
    for (size_t o = 0; o < (size_t)se->shape[0]; o++)
        for (size_t i = 0; i < 2; i++)
            squeeze[i] += fabs((double)se->value[o * (size_t)se->shape[1] + i]);
    assert_true(squeeze[0] >= squeeze[1]);

    stir(f.supernet->bank);          /* another order, as training makes one */
    for (size_t c = 0; c < all; c++) /* the last group the most important */
        for (size_t o = 0; o < (size_t)w->shape[0]; o++)
            w->value[o * all + c] *= c >= four ? 10 : 1;
    assert_false(descending(w, 0, four));
    assert_true(sort_and_compare(&f, 2) < 1e-5);
    assert_true(descending(w, 0, four));
    assert_true(descending(w, four, all));
    assert_true(importance(w, four) > importance(w, 0));
    fixture_fini(&f);
}

/* ---- heads ---- */

static const char with_heads[] = TITLES
    " heads s?.depth s?.k? s?.e? exit1 exit?.width\n"
    "full 1 0 0.1 1 0 0 0 3 5 4 off 128\n"
    "first 1 0 0.1 1 0 0 1 3 5 4 gap,dw 96,128\n"
    "second 1 0 0.1 1 1 0 1 3 5 4 mix 64,96\n";

static void heads_init(struct fixture *f)
{
    struct err e;

    *f = (struct fixture){
        .space = open_space("mb32:width=0.35,res=16,classes=3")};
    if (phases_parse(&f->phases, f->space, with_heads, sizeof with_heads - 1, 1,
                     &e) < 0 ||
        supernet_new(f->space, 3, &f->supernet, &e) < 0)
        fail_msg("%s", e.text);
}

static void add_heads(struct fixture *f)
{
    struct supernet *s = f->supernet;
    bool *wanted = xcalloc(s->kinds * s->exits, sizeof *wanted);
    struct err e;

    phases_wanted(&f->phases, wanted);
    if (superheads_add(s, wanted, 3, &e) < 0)
        fail_msg("%s", e.text);
    free(wanted);
}

/* A phase with heads draws for every exit from all its heads and widths or from
 * those of the columns, also where the backbone is the largest. */
static void draws_heads(void **state)
{
    bool seen[2][4][5][3] = {{{{false}}}};
    struct fixture f;
    int64_t *genome;

    (void)state;
    heads_init(&f);
    genome = xcalloc(f.space->genes.n, sizeof *genome);
    for (uint64_t i = 0; i < 400; i++) {
        const struct shrink_phase *p = &f.phases.v[1 + i % 2];
        struct rng r = rng_make(1, "heads", i, 0);
        const struct net_place *x = f.space->net->exits;

        phase_draw(&f.phases, p, &r, genome);
        for (int k = 0; k < 4; k++)
            seen[i % 2][k][genome[x[k].gene]][genome[x[k].width]] = true;
    }
    for (int phase = 0; phase < 2; phase++)
        for (int exit = 0; exit < 4; exit++)
            for (int head = 0; head < 5; head++)
                for (int width = 0; width < 3; width++) {
                    bool kind = exit    ? head > 0
                                : phase ? head == 2
                                        : head == 1 || head == 3;
                    bool wide = head < 2 ? width == 0
                                : phase  ? width < 2
                                         : width > 0;

                    assert_int_equal(seen[phase][exit][head][width],
                                     kind && wide);
                }
    free(genome);
    fixture_fini(&f);
}

/* The bank gets the heads that some phase may draw, behind what it has. */
static void heads_of_schedule(void **state)
{
    struct fixture f;
    size_t before, after;

    (void)state;
    heads_init(&f);
    bank_all(f.supernet->bank, &before);
    add_heads(&f);
    struct bank_tensor *const *t = bank_all(f.supernet->bank, &after);
    assert_int_equal(f.supernet->own, before);
    for (size_t i = 0; i < after; i++)
        assert_int_equal(strncmp(t[i]->name, "exit", 4) == 0, i >= before);
    assert_non_null(
        bank_find(f.supernet->bank, "exit1.gap.classifier.weight", false));
    assert_null(bank_find(f.supernet->bank, "exit1.conv.conv1.weight", false));
    assert_non_null(
        bank_find(f.supernet->bank, "exit2.conv.conv1.weight", false));
    assert_int_equal(
        bank_find(f.supernet->bank, "exit1.mix.conv.weight", false)->shape[0],
        128);
    fixture_fini(&f);
}

/* Channels of heads are sorted within the widths of the phase before; heads that
 * it did not train stay as they are. */
static void sorted_heads(void **state)
{
    struct fixture f;
    struct err e;
    bool due;

    (void)state;
    heads_init(&f);
    add_heads(&f);
    stir(f.supernet->bank);
    assert_int_equal(sorting_due(f.supernet, &f.phases, &f.phases.v[0],
                                 &f.phases.v[1], &due, &e),
                     0);
    assert_false(due);
    assert_int_equal(sorting_due(f.supernet, &f.phases, &f.phases.v[1],
                                 &f.phases.v[2], &due, &e),
                     0);
    assert_true(due); /* 64 */
    struct bank_tensor *w[] = {
        bank_find(f.supernet->bank, "exit1.mix.classifier.weight", false),
        bank_find(f.supernet->bank, "exit1.dw.classifier.weight", false),
        bank_find(f.supernet->bank, "exit2.mix.classifier.weight", false),
        bank_find(f.supernet->bank, "exit2.conv.conv3.weight", false),
    };
    float *was = xmemdup(w[0]->value, w[0]->n * sizeof *was);
    assert_int_equal(sorting_apply(f.supernet, &f.phases, &f.phases.v[1], &e),
                     0);
    assert_memory_equal(w[0]->value, was, w[0]->n * sizeof *was);
    for (int i = 1; i < 4; i++) {
        size_t n = (size_t)w[i]->shape[w[i]->ndim - 1], three = n * 3 / 4;
        double *sum = xcalloc(n, sizeof *sum);

        for (size_t k = 0; k < w[i]->n; k++)
            sum[k % n] += fabs((double)w[i]->value[k]);
        for (size_t k = 1; k < n; k++)
            assert_true(k == three || sum[k] <= sum[k - 1] * (1 + 1e-9));
        free(sum);
    }
    free(was);
    fixture_fini(&f);
}

/* Two sub-networks' gradients add up. */
static double mean_loss(void *ctx, const struct engine_outputs *o)
{
    (void)ctx;
    for (int i = 0; i < o->n * o->units[0]; i++)
        o->grad[0][i] = i % 3 == 0 ? 1.f : 0.f;
    return 0;
}

static void step(const struct fixture *f, const int64_t *genome)
{
    const struct engine_opts o = {
        .batch = BATCH, .shards = 2, .training = true};
    struct subnetwork n;
    struct err e;

    if (subnetwork_open(f->supernet, genome, false, &o, &n, &e) < 0)
        fail_msg("%s", e.text);
    engine_step(n.g, f->images, BATCH, mean_loss, NULL);
    bind_scatter(n.map);
    subnetwork_close(&n);
}

static void sums(void **state)
{
    struct fixture f;
    int64_t *genome[2];
    float *alone[2];

    (void)state;
    fixture_init(&f);
    struct bank_tensor *t = bank_find(f.supernet->bank,
                                      "s4.b1.depthwise.weight", false);
    for (uint64_t i = 0; i < 2; i++) {
        struct rng r = rng_make(4, "sums", i, 0);

        genome[i] = xcalloc(f.space->genes.n, sizeof *genome[i]);
        phase_random(&f.phases, &f.phases.v[3], &r, genome[i]);
        bank_zero_grad(f.supernet->bank);
        step(&f, genome[i]);
        alone[i] = xmemdup(t->grad, t->n * sizeof *t->grad);
    }
    bank_zero_grad(f.supernet->bank);
    step(&f, genome[0]);
    step(&f, genome[1]);
    for (size_t k = 0; k < t->n; k++)
        assert_true(t->grad[k] == alone[0][k] + alone[1][k]);
    for (int i = 0; i < 2; i++) {
        free(genome[i]);
        free(alone[i]);
    }
    fixture_fini(&f);
}

/* Engines that take over each other's memory never read what was left there. */
static void hosted(void **state)
{
    struct fixture f;
    struct engine_opts o = {.batch = BATCH, .shards = 2, .training = true};
    struct engine_host *host = engine_host_new(2);
    int64_t *genome;

    (void)state;
    fixture_init(&f);
    stir(f.supernet->bank);
    genome = xcalloc(f.space->genes.n, sizeof *genome);
    for (uint64_t k = 0; k < 8; k++) {
        struct rng r = rng_make(6, "hosted", k, 0);
        float out[2][BATCH * 3];
        float *grad[2];
        size_t n_grad = 0;

        phase_random(&f.phases, &f.phases.v[3], &r, genome);
        for (int i = 0; i < 2; i++) {
            struct subnetwork n;
            struct err e;
            size_t count;

            o.host = i ? host : NULL;
            if (subnetwork_open(f.supernet, genome, false, &o, &n, &e) < 0)
                fail_msg("%s", e.text);
            engine_step(n.g, f.images, BATCH - (int)(k % 2), mean_loss, NULL);
            struct engine_param *p = engine_params(n.g, &count);
            n_grad = p[0].n;
            grad[i] = xmemdup(p[0].grad, n_grad * sizeof(float));
            run(n.g, &f, out[i]);
            subnetwork_close(&n);
        }
        assert_memory_equal(out[0], out[1], sizeof out[0]);
        assert_memory_equal(grad[0], grad[1], n_grad * sizeof(float));
        engine_host_poison(host, 0xff); /* all bits: NaN */
        free(grad[0]);
        free(grad[1]);
    }
    free(genome);
    engine_host_free(host);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule),      cmocka_unit_test(share_of_largest),
        cmocka_unit_test(bad_schedules), cmocka_unit_test(draws),
        cmocka_unit_test(extracted),     cmocka_unit_test(identity),
        cmocka_unit_test(when_due),      cmocka_unit_test(sorted),
        cmocka_unit_test(draws_heads),   cmocka_unit_test(heads_of_schedule),
        cmocka_unit_test(sorted_heads),  cmocka_unit_test(sums),
        cmocka_unit_test(hosted),
    };

    return cmocka_run_group_tests_name("supernet", tests, NULL, NULL);
}
