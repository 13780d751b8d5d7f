#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Values for tests/unit/test_kern_reference_f64.c from PyTorch, in double, NHWC:
#     /usr/bin/python3 tests/reference/kern_ref.py >tests/unit/kern_ref.h
import torch
import torch.nn.functional as F

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)


def nhwc(t):
    return t.permute(0, 2, 3, 1) if t.dim() == 4 else t


def put(name, t, kind="double"):
    v = nhwc(t.detach()).reshape(-1).tolist()
    print(f"static const {kind} ref_{name}[{len(v)}] = {{")
    form = "%d" if kind == "int" else "%.17g"
    line = "   "
    for x in v:
        word = " " + form % x + ","
        if len(line + word) > 79:
            print(line)
            line = "   "
        line += word
    print(line + "\n};")


def leaf(*shape):
    return torch.randn(*shape, requires_grad=True)


def gradients(name, out, inputs):
    d = torch.randn_like(out)
    out.backward(d)
    put(name + "_out", out)
    put(name + "_d", d)
    for key, t in inputs.items():
        put(f"{name}_{key}", t)
        put(f"{name}_{key}_grad", t.grad)


def depthwise(name, h, w, c, k, s, p):
    x, f = leaf(1, c, h, w), leaf(c, 1, *k)
    out = F.conv2d(x, f, stride=s, padding=p, groups=c)
    gradients(name, out, {"x": x})
    put(name + "_w", f[:, 0].permute(1, 2, 0))
    put(name + "_w_grad", f.grad[:, 0].permute(1, 2, 0))


def dense():
    x, f = leaf(1, 2, 5, 6), leaf(3, 2, 3, 2)
    gradients("dense", F.conv2d(x, f, stride=(2, 1), padding=(1, 1)),
              {"x": x, "w": f})


def pools():
    x = leaf(1, 2, 5, 6)
    gradients("max", F.max_pool2d(x, 3, 2, 1), {"x": x})
    x = leaf(1, 2, 5, 6)
    gradients("avg", F.avg_pool2d(x, 3, 2, 1), {"x": x})


def activations():
    acts = {"none": lambda x: x * 1, "relu": F.relu, "hswish": F.hardswish,
            "hsigmoid": F.hardsigmoid, "silu": F.silu,
            "sigmoid": torch.sigmoid, "relu6": F.relu6}
    x0 = torch.cat([torch.tensor([-4.0, -3, -1, 0, 1, 3, 6, 7]), torch.randn(5)])
    put("act_x", x0)
    for name, f in acts.items():
        x = x0.clone().requires_grad_()
        z = f(x)
        z.sum().backward()
        put("act_" + name, z)
        put("act_" + name + "_slope", x.grad)


def norm():
    y, gamma, beta, se = leaf(8, 3), leaf(3), leaf(3), torch.randn(3)
    n = F.batch_norm(y, None, None, gamma, beta, training=True, eps=1e-5)
    put("norm_mul", se)
    gradients("norm", F.hardswish(n) * se,
              {"y": y, "gamma": gamma, "beta": beta})


def sgd():
    w = leaf(6)
    put("sgd_w", w)
    g = torch.randn(3, 6)
    put("sgd_g", g)
    for nesterov in (False, True):
        v = w.detach().clone().requires_grad_()
        o = torch.optim.SGD([v], lr=0.1, momentum=0.9, weight_decay=0.01,
                            nesterov=nesterov)
        for row in g:
            v.grad = row.clone()
            o.step()
        put("sgd_" + ("nesterov" if nesterov else "plain"), v)


print("/* SPDX-License-Identifier: MIT\n"
      " * Made by tests/reference/kern_ref.py (PyTorch "
      f"{torch.__version__}); do not edit. */\n"
      "#ifndef KERN_REF_H\n#define KERN_REF_H\n")
depthwise("dw", 5, 4, 3, (5, 3), (2, 1), (2, 1))
depthwise("one", 1, 1, 2, (7, 7), 1, 3)
depthwise("two", 2, 2, 2, (7, 7), 2, 3)
dense()
pools()
activations()
norm()
sgd()
print("\n#endif")
