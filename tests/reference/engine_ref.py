#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Frozen values for tests/unit/test_engine_ref_f64.c: small nets (and small forms
of networks of net-zoo) in float64 PyTorch, two training steps each (cross-entropy, SGD with momentum, Nesterov and
weight decay on weights only) and an evaluation.  Weights and images follow a
formula that the C test repeats, so that only results have to be stored.

    /usr/bin/python3 tests/reference/engine_ref.py >tests/unit/engine_ref.h
"""
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
N, H, W, C, CLASSES = 5, 7, 6, 2, 3
LR, LR_DEEP, MOMENTUM, DECAY = 0.05, 0.001, 0.9, 0.01


def hsigmoid(x):
    """PyTorch's own has a float constant in its backward."""
    return torch.clamp(x + 3, 0, 6) / 6


ACTS = {"none": lambda x: x, "relu": F.relu, "hswish": lambda x: x * hsigmoid(x),
        "hsigmoid": hsigmoid, "sigmoid": torch.sigmoid, "silu": F.silu,
        "relu6": F.relu6}


def formula(name, n):
    h = 0
    for ch in name.encode():
        h = (h * 31 + ch) % 65521
    i = torch.arange(n, dtype=torch.int64)
    return ((i * 7919 + h * 104729 + 17) % 65521).double() / 65521 - 0.5


def weight_scale(shape):
    """Convolutions of many inputs keep their sums small, or an evaluation of a
    deep net, whose running variances are young, would explode."""
    fan_in = torch.Size(shape[1:]).numel()
    return 4 / fan_in ** 0.5 if len(shape) == 4 and fan_in > 100 else 1.2


class Net:
    """Parameters by name, made when first asked for."""
    def __init__(self):
        self.p, self.stats, self.train = {}, {}, True

    def get(self, name, *shape):
        slot = name.rsplit(".", 1)[1]
        if name not in self.p:
            u = formula(name, torch.Size(shape).numel()).reshape(shape)
            v = 1 + 0.6 * u if slot == "gamma" else \
                weight_scale(shape) * u if slot == "weight" else 0.6 * u
            self.p[name] = v.clone().requires_grad_(True)
        return self.p[name]

    def norm(self, x, name):
        c = x.shape[1]
        if name not in self.stats:
            self.stats[name] = (torch.zeros(c), torch.ones(c))
        mean, var = self.stats[name]
        return F.batch_norm(x, mean, var, self.get(name + ".gamma", c),
                            self.get(name + ".beta", c), self.train, 0.1, 1e-5)

    def conv(self, x, name, cout, k, stride=(1, 1), pad=(0, 0), bias=False,
             norm=False, act="none", depthwise=False):
        cin = x.shape[1]
        if depthwise:
            w = self.get(name + ".weight", *k, cin).permute(2, 0, 1)[:, None]
        else:
            w = self.get(name + ".weight", cout, *k, cin).permute(0, 3, 1, 2)
        b = self.get(name + ".bias", w.shape[0]) if bias else None
        if len(pad) == 4:       # top, bottom, left, right
            x, pad = F.pad(x, (*pad[2:], *pad[:2])), 0
        y = F.conv2d(x, w, b, stride, pad, groups=cin if depthwise else 1)
        return ACTS[act](self.norm(y, name) if norm else y)

    def linear(self, x, name, cout, act="none"):
        return ACTS[act](F.linear(x, self.get(name + ".weight", cout, x.shape[1]),
                                  self.get(name + ".bias", cout)))

    def se(self, x, name, mid):
        c = x.shape[1]
        s = x.mean((2, 3))
        s = F.relu(F.linear(s, self.get(name + ".reduce.weight", mid, c),
                            self.get(name + ".reduce.bias", mid)))
        s = hsigmoid(F.linear(s, self.get(name + ".expand.weight", c, mid),
                                   self.get(name + ".expand.bias", c)))
        return x * s[:, :, None, None]


def nhwc(x):
    return x.permute(0, 2, 3, 1).flatten(1)


def stem(n, x):
    return n.conv(x, "stem", 4, (1, 1), bias=True)


def head(n, x):
    return n.linear(nhwc(x), "classifier", CLASSES)


def case_conv(n, x):
    x = n.conv(stem(n, x), "op", 5, (3, 5), (2, 1), (1, 2), bias=True, act="relu")
    return head(n, x)


def case_winograd(n, x):
    x = n.conv(stem(n, x), "op", 5, (3, 3), (1, 1), (2, 1), bias=True, act="relu")
    return head(n, x)


def case_depthwise(n, x):
    x = n.conv(stem(n, x), "op", 4, (5, 5), (2, 2), (2, 2), norm=True,
               act="hswish", depthwise=True)
    return head(n, x)


def case_linear(n, x):
    return n.linear(n.linear(nhwc(stem(n, x)), "op", 6, "hsigmoid"),
                    "classifier", CLASSES)


def case_norm(n, x):
    return head(n, torch.sigmoid(n.norm(stem(n, x), "op")))


def case_se(n, x):
    return head(n, n.se(stem(n, x), "op", 3))


def case_maxpool(n, x):
    return head(n, F.max_pool2d(stem(n, x), 3, 2, 1))


def case_avgpool(n, x):
    return head(n, F.avg_pool2d(stem(n, x), (3, 2), (2, 1), (1, 1)))


def case_globalpool(n, x):
    return head(n, F.relu(F.adaptive_avg_pool2d(stem(n, x), 1)))


def case_add(n, x):
    a = stem(n, x)
    b = n.conv(a, "op", 4, (3, 3), (1, 1), (1, 1), norm=True)
    return head(n, ACTS["hswish"](a + b))


def case_concat(n, x):
    a = stem(n, x)
    b = n.conv(a, "op", 3, (3, 3), (1, 1), (1, 1), norm=True, act="hswish")
    return head(n, ACTS["hswish"](torch.cat((a, x, b, a), 1)))


def case_gate(n, x):
    """A factor per channel, with an activation behind it and without."""
    a = n.conv(stem(n, x), "a", 4, (3, 3), (1, 1), (1, 1), norm=True, act="relu6")
    g = n.linear(a.mean((2, 3)), "gate", 4, "sigmoid")[:, :, None, None]
    b = n.conv(a * g, "b", 4, (3, 3), (1, 1), (1, 1), norm=True,
               depthwise=True)
    return head(n, ACTS["hswish"](b * g) + a)


def case_mul(n, x):
    a = stem(n, x)
    b = n.conv(a, "op", 4, (3, 3), (1, 1), (1, 1), norm=True, act="sigmoid")
    y = F.relu6(a * b)
    return head(n, y * y)


def case_sides(n, x):
    """TensorFlow's SAME where sides differ: of the image, depthwise, dense."""
    x = n.conv(x, "direct", 6, (4, 3), (1, 1), (1, 2, 1, 1), norm=True,
               act="relu6")
    x = n.conv(x, "winograd", 5, (3, 3), (1, 1), (2, 1, 1, 1), bias=True,
               act="relu6")
    x = n.conv(x, "depthwise", 5, (3, 3), (2, 2), (0, 1, 0, 1), norm=True,
               act="relu6", depthwise=True)
    return head(n, n.conv(x, "im2col", 4, (3, 3), (2, 2), (0, 1, 1, 1),
                          norm=True, act="silu"))


def case_ceil(n, x):
    """ceil_mode is padding at the bottom and the right."""
    x = n.conv(stem(n, x), "op", 4, (2, 2), bias=True)          # 6 x 5
    x = F.pad(x, (0, 1, 1, 0), value=-torch.inf)                # 7 x 6
    return head(n, F.max_pool2d(x, (2, 3), (2, 2), ceil_mode=True))


def case_signal(n, x):
    """Everything behind the first layer is of width 1."""
    x = n.conv(x, "first", 6, (1, 6), norm=True, act="relu6")   # 7 x 1
    y = n.conv(x, "conv", 6, (5, 1), (1, 1), (2, 0), norm=True, act="relu")
    y = n.conv(y, "depthwise", 6, (4, 1), (1, 1), (1, 2, 0, 0), norm=True,
               depthwise=True)
    x = F.max_pool2d(F.relu6(x + y), (4, 1), (2, 1), ceil_mode=True)
    return head(n, n.conv(x, "last", 4, (2, 1), (2, 1), (0, 1, 0, 0), bias=True,
                          act="relu6"))


def case_mbconv(n, x):
    """A small early-exit network: all that NACHOS nets are made of."""
    x = n.conv(x, "stem", 4, (3, 3), (2, 2), (1, 1), norm=True, act="hswish")
    y = n.conv(x, "expand", 8, (1, 1), norm=True, act="relu")
    y = n.conv(y, "depthwise", 8, (5, 5), (1, 1), (2, 2), norm=True,
               act="relu", depthwise=True)
    x = x + n.conv(n.se(y, "se", 3), "project", 4, (1, 1), norm=True)
    e = F.max_pool2d(x, 2, 2)
    e = n.conv(F.relu(e), "exit1.conv1", 4, (3, 3), (1, 1), (1, 1), bias=True,
               act="relu")
    exit1 = n.linear(nhwc(e), "exit1.classifier", CLASSES + 1)
    x = n.conv(x, "last", 12, (1, 1), norm=True, act="hswish")
    x = n.conv(F.adaptive_avg_pool2d(x, 1), "mix", 8, (1, 1), act="hswish")
    return [exit1, n.linear(nhwc(x), "classifier", CLASSES)]


def zoo_conv(n, x, name, cout, k, stride=(1, 1), act="relu", depthwise=False):
    """Padded as net-zoo does: both sides alike, ceil(size / stride) outputs."""
    pad = [max(0, (-(-i // s) - 1) * s + kk - i + 1) // 2
           for i, kk, s in zip(x.shape[2:], k, stride)]
    return n.conv(x, name, cout, k, stride, pad, norm=True, act=act,
                  depthwise=depthwise)


def zoo_head(n, x):
    return n.linear(x.mean((2, 3)), "final.classifier", CLASSES)


def case_resnet20(n, x):
    x = zoo_conv(n, x, "stem", 16, (3, 3))
    for stage, c in (1, 16), (2, 32), (3, 64):
        for i in range(3):
            s = 2 if stage > 1 and i == 0 else 1
            name = "s%d.b%d" % (stage, i)
            y = zoo_conv(n, x, name + ".conv1", c, (3, 3), (s, s))
            y = zoo_conv(n, y, name + ".conv2", c, (3, 3), act="none")
            more = c - x.shape[1]
            x = F.pad(x[:, :, ::s, ::s],
                      (0, 0, 0, 0, more // 2, more - more // 2))
            x = F.relu(x + y)
    return zoo_head(n, x)


def ds_cnn(n, x, stem, stride, k):
    x = zoo_conv(n, x, "stem", 64, stem, stride)
    for i in range(4):
        name = "s1.b%d" % i
        x = zoo_conv(n, x, name + ".depthwise", 64, k, depthwise=True)
        x = zoo_conv(n, x, name + ".pointwise", 64, (1, 1))
    return zoo_head(n, x)


def case_ds_cnn(n, x):
    return ds_cnn(n, x, (10, 4), (2, 2), (3, 3))


def case_ds_cnn_1d(n, x):
    return ds_cnn(n, x, (10, 1), (2, 1), (3, 1))


def loss_of(out, labels):
    outs = out if isinstance(out, list) else [out]
    total = 0
    for o in outs:
        total = total + F.cross_entropy(o[:, :CLASSES], labels)
        if o.shape[1] > CLASSES:
            total = total + F.binary_cross_entropy_with_logits(
                o[:, CLASSES], (labels == 0).double())
    return total


def run(name, build, lr):
    net = Net()
    images = 4 * formula("images", N * H * W * C).reshape(N, H, W, C)
    images = images.permute(0, 3, 1, 2)
    labels = torch.arange(N) % CLASSES
    losses, rows, velocity = [], [], {}
    for step in range(2):
        loss = loss_of(build(net, images), labels)
        grads = torch.autograd.grad(loss, list(net.p.values()))
        losses.append(loss.item())
        for (key, p), g in zip(net.p.items(), grads):
            if step == 0:
                r = formula(key + "?", g.numel())
                rows.append((key, (g.flatten() * r).sum().item(),
                             g.norm().item()))
            if key.endswith("weight"):
                g = g + DECAY * p.detach()
            v = velocity[key] = MOMENTUM * velocity.get(key, 0) + g
            p.data -= lr * (g + MOMENTUM * v)
    net.train = False
    losses.append(loss_of(build(net, images), labels).item())
    print('    { "%s", %g, { %.15g, %.15g, %.15g }, {' % (name, lr, *losses))
    for key, dot, norm in rows:
        print('        { "%s", %.15g, %.15g },' % (key, dot, norm))
    print("    } },")


print("/* SPDX-License-Identifier: MIT\n"
      " * Made by tests/reference/engine_ref.py. */")
print("static const struct ref_case ref_cases[] = {")
for key, value in list(globals().items()):
    if key.startswith("case_"):
        run(key[5:].replace("_", "-"), value,
            LR_DEEP if key == "case_resnet20" else LR)
print("};")
