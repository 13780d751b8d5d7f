#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Logits of a network and of two branches that net-augment puts into it, in float64
PyTorch: writes tests/unit/augment_ref.h.

    tests/reference/augment.py >tests/unit/augment_ref.h

The network is a 3x3 convolution, a depthwise and a pointwise one, a 3x3 convolution
of stride 2, and a head of a flatten and two linear layers, for images of 9 x 5 x 2 and
three classes.  Branches stand behind the first and the pointwise convolution.  Their
pools are what is said of them: S pixels along an axis are windows of equal size, at
equal steps of floor(side / S), of which the last ends with the map.
"""
import math

import torch
import torch.nn.functional as F

SIDE = 4
tensors = 0


def drawn(*shape):
    """The next tensor: its numbers follow from its place and theirs."""
    global tensors
    n = math.prod(shape)
    v = torch.tensor([0.5 * math.sin(0.7 * j + tensors) for j in range(n)],
                     dtype=torch.float64)
    tensors += 1
    return v.reshape(shape)


def conv(x, cout, k, stride=1, depthwise=False):
    cin = x.shape[1]
    if depthwise:
        w = drawn(k, k, cin).permute(2, 0, 1)[:, None]
        b = drawn(cin)
    else:
        w = drawn(cout, k, k, cin).permute(0, 3, 1, 2)
        b = drawn(cout)
    return F.relu(F.conv2d(x, w, b, stride=stride, padding=k // 2,
                           groups=cin if depthwise else 1))


def vector(x):
    """Flattened with the channels innermost."""
    return x.permute(0, 2, 3, 1).flatten(1)


def head(x, hidden=7, classes=3):
    x = F.relu(F.linear(x, drawn(hidden, x.shape[1]), drawn(hidden)))
    return F.linear(x, drawn(classes, hidden), drawn(classes))


def windows(side):
    """The pixels of each window along an axis."""
    out = min(SIDE, side)
    step = side // out
    first = [i * step for i in range(out)]
    width = side - first[-1]
    return [range(f, f + width) for f in first]


def pooled(x):
    rows, columns = windows(x.shape[2]), windows(x.shape[3])
    return torch.stack([torch.stack([
        x[:, :, list(r)][:, :, :, list(c)].mean((2, 3))
        for c in columns], -1) for r in rows], -2)


def main():
    image = torch.tensor([math.cos(0.3 * j) for j in range(9 * 5 * 2)],
                         dtype=torch.float64)
    x = image.reshape(1, 9, 5, 2).permute(0, 3, 1, 2)
    logits = []
    x = conv(x, 4, 3)
    logits.append(head(vector(pooled(x))))
    x = conv(x, 4, 3, stride=2, depthwise=True)
    x = conv(x, 6, 1)
    logits.append(head(vector(pooled(x))))
    x = conv(x, 5, 3, stride=2)
    logits.append(head(vector(x)))
    print('/* SPDX-License-Identifier: MIT')
    print(' * Made by tests/reference/augment.py: float64 PyTorch. */')
    print('#ifndef TESTS_AUGMENT_REF_H')
    print('#define TESTS_AUGMENT_REF_H')
    print()
    print('static const double augment_ref[3][3] = {')
    for row in logits:
        print('    {%s},' % ', '.join('%.17g' % v for v in row[0].tolist()))
    print('};')
    print()
    print('#endif')


main()
