#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Values for tests/unit/test_losses_f64.c from PyTorch's autograd, in double:
#     /usr/bin/python3 tests/reference/losses_ref.py >tests/unit/losses_ref.h
import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
N, B, K = 6, 4, 5


def chain(raw):
    """c^r_1..B from the raw confidences (N, B - 1)."""
    c = torch.cat([torch.sigmoid(raw), torch.ones(N, 1)], 1)
    left = torch.cumprod(torch.cat([torch.ones(N, 1), 1 - c[:, :-1]], 1), 1)
    return c, c * left


def final(f, raw, y):
    return torch.nn.functional.cross_entropy(f[-1], y, label_smoothing=0.1)


def acc(f, raw, y):
    _, cr = chain(raw)
    mixed = sum(cr[:, i:i + 1] * f[i] for i in range(B - 1))
    ce = torch.nn.functional.cross_entropy
    return ce(f[-1], y) + ce(mixed, y)


def weighted(f, raw, y):
    _, cr = chain(raw)
    ce = torch.nn.functional.cross_entropy
    return sum((cr[:, i] * ce(f[i], y, reduction='none')).mean()
               for i in range(B))


def joint(f, raw, y):
    return sum(torch.nn.functional.cross_entropy(v, y) for v in f)


def conf(f, raw, y):
    c, _ = chain(raw)
    total = 0
    for i in range(B - 1):
        t = (f[i].argmax(1) == y).double()
        right = t.sum()
        w = torch.where(t > 0, N / (2 * right), N / (2 * (N - right)))
        p = c[:, i].clamp(1e-4, 1 - 1e-4)
        total = total + (w * torch.nn.functional.binary_cross_entropy(
            p, t, reduction='none')).mean()
    return total / (B - 1)


GAMMA = torch.tensor([1221056., 2009344., 2828672., 5186432.])
LIMIT = 1.9e6


def cost(f, raw, y):
    _, cr = chain(raw)
    mean = (cr * GAMMA).sum(1).mean()
    return torch.relu(mean - LIMIT) / (GAMMA[-1] - LIMIT)


def peak(f, raw, y):
    return torch.nn.functional.mse_loss(torch.sigmoid(raw), SUPPORT[y])


TEMPERATURE = 3.


def distil(f, raw, y):
    """kl_div plus the target's entropy, which is a constant"""
    target = torch.softmax(f[-1].detach() / TEMPERATURE, 1)
    entropy = -(target * target.log()).sum(1).mean()
    return sum(TEMPERATURE ** 2 * (entropy + torch.nn.functional.kl_div(
        torch.log_softmax(v / TEMPERATURE, 1), target, reduction='batchmean'))
        for v in f[:-1])


SAMPLE_TEMPERATURE = 5.


def relaxed(raw):
    """Raw values whose sigmoids are PyTorch's samples, drawn from NOISE"""
    keep = torch.rand
    torch.rand = lambda *a, **k: NOISE
    z = torch.distributions.RelaxedBernoulli(
        torch.tensor(SAMPLE_TEMPERATURE), logits=raw).rsample()
    torch.rand = keep
    return torch.log(z) - torch.log1p(-z)


def sampled(f, raw, y):
    return acc(f, relaxed(raw), y)


def sampled_weighted(f, raw, y):
    return weighted(f, relaxed(raw), y)


def sampled_cost(f, raw, y):
    return cost(f, relaxed(raw), y)


def smooth(f, raw, y):
    _, cr = chain(raw)
    mixed = sum(cr[:, i:i + 1] * f[i] for i in range(B - 1))
    return sum(torch.nn.functional.cross_entropy(v, y, label_smoothing=0.1)
               for v in (f[-1], mixed))


def smooth_weighted(f, raw, y):
    _, cr = chain(raw)
    return sum((cr[:, i] * torch.nn.functional.cross_entropy(
        f[i], y, reduction='none', label_smoothing=0.1)).mean()
        for i in range(B))


def smooth_joint(f, raw, y):
    return sum(torch.nn.functional.cross_entropy(v, y, label_smoothing=0.1)
               for v in f)


def class_final(f, raw, y):
    return torch.nn.CrossEntropyLoss(weight=WEIGHTS)(f[-1], y)


def class_acc(f, raw, y):
    _, cr = chain(raw)
    mixed = sum(cr[:, i:i + 1] * f[i] for i in range(B - 1))
    ce = torch.nn.CrossEntropyLoss(weight=WEIGHTS)
    return ce(f[-1], y) + ce(mixed, y)


def class_joint(f, raw, y):
    ce = torch.nn.CrossEntropyLoss(weight=WEIGHTS)
    return sum(ce(v, y) for v in f)


def class_smooth(f, raw, y):
    """Each sample's smoothed cross-entropy as a whole has its weight"""
    ce = torch.nn.functional.cross_entropy(f[-1], y, reduction='none',
                                           label_smoothing=0.1)
    return (WEIGHTS[y] * ce).sum() / WEIGHTS[y].sum()


def class_weighted(f, raw, y):
    _, cr = chain(raw)
    ce = torch.nn.functional.cross_entropy
    own = sum(cr[:, i] * ce(f[i], y, reduction='none') for i in range(B))
    return (WEIGHTS[y] * own).sum() / WEIGHTS[y].sum()


def exits_weighted(f, raw, y):
    _, cr = chain(raw)
    ce = torch.nn.functional.cross_entropy
    return sum(EXIT_WEIGHTS[i] * (cr[:, i] * ce(f[i], y, reduction='none'))
               .mean() for i in range(B))


def exits_class(f, raw, y):
    ce = torch.nn.CrossEntropyLoss(weight=WEIGHTS)
    return sum(w * ce(v, y) for w, v in zip(EXIT_WEIGHTS, f))


def exits_taught(f, raw, y):
    """Distillation from another network into all exits"""
    target = torch.softmax(TEACHER / TEMPERATURE, 1)
    return sum(w * TEMPERATURE ** 2 * torch.nn.functional.cross_entropy(
        v / TEMPERATURE, target) for w, v in zip(EXIT_WEIGHTS, f))


def show(name, t):
    flat = t.reshape(-1).tolist()
    print('static const double %s[%d] = {' % (name, len(flat)))
    for i in range(0, len(flat), 3):
        print('    ' + ' '.join('%.17g,' % v for v in flat[i:i + 3]))
    print('};')


f = [(2 * torch.randn(N, K)).requires_grad_() for _ in range(B)]
raw = (1.5 * torch.randn(N, B - 1)).requires_grad_()
y = torch.randint(0, K, (N,))
with torch.no_grad():       # some of both sides at each exit, one clamped c
    for i in range(B - 1):
        for s in range(i, N, 2):
            f[i][s, y[s]] += 5
    raw[2, 1] = 11.
SUPPORT = torch.rand(K, B - 1)
NOISE = torch.rand(N, B - 1)
TEACHER = 2 * torch.randn(N, K)
EXIT_WEIGHTS = torch.tensor([3., 0.5, 1., 0.25])
WEIGHTS = torch.tensor([0.25, 3., 1., 40., 0.5])
print('/* SPDX-License-Identifier: MIT')
print(' * Made by tests/reference/losses_ref.py (PyTorch %s); do not edit. */'
      % torch.__version__.split('+')[0])
print('#ifndef LOSSES_REF_H\n#define LOSSES_REF_H\n')
print('enum { REF_N = %d, REF_B = %d, REF_K = %d };' % (N, B, K))
print('static const double ref_limit = %.17g;' % LIMIT)
print('static const int ref_labels[REF_N] = {%s};'
      % ', '.join(str(int(v)) for v in y))
show('ref_gamma', GAMMA)
print('/* (B, N, K) */')
show('ref_logits', torch.stack(f).detach())
print('/* (N, B - 1) before the sigmoid */')
show('ref_raw', raw.detach())
print('/* (K, B - 1), then (N, B - 1) */')
show('ref_support', SUPPORT)
show('ref_noise', NOISE)
print('/* (K) */')
show('ref_class_weights', WEIGHTS)
print('/* (N, K), then (B) */')
show('ref_teacher', TEACHER)
show('ref_exit_weights', EXIT_WEIGHTS)
print('static const double ref_temperature = %g, ref_sample_temperature = %g;'
      % (TEMPERATURE, SAMPLE_TEMPERATURE))
for fn in (final, acc, weighted, joint, conf, cost, peak, distil, sampled,
           sampled_weighted, sampled_cost, smooth, smooth_weighted,
           smooth_joint, class_final, class_acc, class_joint, class_smooth,
           class_weighted, exits_weighted, exits_class, exits_taught):
    loss = fn(f, raw, y)
    g = torch.autograd.grad(loss, f + [raw], allow_unused=True)
    d = [torch.zeros_like(x) if v is None else v for v, x in zip(g, f + [raw])]
    print('static const double ref_%s = %.17g;' % (fn.__name__, loss.item()))
    show('ref_%s_logits' % fn.__name__, torch.stack(d[:-1]))
    show('ref_%s_raw' % fn.__name__, d[-1])
print('\n#endif')
