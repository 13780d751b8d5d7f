#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Costs of OFA MobileNetV3 networks with NACHOS exits, counted by a second
hand: writes tests/unit/ofa_ref.h.

    /usr/bin/python3 tests/reference/ofa_macs.py >tests/unit/ofa_ref.h

It shares nothing with the C code: a network is a flat list of operations with
their tensors, every figure a sum over it.  Random genomes come from Python's
generator with a fixed seed."""

import math
import random

STAGES = [(24, 2, False, False), (40, 2, False, True), (80, 2, True, False),
          (112, 1, True, True), (160, 2, True, True)]


def divisible(v):
    n = max(8, int(v + 4) // 8 * 8)
    return n + 8 if n < 0.9 * v else n


class Net:
    """Operations: (name, inputs, shape, true MACs, paper MACs, params, head).
    Tensor 0 is the image."""

    def __init__(self, res, channels):
        self.shapes = [(res, res, channels)]
        self.reads = []         # of each operation
        self.view = {}          # tensors that are another's memory
        self.true, self.paper = [], []
        self.head = []          # None or the exit's index
        self.params = self.stats = 0
        self.current = None     # the exit whose head is being built

    def op(self, inputs, shape, true, paper, params, alias=False):
        self.shapes.append(shape)
        self.reads.append(inputs)
        self.true.append(true)
        self.paper.append(paper)
        self.head.append(self.current)
        self.params += params
        if alias:
            self.view[len(self.shapes) - 1] = inputs[0]
        return len(self.shapes) - 1

    def conv(self, x, cout, k, s=1, depthwise=False, bn=True, swish=False,
             bias=False):
        h, w, c = self.shapes[x]
        cout = c if depthwise else cout
        per_output = k * k * (1 if depthwise else c)
        oh, ow = (h - 1) // s + 1, (w - 1) // s + 1     # odd k, pad k // 2
        out = oh * ow * cout
        true = out * per_output
        if self.current is None:
            paper = true + (out if bn else 0) + (out if swish else 0)
        else:
            paper = (h // s) * (w // s) * cout * per_output
        params = per_output * cout + (2 * cout if bn else 0) + \
            (cout if bias else 0)
        self.stats += 2 * cout if bn else 0
        return self.op([x], (oh, ow, cout), true, paper, params)

    def linear(self, x, cout, bias):
        cin = math.prod(self.shapes[x])
        return self.op([x], (1, 1, cout), cin * cout, cin * cout,
                       cin * cout + (cout if bias else 0))

    def squeeze(self, x):
        h, w, c = self.shapes[x]
        mid = divisible(c // 4)
        two = 2 * c * mid
        # mean over columns, mean over rows, scaling of every element
        return self.op([x], (h, w, c), two, two + h * c + c + h * w * c,
                       two + mid + c)

    def peak(self):
        """Most bytes alive: a tensor lives from its making to its last
        reading, a view keeps what it looks at alive."""
        def root(t):
            while t in self.view:
                t = self.view[t]
            return t
        last = {0: 0}
        for i, inputs in enumerate(self.reads):
            for t in [i + 1] + inputs:
                last[root(t)] = max(last.get(root(t), 0), i)
        most = 4 * math.prod(self.shapes[0])
        for i in range(len(self.reads)):
            alive = sum(4 * math.prod(self.shapes[t]) for t, end in last.items()
                        if t - 1 <= i <= end)
            most = max(most, alive)
        return most


def nachos_head(net, x, pool, classes):
    h, w, c = net.shapes[x]
    if pool > 1:
        x = net.op([x], (h // pool, w // pool, c), 0, h * w * c, 0)
    else:
        x = net.op([x], (h, w, c), 0, 0, 0)
    for cout in (32, 64, 128):
        x = net.conv(x, cout, 3, bn=False, bias=True)
    flat = (1, 1, math.prod(net.shapes[x]))
    x = net.op([x], flat, 0, 0, 0, alias=True)
    net.linear(x, classes + 1, True)


def build(width, res, classes, exits, channels, genome, pools):
    """genome: a list per stage of (kernel, ratio), and the exit mask."""
    net = Net(res, channels)
    taps = []
    stem = net.conv(0, divisible(16 * width), 3, 2, swish=True)
    x = net.conv(stem, 0, 3, depthwise=True)
    x = net.conv(x, divisible(16 * width), 1)
    x = net.op([stem, x], net.shapes[x], 0, 0, 0)
    points = [i * 5 // (exits + 1) for i in range(1, exits + 1)]
    for s, (cout, stride, swish, se) in enumerate(STAGES):
        for j, (k, e) in enumerate(genome[0][s]):
            cin, cout_ = net.shapes[x][2], divisible(cout * width)
            step = stride if j == 0 else 1
            y = net.conv(x, divisible(round(cin * e)), 1, swish=swish)
            y = net.conv(y, 0, k, step, depthwise=True, swish=swish)
            if se:
                y = net.squeeze(y)
            y = net.conv(y, cout_, 1)
            if step == 1 and cin == cout_:
                y = net.op([x, y], net.shapes[y], 0, 0, 0)
            x = y
        for i, point in enumerate(points):
            if point == s + 1 and genome[1][i]:
                net.current = len(taps)
                taps.append(x)
                nachos_head(net, x, pools[len(taps) - 1] if pools else 1,
                            classes)
                net.current = None
    net.current = len(taps)
    taps.append(x)
    x = net.conv(x, divisible(960 * width), 1)
    x = net.op([x], (1, 1, net.shapes[x][2]), 0, 0, 0)
    x = net.linear(x, divisible(1280 * width), False)
    net.linear(x, classes, True)
    return net, taps


def costs(net, taps, macs):
    """Per exit: prefix of the backbone, own head."""
    prefix = [sum(m for i, m in enumerate(macs)
                  if net.head[i] is None and i < t) for t in taps]
    head = [sum(m for i, m in enumerate(macs) if net.head[i] == x)
            for x in range(len(taps))]
    return prefix, head


def eq13(args, genome, pools, rule):
    net, taps = build(*args, genome, pools)
    prefix, head = costs(net, taps, getattr(net, rule))
    return [p + h for p, h in zip(prefix, head)], net, taps


def choose_pools(args, genome, rule, legacy):
    """Algorithm 1 by rebuilding the whole network for every window tried."""
    cost, net, taps = eq13(args, genome, None, rule)
    n = len(taps) - 1
    pools, violation = [1] * n, [False] * n
    for i in reversed(range(n)):
        side, _, c = net.shapes[taps[i]]
        if legacy:
            top = 4 if c >= 16 else 2 if c >= 8 else 1
            windows = [p for p in (2, 4) if p <= top and p <= side]
        else:
            windows = [p for p in range(2, side + 1) if side % p == 0]
        for p in windows:
            cost = eq13(args, genome, pools, rule)[0]
            if cost[i] < cost[i + 1] or \
                    (cost[i] == cost[i + 1] and not legacy):
                break
            pools[i] = p
        cost = eq13(args, genome, pools, rule)[0]
        violation[i] = cost[i] > cost[i + 1]
    return pools, violation


def draw(rng, exits):
    d = [rng.choice((2, 3, 4)) for _ in range(5)]
    layers = [[(rng.choice((3, 5, 7)), rng.choice((3, 4, 6)))
               for _ in range(n)] for n in d]
    mask = [0] * exits
    while not any(mask):
        mask = [rng.randrange(2) for _ in range(exits)]
    return layers, mask


def digits(genome):
    out = ""
    for stage in genome[0]:
        pad = [0] * (4 - len(stage))
        out += str(len(stage) - 2)
        out += "".join(map(str, [(3, 5, 7).index(k) for k, _ in stage] + pad))
        out += "".join(map(str, [(3, 4, 6).index(e) for _, e in stage] + pad))
    return out + "".join(map(str, genome[1]))


def row(args, genome, rule, legacy):
    width, res, classes, exits, channels = args
    pools, violation = choose_pools(args, genome, rule, legacy)
    net, taps = build(*args, genome, pools)
    prefix, head = costs(net, taps, getattr(net, rule))
    gamma, ran = [], 0
    for p, h in zip(prefix, head):
        ran += h
        gamma.append(p + ran)
    paper = eq13(args, genome, pools, "paper")[0]
    spec = f"ofa-mbv3:width={width},res={res},classes={classes},exits={exits}"
    if channels != 3:
        spec += f",channels={channels}"

    def numbers(v):
        return "{" + ", ".join(map(str, v)) + "}"
    print(f"""    {{"{spec}",
     "{digits(genome)}", {rule == 'paper':d}, {legacy:d},
     {numbers(pools)}, {numbers(map(int, violation))},
     {numbers(head)},
     {numbers(gamma)},
     {numbers(paper)},
     {net.params}, {4 * (net.params + net.stats)}, {net.peak()}, {len(taps)}}},""")


def main():
    rng = random.Random(20261122)
    print("""/* SPDX-License-Identifier: MIT
 * Made by tests/reference/ofa_macs.py; do not edit. */
#ifndef OFA_REF_H
#define OFA_REF_H

#include <stddef.h>
#include <stdint.h>

static const struct ofa_ref {
    const char *spec, *genome;
    int paper, legacy;          /* MAC rule, pool rule */
    int64_t pools[4], violation[4];
    int64_t head[5], gamma[5], gamma_paper[5];
    int64_t params, size_bytes, peak_bytes;
    size_t exits;
} ofa_ref[] = {""")
    for i in range(60):
        exits = rng.choice((1, 2, 3, 4, 4, 4))
        args = (rng.choice((1, 1, 1.2, 0.5, 0.35, 0.75, 1.35, 0.1)),
                rng.choice((32, 32, 32, 160, 96, 28, 20, 8, 75)),
                rng.choice((10, 10, 100, 2)), exits, rng.choice((3, 3, 3, 1)))
        row(args, draw(rng, exits), rng.choice(("true", "paper")),
            rng.randrange(4) == 0)
    print("};\n\n#endif")


main()
