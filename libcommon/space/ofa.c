/* SPDX-License-Identifier: MIT
 * The Once-for-All MobileNetV3 family. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/number.h"
#include "libcommon/space/family.h"

#define STAGES 5
#define MAX_DEPTH 4
#define STAGE_GENES (1 + 2 * MAX_DEPTH) /* depth, kernels, expand ratios */
#define EXITS_AT (STAGES * STAGE_GENES) /* first gene of the exit mask */
#define MAX_KERNEL 7

struct ofa {
    double width;
    int64_t res, classes, exits, channels;
};

static const struct {
    int64_t channels, stride;
    int act;
    bool se;
} stages[STAGES] = {
    {24, 2, ACT_RELU, false},   {40, 2, ACT_RELU, true},
    {80, 2, ACT_HSWISH, false}, {112, 1, ACT_HSWISH, true},
    {160, 2, ACT_HSWISH, true},
};

static const int64_t depths[] = {2, 3, 4};
static const int64_t kernels[] = {3, 5, 7};
static const int64_t ratios[] = {3, 4, 6};

/* ---- sizes ---- */

/* Returns the nearest multiple of 8, or the next one where that is more than
 * 10 % below v. */
static int64_t divisible(double v)
{
    int64_t n = (int64_t)floor((v + 4) / 8) * 8;

    n = n < 8 ? 8 : n;
    return (double)n < 0.9 * v ? n + 8 : n;
}

static int64_t scaled(const struct ofa *o, int64_t channels)
{
    return divisible((double)channels * o->width);
}

/* Returns the stage (from 1) that exit point i (from 1) follows. */
static int64_t exit_stage(const struct ofa *o, int64_t i)
{
    return i * STAGES / (o->exits + 1);
}

/* ---- spec ---- */

static const struct key {
    const char *name;
    double min, max;
} keys[] = {
    {"width", 0.05, 10},      {"res", 8, 1024},    {"classes", 1, 10000},
    {"exits", 1, STAGES - 1}, {"channels", 1, 64},
};
enum { KEY_WIDTH, KEY_RES, KEY_CLASSES, KEY_EXITS, KEY_CHANNELS, KEYS };

/* Read one key=value of n characters. */
static int parse_pair(const char *text, size_t n, double values[KEYS],
                      bool given[KEYS], struct err *e)
{
    size_t name = strcspn(text, "="), digits = n - name - 1;
    const char *value = text + name + 1;
    char copy[32] = "", *end;
    int k = 0;

    while (k < KEYS && (strlen(keys[k].name) != name ||
                        memcmp(keys[k].name, text, name) != 0))
        k++;
    if (k == KEYS || name >= n)
        return err_set(e, ERR_ARG, "'%.*s' is not one of %s=VALUE",
                       (int)(n < 60 ? n : 60), text, family_ofa.keys);
    if (given[k])
        return err_set(e, ERR_ARG, "%s twice", keys[k].name);
    given[k] = true;

    if (digits < sizeof copy)
        memcpy(copy, value, digits);
    values[k] = strtod(copy, &end);
    if (!*copy || *end || strspn(copy, "0123456789.e-") != digits ||
        !(values[k] >= keys[k].min && values[k] <= keys[k].max) ||
        (k != KEY_WIDTH && values[k] != floor(values[k])))
        return err_set(e, ERR_ARG, "%s=%.*s: not %s from %g to %g",
                       keys[k].name, (int)(digits < 40 ? digits : 40), value,
                       k == KEY_WIDTH ? "a number" : "a whole number",
                       keys[k].min, keys[k].max);
    return 0;
}

static int parse_params(const char *params, struct ofa *o, struct err *e)
{
    double values[KEYS] = {1, 32, 10, STAGES - 1, 3};
    bool given[KEYS] = {false};

    while (*params) {
        size_t n = strcspn(params, ",");
        int rc = parse_pair(params, n, values, given, e);

        if (rc < 0)
            return rc;
        params += n + (params[n] == ',');
        if (params[-1] == ',' && !*params)
            return err_set(e, ERR_ARG, "a spec that ends with a comma");
    }
    *o = (struct ofa){
        .width = values[KEY_WIDTH],
        .res = (int64_t)values[KEY_RES],
        .classes = (int64_t)values[KEY_CLASSES],
        .exits = (int64_t)values[KEY_EXITS],
        .channels = (int64_t)values[KEY_CHANNELS],
    };
    return 0;
}

/* ---- genes ---- */

static void add_layer_genes(struct genes *g, int stage, char what,
                            const char *const *choices)
{
    int depth = (stage - 1) * STAGE_GENES;

    for (int j = 1; j <= MAX_DEPTH; j++) {
        char name[32];
        struct gene *gene;

        snprintf(name, sizeof name, "s%d.%c%d", stage, what, j);
        gene = genes_add(g, name, stage, choices, 3);
        if (j > depths[0]) {
            gene->when = depth;
            gene->when_min = j - (int)depths[0];
        }
    }
}

static int ofa_open(const char *params, void **config, struct genes *genes,
                    struct buf *canonical, struct err *e)
{
    static const char *const d[] = {"2", "3", "4"}, *const k[] = {"3", "5",
                                                                  "7"};
    static const char *const r[] = {"3", "4", "6"}, *const b[] = {"0", "1"};
    struct ofa o;
    char name[32];
    int rc = parse_params(params, &o, e);

    if (rc < 0)
        return rc;
    buf_adds(canonical, "width=");
    number_digits(o.width, false, canonical);
    buf_addf(canonical, ",res=%" PRId64 ",classes=%" PRId64 ",exits=%" PRId64,
             o.res, o.classes, o.exits);
    if (o.channels != 3)
        buf_addf(canonical, ",channels=%" PRId64, o.channels);

    for (int s = 1; s <= STAGES; s++) {
        snprintf(name, sizeof name, "s%d.depth", s);
        genes_add(genes, name, s, d, 3);
        add_layer_genes(genes, s, 'k', k);
        add_layer_genes(genes, s, 'e', r);
    }
    for (int64_t i = 1; i <= o.exits; i++) {
        snprintf(name, sizeof name, "exit%" PRId64, i);
        genes_add(genes, name, (int)exit_stage(&o, i), b, 2)->group = 1;
    }
    *config = xmemdup(&o, sizeof o);
    return 0;
}

/* These return the depth of stage s, and the kernel and expansion ratio of its
 * layer j; both count from 0. */
static int64_t depth_of(const int64_t *genome, int s)
{
    return depths[genome[s * STAGE_GENES]];
}

static int64_t kernel_of(const int64_t *genome, int s, int64_t j)
{
    return kernels[genome[s * STAGE_GENES + 1 + j]];
}

static int64_t ratio_of(const int64_t *genome, int s, int64_t j)
{
    return ratios[genome[s * STAGE_GENES + 1 + MAX_DEPTH + j]];
}

static void describe_layers(const int64_t *genome, const char *what,
                            int64_t (*of)(const int64_t *, int, int64_t),
                            struct buf *out)
{
    buf_adds(out, what);
    for (int s = 0; s < STAGES; s++) {
        if (s)
            buf_adds(out, ",");
        for (int64_t j = 0; j < depth_of(genome, s); j++)
            buf_addf(out, "%" PRId64, of(genome, s, j));
    }
}

static void ofa_describe(const void *config, const int64_t *genome,
                         struct buf *out)
{
    const struct ofa *o = config;

    for (int s = 0; s < STAGES; s++)
        buf_addf(out, "%s%" PRId64, s ? "," : "d=", depth_of(genome, s));
    describe_layers(genome, " k=", kernel_of, out);
    describe_layers(genome, " e=", ratio_of, out);
    buf_adds(out, " exits=");
    for (int64_t i = 0; i < o->exits; i++)
        buf_addf(out, "%" PRId64, genome[EXITS_AT + i]);
}

/* ---- design as text, the way back ---- */

/* Set *gene to the choice, one of three, that the digit at *at names, and
 * advance; returns false, with -1, when it names none. */
static bool parse_digit(const char **at, const int64_t *choices, int64_t *gene)
{
    for (*gene = 2; *gene >= 0 && **at != '0' + choices[*gene]; --*gene)
        ;
    *at += *gene >= 0;
    return *gene >= 0;
}

static bool parse_word(const char **at, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(*at, word, n) != 0)
        return false;
    *at += n;
    return true;
}

/* Read a digit for each layer, with commas between stages; `first` is the first
 * layer's gene within its stage. */
static bool parse_layers(const char **at, const int64_t *choices, int first,
                         int64_t *genome)
{
    for (int s = 0; s < STAGES; s++) {
        if (s && !parse_word(at, ","))
            return false;
        for (int64_t j = 0; j < depth_of(genome, s); j++)
            if (!parse_digit(at, choices, &genome[s * STAGE_GENES + first + j]))
                return false;
    }
    return true;
}

static int ofa_parse(const void *config, const char *text, int64_t *genome,
                     struct err *e)
{
    const struct ofa *o = config;
    const char *at = text;
    bool fine = parse_word(&at, "d=");

    memset(genome, 0, (size_t)(EXITS_AT + o->exits) * sizeof *genome);
    for (int s = 0; s < STAGES && fine; s++)
        fine = (!s || parse_word(&at, ",")) &&
               parse_digit(&at, depths, &genome[s * STAGE_GENES]);
    fine = fine && parse_word(&at, " k=") &&
           parse_layers(&at, kernels, 1, genome) && parse_word(&at, " e=") &&
           parse_layers(&at, ratios, 1 + MAX_DEPTH, genome) &&
           parse_word(&at, " exits=");
    for (int64_t i = 0; i < o->exits && fine; i++) {
        fine = *at == '0' || *at == '1';
        if (fine)
            genome[EXITS_AT + i] = *at++ - '0';
    }
    if (fine && *at == '\0')
        return 0;
    return err_set(e, ERR_FORMAT,
                   "'%.120s' is no design of this space, from '%.40s' on", text,
                   at);
}

/* ---- network ---- */

/* Bind the depthwise kernel to the centre of the supernet's 7x7 one, with the
 * transforms that make it smaller step by step. */
static void bind_kernel(struct net_builder *b, int64_t k)
{
    struct layer *l = build_last(b);
    struct binding *w = layer_binding(l, "weight");
    int64_t *offset = arena_alloc(b->arena, 3, sizeof *offset);
    char name[NET_MAX_NAME];
    size_t steps = (size_t)(MAX_KERNEL - k) / 2;

    if (!steps)
        return;
    offset[0] = offset[1] = (int64_t)steps;
    w->offset = (struct ints){offset, 3};
    w->transforms.v = arena_alloc(b->arena, steps, sizeof(char *));
    for (size_t i = 0; i < steps; i++) {
        int from = MAX_KERNEL - 2 * (int)i;

        snprintf(name, sizeof name, "%s.%dto%d", l->name, from, from - 2);
        w->transforms.v[w->transforms.n++] = arena_strdup(b->arena, name);
    }
}

/* Add one inverted bottleneck.  Returns its last layer. */
static int64_t add_block(struct net_builder *b, int s, int64_t j, int64_t from,
                         int64_t cout, int64_t kernel, int64_t ratio)
{
    int64_t cin = build_shape(b, from)->v[2], x;
    int64_t mid = divisible((double)(cin * ratio));
    int64_t stride = j == 0 ? stages[s].stride : 1;
    int act = stages[s].act;
    char name[64];

#define NAME(part) \
    (snprintf(name, sizeof name, "s%d.b%" PRId64 "." part, s + 1, j), name)
    x = build_conv(b, NAME("expand"), from, mid, 1, 1, BUILD_NORM, act);
    x = build_conv(b, NAME("depthwise"), x, 0, kernel, stride,
                   BUILD_NORM | BUILD_DEPTHWISE, act);
    bind_kernel(b, kernel);
    if (stages[s].se)
        x = build_se(b, NAME("se"), x, divisible((double)(mid / 4)));
    x = build_conv(b, NAME("project"), x, cout, 1, 1, BUILD_NORM, ACT_NONE);
    if (stride == 1 && cin == cout)
        x = build_add(b, NAME("add"), from, x, ACT_NONE);
#undef NAME
    return x;
}

static void ofa_net(const void *config, const int64_t *genome,
                    const struct head_window *pools, struct net *n,
                    struct arena *a)
{
    const struct ofa *o = config;
    struct net_builder builder = build_net(n, a, o->res, o->res, o->channels,
                                           o->classes),
                       *b = &builder;
    int64_t c = scaled(o, 16), stem, first, x;
    size_t exits = 0;

    stem = build_conv(b, "stem", NET_IMAGE, c, 3, 2, BUILD_NORM, ACT_HSWISH);
    x = build_conv(b, "block0.depthwise", stem, 0, 3, 1,
                   BUILD_NORM | BUILD_DEPTHWISE, ACT_RELU);
    x = build_conv(b, "block0.project", x, c, 1, 1, BUILD_NORM, ACT_NONE);
    x = build_add(b, "block0.add", stem, x, ACT_NONE);
    for (int s = 0; s < STAGES; s++) {
        for (int64_t j = 0; j < depth_of(genome, s); j++)
            x = add_block(b, s, j, x, scaled(o, stages[s].channels),
                          kernel_of(genome, s, j), ratio_of(genome, s, j));
        for (int64_t i = 1; i <= o->exits; i++) {
            char prefix[32];

            if (exit_stage(o, i) != s + 1 || !genome[EXITS_AT + i - 1])
                continue;
            snprintf(prefix, sizeof prefix, "exit%" PRId64, i);
            head_build(
                family_ofa.head, b,
                &(struct head_site){
                    .prefix = prefix,
                    .from = x,
                    .stage = s,
                    .pool = pools ? pools[exits] : (struct head_window){1, 1},
                    .confidence = true,
                });
            exits++;
        }
    }
    first = x = build_conv(b, "final.expand", x, scaled(o, 960), 1, 1,
                           BUILD_NORM, ACT_HSWISH);
    x = build_simple(b, "final.pool", OP_GLOBALPOOL, x, ACT_NONE);
    x = build_linear(b, "final.mix", x, scaled(o, 1280), 0, ACT_HSWISH);
    build_linear(b, "final.classifier", x, o->classes, BUILD_BIAS, ACT_NONE);
    build_exit(b, (struct net_exit){.stage = STAGES - 1, .first = first});
}

const struct space_family family_ofa = {
    .name = "ofa-mbv3",
    .keys = "width=1,res=32,classes=10,exits=4,channels=3",
    .head = &exit_heads[HEAD_CONV],
    .open = ofa_open,
    .describe = ofa_describe,
    .parse = ofa_parse,
    .net = ofa_net,
};
