/* SPDX-License-Identifier: MIT
 * Sub-networks on shared tensors: gathering, the adjoint against finite
 * differences, misfits. */
#define REAL_DOUBLE
#include "tests/unit/gradcheck.h"

#include "libcommon/nn/netbuild.h"
#include "libcommon/nn/real/bank.h"
#include "libcommon/nn/real/bind.h"

static struct ints some(struct arena *a, size_t n, const int64_t *v)
{
    struct ints x = { arena_alloc(a, n, sizeof *v), n };

    memcpy(x.v, v, n * sizeof *v);
    return x;
}

/* stem -> depthwise k x k of the stored 7 x 7 -> project -> linear; `channels`
 * of the stored 6, from `first` on. */
static void subnet(struct net *net, struct arena *a, int64_t k,
                   int64_t channels, int64_t first)
{
    static char *names[] = { (char *)"7to5", (char *)"5to3" };
    struct net_builder b = build_net(net, a, 6, 6, 3, 3);
    int64_t x = build_conv(&b, "stem", NET_IMAGE, channels, 3, 1, BUILD_NORM,
                           ACT_HSWISH);

    layer_binding(build_last(&b), "weight")->offset =
        some(a, 4, (int64_t[]){ first, 0, 0, 0 });
    layer_binding(build_last(&b), "gamma")->offset = some(a, 1, &first);
    x = build_conv(&b, "dw", x, 0, k, 2, BUILD_NORM | BUILD_DEPTHWISE,
                   ACT_NONE);
    struct binding *w = layer_binding(build_last(&b), "weight");
    w->offset = some(a, 3, (int64_t[]){ (7 - k) / 2, (7 - k) / 2, first });
    w->transforms = (struct strs){ names, (size_t)(7 - k) / 2 };
    x = build_conv(&b, "project", x, 4, 1, 1, BUILD_BIAS, ACT_HSWISH);
    layer_binding(build_last(&b), "weight")->offset =
        some(a, 4, (int64_t[]){ 0, 0, 0, first });
    x = build_simple(&b, "pool", OP_GLOBALPOOL, x, ACT_NONE);
    x = build_linear(&b, "classifier", x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){ .first = x });
}

static void add(struct bank *b, const char *name, int ndim,
                const int64_t *shape, double sigma, double mean)
{
    struct rng r = rng_make(3, name, 0, 0);
    struct bank_tensor *t = bank_add(b, name, ndim, shape, false, true);

    for (size_t i = 0; i < t->n; i++)
        t->value[i] = mean + sigma * rng_normal(&r);
}

static void fill_bank(struct bank *b)
{
    add(b, "stem.weight", 4, (int64_t[]){ 6, 3, 3, 3 }, 0.3, 0);
    add(b, "stem.gamma", 1, (int64_t[]){ 6 }, 0.3, 1);
    add(b, "dw.weight", 3, (int64_t[]){ 7, 7, 6 }, 0.3, 0);
    add(b, "7to5", 2, (int64_t[]){ 25, 25 }, 0.3, 0);
    add(b, "5to3", 2, (int64_t[]){ 9, 9 }, 0.3, 0);
    add(b, "project.weight", 4, (int64_t[]){ 4, 1, 1, 6 }, 0.3, 0);
}

static struct engine *engine_of(const struct net *net)
{
    struct engine_opts o = { .batch = 4, .shards = 2, .training = true };
    struct engine *g;
    struct err e;

    if (engine_new(net, &o, &g, &e) < 0)
        fail_msg("%s", e.text);
    gradcheck_fill(g, 4);
    return g;
}

struct pair {
    struct arena arena;
    struct net net[2];
    struct engine *g[2];
    struct bind_map *map[2];
    struct bank *bank;
    real *images;
};

static void pair_init(struct pair *p, int64_t k)
{
    struct err e;

    memset(p, 0, sizeof *p);
    p->bank = bank_new();
    fill_bank(p->bank);
    subnet(&p->net[0], &p->arena, k, 4, 0);
    subnet(&p->net[1], &p->arena, k, 3, 2);
    p->images = gradcheck_images(&p->net[0], 4, 1);
    for (int i = 0; i < 2; i++) {
        p->g[i] = engine_of(&p->net[i]);
        bind_missing(p->g[i], p->bank);
        if (bind_new(p->g[i], p->bank, &p->map[i], &e) < 0)
            fail_msg("%s", e.text);
    }
}

static void pair_fini(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        bind_free(p->map[i]);
        engine_free(p->g[i]);
    }
    bank_free(p->bank);
    free(p->images);
    arena_free(&p->arena);
}

/* The loss of both together. */
static double pair_step(struct pair *p)
{
    double loss = 0;

    bank_zero_grad(p->bank);
    for (int i = 0; i < 2; i++) {
        bind_gather(p->map[i]);
        loss += engine_step(p->g[i], p->images, 4, gradcheck_loss, NULL);
        bind_scatter(p->map[i]);
    }
    return loss;
}

static void adjoint(void **state)
{
    (void)state;
    for (int64_t k = 3; k <= 7; k += 2) {
        struct pair p;
        size_t n;
        pair_init(&p, k);
        struct bank_tensor *const *t = bank_all(p.bank, &n);
        for (size_t i = 0; i < n; i++) {
            if (t[i]->stat)
                continue;
            pair_step(&p);
            real *grad = xmemdup(t[i]->grad, t[i]->n * sizeof *grad);
            for (size_t j = 0; j < t[i]->n; j += t[i]->n / 20 + 1) {
                double was = t[i]->value[j], up, down;
                t[i]->value[j] = was + 1e-5;
                up = pair_step(&p);
                t[i]->value[j] = was - 1e-5;
                down = pair_step(&p);
                t[i]->value[j] = was;
                if (!(fabs((up - down) / 2e-5 - grad[j]) < 1e-6))
                    fail_msg("%s[%zu]: %g, %g", t[i]->name, j,
                             (up - down) / 2e-5, grad[j]);
            }
            free(grad);
        }
        pair_fini(&p);
    }
}

/* K3 = M53 vec(centre of M75 vec(centre of K7)), method.md 1.2, by hand. */
static void transforms(void **state)
{
    struct pair p;
    size_t n;
    double k5[25];

    (void)state;
    pair_init(&p, 3);
    bind_gather(p.map[1]);
    const real *k7 = bank_find(p.bank, "dw.weight")->value;
    const real *m75 = bank_find(p.bank, "7to5")->value;
    const real *m53 = bank_find(p.bank, "5to3")->value;
    struct engine_param *q = engine_params(p.g[1], &n);
    while (strcmp(q->binding->tensor, "dw.weight") != 0)
        q++;
    for (size_t c = 0; c < 3; c++) {
        for (size_t j = 0; j < 25; j++) {
            k5[j] = 0;
            for (size_t i = 0; i < 25; i++)
                k5[j] += m75[j * 25 + i] *
                         k7[((i / 5 + 1) * 7 + i % 5 + 1) * 6 + c + 2];
        }
        for (size_t j = 0; j < 9; j++) {
            double want = 0;
            for (size_t i = 0; i < 9; i++)
                want += m53[j * 9 + i] * k5[(i / 3 + 1) * 5 + i % 3 + 1];
            assert_true(fabs(q->value[j * 3 + c] - want) < 1e-12);
        }
    }
    pair_fini(&p);
}

static void statistics(void **state)
{
    struct pair p;
    real mean;

    (void)state;
    pair_init(&p, 5);
    pair_step(&p);
    mean = bank_find(p.bank, "dw.mean")->value[0];
    bind_put_stats(p.map[0]);
    assert_true(bank_find(p.bank, "dw.mean")->value[0] != mean);
    assert_null(bank_find(p.bank, "dw.mean")->grad);
    pair_fini(&p);
}

static int try_bank(struct bank *bank, struct err *e)
{
    struct arena a = { 0 };
    struct net net;
    struct bind_map *m = NULL;

    subnet(&net, &a, 3, 4, 0);
    struct engine *g = engine_of(&net);
    int rc = bind_new(g, bank, &m, e);
    bind_free(m);
    engine_free(g);
    arena_free(&a);
    return rc;
}

static void misfits(void **state)
{
    struct bank *b = bank_new();
    struct err e;

    (void)state;
    assert_int_equal(try_bank(b, &e), -1);
    assert_string_equal(e.text, "no tensor stem.weight");
    add(b, "stem.weight", 4, (int64_t[]){ 3, 3, 3, 3 }, 1, 0);
    assert_int_equal(try_bank(b, &e), -1);
    assert_string_equal(e.text, "tensor stem.weight of shape 3 x 3 x 3 x 3 "
                        "does not fit 4 x 3 x 3 x 3");
    assert_null(bank_add(b, "stem.weight", 0, NULL, false, false));
    assert_null(bank_find(b, "other"));
    bank_free(b);
    bank_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjoint),
        cmocka_unit_test(transforms),
        cmocka_unit_test(statistics),
        cmocka_unit_test(misfits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
