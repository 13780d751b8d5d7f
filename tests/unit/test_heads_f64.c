/* SPDX-License-Identifier: MIT
 * Heads of early exits: costs, parameters and outputs against PyTorch's, published
 * costs, gradients, narrow heads on the tensors of wide ones. */
#include "tests/unit/gradcheck.h"

#include <stdio.h>

#include "libcommon/nn/train/bank.h"
#include "libcommon/nn/train/bind.h"
#include "libcommon/space/heads.h"
#include "tests/unit/nets.h"

struct head_ref {
    const char *name;
    int64_t size[3], width, pool[2], macs, params;
    int units;
    double out[8];
};
#include "tests/unit/heads_ref.h"

/* A head named "exit" on the image, behind nothing. */
static struct net_exit *alone(struct net *n, struct arena *a,
                              const struct exit_head *head, const int64_t *size,
                              struct head_site at)
{
    struct net_builder b = build_net(n, a, size[0], size[1], size[2], 3);

    at.prefix = "exit";
    at.from = NET_IMAGE;
    at.confidence = true;
    head_build(head, &b, &at);
    net_cost(n, MACS_TRUE);
    return net_exit_at(n, 0);
}

/* ---- the same in PyTorch ---- */

static double formula(const char *name, size_t i)
{
    uint64_t h = 0;

    for (; *name; name++)
        h = (h * 31 + (unsigned char)*name) % 65521;
    return (double)((i * 7919 + h * 104729 + 17) % 65521) / 65521 - 0.5;
}

static void fill(struct engine *g)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++) {
        bool one = strcmp(p[i].binding->slot, "gamma") == 0 ||
                   strcmp(p[i].binding->slot, "var") == 0;

        for (size_t k = 0; k < p[i].n; k++)
            p[i].value[k] = one + formula(p[i].binding->tensor, k);
    }
}

static void reference(void **state)
{
    bool seen[EXIT_HEADS] = {false};

    (void)state;
    for (size_t i = 0; i < sizeof head_refs / sizeof *head_refs; i++) {
        const struct head_ref *r = &head_refs[i];
        const struct exit_head *head = head_find(r->name);
        const struct head_choice c = {head, r->width};
        const struct head_window pool = {r->pool[0], r->pool[1]};
        struct arena a = {0};
        struct net net;
        double maps[2 * 12 * 12 * 6];
        struct net_exit *x = alone(
            &net, &a, head, r->size,
            (struct head_site){.pool = pool, .width = r->width});
        struct engine *g = engine_new(&net, &(struct engine_opts){.batch = 2});
        size_t n = 2 * (size_t)(r->size[0] * r->size[1] * r->size[2]);

        assert_true(n <= sizeof maps / sizeof *maps);
        assert_true(head_stands(head, r->size[0], r->size[1]));
        assert_int_equal(x->head_macs, r->macs);
        assert_int_equal(head_macs(&c, r->size, pool, 3, MACS_TRUE), r->macs);
        assert_int_equal(net.params, r->params);
        assert_int_equal(net_layer(&net, net.layers.n - 1)->out.v[2], r->units);
        assert_int_equal(x->confidence, r->units == 4);
        fill(g);
        for (size_t k = 0; k < n; k++)
            maps[k] = 4 * formula("maps", k);
        engine_forward(g, maps, 2, ENGINE_EVAL);
        for (int k = 0; k < 2 * r->units; k++)
            if (!(fabs(engine_logits(g, 0)[k] - r->out[k]) < 1e-11))
                fail_msg("case %zu, %s: output %d is %.15g, not %.15g", i,
                         r->name, k, engine_logits(g, 0)[k], r->out[k]);
        seen[head - exit_heads] = true;
        engine_free(g);
        arena_free(&a);
    }
    for (size_t i = 0; i < EXIT_HEADS; i++)
        assert_true(seen[i]);
}

/* ---- published costs ---- */

static int64_t macs_of(int head, int64_t side, int64_t c, enum mac_rule rule)
{
    const struct head_choice choice = {&exit_heads[head], 0};

    return head_macs(&choice, (int64_t[]){side, side, c},
                     (struct head_window){1, 1}, 10, rule);
}

/* The exits of EEAlexNet and EEResNet20, in millions to the second digit: by the
 * paper's rule behind the prefixes that it counts, and by the true one. */
static void published_static(void **state)
{
    static const struct {
        int64_t side, c, prefix;
        double gamma;
        enum mac_rule rule;
    } want[] = {
        {34, 64, 1769472, 87.27, MACS_PAPER},
        {18, 192, 129862656, 201.59, MACS_PAPER},
        {9, 384, 344977920, 380.82, MACS_PAPER},
        {9, 256, 416641536, 440.54, MACS_PAPER},
        {32, 16, 442368, 19.57, MACS_PAPER},
        {32, 16, 5160960, 24.29, MACS_PAPER},
        {32, 16, 442368, 17.17, MACS_TRUE},
        {32, 16, 14598144, 31.33, MACS_TRUE},
        {16, 32, 18137088, 25.38, MACS_TRUE},
        {8, 64, 31113216, 33.77, MACS_TRUE},
        {8, 64, 35831808, 38.49, MACS_TRUE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        double gamma = (double)(want[i].prefix +
                                macs_of(HEAD_STATIC, want[i].side, want[i].c,
                                        want[i].rule)) /
                       1e6;

        if (fabs(gamma - want[i].gamma) > 0.005 + 1e-9)
            fail_msg("%zu: %.4f, not %.2f", i, gamma, want[i].gamma);
    }
}

/* EDANAS counts an ExitBlock like the backbone: one more for each output of a
 * norm, of h-swish and of the mean.  Its smallest nets at 32 pixels have these
 * prefixes; the costs are printed with two digits. */
static void published_exitblock(void **state)
{
    static const struct {
        int64_t side, c, prefix;
        double gamma;
    } want[] = {
        {8, 24, 817664, 1.09}, {4, 40, 1181632, 1.42}, {2, 80, 1472672, 1.95}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int64_t c = want[i].c, pixels = want[i].side * want[i].side,
                more = 2 * 6 * c * pixels + 6 * c + 8 * c,
                macs = macs_of(HEAD_EXITBLOCK, want[i].side, c, MACS_TRUE);

        assert_int_equal(macs, 6 * c * c * pixels + 48 * c * c + 80 * c);
        assert_true(fabs((double)(want[i].prefix + macs + more) / 1e6 -
                         want[i].gamma) < 0.006);
    }
}

/* ---- gradients ---- */

/* Each head behind a layer that learns, too. */
static void gradients(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXIT_HEADS; i++) {
        struct arena a = {0};
        struct net net;
        struct net_builder b = build_net(&net, &a, 6, 7, 2, 3);
        struct err e;
        int64_t x = build_conv(&b, "stem", NET_IMAGE, 3, 3, 1, BUILD_NORM,
                               ACT_HSWISH);

        head_build(&exit_heads[i], &b,
                   &(struct head_site){.prefix = "exit",
                                       .from = x,
                                       .pool = {2, 1},
                                       .width = exit_heads[i].width ? 8 : 0,
                                       .confidence = true});
        head_build(&exit_heads[HEAD_GAP], &b,
                   &(struct head_site){.prefix = "final", .from = x});
        nets_must(build_done(&b, MACS_TRUE, &e), &e);
        gradcheck(&net, 4, 1);
        arena_free(&a);
    }
}

/* ---- widths ---- */

static struct engine *engine_of(const struct net *n)
{
    struct engine *g = engine_new(
        n, &(struct engine_opts){.batch = 3, .shards = 2, .training = true});

    gradcheck_fill(g, 4);
    return g;
}

/* Set to zero whatever makes a channel of a layer that is none of the first
 * `share' of them: what is left is a narrower head. */
static void narrow(struct engine *g, double share)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++) {
        const char *slot = p[i].binding->slot;
        size_t c = (size_t)p[i].layer->out.v[2], each = p[i].n / c;

        if (layer_is_depthwise(p[i].layer) || p[i].stat ||
            strcmp(p[i].layer->name, "exit.classifier") == 0)
            continue;
        if (strcmp(slot, "weight") == 0 && p[i].layer->norm)
            continue;
        for (size_t k = (size_t)((double)c * share) * each; k < p[i].n; k++)
            p[i].value[k] = 0;
    }
}

/* A narrow head on the tensors of a wide one says what the wide one says when
 * its other channels are silent. */
static void widths(void **state)
{
    const int64_t size[] = {4, 6, 5};

    (void)state;
    for (size_t i = 0; i < EXIT_HEADS; i++)
        for (int64_t side = 1; exit_heads[i].width && side < 3; side++) {
            struct head_site site = {
                .pool = {side, side}, .width = 24, .widest = 24};
            struct bank *bank = bank_new();
            struct arena a = {0};
            struct net wide, slim;
            struct bind_map *map;
            struct engine *g[2];
            struct err e;
            double *maps;

            alone(&wide, &a, &exit_heads[i], size, site);
            site.width = 8;
            alone(&slim, &a, &exit_heads[i], size, site);
            maps = gradcheck_images(&wide, 3, 1);
            g[0] = engine_of(&wide);
            bind_missing(g[0], bank);
            g[1] = engine_of(&slim);
            nets_must(bind_new(g[1], bank, &map, &e), &e);
            bind_gather(map);
            narrow(g[0], 1. / 3);
            for (int k = 0; k < 2; k++)
                engine_forward(g[k], maps, 3, ENGINE_EVAL);
            for (int k = 0; k < 3 * 4; k++)
                if (!(fabs(engine_logits(g[0], 0)[k] -
                           engine_logits(g[1], 0)[k]) < 1e-11))
                    fail_msg("%s: output %d", exit_heads[i].name, k);
            bind_free(map);
            engine_free(g[0]);
            engine_free(g[1]);
            bank_free(bank);
            free(maps);
            arena_free(&a);
        }
}

/* What a narrow head learns arrives in the wide one's tensors. */
static void widths_learn(void **state)
{
    struct bank *bank = bank_new();
    struct arena a = {0};
    struct net wide, slim;
    struct bind_map *map;
    struct engine *g[2];
    struct head_site site = {.width = 24, .widest = 24};
    struct bank_tensor *const *t;
    struct err e;
    double *maps;
    size_t n;

    (void)state;
    alone(&wide, &a, &exit_heads[HEAD_CONV], (int64_t[]){3, 2, 2}, site);
    site.width = 8;
    alone(&slim, &a, &exit_heads[HEAD_CONV], (int64_t[]){3, 2, 2}, site);
    maps = gradcheck_images(&wide, 3, 1);
    g[0] = engine_of(&wide);
    g[1] = engine_of(&slim);
    bind_missing(g[0], bank);
    nets_must(bind_new(g[1], bank, &map, &e), &e);
    t = bank_all(bank, &n);
    bind_gather(map);
    engine_step(g[1], maps, 3, gradcheck_loss, NULL);
    bind_scatter(map);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < t[i]->n; k += t[i]->n / 40 + 1) {
            double was = t[i]->value[k], up, down;

            t[i]->value[k] = was + 1e-6;
            bind_gather(map);
            up = engine_step(g[1], maps, 3, gradcheck_loss, NULL);
            t[i]->value[k] = was - 1e-6;
            bind_gather(map);
            down = engine_step(g[1], maps, 3, gradcheck_loss, NULL);
            t[i]->value[k] = was;
            if (!(fabs((up - down) / 2e-6 - t[i]->grad[k]) < 1e-5))
                fail_msg("%s[%zu]: %g, %g", t[i]->name, k, (up - down) / 2e-6,
                         t[i]->grad[k]);
        }
    bind_free(map);
    engine_free(g[0]);
    engine_free(g[1]);
    bank_free(bank);
    free(maps);
    arena_free(&a);
}

/* Runs that do not divide an axis are refused, and tensors that have no such
 * runs. */
static void runs(void **state)
{
    struct bank *bank = bank_new();
    struct arena a = {0};
    struct net net;
    struct net_builder b = build_net(&net, &a, 3, 2, 4, 3);
    struct binding *w;
    struct bind_map *map;
    struct engine *g;
    struct err e;

    (void)state;
    head_build(
        &exit_heads[HEAD_CONV], &b,
        &(struct head_site){
            .prefix = "exit", .from = NET_IMAGE, .width = 8, .widest = 16});
    w = layer_binding(build_last(&b), "weight");
    assert_int_equal(w->runs, 6);
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
    g = engine_of(&net);
    bank_add(bank, "exit.classifier.weight", 2, (int64_t[]){3, 6 * 16 + 1},
             false, true);
    bind_missing(g, bank);
    assert_int_equal(bind_new(g, bank, &map, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "exit.classifier.weight"));
    w->runs = 7;
    assert_int_equal(net_check(&net, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "runs"));
    w->runs = -1;
    assert_int_equal(net_check(&net, &e), ERR_FORMAT);
    engine_free(g);
    bank_free(bank);
    arena_free(&a);
}

/* In a supernet, weights whose shape depends on the pool are named by it. */
static void windows(void **state)
{
    static const struct {
        int head;
        const char *layer, *tensor;
    } want[] = {
        {HEAD_CONV, "exit.classifier", "exit.classifier.2x3.weight"},
        {HEAD_CONV, "exit.conv1", "exit.conv1.weight"},
        {HEAD_STATIC, "exit.conv", "exit.conv.2x3.weight"},
        {HEAD_FC, "exit.hidden", "exit.hidden.2x3.weight"},
        {HEAD_FC, "exit.classifier", "exit.classifier.weight"},
        {HEAD_MIX, "exit.classifier", "exit.classifier.weight"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct head_site site = {.pool = {2, 3}, .shared = true};
        struct arena a = {0};
        struct net net;
        bool found = false;

        assert_int_equal(alone(&net, &a, &exit_heads[want[i].head],
                               (int64_t[]){8, 12, 3}, site)
                             ->pool,
                         exit_heads[want[i].head].flattens ? 2 : 1);
        for (size_t k = 0; k < net.layers.n; k++)
            if (strcmp(net_layer(&net, k)->name, want[i].layer) == 0) {
                found = true;
                assert_string_equal(
                    layer_binding(net_layer(&net, k), "weight")->tensor,
                    want[i].tensor);
            }
        assert_true(found);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference),
        cmocka_unit_test(gradients),
        cmocka_unit_test(published_static),
        cmocka_unit_test(widths),
        cmocka_unit_test(published_exitblock),
        cmocka_unit_test(widths_learn),
        cmocka_unit_test(runs),
        cmocka_unit_test(windows),
    };

    return cmocka_run_group_tests_name("heads", tests, NULL, NULL);
}
