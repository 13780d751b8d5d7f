#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Loss of a sub-network with early exits (tools/ofa-train/exitsloss.h) and its
gradients, by PyTorch: writes tests/unit/exitsloss_ref.h.

    tests/reference/exitsloss.py >tests/unit/exitsloss_ref.h
"""
import torch

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(11)
N, CLASSES, SMOOTHING, DISTIL, HEADS = 5, 4, 0.1, 0.7, 0.3
UNITS = [CLASSES + 1, CLASSES, CLASSES]     # early, early without unit, final


def single(*shape):
    return (2 * torch.randn(*shape, generator=gen)).float().double()


def array(name, values, form="%.9g"):
    text = ", ".join(form % v for v in values)
    lines, line = [], "   "
    for word in text.split(" "):
        if len(line) + len(word) + 1 > 78:
            lines.append(line)
            line = "   "
        line += " " + word
    lines.append(line)
    kind = "int32_t" if form == "%d" else "double" if form == "%.17g" else "real"
    print("static const %s %s[] = {\n%s};" % (kind, name, "\n".join(lines)))


out = [single(N, u).requires_grad_() for u in UNITS]
teacher = single(N, CLASSES)
labels = torch.randint(CLASSES, (N,), generator=gen)


def ce(f):
    return torch.nn.functional.cross_entropy(f, labels, label_smoothing=SMOOTHING)


def distil(f):
    return -(teacher.softmax(1) * f.log_softmax(1)).sum(1).mean()


loss = ce(out[2]) + DISTIL * distil(out[2])
loss = loss + HEADS * sum(ce(f[:, :CLASSES]) for f in out[:2])
loss.backward()

print("/* SPDX-License-Identifier: MIT\n"
      " * Made by tests/reference/exitsloss.py with PyTorch. */\n")
print("#define REF_LOSS %.17g\n" % loss.item())
array("ref_labels", labels.tolist(), "%d")
array("ref_teacher", teacher.flatten().tolist())
for i, f in enumerate(out):
    array("ref_out_%d" % i, f.detach().flatten().tolist())
    array("ref_grad_%d" % i, f.grad.flatten().tolist(), "%.17g")
