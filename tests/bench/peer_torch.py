#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# The other side of `make bench`: the network and the step of bench_train.c in
# PyTorch, channels last, its faster format.
#     peer_torch.py [THREADS [STEPS [BATCH]]]       2, 9, 128
# Prints milliseconds: median train step, median forward in evaluation mode.
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

MACS, PARAMS = 6371168, 3141730
DEPTHS = [2, 2, 3, 3, 2]
WIDTHS = [24, 40, 80, 112, 160]
STRIDES = [2, 2, 2, 1, 2]
ACTS = ["relu", "relu", "hswish", "hswish", "hswish"]
SQUEEZE = [False, True, False, True, True]
KERNELS = [[3, 5], [5, 3], [7, 3, 5], [3, 5, 7], [5, 3]]
EXPAND = [[4, 3], [4, 6], [6, 3, 4], [4, 3, 6], [6, 4]]


def div8(v):
    n = max(8, int(v + 4) // 8 * 8)
    return n + 8 if n < 0.9 * v else n


def act(name):
    return (nn.Hardswish if name == "hswish" else nn.ReLU)(inplace=True)


def conv(cin, cout, k, stride, a=None, groups=1):
    layers = [nn.Conv2d(cin, cout, k, stride, k // 2, groups=groups,
                        bias=False), nn.BatchNorm2d(cout)]
    return layers + ([act(a)] if a else [])


class SqueezeExcite(nn.Module):
    def __init__(self, c):
        super().__init__()
        mid = div8(c // 4)
        self.reduce = nn.Conv2d(c, mid, 1)
        self.expand = nn.Conv2d(mid, c, 1)

    def forward(self, x):
        y = F.relu(self.reduce(x.mean((2, 3), keepdim=True)), inplace=True)
        return x * F.hardsigmoid(self.expand(y), inplace=True)


class Block(nn.Module):
    def __init__(self, cin, cout, k, stride, expand, a, squeeze):
        super().__init__()
        mid = cin if expand == 1 else div8(round(cin * expand))
        layers = conv(cin, mid, 1, 1, a) if expand != 1 else []
        layers += conv(mid, mid, k, stride, a, mid)
        if squeeze:
            layers.append(SqueezeExcite(mid))
        self.body = nn.Sequential(*layers, *conv(mid, cout, 1, 1))
        self.skip = stride == 1 and cin == cout

    def forward(self, x):
        return x + self.body(x) if self.skip else self.body(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layers = conv(3, 16, 3, 2, "hswish")
        layers.append(Block(16, 16, 3, 1, 1, "relu", False))
        c = 16
        for i, depth in enumerate(DEPTHS):
            for j in range(depth):
                layers.append(Block(c, WIDTHS[i], KERNELS[i][j],
                                    1 if j else STRIDES[i], EXPAND[i][j],
                                    ACTS[i], SQUEEZE[i]))
                c = WIDTHS[i]
        self.body = nn.Sequential(*layers, *conv(c, 960, 1, 1, "hswish"))
        self.mix = nn.Conv2d(960, 1280, 1, bias=False)
        self.classify = nn.Linear(1280, 10)

    def forward(self, x):
        y = self.mix(self.body(x).mean((2, 3), keepdim=True))
        return self.classify(F.hardswish(y).flatten(1))


def macs(net):
    total = []

    def count(m, inputs, out):
        total.append(out.numel() // out.shape[0] * m.weight[0].numel())

    for m in net.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            m.register_forward_hook(count)
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, 32, 32))
    return sum(total)


def measure(run, steps):
    times = []
    for i in range(3 + steps):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[3:])


def main():
    given = [int(a) for a in sys.argv[1:]]
    threads, steps, batch = given + [2, 9, 128][len(given):]
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    assert macs(Net()) == MACS
    net = Net().to(memory_format=torch.channels_last)
    assert sum(p.numel() for p in net.parameters()) == PARAMS
    x = torch.randn(batch, 3, 32, 32).to(memory_format=torch.channels_last)
    y = torch.randint(0, 10, (batch,))
    sgd = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9,
                          weight_decay=3e-5)

    def train():
        sgd.zero_grad(set_to_none=True)
        F.cross_entropy(net(x), y).backward()
        sgd.step()

    def forward():
        with torch.no_grad():
            net(x)

    net.train()
    step = measure(train, steps)
    net.eval()
    print(f"{step:.3f} {measure(forward, steps):.3f}")


main()
