/* SPDX-License-Identifier: MIT
 * A table has the networks. */
#include "tools/net-zoo/zoo.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQUARE(n) \
    {             \
        (n), (n)  \
    }
#define ZOO_RESNET "resnet"
#define CHANNELS_MAX 1024 /* of an image */

/* He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2016),
 * section 4.2, shortcuts of option A: 6 n + 2 layers are three stages of n
 * blocks. */
/* clang-format off */
#define RESNET(layers, n, about)                                        \
    {                                                                   \
        "resnet" #layers, about, {32, 32, 3}, 10, BUILD_NORM, 0,        \
        {                                                               \
            {"stem", ZOO_CONV, 16, SQUARE(3), SQUARE(1), 1, 0},         \
            {"s1", ZOO_RESIDUAL, 16, SQUARE(3), SQUARE(1), n, 0},       \
            {"s2", ZOO_RESIDUAL, 32, SQUARE(3), SQUARE(2), n, 0},       \
            {"s3", ZOO_RESIDUAL, 64, SQUARE(3), SQUARE(2), n, 0},       \
        }                                                               \
    }
/* clang-format on */

const struct zoo_net zoo_nets[] = {
    RESNET(20, 3, "He et al. 2016, for CIFAR"),
    RESNET(32, 5, "likewise, and any 6 n + 2"),
    RESNET(56, 9, "likewise"),
    RESNET(110, 18, "likewise"),
    RESNET(152, 25, "likewise, deeper"),

    /* This is a small form of Krizhevsky, Sutskever, Hinton (2012): it has the
     * five convolutions and the pools behind the same three, but one hidden
     * layer. */
    {"alexnet",
     "after Krizhevsky et al. 2012",
     {32, 32, 3},
     10,
     BUILD_BIAS,
     256,
     {
         {"conv1", ZOO_CONV, 32, SQUARE(5), SQUARE(1), 1, 2},
         {"conv2", ZOO_CONV, 64, SQUARE(5), SQUARE(1), 1, 2},
         {"conv3", ZOO_CONV, 96, SQUARE(3), SQUARE(1), 1, 0},
         {"conv4", ZOO_CONV, 96, SQUARE(3), SQUARE(1), 1, 0},
         {"conv5", ZOO_CONV, 64, SQUARE(3), SQUARE(1), 1, 2},
     }},

    /* Howard et al.: MobileNets (2017), table 1; the stride of the last
     * depthwise convolution is 1, as the sizes in that table require. */
    {"mobilenetv1",
     "Howard et al. 2017, table 1",
     {224, 224, 3},
     1000,
     BUILD_NORM,
     0,
     {
         {"stem", ZOO_CONV, 32, SQUARE(3), SQUARE(2), 1, 0},
         {"s1", ZOO_SEPARABLE, 64, SQUARE(3), SQUARE(1), 1, 0},
         {"s2", ZOO_SEPARABLE, 128, SQUARE(3), SQUARE(2), 2, 0},
         {"s3", ZOO_SEPARABLE, 256, SQUARE(3), SQUARE(2), 2, 0},
         {"s4", ZOO_SEPARABLE, 512, SQUARE(3), SQUARE(2), 6, 0},
         {"s5", ZOO_SEPARABLE, 1024, SQUARE(3), SQUARE(2), 2, 0},
     }},

    /* Zhang, Suda, Lai, Chandra: Hello Edge (2017), DS-CNN small, medium and
     * large, for 49 frames of 10 cepstral coefficients.  The paper counts 5.4, 19.8
     * and 56.9 million operations: two per multiplication and addition and one for
     * the bias of each output of a convolution. */
    {"ds-cnn-s",
     "Zhang et al. 2017, small",
     {49, 10, 1},
     12,
     BUILD_NORM | ZOO_SAME,
     0,
     {
         {"stem", ZOO_CONV, 64, {10, 4}, SQUARE(2), 1, 0},
         {"s1", ZOO_SEPARABLE, 64, SQUARE(3), SQUARE(1), 4, 0},
     }},
    {"ds-cnn-m",
     "Zhang et al. 2017, medium",
     {49, 10, 1},
     12,
     BUILD_NORM | ZOO_SAME,
     0,
     {
         {"stem", ZOO_CONV, 172, {10, 4}, {2, 1}, 1, 0},
         {"s1", ZOO_SEPARABLE, 172, SQUARE(3), SQUARE(2), 4, 0},
     }},
    {"ds-cnn-l",
     "Zhang et al. 2017, large",
     {49, 10, 1},
     12,
     BUILD_NORM | ZOO_SAME,
     0,
     {
         {"stem", ZOO_CONV, 276, {10, 4}, {2, 1}, 1, 0},
         {"s1", ZOO_SEPARABLE, 276, SQUARE(3), SQUARE(2), 5, 0},
     }},

    /* This is DS-CNN small, padded on both sides alike. */
    {"ds-cnn",
     "ds-cnn-s, padded evenly",
     {49, 10, 1},
     12,
     BUILD_NORM,
     0,
     {
         {"stem", ZOO_CONV, 64, {10, 4}, SQUARE(2), 1, 0},
         {"s1", ZOO_SEPARABLE, 64, SQUARE(3), SQUARE(1), 4, 0},
     }},

    /* This is DS-CNN small with convolutions along time alone; what is measured
     * at each time (cepstral coefficients, the leads of an ECG, the axes of an
     * accelerometer) is in the channels. */
    {"ds-cnn-1d",
     "ds-cnn along time alone",
     {49, 1, 10},
     12,
     BUILD_NORM,
     0,
     {
         {"stem", ZOO_CONV, 64, {10, 1}, {2, 1}, 1, 0},
         {"s1", ZOO_SEPARABLE, 64, {3, 1}, SQUARE(1), 4, 0},
     }},

    /* Beats of an ECG, a window around each, its leads in the channels.  Four
     * beats of five are normal and easy, so the first block, where most exits
     * of such a network are taken, stands at a quarter of its cost. */
    {"ecg-cnn",
     "residual, for heart beats",
     {256, 1, 2},
     5,
     BUILD_NORM,
     0,
     {
         {"stem", ZOO_CONV, 16, {7, 1}, {2, 1}, 1, 0},
         {"s1", ZOO_RESIDUAL, 24, {5, 1}, {2, 1}, 1, 0},
         {"s2", ZOO_RESIDUAL, 48, {5, 1}, {2, 1}, 1, 0},
         {"s3", ZOO_RESIDUAL, 64, {5, 1}, {2, 1}, 1, 0},
     }},
    {.name = NULL},
};

bool zoo_find(const char *name, struct zoo_net *out)
{
    const char *digits = name + strlen(ZOO_RESNET);
    char *end;
    long layers;

    for (const struct zoo_net *z = zoo_nets; z->name; z++)
        if (strcmp(z->name, name) == 0) {
            *out = *z;
            return true;
        }
    if (!zoo_is_resnet(name) || *digits < '1' || *digits > '9')
        return false;
    layers = strtol(digits, &end, 10);
    if (*end || layers < ZOO_RESNET_LEAST || layers > ZOO_RESNET_MOST ||
        layers % 6 != 2)
        return false;
    *out = zoo_nets[0];
    out->name = name;
    for (struct zoo_stage *s = out->stages + 1; s->blocks; s++)
        s->blocks = layers / 6;
    return true;
}

bool zoo_is_resnet(const char *name)
{
    return strncmp(name, ZOO_RESNET, strlen(ZOO_RESNET)) == 0;
}

void zoo_block_name(const struct zoo_stage *stage, int64_t i,
                    char name[ZOO_MAX_NAME])
{
    if (stage->block == ZOO_CONV)
        snprintf(name, ZOO_MAX_NAME, "%s", stage->name);
    else
        snprintf(name, ZOO_MAX_NAME, "%s.b%" PRId64, stage->name, i);
}

struct zoo_opts zoo_defaults(const struct zoo_net *z)
{
    return (struct zoo_opts){
        .input = {z->input[0], z->input[1], z->input[2]},
        .classes = z->classes,
        .width = 1,
        .head = {&exit_heads[HEAD_GAP], 0},
    };
}

int zoo_parse_input(const char *text, int64_t input[3], struct err *e)
{
    static const int64_t most[] = {NET_MAX_SIDE, NET_MAX_SIDE, CHANNELS_MAX};
    const char *at = text;

    for (size_t i = 0; i < 3; i++) {
        char *end;

        if (*at < '1' || *at > '9')
            break;
        input[i] = strtoll(at, &end, 10);
        if (input[i] > most[i] || *end != (i < 2 ? 'x' : '\0'))
            break;
        if (i == 2)
            return 0;
        at = end + 1;
    }
    return err_set(
        e, ERR_ARG,
        "'%.40s' is not HxWxC with sides of at most %d and at most %d "
        "channels",
        text, NET_MAX_SIDE, CHANNELS_MAX);
}
