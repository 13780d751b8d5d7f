# SPDX-License-Identifier: MIT
# The other side of bench_train.c: the networks in NET.json (stream-dump -r of
# NET.mpz), without their early exits, in PyTorch; channels last, its faster
# format.
#     peer_train.py [-j THREADS] [-b BATCH] [-t SECONDS] [--forward] NET...
# Says what bench_train says; with --forward nothing of training.
import argparse
import json
import os

import peer

parser = argparse.ArgumentParser()
parser.add_argument("-j", type=int, default=1)
parser.add_argument("-b", type=int, default=128)
parser.add_argument("-t", type=float, default=1)
parser.add_argument("--forward", action="store_true")
parser.add_argument("net", nargs="+")
o = parser.parse_args()
# set_num_threads alone leaves the backward thread as many as it likes.
os.environ["OMP_NUM_THREADS"] = str(o.j)
try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    peer.missing("PyTorch")

# ---- a layer of the graph as a module: op, then batch norm, then activation


class SqueezeExcite(nn.Module):
    def __init__(self, c, mid):
        super().__init__()
        self.reduce = nn.Conv2d(c, mid, 1)
        self.expand = nn.Conv2d(mid, c, 1)

    def forward(self, x):
        y = F.relu(self.reduce(x.mean((2, 3), keepdim=True)), inplace=True)
        return x * F.hardsigmoid(self.expand(y), inplace=True)


class Linear(nn.Linear):
    def forward(self, x):
        return super().forward(x.flatten(1))


class Call(nn.Module):
    def __init__(self, call):
        super().__init__()
        self.call = call

    def forward(self, *x):
        return self.call(*x)


def make_padded(layer, window, value=0.0):
    """window(pad) with the layer's padding, which may differ from side to side."""
    pad = layer["pad"]
    if len(pad) == 2:
        return window(pad)
    top, bottom, left, right = pad
    return nn.Sequential(nn.ConstantPad2d((left, right, top, bottom), value),
                         window(0))


def make_conv(layer):
    return make_padded(layer, lambda pad: nn.Conv2d(
        layer["in"][2], layer["out"][2], layer["kernel"], layer["stride"], pad,
        groups=layer["groups"], bias=has(layer, "bias")))


def make_maxpool(layer):
    sh, sw = layer["stride"]
    if layer["kernel"] == [1, 1]:
        return Call(lambda x: x[:, :, ::sh, ::sw])
    return make_padded(layer, lambda pad: nn.MaxPool2d(
        layer["kernel"], layer["stride"], pad), -torch.inf)


def make_widen(layer):
    new = layer["out"][2] - layer["in"][2]
    pad = (0, 0, 0, 0, new // 2, new - new // 2)
    return Call(lambda x: F.pad(x, pad))


MAKE = {
    "conv": make_conv,
    "linear": lambda l: Linear(l["in"][2], l["out"][2], has(l, "bias")),
    "norm": lambda l: nn.BatchNorm2d(l["out"][2]),
    "act": lambda l: Call(lambda x: x.clone()),
    "se": lambda l: SqueezeExcite(l["in"][2], l["mid"]),
    "maxpool": make_maxpool,
    "avgpool": lambda l: nn.AvgPool2d(l["kernel"], l["stride"]),
    "globalpool": lambda l: Call(lambda x: x.mean((2, 3), keepdim=True)),
    "add": lambda l: Call(torch.add),
    "mul": lambda l: Call(
        lambda x, y: x * (y[:, :, None, None] if y.dim() < x.dim() else y)),
    "concat": lambda l: Call(lambda *x: torch.cat(x, 1)),
    "flatten": lambda l: nn.Flatten(),
    "widen": make_widen,
}
NORM = {"conv": nn.BatchNorm2d, "linear": nn.BatchNorm1d}
ACT = {"relu": nn.ReLU, "hswish": nn.Hardswish, "hsigmoid": nn.Hardsigmoid,
       "silu": nn.SiLU, "relu6": nn.ReLU6}


class Layer(nn.Sequential):
    def forward(self, *x):
        for part in self:
            x = (part(*x),)
        return x[0]


def has(layer, slot):
    return any(b["slot"] == slot for b in layer.get("bindings", []))


def make(layer):
    parts = [MAKE[layer["op"]](layer)]
    if layer.get("norm"):
        parts.append(NORM[layer["op"]](layer["out"][2]))
    act = layer.get("act") or "none"
    if act == "sigmoid":
        parts.append(nn.Sigmoid())
    elif act != "none":
        parts.append(ACT[act](inplace=True))
    return parts[0] if len(parts) == 1 else Layer(*parts)


class Net(nn.Module):
    """The graph in order; what nobody will read any more is let go."""

    def __init__(self, net):
        super().__init__()
        early = {i for e in net["exits"][:-1]
                 for i in range(e["first"], e["last"] + 1)}
        kept = [i for i in range(len(net["layers"])) if i not in early]
        layers = [net["layers"][i] for i in kept]
        last = {j: i for i, l in zip(kept, layers) for j in l["inputs"]}
        self.body = nn.ModuleList(make(l) for l in layers)
        self.plan = [(i, l["inputs"], [j for j in l["inputs"] if last[j] == i])
                     for i, l in zip(kept, layers)]

    def forward(self, x):
        out = {-1: x}
        for module, (i, inputs, done) in zip(self.body, self.plan):
            out[i] = module(*[out[j] for j in inputs])
            for j in done:
                out.pop(j, None)
        return out[i]


def count_macs(net, shape):
    total = []

    def count(module, _, out):
        total.append(out.numel() * module.weight[0].numel())

    hooks = [m.register_forward_hook(count) for m in net.modules()
             if isinstance(m, (nn.Conv2d, nn.Linear))]
    with torch.no_grad():
        net.eval()(torch.zeros(1, *shape))
    for hook in hooks:
        hook.remove()
    return sum(total)


def measure(name):
    with open(name + ".json") as lines:
        graph = json.loads(lines.readline())
    h, w, c = graph["input"]
    torch.manual_seed(0)
    net = Net(graph)
    where = f"{name}.b{o.b}.j{o.j}"
    peer.fact(count_macs(net, (c, h, w)), f"macs.{name}")
    peer.fact(sum(p.numel() for p in net.parameters()), f"params.{name}")
    net = net.to(memory_format=torch.channels_last)
    x = torch.randn(o.b, c, h, w).to(memory_format=torch.channels_last)
    y = torch.randint(0, graph["classes"], (o.b,))
    sgd = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9,
                          weight_decay=3e-5)

    def train():
        sgd.zero_grad(set_to_none=True)
        F.cross_entropy(net(x), y).backward()
        sgd.step()

    def forward():
        with torch.no_grad():
            net(x)

    if not o.forward:
        net.train()
        peer.say(o.b / peer.seconds_of(o.t, train), f"train.{where}")
    net.eval()
    seconds = peer.seconds_of(o.t if o.forward else o.t / 2, forward)
    peer.say(o.b / seconds, f"forward.{where}")


torch.set_num_threads(o.j)
for each in o.net:
    measure(each)
