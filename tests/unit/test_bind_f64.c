/* SPDX-License-Identifier: MIT
 * Sub-networks on shared tensors: gathering, the adjoint against finite
 * differences, misfits; given tensors and the values cut out of them. */
#include "tests/unit/gradcheck.h"

#include <stdio.h>

#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/nn/train/bank.h"
#include "libcommon/nn/train/bind.h"
#include "tests/unit/engines.h"

static struct ints some(struct arena *a, size_t n, const int64_t *v)
{
    struct ints x = {arena_alloc(a, n, sizeof *v), n};

    memcpy(x.v, v, n * sizeof *v);
    return x;
}

/* stem -> depthwise k x k of the stored 7 x 7 -> project -> linear; `channels`
 * of the stored 6, from `first` on. */
static void subnet(struct net *net, struct arena *a, int64_t k,
                   int64_t channels, int64_t first)
{
    static char *names[] = {(char *)"7to5", (char *)"5to3"};
    struct net_builder b = build_net(net, a, 6, 6, 3, 3);
    int64_t x = build_conv(&b, "stem", NET_IMAGE, channels, 3, 1, BUILD_NORM,
                           ACT_HSWISH);

    layer_binding(build_last(&b), "weight")->offset = some(
        a, 4, (int64_t[]){first, 0, 0, 0});
    layer_binding(build_last(&b), "gamma")->offset = some(a, 1, &first);
    x = build_conv(&b, "dw", x, 0, k, 2, BUILD_NORM | BUILD_DEPTHWISE,
                   ACT_NONE);
    struct binding *w = layer_binding(build_last(&b), "weight");
    w->offset = some(a, 3, (int64_t[]){(7 - k) / 2, (7 - k) / 2, first});
    w->transforms = (struct strs){names, (size_t)(7 - k) / 2};
    x = build_conv(&b, "project", x, 4, 1, 1, BUILD_BIAS, ACT_HSWISH);
    layer_binding(build_last(&b), "weight")->offset = some(
        a, 4, (int64_t[]){0, 0, 0, first});
    x = build_simple(&b, "pool", OP_GLOBALPOOL, x, ACT_NONE);
    x = build_linear(&b, "classifier", x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = x});
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
    add(b, "stem.weight", 4, (int64_t[]){6, 3, 3, 3}, 0.3, 0);
    add(b, "stem.gamma", 1, (int64_t[]){6}, 0.3, 1);
    add(b, "dw.weight", 3, (int64_t[]){7, 7, 6}, 0.3, 0);
    add(b, "7to5", 2, (int64_t[]){25, 25}, 0.3, 0);
    add(b, "5to3", 2, (int64_t[]){9, 9}, 0.3, 0);
    add(b, "project.weight", 4, (int64_t[]){4, 1, 1, 6}, 0.3, 0);
}

static struct engine *engine_of(const struct net *net)
{
    struct engine *g = engines_new(
        net, (struct engine_opts){.batch = 4, .shards = 2, .training = true});

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

/* K3 = M53 vec(centre of M75 vec(centre of K7)), by hand. */
static void transforms(void **state)
{
    struct pair p;
    size_t n;
    double k5[25];

    (void)state;
    pair_init(&p, 3);
    bind_gather(p.map[1]);
    const real *k7 = bank_find(p.bank, "dw.weight", false)->value;
    const real *m75 = bank_find(p.bank, "7to5", false)->value;
    const real *m53 = bank_find(p.bank, "5to3", false)->value;
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
    mean = bank_find(p.bank, "dw.mean", true)->value[0];
    bind_put_stats(p.map[0]);
    assert_true(bank_find(p.bank, "dw.mean", true)->value[0] != mean);
    assert_null(bank_find(p.bank, "dw.mean", true)->grad);
    pair_fini(&p);
}

static int try_bank(struct bank *bank, struct err *e)
{
    struct arena a = {0};
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
    add(b, "stem.weight", 4, (int64_t[]){3, 3, 3, 3}, 1, 0);
    assert_int_equal(try_bank(b, &e), -1);
    assert_string_equal(e.text, "tensor stem.weight of shape (3, 3, 3, 3) "
                                "does not fit (4, 3, 3, 3)");
    assert_null(bank_add(b, "stem.weight", 0, NULL, false, false));
    assert_null(bank_find(b, "other", false));
    bank_free(b);
    bank_free(NULL);
}

/* ---- given tensors, one parameter at a time ---- */

static float numbers[4096];

static bool put(struct tensors *to, const char *name, int role, int ndim,
                const int64_t *shape, const float *v)
{
    struct named_tensor t = {
        .name = (char *)name,
        .role = role,
        .value = {.dtype = DT_F32, .ndim = ndim, .data = v},
    };

    memcpy(t.value.shape, shape, (size_t)ndim * sizeof *shape);
    return tensors_add(to, &t);
}

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        numbers[i] = (float)((int)(i * 37 % 101) - 50);
    return 0;
}

static void names(void **state)
{
    struct tensors *s = tensors_new();
    int64_t shape[] = {3};
    char name[20];

    (void)state;
    assert_null(tensors_find(s, "a", ROLE_PARAM));
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "tensor%d", i);
        assert_true(put(s, name, ROLE_PARAM, 1, shape, numbers + i));
        assert_true(put(s, name, ROLE_STAT, 1, shape, numbers + 300 + i));
    }
    assert_int_equal(tensors_count(s), 600);
    for (int i = 0; i < 300; i++) {
        const struct named_tensor *p, *q;

        snprintf(name, sizeof name, "tensor%d", i);
        p = tensors_find(s, name, ROLE_PARAM);
        q = tensors_find(s, name, ROLE_STAT);
        assert_memory_equal(p->value.data, numbers + i, 12);
        assert_memory_equal(q->value.data, numbers + 300 + i, 12);
        assert_null(tensors_find(s, name, ROLE_MOMENTUM));
        assert_ptr_equal(tensors_at(s, (size_t)(2 * i)), p);
        assert_string_equal(p->name, name);
    }
    assert_null(tensors_find(s, "tensor300", ROLE_PARAM));
    assert_false(put(s, "tensor7", ROLE_PARAM, 1, shape, numbers));
    tensors_free(s);
    tensors_free(NULL);
}

/* The same in a bank, where given tensors have no gradient. */
static void bank_names(void **state)
{
    struct bank *b = bank_new();
    int64_t three = 3;
    char name[20];
    size_t n;
    struct bank_tensor *const *all;

    (void)state;
    for (int i = 0; i < 300; i++) {
        struct named_tensor t = {
            .name = name,
            .role = i % 2 ? ROLE_STAT : ROLE_PARAM,
            .value = {.dtype = DT_F32,
                      .ndim = 1,
                      .shape = {3},
                      .data = numbers + i},
        };

        snprintf(name, sizeof name, "tensor%d", i);
        assert_non_null(bank_lend(b, &t));
        assert_null(bank_lend(b, &t));
        assert_non_null(bank_add(b, name, 1, &three, i % 2 == 0, true));
    }
    all = bank_all(b, &n);
    assert_int_equal(n, 600);
    for (int i = 0; i < 300; i++) {
        const struct bank_tensor *t;

        snprintf(name, sizeof name, "tensor%d", i);
        t = bank_find(b, name, i % 2);
        assert_ptr_equal(all[2 * i], t);
        assert_true(t->value[2] == (real)numbers[i + 2]);
        assert_null(t->grad);
        assert_true(bank_find(b, name, i % 2 == 0)->value[0] == 0);
    }
    assert_null(bank_find(b, "tensor300", false));
    bank_free(b);
}

static void take_slices(void **state)
{
    struct tensors *given = tensors_new();
    int64_t shape[] = {4, 3, 5}, want[] = {2, 3, 2}, offset[] = {1, 0, 3};
    struct binding b = {
        .tensor = (char *)"t",
        .shape = {want, 3},
        .offset = {offset, 3},
    };
    real dense[60];
    struct engine_param p = {.binding = &b, .value = dense};
    struct err e;

    (void)state;
    assert_true(put(given, "t", ROLE_PARAM, 3, shape, numbers));
    assert_int_equal(bind_take(given, &p, &e), 1);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 2; k++)
                assert_true(dense[(i * 3 + j) * 2 + k] ==
                            (real)numbers[((i + 1) * 3 + j) * 5 + k + 3]);
    b.offset.n = 0;
    assert_int_equal(bind_take(given, &p, &e), 1);
    assert_true(dense[11] == (real)numbers[(1 * 3 + 2) * 5 + 1]);
    b.shape.v = shape; /* of just that shape: the offset does not count */
    b.offset.n = 3;
    assert_int_equal(bind_take(given, &p, &e), 1);
    for (int i = 0; i < 60; i++)
        assert_true(dense[i] == (real)numbers[i]);
    p.stat = true;
    assert_int_equal(bind_take(given, &p, &e), 0);
    tensors_free(given);
}

static void take_misfits(void **state)
{
    struct tensors *given = tensors_new();
    int64_t shape[] = {4, 6}, want[] = {4, 7}, offset[] = {1, 0};
    struct binding b = {.tensor = (char *)"t", .shape = {want, 2}};
    real dense[60];
    struct engine_param p = {.binding = &b, .value = dense};
    struct err e;

    (void)state;
    assert_true(put(given, "t", ROLE_PARAM, 2, shape, numbers));
    assert_int_equal(bind_take(given, &p, &e), ERR_FORMAT);
    assert_string_equal(e.text, "tensor t of shape (4, 6) does not fit (4, 7)");
    want[1] = 5;
    b.offset = (struct ints){offset, 2};
    assert_int_equal(bind_take(given, &p, &e), ERR_FORMAT);
    b.offset.n = 0;
    b.shape.n = 1;
    assert_int_equal(bind_take(given, &p, &e), ERR_FORMAT);
    tensors_free(given);
}

/* The values of a chain are those of `transforms`; here what may be missing,
 * and that the dense shape itself needs no transform. */
static void take_kernels(void **state)
{
    struct tensors *given = tensors_new();
    int64_t whole[] = {7, 7, 3}, m75[] = {25, 25}, m53[] = {9, 9};
    int64_t want[] = {3, 3, 3}, offset[] = {2, 2, 0};
    char *steps[] = {(char *)"7to5", (char *)"5to3"};
    struct binding b = {
        .tensor = (char *)"t",
        .shape = {want, 3},
        .offset = {offset, 3},
        .transforms = {steps, 2},
    };
    real dense[49 * 3];
    struct engine_param p = {.binding = &b, .value = dense};
    struct err e;

    (void)state;
    assert_true(put(given, "t", ROLE_PARAM, 3, whole, numbers));
    assert_true(put(given, "7to5", ROLE_PARAM, 2, m75, numbers + 200));
    assert_int_equal(bind_take(given, &p, &e), ERR_FORMAT);
    assert_string_equal(e.text, "no tensor 5to3");
    assert_true(put(given, "5to3", ROLE_PARAM, 2, m53, numbers + 900));
    assert_int_equal(bind_take(given, &p, &e), 1);
    offset[0] = 0;
    assert_int_equal(bind_take(given, &p, &e), ERR_FORMAT);
    assert_string_equal(e.text, "tensor t of shape (7, 7, 3) does not fit "
                                "(5, 5, 3)");
    b.shape.v = whole;
    assert_int_equal(bind_take(given, &p, &e), 1);
    for (int i = 0; i < 49 * 3; i++)
        assert_true(dense[i] == (real)numbers[i]);
    tensors_free(given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjoint),      cmocka_unit_test(transforms),
        cmocka_unit_test(statistics),   cmocka_unit_test(misfits),
        cmocka_unit_test(names),        cmocka_unit_test(bank_names),
        cmocka_unit_test(take_slices),  cmocka_unit_test(take_misfits),
        cmocka_unit_test(take_kernels),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
