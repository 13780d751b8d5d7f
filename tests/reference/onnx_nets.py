#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Small networks as ONNX models, and what PyTorch says they answer.

    /usr/bin/python3 tests/reference/onnx_nets.py

writes tests/onnx/*.onnx and tests/unit/onnx_ref.h.  Most are exported by Debian's
PyTorch (1.13: operator sets up to 17); those of `hand` are written node by node,
for the forms of other exporters and later operator sets.  Samples are
sin(0.37 i + 1.3 s), i counting (height, width, channels) of sample s."""
import os
import struct
import sys
import warnings

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

warnings.filterwarnings("ignore")
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DIR = os.path.join(TOP, "onnx")
SAMPLES = 2
rows = []


def samples(h, w, c):
    i = np.arange(h * w * c)
    x = [np.sin(0.37 * i + 1.3 * s).reshape(h, w, c) for s in range(SAMPLES)]
    return torch.tensor(np.stack(x).astype(np.float32))


def nchw(x):
    return x.permute(0, 3, 1, 2).contiguous()


def record(name, shape, logits):
    logits = logits.detach().double().numpy().reshape(SAMPLES, -1)
    rows.append((name, shape, logits))
    size = os.path.getsize(os.path.join(DIR, name + ".onnx"))
    print(f"{name:20} {size:6} bytes {np.abs(logits).max():8.3f}")


# ---- exported by PyTorch ----

def randomise(m):
    for x in m.modules():
        if isinstance(x, (nn.BatchNorm2d, nn.BatchNorm1d)):
            x.running_mean.uniform_(-0.5, 0.5)
            x.running_var.uniform_(0.3, 2)
            x.weight.data.uniform_(0.5, 1.5)
            x.bias.data.uniform_(-0.5, 0.5)
    return m.eval()


def export(name, model, shape, opset, one_dimensional=False, two_logits=False,
           logits=None, batch="N", feed=nchw, **how):
    """shape is (height, width, channels); feed makes of samples what the model takes."""
    torch.manual_seed(len(rows) + 1)
    m = randomise(model())
    x = samples(*shape)
    x = x[:, :, 0, :].permute(0, 2, 1).contiguous() if one_dimensional else feed(x)
    axes = {"input": {0: batch}, "output": {0: batch}} if batch else None
    torch.onnx.export(m, x[:1], os.path.join(DIR, name + ".onnx"),
                      opset_version=opset, input_names=["input"],
                      output_names=["output"], dynamic_axes=axes, **how)
    with torch.no_grad():
        y = (logits or (lambda n, v: n(v)))(m, x)
        if two_logits:
            y = torch.cat([torch.zeros_like(y), y], 1)
    record(name, shape, y)


def conv_bn(cin, cout, k=3, s=1, act=nn.ReLU, groups=1):
    layers = [nn.Conv2d(cin, cout, k, s, k // 2, groups=groups, bias=False),
              nn.BatchNorm2d(cout)]
    return nn.Sequential(*layers, *([act()] if act else []))


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 8, 3)
        self.fc1 = nn.Linear(8 * 3 * 2, 12)
        self.fc2 = nn.Linear(12, 5)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv2(x))
        x = x.view(x.size(0), -1)
        return self.fc2(F.relu(self.fc1(x)))


class BlockA(nn.Module):
    """A shortcut without parameters, as He et al. have it for CIFAR."""
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.body = nn.Sequential(conv_bn(cin, cout, 3, stride),
                                  conv_bn(cout, cout, act=None))
        self.cut, self.more = stride, cout - cin

    def forward(self, x):
        short = x
        if self.cut > 1:
            short = F.pad(x[:, :, ::2, ::2],
                          (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        return F.relu(self.body(x) + short)


class BlockB(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.body = nn.Sequential(conv_bn(cin, cout, 3, stride),
                                  conv_bn(cout, cout, act=None))
        self.short = conv_bn(cin, cout, 1, stride, None) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.short(x))


def resnet(block):
    return lambda: nn.Sequential(
        conv_bn(3, 4), block(4, 4, 1), block(4, 8, 2), block(8, 12, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 10))


class Inverted(nn.Module):
    def __init__(self, cin, mid, cout, k, stride, act, se=None):
        super().__init__()
        layers = [conv_bn(cin, mid, 1, 1, act),
                  conv_bn(mid, mid, k, stride, act, groups=mid)]
        if se:
            layers.append(se(mid))
        layers.append(conv_bn(mid, cout, 1, 1, None))
        self.body = nn.Sequential(*layers)
        self.same = stride == 1 and cin == cout

    def forward(self, x):
        return x + self.body(x) if self.same else self.body(x)


class SeConv(nn.Module):
    def __init__(self, c, gate=nn.Hardsigmoid):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(c, c // 4, 1), nn.Conv2d(c // 4, c, 1)
        self.gate = gate()

    def forward(self, x):
        y = F.adaptive_avg_pool2d(x, 1)
        return x * self.gate(self.fc2(F.relu(self.fc1(y))))


class SeLinear(nn.Module):
    """By fully connected layers, as in Hu et al.'s code."""
    def __init__(self, c, expand):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(c, c // 4, bias=False), nn.ReLU(),
                                nn.Linear(c // 4, c, bias=False), nn.Sigmoid())
        self.expand = expand

    def forward(self, x):
        b, c, _, _ = x.size()
        y = self.fc(F.adaptive_avg_pool2d(x, 1).view(b, c)).view(b, c, 1, 1)
        return x * (y.expand_as(x) if self.expand else y)


def mobilenetv2():
    return nn.Sequential(
        conv_bn(3, 8, 3, 2, nn.ReLU6), Inverted(8, 12, 8, 3, 1, nn.ReLU6),
        Inverted(8, 16, 12, 3, 2, nn.ReLU6), Inverted(12, 24, 12, 5, 1, nn.ReLU6),
        conv_bn(12, 24, 1, 1, nn.ReLU6), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Dropout(0.2), nn.Linear(24, 10))


def mobilenetv3():
    return nn.Sequential(
        conv_bn(3, 8, 3, 2, nn.Hardswish),
        Inverted(8, 16, 8, 3, 1, nn.ReLU, SeConv),
        Inverted(8, 16, 12, 5, 2, nn.Hardswish, SeConv),
        conv_bn(12, 24, 1, 1, nn.Hardswish), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(24, 16), nn.Hardswish(), nn.Linear(16, 7))


def with_se(se):
    return lambda: nn.Sequential(
        conv_bn(3, 8), se(8), conv_bn(8, 8, 3, 2), se(8),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))


class Ecg(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(2, 8, 7, 2, 3), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(2),
            nn.Conv1d(8, 12, 5, padding=2), nn.BatchNorm1d(12), nn.ReLU(),
            nn.Conv1d(12, 12, 5, padding=2, groups=12), nn.Conv1d(12, 16, 1),
            nn.ReLU(), nn.AvgPool1d(2))
        self.fc = nn.Linear(16 * 5, 5)

    def forward(self, x):
        return self.fc(self.body(x).flatten(1))


class Padded(nn.Module):
    """TensorFlow's SAME: more padding behind than in front."""
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, 2)
        self.conv2 = nn.Conv2d(6, 6, 3, 2, groups=6)
        self.conv3 = nn.Conv2d(6, 8, 1)
        self.fc = nn.Linear(8, 6)

    def forward(self, x):
        x = F.relu6(self.conv1(F.pad(x, (0, 1, 0, 1))))
        x = F.relu6(self.conv2(F.pad(x, (1, 0, 0, 2))))
        x = F.relu(self.conv3(x))
        x = F.max_pool2d(F.pad(x, (0, 1, 0, 1)), 2, 1)
        return self.fc(x.mean([2, 3]))


class Concat(nn.Module):
    """Dense blocks: batch norm and activation stand in front of convolutions."""
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.norm1, self.conv1 = nn.BatchNorm2d(6), nn.Conv2d(6, 4, 3, padding=1)
        self.norm2, self.conv2 = nn.BatchNorm2d(10), nn.Conv2d(10, 4, 3, padding=1)
        self.norm3, self.fc = nn.BatchNorm2d(14), nn.Linear(14, 6)

    def forward(self, x):
        x = self.stem(x)
        x = torch.cat([x, self.conv1(F.relu(self.norm1(x)))], 1)
        x = torch.cat([x, self.conv2(F.relu(self.norm2(x)))], 1)
        x = F.avg_pool2d(F.relu(self.norm3(x)), 2)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Ceil(nn.Module):
    """Squeeze and expand, pools with ceil_mode, no layer behind the last pool."""
    def __init__(self):
        super().__init__()
        self.stem, self.squeeze = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 4, 1)
        self.left, self.right = nn.Conv2d(4, 6, 1), nn.Conv2d(4, 6, 3, padding=1)
        self.last = nn.Conv2d(12, 5, 1)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2, ceil_mode=True)
        x = F.relu(self.squeeze(x))
        x = torch.cat([F.relu(self.left(x)), F.relu(self.right(x))], 1)
        x = F.max_pool2d(x, 2, 2, ceil_mode=True)
        return F.adaptive_avg_pool2d(F.relu(self.last(x)), 1).flatten(1)


def ceil_even():
    """PyTorch pads for ceil_mode behind what is read: here by 3 for a window of 3, and
    where an average pool needs none."""
    return nn.Sequential(
        conv_bn(2, 4, 3, 1), nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.AvgPool2d((3, 2), 2, ceil_mode=True), nn.Flatten(), nn.Linear(4 * 2 * 2, 3))


def silu():
    return nn.Sequential(
        conv_bn(1, 8, 3, 2, nn.SiLU), conv_bn(8, 8, 3, 1, nn.SiLU, groups=8),
        nn.AvgPool2d(2), conv_bn(8, 12, 1, 1, nn.SiLU), nn.Flatten(),
        nn.Linear(12 * 6, 4))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(6 * 5 * 3, 16), nn.BatchNorm1d(16),
                         nn.ReLU(), nn.Dropout(), nn.Linear(16, 4), nn.LogSoftmax(1))


def one_unit():
    return nn.Sequential(conv_bn(3, 6, 3, 2), nn.AdaptiveMaxPool2d(1), nn.Flatten(),
                         nn.Linear(6, 1), nn.Sigmoid())


class Normalising(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4, 0.5, 0.6]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2, 0.25, 0.3]).view(1, 3, 1, 1))
        self.body = nn.Sequential(conv_bn(3, 6), nn.AdaptiveAvgPool2d(1))
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        x = self.body((x - self.mean) / self.std)
        return F.softmax(self.fc(torch.flatten(x, 1)), dim=1)


def normalising_logits(m, x):
    return m.fc(torch.flatten(m.body((x - m.mean) / m.std), 1))


class NormAfterFlatten(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm1d(4 * 12)
        self.fc = nn.Linear(4 * 12, 3)

    def forward(self, x):
        return self.fc(F.relu(self.norm(torch.flatten(self.conv(x), 1))))


class FromVector(nn.Module):
    """A vector becomes a map (height, width, 1), which is turned, as by TensorFlow."""
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4, 3)

    def forward(self, x):
        x = x.reshape(-1, 7, 6, 1).permute(0, 3, 1, 2)
        return self.fc(F.relu(self.conv(x)).mean((2, 3)))


class FromFrames(nn.Module):
    """Frames of features, such as sound, get an axis of one channel."""
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, (3, 2)), nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x.unsqueeze(1))).mean((2, 3)))


def first_of_sequence(m, x):
    """The logits of a Sequential that ends in a softmax or sigmoid."""
    return m[:-1](x)


def exported():
    kept = dict(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    export("plain-9", Plain, (10, 8, 3), 9)
    export("plain-14", Plain, (10, 8, 3), 14)
    export("resnet-a", resnet(BlockA), (12, 12, 3), 13)
    export("resnet-a-10", resnet(BlockA), (12, 12, 3), 10)
    export("resnet-b", resnet(BlockB), (12, 12, 3), 11)
    export("resnet-b-kept", resnet(BlockB), (12, 12, 3), 15, **kept)
    export("mobilenetv2", mobilenetv2, (16, 16, 3), 10)
    export("mobilenetv2-17", mobilenetv2, (16, 16, 3), 17)
    export("mobilenetv3-9", mobilenetv3, (16, 16, 3), 9)
    export("mobilenetv3-14", mobilenetv3, (16, 16, 3), 14)
    export("se-conv", with_se(lambda c: SeConv(c, nn.Sigmoid)), (8, 8, 3), 12)
    export("se-linear", with_se(lambda c: SeLinear(c, False)), (8, 8, 3), 13)
    export("se-expand", with_se(lambda c: SeLinear(c, True)), (8, 8, 3), 16, batch=None)
    export("ecg", Ecg, (40, 1, 2), 13, one_dimensional=True)
    export("ecg-kept", Ecg, (40, 1, 2), 9, one_dimensional=True, **kept)
    export("padded-9", Padded, (12, 10, 3), 9)
    export("padded-17", Padded, (12, 10, 3), 17)
    export("concat", Concat, (8, 8, 3), 16)
    export("ceil-9", Ceil, (12, 12, 3), 9)
    export("ceil-16", Ceil, (12, 12, 3), 16)
    export("silu", silu, (12, 8, 1), 13)
    export("mlp", mlp, (6, 5, 3), 12, logits=first_of_sequence, **kept)
    export("one-unit", one_unit, (8, 8, 3), 13, logits=first_of_sequence,
           two_logits=True)
    export("normalising", Normalising, (8, 8, 3), 15, logits=normalising_logits)
    export("norm-flat", NormAfterFlatten, (5, 6, 3), 14, **kept)
    export("from-vector", FromVector, (7, 6, 1), 13, feed=lambda x: x.flatten(1))
    export("from-frames", FromFrames, (7, 6, 1), 16, feed=lambda x: x[..., 0])
    export("ceil-even", ceil_even, (8, 6, 2), 9)


# ---- written by hand ----

def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def number(field, n):
    return varint(field << 3) + varint(n)


def block(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def tensor(name, a, typed=False, external=None):
    a = np.asarray(a)
    a = a.astype(np.float32) if a.dtype.kind == "f" else a.astype(np.int64)
    out = b"".join(number(1, d) for d in a.shape)
    out += number(2, 1 if a.dtype.kind == "f" else 7) + block(8, name)
    if external:
        out += b"".join(block(13, block(1, k) + block(2, v)) for k, v in external.items())
        return out + number(14, 1)
    if typed and a.dtype.kind == "f":
        return out + block(4, a.tobytes())
    if typed:
        return out + block(7, b"".join(varint(int(v)) for v in a.reshape(-1)))
    return out + block(9, a.tobytes())


def attribute(name, v):
    out = block(1, name)
    if isinstance(v, float):
        return out + varint(2 << 3 | 5) + struct.pack("<f", v) + number(20, 1)
    if isinstance(v, int):
        return out + number(3, v) + number(20, 2)
    if isinstance(v, str):
        return out + block(4, v) + number(20, 3)
    if isinstance(v, np.ndarray):
        return out + block(5, tensor("", v)) + number(20, 4)
    return out + b"".join(number(8, i) for i in v) + number(20, 7)


def node(op, inputs, output, name=None, domain=None, **attributes):
    out = b"".join(block(1, i) for i in inputs) + block(2, output)
    out += block(3, name or output) + block(4, op)
    out += b"".join(block(5, attribute(k, v)) for k, v in attributes.items())
    return out + (block(7, domain) if domain else b"")


def value(name, dims, kind=1):
    shape = b"".join(block(1, block(2, d) if isinstance(d, str) else number(1, d))
                     for d in dims)
    return block(1, name) + block(2, block(1, number(1, kind) + block(2, shape)))


def model(nodes, tensors, inputs, outputs, opset):
    graph = b"".join(block(1, n) for n in nodes) + block(2, "hand")
    graph += b"".join(block(5, t) for t in tensors)
    graph += b"".join(block(11, i) for i in inputs) + b"".join(block(12, o) for o in outputs)
    return number(1, 8) + block(2, "hand") + block(7, graph) + block(8, number(2, opset))


def write(name, data):
    with open(os.path.join(DIR, name), "wb") as f:
        f.write(data)


def numbers(*shape, scale=None):
    fan = int(np.prod(shape[1:])) or 1
    return torch.randn(*shape) * (scale or (2 / fan) ** 0.5)


def hand_reduce():
    """Operator set 18: axes are an input.  Gemm with alpha, beta, not turned."""
    w1, b1, w2, b2 = numbers(6, 3, 3, 3), numbers(6), numbers(6, 4), numbers(1, 4)
    x = nchw(samples(6, 7, 3))
    write("hand-reduce.onnx", model(
        [node("Conv", ["x", "w1", "b1"], "a", pads=[1, 1, 1, 1]),
         node("Relu", ["a"], "b"),
         node("ReduceMean", ["b", "axes"], "c", keepdims=0),
         node("Gemm", ["c", "w2", "b2"], "y", alpha=0.5, beta=2.0)],
        [tensor("w1", w1, typed=True), tensor("b1", b1), tensor("w2", w2),
         tensor("b2", b2), tensor("axes", np.array([-1, 2]), typed=True)],
        [value("x", ["N", 3, 6, 7])], [value("y", ["N", 4])], 18))
    y = F.relu(F.conv2d(x, w1, b1, padding=1)).mean([2, 3])
    record("hand-reduce", (6, 7, 3), 0.5 * y @ w2 + 2 * b2)


def hand_clip():
    """Operator set 21: Relu and Clip with a maximum alone; Clip that is no ReLU6;
    HardSigmoid as ONNX has it by default."""
    w1, w2, w3 = numbers(6, 3, 3, 3), numbers(6, 1, 3, 3), numbers(5, 6, 1, 1)
    x = nchw(samples(8, 8, 3))
    write("hand-clip.onnx", model(
        [node("Conv", ["x", "w1"], "a", auto_pad="SAME_UPPER", strides=[2, 2]),
         node("Relu", ["a"], "b"), node("Clip", ["b", "", "six"], "c"),
         node("Conv", ["c", "w2"], "d", auto_pad="SAME_LOWER", group=6, strides=[2, 2]),
         node("Clip", ["d", "low", "high"], "e"),
         node("HardSigmoid", ["e"], "f"), node("Neg", ["f"], "g"),
         node("Conv", ["g", "w3"], "h"), node("GlobalMaxPool", ["h"], "i"),
         node("Squeeze", ["i", "axes"], "y")],
        [tensor("w1", w1), tensor("w2", w2), tensor("w3", w3),
         tensor("six", np.float32(6)), tensor("low", np.float32(-0.75)),
         tensor("high", np.float32(0.5)), tensor("axes", np.array([2, 3]))],
        [value("x", [1, 3, 8, 8])], [value("y", [1, 5])], 21))
    c = F.relu6(F.conv2d(F.pad(x, (0, 1, 0, 1)), w1, stride=2))
    d = F.conv2d(F.pad(c, (1, 0, 1, 0)), w2, stride=2, groups=6)
    g = -torch.clamp(0.2 * torch.clamp(d, -0.75, 0.5) + 0.5, 0, 1)
    record("hand-clip", (8, 8, 3), F.conv2d(g, w3).amax([2, 3]))


def hand_keras():
    """As TensorFlow's exporter writes Keras: the input is (N, H, W, C), hard swish is
    Add, Clip, Mul, Mul, biases are added, and the map is turned back before it is
    flattened."""
    w1, b1, w2 = numbers(6, 3, 3, 3), numbers(6), numbers(8, 6, 1, 1)
    g, b, m, v = torch.rand(8) + 0.5, numbers(8), numbers(8), torch.rand(8) + 0.2
    w3, b3 = numbers(4 * 3 * 8, 5, scale=0.2), numbers(5)
    x = samples(8, 6, 3)

    def swish(i, o):
        return [node("Add", [i, "three"], o + "1"), node("Clip", [o + "1", "zero", "six"], o + "2"),
                node("Mul", [o + "2", "sixth"], o + "3"), node("Mul", [i, o + "3"], o)]

    write("hand-keras.onnx", model(
        [node("Transpose", ["x", ], "t", perm=[0, 3, 1, 2]),
         node("Conv", ["t", "w1"], "c1", pads=[0, 0, 1, 1], strides=[2, 2]),
         node("Add", ["c1", "b1"], "a1")] + swish("a1", "s1") +
        [node("Conv", ["s1", "w2"], "c2"),
         node("BatchNormalization", ["c2", "g", "b", "m", "v"], "n", epsilon=0.001)] +
        swish("n", "s2") +
        [node("Transpose", ["s2"], "u", perm=[0, 2, 3, 1]),
         node("Reshape", ["u", "shape"], "f"), node("MatMul", ["f", "w3"], "d"),
         node("Add", ["d", "b3"], "e"), node("Softmax", ["e"], "y")],
        [tensor("w1", w1), tensor("b1", b1.view(1, 6, 1, 1)), tensor("w2", w2),
         tensor("g", g), tensor("b", b), tensor("m", m), tensor("v", v),
         tensor("w3", w3), tensor("b3", b3), tensor("three", np.float32(3)),
         tensor("zero", np.float32(0)), tensor("six", np.float32(6)),
         tensor("sixth", np.float32(1 / 6)), tensor("shape", np.array([-1, 96]))],
        [value("x", ["unk__1", 8, 6, 3])], [value("y", ["unk__1", 5])], 15))
    y = F.conv2d(F.pad(nchw(x), (0, 1, 0, 1)), w1, b1, stride=2)
    y = F.conv2d(F.hardswish(y), w2)
    y = F.hardswish(F.batch_norm(y, m, v, g, b, eps=0.001))
    record("hand-keras", (8, 6, 3), y.permute(0, 2, 3, 1).flatten(1) @ w3 + b3)


def hand_old():
    """Initialisers that are inputs as well, nodes in no order, one that nobody needs,
    a quantised initialiser that nobody reads, open height and width, attributes where
    later sets have inputs."""
    w1, b1, w2, b2 = numbers(4, 1, 3, 3), numbers(4), numbers(3, 4), numbers(3)
    x = nchw(samples(9, 7, 1))
    write("hand-old.onnx", model(
        [node("Gemm", ["e", "w2", "b2"], "y", transB=1),
         node("Squeeze", ["d"], "e", axes=[2, 3]),
         node("ReduceMean", ["c"], "d", axes=[2, 3], keepdims=1),
         node("Tanh", ["c"], "nobody"),
         node("Clip", ["b"], "c", min=0.0, max=6.0),
         node("Conv", ["a", "w1", "b1"], "b", kernel_shape=[3, 3]),
         node("Pad", ["x"], "a", mode="constant", pads=[0, 0, 2, 1, 0, 0, 0, 1])],
        [tensor("w1", w1), tensor("b1", b1), tensor("w2", w2), tensor("b2", b2),
         number(1, 2) + number(2, 3) + block(8, "spare") + block(9, b"\1\2")],
        [value("x", ["N", 1, "H", "W"]), value("w1", [4, 1, 3, 3]), value("b1", [4]),
         value("w2", [3, 4]), value("b2", [3])], [value("y", ["N", 3])], 9))
    y = F.relu6(F.conv2d(F.pad(x, (1, 1, 2, 0)), w1, b1)).mean([2, 3])
    record("hand-old", (9, 7, 1), F.linear(y, w2, b2))


def hand_features():
    """A signal (N, length) that gets an axis, arithmetic in front, a convolution of one
    axis, a pool along time alone, a fully connected layer along it."""
    w1, w2, w3, b3 = numbers(6, 1, 5), numbers(6, 4), numbers(12, 3), numbers(3)
    x = samples(24, 1, 1)[:, :, 0, 0]
    write("hand-features.onnx", model(
        [node("Sub", ["x", "half"], "s"), node("Mul", ["s", "four"], "m"),
         node("Unsqueeze", ["m", "one"], "u"),
         node("Conv", ["u", "w1"], "c", pads=[2, 2], strides=[2]),
         node("Relu", ["c"], "r"), node("Transpose", ["r"], "t", perm=[0, 2, 1]),
         node("MatMul", ["t", "w2"], "d"), node("Sigmoid", ["d"], "g"),
         node("Transpose", ["g"], "v", perm=[0, 2, 1]),
         node("MaxPool", ["v"], "p", kernel_shape=[4], strides=[4]),
         node("Flatten", ["p"], "f"), node("MatMul", ["f", "w3"], "h"),
         node("Add", ["b3", "h"], "y")],
        [tensor("half", np.array([[0.5]])), tensor("four", np.float32(4)),
         tensor("one", np.array([1])), tensor("w1", w1), tensor("w2", w2),
         tensor("w3", w3), tensor("b3", b3)],
        [value("x", ["N", 24])], [value("y", ["N", 3])], 13))
    y = F.relu(F.conv1d(((x - 0.5) * 4)[:, None], w1, padding=2, stride=2))
    y = torch.sigmoid(y.permute(0, 2, 1) @ w2).permute(0, 2, 1)
    record("hand-features", (24, 1, 1), F.max_pool1d(y, 4).flatten(1) @ w3 + b3)


def hand_external():
    """Weights beside the model."""
    w1, b1, w2 = numbers(4, 3, 3, 3), numbers(4), numbers(2, 4)
    x = nchw(samples(6, 6, 3))
    data = w1.numpy().tobytes() + b1.numpy().tobytes()
    write("hand-external.bin", b"\0" * 16 + data)
    write("hand-external.onnx", model(
        [node("Conv", ["x", "w1", "b1"], "a"), node("Relu", ["a"], "b"),
         node("GlobalAveragePool", ["b"], "c"), node("Flatten", ["c"], "d"),
         node("Gemm", ["d", "w2"], "y", transB=1)],
        [tensor("w1", w1, external={"location": "hand-external.bin", "offset": "16",
                                    "length": str(w1.numel() * 4)}),
         tensor("b1", b1, external={"location": "hand-external.bin",
                                    "offset": str(16 + w1.numel() * 4)}),
         tensor("w2", w2)],
        [value("x", [1, 3, 6, 6])], [value("y", [1, 2])], 13))
    y = F.relu(F.conv2d(x, w1, b1)).mean([2, 3])
    record("hand-external", (6, 6, 3), F.linear(y, w2))


def hand_refused():
    """What cannot be imported, several things in one model."""
    w1, w2, w3 = numbers(6, 3, 3, 3), numbers(6, 3, 3, 3), numbers(4, 6)
    write("refused.onnx", model(
        [node("Conv", ["x", "w1"], "a", dilations=[2, 2], name="spread"),
         node("LeakyRelu", ["a"], "b", name="leak"),
         node("Conv", ["b", "w2"], "c", group=2, name="grouped"),
         node("AveragePool", ["c"], "d", kernel_shape=[3, 3], pads=[1, 1, 1, 1], name="pool"),
         node("LeakyRelu", ["d"], "e", name="leak2"),
         node("Gelu", ["e"], "f", domain="com.microsoft", name="bell"),
         node("GlobalAveragePool", ["f"], "g"), node("Flatten", ["g"], "h"),
         node("Gemm", ["h", "w3"], "y", transB=1)],
        [tensor("w1", w1), tensor("w2", w2), tensor("w3", w3)],
        [value("x", [1, 3, 12, 12])], [value("y", [1, 4])], 13))


def hand_bad():
    """Models that are wrong, or more than a classifier, one thing in each."""
    w, w3 = numbers(4, 3, 1, 1), numbers(4, 4)
    half = b"".join(number(1, d) for d in (4, 3, 1, 1)) + number(2, 10) + block(8, "w")
    byte = b"".join(number(1, d) for d in (4, 3, 1, 1)) + number(2, 3) + block(8, "w")
    huge = number(1, 1 << 40) + number(1, 1 << 40) + number(2, 1) + block(8, "w")
    minus = number(1, -4) + number(1, 3) + number(2, 1) + block(8, "w")
    beside = b"".join(number(1, d) for d in (1 << 14, 1 << 14)) + number(2, 11) + block(8, "w")
    beside += block(13, block(1, "location") + block(2, "w.bin")) + number(14, 1)
    x, y = [value("x", [1, 3, 5, 5])], [value("y", [1, 4])]

    def net(name, nodes=(), tensors=(), inputs=x, outputs=y, opset=13, before="x",
            conv="a", rest=True):
        first = [node("Conv", [before, "w"], conv)] if rest else []
        last = [node("GlobalAveragePool", ["b"], "c"), node("Flatten", ["c"], "y")]
        weights = [] if any(b"\x42\x01w" in t for t in tensors) else [tensor("w", w)]
        write(name + ".onnx", model(first + list(nodes) + last, weights + list(tensors),
                                    inputs, outputs, opset))

    relu = node("Relu", ["a"], "b")
    net("bad-half", [relu], [half])
    net("bad-bytes", [relu], [byte])
    net("bad-huge", [relu], [huge])
    net("bad-minus", [relu], [minus])
    net("bad-beside", [relu], [beside])
    net("bad-loop", [node("Add", ["a", "l2"], "l1"), node("Relu", ["l1"], "l2"),
                     node("Relu", ["l2"], "b")])
    net("bad-if", [node("If", ["a"], "b")])
    net("bad-inputs", [node("Add", ["a", "z"], "b")], inputs=x + [value("z", [1, 4, 5, 5])])
    net("bad-outputs", [relu], outputs=y + [value("b", [1, 4, 5, 5])])
    net("bad-map", [node("Identity", ["a"], "b")], outputs=[value("b", [1, 4, 5, 5])])
    net("bad-input-type", [relu], inputs=[value("x", [1, 3, 5, 5], 10)])
    net("bad-multiplier", [node("Conv", ["a", "m"], "b", group=4)],
        [tensor("m", numbers(8, 1, 3, 3))])
    net("bad-reflect", [node("Pad", ["a", "p"], "p1", mode="reflect"),
                        node("MaxPool", ["p1"], "b", kernel_shape=[3, 3])],
        [tensor("p", np.array([0, 0, 1, 1, 0, 0, 1, 1]))])
    net("bad-pad", [node("Pad", ["a", "p"], "p1"), node("Relu", ["p1"], "b")],
        [tensor("p", np.array([0, 0, 1, 1, 0, 0, 1, 1]))])
    net("bad-constant", [node("Add", ["a", "k"], "b")], [tensor("k", numbers(1, 4, 5, 5))])
    net("bad-channels", [node("Conv", ["a", "w"], "b")])
    net("bad-softmax", [node("Softmax", ["a"], "s", axis=1), node("Relu", ["s"], "b")])
    net("bad-single", [node("Conv", ["a", "m"], "b"), node("Softmax", ["y"], "z")],
        [tensor("m", numbers(1, 4, 1, 1))], outputs=[value("z", [1, 1])])
    net("bad-window", [node("MaxPool", ["a"], "b", kernel_shape=[7, 7])])
    net("bad-reshape", [node("Reshape", ["a", "p"], "r"), node("Relu", ["r"], "b")],
        [tensor("p", np.array([1, 2, 2, 5, 5]))])


def hand():
    torch.manual_seed(77)
    hand_reduce()
    hand_clip()
    hand_keras()
    hand_old()
    hand_features()
    hand_external()
    hand_refused()
    hand_bad()


def header():
    out = ["/* SPDX-License-Identifier: MIT",
           " * Made by tests/reference/onnx_nets.py: the models of tests/onnx, the size of",
           " * a sample (h, w, c), the number of classes, and the logits of two samples. */",
           "#ifndef TESTS_UNIT_ONNX_REF_H", "#define TESTS_UNIT_ONNX_REF_H", "",
           "static const struct onnx_ref {", "    const char *name;",
           "    int h, w, c, classes;", "    float logits[20];", "} onnx_refs[] = {"]
    for name, (h, w, c), y in rows:
        out.append(f'    {{"{name}", {h}, {w}, {c}, {y.shape[1]},')
        flat = ["%.9gf" % v if "." in "%.9g" % v or "e" in "%.9g" % v else "%.9g.0f" % v
                for v in y.reshape(-1)]
        lines = [", ".join(flat[i:i + 5]) for i in range(0, len(flat), 5)]
        out.append("     {" + (",\n      ".join(lines)) + "}},")
    out += ["};", "", "#endif"]
    with open(os.path.join(TOP, "unit", "onnx_ref.h"), "w") as f:
        f.write("\n".join(out) + "\n")


if __name__ == "__main__":
    os.makedirs(DIR, exist_ok=True)
    exported()
    hand()
    header()
