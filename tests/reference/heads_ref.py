#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Frozen values for tests/unit/test_heads_f64.c: MACs, parameters and the outputs
for two maps of each head of early exits, written a second time as PyTorch modules
in float64.  Weights and maps follow a formula that the C test repeats.

    /usr/bin/python3 tests/reference/heads_ref.py >tests/unit/heads_ref.h
"""
import torch
import torch.nn as nn

torch.set_default_dtype(torch.float64)
N, CLASSES = 2, 3


def formula(name, shape):
    h = 0
    for ch in name.encode():
        h = (h * 31 + ch) % 65521
    i = torch.arange(torch.Size(shape).numel(), dtype=torch.int64)
    u = ((i * 7919 + h * 104729 + 17) % 65521).double() / 65521 - 0.5
    return u.reshape(shape)


class Flatten(nn.Module):
    """Pixels one behind the other, the channels of each together."""
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def norm_swish(c):
    return {"norm": nn.BatchNorm2d(c), "act": nn.Hardswish()}


def mean(c, outputs):
    return {"mean": nn.AdaptiveAvgPool2d(1), "flat": nn.Flatten(),
            "classifier": nn.Linear(c, outputs)}


def gap(size, width, pool):
    return mean(size[2], CLASSES + 1)


def mix(size, width, pool):
    return {"conv": nn.Conv2d(size[2], width, 1, bias=False),
            **norm_swish(width), **mean(width, CLASSES + 1)}


def dw(size, width, pool):
    c = size[2]
    k, s, p = zip(*[(3, 2, 1) if n > 1 else (1, 1, 0) for n in size[:2]])
    return {"depthwise": nn.Conv2d(c, c, k, s, p, groups=c, bias=False),
            "norm0": nn.BatchNorm2d(c), "act0": nn.Hardswish(),
            **mix(size, width, pool)}


def front(pool):
    return {"front": nn.MaxPool2d(pool), "relu": nn.ReLU()}


def conv(size, width, pool):
    h, w, c = size[0] // pool[0], size[1] // pool[1], size[2]
    layers = front(pool)
    for i, o in enumerate((width // 4, width // 2, width)):
        layers["conv%d" % (i + 1)] = nn.Conv2d(c, o, 3, 1, 1)
        layers["relu%d" % (i + 1)] = nn.ReLU()
        c = o
    return {**layers, "flat": Flatten(),
            "classifier": nn.Linear(h * w * c, CLASSES + 1)}


def exitblock(size, width, pool):
    c = size[2]
    return {"expand": nn.Conv2d(c, 6 * c, 1, bias=False), **norm_swish(6 * c),
            "mean": nn.AdaptiveAvgPool2d(1), "flat": nn.Flatten(),
            "mix": nn.Linear(6 * c, 8 * c, bias=False), "swish": nn.Hardswish(),
            "classifier": nn.Linear(8 * c, CLASSES)}


def static(size, width, pool):
    """Sides of one pixel have a kernel of 1 and do not count as small."""
    h, w = size[0] // pool[0], size[1] // pool[1]
    shorter = min([n for n in (h, w) if n > 1])
    k = [1 if n == 1 else 3 if shorter >= 6 else 2 for n in (h, w)]
    layers = {**front(pool), "conv": nn.Conv2d(size[2], 128, k)}
    h, w = h - k[0] + 1, w - k[1] + 1
    if shorter >= 6:
        layers["pool"] = nn.MaxPool2d(k)
        h, w = h // k[0], w // k[1]
    return {**layers, "relu1": nn.ReLU(), "flat": Flatten(),
            "classifier": nn.Linear(h * w * 128, CLASSES + 1)}


def fc(size, width, pool):
    pixels = size[0] // pool[0] * (size[1] // pool[1])
    return {"front": nn.MaxPool2d(pool), "flat": Flatten(),
            "hidden": nn.Linear(pixels * size[2], 1024), "relu": nn.ReLU(),
            "classifier": nn.Linear(1024, CLASSES)}


def fill(layers):
    """The C test's names: a norm's are those of the layer in front of it."""
    last = None
    for name, m in layers.items():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            last = name
            w = m.weight
            if isinstance(m, nn.Linear):
                shape = w.shape
                w.data = formula("exit.%s.weight" % name, shape)
            elif m.groups > 1:
                shape = (*w.shape[2:], w.shape[0])
                w.data = formula("exit.%s.weight" % name, shape).permute(
                    2, 0, 1)[:, None].contiguous()
            else:
                shape = (w.shape[0], *w.shape[2:], w.shape[1])
                w.data = formula("exit.%s.weight" % name, shape).permute(
                    0, 3, 1, 2).contiguous()
            if m.bias is not None:
                m.bias.data = formula("exit.%s.bias" % name, m.bias.shape)
        elif isinstance(m, nn.BatchNorm2d):
            for slot, value, shift in (("gamma", m.weight, 1),
                                       ("beta", m.bias, 0),
                                       ("mean", m.running_mean, 0),
                                       ("var", m.running_var, 1)):
                value.data = shift + formula("exit.%s.%s" % (last, slot),
                                             value.shape)


def run(build, size, width=0, pool=(1, 1)):
    layers = build(size, width, pool)
    macs = [0]

    def count(m, inputs, out):
        pixels = out[0].numel() // out.shape[1]
        macs[0] += m.weight.numel() * pixels

    fill(layers)
    net = nn.Sequential(*layers.values()).eval()
    for m in layers.values():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            m.register_forward_hook(count)
    x = 4 * formula("maps", (N, *size)).permute(0, 3, 1, 2)
    y = net(x)
    assert macs[0] % 1 == 0
    print('    { "%s", {%d, %d, %d}, %d, {%d, %d}, %d, %d, %d,' % (
        build.__name__, *size, width, *pool, macs[0],
        sum(p.numel() for p in net.parameters()), y.shape[1]))
    print("      {%s} }," % ", ".join("%.15g" % v for v in y.flatten()))


print("/* SPDX-License-Identifier: MIT\n"
      " * Made by tests/reference/heads_ref.py. */")
print("static const struct head_ref head_refs[] = {")
run(gap, (5, 4, 6))
run(mix, (5, 4, 6), 8)
run(mix, (3, 3, 4), 96)
run(dw, (7, 5, 6), 8)
run(dw, (9, 1, 6), 8)
run(dw, (2, 2, 4), 12)
run(conv, (6, 4, 5), 16)
run(conv, (6, 4, 5), 16, (3, 2))
run(conv, (4, 4, 3), 128, (2, 2))
run(exitblock, (5, 4, 3))
run(static, (8, 7, 5))
run(static, (6, 6, 5))
run(static, (5, 7, 5))
run(static, (2, 2, 4))
run(static, (9, 1, 5))
run(static, (12, 12, 3), 0, (2, 2))
run(static, (8, 8, 3), 0, (2, 2))
run(fc, (4, 4, 3))
run(fc, (4, 6, 3), 0, (2, 2))
print("};")
