#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Layers, MACs and parameters of net-zoo's networks as PyTorch has them: writes
tests/unit/zoo_ref.h.

    /usr/bin/python3 tests/reference/zoo_costs.py >tests/unit/zoo_ref.h

The networks are written a second time, as PyTorch modules; MACs are counted
where a convolution or linear layer runs, parameters are the modules' own."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def scaled(c, width):
    return max(8, int(c * width))


def conv(i, o, k, s=1, p=0, groups=1, relu=True):
    return [nn.Conv2d(i, o, k, s, p, groups=groups, bias=False),
            nn.BatchNorm2d(o)] + ([nn.ReLU()] if relu else [])


class Basic(nn.Module):
    """Shortcut of option A; stride and kernel may differ along height and
    width."""
    def __init__(self, i, o, stride, k=(3, 3)):
        super().__init__()
        pad = [n // 2 for n in k]
        self.body = nn.Sequential(*conv(i, o, k, stride, pad),
                                  *conv(o, o, k, 1, pad, relu=False))
        self.stride, self.more = stride, o - i

    def forward(self, x):
        y = self.body(x)
        x = x[:, :, ::self.stride[0], ::self.stride[1]]
        x = F.pad(x, (0, 0, 0, 0, self.more // 2,
                      self.more - self.more // 2))
        return F.relu(x + y)


def mean_head(c, classes):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes)]


def resnet(depth):
    def make(size, classes, width):
        c = scaled(16, width)
        layers = conv(size[2], c, 3, 1, 1)
        for stage, o in enumerate((16, 32, 64)):
            o = scaled(o, width)
            for i in range((depth - 2) // 6):
                layers.append(Basic(c, o, (2, 2) if stage and i == 0
                                    else (1, 1)))
                c = o
        return nn.Sequential(*layers, *mean_head(c, classes))
    return make


def ecg_cnn(size, classes, width):
    c = scaled(16, width)
    layers = conv(size[2], c, (7, 1), (2, 1), (3, 0))
    for o in (24, 48, 64):
        o = scaled(o, width)
        layers.append(Basic(c, o, (2, 1), (5, 1)))
        c = o
    return nn.Sequential(*layers, *mean_head(c, classes))


def alexnet(size, classes, width):
    c, (h, w, _), layers = size[2], size, []
    for o, k, pool in ((32, 5, 1), (64, 5, 1), (96, 3, 0), (96, 3, 0),
                       (64, 3, 1)):
        o = scaled(o, width)
        layers += [nn.Conv2d(c, o, k, 1, k // 2), nn.ReLU()]
        if pool:
            layers.append(nn.MaxPool2d(2))
            h, w = h // 2, w // 2
        c = o
    hidden = scaled(256, width)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(c * h * w, hidden),
                         nn.ReLU(), nn.Linear(hidden, classes))


def mobilenetv1(size, classes, width):
    c = scaled(32, width)
    layers = conv(size[2], c, 3, 2, 1)
    for o, s in ([(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] +
                 [(512, 1)] * 5 + [(1024, 2), (1024, 1)]):
        o = scaled(o, width)
        layers += conv(c, c, 3, s, 1, c) + conv(c, o, 1)
        c = o
    return nn.Sequential(*layers, *mean_head(c, classes))


def same(size, k, s):
    """TensorFlow's SAME: (in front, behind) along height and width."""
    both = [max(0, (-(-i // t) - 1) * t + n - i) for i, n, t in zip(size, k, s)]
    return [(n // 2, n - n // 2) for n in both]


class Pad(nn.Module):
    def __init__(self, pad):
        super().__init__()
        self.pad = (*pad[1], *pad[0])

    def forward(self, x):
        return F.pad(x, self.pad)


def padded(size, i, o, k, s, groups, even):
    """A convolution, and the size of its map.  `even`: of SAME's pixels the
    larger half on both sides."""
    pad = same(size, k, s)
    if even:
        pad = [(b, b) for _, b in pad]
    size = [(n + sum(p) - kk) // t + 1
            for n, p, kk, t in zip(size, pad, k, s)]
    return [Pad(pad)] + conv(i, o, k, s, 0, groups), size


def ds_cnn(size, classes, width, stem=(10, 4), strides=((2, 2), (1, 1)),
           k=(3, 3), channels=64, blocks=4, even=True):
    c, hw = scaled(channels, width), size[:2]
    layers, hw = padded(hw, size[2], c, stem, strides[0], 1, even)
    for i in range(blocks):
        more, hw = padded(hw, c, c, k, (1, 1) if i else strides[1], c, even)
        layers += more + conv(c, c, 1)
    return nn.Sequential(*layers, *mean_head(c, classes))


def ds_cnn_s(size, classes, width):
    return ds_cnn(size, classes, width, even=False)


def ds_cnn_m(size, classes, width):
    return ds_cnn(size, classes, width, strides=((2, 1), (2, 2)), channels=172,
                  even=False)


def ds_cnn_l(size, classes, width):
    return ds_cnn(size, classes, width, strides=((2, 1), (2, 2)), channels=276,
                  blocks=5, even=False)


def ds_cnn_1d(size, classes, width):
    return ds_cnn(size, classes, width, (10, 1), ((2, 1), (1, 1)), (3, 1))


def describe(name, make, size, classes, width):
    net, macs, stats = make(size, classes, width).eval(), [], 0

    def count(m, _, out):
        taps = m.weight[0].numel()
        macs.append((out.numel() * taps, m.weight.numel()))

    for m in net.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            m.register_forward_hook(count)
        if isinstance(m, nn.BatchNorm2d):
            stats += 2 * m.num_features
    with torch.no_grad():
        assert net(torch.zeros(1, size[2], *size[:2])).shape == (1, classes)
    print('    {"%s", {%d, %d, %d}, %d, %g,' % (name, *size, classes, width))
    print('     %d, %d, %d, {' % (sum(m for m, _ in macs),
                                  sum(p.numel() for p in net.parameters()),
                                  stats))
    for m in macs:
        print('        {%d, %d},' % m)
    print('    }},')


print("""/* SPDX-License-Identifier: MIT
 * Made by tests/reference/zoo_costs.py; do not edit. */
#ifndef ZOO_REF_H
#define ZOO_REF_H

#include <stdint.h>

static const struct zoo_ref {
    const char *name;
    int64_t input[3], classes;
    double width;
    int64_t macs, params, stats;
    struct {
        int64_t macs, weights;
    } layers[160];          /* convolutions and linear layers */
} zoo_ref[] = {""")
describe("resnet20", resnet(20), (32, 32, 3), 10, 1)
describe("resnet20", resnet(20), (21, 18, 1), 100, 0.6)
describe("resnet8", resnet(8), (17, 12, 1), 3, 0.7)
describe("resnet56", resnet(56), (32, 32, 3), 10, 1)
describe("resnet152", resnet(152), (32, 32, 3), 10, 1)
describe("alexnet", alexnet, (32, 32, 3), 10, 1)
describe("alexnet", alexnet, (17, 33, 1), 7, 1.5)
describe("mobilenetv1", mobilenetv1, (224, 224, 3), 1000, 1)
describe("mobilenetv1", mobilenetv1, (96, 96, 3), 2, 0.25)
describe("ds-cnn-s", ds_cnn_s, (49, 10, 1), 12, 1)
describe("ds-cnn-m", ds_cnn_m, (49, 10, 1), 12, 1)
describe("ds-cnn-l", ds_cnn_l, (49, 10, 1), 12, 1)
describe("ds-cnn-l", ds_cnn_l, (98, 40, 1), 35, 0.4)
describe("ds-cnn", ds_cnn, (49, 10, 1), 12, 1)
describe("ds-cnn", ds_cnn, (99, 41, 2), 35, 2.7)
describe("ds-cnn-1d", ds_cnn_1d, (49, 1, 10), 12, 1)
describe("ds-cnn-1d", ds_cnn_1d, (1000, 1, 2), 5, 0.5)
describe("ecg-cnn", ecg_cnn, (256, 1, 2), 5, 1)
describe("ecg-cnn", ecg_cnn, (187, 3, 1), 2, 0.5)
print("""};

#endif""")
